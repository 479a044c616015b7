//! `sqlink`: SQLite and its extensions in WebAssembly, on the command line.

mod author;
mod cli;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use cli::{Cli, Command, exit};
use std::ffi::OsString;
use std::process::{self, ExitCode};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Query(query) => query.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::New(new) => new.run(),
        Command::Build(build) => build.run(),
        Command::Test(test) => test.run(),
        Command::Compose { arguments } => compose(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        cli::query::print_error(&explained(&error));
        ExitCode::from(exit::FILE)
    })
}

/// An error and its causes, leaving out those that it tells of itself.
fn explained(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
    }
    text
}

/// Runs `sqlink-compose compose`, the program beside this one, else the one on the path, with the engine that other commands
/// would use.
fn compose(arguments: &[OsString]) -> Result<ExitCode> {
    let name = format!("sqlink-compose{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(&name)));
    let program = beside.filter(|path| path.is_file()).unwrap_or_else(|| name.into());
    let mut command = process::Command::new(&program);
    if let Ok(engine) = cli::engine::find() {
        command.env("SQLINK_ENGINE", engine);
    }
    let status = command.arg("compose").args(arguments).status().with_context(|| {
        format!("`{}` can't be run: build it with `cargo build --bin sqlink-compose`", program.display())
    })?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::FILE)))
}
