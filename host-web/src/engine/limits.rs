//! Limits of a connection.

use crate::engine::error::{Error, RANGE, Result};

/// Limits of a connection, all finite but the statement timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time one statement may spend running, in milliseconds; 0 for no limit.
    /// Time between two steps does not count.
    pub statement_timeout_ms: u32,
    /// Nested calls between SQL and functions, 1 to 255.
    pub call_depth: u32,
    /// Most bytes one call of an extension may return, and one `spi` query.
    pub output_bytes: u32,
    /// Most bytes of a text, a blob or a row. SQLite equivalent: `SQLITE_LIMIT_LENGTH`.
    pub value_bytes: u32,
    /// Most bytes of an SQL statement. SQLite equivalent: `SQLITE_LIMIT_SQL_LENGTH`.
    pub sql_bytes: u32,
    /// Most bytes of keys and values in one extension's `state`.
    pub state_bytes: u32,
    /// Most bytes of keys and values in one extension's `cache`; each entry counts for
    /// [`CACHE_ENTRY_COST`](crate::engine::imports::CACHE_ENTRY_COST) bytes more.
    pub cache_bytes: u32,
    /// Most cursors of `spi` and of virtual tables, and aggregate contexts, that one extension may have open, each.
    pub open_handles: u32,
}

/// Most the two SQLite limits can be: `SQLITE_MAX_LENGTH` and `SQLITE_MAX_SQL_LENGTH`.
const SQLITE_MAX: u32 = 1_000_000_000;

/// Most an extension may have open of a kind at all.
const MAX_HANDLES: u32 = 1_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement_timeout_ms: 0,
            call_depth: 32,
            output_bytes: 64 << 20,
            value_bytes: SQLITE_MAX,
            sql_bytes: SQLITE_MAX,
            state_bytes: 1 << 20,
            cache_bytes: 4 << 20,
            open_handles: 100_000,
        }
    }
}

impl Limits {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// `SQLITE_RANGE`, naming the limit and its range.
    pub fn validate(&self) -> Result<()> {
        let check = |name: &str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(Error::new(RANGE, format!("limit `{name}` is {value}, it must be {least} to {most}")))
            }
        };
        check("call-depth", self.call_depth, 1, 255)?;
        check("output-bytes", self.output_bytes, 1, SQLITE_MAX)?;
        // SQLite itself raises a length limit below 30 to 30.
        check("value-bytes", self.value_bytes, 30, SQLITE_MAX)?;
        check("sql-bytes", self.sql_bytes, 30, SQLITE_MAX)?;
        check("state-bytes", self.state_bytes, 0, SQLITE_MAX)?;
        check("cache-bytes", self.cache_bytes, 0, SQLITE_MAX)?;
        check("open-handles", self.open_handles, 0, MAX_HANDLES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(Limits::default().validate(), Ok(()));
        for limits in [
            Limits { call_depth: 0, ..Limits::default() },
            Limits { call_depth: 256, ..Limits::default() },
            Limits { output_bytes: 0, ..Limits::default() },
            Limits { value_bytes: 29, ..Limits::default() },
            Limits { sql_bytes: SQLITE_MAX + 1, ..Limits::default() },
            Limits { state_bytes: SQLITE_MAX + 1, ..Limits::default() },
            Limits { cache_bytes: u32::MAX, ..Limits::default() },
            Limits { open_handles: MAX_HANDLES + 1, ..Limits::default() },
        ] {
            let error = limits.validate().expect_err("out of range");
            assert_eq!(error.code, RANGE);
        }
    }
}
