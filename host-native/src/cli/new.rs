//! `sqlink new`.

use crate::author::Language;
use crate::author::scaffold;
use anyhow::Result;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes a folder with a new extension, which builds and passes its test.
#[derive(Args, Debug)]
pub(crate) struct New {
    /// Name of the extension, and of the folder: `a-z`, `0-9`, `-` and `_`.
    name: String,
    /// The language to write it in.
    #[arg(long, value_enum, default_value_t)]
    lang: Language,
    /// Folder of the crate `sqlink-guest`, instead of the published one; else the environment's SQLINK_SDK.
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

impl New {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let sdk = self.sdk.clone().or_else(|| std::env::var_os("SQLINK_SDK").map(PathBuf::from));
        scaffold::write(Path::new(&self.name), &self.name, self.lang, sdk.as_deref())?;
        println!("made `{0}`: `sqlink test {0}` builds and tests it", self.name);
        if self.lang == Language::Rust && sdk.is_none() {
            println!(
                "its `Cargo.toml` takes `sqlink-guest` from crates.io; `--sdk` or SQLINK_SDK names the folder of a checkout instead"
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
