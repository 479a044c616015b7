//! Everything that is built: wasm through Cargo, wasm-bindgen, binaryen and wit-component, then the npm packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;
use wit_component::{ComponentEncoder, StringEncoding};

use crate::settings::{self, WebBuild};
use crate::tools;
use crate::workspace::{Workspace, run, say};

/// The target of the engine and of every extension that the direct linker takes.
const WASM: &str = "wasm32-unknown-unknown";
/// The target whose components import WASI: they go through jco.
const WASI: &str = "wasm32-wasip2";
/// Built for both targets, to hold both linkers to the same behaviour.
const WASI_EXTENSIONS: &[&str] = &["regexp"];

/// Extensions that are not in Rust: `sqlink build` makes them, as it makes any author's.
const OTHER_LANGUAGES: &[&str] = &["bits", "markdown"];

/// Builds every artifact; what is up to date is not built again.
pub fn build_all(workspace: &Workspace) -> Result<()> {
    tools::ensure_build_tools(workspace)?;
    say("building the native host, the composer and the test runner");
    run(&mut workspace.cargo(["build", "--quiet"]))?;
    say("building the engine and the linker for JavaScript");
    for build in settings::read(workspace)?.values() {
        web_build(workspace, build)?;
    }
    let generated = workspace.path("host-web/js/generated");
    write_if_changed(
        &generated.join("adapter.wasm"),
        &wat::parse_file(workspace.path("host-web/js/src/adapter.wat"))?,
    )?;
    for (world, file) in [("sqlink:extension/extension", "contract.ts"), ("sqlink:host/extensions", "host.ts")] {
        run(Command::new(workspace.binary("sqlink-compose"))
            .args(["descriptors", "--world", world, "--wit"])
            .arg(workspace.path("wit"))
            .arg("--wit")
            .arg(workspace.path("host-web/wit"))
            .arg("--out")
            .arg(generated.join(file)))?;
    }
    say("building the host component");
    let host = cargo_wasm(workspace, "sqlink-host-web", &["component"], WASM, "release")?;
    write_if_changed(&workspace.path("dist/host.component.wasm"), &componentize(&host)?)?;
    build_extensions(workspace)?;
    build_guests(workspace)?;
    say("building the npm package and the playground");
    for package in ["sqlink", "sqlink-www"] {
        run(Command::new("npm")
            .args(["run", "--silent", "build", "--workspace", package])
            .current_dir(&workspace.root))?;
    }
    Ok(())
}

/// The catalogue, as components in `dist/extensions`.
fn build_extensions(workspace: &Workspace) -> Result<()> {
    say("building the extensions");
    let out = workspace.path("dist/extensions");
    make_extensions(workspace, &folders(&workspace.path("extensions"))?)?;
    for name in OTHER_LANGUAGES {
        make_other(workspace, name)?;
    }
    for name in WASI_EXTENSIONS {
        // rustc's own linker for this target makes a component already.
        let component = cargo_wasm(workspace, &format!("sqlink-ext-{name}"), &[], WASI, "extension")?;
        write_if_changed(&out.join(format!("{name}.wasip2.wasm")), &fs::read(component)?)?;
    }
    Ok(())
}

/// Only these extensions of the catalogue, with what is needed to build them.
pub fn build_only(workspace: &Workspace, names: &[String]) -> Result<()> {
    tools::ensure_build_tools(workspace)?;
    let (others, crates): (Vec<String>, Vec<String>) =
        names.iter().cloned().partition(|name| OTHER_LANGUAGES.contains(&name.as_str()));
    let known = folders(&workspace.path("extensions"))?;
    if let Some(unknown) = crates.iter().find(|name| !known.contains(name)) {
        bail!("there is no extension `{unknown}`, only {} and {}", known.join(", "), OTHER_LANGUAGES.join(", "));
    }
    if !crates.is_empty() {
        make_extensions(workspace, &crates)?;
    }
    for name in others {
        run(&mut workspace.cargo(["build", "--quiet", "--bin", "sqlink"]))?;
        make_other(workspace, &name)?;
    }
    Ok(())
}

