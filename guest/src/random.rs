//! Random bytes. Needs the capability `random`.
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail: keep logic apart from its
//! randomness.
//!
//! Source: `wit/random.wit`

use crate::Error;
use crate::host::ask;

/// The most bytes one call gives.
pub const MAX_BYTES: u32 = 65_536;

/// Cryptographically secure random bytes; at most [`MAX_BYTES`].
///
/// # Errors
/// [`Error::AUTH`] if `random` is not granted, [`Error::TOOBIG`] if `len` is larger than [`MAX_BYTES`].
pub fn bytes(len: u32) -> Result<Vec<u8>, Error> {
    ask!("random": random::bytes(len))
}

/// `N` random bytes.
///
/// # Errors
/// As [`bytes`].
pub fn array<const N: usize>() -> Result<[u8; N], Error> {
    let len = u32::try_from(N).unwrap_or(u32::MAX);
    bytes(len)?.try_into().map_err(|_| Error::new(Error::ERROR, "the host gave too few random bytes"))
}
