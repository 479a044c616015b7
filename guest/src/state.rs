//! What an extension remembers: bytes by key, kept beside the database and out of reach of SQL. Needs the capability `state`.
//!
//! Each extension has its own keys. They outlive the instance, the load and, for a database in a file, the process. Changes are
//! durable at once and are no part of the connection's transaction.
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail.
//!
//! Source: `wit/state.wit`

use crate::Error;
use crate::host::ask;

/// The bytes at `key`.
///
/// # Errors
/// [`Error::AUTH`] if `state` is not granted, else SQLite's own code.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
    ask!("state": state::get(key))
}

/// Stores `bytes` at `key`, which has 1 to 1024 bytes.
///
/// # Errors
/// As [`get`], [`Error::RANGE`] for a key of another length, [`Error::FULL`] if keys and bytes together would be over the
/// host's quota, [`Error::READONLY`] if the connection is open for reading only.
pub fn set(key: &str, bytes: &[u8]) -> Result<(), Error> {
    ask!("state": state::set(key, bytes))
}

/// Deletes `key`; false if it was not there.
///
/// # Errors
/// As [`get`], and [`Error::READONLY`] if the connection is open for reading only.
pub fn delete(key: &str) -> Result<bool, Error> {
    ask!("state": state::delete(key))
}

/// The keys that begin with `prefix`, in byte order.
///
/// # Errors
/// As [`get`].
pub fn keys(prefix: &str) -> Result<Vec<String>, Error> {
    ask!("state": state::keys(prefix))
}
