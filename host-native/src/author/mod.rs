//! What an author needs: making, building and finding extensions in Rust, JavaScript and C.

mod c;
mod js;
mod rust;
pub(crate) mod scaffold;
mod tools;
mod wit;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use wit_component::ComponentEncoder;

/// Languages that extensions are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Rust, with the crate `sqlink-guest`.
    #[default]
    Rust,
    /// JavaScript, with componentize-js.
    Js,
    /// C, with clang.
    C,
}

/// A folder with an extension's sources.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    language: Language,
}

impl Project {
    /// Finds out what is in `folder`: `Cargo.toml` says Rust, a file `src/*.c` C, `package.json` JavaScript. Extensions in any
    /// language may have a `package.json` to be published with.
    pub(crate) fn find(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let folder = folder.canonicalize().with_context(|| format!("there is no folder `{shown}`"))?;
        let (language, name) = if folder.join("Cargo.toml").is_file() {
            (Language::Rust, rust::Package::read(&folder)?.name)
        } else if !c::sources(&folder)?.is_empty() {
            let name = folder.file_name().context("it has no name")?;
            (Language::C, name.to_string_lossy().into_owned())
        } else if folder.join("package.json").is_file() {
            (Language::Js, js::name(&folder)?)
        } else {
            bail!(
                "`{shown}` holds no extension: expected a `Cargo.toml`, C in `src` or a `package.json`; `sqlink new NAME` makes \
                 one"
            )
        };
        Ok(Self { folder, name, language })
    }

    /// Where [`Project::build`] puts the component by default.
    pub(crate) fn output(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.name))
    }

    /// Builds the component.
    pub(crate) fn build(&self) -> Result<Vec<u8>> {
        match self.language {
            Language::Rust => encode(&rust::build(&self.folder)?),
            Language::Js => js::build(&self.folder),
            Language::C => encode(&c::build(&self.folder)?),
        }
    }

    /// The scripts in `tests`, at any depth, sorted.
    pub(crate) fn scripts(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.join("tests")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "slt") {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Turns a core module that knows its world into a component.
fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .context("what was compiled can't become a component")
}
