//! The command line.

pub(crate) mod build;
pub(crate) mod engine;
pub(crate) mod format;
pub(crate) mod inspect;
pub(crate) mod load;
pub(crate) mod new;
pub(crate) mod params;
pub(crate) mod query;
pub(crate) mod test;

use clap::{Parser, Subcommand};
use std::ffi::OsString;

/// Exit codes. Wrong usage is 2, as clap has it.
pub(crate) mod exit {
    /// SQL failed, or an extension's call did.
    pub(crate) const SQL: u8 = 1;
    /// A file can't be used: no engine, no extension, or none that may be loaded.
    pub(crate) const FILE: u8 = 3;
}

/// SQLite and its extensions in WebAssembly, run natively.
#[derive(Debug, Parser)]
#[command(name = "sqlink", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs SQL on a database file, with extensions.
    Query(Box<query::Query>),
    /// Shows what an extension file says of itself. Runs none of its functions.
    Inspect(inspect::Inspect),
    /// Makes a folder with a new extension.
    New(new::New),
    /// Builds an extension from its sources.
    Build(build::Build),
    /// Builds an extension and runs its scripts against it.
    Test(test::Test),
    /// Composes the engine and extensions into one component or bundle: runs `sqlink-compose compose`.
    #[command(disable_help_flag = true)]
    Compose {
        /// Arguments of `sqlink-compose compose`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}
