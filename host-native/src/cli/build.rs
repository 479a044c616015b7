//! `sqlink build`.

use crate::author::Project;
use anyhow::{Context as _, Result};
use clap::Args;
use sqlink_host_native::{CachePolicy, Inspection, Limits, inspect};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Builds an extension from its sources, in Rust, JavaScript or C, and checks it against the contract.
#[derive(Args, Debug)]
pub(crate) struct Build {
    /// The extension's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The component that is written, instead of dist/NAME.wasm in the folder.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

impl Build {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let project = Project::find(&self.folder)?;
        let output = self.output.clone().unwrap_or_else(|| project.output());
        build(&project, &output)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A path as from the current folder, if it is below.
pub(crate) fn short(path: &Path) -> String {
    let current = std::env::current_dir().and_then(|folder| folder.canonicalize()).unwrap_or_default();
    path.strip_prefix(current).unwrap_or(path).display().to_string()
}

/// Builds the extension, checks it, writes it to `output` and says what it is. Returns its own name for itself.
pub(crate) fn build(project: &Project, output: &Path) -> Result<String> {
    let component = project.build()?;
    let file = short(output);
    let Inspection { manifest, digest, size, .. } = inspect(&file, &component, &Limits::default(), &CachePolicy::User)?;
    if let Some(parent) = output.parent() {
        fs::create_dir_all(parent).with_context(|| format!("can't make the folder `{}`", parent.display()))?;
    }
    fs::write(output, &component).with_context(|| format!("can't write `{file}`"))?;
    let name = manifest.name.escape_debug().to_string();
    println!("built `{name}` {}: {file}, {size} bytes, sha256 {digest}", manifest.version.escape_debug());
    if let Err(error) = sqlink_compose::link(&component, &file) {
        println!("{error}");
    }
    Ok(manifest.name)
}
