//! What a database and its extensions may use.

use crate::contract::exports::sqlink::host::database;
use std::time::Duration;

/// Limits of one [`Database`](crate::Database).
///
/// Fuel, memory and the call deadline hold for extensions; the rest is kept by the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fuel of one call into an extension, in wasmtime's units: about one per instruction.
    pub fuel: u64,
    /// Fuel of the call that asks an extension for its manifest, and of its instantiation.
    pub describe_fuel: u64,
    /// Largest linear memory of one instance of an extension, in bytes.
    pub memory_bytes: usize,
    /// Longest one call into an extension may take, SQL that it runs included. Checked every 10 milliseconds.
    pub call_deadline: Duration,
    /// Longest one statement may run; `None` for no limit.
    pub statement_timeout: Option<Duration>,
    /// Nested calls between SQL and extensions, 1 to 255.
    pub call_depth: u32,
    /// Most bytes that one call of an extension may return, and one query of an extension.
    pub output_bytes: u32,
    /// Most bytes of one text, blob or row, 30 to 1,000,000,000.
    pub value_bytes: u32,
    /// Most bytes of one SQL statement, 30 to 1,000,000,000.
    pub sql_bytes: u32,
    /// Most bytes of keys and values in one extension's `state`.
    pub state_bytes: u32,
    /// Most bytes of keys and values in one extension's `cache`.
    pub cache_bytes: u32,
    /// Most cursors of `spi` and of virtual tables, and aggregate contexts, that one extension may have open, each.
    pub open_handles: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 1_000_000_000,
            describe_fuel: 50_000_000,
            memory_bytes: 256 << 20,
            call_deadline: Duration::from_secs(5),
            statement_timeout: None,
            call_depth: 32,
            output_bytes: 64 << 20,
            value_bytes: 1_000_000_000,
            sql_bytes: 1_000_000_000,
            state_bytes: 1 << 20,
            cache_bytes: 4 << 20,
            open_handles: 100_000,
        }
    }
}

impl Limits {
    /// The names [`Limits::set`] knows.
    pub const NAMES: [&'static str; 12] = [
        "fuel",
        "describe-fuel",
        "memory-bytes",
        "call-deadline-ms",
        "statement-timeout-ms",
        "call-depth",
        "output-bytes",
        "value-bytes",
        "sql-bytes",
        "state-bytes",
        "cache-bytes",
        "open-handles",
    ];

    /// Sets a limit by its name in [`Limits::NAMES`], the same names as in `host-web/wit/host.wit` where the engine keeps
    /// the limit. Returns false, and changes nothing, for another name or a value that does not fit.
    ///
    /// * `value` - in the unit that the name says; 0 for `statement-timeout-ms` means no limit.
    #[must_use]
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let small = u32::try_from(value);
        match (name, small) {
            ("fuel", _) => self.fuel = value,
            ("describe-fuel", _) => self.describe_fuel = value,
            ("memory-bytes", _) => match usize::try_from(value) {
                Ok(bytes) => self.memory_bytes = bytes,
                Err(_) => return false,
            },
            ("call-deadline-ms", Ok(_)) => self.call_deadline = Duration::from_millis(value),
            ("statement-timeout-ms", Ok(0)) => self.statement_timeout = None,
            ("statement-timeout-ms", Ok(_)) => self.statement_timeout = Some(Duration::from_millis(value)),
            ("call-depth", Ok(depth)) => self.call_depth = depth,
            ("output-bytes", Ok(bytes)) => self.output_bytes = bytes,
            ("value-bytes", Ok(bytes)) => self.value_bytes = bytes,
            ("sql-bytes", Ok(bytes)) => self.sql_bytes = bytes,
            ("state-bytes", Ok(bytes)) => self.state_bytes = bytes,
            ("cache-bytes", Ok(bytes)) => self.cache_bytes = bytes,
            ("open-handles", Ok(count)) => self.open_handles = count,
            _ => return false,
        }
        true
    }

    /// The part of the limits that the engine keeps.
    pub(crate) fn for_engine(&self) -> database::Limits {
        let timeout =
            self.statement_timeout.map_or(0, |timeout| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1));
        database::Limits {
            statement_timeout_ms: timeout,
            call_depth: self.call_depth,
            output_bytes: self.output_bytes,
            value_bytes: self.value_bytes,
            sql_bytes: self.sql_bytes,
            state_bytes: self.state_bytes,
            cache_bytes: self.cache_bytes,
            open_handles: self.open_handles,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_and_no_other() {
        for name in Limits::NAMES {
            let mut limits = Limits::default();
            assert!(limits.set(name, 77), "{name}");
            assert_ne!(limits, Limits::default(), "{name}");
        }
        assert!(!Limits::default().set("fuels", 1));
        assert!(!Limits::default().set("call-depth", u64::MAX));
    }

    #[test]
    fn a_timeout_below_a_millisecond_is_not_none() {
        let limits = Limits { statement_timeout: Some(Duration::from_micros(3)), ..Limits::default() };
        assert_eq!(limits.for_engine().statement_timeout_ms, 1);
    }
}
