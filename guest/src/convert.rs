//! From SQL values to a function's parameters, and from its return value to SQL.

use core::ops::Deref;

use crate::{Error, Value, ValueRef};

/// A type a parameter of an SQL function may have.
///
/// `'a` is the life of the call's arguments, which text and blobs are borrowed from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument type of an SQL function",
    label = "SQL can't give this",
    note = "use `i64`, `f64`, `bool`, `&str`, `String`, `&[u8]`, `Vec<u8>`, `Bytes`, `ValueRef`, `Value`, or an `Option` of these"
)]
pub trait FromValue<'a>: Sized {
    /// What the type takes, for error messages, with its article: `an integer`.
    const EXPECTED: &'static str;

    /// Converts `value`, or `None` if it does not fit.
    fn from_value(value: ValueRef<'a>) -> Option<Self>;
}

/// Text or a blob, as bytes: what hash functions and the like work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl AsRef<[u8]> for Bytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

macro_rules! from_value {
    ($($type:ty, $expected:literal, $($pattern:pat => $result:expr),+;)+) => {$(
        impl<'a> FromValue<'a> for $type {
            const EXPECTED: &'static str = $expected;

            #[inline]
            fn from_value(value: ValueRef<'a>) -> Option<Self> {
                match value {
                    $($pattern => $result,)+
                    #[allow(unreachable_patterns, reason = "`ValueRef` and `Value` take everything")]
                    _ => None,
                }
            }
        }
    )+};
}

from_value! {
    i64, "an integer", ValueRef::Integer(value) => Some(value);
    i32, "an integer from -2147483648 to 2147483647", ValueRef::Integer(value) => i32::try_from(value).ok();
    u32, "an integer from 0 to 4294967295", ValueRef::Integer(value) => u32::try_from(value).ok();
    f64, "a real or an integer",
        ValueRef::Real(value) => Some(value),
        ValueRef::Integer(value) => Some(to_real(value));
    bool, "an integer", ValueRef::Integer(value) => Some(value != 0);
    &'a str, "text", ValueRef::Text(value) => Some(value);
    String, "text", ValueRef::Text(value) => Some(value.to_owned());
    &'a [u8], "a blob", ValueRef::Blob(value) => Some(value);
    Vec<u8>, "a blob", ValueRef::Blob(value) => Some(value.to_owned());
    Bytes<'a>, "text or a blob",
        ValueRef::Text(value) => Some(Bytes(value.as_bytes())),
        ValueRef::Blob(value) => Some(Bytes(value));
    ValueRef<'a>, "a value", value => Some(value);
    Value, "a value", value => Some(value.to_value());
}

/// As SQLite converts an integer to a real: the nearest one.
#[allow(clippy::cast_precision_loss, reason = "SQLite's own CAST rounds the same way")]
#[inline]
const fn to_real(value: i64) -> f64 {
    value as f64
}

impl<'a, T: FromValue<'a>> FromValue<'a> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    #[inline]
    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// A type that is an SQL value when a function returns it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no result type of an SQL function",
    label = "SQL can't take this",
    note = "use `()`, `bool`, `i64`, `f64`, `String`, `Vec<u8>`, `Value`, an `Option` of these, or a `Result` of these and an error with a `Display`"
)]
pub trait IntoValue {
    /// Converts, copying only what is borrowed.
    fn into_value(self) -> Value;

    /// Shows the value, copying nothing.
    #[doc(hidden)]
    #[inline]
    fn lend<R>(self, to: impl FnOnce(ValueRef<'_>) -> R) -> R
    where
        Self: Sized,
    {
        to(self.into_value().as_ref())
    }
}

macro_rules! into_value {
    ($($type:ty, $value:pat => $result:expr, $lent:expr;)+) => {$(
        impl IntoValue for $type {
            #[inline]
            fn into_value(self) -> Value {
                let $value = self;
                $result
            }

            #[inline]
            fn lend<R>(self, to: impl FnOnce(ValueRef<'_>) -> R) -> R {
                let $value = self;
                to($lent)
            }
        }

        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                value.into_value()
            }
        }
    )+};
}

into_value! {
    (), () => Value::Null, ValueRef::Null;
    bool, value => Value::Integer(i64::from(value)), ValueRef::Integer(i64::from(value));
    i32, value => Value::Integer(i64::from(value)), ValueRef::Integer(i64::from(value));
    u32, value => Value::Integer(i64::from(value)), ValueRef::Integer(i64::from(value));
    i64, value => Value::Integer(value), ValueRef::Integer(value);
    f64, value => Value::Real(value), ValueRef::Real(value);
    &str, value => Value::Text(value.to_owned()), ValueRef::Text(value);
    String, value => Value::Text(value), ValueRef::Text(&value);
    &[u8], value => Value::Blob(value.to_owned()), ValueRef::Blob(value);
    Vec<u8>, value => Value::Blob(value), ValueRef::Blob(&value);
    ValueRef<'_>, value => value.to_value(), value;
}

impl<const N: usize> IntoValue for [u8; N] {
    fn into_value(self) -> Value {
        Value::Blob(self.to_vec())
    }

