//! Subtypes: a mark of 0 to 255 on a value, with which functions talk to each other, as SQLite's JSON functions do with 74
//! (`J`). For scalar functions with the flag `subtype`, while they run. Always granted.
//!
//! ```
//! use sqlink_guest::prelude::*;
//!
//! /// Its argument, as JSON where JSON functions take it.
//! #[scalar(deterministic, innocuous, subtype)]
//! fn as_json(text: &str) -> Result<&str, Error> {
//!     subtype::set(b'J')?;
//!     Ok(text)
//! }
//! ```
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail.
//!
//! Source: `wit/subtype.wit`

use crate::Error;
use crate::host::ask;

/// Subtype of the running function's argument `argument`, counted from 0; 0 if it has none.
///
/// # Errors
/// [`Error::RANGE`] if there is no such argument, [`Error::MISUSE`] outside of a scalar function with the flag `subtype`.
pub fn get(argument: u32) -> Result<u8, Error> {
    ask!("subtype": subtype::get(argument))
}

/// Sets the subtype of the running function's result.
///
/// # Errors
/// [`Error::MISUSE`] outside of a scalar function with the flag `subtype`.
pub fn set(subtype: u8) -> Result<(), Error> {
    ask!("subtype": subtype::set(subtype))
}
