//! The bundle that the workerd driver serves: every extension that can be linked, and why the others can't.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use sqlink_compose::bundle::{Parts, Target, bundle, static_imports};
use sqlink_compose::graph::Extension;
use sqlink_host_native::read_component;

use crate::artifacts::Artifacts;

/// Writes the bundle into `folder`, which is emptied before. Besides the files of a bundle for Workers, it holds the
/// package (`sqlink/`) and `refused.json`: extension name to the composition's error.
///
/// # Errors
/// If something is not built, or can't be written.
pub fn make(artifacts: &Artifacts, package: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("can't empty `{}`", folder.display()))?;
    }
    let engine = read(&package.join("engine.wasm"))?;
    let adapter = read(&package.join("adapter.wasm"))?;
    let parts = Parts { engine: &engine, adapter: &adapter, package: "./sqlink/core.js" };

    let mut inside = Vec::new();
    let mut refused = BTreeMap::new();
    for (name, path) in artifacts.all()? {
        let alone = read_component(&path).map_err(anyhow::Error::from).and_then(|bytes| {
            let extension =
                Extension { name: stem(&name), file: name.clone(), bytes: bytes.into(), grants: Vec::new() };
            bundle(Target::Workers, parts, std::slice::from_ref(&extension))?;
            Ok(extension)
        });
        match alone {
            Ok(extension) => inside.push(extension),
            // The name stands for the file, as on the other hosts.
            Err(error) => {
                refused.insert(name.clone(), format!("{error:#}").replace(&path.display().to_string(), &name));
            }
        }
    }
    for file in bundle(Target::Workers, parts, &inside)? {
        write(&folder.join(file.path), &file.bytes)?;
    }
    let mut wanted = vec!["core.js".to_owned()];
    let mut next = 0;
    while let Some(file) = wanted.get(next).cloned() {
        next += 1;
        let source = read(&package.join(&file))?;
        write(&folder.join("sqlink").join(&file), &source)?;
        for import in static_imports(&String::from_utf8_lossy(&source)) {
            if !wanted.contains(&import) {
                wanted.push(import);
            }
        }
    }
    write(&folder.join("refused.json"), &serde_json::to_vec(&refused)?)
}

/// The name up to the first dot: `regexp.wasip2` is another build of `regexp`, and a name in a bundle has no dots.
pub fn stem(name: &str) -> String {
    name.split('.').next().unwrap_or_default().to_owned()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("can't read `{}`: run `cargo xtask build`", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes).with_context(|| format!("can't write `{}`", path.display()))
}
