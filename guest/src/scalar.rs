//! Scalar functions.

use crate::abi::Args;
use crate::manifest::FunctionFlags;
use crate::{Error, Value};

/// What SQLite may assume of a function; flags are added with [`Flags::with`].
///
/// Source: <https://sqlite.org/c3ref/c_deterministic.html> · `wit/metadata.wit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// SQLITE_DETERMINISTIC: equal arguments always give an equal result.
    pub const DETERMINISTIC: Self = Self(FunctionFlags::DETERMINISTIC.bits());
    /// SQLITE_DIRECTONLY: not usable from views, triggers and other schema expressions.
    pub const DIRECT_ONLY: Self = Self(FunctionFlags::DIRECT_ONLY.bits());
    /// SQLITE_INNOCUOUS: safe in any schema.
    pub const INNOCUOUS: Self = Self(FunctionFlags::INNOCUOUS.bits());
    /// SQLITE_SUBTYPE and SQLITE_RESULT_SUBTYPE: reads or sets a value's subtype.
    pub const SUBTYPE: Self = Self(FunctionFlags::SUBTYPE.bits());

    /// As the manifest has it.
    pub(crate) const fn bits(self) -> FunctionFlags {
        FunctionFlags::from_bits_truncate(self.0)
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One registration: a name, a number of arguments and what to call.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    name: &'static str,
    arg_count: i32,
    flags: Flags,
    call: fn(Args<'_>) -> Result<Value, Error>,
}

impl Function {
    /// * `name` - SQL name, 1 to 255 bytes without U+0000
    /// * `arg_count` - 0 to 127, or -1 for any number
    #[must_use]
    pub const fn new(
        name: &'static str,
        arg_count: i32,
        flags: Flags,
        call: fn(Args<'_>) -> Result<Value, Error>,
    ) -> Self {
        Self { name, arg_count, flags, call }
    }

    /// The SQL name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Number of arguments, or -1 for any number.
    #[must_use]
    pub const fn arg_count(&self) -> i32 {
        self.arg_count
    }

    /// What SQLite may assume.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Calls it.
    ///
    /// # Errors
    /// The function's own, and those of argument conversion.
    #[inline]
    pub fn call(&self, args: Args<'_>) -> Result<Value, Error> {
        (self.call)(args)
    }
}

/// A function with the attribute [`scalar`](macro@crate::scalar): the attribute makes a type of the function's name.
#[diagnostic::on_unimplemented(message = "`{Self}` is no scalar function", label = "put `#[scalar]` on it")]
pub trait Scalar {
    /// One registration per argument count, fewest first.
    const FUNCTIONS: &'static [Function];
}
