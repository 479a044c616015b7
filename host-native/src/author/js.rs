//! Extensions in JavaScript: esbuild makes one file of all, componentize-js puts it into a component with a JavaScript engine.

use super::tools::{self, NODE};
use super::wit::World;
use anyhow::{Context as _, Result};
use serde_json::Value as Json;
use std::path::Path;
use std::process::Command;

/// What Node runs: `SCRIPT ENTRY WIT WORLD BUNDLE COMPONENT`.
const SCRIPT: &str = include_str!("../../templates/js/componentize.mjs");

fn manifest(folder: &Path) -> Result<Json> {
    let path = folder.join("package.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("can't read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

/// The package's name, without a scope.
pub(super) fn name(folder: &Path) -> Result<String> {
    let name = manifest(folder)?["name"].as_str().map(str::to_owned).context("`package.json` has no `name`")?;
    Ok(name.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Builds the component of the package in `folder`.
pub(super) fn build(folder: &Path) -> Result<Vec<u8>> {
    if !folder.join("node_modules/@bytecodealliance/componentize-js").is_dir() {
        // Not `npm ci`: it refuses a lock file without the packages of platforms that the registry lacks. This keeps to
        // the lock file too, where there is one, and leaves it as it is.
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund"]).current_dir(folder);
        tools::run(&mut npm, NODE)?;
    }
    let world = World::read(folder)?;
    let manifest = manifest(folder)?;
    let entry = folder.join(manifest["main"].as_str().unwrap_or("src/index.js"));
    let build = folder.join("build");
    std::fs::create_dir_all(&build)?;
    let component = build.join("component.wasm");
    let mut node = Command::new("node");
    // Packages are looked for from the current directory.
    node.args(["--input-type=module", "--eval", SCRIPT, "--"]).current_dir(folder);
    node.arg(entry).arg(&world.folder).arg(&world.name).arg(build.join("bundle.js")).arg(&component);
    tools::run(&mut node, NODE)?;
    std::fs::read(&component).with_context(|| format!("`{}` was not made", component.display()))
}
