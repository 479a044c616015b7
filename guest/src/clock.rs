//! Time. Needs the capability `clock`.
//!
//! Source: `wit/clock.wit`

use crate::Error;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. It may go backwards.
///
/// # Errors
/// [`Error::AUTH`] if `clock` is not granted. On a target other than WebAssembly there is no host to ask and the call
/// always fails: keep logic apart from the time.
pub fn now() -> Result<i64, Error> {
    #[cfg(target_family = "wasm")]
    return crate::bindings::sqlink::extension::clock::now().map_err(Error::from_host);
    #[cfg(not(target_family = "wasm"))]
    Err(crate::extension::no_host("clock"))
}
