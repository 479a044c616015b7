//! The owning handle of a connection.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_int};
use std::ptr;
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
    /// A name that begins with `file:` is a URI.
    pub(crate) uri: bool,
    pub(crate) vfs: Option<&'a str>,
}

/// A `sqlite3*` with the state its callbacks share. Statements hold it, so it closes after the last of them.
pub(crate) struct Database {
    // Dropped first: others may hold the core for longer than there is a handle.
    detach: Detach,
    // Dropped before the core: closing drops the functions, which use it.
    connection: RefCell<rusqlite::Connection>,
    handle: *mut ffi::sqlite3,
    core: Rc<Core>,
}

/// Takes the handle away from the core when dropped.
struct Detach(Rc<Core>);

impl Drop for Detach {
    fn drop(&mut self) {
        self.0.progress.detach();
    }
}

impl Database {
    /// Opens a database. Extended result codes are on; there are no callbacks yet.
    ///
    /// # Errors
    ///
    /// SQLite's, for instance `SQLITE_CANTOPEN`.
    ///
    /// Source: <https://sqlite.org/c3ref/open.html>
    pub(crate) fn open(flags: OpenFlags<'_>, core: Rc<Core>) -> Result<Rc<Self>> {
        use rusqlite::OpenFlags as Flags;
        let mut bits = Flags::SQLITE_OPEN_NO_MUTEX;
        bits.set(Flags::SQLITE_OPEN_URI, flags.uri);
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
        let detach = Detach(Rc::clone(&core));
        Ok(Rc::new(Self { detach, connection: RefCell::new(connection), handle, core }))
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

    /// Believes nothing that a database file says of itself: no triggers, views or functions of its schema run.
    pub(crate) fn defend(&self) -> Result<()> {
        use rusqlite::config::DbConfig as Config;
        let connection = self.borrow()?;
        for (config, on) in [
            (Config::SQLITE_DBCONFIG_DEFENSIVE, true),
            (Config::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (Config::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            (Config::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        ] {
            connection.set_db_config(config, on).map_err(from_rusqlite)?;
        }
        Ok(())
    }

    /// Returns the name of the main database's file; none if it is in memory, or not a file of the VFS.
    pub(crate) fn file_in(&self, vfs: &str) -> Option<String> {
        let mut used: *mut ffi::sqlite3_vfs = ptr::null_mut();
        // SAFETY: the handle is live, and the out pointer writable. The VFS stays registered, and its name and that of the
        // file live at least until the connection closes.
        // Source: https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html, https://sqlite.org/c3ref/db_filename.html
        unsafe {
            let code = ffi::sqlite3_file_control(
                self.handle,
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_VFS_POINTER,
                (&raw mut used).cast(),
            );
            if code != ffi::SQLITE_OK || used.is_null() || CStr::from_ptr((*used).zName).to_bytes() != vfs.as_bytes() {
                return None;
            }
            let name = ffi::sqlite3_db_filename(self.handle, c"main".as_ptr());
            if name.is_null() {
                return None;
            }
            let name = CStr::from_ptr(name).to_str().ok()?;
            (!name.is_empty()).then(|| name.to_owned())
        }
    }

    /// Whether the main database's file says that it is in WAL mode.
    pub(crate) fn is_wal(&self) -> bool {
        /// Offset of the file format's write version: 1 rollback, 2 WAL.
        /// Source: <https://sqlite.org/fileformat2.html#the_database_header>
        const WRITE_VERSION: ffi::sqlite3_int64 = 18;
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        let mut version = 0_u8;
        // SAFETY: the handle is live, and the out pointer writable. The file is open while the connection is, and reads one
        // byte into `version`; it has no methods if it is not open.
        // Source: https://sqlite.org/c3ref/io_methods.html
        unsafe {
            let code = ffi::sqlite3_file_control(
                self.handle,
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_FILE_POINTER,
                (&raw mut file).cast(),
            );
            if code != ffi::SQLITE_OK || file.is_null() {
                return false;
            }
            let read = (*file).pMethods.as_ref().and_then(|methods| methods.xRead);
            read.is_some_and(|read| {
                read(file, (&raw mut version).cast(), 1, WRITE_VERSION) == ffi::SQLITE_OK && version == 2
            })
        }
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
        let Self { detach, connection, core, .. } = self;
        drop(detach);
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
