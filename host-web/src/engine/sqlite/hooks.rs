//! The connection's two callbacks that are there from open to close: progress handler and authorizer.

use std::ffi::{CStr, c_char, c_int, c_void};

use rusqlite::ffi;

use super::database::Database;
use crate::engine::connection::Core;

/// Virtual machine operations between two looks at deadline and interrupt: some 10 to 50 microseconds.
const PROGRESS_OPS: c_int = 1000;

/// What a statement that is being compiled wants to do, as far as the engine's authorizer tells kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    /// BEGIN, COMMIT, ROLLBACK.
    Transaction,
    /// SAVEPOINT, RELEASE, ROLLBACK TO.
    Savepoint,
    /// ATTACH, and VACUUM INTO, which attaches.
    Attach,
    /// DETACH.
    Detach,
    /// PRAGMA, with its name, and whether it has an argument.
    Pragma(&'a str, bool),
    /// INSERT, UPDATE or DELETE on a table.
    Write(&'a str),
    /// Anything else.
    Other,
}

impl Database {
    /// Installs both callbacks, which get the connection's shared state.
    pub(super) fn install_hooks(&self) {
        let data = std::ptr::from_ref::<Core>(self.core()).cast_mut().cast::<c_void>();
        // SAFETY: the handle is live. `self` keeps the core alive until it has closed the handle, and the callbacks
        // only share it.
        // Source: https://sqlite.org/c3ref/progress_handler.html, https://sqlite.org/c3ref/set_authorizer.html
        unsafe {
            ffi::sqlite3_progress_handler(self.handle(), PROGRESS_OPS, Some(progress), data);
            ffi::sqlite3_set_authorizer(self.handle(), Some(authorize), data);
        }
    }
}

/// Returns non-zero to interrupt.
unsafe extern "C" fn progress(data: *mut c_void) -> c_int {
    // SAFETY: the data is the core that `install_hooks` passed.
    match unsafe { data.cast::<Core>().cast_const().as_ref() } {
        Some(core) => c_int::from(core.should_stop()),
        None => 0,
    }
}

/// Fails closed: without its data it denies.
unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _schema: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: the data is the core that `install_hooks` passed.
    let Some(core) = (unsafe { data.cast::<Core>().cast_const().as_ref() }) else {
        return ffi::SQLITE_DENY;
    };
    if !core.authorizes() {
        return ffi::SQLITE_OK;
    }
    // SAFETY: SQLite passes null or NUL-terminated strings that live until this returns.
    let first = unsafe { text(first) };
    let action = match action {
        ffi::SQLITE_TRANSACTION => Action::Transaction,
        ffi::SQLITE_SAVEPOINT => Action::Savepoint,
        ffi::SQLITE_ATTACH => Action::Attach,
        ffi::SQLITE_DETACH => Action::Detach,
        ffi::SQLITE_PRAGMA => Action::Pragma(first, !second.is_null()),
        ffi::SQLITE_INSERT | ffi::SQLITE_UPDATE | ffi::SQLITE_DELETE => Action::Write(first),
        _ => Action::Other,
    };
    if core.authorize(action) { ffi::SQLITE_OK } else { ffi::SQLITE_DENY }
}

/// # Safety
///
/// `ptr` must be null or a NUL-terminated string that lives for `'a`.
unsafe fn text<'a>(ptr: *const c_char) -> &'a str {
    if ptr.is_null() {
        return "";
    }
    // SAFETY: the caller vouches for the pointer, which is not null.
    unsafe { CStr::from_ptr(ptr) }.to_str().unwrap_or("")
}
