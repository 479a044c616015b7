//! Errors an extension returns.

use core::fmt;

#[cfg(target_family = "wasm")]
use crate::bindings::sqlink::extension::types;

/// Why a call failed, as SQLite reports it: an extended result code and a message for people.
///
/// The message reaches the SQL user as it is, so it names the function and the argument, says what was wrong and what
/// would be right. Everything with a `Display` converts into an error with the code SQLITE_ERROR, so `?` works on
/// the errors of other crates, on `&str` and on `String`. For that reason the type itself has no `Display`.
///
/// Source: <https://sqlite.org/rescode.html> · `wit/types.wit`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: i32,
    message: String,
}

impl Error {
    /// SQLITE_ERROR: anything without a code of its own.
    pub const ERROR: i32 = 1;
    /// SQLITE_READONLY: a statement that reads would write.
    pub const READONLY: i32 = 8;
    /// SQLITE_IOERR: a file can't be read or written.
    pub const IOERR: i32 = 10;
    /// SQLITE_CORRUPT: content that can't be right.
    pub const CORRUPT: i32 = 11;
    /// SQLITE_NOTFOUND: something that is not there.
    pub const NOTFOUND: i32 = 12;
    /// SQLITE_FULL: a quota is used up.
    pub const FULL: i32 = 13;
    /// SQLITE_CANTOPEN: a file that is not there.
    pub const CANTOPEN: i32 = 14;
    /// SQLITE_TOOBIG: a value over a size limit.
    pub const TOOBIG: i32 = 18;
    /// SQLITE_CONSTRAINT: a rule on the data is violated.
    pub const CONSTRAINT: i32 = 19;
    /// SQLITE_MISMATCH: a value of a type that does not fit.
    pub const MISMATCH: i32 = 20;
    /// SQLITE_MISUSE: a call that can't be right.
    pub const MISUSE: i32 = 21;
    /// SQLITE_AUTH: a capability that is not granted.
    pub const AUTH: i32 = 23;
    /// SQLITE_RANGE: an index out of range.
    pub const RANGE: i32 = 25;

    /// Where no error was kept yet.
    #[cfg(target_family = "wasm")]
    pub(crate) const NONE: Self = Self { code: Self::ERROR, message: String::new() };

    /// An error with an extended result code. A code that is no error (0, 100, 101) becomes 1 at the host.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The extended result code.
    #[must_use]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the host answered to an import.
    #[cfg(target_family = "wasm")]
    pub(crate) fn from_host(error: types::Error) -> Self {
        Self { code: error.code, message: error.message }
    }
}

impl<E: fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(Self::ERROR, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn everything_with_a_display_converts() {
        fn parse(text: &str) -> Result<i64, Error> {
            Ok(text.parse::<i64>()?)
        }
        assert_eq!(parse("12"), Ok(12));
        assert_eq!(parse("x"), Err(Error::new(1, "invalid digit found in string")));
        assert_eq!(Error::from("no"), Error::new(Error::ERROR, "no"));
        assert_eq!(Error::from(String::from("no")).message(), "no");
    }
}
