//! The connection's callbacks: progress handler, authorizer and commit hook, which are there from open to close, and the
//! hooks that are there while an extension wants them.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use rusqlite::ffi;

use super::database::Database;
use super::value::{ReadError, read};
use crate::contract::hooks::{Operation, RowChange};
use crate::contract::types::Value;
use crate::engine::connection::Core;
use crate::engine::error::{Error, NOMEM};
use crate::engine::hooks::{self, Answer, Request, Wanted};
use crate::engine::value::ValueRef;

/// Virtual machine operations between two looks at deadline and interrupt: some 10 to 50 microseconds.
const PROGRESS_OPS: c_int = 1000;

/// How often the progress handler of a connection is called.
pub(crate) struct Progress(Cell<*mut ffi::sqlite3>);

impl Default for Progress {
    fn default() -> Self {
        Self(Cell::new(ptr::null_mut()))
    }
}

impl Progress {
    /// Calls it at the next occasion: where the virtual machine jumps, and where a row or a statement ends.
    pub(crate) fn hurry(&self, core: &Core) {
        self.every(1, core);
    }

    /// Calls it as often as usual.
    pub(crate) fn relax(&self, core: &Core) {
        self.every(PROGRESS_OPS, core);
    }

    /// Whether the connection is in a transaction that was begun by `BEGIN` or `SAVEPOINT`.
    pub(crate) fn in_transaction(&self) -> bool {
        let handle = self.0.get();
        // SAFETY: the handle is live until `detach`.
        !handle.is_null() && unsafe { ffi::sqlite3_get_autocommit(handle) } == 0
    }

    /// Forgets the connection, which is about to be closed.
    pub(super) fn detach(&self) {
        self.0.set(ptr::null_mut());
    }

    fn every(&self, ops: c_int, core: &Core) {
        let handle = self.0.get();
        if !handle.is_null() {
            // SAFETY: the handle is live until `detach`. The data is as in `install_callbacks`. Changing the handler
            // from inside another callback only sets fields that SQLite reads again.
            // Source: https://sqlite.org/c3ref/progress_handler.html
            unsafe { ffi::sqlite3_progress_handler(handle, ops, Some(progress), data(core)) };
        }
    }
}

/// A callback's data.
fn data(core: &Core) -> *mut c_void {
    ptr::from_ref(core).cast_mut().cast()
}

/// # Safety
///
/// `data` must be null or what [`data`] made of a core that lives for `'a`.
unsafe fn core<'a>(data: *mut c_void) -> Option<&'a Core> {
    // SAFETY: the caller vouches for the pointer; the core is only shared.
    unsafe { data.cast::<Core>().cast_const().as_ref() }
}

impl Database {
    /// Installs the callbacks that every connection has, which get its shared state.
    pub(crate) fn install_callbacks(&self) {
        let core = self.core();
        core.progress.0.set(self.handle());
        core.progress.relax(core);
        self.authorize_anew();
        // SAFETY: the handle is live. `self` keeps the core alive until it has closed the handle, and the callbacks only
        // share it; so below.
        // Source: https://sqlite.org/c3ref/commit_hook.html
        unsafe { ffi::sqlite3_commit_hook(self.handle(), Some(commit), data(core)) };
    }

    /// Installs the authorizer, which makes SQLite compile every statement again before it runs: it asks for what an
    /// authorizer did not see, and some hooks change how a statement is compiled.
    fn authorize_anew(&self) {
        // SAFETY: as in `install_callbacks`.
        // Source: https://sqlite.org/c3ref/set_authorizer.html
        unsafe { ffi::sqlite3_set_authorizer(self.handle(), Some(authorize), data(self.core())) };
    }

    /// Has those hooks called that are wanted, and no others.
    pub(crate) fn listen(&self, wanted: Wanted) {
        let core = data(self.core());
        // SAFETY: as in `install_callbacks`; a null function removes a hook.
        // Source: https://sqlite.org/c3ref/update_hook.html, https://sqlite.org/c3ref/preupdate_blobwrite.html
        unsafe {
            ffi::sqlite3_update_hook(self.handle(), wanted.update.then_some(update as _), core);
            ffi::sqlite3_preupdate_hook(self.handle(), wanted.preupdate.then_some(preupdate as _), core);
            ffi::sqlite3_rollback_hook(self.handle(), wanted.rollback.then_some(rollback as _), core);
        }
        self.authorize_anew();
    }
}

/// Returns non-zero to interrupt.
unsafe extern "C" fn progress(data: *mut c_void) -> c_int {
    // SAFETY: the data is the core that `Progress::every` passed.
    unsafe { core(data) }.map_or(0, |core| c_int::from(core.should_stop()))
}

/// Fails closed: without its data, or with a name that is not text, it denies.
unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    schema: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: the data is the core that `authorize_anew` passed.
    let Some(core) = (unsafe { core(data) }) else {
        return ffi::SQLITE_DENY;
    };
    if !core.authorizes() {
        return ffi::SQLITE_OK;
    }
    // SAFETY: SQLite passes null or NUL-terminated strings that live until this returns.
    let names = unsafe { [first, second, schema, trigger].map(|name| text(name)) };
    let answer = match names {
        [Ok(first), Ok(second), Ok(database), Ok(trigger)] => {
            hooks::authorize(core, action, &Request { first, second, database, trigger })
        }
        _ => hooks::deny_invalid_name(core),
    };
    match answer {
        Answer::Allow => ffi::SQLITE_OK,
        Answer::Ignore => ffi::SQLITE_IGNORE,
        Answer::Deny => ffi::SQLITE_DENY,
    }
}

