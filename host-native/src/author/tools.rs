//! Other programs: compilers and package managers.

use anyhow::{Context as _, Result, bail};
use std::io;
use std::process::{Command, Output};

/// What to install where a program is missing.
pub(super) const RUST: &str = "install Rust as https://rustup.rs says";
pub(super) const NODE: &str = "install Node.js 20 or newer with npm, from https://nodejs.org or your system's packages";
pub(super) const CLANG: &str = "install it with `apt-get install clang`, `dnf install clang` or the like";

/// Runs a program that shows its own output.
///
/// * `install` - what to do if there is no such program
pub(super) fn run(command: &mut Command, install: &str) -> Result<()> {
    let status = started(command.status(), command, install)?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a program and returns what it printed; fails with what it said where it fails.
pub(super) fn ask(command: &mut Command, install: &str) -> Result<String> {
    let Output { status, stdout, stderr } = started(command.output(), command, install)?;
    if !status.success() {
        bail!("`{}` failed ({status}): {}", shown(command), String::from_utf8_lossy(&stderr).trim_end());
    }
    String::from_utf8(stdout).with_context(|| format!("`{}` printed what is not UTF-8", shown(command)))
}

/// Whether a program of this name can be started.
pub(super) fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn started<T>(result: io::Result<T>, command: &Command, install: &str) -> Result<T> {
    result.map_err(|error| {
        let program = command.get_program().to_string_lossy();
        if error.kind() == io::ErrorKind::NotFound {
            anyhow::anyhow!("`{program}` is not there: {install}")
        } else {
            anyhow::anyhow!("`{program}` can't be started: {error}")
        }
    })
}

/// A command as it would be typed, without long arguments.
fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args().map(|argument| argument.to_string_lossy()) {
        let short = argument.len() <= 100 && !argument.contains('\n');
        text.push(' ');
        text.push_str(if short { &argument } else { "…" });
    }
    text
}
