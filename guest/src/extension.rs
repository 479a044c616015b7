//! What an extension is to the host: a manifest and functions by id.

use crate::abi::Args;
use crate::manifest::{Capability, FunctionFlags, HookSet, Manifest, Nesting};
use crate::{Error, Value};

/// What the component exports. [`extension!`](crate::extension!) implements it; write it by hand, and export it with
/// [`export!`](crate::export!), only for a manifest that is not known at compile time.
pub trait Extension: 'static {
    /// The manifest. Always the same; must not call the host.
    fn describe() -> Manifest;

    /// Calls the function `id` of the manifest.
    ///
    /// # Errors
    /// The function's own.
    fn call(id: u32, args: Args<'_>) -> Result<Value, Error>;
}

/// Exports an [`Extension`] from the component. Does nothing on a target other than WebAssembly.
#[macro_export]
macro_rules! export {
    ($extension:ident) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
    $crate::__private::export!($extension with_types_in $crate::__private::exported);
        };
    };
}

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

/// All functions of an extension in one table; a function's id is its index.
#[doc(hidden)]
#[must_use]
pub const fn concat<const N: usize>(parts: &[&[Function]]) -> [Function; N] {
    const fn nothing(_: Args<'_>) -> Result<Value, Error> {
        Ok(Value::Null)
    }
    let mut all = [Function::new("", 0, Flags::NONE, nothing); N];
    let (mut part, mut next) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    all
}

/// Fails the build when two registrations could not be told apart by SQLite.
#[doc(hidden)]
pub const fn assert_unique(functions: &[Function]) {
    let mut a = 0;
    while a < functions.len() {
        let mut b = 0;
        while b < a {
            assert!(
                functions[a].arg_count != functions[b].arg_count
                    || !functions[a].name.eq_ignore_ascii_case(functions[b].name),
                "two functions have the same SQL name and number of arguments"
            );
            b += 1;
        }
        a += 1;
    }
}

/// Builds the manifest `extension!` describes.
#[doc(hidden)]
#[must_use]
pub fn describe(
    [name, version, description]: [&str; 3],
    functions: &[Function],
    required: &[(&str, &str)],
    optional: &[(&str, &str)],
) -> Manifest {
    let mut id = 0;
    let functions = functions
        .iter()
        .map(|function| {
            let next = crate::manifest::Function {
                id,
                name: function.name.to_owned(),
                arg_count: function.arg_count,
                flags: FunctionFlags::from_bits_truncate(function.flags.0),
            };
            id += 1;
            next
        })
        .collect();
    Manifest {
        name: name.to_owned(),
        version: version.to_owned(),
        description: description.to_owned(),
        functions,
        aggregates: Vec::new(),
        collations: Vec::new(),
        modules: Vec::new(),
        hooks: HookSet::empty(),
        required: capabilities(required),
        optional: capabilities(optional),
        nesting: Nesting::Refuse,
        http: None,
    }
}

fn capabilities(list: &[(&str, &str)]) -> Vec<Capability> {
    list.iter().map(|(name, reason)| Capability { name: (*name).to_owned(), reason: (*reason).to_owned() }).collect()
}

/// The answer to an import on a target without a host.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn no_host(capability: &str) -> Error {
    Error::new(Error::AUTH, ["capability `", capability, "` needs a SQLink host; this build runs without one"].concat())
}