/// Returns non-zero to roll the transaction back; fails closed.
unsafe extern "C" fn commit(data: *mut c_void) -> c_int {
    // SAFETY: the data is the core that `install_callbacks` passed.
    unsafe { core(data) }.map_or(1, |core| c_int::from(!hooks::commit(core)))
}

unsafe extern "C" fn rollback(data: *mut c_void) {
    // SAFETY: the data is the core that `listen` passed.
    if let Some(core) = unsafe { core(data) } {
        hooks::rollback(core);
    }
}

unsafe extern "C" fn update(
    data: *mut c_void,
    code: c_int,
    database: *const c_char,
    table: *const c_char,
    rowid: ffi::sqlite3_int64,
) {
    // SAFETY: the data is the core that `listen` passed.
    let Some(core) = (unsafe { core(data) }) else { return };
    // SAFETY: SQLite passes NUL-terminated strings that live until this returns.
    let (database, table) = unsafe { (lossy(database), lossy(table)) };
    if let Some(operation) = operation(code) {
        hooks::update(core, operation, &database, &table, rowid);
    }
}

unsafe extern "C" fn preupdate(
    data: *mut c_void,
    handle: *mut ffi::sqlite3,
    code: c_int,
    database: *const c_char,
    table: *const c_char,
    old_rowid: ffi::sqlite3_int64,
    new_rowid: ffi::sqlite3_int64,
) {
    // SAFETY: the data is the core that `listen` passed.
    let Some(core) = (unsafe { core(data) }) else { return };
    let Some(operation) = operation(code) else { return };
    hooks::preupdate(core, || {
        // SAFETY: the handle is that of the connection whose hook runs, and the strings are as in `update`. Which values
        // there are depends on the operation.
        unsafe {
            let none = || Ok(Vec::new());
            Ok(RowChange {
                operation,
                database: lossy(database),
                table: lossy(table),
                depth: ffi::sqlite3_preupdate_depth(handle),
                old_rowid,
                new_rowid,
                old_values: if operation == Operation::Insert {
                    none()
                } else {
                    row(handle, ffi::sqlite3_preupdate_old)
                }?,
                new_values: if operation == Operation::Delete {
                    none()
                } else {
                    row(handle, ffi::sqlite3_preupdate_new)
                }?,
            })
        }
    });
}

/// `sqlite3_preupdate_old` or `sqlite3_preupdate_new`.
type Column = unsafe extern "C" fn(*mut ffi::sqlite3, c_int, *mut *mut ffi::sqlite3_value) -> c_int;

/// Reads all columns of one side of a change.
///
/// # Safety
///
/// A preupdate hook of the connection must be running, whose operation has this side.
///
/// Source: <https://sqlite.org/c3ref/preupdate_blobwrite.html>
unsafe fn row(handle: *mut ffi::sqlite3, column: Column) -> Result<Vec<Value>, Error> {
    // SAFETY: the caller vouches for the handle, here and below.
    let count = unsafe { ffi::sqlite3_preupdate_count(handle) };
    (0..count)
        .map(|index| {
            let mut value = ptr::null_mut();
            // SAFETY: the index is below the count, and the out pointer is writable.
            let code = unsafe { column(handle, index, &raw mut value) };
            if code != ffi::SQLITE_OK || value.is_null() {
                return Err(Error::new(code.max(1), format!("column {} of the row can't be read", index + 1)));
            }
            // SAFETY: the value is protected and nothing converts it while it is copied.
            let value: ValueRef<'_> = match unsafe { read(value) } {
                // SAFETY: as above.
                Ok(raw) => unsafe { raw.get() },
                Err(ReadError::NoMemory) => return Err(Error::new(NOMEM, "out of memory")),
            };
            hooks::owned(value, index)
        })
        .collect()
}

/// What an operation's code means; none for one that SQLite does not have.
const fn operation(code: c_int) -> Option<Operation> {
    match code {
        ffi::SQLITE_INSERT => Some(Operation::Insert),
        ffi::SQLITE_UPDATE => Some(Operation::Update),
        ffi::SQLITE_DELETE => Some(Operation::Delete),
        _ => None,
    }
}

/// Borrows a name; none for null.
///
/// # Safety
///
/// `ptr` must be null or a NUL-terminated string that lives for `'a`.
unsafe fn text<'a>(ptr: *const c_char) -> Result<Option<&'a str>, std::str::Utf8Error> {
    if ptr.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller vouches for the pointer, which is not null.
    unsafe { CStr::from_ptr(ptr) }.to_str().map(Some)
}

/// Copies a name; bytes that are not valid UTF-8 become U+FFFD.
///
/// # Safety
///
/// As [`text`].
unsafe fn lossy(ptr: *const c_char) -> String {
    if ptr.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for the pointer, which is not null.
    unsafe { CStr::from_ptr(ptr) }.to_string_lossy().into_owned()
}
