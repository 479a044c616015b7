//! Time. Needs the capability `clock`.
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail: keep logic apart from the time.
//!
//! Source: `wit/clock.wit`

use crate::Error;
use crate::host::ask;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. It may go backwards.
///
/// # Errors
/// [`Error::AUTH`] if `clock` is not granted.
pub fn now() -> Result<i64, Error> {
    ask!("clock": clock::now())
}

/// Milliseconds from an arbitrary start. It never goes backwards while the extension is loaded.
///
/// # Errors
/// As [`now`].
pub fn monotonic() -> Result<u64, Error> {
    ask!("clock": clock::monotonic())
}
