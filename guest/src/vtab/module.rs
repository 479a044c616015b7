//! What a table is to SQLite before there is one.

use super::{AnyTable, Connect};
use crate::Error;
use crate::bindings::exports::sqlink::extension::metadata;

/// A type with the attribute [`table`](macro@crate::table), or a function with [`table_function`](macro@crate::table_function).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no virtual table",
    label = "put `#[table(…)]` on its `impl Table`, or `#[table_function(…)]` on the function"
)]
pub trait TableModule {
    /// Its registration.
    const MODULE: Module;
}

/// How a table behaves; flags are added with [`ModuleFlags::with`].
///
/// Source: `wit/metadata.wit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleFlags(u16);

macro_rules! flags {
    ($($(#[$docs:meta])+ $name:ident;)+) => {
        impl ModuleFlags {
            /// Nothing.
            pub const NONE: Self = Self(0);
            $(
                $(#[$docs])+
                pub const $name: Self = Self(metadata::ModuleFlags::$name.bits());
            )+

            /// Both.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Whether all of `other` are set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// As the manifest has it.
            pub(crate) const fn bits(self) -> metadata::ModuleFlags {
                metadata::ModuleFlags::from_bits_truncate(self.0)
            }
        }
    };
}

flags! {
    /// Usable without CREATE VIRTUAL TABLE.
    EPONYMOUS;
    /// Accepts CREATE VIRTUAL TABLE.
    CREATABLE;
    /// Accepts INSERT, UPDATE and DELETE.
    WRITABLE;
    /// Takes part in transactions.
    TRANSACTIONAL;
    /// Supports savepoints.
    SAVEPOINTS;
    /// Sees to ON CONFLICT itself.
    CONFLICTS;
    /// Accepts ALTER TABLE … RENAME.
    RENAMABLE;
    /// Takes part in PRAGMA integrity_check.
    INTEGRITY;
    /// Not usable from a view or trigger.
    DIRECT_ONLY;
    /// Safe in any schema.
    INNOCUOUS;
}

/// Makes a table, and says how it is declared.
pub(crate) type Make = fn(&Connect<'_>) -> Result<(Box<dyn AnyTable>, String), Error>;

/// A registration: a name, flags and how to make a table.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    name: &'static str,
    flags: ModuleFlags,
    shadow_names: &'static [&'static str],
    pub(crate) create: Make,
    pub(crate) connect: Make,
}

impl Module {
    /// * `name` - SQL name, 1 to 255 bytes without U+0000
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        flags: ModuleFlags,
        shadow_names: &'static [&'static str],
        create: Make,
        connect: Make,
    ) -> Self {
        Self { name, flags, shadow_names, create, connect }
    }

    /// The SQL name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How its tables behave.
    #[must_use]
    pub const fn flags(&self) -> ModuleFlags {
        self.flags
    }

    /// What follows `TABLE_` in the names of the tables in which its tables keep their content.
    #[must_use]
    pub const fn shadow_names(&self) -> &'static [&'static str] {
        self.shadow_names
    }
}
