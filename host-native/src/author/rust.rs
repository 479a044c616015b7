//! Extensions in Rust: Cargo, for `wasm32-unknown-unknown`.

use super::tools::{self, RUST};
use anyhow::{Context as _, Result, bail};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// What Cargo says of a package.
pub(super) struct Package {
    pub(super) name: String,
    /// Where the compiled core module will be.
    module: PathBuf,
}

impl Package {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let manifest = folder.join("Cargo.toml");
        let mut cargo = Command::new("cargo");
        cargo
            .args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"])
            .arg(&manifest)
            .current_dir(folder);
        let metadata: Json = serde_json::from_str(&tools::ask(&mut cargo, RUST)?).context("`cargo metadata`")?;
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let package =
            packages.iter().find(|package| package["manifest_path"].as_str().map(Path::new) == Some(&manifest));
        let package = package.with_context(|| format!("`{}` holds no package", manifest.display()))?;
        let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_cdylib = |target: &&Json| {
            target["crate_types"].as_array().is_some_and(|types| types.iter().any(|one| one == "cdylib"))
        };
        let Some(target) = targets.iter().find(is_cdylib) else {
            bail!("`{}` makes no `cdylib`, expected `[lib] crate-type = [\"cdylib\", \"rlib\"]`", manifest.display())
        };
        let text = |json: &Json| json.as_str().map(str::to_owned).context("`cargo metadata` has another form");
        let folder = PathBuf::from(text(&metadata["target_directory"])?).join(TARGET).join("release");
        let module = folder.join(format!("{}.wasm", text(&target["name"])?.replace('-', "_")));
        Ok(Self { name: text(&package["name"])?, module })
    }
}

/// Compiles the package in `folder` to a core module.
pub(super) fn build(folder: &Path) -> Result<Vec<u8>> {
    let package = Package::read(folder)?;
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(folder);
    let library = tools::ask(&mut rustc, RUST)?;
    if !Path::new(library.trim()).is_dir() {
        bail!("Rust can't compile for {TARGET} yet: run `rustup target add {TARGET}`");
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--lib", "--target", TARGET]).current_dir(folder);
    tools::run(&mut cargo, RUST)?;
    std::fs::read(&package.module).with_context(|| format!("`{}` was not made", package.module.display()))
}
