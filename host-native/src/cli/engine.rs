//! Where the engine is.

use anyhow::Result;
use sqlink_host_native::{Error, Host, HostOptions, read_component};
use std::path::{Path, PathBuf};

const NAME: &str = "host.component.wasm";

/// Finds and compiles the engine: `named` (`--engine`), else `SQLINK_ENGINE`, else the file beside this program, else
/// `dist/host.component.wasm` in the current directory or the nearest one above it. It may be a composition.
pub(crate) fn load(named: Option<&Path>, options: HostOptions) -> Result<Host> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => find()?,
    };
    let bytes = read_component(&path)?;
    let file = path.display().to_string();
    let host = if sqlink_compose::lock::Lock::of_component(&bytes).is_some() {
        Host::composed(&file, &bytes, options)
    } else {
        Host::new(&file, &bytes, options)
    };
    Ok(host?)
}

/// The engine's file, where no option names it.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SQLINK_ENGINE") {
        return Ok(path.into());
    }
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(NAME)));
    let current = std::env::current_dir().unwrap_or_default();
    let above = current.ancestors().map(|folder| folder.join("dist").join(NAME));
    let mut candidates = beside.iter().cloned().chain(above);
    candidates.find(|path| path.is_file()).ok_or_else(|| {
        let beside = beside.map(|path| format!("`{}`, ", path.display())).unwrap_or_default();
        let looked = format!(
            "{beside}`dist/{NAME}` in `{}` and the directories above it (neither `--engine` nor `SQLINK_ENGINE` is given)",
            current.display()
        );
        Error::NoEngine { looked }.into()
    })
}
