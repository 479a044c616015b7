//! Compositions and bundles: what goes in and out of them. That they run is shown by the conformance hosts
//! `native-composed` and `workerd`.

mod support;

use anyhow::{Context, Result, bail};
use sqlink_compose::bundle::{File, Parts, Target, bundle};
use sqlink_compose::graph::{ComposeError, Extension, SpiPolicy, compose};
use sqlink_compose::{digest, lock::Lock};
use std::fmt::Write;
use std::path::Path;
use wasmparser::component_types::{ComponentEntityType, ComponentItem};
use wasmparser::{Parser, Payload, Validator};
use wit_component::StringEncoding;

/// A core module with the least an extension needs.
const QUIET: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32) i32.const 0)
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32) i32.const 0))"#;

fn extension(name: &str, bytes: Vec<u8>) -> Extension<'static> {
    Extension { name: name.to_owned(), file: format!("{name}.wasm"), bytes: bytes.into(), grants: Vec::new() }
}

/// An extension without imports, and one with all of them.
fn quiet(name: &str) -> Result<Extension<'static>> {
    Ok(extension(name, support::extension_of(QUIET, "scalar-extension", StringEncoding::UTF8)?))
}

fn noisy(name: &str) -> Result<Extension<'static>> {
    Ok(extension(name, support::extension("")?))
}

/// The root's imports and exports as text: names and functions.
fn root(component: &[u8]) -> Result<String> {
    let types = Validator::new().validate_all(component)?;
    let types = types.as_ref();
    let (mut out, mut depth) = (String::new(), 0);
    let mut line = |side: &str, name: &str, item: Option<&ComponentItem>| -> Result<()> {
        let Some(ComponentEntityType::Instance(id)) = item.map(|item| item.ty) else {
            bail!("`{name}` is no instance")
        };
        let is_function = |item: &ComponentItem| matches!(item.ty, ComponentEntityType::Func(_));
        let functions = types[id].exports.iter().filter(|(_, item)| is_function(item));
        let functions: Vec<&str> = functions.map(|(name, _)| name.as_str()).collect();
        Ok(writeln!(out, "{side} {name}: {}", functions.join(" "))?)
    };
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let name = import?.name.name;
                    line("import", name, types.component_item_for_import(name))?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let name = export?.name.name;
                    line("export", name, types.component_item_for_export(name))?;
                }
            }
            _ => {}
        }
    }
    Ok(out)
}

