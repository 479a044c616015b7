//! Hooks into the connection: who may do what, and what happens to rows and transactions.
//!
//! ```
//! use std::cell::Cell;
//! use sqlink_guest::hooks::{Action, Operation, Request, Verdict};
//! use sqlink_guest::prelude::*;
//!
//! thread_local! { static CHANGES: Cell<i64> = const { Cell::new(0) } }
//!
//! /// Keeps `secrets` from being read, and counts changed rows.
//! struct Guard;
//!
//! #[hooks]
//! impl Hooks for Guard {
//!     fn authorize(request: &Request<'_>) -> Result<Verdict, Error> {
//!         Ok(match request.action {
//!             Action::Read if request.first == Some("secrets") => Verdict::Deny,
//!             _ => Verdict::Allow,
//!         })
//!     }
//!
//!     fn update(_: Operation, _database: &str, _table: &str, _rowid: i64) -> Result<(), Error> {
//!         CHANGES.set(CHANGES.get() + 1);
//!         Ok(())
//!     }
//! }
//!
//! #[scalar]
//! fn changed_rows() -> i64 { CHANGES.get() }
//!
//! extension! {
//!     name: "guard",
//!     description: "Guards secrets.",
//!     functions: [changed_rows],
//!     hooks: Guard, // the connection calls `authorize` and `update`, and no other
//! }
//! # fn main() {
//! # let request = Request { action: Action::Read, first: Some("secrets"), ..Request::default() };
//! # assert_eq!(Guard::authorize(&request), Ok(Verdict::Deny));
//! # }
//! ```
//!
//! Several extensions may hook one connection; each is asked in load order. A hook that fails or traps fails the statement:
//! `authorize` means no then, and after `update`, `preupdate` and `commit` the transaction is rolled back. Inside a hook
//! [`spi`](crate::spi) fails. An extension's own hooks are not called for the SQL that it runs itself.
//!
//! Source: `wit/hooks.wit`

use crate::Error;
use crate::abi::Args;
use crate::manifest::HookSet;

pub use crate::bindings::hooks::exports::sqlink::extension::hooks::{Action, Operation, Verdict};

/// What a connection calls. The attribute [`hooks`](macro@crate::hooks) looks at which methods there are: only those are called.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of hooks",
    label = "put `#[hooks]` on an `impl Hooks` for it"
)]
pub trait Hooks: 'static {
    /// Decides about one action of a statement that is being compiled. The first extension that does not allow it decides.
    ///
    /// # Errors
    /// The hook's own, which means [`Verdict::Deny`].
    fn authorize(request: &Request<'_>) -> Result<Verdict, Error> {
        let _ = request;
        Ok(Verdict::Allow)
    }

    /// A row of an ordinary rowid table was inserted, updated or deleted.
    ///
    /// # Errors
    /// The hook's own: the transaction is rolled back.
    fn update(operation: Operation, database: &str, table: &str, rowid: i64) -> Result<(), Error> {
        let _ = (operation, database, table, rowid);
        Ok(())
    }

    /// A row of an ordinary table is about to be inserted, updated or deleted.
    ///
    /// # Errors
    /// The hook's own: the transaction is rolled back.
    fn preupdate(change: &RowChange<'_>) -> Result<(), Error> {
        let _ = change;
        Ok(())
    }

    /// The transaction is about to be committed; false rolls it back.
    ///
    /// # Errors
    /// The hook's own, which means false.
    fn commit() -> Result<bool, Error> {
        Ok(true)
    }

    /// The transaction was rolled back.
    fn rollback() {}
}

/// An extension without hooks.
impl Hooks for () {}

/// A type with the attribute [`hooks`](macro@crate::hooks).
#[diagnostic::on_unimplemented(message = "`{Self}` is no set of hooks", label = "put `#[hooks]` on its `impl Hooks`")]
pub trait HookTable: Hooks {
    /// Which hooks are called.
    const CALLED: Called;
}

impl HookTable for () {
    const CALLED: Called = Called::NONE;
}

/// Which hooks are called; they are added with [`Called::with`].
///
/// Source: `wit/metadata.wit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called(u8);

impl Called {
    /// None.
    pub const NONE: Self = Self(0);
    /// `authorize`.
    pub const AUTHORIZE: Self = Self(HookSet::AUTHORIZER.bits());
    /// `update`.
    pub const UPDATE: Self = Self(HookSet::UPDATE.bits());
    /// `preupdate`.
    pub const PREUPDATE: Self = Self(HookSet::PREUPDATE.bits());
    /// `commit`.
    pub const COMMIT: Self = Self(HookSet::COMMIT.bits());
    /// `rollback`.
    pub const ROLLBACK: Self = Self(HookSet::ROLLBACK.bits());

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// As the manifest has it.
    pub(crate) const fn bits(self) -> HookSet {
        HookSet::from_bits_truncate(self.0)
    }
}

/// What a statement wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Which action; what `first` and `second` are stands with each.
    pub action: Action,
    /// For instance the table.
    pub first: Option<&'a str>,
    /// For instance the column.
    pub second: Option<&'a str>,
    /// `main`, `temp`, or the name of an attached database.
    pub database: Option<&'a str>,
    /// The innermost trigger or view that the action comes from.
    pub trigger: Option<&'a str>,
}

impl Default for Request<'_> {
    /// A `SELECT`.
    fn default() -> Self {
        Self { action: Action::Select, first: None, second: None, database: None, trigger: None }
    }
}

/// A row that is about to be changed.
#[derive(Clone, Copy)]
pub struct RowChange<'a> {
    /// What is going to happen.
    pub operation: Operation,
    /// Database of the table.
    pub database: &'a str,
    /// The table.
    pub table: &'a str,
    /// 0 when the statement itself changes the row, 1 when a trigger of it does, and so on.
    pub depth: i32,
    /// Rowid before. No meaning for an insert and for tables WITHOUT ROWID.
    pub old_rowid: i64,
    /// Rowid after. No meaning for a delete and for tables WITHOUT ROWID.
    pub new_rowid: i64,
    /// All columns before; empty for an insert.
    pub old: Args<'a>,
    /// All columns after; empty for a delete.
    pub new: Args<'a>,
}
