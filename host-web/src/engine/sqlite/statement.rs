//! The owning handle of a statement, and compiling SQL.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use rusqlite::ffi;

use super::database::Database;
use super::result::ENCODING_UTF8;
use super::value::{ReadError, read_row};
use crate::engine::error::{ERROR, Error};
use crate::engine::value::{RowSink, ValueRef};

/// `SQLITE_PREPARE_PERSISTENT`: the statement will be kept and used often.
const PERSISTENT: u32 = ffi::SQLITE_PREPARE_PERSISTENT;

/// SQL text of any number of statements, to be compiled one after the other.
///
/// It ends in NUL, so that SQLite compiles a statement in the middle without copying all that follows.
#[derive(Clone, Debug)]
pub struct Script(CString);

impl Script {
    /// Copies the SQL.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR` with the byte offset of U+0000: SQLite would take it for the end.
    pub fn new(sql: &str) -> Result<Self, Error> {
        CString::new(sql).map(Self).map_err(|error| Error {
            offset: u32::try_from(error.nul_position()).ok(),
            ..Error::new(ERROR, "the SQL contains U+0000, which would end it")
        })
    }

    /// Returns its length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count_bytes()
    }

    /// Returns whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What compiling gave.
pub(crate) struct Compiled {
    /// None if there was only white space or comment.
    pub(crate) statement: Option<Statement>,
    /// Byte offset in the SQL after the statement.
    pub(crate) end: usize,
}

/// What a step ended in.
pub(crate) enum Stepped {
    Row,
    Done,
}

/// A `sqlite3_stmt*`, finalized when dropped. It keeps its database open.
pub(crate) struct Statement {
    ptr: NonNull<ffi::sqlite3_stmt>,
    /// Which run of it this is; 0 before its first step as outermost statement.
    run: Cell<u32>,
    // Dropped after `drop` has finalized the statement.
    database: Rc<Database>,
}