fn check(name: &str, extensions: &[Extension<'_>], spi: SpiPolicy) -> Result<()> {
    let host = support::host()?;
    let component = compose(&host, "host.wasm", extensions, spi)?;
    assert_eq!(component, compose(&host, "host.wasm", extensions, spi)?, "equal input must give equal output");
    let lock = Lock::of_component(&component).context("no lock")?;
    assert_eq!(lock.host, digest(&host));
    let found: Vec<_> = lock.extensions.iter().map(|e| (e.name.as_str(), e.sha256.clone())).collect();
    let expected: Vec<_> = extensions.iter().map(|e| (e.name.as_str(), digest(&e.bytes))).collect();
    assert_eq!(found, expected);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graph");
    support::baseline(&folder.join(format!("{name}.txt")), &root(&component)?)
}

#[test]
fn no_extensions() -> Result<()> {
    check("no-extensions", &[], SpiPolicy::Loop)
}

#[test]
fn extensions_without_imports() -> Result<()> {
    check("without-imports", &[quiet("a")?, quiet("b")?], SpiPolicy::Loop)
}

#[test]
fn extensions_with_every_import() -> Result<()> {
    check("every-import", &[noisy("a")?, quiet("b")?, noisy("c")?], SpiPolicy::Loop)
}

#[test]
fn spi_denied() -> Result<()> {
    check("spi-denied", &[noisy("a")?, noisy("b")?], SpiPolicy::Deny)
}

#[test]
fn many_extensions() -> Result<()> {
    let extensions = (0..40).map(|index| noisy(&format!("ext-{index}"))).collect::<Result<Vec<_>>>()?;
    // The same root as with three.
    check("every-import", &extensions, SpiPolicy::Loop)
}

/// The message of a composition that must fail.
fn refused(host: &[u8], extensions: &[Extension<'_>]) -> Result<String> {
    match compose(host, "host.wasm", extensions, SpiPolicy::Loop) {
        Err(error) => Ok(error.to_string()),
        Ok(_) => bail!("composed"),
    }
}

#[test]
fn refusals() -> Result<()> {
    let host = support::host()?;
    let named = |name: &str| -> Result<_> { Ok(Extension { name: name.to_owned(), ..quiet("a")? }) };
    let other_file = Extension { file: "b/a.wasm".to_owned(), ..quiet("a")? };
    let mut text = String::new();
    writeln!(text, "{}", refused(&host, &[quiet("a")?, other_file])?)?;
    writeln!(text, "{}", refused(&host, &[named("../x")?])?)?;
    writeln!(text, "{}", refused(&host, &[named("")?])?)?;
    writeln!(text, "{}", refused(&host, &[extension("x", b"SELECT".to_vec())])?)?;
    writeln!(text, "{}", refused(&host, &vec![quiet("a")?; 257])?)?;
    writeln!(text, "{}", refused(b"\0asm\x01\0\0\0", &[])?)?;
    writeln!(text, "{}", refused(&support::extension("")?, &[])?)?;
    let patch = "-    import spi;\n+    import spi;\n+    import wasi:cli/exit@0.2.0;\n";
    let wasi = "package wasi:cli@0.2.0 { interface exit { exit: func(); } }\n";
    let (resolve, package) = support::parse(&format!("{}{wasi}", support::changed(patch)?))?;
    let bytes = support::dummy(&resolve, &[package], "extension")?;
    writeln!(text, "{}", refused(&host, &[extension("x", bytes)])?)?;
    // A host that wants more than an embedder gives.
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(support::root().join("wit"))?;
    let source = std::fs::read_to_string(support::root().join("host-web/wit/host.wit"))?;
    let more = source.replacen("    import storage;", "    import storage;\n    import wishes;", 1)
        + "\ninterface wishes { wish: func(); }\n";
    let package = resolve.push_source("host.wit", &more)?;
    writeln!(text, "{}", refused(&support::host_of(resolve, package)?, &[])?)?;
    support::baseline(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graph/refusals.txt"), &text)
}

fn bundled(target: Target) -> Result<Vec<File>> {
    let grants = vec!["random".to_owned(), "spi.read".to_owned()];
    let extensions = [quiet("quiet")?, Extension { grants, ..noisy("all-of-it")? }];
    let parts = Parts { engine: b"engine", adapter: b"adapter", package: "sqlink/core" };
    Ok(bundle(target, parts, &extensions)?)
}

#[test]
fn bundles() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graph");
    for (target, name) in [(Target::Workers, "workers"), (Target::Es, "es"), (Target::Node, "node")] {
        let files = bundled(target)?;
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let expected = [
            "adapter.wasm",
            "engine.wasm",
            "ext/all-of-it.wasm",
            "ext/quiet.wasm",
            "index.d.ts",
            "index.js",
            "sqlink.lock.json",
        ];
        assert_eq!(paths, expected);
        for file in &files {
            if file.path.starts_with("ext/") {
                wasmparser::Validator::new().validate_all(&file.bytes)?;
            }
        }
        let text = |path: &str| -> Result<String> {
            let file = files.iter().find(|file| file.path == path).context("no such file")?;
            // Digests change with the tools that made the components.
            let mut text = String::from_utf8(file.bytes.clone())?;
            for extension in [quiet("quiet")?, noisy("all-of-it")?] {
                text = text.replace(&digest(&extension.bytes), &format!("<sha256 of {}>", extension.file));
            }
            Ok(text)
        };
        support::baseline(&folder.join(format!("{name}.js")), &text("index.js")?)?;
        support::baseline(&folder.join("index.d.ts"), &text("index.d.ts")?)?;
        support::baseline(&folder.join("sqlink.lock.json"), &text("sqlink.lock.json")?)?;
    }
    Ok(())
}

#[test]
fn a_bundle_needs_direct_links() -> Result<()> {
    let utf16 = extension("x", support::extension_of(QUIET, "scalar-extension", StringEncoding::UTF16)?);
    let parts = Parts { engine: b"", adapter: b"", package: "sqlink/core" };
    match bundle(Target::Workers, parts, &[utf16]) {
        Err(ComposeError::Extension(error)) if error.is_shape() => Ok(()),
        other => bail!("expected a refused shape, found {other:?}"),
    }
}
