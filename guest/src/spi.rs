//! SQL on the connection that is calling the extension, inside its transaction, under its authorizer and limits. Reading needs the
//! capability `spi.read`, writing `spi.write`.
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail.
//!
//! Source: `wit/spi.wit`

use crate::bindings::sqlink::extension::spi::Opened;
use crate::host::ask;
use crate::{Error, Value};

pub use crate::bindings::sqlink::extension::spi::Rows;

/// Runs one read-only statement and returns all its rows. `params` are bound to `?1`, `?2`, … in order.
/// Needs the capability `spi.read`.
///
/// # Errors
/// [`Error::AUTH`] if the capability is not granted; [`Error::READONLY`] if the statement would write;
/// [`Error::MISUSE`] if `sql` holds no statement or more than one, and from inside a hook; [`Error::RANGE`] if there are
/// more params than parameters; [`Error::TOOBIG`] if the rows are over the host's output limit; else SQLite's own code.
pub fn query(sql: &str, params: &[Value]) -> Result<Rows, Error> {
    ask!("spi.read": spi::query(sql, params))
}

/// The first column of the first row of [`query`], or `None` if there is no row.
///
/// # Errors
/// As [`query`].
pub fn query_value(sql: &str, params: &[Value]) -> Result<Option<Value>, Error> {
    let rows = query(sql, params)?.rows;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()))
}

/// Runs one statement that may write, discards its rows, and returns the number of rows it inserted, updated or
/// deleted itself. Needs the capability `spi.write`.
///
/// # Errors
/// As [`query`], without [`Error::READONLY`]. BEGIN, COMMIT, ROLLBACK, ATTACH and DETACH are refused with [`Error::AUTH`].
/// While a statement is compiled ([`connect`](crate::vtab::Table::connect), [`best_index`](crate::vtab::Table::best_index)) nothing can
/// be written: [`Error::MISUSE`].
pub fn execute(sql: &str, params: &[Value]) -> Result<i64, Error> {
    ask!("spi.write": spi::execute(sql, params))
}

/// Runs any number of statements that may write, one after the other, and discards their rows. It stops at the first that
/// fails; what those before it did stays. Needs the capability `spi.write`.
///
/// # Errors
/// As [`execute`].
pub fn batch(sql: &str) -> Result<(), Error> {
    ask!("spi.write": spi::batch(sql))
}

/// Number of rows the last statement of the connection inserted, updated or deleted itself. Needs `spi.read`.
///
/// # Errors
/// [`Error::AUTH`] if the capability is not granted.
pub fn changes() -> Result<i64, Error> {
    ask!("spi.read": spi::changes())
}

/// Rowid of the connection's last successful INSERT into a rowid table; 0 if there was none. Needs `spi.read`.
///
/// # Errors
/// [`Error::AUTH`] if the capability is not granted.
pub fn last_insert_rowid() -> Result<i64, Error> {
    ask!("spi.read": spi::last_insert_rowid())
}

/// Starts one read-only statement whose rows are fetched as they are needed: for results too large for [`query`].
/// Needs the capability `spi.read`.
///
/// # Errors
/// As [`query`], and [`Error::TOOBIG`] if too many cursors of the extension are open.
pub fn open(sql: &str, params: &[Value]) -> Result<Cursor, Error> {
    let opened: Opened = ask!("spi.read": spi::open(sql, params))?;
    Ok(Cursor { id: opened.cursor, columns: opened.columns, rows: Vec::new().into_iter(), size: FIRST, open: true })
}

/// Rows fetched at once: few at first, for those who need only one.
const FIRST: u32 = 8;
const MOST: u32 = 256;

/// Gives the rows of a query, one after the other, each as long as [`columns`](Self::columns). The statement ends when there are no
/// more, with the first error, or when the cursor is dropped; at the latest with the outermost statement that the
/// extension is running in.
///
/// ```no_run
/// # use sqlink_guest::prelude::*;
/// #[scalar]
/// fn longest() -> Result<Option<String>, Error> {
///     let mut longest = None;
///     for row in spi::open("SELECT word FROM words", &[])? {
///         if let [Value::Text(word)] = row?.as_slice() {
///             longest = longest.max(Some((word.len(), word.clone())));
///         }
///     }
///     Ok(longest.map(|(_, word)| word))
/// }
/// ```
#[derive(Debug)]
pub struct Cursor {
    id: u32,
    columns: Vec<String>,
    rows: std::vec::IntoIter<Vec<Value>>,
    size: u32,
    open: bool,
}

impl Cursor {
    /// Column names, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            #[cfg(target_family = "wasm")]
            crate::bindings::sqlink::extension::spi::close(self.id);
        }
    }
}

impl Iterator for Cursor {
    type Item = Result<Vec<Value>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rows.len() == 0 && self.open {
            let rows: Result<Vec<Vec<Value>>, Error> = ask!("spi.read": spi::fetch(self.id, self.size));
            match rows {
                Ok(rows) => {
                    if rows.len() < self.size as usize {
                        self.close();
                    }
                    self.rows = rows.into_iter();
                    self.size = MOST.min(self.size * 2);
                }
                Err(error) => {
                    // The host has closed it.
                    self.open = false;
                    return Some(Err(error));
                }
            }
        }
        self.rows.next().map(Ok)
    }
}

impl std::iter::FusedIterator for Cursor {}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.close();
    }
}