impl Statement {
    /// Compiles the statement that begins at byte `from` of the script.
    ///
    /// # Errors
    ///
    /// The result code; [`Database::error`] has the rest, with an offset relative to `from`.
    ///
    /// Source: <https://sqlite.org/c3ref/prepare.html>
    pub(crate) fn prepare(
        database: &Rc<Database>,
        script: &Script,
        from: usize,
        persistent: bool,
    ) -> Result<Compiled, i32> {
        let core = database.core();
        if core.barred().is_some() {
            return Err(ffi::SQLITE_MISUSE);
        }
        core.forget_failing();
        let sql = script.0.as_bytes_with_nul();
        let rest = sql.get(from..).unwrap_or(c"".to_bytes_with_nul());
        let len = c_int::try_from(rest.len()).map_err(|_| ffi::SQLITE_TOOBIG)?;
        let mut statement = ptr::null_mut();
        let mut tail: *const c_char = ptr::null();
        // SAFETY: the handle is live; `rest` is readable for `len` bytes, of which the last is NUL; both out pointers
        // are writable.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                database.handle(),
                rest.as_ptr().cast(),
                len,
                if persistent { PERSISTENT } else { 0 },
                &raw mut statement,
                &raw mut tail,
            )
        };
        // Owned before anything returns early.
        let statement =
            NonNull::new(statement).map(|ptr| Self { ptr, run: Cell::new(0), database: Rc::clone(database) });
        if code != ffi::SQLITE_OK {
            return Err(code);
        }
        if core.is_failing() {
            return Err(ffi::SQLITE_INTERRUPT);
        }
        let used = if tail.is_null() {
            rest.len() - 1
        } else {
            // `tail` points into `rest`, so the difference is its byte offset there.
            (tail as usize).saturating_sub(rest.as_ptr() as usize).min(rest.len() - 1)
        };
        Ok(Compiled { statement, end: from + used })
    }

    pub(crate) fn database(&self) -> &Rc<Database> {
        &self.database
    }

    /// Runs on to the next row or to the end.
    ///
    /// # Errors
    ///
    /// The extended result code; [`Database::error`] has the rest.
    ///
    /// Source: <https://sqlite.org/c3ref/step.html>
    #[inline]
    pub(crate) fn step(&self) -> Result<Stepped, i32> {
        let core = self.database.core();
        if core.barred().is_some() {
            return Err(ffi::SQLITE_MISUSE);
        }
        let code = {
            let step = core.begin_step(&self.run);
            // SAFETY: the statement is live, here and in the methods below.
            let code = unsafe { ffi::sqlite3_step(self.ptr.as_ptr()) };
            if core.is_failing() { self.undo(step.outermost) } else { code }
        };
        if code == ffi::SQLITE_ROW {
            return Ok(Stepped::Row);
        }
        self.end_run();
        if code == ffi::SQLITE_DONE { Ok(Stepped::Done) } else { Err(code) }
    }

    /// Takes back what a statement did that must fail, although SQLite may not know. Where it does, it has rolled back
    /// already. A statement that another one is running only fails: the outermost one takes back what both did. Where
    /// none of them writes, the transaction goes on.
    #[cold]
    fn undo(&self, outermost: bool) -> c_int {
        let database = &self.database;
        let core = database.core();
        core.fail_step(!self.is_read_only());
        if outermost {
            // SAFETY: the statement is live. Where it ends its transaction by this, the commit hook refuses.
            core.resetting(|| unsafe { ffi::sqlite3_reset(self.ptr.as_ptr()) });
            if core.failing_writes() && !database.is_autocommit() {
                // SAFETY: the handle is live and the SQL is NUL-terminated. It fails only if there is no transaction.
                // Source: https://sqlite.org/lang_transaction.html
                core.internally(|| unsafe {
                    ffi::sqlite3_exec(database.handle(), c"ROLLBACK".as_ptr(), None, ptr::null_mut(), ptr::null_mut())
                });
            }
            if database.is_autocommit() {
                core.rolled_back();
            }
        }
        ffi::SQLITE_INTERRUPT
    }

    /// Closes the cursors that extensions opened while it ran.
    #[inline]
    fn end_run(&self) {
        let run = self.run.replace(0);
        if run != 0 {
            self.database.core().cursors.end(run);
        }
    }

    /// Hands the current row's columns to the sink; none if the statement is not on a row.
    ///
    /// # Errors
    ///
    /// `SQLITE_NOMEM`.
    #[inline]
    pub(crate) fn row<S: RowSink>(&self, sink: &mut S) -> Result<(), i32> {
        // SAFETY: the statement is live; without a current row its data count is 0.
        unsafe { read_row(self.ptr.as_ptr(), sink) }.map_err(|ReadError::NoMemory| ffi::SQLITE_NOMEM)
    }

    /// Goes back to before the first row.
    ///
    /// # Errors
    ///
    /// The code of the last step, if that failed; else that of ending what the statement had begun.
    ///
    /// Source: <https://sqlite.org/c3ref/reset.html>
    pub(crate) fn reset(&self) -> Result<(), i32> {
        // SAFETY: as in `step`.
        let code = self.database.core().resetting(|| unsafe { ffi::sqlite3_reset(self.ptr.as_ptr()) });
        self.end_run();
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }

    pub(crate) fn clear_bindings(&self) {
        // SAFETY: as in `step`.
        unsafe { ffi::sqlite3_clear_bindings(self.ptr.as_ptr()) };
    }

    /// Binds a value, which is copied, to a parameter by its 1-based index.
    ///
    /// # Errors
    ///
    /// The result code: `SQLITE_RANGE` for an index that is not there, `SQLITE_TOOBIG`, `SQLITE_MISUSE` while the
    /// statement runs.
    ///
    /// Source: <https://sqlite.org/c3ref/bind_blob.html>
    #[inline]
    pub(crate) fn bind(&self, index: c_int, value: ValueRef<'_>) -> Result<(), i32> {
        let statement = self.ptr.as_ptr();
        // SAFETY: as in `step`; the bytes are readable for their length and copied before the call returns. An empty
        // slice's pointer is not null, so that an empty text or blob is not taken for NULL.
        let code = unsafe {
            match value {
                ValueRef::Null => ffi::sqlite3_bind_null(statement, index),
                ValueRef::Integer(value) => ffi::sqlite3_bind_int64(statement, index, value),
                ValueRef::Real(value) => ffi::sqlite3_bind_double(statement, index, value),
                ValueRef::Text(utf8) => ffi::sqlite3_bind_text64(
                    statement,
                    index,
                    utf8.as_ptr().cast(),
                    utf8.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                    ENCODING_UTF8,
                ),
                ValueRef::Blob([]) => ffi::sqlite3_bind_zeroblob(statement, index, 0),
                ValueRef::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    statement,
                    index,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                ),
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }

    /// Number of the largest parameter.
    pub(crate) fn parameter_count(&self) -> c_int {
        // SAFETY: as in `step`.
        unsafe { ffi::sqlite3_bind_parameter_count(self.ptr.as_ptr()) }
    }

    /// 1-based index of a named parameter, prefix included; 0 if there is none.
    pub(crate) fn parameter_index(&self, name: &CStr) -> c_int {
        // SAFETY: as in `step`; the name is NUL-terminated.
        unsafe { ffi::sqlite3_bind_parameter_index(self.ptr.as_ptr(), name.as_ptr()) }
    }

    /// Name of a parameter by its 1-based index, prefix included.
    pub(crate) fn parameter_name(&self, index: c_int) -> Option<String> {
        // SAFETY: as in `step`; the name lives as long as the statement and is copied.
        unsafe { text(ffi::sqlite3_bind_parameter_name(self.ptr.as_ptr(), index)) }
    }

    /// Number of columns; 0 for a statement that returns no rows.
    pub(crate) fn column_count(&self) -> c_int {
        // SAFETY: as in `step`.
        unsafe { ffi::sqlite3_column_count(self.ptr.as_ptr()) }
    }

    /// Name of a column by its 0-based index.
    pub(crate) fn column_name(&self, index: c_int) -> String {
        // SAFETY: as in `step`; the name lives until the statement is recompiled and is copied.
        unsafe { text(ffi::sqlite3_column_name(self.ptr.as_ptr(), index)) }.unwrap_or_default()
    }

    /// Declared type of a column by its 0-based index; none for an expression.
    pub(crate) fn column_decltype(&self, index: c_int) -> Option<String> {
        // SAFETY: as in `column_name`.
        unsafe { text(ffi::sqlite3_column_decltype(self.ptr.as_ptr(), index)) }
    }

    /// How often it was compiled again because the schema had changed.
    pub(crate) fn reprepare_count(&self) -> c_int {
        // SAFETY: as in `step`.
        unsafe { ffi::sqlite3_stmt_status(self.ptr.as_ptr(), ffi::SQLITE_STMTSTATUS_REPREPARE, 0) }
    }

    /// Whether it makes no direct change to a database file. BEGIN, ATTACH and most PRAGMAs count as read-only.
    ///
    /// Source: <https://sqlite.org/c3ref/stmt_readonly.html>
    pub(crate) fn is_read_only(&self) -> bool {
        // SAFETY: as in `step`.
        unsafe { ffi::sqlite3_stmt_readonly(self.ptr.as_ptr()) != 0 }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the statement is live and nobody else has it. Its code is that of the last step, which was reported.
        // Source: https://sqlite.org/c3ref/finalize.html
        self.database.core().resetting(|| unsafe { ffi::sqlite3_finalize(self.ptr.as_ptr()) });
        self.end_run();
    }
}

/// # Safety
///
/// `ptr` must be null or a readable NUL-terminated string.
unsafe fn text(ptr: *const c_char) -> Option<String> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for the pointer, which is not null.
    Some(unsafe { CStr::from_ptr(ptr) }.to_string_lossy().into_owned())
}
