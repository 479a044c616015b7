//! The WIT of extensions that are not written in Rust: a world in `wit`, and the contract.

use anyhow::{Context as _, Result};
use sqlink_compose::WIT;
use std::fs;
use std::path::{Path, PathBuf};
use wit_parser::Resolve;

/// Folder of the contract below a folder of WIT.
pub(super) const CONTRACT: &str = "deps/sqlink-extension";

/// The contract's version.
pub(super) fn version() -> &'static str {
    let package = WIT.iter().find_map(|(_, text)| text.lines().next()?.strip_prefix("package sqlink:extension@"));
    package.map_or("", |rest| rest.trim_end_matches(';'))
}

/// Writes the contract below `folder`.
pub(super) fn write_contract(folder: &Path) -> Result<()> {
    let contract = folder.join(CONTRACT);
    fs::create_dir_all(&contract).with_context(|| format!("can't make `{}`", contract.display()))?;
    for (name, text) in WIT {
        fs::write(contract.join(name), text).with_context(|| format!("can't write `{}`", contract.display()))?;
    }
    Ok(())
}

/// An extension's world.
pub(super) struct World {
    /// Folder with the world and all it needs.
    pub(super) folder: PathBuf,
    pub(super) name: String,
}

impl World {
    /// Reads the world in `project/wit`. The contract is the one there, or this program's, which is put into `build/wit` with
    /// the world.
    pub(super) fn read(project: &Path) -> Result<Self> {
        let mut folder = project.join("wit");
        if !folder.join(CONTRACT).is_dir() {
            let copy = project.join("build/wit");
            write_contract(&copy)?;
            let entries = fs::read_dir(&folder).with_context(|| format!("can't read `{}`", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                    fs::copy(&path, copy.join(name))?;
                }
            }
            folder = copy;
        }
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(&folder).with_context(|| format!("`{}`", folder.display()))?;
        let id = resolve.select_world(&[package], None).with_context(|| format!("`{}`", folder.display()))?;
        Ok(Self { folder, name: resolve.worlds[id].name.clone() })
    }
}
