//! `sqlink query`.

use crate::cli::format::{Format, Printer};
use crate::cli::load::Loading;
use crate::cli::{engine, exit, params};
use anyhow::{Context as _, Result};
use clap::Args;
use sqlink_host_native::{CachePolicy, Error, HostOptions, Level, Limits, LogEntry, OpenOptions, SqlError};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Runs SQL on a database file, with extensions.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 done, 1 SQL or an extension's call failed, 2 wrong usage, 3 a file can't be used.

The engine is `--engine`, else the environment's SQLINK_ENGINE, else host.component.wasm beside this program, else
dist/host.component.wasm in the current directory or the nearest one above it."
)]
pub(crate) struct Query {
    /// The database file, made if there is none; `:memory:` for one in memory.
    database: String,
    /// SQL, any number of statements; `-` reads standard input.
    sql: String,
    #[command(flatten)]
    loading: Loading,
    /// Binds a parameter: NULL, a number, X'hex', 'text' or text; with a name, `:name=VALUE`. May be repeated.
    #[arg(long, value_name = "[:NAME=]VALUE", allow_hyphen_values = true)]
    param: Vec<String>,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Fuel of one call into an extension, about one unit per instruction.
    #[arg(long, value_name = "UNITS", default_value_t = Limits::default().fuel)]
    fuel: u64,
    /// Longest time a statement may run, in milliseconds; 0 for no limit.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    timeout: u32,
    /// Largest memory of an extension, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    memory: u32,
    /// Refuses to write to the database.
    #[arg(long)]
    readonly: bool,
    /// The engine, host.component.wasm, or a composition, whose extensions are loaded with it.
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,
    /// Compiles engine and extensions anew, and keeps nothing.
    #[arg(long)]
    no_cache: bool,
}

impl Query {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let sql = self.sql()?;
        let params = params::parse(&self.param)?;
        let cache = if self.no_cache { CachePolicy::Off } else { CachePolicy::User };
        let options = HostOptions { log: Some(Arc::new(print_log)), cache: cache.clone(), ..HostOptions::default() };
        let host = engine::load(self.engine.as_deref(), options)?;
        let mut open = if self.database.is_empty() || self.database == ":memory:" {
            OpenOptions::memory()
        } else {
            OpenOptions::file(&self.database)
        };
        open.read_only = self.readonly;
        let database = match host.open(open) {
            Ok(database) => database,
            Err(Error::Sql(error)) => {
                print_sql_error(&error, "");
                return Ok(ExitCode::from(exit::SQL));
            }
            Err(other) => return Err(other.into()),
        };
        let limits = self.limits();
        database.set_limits(limits.clone())?;
        match host.contents() {
            Some(inside) => self.loading.load_inside(&database, inside)?,
            None => self.loading.load_all(&database, &limits, &cache)?,
        }

        let printer = Printer::new(self.format, Box::new(BufWriter::new(io::stdout())));
        let (mut printer, failed) = database.stream(&sql, params, printer)?;
        printer.flush();
        if let Some(Error::Sql(error)) = &failed {
            print_sql_error(error, &sql);
            return Ok(ExitCode::from(exit::SQL));
        }
        if let Some(error) = failed {
            print_error(&error.to_string());
            return Ok(ExitCode::from(exit::SQL));
        }
        if let Some(error) = printer.failed {
            // Whoever read the output has seen enough, as `head` does.
            if error.kind() != io::ErrorKind::BrokenPipe {
                return Err(error).context("the result can't be written");
            }
        }
        database.close()?;
        Ok(ExitCode::SUCCESS)
    }

    fn sql(&self) -> Result<String> {
        if self.sql != "-" {
            return Ok(self.sql.clone());
        }
        let mut sql = String::new();
        io::stdin().read_to_string(&mut sql).context("the SQL on standard input can't be read as UTF-8 text")?;
        Ok(sql)
    }

    fn limits(&self) -> Limits {
        let timeout = Duration::from_millis(self.timeout.into());
        Limits {
            fuel: self.fuel,
            memory_bytes: usize::try_from(self.memory).unwrap_or(usize::MAX).saturating_mul(1 << 20),
            statement_timeout: Some(timeout).filter(|timeout| !timeout.is_zero()),
            ..Limits::default()
        }
    }
}

fn print_log(entry: LogEntry) {
    let level = match entry.level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "info",
        Level::Debug => "debug",
    };
    let from = entry.extension.unwrap_or_else(|| "engine".to_owned());
    // Nobody reads the log if this fails.
    let _ = writeln!(io::stderr(), "{level}: [{from}] {}", entry.message.escape_debug());
}

pub(crate) fn print_error(message: &str) {
    // There is nowhere left to say that it failed.
    let _ = writeln!(io::stderr(), "error: {message}");
}

/// The error, and the line of the SQL that it is in with a caret under the token, where that is known.
fn print_sql_error(error: &SqlError, sql: &str) {
    print_error(&error.to_string());
    if let Some(place) = error.offset.and_then(|offset| point_at(sql, usize::try_from(offset).ok()?)) {
        let _ = write!(io::stderr(), "{place}");
    }
}

/// The line that holds byte `offset`, numbered, and a caret below it.
fn point_at(sql: &str, offset: usize) -> Option<String> {
    let before = sql.get(..offset)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = sql.get(start..)?.lines().next().unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let prefix = format!("  {number} | ");
    let column = before.get(start..)?.chars().count();
    let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(format!("{prefix}{shown}\n{}^\n", " ".repeat(prefix.len() + column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_token() {
        assert_eq!(point_at("SELECT nope", 7).as_deref(), Some("  1 | SELECT nope\n             ^\n"));
        assert_eq!(
            point_at("SELECT 1;\nSELECT 'ä', x", 23).as_deref(),
            Some("  2 | SELECT 'ä', x\n                  ^\n")
        );
        assert_eq!(point_at("SELECT", 6).as_deref(), Some("  1 | SELECT\n            ^\n"));
        assert_eq!(point_at("ä", 1), None, "not at a character");
        assert_eq!(point_at("a", 9), None);
    }
}
