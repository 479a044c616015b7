//! SQL on the connection that is calling the extension, inside its transaction, under its authorizer and limits.
//!
//! Source: `wit/spi.wit`

use crate::{Error, Value};

pub use crate::bindings::sqlink::extension::spi::Rows;

/// Runs one read-only statement and returns all its rows. `params` are bound to `?1`, `?2`, … in order.
/// Needs the capability `spi.read`.
///
/// # Errors
/// [`Error::AUTH`] if the capability is not granted; [`Error::READONLY`] if the statement would write;
/// [`Error::MISUSE`] if `sql` holds no statement or more than one; [`Error::RANGE`] if there are more params than
/// parameters; [`Error::TOOBIG`] if the rows are over the host's output limit; else SQLite's own code. On a target
/// other than WebAssembly there is no host to ask and the call always fails.
pub fn query(sql: &str, params: &[Value]) -> Result<Rows, Error> {
    #[cfg(target_family = "wasm")]
    return crate::bindings::sqlink::extension::spi::query(sql, params).map_err(Error::from_host);
    #[cfg(not(target_family = "wasm"))]
    {
        let _ = (sql, params);
        Err(crate::extension::no_host("spi.read"))
    }
}

/// The first column of the first row of [`query`], or `None` if there is no row.
///
/// # Errors
/// As [`query`].
pub fn query_value(sql: &str, params: &[Value]) -> Result<Option<Value>, Error> {
    let rows = query(sql, params)?.rows;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()))
}

/// Runs one statement that may write, discards its rows, and returns the number of rows it inserted, updated or
/// deleted itself. Needs the capability `spi.write`.
///
/// # Errors
/// As [`query`], without [`Error::READONLY`]. BEGIN, COMMIT, ROLLBACK, ATTACH and DETACH are refused with [`Error::AUTH`].
pub fn execute(sql: &str, params: &[Value]) -> Result<i64, Error> {
    #[cfg(target_family = "wasm")]
    return crate::bindings::sqlink::extension::spi::execute(sql, params).map_err(Error::from_host);
    #[cfg(not(target_family = "wasm"))]
    {
        let _ = (sql, params);
        Err(crate::extension::no_host("spi.write"))
    }
}
