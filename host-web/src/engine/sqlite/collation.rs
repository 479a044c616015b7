//! The trampoline of collating sequences.

use std::cmp::Ordering;
use std::ffi::{CStr, c_int, c_void};
use std::rc::Rc;
use std::slice;

use rusqlite::ffi;

use super::database::Database;
use crate::engine::collation::{self, Collation};

impl Database {
    /// Registers a collating sequence, replacing one with the same name. SQLite shares `collation` from here on, and gives it
    /// up when it is replaced or removed, and when the connection closes.
    ///
    /// # Errors
    ///
    /// The result code: `SQLITE_BUSY` if a statement is running and the collation exists.
    ///
    /// Source: <https://sqlite.org/c3ref/create_collation.html>
    pub(crate) fn create_collation(&self, name: &CStr, collation: Rc<Collation>) -> Result<(), i32> {
        let data = Rc::into_raw(collation).cast_mut().cast::<c_void>();
        // SAFETY: the handle is live; the name is NUL-terminated; the user data is a leaked reference.
        let code = unsafe {
            ffi::sqlite3_create_collation_v2(
                self.handle(),
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                data,
                Some(compare),
                Some(destroy),
            )
        };
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        // SAFETY: it was leaked above. Unlike the calls for functions and modules, this one does not give it up when it
        // fails.
        unsafe { destroy(data) };
        Err(code)
    }

    /// Removes a collating sequence.
    ///
    /// # Errors
    ///
    /// As [`Database::create_collation`].
    pub(crate) fn remove_collation(&self, name: &CStr) -> Result<(), i32> {
        // SAFETY: the handle is live, the name is NUL-terminated, and there is no user data.
        let code = unsafe {
            ffi::sqlite3_create_collation_v2(
                self.handle(),
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                std::ptr::null_mut(),
                None,
                None,
            )
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }
}

/// Gives a collation's data up.
unsafe extern "C" fn destroy(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: it was leaked by `create_collation`, and is passed here once.
        drop(unsafe { Rc::from_raw(data.cast_const().cast::<Collation>()) });
    }
}

/// `xCompare` of every collation.
unsafe extern "C" fn compare(
    data: *mut c_void,
    left_len: c_int,
    left: *const c_void,
    right_len: c_int,
    right: *const c_void,
) -> c_int {
    // SAFETY: the data is what `create_collation` leaked, which SQLite drops only when no statement runs; the texts are
    // readable for their lengths in bytes until this returns.
    let ordering = unsafe {
        let Some(collation) = data.cast::<Collation>().cast_const().as_ref() else { return 0 };
        collation::compare(collation, bytes(left, left_len), bytes(right, right_len))
    };
    match ordering {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

/// # Safety
///
/// `ptr` must be readable for `len` bytes as long as the result is in use.
#[inline]
unsafe fn bytes<'a>(ptr: *const c_void, len: c_int) -> &'a [u8] {
    match usize::try_from(len) {
        Ok(len) if len > 0 && !ptr.is_null() => {
            // SAFETY: the caller vouches for the pointer, which is not null.
            unsafe { slice::from_raw_parts(ptr.cast::<u8>(), len) }
        }
        _ => &[],
    }
}
