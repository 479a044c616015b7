//! `cargo xtask …`: the one developer entry point. It installs what is missing, builds every artifact, and runs
//! every test, in an order that fails early.

mod artifacts;
mod checks;
mod playground;
mod settings;
mod tools;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and tests SQLink", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, run a first query through two extensions in Node and natively, then serve the playground
    Run {
        /// End after the first query
        #[arg(long)]
        no_serve: bool,
        /// Port of the playground on 127.0.0.1
        #[arg(long, default_value_t = 8042)]
        port: u16,
    },
    /// Run everything that can be tested on this machine
    Test,
    /// Build every artifact: engine, linker, host component, extensions, npm package, playground
    Build {
        /// Only this extension of the catalogue (may be repeated)
        #[arg(long, value_name = "NAME")]
        extension: Vec<String>,
    },
    /// Run the conformance files on the hosts
    Conformance {
        /// Only this host (may be repeated): native-dynamic, native-composed, node-direct, node-jco, chromium, workerd
        #[arg(long)]
        host: Vec<String>,
        /// Only files whose path contains this
        #[arg(long)]
        filter: Option<String>,
        /// Write the host x file table as JSON
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Measure against the peers, in Node and in Chromium, and write the README's table
    Bench {
        /// Write the figures as JSON
        #[arg(long)]
        report: Option<PathBuf>,
        /// Fewer rounds: for a look, not for the record
        #[arg(long)]
        quick: bool,
    },
    /// Print the sizes of what users download
    Size {
        /// Write the sizes as JSON
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Serve the playground
    Serve {
        /// Port on 127.0.0.1
        #[arg(long, default_value_t = 8042)]
        port: u16,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // The chain of causes is for whoever reads the terminal; a backtrace of xtask is not.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    match arguments.command {
        Command::Run { no_serve, port } => {
            artifacts::build_all(&workspace)?;
            playground::first_query(&workspace)?;
            if no_serve { Ok(()) } else { playground::serve(&workspace, port) }
        }
        Command::Test => checks::test(&workspace),
        Command::Build { extension } if !extension.is_empty() => artifacts::build_only(&workspace, &extension),
        Command::Build { .. } => artifacts::build_all(&workspace),
        Command::Conformance { host, filter, report } => {
            artifacts::build_all(&workspace)?;
            checks::conformance(&workspace, &host, filter.as_deref(), report.as_deref())
        }
        Command::Bench { report, quick } => {
            artifacts::build_all(&workspace)?;
            checks::bench(&workspace, report.as_deref(), quick)
        }
        Command::Size { report } => {
            artifacts::build_all(&workspace)?;
            checks::size(&workspace, report.as_deref())
        }
        Command::Serve { port } => {
            artifacts::build_all(&workspace)?;
            playground::serve(&workspace, port)
        }
    }
}
