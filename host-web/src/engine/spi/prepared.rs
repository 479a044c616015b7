//! Compiled statements of extensions' SQL, kept for the next time: compiling takes longer than running what most functions ask.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use crate::engine::connection::Connection;
use crate::engine::error::{Error, MISUSE, Result};
use crate::engine::sqlite::{Compiled, Script, Statement};

/// Most statements that a connection keeps.
const MOST: usize = 32;
/// Bytes of the longest SQL whose statement is kept.
const MOST_SQL: usize = 16 << 10;

/// A compiled statement, with the SQL of whom it is.
pub(super) struct Prepared {
    extension: u32,
    sql: Box<str>,
    statement: Statement,
}

impl Deref for Prepared {
    type Target = Statement;

    fn deref(&self) -> &Statement {
        &self.statement
    }
}

impl Prepared {
    /// Compiles the one statement of `sql`, or takes one that is kept.
    ///
    /// # Errors
    ///
    /// SQLite's; `SQLITE_MISUSE` if the SQL holds no statement, or more than one.
    pub(super) fn new(connection: &Rc<Connection>, extension: u32, sql: &str) -> Result<Self> {
        if let Some(kept) = connection.kept_statements.take(extension, sql)
            && may_keep(connection)
        {
            return Ok(kept);
        }
        Ok(Self { extension, sql: sql.into(), statement: compile(connection, sql)? })
    }

    /// Keeps the statement for the next time. One that failed is not worth it.
    pub(super) fn keep(self, connection: &Rc<Connection>) {
        if self.sql.len() <= MOST_SQL && may_keep(connection) && self.statement.reset().is_ok() {
            self.statement.clear_bindings();
            connection.kept_statements.insert(self);
        }
    }
}

/// Whether a statement may be run that was compiled before: not where an extension's authorizer wants to hear of each.
fn may_keep(connection: &Connection) -> bool {
    !connection.core.hooks.authorize()
}

/// The statements that a connection keeps, the one used last at the end.
#[derive(Default)]
pub(crate) struct KeptStatements(RefCell<Vec<Prepared>>);

impl KeptStatements {
    fn take(&self, extension: u32, sql: &str) -> Option<Prepared> {
        let mut kept = self.0.borrow_mut();
        let at = kept.iter().rposition(|kept| kept.extension == extension && *kept.sql == *sql)?;
        Some(kept.remove(at))
    }

    fn insert(&self, prepared: Prepared) {
        let oldest = {
            let mut kept = self.0.borrow_mut();
            kept.push(prepared);
            (kept.len() > MOST).then(|| kept.remove(0))
        };
        // Outside of the borrow, here and below: finalizing may disconnect a virtual table, whose extension may run SQL.
        drop(oldest);
    }

    /// Finalizes all of them.
    pub(crate) fn clear(&self) {
        drop(self.0.take());
    }
}

/// Compiles the one statement of `sql`.
///
/// # Errors
///
/// As [`Prepared::new`].
pub(super) fn compile(connection: &Rc<Connection>, sql: &str) -> Result<Statement> {
    let script = Script::new(sql)?;
    let Compiled { statement, end } = connection.compile(&script, 0, false)?;
    let mut from = end;
    while from < script.len() {
        let Compiled { statement: more, end } = connection.compile(&script, from, false)?;
        if more.is_some() {
            return Err(Error::new(MISUSE, "the SQL holds more than one statement"));
        }
        from = end.max(from + 1);
    }
    statement.ok_or_else(|| Error::new(MISUSE, "the SQL holds no statement"))
}
