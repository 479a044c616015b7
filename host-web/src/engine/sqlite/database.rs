//! The owning handle of a connection.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_int};
use std::rc::Rc;
use std::slice;
use std::time::Duration;

use rusqlite::ffi;
use rusqlite::limits::Limit;

use crate::engine::connection::Core;
use crate::engine::error::{Error, Result};

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenFlags<'a> {
    pub(crate) name: &'a str,
    pub(crate) read_only: bool,
    pub(crate) create: bool,
    pub(crate) vfs: Option<&'a str>,
}

/// A `sqlite3*` with the state its callbacks share. Statements hold it, so it closes after the last of them.
pub(crate) struct Database {
    // Dropped first: closing drops the functions, which use the core.
    connection: RefCell<rusqlite::Connection>,
    handle: *mut ffi::sqlite3,
    core: Rc<Core>,
}

impl Database {
    /// Opens a database and installs the callbacks. Extended result codes are on.
    ///
    /// # Errors
    ///
    /// SQLite's, for instance `SQLITE_CANTOPEN`.
    ///
    /// Source: <https://sqlite.org/c3ref/open.html>
    pub(crate) fn open(flags: OpenFlags<'_>, core: Rc<Core>) -> Result<Rc<Self>> {
        use rusqlite::OpenFlags as Flags;
        let mut bits = Flags::SQLITE_OPEN_NO_MUTEX | Flags::SQLITE_OPEN_URI;
        if flags.read_only {
            bits |= Flags::SQLITE_OPEN_READ_ONLY;
        } else {
            bits |= Flags::SQLITE_OPEN_READ_WRITE;
            if flags.create {
                bits |= Flags::SQLITE_OPEN_CREATE;
            }
        }
        let connection = match flags.vfs {
            Some(vfs) => rusqlite::Connection::open_with_flags_and_vfs(flags.name, bits, vfs),
            None => rusqlite::Connection::open_with_flags(flags.name, bits),
        }
        .map_err(from_rusqlite)?;
        if cfg!(target_arch = "wasm32") && flags.vfs.is_none() {
            // Whoever holds a lock on a file in memory is on this very thread: waiting, which the wrapper sets to five
            // seconds, would not make it go away.
            connection.busy_timeout(Duration::ZERO).map_err(from_rusqlite)?;
        }
        // SAFETY: the handle is used only through this type, which keeps the connection that owns it.
        let handle = unsafe { connection.handle() };
        let database = Self { connection: RefCell::new(connection), handle, core };
        database.install_hooks();
        Ok(Rc::new(database))
    }

    /// Returns the live handle.
    #[inline]
    pub(super) const fn handle(&self) -> *mut ffi::sqlite3 {
        self.handle
    }

    /// Returns the state the callbacks share.
    #[inline]
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Reads the error that a call on this connection has just returned, before another call overwrites it.
    ///
    /// Source: <https://sqlite.org/c3ref/errcode.html>
    pub(crate) fn error(&self, code: i32) -> Error {
        // SAFETY: the handle is live. The message lives until the next call on it and is copied here.
        unsafe {
            let latest = ffi::sqlite3_extended_errcode(self.handle);
            // A misuse leaves the connection's own error untouched; then only the code's text is right.
            let same = latest & 0xff == code & 0xff;
            let message = if same {
                CStr::from_ptr(ffi::sqlite3_errmsg(self.handle))
            } else {
                CStr::from_ptr(ffi::sqlite3_errstr(code))
            };
            let mut error = Error::new(if same { latest } else { code }, message.to_string_lossy().into_owned());
            if same {
                error.offset = u32::try_from(ffi::sqlite3_error_offset(self.handle)).ok();
            }
            error
        }
    }

    /// Rows the last finished INSERT, UPDATE or DELETE changed itself.
    pub(crate) fn changes(&self) -> i64 {
        // SAFETY: the handle is live, here and in the next four.
        unsafe { ffi::sqlite3_changes64(self.handle) }
    }

    /// Rows changed since the connection was opened, those by triggers and foreign keys included.
    pub(crate) fn total_changes(&self) -> i64 {
        // SAFETY: as in `changes`.
        unsafe { ffi::sqlite3_total_changes64(self.handle) }
    }

    pub(crate) fn last_insert_rowid(&self) -> i64 {
        // SAFETY: as in `changes`.
        unsafe { ffi::sqlite3_last_insert_rowid(self.handle) }
    }

    pub(crate) fn is_autocommit(&self) -> bool {
        // SAFETY: as in `changes`.
        unsafe { ffi::sqlite3_get_autocommit(self.handle) != 0 }
    }

    /// Asks every running statement to stop. Without one it does nothing.
    pub(crate) fn interrupt(&self) {
        // SAFETY: as in `changes`.
        unsafe { ffi::sqlite3_interrupt(self.handle) }
    }

