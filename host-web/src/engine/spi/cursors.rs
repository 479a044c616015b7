//! Cursors that extensions have open: `spi.open`, `fetch` and `close`.
//!
//! A cursor belongs to the run of the outermost statement that was on the stack when it was opened, and is closed at its
//! end. One that was opened outside of any (while a statement is compiled, by `on-load`) is closed when the engine's call
//! ends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Output, bind, compile, must_read};
use crate::contract::spi::Opened;
use crate::engine::connection::Connection;
use crate::engine::error::{Error, Result, TOOBIG};
use crate::engine::extension::Extension;
use crate::engine::sqlite::{Statement, Stepped};
use crate::engine::value::{RowSink as _, Value, ValueRef};

/// The open cursors of a connection, by extension and number.
#[derive(Default)]
pub(crate) struct Cursors {
    open: RefCell<BTreeMap<(u32, u32), Cursor>>,
    count: Cell<usize>,
}

struct Cursor {
    extension: Rc<Extension>,
    /// The run it ends with; 0 for the call into the engine.
    run: u32,
    /// None when it is at its end.
    statement: Option<Statement>,
    /// Milliseconds it has run, while there is a timeout.
    spent: Cell<u64>,
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.extension.kept.cursors.give_back();
    }
}

impl Cursors {
    fn insert(&self, extension: u32, number: u32, cursor: Cursor) {
        let before = self.open.borrow_mut().insert((extension, number), cursor);
        self.count.set(self.count.get() + 1);
        drop(before);
    }

    fn take(&self, extension: u32, number: u32) -> Option<Cursor> {
        let cursor = self.open.borrow_mut().remove(&(extension, number))?;
        self.count.set(self.count.get().saturating_sub(1));
        Some(cursor)
    }

    /// Closes the cursors of a run.
    #[inline]
    pub(crate) fn end(&self, run: u32) {
        if self.count.get() > 0 {
            self.end_some(|cursor| cursor.run == run);
        }
    }

    #[cold]
    fn end_some(&self, ends: impl Fn(&Cursor) -> bool) {
        let ended: Vec<_> = self.open.borrow_mut().extract_if(.., |_, cursor| ends(cursor)).collect();
        self.count.set(self.count.get().saturating_sub(ended.len()));
        // Outside of the borrow: finalizing calls SQLite, and that may call extensions.
        drop(ended);
    }
}

/// `spi.open`.
pub(crate) fn open(
    connection: &Rc<Connection>,
    extension: &Rc<Extension>,
    sql: &str,
    params: &[ValueRef<'_>],
) -> Result<Opened> {
    let core = &connection.core;
    core.with_spi(Some(extension.id), || {
        // Not one that is kept: its columns may be those of an older schema until it runs.
        let statement = compile(connection, sql)?;
        must_read(&statement, "spi.open")?;
        bind(connection, &statement, params)?;
        let columns = (0..statement.column_count()).map(|index| statement.column_name(index)).collect();
        let most = core.limits.get().open_handles;
        let Some(number) = extension.kept.cursors.take(most) else {
            let message = format!(
                "extension `{}` has {most} cursors of `spi` open, as many as the limit `open-handles` allows",
                extension.name
            );
            return Err(Error::new(TOOBIG, message));
        };
        let cursor = Cursor {
            extension: Rc::clone(extension),
            run: core.run(),
            statement: Some(statement),
            spent: Cell::new(0),
        };
        core.cursors.insert(extension.id, number, cursor);
        Ok(Opened { cursor: number, columns })
    })
}

/// `spi.fetch`.
pub(crate) fn fetch(
    connection: &Rc<Connection>,
    extension: &Rc<Extension>,
    number: u32,
    max_rows: u32,
) -> Result<Vec<Vec<Value>>> {
    if max_rows == 0 {
        return Err(Error::misuse("`spi.fetch` was asked for no rows: `max-rows` is at least 1"));
    }
    let core = &connection.core;
    // Out of the table while it runs, so that nothing else can use it.
    let Some(mut cursor) = core.cursors.take(extension.id, number) else {
        return Err(Error::misuse(format!(
            "there is no cursor {number}: it was closed, or the statement is done in which it was opened"
        )));
    };
    let mut rows = Vec::new();
    if let Some(statement) = &cursor.statement {
        let mut sink = Output::new(connection, "spi.fetch");
        let more = core.with_spi(Some(extension.id), || {
            let _running = connection.enter();
            let _timed = connection.time(&cursor.spent);
            while sink.rows.len() < max_rows as usize {
                match statement.step().map_err(|code| connection.error(code, 0))? {
                    Stepped::Row => {
                        statement.row(&mut sink).map_err(|code| connection.error(code, 0))?;
                        if !sink.end_row() {
                            return Err(sink.error(extension));
                        }
                    }
                    Stepped::Done => return Ok(false),
                }
            }
            Ok(true)
        })?;
        rows = sink.rows;
        if !more {
            cursor.statement = None;
        }
    }
    core.cursors.insert(extension.id, number, cursor);
    Ok(rows)
}

/// `spi.close`. Inside of a hook SQLite allows no finalizing; the cursor then ends with its run.
pub(crate) fn close(connection: &Rc<Connection>, extension: &Extension, number: u32) -> Result<()> {
    if connection.core.barred().is_none() {
        drop(connection.core.cursors.take(extension.id, number));
    }
    Ok(())
}