/// Builds an extension in another language, unless nothing it is made of has changed.
fn make_other(workspace: &Workspace, name: &str) -> Result<()> {
    let folder = workspace.path("extensions").join(name);
    let out = workspace.path("dist/extensions").join(format!("{name}.wasm"));
    let mut recipe = Vec::new();
    for part in ["package.json", "package-lock.json", "src", "wit", "wit/deps/sqlink-extension"] {
        read_all(&folder.join(part), &mut recipe)?;
    }
    let stamp = workspace.target.join(format!("{name}.{}.sources", path_key(&workspace.root)));
    if out.exists() && fs::read(&stamp).is_ok_and(|previous| previous == recipe) {
        return Ok(());
    }
    run(Command::new(workspace.binary("sqlink")).arg("build").arg(&folder).arg("--output").arg(&out))?;
    fs::write(stamp, recipe)?;
    Ok(())
}

/// Appends a file, or the files of a folder in order of their names; nothing if there is none.
fn read_all(path: &Path, into: &mut Vec<u8>) -> Result<()> {
    if path.is_file() {
        into.extend(fs::read(path)?);
    } else if path.is_dir() {
        let mut files: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        files.retain(|file| file.is_file());
        files.sort();
        for file in files {
            into.extend(fs::read(file)?);
        }
    }
    Ok(())
}

fn make_extensions(workspace: &Workspace, names: &[String]) -> Result<()> {
    let packages: Vec<String> = names.iter().map(|name| format!("sqlink-ext-{name}")).collect();
    for (name, module) in names.iter().zip(cargo_wasm_all(workspace, &packages, WASM)?) {
        let file = workspace.path("dist/extensions").join(format!("{name}.wasm"));
        write_if_changed(&file, &componentize(&module)?)?;
    }
    Ok(())
}

/// The guests that only tests load, in `dist/guests`: `NAME.core.wat` is a core module that becomes a component of
/// the contract's world, `NAME.wat` is assembled as it stands, a folder is a Rust crate.
fn build_guests(workspace: &Workspace) -> Result<()> {
    say("building the test guests");
    let source = workspace.path("tests/guests");
    let out = workspace.path("dist/guests");
    let names = folders(&source)?;
    let packages: Vec<String> =
        names.iter().map(|name| package_name(&source.join(name).join("Cargo.toml"))).collect::<Result<_>>()?;
    for (name, module) in names.iter().zip(cargo_wasm_all(workspace, &packages, WASM)?) {
        write_if_changed(&out.join(format!("{name}.wasm")), &componentize(&module)?)?;
    }
    for entry in fs::read_dir(&source)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (name, bytes) = if let Some(name) = file.strip_suffix(".core.wat") {
            let module = wat::parse_file(&path)?;
            (name, embed_world(workspace, module).with_context(|| format!("could not componentize `{file}`"))?)
        } else if let Some(name) = file.strip_suffix(".wat") {
            (name, wat::parse_file(&path)?)
        } else {
            continue;
        };
        write_if_changed(&out.join(format!("{name}.wasm")), &bytes)?;
    }
    Ok(())
}