    /// Returns whether a statement has been stepped and neither finished nor been reset.
    pub(crate) fn has_running_statement(&self) -> bool {
        // SAFETY: the handle is live, and the statements SQLite lists are.
        unsafe {
            let mut statement = ffi::sqlite3_next_stmt(self.handle, std::ptr::null_mut());
            while !statement.is_null() {
                if ffi::sqlite3_stmt_busy(statement) != 0 {
                    return true;
                }
                statement = ffi::sqlite3_next_stmt(self.handle, statement);
            }
        }
        false
    }

    /// Sets `SQLITE_LIMIT_LENGTH` and `SQLITE_LIMIT_SQL_LENGTH`, in bytes.
    pub(crate) fn set_lengths(&self, value: i32, sql: i32) -> Result<()> {
        let connection = self.borrow()?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, value).map_err(from_rusqlite)?;
        connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, sql).map_err(from_rusqlite)?;
        Ok(())
    }

    /// Hands the bytes of a schema's database to `take`.
    ///
    /// Source: <https://sqlite.org/c3ref/serialize.html>
    pub(crate) fn serialize<R>(&self, schema: &str, take: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let mut connection = self.borrow_mut()?;
        let data = connection.serialize(schema).map_err(from_rusqlite)?;
        Ok(take(&data))
    }

    /// Replaces a schema's database with one in memory, whose content is `bytes`, changed by `edit`.
    ///
    /// Source: <https://sqlite.org/c3ref/deserialize.html>
    pub(crate) fn deserialize(&self, schema: &str, bytes: &[u8], edit: impl FnOnce(&mut [u8])) -> Result<()> {
        let schema = CString::new(schema).map_err(|_| Error::misuse("a schema name must not contain U+0000"))?;
        let no_memory = || Error::new(ffi::SQLITE_NOMEM, "out of memory");
        let len = bytes.len();
        let size = ffi::sqlite3_int64::try_from(len).map_err(|_| no_memory())?;
        // SAFETY: the buffer is allocated by SQLite, at least one byte because it gives none for 0, filled for its whole
        // length, and handed to SQLite, which frees it in any case. The handle is live.
        let code = unsafe {
            let buffer = ffi::sqlite3_malloc64(len.max(1) as u64).cast::<u8>();
            if buffer.is_null() {
                return Err(no_memory());
            }
            buffer.copy_from_nonoverlapping(bytes.as_ptr(), len);
            edit(slice::from_raw_parts_mut(buffer, len));
            ffi::sqlite3_deserialize(
                self.handle,
                schema.as_ptr(),
                buffer,
                size,
                size,
                ffi::SQLITE_DESERIALIZE_FREEONCLOSE | ffi::SQLITE_DESERIALIZE_RESIZEABLE,
            )
        };
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        let error = self.error(code);
        // SQLite says only "not an error" of a schema it does not know.
        Err(Error::new(
            error.code,
            format!("deserializing into schema `{}` failed: {}", schema.to_string_lossy(), error.message),
        ))
    }

    fn borrow(&self) -> Result<std::cell::Ref<'_, rusqlite::Connection>> {
        self.connection.try_borrow().map_err(|_| in_use())
    }

    fn borrow_mut(&self) -> Result<std::cell::RefMut<'_, rusqlite::Connection>> {
        self.connection.try_borrow_mut().map_err(|_| in_use())
    }

    /// Closes the connection. Statements hold the database, so there are none left.
    ///
    /// # Errors
    ///
    /// SQLite's; the connection is then closed when what holds it back is gone.
    ///
    /// Source: <https://sqlite.org/c3ref/close.html>
    pub(crate) fn close(self) -> Result<()> {
        let Self { connection, core, .. } = self;
        let closed = connection.into_inner().close().map_err(|(_, error)| from_rusqlite(error));
        drop(core);
        closed
    }
}

fn in_use() -> Error {
    Error::misuse("the connection is in use by a call that has not returned")
}

/// Turns an error of the wrapper into the engine's.
fn from_rusqlite(error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(error, message) => Error::new(
            error.extended_code,
            message.unwrap_or_else(|| {
                // SAFETY: SQLite returns a static string for any number.
                unsafe { CStr::from_ptr(ffi::sqlite3_errstr(error.extended_code)) }.to_string_lossy().into_owned()
            }),
        ),
        rusqlite::Error::NulError(_) => Error::misuse("a name must not contain U+0000"),
        error => Error::new(crate::engine::error::ERROR, error.to_string()),
    }
}

/// SQLite's version, source id and compile options.
pub(crate) fn version() -> (String, String, Vec<String>) {
    // SAFETY: these return static strings, and null after the last option.
    unsafe {
        let text = |ptr| CStr::from_ptr(ptr).to_string_lossy().into_owned();
        let mut options = Vec::new();
        let mut index: c_int = 0;
        loop {
            let option = ffi::sqlite3_compileoption_get(index);
            if option.is_null() {
                break;
            }
            options.push(text(option));
            index += 1;
        }
        (text(ffi::sqlite3_libversion()), text(ffi::sqlite3_sourceid()), options)
    }
}
