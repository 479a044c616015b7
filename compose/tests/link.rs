//! What `verify` and `link` accept and refuse: one folder of `tests/link` per case, with one of
//!
//! - `contract.patch`: an extension of a changed contract, see [`support::changed`];
//! - `core.wat`: an extension with that core module (with words in a first line that starts with `;;@`: `utf16` for UTF-16
//!   strings, else the name of its world);
//! - `input.wat`: the file itself, in text;
//! - `input.txt`: the file itself;
//!
//! and the outcome: `linked.wat`, the emitted core module in text; or `error.txt`, the error's kind and message.
//! `BLESS=1` writes the outcomes.

mod support;

use anyhow::{Context, Result, bail};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use wit_component::StringEncoding;

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link");
    let mut trials = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        trials.push(Trial::test(name, move || case(&path).map_err(|error| Failed::from(format!("{error:#}")))));
    }
    libtest_mimic::run(&arguments, trials).exit()
}

fn case(folder: &Path) -> Result<()> {
    let (file, bytes) = input(folder)?;
    let (outcome, other, text) = match sqlink_compose::link(&bytes, &file) {
        Ok(linked) => {
            let verified = sqlink_compose::verify(&bytes, &file)?;
            if verified.imports.iter().any(|import| linked.core.is_empty() || !verified.imports.contains(import)) {
                bail!("`verify` and `link` disagree about the imports");
            }
            wasmparser::Validator::new().validate_all(&linked.core).context("the core module is not valid")?;
            ("linked.wat", "error.txt", wasmprinter::print_bytes(&linked.core)?)
        }
        Err(error) => {
            if error.is_shape() != sqlink_compose::verify(&bytes, &file).is_ok() {
                bail!("only a shape may be refused by `link` and not by `verify`: {error}");
            }
            ("error.txt", "linked.wat", format!("{}\n{error}\n", error.kind()))
        }
    };
    if folder.join(other).exists() {
        bail!("`{other}` is there, found {text}");
    }
    support::baseline(&folder.join(outcome), &text)
}

/// The case's file: its name and its bytes.
fn input(folder: &Path) -> Result<(String, Vec<u8>)> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    if let Some(patch) = read("contract.patch") {
        return Ok(("extension.wasm".to_owned(), support::extension(&patch)?));
    }
    if let Some(core) = read("core.wat") {
        let (mut encoding, mut world) = (StringEncoding::UTF8, "scalar-extension");
        let words = core.lines().next().and_then(|line| line.strip_prefix(";;@"));
        for word in words.unwrap_or_default().split_whitespace() {
            match word {
                "utf16" => encoding = StringEncoding::UTF16,
                name => world = name,
            }
        }
        return Ok(("extension.wasm".to_owned(), support::extension_of(&core, world, encoding)?));
    }
    if let Some(text) = read("input.wat") {
        return Ok(("extension.wasm".to_owned(), wat::parse_str(text)?));
    }
    let text = read("input.txt").with_context(|| format!("no input in `{}`", folder.display()))?;
    Ok(("extension.txt".to_owned(), text.into_bytes()))
}
