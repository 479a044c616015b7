//! Bytes by key in the host's memory, which may be gone at any time. Needs the capability `cache`.
//!
//! It outlives the instance, not the load. When it is full, what was used longest ago goes first.
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail.
//!
//! Source: `wit/cache.wit`

use core::time::Duration;

use crate::Error;
use crate::host::ask;

/// The bytes at `key`, if there are any and their time is not up.
///
/// # Errors
/// [`Error::AUTH`] if `cache` is not granted.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
    ask!("cache": cache::get(key))
}

/// Keeps `bytes` at `key`, for `time` if that is given (in whole milliseconds, at most 49 days).
///
/// # Errors
/// As [`get`], and [`Error::TOOBIG`] if they are larger than the whole cache.
pub fn set(key: &str, bytes: &[u8], time: Option<Duration>) -> Result<(), Error> {
    ask!("cache": cache::set(key, bytes, milliseconds(time)))
}

/// Forgets `key`; false if it was not there.
///
/// # Errors
/// As [`get`].
pub fn delete(key: &str) -> Result<bool, Error> {
    ask!("cache": cache::delete(key))
}

/// As the contract has it: 0 for no limit.
fn milliseconds(time: Option<Duration>) -> u32 {
    time.map_or(0, |time| u32::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::milliseconds;
    use core::time::Duration;

    #[test]
    fn no_time_is_not_no_limit() {
        assert_eq!(milliseconds(None), 0);
        assert_eq!(milliseconds(Some(Duration::ZERO)), 1);
        assert_eq!(milliseconds(Some(Duration::from_micros(1001))), 2);
        assert_eq!(milliseconds(Some(Duration::MAX)), u32::MAX);
    }
}
