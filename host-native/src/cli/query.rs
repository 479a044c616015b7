//! `sqlink query`.

use crate::cli::format::{Format, Printer};
use crate::cli::{engine, exit, params};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use sqlink_host_native::{
    CachePolicy, Database, Error, HostOptions, Level, Limits, LockedExtension, LogEntry, OpenOptions, SqlError,
    inspect, read_component,
};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
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
    /// Loads an extension. May be repeated.
    #[arg(long, value_name = "EXT.WASM")]
    load: Vec<PathBuf>,
    /// Grants a capability (`random`, `clock`, `spi.read`, `spi.write`) to all loaded extensions, or to the one of this
    /// name only. May be repeated.
    #[arg(long, value_name = "[NAME=]CAPABILITY")]
    grant: Vec<String>,
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
        let options = HostOptions { log: Some(Arc::new(print_log)), cache: cache.clone() };
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
            Some(inside) => self.load_inside(&database, inside)?,
            None => self.load_all(&database, &limits, &cache)?,
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

    /// Loads what is inside a composition, with the grants it was made with.
    fn load_inside(&self, database: &Database, inside: &[LockedExtension]) -> Result<()> {
        if !self.load.is_empty() || !self.grant.is_empty() {
            bail!(
                "the engine is a composition: its extensions and their grants are inside, drop `--load` and `--grant`"
            );
        }
        for extension in inside {
            let loaded = database.load_composed(&extension.name, None);
            loaded.with_context(|| format!("`{}` of the composition can't be loaded", extension.name))?;
        }
        Ok(())
    }

    fn load_all(&self, database: &Database, limits: &Limits, cache: &CachePolicy) -> Result<()> {
        let mut used = vec![false; self.grant.len()];
        let mut plan = Vec::new();
        for path in &self.load {
            let file = path.display().to_string();
            let bytes = read_component(path)?;
            let mut names = vec![stem(path)];
            if self.grant.iter().any(|grant| grant.contains('=')) {
                // The name an extension has for itself counts as well as its file's.
                names.push(inspect(&file, &bytes, limits, cache)?.manifest.name);
            }
            let mut grants = Vec::new();
            for (grant, used) in self.grant.iter().zip(&mut used) {
                let capability = match grant.split_once('=') {
                    None => grant,
                    Some((name, capability)) if names.iter().any(|own| own == name) => capability,
                    Some(_) => continue,
                };
                *used = true;
                grants.push(capability.to_owned());
            }
            plan.push((file, bytes, grants));
        }
        if let Some((grant, _)) = self.grant.iter().zip(used).find(|(_, used)| !used) {
            bail!("`--grant {grant}` goes to no extension: expected `--load EXT.WASM` of that name");
        }
        for (file, bytes, grants) in plan {
            database.load(&file, &bytes, &grants).with_context(|| format!("`{file}` can't be loaded"))?;
        }
        Ok(())
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
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
