//! The trampolines of cursors.

use std::ffi::{c_char, c_int};
use std::ptr;
use std::rc::Rc;
use std::slice;

use rusqlite::ffi;

use super::result::ENCODING_UTF8;
use super::vtab_index::read_string;
use super::vtab_table::{KeptRowid, complain, handle, table};
use super::vtab_update::owned;
use crate::contract::types::Value;
use crate::contract::vtab::Argument;
use crate::engine::error::{Error, Result};
use crate::engine::value::ValueRef;
use crate::engine::vtab::{Cursor, Module};

/// A `sqlite3_vtab_cursor`. SQLite owns it between `open` and `close`.
#[repr(C)]
struct RawCursor {
    base: ffi::sqlite3_vtab_cursor,
    cursor: Cursor,
}

/// Borrows the engine's cursor.
///
/// # Safety
///
/// `raw` must be what `open` made, and stay until `'a` ends.
#[inline]
unsafe fn cursor<'a>(raw: *mut ffi::sqlite3_vtab_cursor) -> &'a Cursor {
    // SAFETY: the caller vouches for the pointer. Callbacks only share the cursor; `base` is SQLite's.
    unsafe { &(*raw.cast::<RawCursor>()).cursor }
}

/// Fails a callback.
///
/// # Safety
///
/// As [`cursor`].
#[cold]
unsafe fn fail(raw: *mut ffi::sqlite3_vtab_cursor, error: Error) -> c_int {
    // SAFETY: the caller vouches for the cursor, whose table SQLite has entered and keeps as long as it.
    unsafe { complain((*raw).pVtab, cursor(raw).module().core(), error) }
}

/// `xOpen` of every module.
pub(super) unsafe extern "C" fn open(raw: *mut ffi::sqlite3_vtab, out: *mut *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: SQLite passes what `construct` made, and a writable out pointer. `close` takes the box back.
    unsafe {
        let Some(table) = table(raw) else { return ffi::SQLITE_MISUSE };
        let base = ffi::sqlite3_vtab_cursor { pVtab: ptr::null_mut() };
        *out = Box::into_raw(Box::new(RawCursor { base, cursor: Cursor::new(Rc::clone(table)) })).cast();
    }
    ffi::SQLITE_OK
}

/// `xClose` of every module.
pub(super) unsafe extern "C" fn close(raw: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    if !raw.is_null() {
        // SAFETY: SQLite passes what `open` made, for the last time.
        drop(unsafe { Box::from_raw(raw.cast::<RawCursor>()) });
    }
    ffi::SQLITE_OK
}

/// `xFilter` of every module.
pub(super) unsafe extern "C" fn filter(
    raw: *mut ffi::sqlite3_vtab_cursor,
    number: c_int,
    string: *const c_char,
    argc: c_int,
    argv: *mut *mut ffi::sqlite3_value,
) -> c_int {
    let len = if argv.is_null() { 0 } else { usize::try_from(argc).unwrap_or(0) };
    // SAFETY: SQLite passes what `open` made, the string that `best_index` gave for this plan, and `argc` protected values, all
    // valid until this returns.
    unsafe {
        let cursor = cursor(raw);
        let _kept = KeptRowid::of(handle((*raw).pVtab));
        let (name, handed) = read_string(string);
        let values = if len == 0 { &[] } else { slice::from_raw_parts(argv.cast_const(), len) };
        let args = arguments(cursor.module(), values, handed.lists);
        match args.and_then(|args| cursor.filter(number, name, &args, handed)) {
            Ok(()) => ffi::SQLITE_OK,
            Err(error) => fail(raw, error),
        }
    }
}

/// Copies the arguments of a scan; a bit of `lists` is set for those that are IN lists.
///
/// # Safety
///
/// The values must be protected.
unsafe fn arguments(module: &Module, values: &[*mut ffi::sqlite3_value], lists: u32) -> Result<Vec<Argument>> {
    (0_u32..)
        .zip(values)
        .map(|(index, value)| {
            let what = || format!("the value of a constraint, argument {},", index + 1);
            let is_list = lists.checked_shr(index).is_some_and(|lists| lists & 1 != 0);
            // SAFETY: the caller vouches for the values.
            unsafe {
                if is_list {
                    items(module, *value, &what()).map(Argument::Many)
                } else {
                    owned(module, *value, &what()).map(Argument::Single)
                }
            }
        })
        .collect()
}

