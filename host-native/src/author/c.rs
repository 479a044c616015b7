//! Extensions in C: bindings from the WIT, clang for `wasm32` without a C library, wasm-ld.

use super::tools::{self, CLANG, RUST};
use super::wit::World;
use anyhow::{Context as _, Result, anyhow, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// What there is instead of a C library, by its path below `build`.
const RUNTIME: [(&str, &str); 3] = [
    ("runtime.c", include_str!("../../templates/c/runtime.c")),
    ("include/stdlib.h", include_str!("../../templates/c/include/stdlib.h")),
    ("include/string.h", include_str!("../../templates/c/include/string.h")),
];

/// For every file: no library, and what every host's WebAssembly has.
const FLAGS: [&str; 10] = [
    "--target=wasm32-unknown-unknown",
    "-std=c17",
    "-O2",
    "-ffreestanding",
    "-nostdlib",
    "-mbulk-memory",
    "-msign-ext",
    "-mnontrapping-fptoint",
    "-ffunction-sections",
    "-c",
];

/// The files `src/*.c`, sorted; none where there is no such folder.
pub(super) fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder.join("src")) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Compiles the sources in `folder` to a core module.
pub(super) fn build(folder: &Path) -> Result<Vec<u8>> {
    let world = World::read(folder)?;
    let build = folder.join("build");
    fs::create_dir_all(build.join("include"))?;
    let (mut generated, objects) = bindings(&world, &build)?;
    for (name, text) in RUNTIME {
        fs::write(build.join(name), text)?;
    }
    generated.push(build.join("runtime.c"));
    let mut link = Command::new(linker()?);
    link.args(["--no-entry", "--gc-sections", "--stack-first", "-z", "stack-size=65536", "--strip-debug"]);
    for (is_own, source) in
        sources(folder)?.iter().map(|own| (true, own)).chain(generated.iter().map(|one| (false, one)))
    {
        let stem = source.file_stem().unwrap_or_default().to_string_lossy();
        let object = build.join(format!("{}{stem}.o", if is_own { "src-" } else { "" }));
        let mut clang = Command::new("clang");
        clang.args(FLAGS).arg("-I").arg(build.join("include")).arg("-I").arg(&build).arg("-I").arg(folder.join("src"));
        // Warnings about generated code are of no use to the author.
        clang.args(if is_own { &["-Wall", "-Wextra"][..] } else { &["-w"] });
        clang.arg(source).arg("-o").arg(&object).current_dir(folder);
        tools::run(&mut clang, CLANG)?;
        link.arg(object);
    }
    let module = build.join("core.wasm");
    link.args(objects).arg("-o").arg(&module);
    tools::run(&mut link, CLANG)?;
    fs::read(&module).with_context(|| format!("`{}` was not made", module.display()))
}

/// Writes the bindings of a world and returns the C files among them, and the object file that holds the world.
fn bindings(world: &World, build: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    // The generator reads WIT with its own version of the parser.
    let mut resolve = Resolve::default();
    let failed = |error| anyhow!("`{}`: {error:?}", world.folder.display());
    let (package, _) = resolve.push_dir(&world.folder).map_err(failed)?;
    let id = resolve.select_world(&[package], None).map_err(failed)?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator.generate(&mut resolve, id, &mut files).map_err(failed)?;
    let (mut sources, mut objects) = (Vec::new(), Vec::new());
    for (name, bytes) in files.iter() {
        let path = build.join(name);
        fs::write(&path, bytes).with_context(|| format!("can't write `{}`", path.display()))?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("c") => sources.push(path),
            Some("o") => objects.push(path),
            _ => {}
        }
    }
    Ok((sources, objects))
}

/// Finds wasm-ld: on the path, with or without a version, else the one that comes with Rust.
fn linker() -> Result<PathBuf> {
    let names =
        std::iter::once("wasm-ld".to_owned()).chain((11..=30).rev().map(|version| format!("wasm-ld-{version}")));
    if let Some(name) = names.into_iter().find(|name| tools::is_there(name)) {
        return Ok(name.into());
    }
    let libraries = tools::ask(Command::new("rustc").args(["--print", "target-libdir"]), RUST);
    let of_rust = libraries.ok().and_then(|path| Some(Path::new(path.trim()).parent()?.join("bin/gcc-ld/wasm-ld")));
    match of_rust.filter(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("`wasm-ld` is not there: install it with `apt-get install lld`, `dnf install lld` or the like"),
    }
}