    #[inline]
    fn lend<R>(self, to: impl FnOnce(ValueRef<'_>) -> R) -> R {
        to(ValueRef::Blob(&self))
    }
}

impl IntoValue for Value {
    #[inline]
    fn into_value(self) -> Value {
        self
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    #[inline]
    fn into_value(self) -> Value {
        self.map_or(Value::Null, IntoValue::into_value)
    }

    #[inline]
    fn lend<R>(self, to: impl FnOnce(ValueRef<'_>) -> R) -> R {
        match self {
            Some(value) => value.lend(to),
            None => to(ValueRef::Null),
        }
    }
}

/// A type an SQL function may return: a value, or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no result type of an SQL function",
    label = "SQL can't take this",
    note = "use `()`, `bool`, `i64`, `f64`, `String`, `Vec<u8>`, `Value`, an `Option` of these, or a `Result` of these and an error with a `Display`"
)]
pub trait IntoReturn {
    /// Converts the value or the error.
    ///
    /// # Errors
    /// The function's own.
    fn into_return(self) -> Result<Value, Error>;
}

impl<T: IntoValue> IntoReturn for T {
    #[inline]
    fn into_return(self) -> Result<Value, Error> {
        Ok(self.into_value())
    }
}

impl<T: IntoValue, E: Into<Error>> IntoReturn for Result<T, E> {
    #[inline]
    fn into_return(self) -> Result<Value, Error> {
        match self {
            Ok(value) => Ok(value.into_value()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a step of an aggregate or a change of a table may return: nothing, or an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no result of a function that gives SQL nothing",
    label = "SQL takes no value here",
    note = "use `()`, or a `Result` of it and an error with a `Display`"
)]
pub trait IntoUnit {
    /// Converts the error.
    ///
    /// # Errors
    /// The function's own.
    fn into_unit(self) -> Result<(), Error>;
}

impl IntoUnit for () {
    #[inline]
    fn into_unit(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> IntoUnit for Result<(), E> {
    #[inline]
    fn into_unit(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// What a call becomes when the argument `number` (from 1) does not fit its parameter: NULL for NULL, else an error.
#[cold]
#[doc(hidden)]
pub fn refuse(
    function: &'static str,
    number: u32,
    expected: &'static str,
    found: ValueRef<'_>,
) -> Result<Value, Error> {
    refuse_row(function, number, expected, found).map(|()| Value::Null)
}

/// What a step of an aggregate becomes when the argument `number` (from 1) does not fit its parameter: nothing for NULL, else
/// an error.
#[cold]
#[doc(hidden)]
pub fn refuse_row(
    function: &'static str,
    number: u32,
    expected: &'static str,
    found: ValueRef<'_>,
) -> Result<(), Error> {
    if found.is_null() {
        return Ok(());
    }
    let number = number.to_string();
    let mut message =
        ["function `", function, "`: argument ", &number, " must be ", expected, ", found ", found.type_name()]
            .concat();
    // Only a range can be wrong about an integer where one is expected.
    if let (ValueRef::Integer(value), true) = (found, expected.starts_with("an integer")) {
        message.push(' ');
        message.push_str(&value.to_string());
    }
    Err(Error::new(Error::MISMATCH, message))
}

/// What a call of a table-valued function becomes when the argument `number` (from 1) does not fit its parameter: no
/// rows for NULL, else an error.
#[cold]
#[doc(hidden)]
pub fn refuse_rows<T>(
    function: &'static str,
    number: u32,
    expected: &'static str,
    found: ValueRef<'_>,
) -> Result<Option<T>, Error> {
    refuse_row(function, number, expected, found).map(|()| None)
}

/// The host gave another number of arguments than it registered.
#[cold]
#[doc(hidden)]
pub fn wrong_count<T>(function: &str) -> Result<T, Error> {
    Err(Error::new(Error::ERROR, ["wrong number of arguments to function ", function, "()"].concat()))
}

/// A variadic function needs `least` arguments.
#[cold]
#[doc(hidden)]
pub fn too_few<T>(function: &str, least: u32) -> Result<T, Error> {
    let least = least.to_string();
    Err(Error::new(Error::ERROR, ["function `", function, "` needs at least ", &least, " arguments"].concat()))
}
