//! The values that cross between SQLite and an extension.

use core::fmt;

pub use crate::bindings::sqlink::extension::types::Value;

/// One SQLite value, borrowed. Text and blobs point at the arguments of the current call.
///
/// Source: <https://sqlite.org/datatype3.html> · `wit/types.wit`
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// SQLITE_NULL
    Null,
    /// SQLITE_INTEGER
    Integer(i64),
    /// SQLITE_FLOAT
    Real(f64),
    /// SQLITE_TEXT; may hold U+0000.
    Text(&'a str),
    /// SQLITE_BLOB
    Blob(&'a [u8]),
}

impl ValueRef<'_> {
    /// Copies the value.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(value),
            Self::Real(value) => Value::Real(value),
            Self::Text(value) => Value::Text(value.to_owned()),
            Self::Blob(value) => Value::Blob(value.to_owned()),
        }
    }

    /// What SQL's `typeof` says: `null`, `integer`, `real`, `text` or `blob`.
    #[must_use]
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }

    /// True for NULL.
    #[must_use]
    pub const fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }
}

/// As SQL shows it: NULL is empty, a blob is its bytes with what is not UTF-8 replaced.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Integer(value) => value.fmt(f),
            Self::Real(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Blob(value) => f.write_str(&String::from_utf8_lossy(value)),
        }
    }
}

impl Value {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value),
            Self::Blob(value) => ValueRef::Blob(value),
        }
    }
}

/// The integer that equals a real, as `2` equals `2.0` in SQL; none if it has a fraction or is beyond 64 bits.
///
/// ```
/// use sqlink_guest::exact_integer;
///
/// assert_eq!(exact_integer(-2.0), Some(-2));
/// assert_eq!(exact_integer(2.5), None);
/// assert_eq!(exact_integer(-9_223_372_036_854_775_808.0), Some(i64::MIN));
/// assert_eq!(exact_integer(9_223_372_036_854_775_808.0), None);
/// assert_eq!(exact_integer(f64::NAN), None);
/// ```
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "the range is checked first")]
pub fn exact_integer(real: f64) -> Option<i64> {
    /// 2^63, which is no 64-bit integer any more; its negative is the smallest one.
    const END: f64 = 9_223_372_036_854_775_808.0;
    (real.fract() == 0.0 && (-END..END).contains(&real)).then_some(real as i64)
}
