//! The files that a new extension begins with.

use super::Language;
use super::wit;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("../../templates/", $name))
    };
}

/// Writes a new extension called `name` into `folder`, which must not be there.
///
/// * `sdk` - folder of the crate `sqlink-guest`, for an extension in Rust; `None` for the published one
pub(crate) fn write(folder: &Path, name: &str, language: Language, sdk: Option<&Path>) -> Result<()> {
    check_name(name)?;
    if folder.exists() {
        bail!("`{}` is there already", folder.display());
    }
    let sdk = match sdk {
        None => format!("{:?}", env!("CARGO_PKG_VERSION")),
        Some(path) => {
            let path = path.canonicalize().with_context(|| format!("there is no folder `{}`", path.display()))?;
            format!("{{ path = {:?} }}", path.to_str().context("the path of the SDK is not UTF-8")?)
        }
    };
    let source = format!("src/{name}.c");
    let test = format!("tests/{name}.slt");
    let mut files = vec![(test.as_str(), template!("test.slt.in")), (".gitignore", template!("gitignore.in"))];
    let (language_name, notes) = match language {
        Language::Rust => {
            files
                .extend([("Cargo.toml", template!("rust/Cargo.toml.in")), ("src/lib.rs", template!("rust/lib.rs.in"))]);
            ("Rust", template!("rust/notes.in"))
        }
        Language::Js => {
            files.extend([
                ("package.json", template!("js/package.json.in")),
                ("src/index.js", template!("js/index.js.in")),
                ("wit/world.wit", template!("world.wit.in")),
            ]);
            ("JavaScript", template!("js/notes.in"))
        }
        Language::C => {
            files.extend([
                (source.as_str(), template!("c/extension.c.in")),
                ("wit/world.wit", template!("world.wit.in")),
            ]);
            ("C", template!("c/notes.in"))
        }
    };
    let readme = template!("README.md.in").replace("{{notes}}", notes).replace("{{language}}", language_name);
    files.push(("README.md", &readme));
    for (path, text) in files {
        let text = text
            .replace("{{name}}", name)
            .replace("{{ident}}", &name.replace('-', "_"))
            .replace("{{sdk}}", &sdk)
            .replace("{{contract}}", wit::version());
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        made.with_context(|| format!("can't write `{}`", path.display()))?;
    }
    if language != Language::Rust {
        wit::write_contract(&folder.join("wit"))?;
    }
    Ok(())
}

/// The contract's rule for names, and what file and crate names need besides.
fn check_name(name: &str) -> Result<()> {
    let is_valid = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    if !is_valid {
        bail!(
            "`{name}` can't be an extension's name, expected 1 to 64 of `a-z`, `0-9`, `-` and `_`, starting with a letter"
        );
    }
    Ok(())
}