/// Compiles extensions to wasm in one go, which keeps every core busy, and returns what rustc linked for each.
fn cargo_wasm_all(workspace: &Workspace, packages: &[String], target: &str) -> Result<Vec<PathBuf>> {
    let mut cargo = workspace.cargo(["build", "--quiet", "--lib", "--target", target, "--profile", "extension"]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    run(&mut cargo)?;
    let folder = workspace.target.join(target).join("extension");
    Ok(packages.iter().map(|package| folder.join(format!("{}.wasm", package.replace('-', "_")))).collect())
}

/// Compiles one package to wasm and returns the path of what rustc linked.
fn cargo_wasm(workspace: &Workspace, package: &str, features: &[&str], target: &str, profile: &str) -> Result<PathBuf> {
    let mut cargo = cargo_for_wasm(workspace, "build", package, features, target);
    run(cargo.args(["--profile", profile]))?;
    Ok(workspace.target.join(target).join(profile).join(format!("{}.wasm", package.replace('-', "_"))))
}

/// Clippy for a package's wasm build.
pub fn wasm_clippy(workspace: &Workspace, package: &str, feature: &str) -> Command {
    cargo_for_wasm(workspace, "clippy", package, &[feature], WASM)
}

fn cargo_for_wasm(workspace: &Workspace, verb: &str, package: &str, features: &[&str], target: &str) -> Command {
    let mut cargo = workspace.cargo([verb, "--quiet", "--lib", "--no-default-features"]);
    cargo.args(["--package", package, "--target", target, "--features", &features.join(",")]);
    cargo
}

/// What wasm-pack does: Cargo, wasm-bindgen, wasm-opt. Skipped when rustc's output has not changed since.
fn web_build(workspace: &Workspace, build: &WebBuild) -> Result<()> {
    let features: Vec<&str> = build.features.iter().map(String::as_str).collect();
    let linked = cargo_wasm(workspace, &build.package, &features, WASM, &build.profile)?;
    let out = workspace.path(&build.out_dir);
    let wasm = out.join(format!("{}.wasm", build.out_name));
    let mut recipe = fs::read(&linked).with_context(|| format!("could not read `{}`", linked.display()))?;
    recipe.extend(build.wasm_opt.join(" ").bytes());
    let stamp = workspace.target.join(format!("{}.{}.input", build.out_name, path_key(&workspace.root)));
    if wasm.exists() && fs::read(&stamp).is_ok_and(|previous| previous == recipe) {
        return Ok(());
    }
    fs::create_dir_all(&out)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&linked)
        .out_name(&build.out_name)
        .typescript(true)
        // The package finds its wasm itself, differently on every host.
        .omit_default_module_path(true)
        // So that a page can open a new engine after one has panicked.
        .reset_state_function(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    match build.target.as_str() {
        "web" => bindgen.web(true)?,
        other => bail!("`wasm-pack.toml` has the target `{other}`; only `web` is supported"),
    };
    bindgen.generate(&out).with_context(|| format!("wasm-bindgen failed on `{}`", linked.display()))?;
    // wasm-bindgen appends `_bg`; the package names its assets plainly.
    let bound = out.join(format!("{}_bg.wasm", build.out_name));
    fs::write(&bound, without_component_types(&fs::read(&bound)?)?)?;
    run(workspace.node("node_modules/binaryen/bin/wasm-opt").args(&build.wasm_opt).arg(&bound).arg("-o").arg(&wasm))?;
    fs::remove_file(&bound)?;
    fs::write(stamp, recipe)?;
    Ok(())
}

/// The module without what `wit-component` would make a component of: JavaScript has the types in `contract.ts` and
/// `host.ts`.
fn without_component_types(module: &[u8]) -> Result<Vec<u8>> {
    let mut sections = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload?;
        let named = matches!(&payload, wasmparser::Payload::CustomSection(section) if section.name().starts_with("component-type"));
        if let Some((id, range)) = payload.as_section()
            && !named
        {
            sections.push((id, range));
        }
    }
    let mut out = wasm_encoder::Module::new();
    for (id, range) in sections {
        let data = &module[usize::try_from(range.start)?..usize::try_from(range.end)?];
        out.section(&wasm_encoder::RawSection { id, data });
    }
    let out = out.finish();
    wasmparser::validate(&out).context("the module without component types is not valid")?;
    Ok(out)
}

/// Tells checkouts apart that share a target folder.
fn path_key(root: &Path) -> String {
    root.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn componentize(module: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(module).with_context(|| format!("could not read `{}`", module.display()))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.encode())
        .with_context(|| format!("could not make a component of `{}`", module.display()))
}

/// Makes a component of a core module written by hand, of a world with the contract's interfaces that it exports.
fn embed_world(workspace: &Workspace, mut module: Vec<u8>) -> Result<Vec<u8>> {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_path(workspace.path("wit"))?;
    let version = resolve.packages[package].name.version.as_ref().context("the contract has a version")?.to_string();
    let mut world = format!("package sqlink:guest;\nworld guest {{\n  include sqlink:extension/imports@{version};\n");
    let mut interfaces: Vec<String> = exports(&module)?
        .iter()
        .filter_map(|name| name.strip_prefix("sqlink:extension/")?.split_once('#'))
        .map(|(interface, _)| interface.to_owned())
        .collect();
    interfaces.sort();
    interfaces.dedup();
    for interface in interfaces {
        world.push_str(&format!("  export sqlink:extension/{interface};\n"));
    }
    world.push_str("}\n");
    let package = resolve.push_source("guest.wit", &world)?;
    let world = resolve.select_world(&[package], Some("guest"))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// Names of a core module's exports.
fn exports(module: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let wasmparser::Payload::ExportSection(section) = payload? {
            for export in section {
                names.push(export?.name.to_owned());
            }
        }
    }
    Ok(names)
}

fn folders(parent: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(parent).with_context(|| format!("could not list `{}`", parent.display()))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn package_name(manifest: &Path) -> Result<String> {
    let manifest: toml::Value = toml::from_str(&fs::read_to_string(manifest)?)?;
    Ok(manifest["package"]["name"].as_str().context("a package needs a name")?.to_owned())
}

/// Leaves the file's time alone when nothing changed, so that what depends on it is not built again.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes).with_context(|| format!("could not write `{}`", path.display()))
}