/// Copies the values of an IN list.
///
/// # Safety
///
/// `list` must be an argument of the running `xFilter`.
///
/// Source: <https://sqlite.org/c3ref/vtab_in_first.html>
unsafe fn items(module: &Module, list: *mut ffi::sqlite3_value, what: &str) -> Result<Vec<Value>> {
    let mut items = Vec::new();
    let mut item = ptr::null_mut();
    // SAFETY: the caller vouches for the list. An item is protected, and valid until the next one is asked for.
    unsafe {
        let mut code = ffi::sqlite3_vtab_in_first(list, &raw mut item);
        while code == ffi::SQLITE_OK && !item.is_null() {
            items.push(owned(module, item, what)?);
            code = ffi::sqlite3_vtab_in_next(list, &raw mut item);
        }
        match code {
            ffi::SQLITE_OK | ffi::SQLITE_DONE => Ok(items),
            code => Err(Error::new(code, format!("{what} can't be read as an IN list"))),
        }
    }
}

/// `xNext` of every module.
pub(super) unsafe extern "C" fn next(raw: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: SQLite passes what `open` made, here and in the callbacks below.
    unsafe {
        let cursor = cursor(raw);
        if cursor.advance() {
            return ffi::SQLITE_OK;
        }
        let _kept = KeptRowid::of(handle((*raw).pVtab));
        match cursor.fetch() {
            Ok(()) => ffi::SQLITE_OK,
            Err(error) => fail(raw, error),
        }
    }
}

/// `xEof` of every module.
pub(super) unsafe extern "C" fn eof(raw: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: as in `next`.
    c_int::from(unsafe { cursor(raw) }.is_at_end())
}

/// `xColumn` of every module.
pub(super) unsafe extern "C" fn column(
    raw: *mut ffi::sqlite3_vtab_cursor,
    context: *mut ffi::sqlite3_context,
    number: c_int,
) -> c_int {
    // SAFETY: as in `next`; the context is that of this call.
    unsafe {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        match cursor(raw).column(number, |value| give(context, value)) {
            Ok(()) => ffi::SQLITE_OK,
            Err(error) => fail(raw, error),
        }
    }
}

/// Hands a value to SQLite, which copies it.
///
/// # Safety
///
/// `context` must be that of a running call. A text must be valid UTF-8.
#[inline]
unsafe fn give(context: *mut ffi::sqlite3_context, value: ValueRef<'_>) {
    // SAFETY: the caller vouches for the context; bytes are readable for their length.
    // Source: https://sqlite.org/c3ref/result_blob.html
    unsafe {
        match value {
            // Not setting anything would mean that an UPDATE leaves the column as it is.
            ValueRef::Null => ffi::sqlite3_result_null(context),
            ValueRef::Integer(value) => ffi::sqlite3_result_int64(context, value),
            ValueRef::Real(value) => ffi::sqlite3_result_double(context, value),
            ValueRef::Text(utf8) => ffi::sqlite3_result_text64(
                context,
                utf8.as_ptr().cast(),
                utf8.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                ENCODING_UTF8,
            ),
            ValueRef::Blob([]) => {
                ffi::sqlite3_result_zeroblob(context, 0);
            }
            ValueRef::Blob(bytes) => {
                let len = bytes.len() as u64;
                ffi::sqlite3_result_blob64(context, bytes.as_ptr().cast(), len, ffi::SQLITE_TRANSIENT());
            }
        }
    }
}

/// `xRowid` of every module.
pub(super) unsafe extern "C" fn rowid(raw: *mut ffi::sqlite3_vtab_cursor, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: as in `next`; the out pointer is writable.
    unsafe { *out = cursor(raw).rowid() };
    ffi::SQLITE_OK
}
