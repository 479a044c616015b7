//! Makes components for the tests: of the contract, of a changed contract, of the host.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use anyhow::{Context, Result, bail};
use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, PackageId, Resolve};

/// The repository's root.
pub fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The contract's WIT as one file.
pub fn contract() -> Result<String> {
    let mut files = std::fs::read_dir(root().join("wit"))?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    let mut text = String::new();
    for file in files.iter().filter(|file| file.path().extension().is_some_and(|e| e == "wit")) {
        let source = std::fs::read_to_string(file.path())?;
        let (header, rest) = source.split_once('\n').context("an empty WIT file")?;
        if text.is_empty() {
            text = format!("{header}\n");
        }
        text.push_str(rest);
    }
    Ok(text)
}

/// Changes the contract: a line that starts with `-` must be in it (spaces around don't count) and is replaced by the
/// lines after it that start with `+`. Other lines are comments. A last block of `+` lines without `-` is appended.
pub fn changed(patch: &str) -> Result<String> {
    let mut text = contract()?;
    let mut lines = patch.lines().peekable();
    while let Some(line) = lines.next() {
        let old = line.strip_prefix('-').map(str::trim);
        let mut new = String::new();
        if let (None, Some(first)) = (old, line.strip_prefix('+')) {
            new = format!("{first}\n");
        }
        while (old.is_some() || !new.is_empty()) && lines.peek().is_some_and(|line| line.starts_with('+')) {
            new.push_str(&lines.next().unwrap_or_default()[1..]);
            new.push('\n');
        }
        match old {
            Some(old) => {
                let found: Vec<&str> = text.lines().filter(|line| line.trim() == old).collect();
                let Some(found) = found.first() else { bail!("the contract has no line `{old}`") };
                text = text.replace(&format!("{found}\n"), &new);
            }
            None => text.push_str(&new),
        }
    }
    Ok(text)
}

/// Parses WIT text.
pub fn parse(wit: &str) -> Result<(Resolve, PackageId)> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("case.wit", wit)?;
    Ok((resolve, package))
}

/// A component of the world `world` whose functions trap.
pub fn dummy(resolve: &Resolve, packages: &[PackageId], world: &str) -> Result<Vec<u8>> {
    let world = resolve.select_world(packages, Some(world))?;
    let mut module = dummy_module(resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// An extension of the (changed) contract with all imports and exports, whose functions trap.
pub fn extension(patch: &str) -> Result<Vec<u8>> {
    let (resolve, package) = parse(&changed(patch)?)?;
    dummy(&resolve, &[package], "extension")
}

/// An extension of the world `world` with the core module of this text.
pub fn extension_of(core: &str, world: &str, encoding: StringEncoding) -> Result<Vec<u8>> {
    let (resolve, package) = parse(&contract()?)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = wat::parse_str(core)?;
    embed_component_metadata(&mut module, &resolve, world, encoding, false)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// A host component whose functions trap.
pub fn host() -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    resolve.push_dir(root().join("wit"))?;
    let (package, _) = resolve.push_dir(root().join("host-web/wit"))?;
    host_of(resolve, package)
}

/// A host component of the world `host` in `package`. Of the contract it uses the types only, as the engine does: a dummy
/// would import the functions too.
pub fn host_of(mut resolve: Resolve, package: PackageId) -> Result<Vec<u8>> {
    for (_, interface) in resolve.interfaces.iter_mut() {
        if interface.package.is_some_and(|of| of != package) {
            interface.functions.clear();
        }
    }
    dummy(&resolve, &[package], "host")
}

/// Compares `actual` with the file `path`, or writes it there if the environment has `BLESS`.
pub fn baseline(path: &Path, actual: &str) -> Result<()> {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, actual)?;
        return Ok(());
    }
    let expected = std::fs::read_to_string(path)
        .with_context(|| format!("no `{}`: run with BLESS=1 to write it", path.display()))?;
    if expected != actual {
        bail!("`{}` differs (BLESS=1 accepts it)\nexpected:\n{expected}\nfound:\n{actual}", path.display());
    }
    Ok(())
}
