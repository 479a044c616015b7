//! `xUpdate`, and values on their way to an extension.

use std::ffi::c_int;
use std::rc::Rc;
use std::slice;

use rusqlite::ffi;

use super::value::{RawValue, ReadError, read};
use super::vtab_table::{KeptRowid, complain, handle, table};
use crate::contract::types::Value;
use crate::contract::vtab::Conflict;
use crate::engine::error::{Error, NOMEM, Result};
use crate::engine::value::ValueRef;
use crate::engine::vtab::{Change, Module};

/// `xUpdate` of every module that is writable.
pub(super) unsafe extern "C" fn update(
    raw: *mut ffi::sqlite3_vtab,
    argc: c_int,
    argv: *mut *mut ffi::sqlite3_value,
    rowid: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes what `construct` made.
    let Some(table) = (unsafe { table(raw) }).map(Rc::clone) else { return ffi::SQLITE_MISUSE };
    let len = if argv.is_null() { 0 } else { usize::try_from(argc).unwrap_or(0) };
    // SAFETY: SQLite passes `argc` protected values, valid until this returns. The handle is that of the table's connection,
    // which is writing.
    let (change, conflict) = unsafe {
        let values = if len == 0 { &[] } else { slice::from_raw_parts(argv.cast_const(), len) };
        (change(table.module(), values), conflict(handle(raw)))
    };
    // SAFETY: as above. Of an inserted row SQLite sets the rowid when this has returned.
    let _kept = unsafe { KeptRowid::of(handle(raw)) };
    match change.and_then(|change| table.change(&change, conflict)) {
        Ok(inserted) => {
            if let Some(inserted) = inserted {
                // SAFETY: the out pointer is writable.
                unsafe { *rowid = inserted };
            }
            ffi::SQLITE_OK
        }
        // SQLite goes on to the next row: a message would turn up at another error.
        Err(error) if table.may_ignore(&error, conflict) => ffi::SQLITE_CONSTRAINT,
        // SAFETY: as above.
        Err(error) => unsafe { complain(raw, table.module().core(), error) },
    }
}

/// What to do about a row that breaks a constraint.
///
/// # Safety
///
/// `handle` must be live, and a table of it in `xUpdate`.
///
/// Source: <https://sqlite.org/c3ref/vtab_on_conflict.html>
unsafe fn conflict(handle: *mut ffi::sqlite3) -> Conflict {
    // SAFETY: the caller vouches for the handle.
    match unsafe { ffi::sqlite3_vtab_on_conflict(handle) } {
        ffi::SQLITE_ROLLBACK => Conflict::Rollback,
        ffi::SQLITE_IGNORE => Conflict::Ignore,
        ffi::SQLITE_FAIL => Conflict::Fail,
        ffi::SQLITE_REPLACE => Conflict::Replace,
        _ => Conflict::Abort,
    }
}

/// Reads the arguments of `xUpdate`.
///
/// # Safety
///
/// The values must be protected.
///
/// Source: <https://sqlite.org/vtab.html#the_xupdate_method>
unsafe fn change(module: &Module, values: &[*mut ffi::sqlite3_value]) -> Result<Change> {
    // SAFETY: the caller vouches for the values, here and below.
    let rowid = |value| match unsafe { owned(module, value, "a rowid") }? {
        Value::Null => Ok(None),
        Value::Integer(rowid) => Ok(Some(rowid)),
        _ => Err(Error::new(ffi::SQLITE_MISMATCH, "datatype mismatch: a rowid must be an integer")),
    };
    let missing = || Error::new(ffi::SQLITE_MISMATCH, "datatype mismatch: a rowid must not be NULL");
    let columns = |values: &[*mut ffi::sqlite3_value]| {
        let named = (1..).zip(values);
        // SAFETY: as above.
        named
            .map(|(number, value)| unsafe { owned(module, *value, &format!("column {number}")) })
            .collect::<Result<Vec<_>>>()
    };
    Ok(match values {
        [] => return Err(Error::misuse("`xUpdate` without arguments")),
        [old] => Change::Delete(rowid(*old)?.ok_or_else(missing)?),
        [old, new, values @ ..] => match rowid(*old)? {
            None => Change::Insert(rowid(*new)?, columns(values)?),
            Some(old) => Change::Update(old, rowid(*new)?.ok_or_else(missing)?, columns(values)?),
        },
    })
}

/// Copies a value for an extension.
///
/// # Errors
///
/// `invalid-text`, naming the value as `what`; `SQLITE_NOMEM`.
///
/// # Safety
///
/// `value` must be protected.
pub(super) unsafe fn owned(module: &Module, value: *mut ffi::sqlite3_value, what: &str) -> Result<Value> {
    // SAFETY: the caller vouches for the value, and nothing converts it before it is copied.
    let value = unsafe { read(value).map(|raw: RawValue| raw.get()) };
    match value {
        Err(ReadError::NoMemory) => Err(Error::new(NOMEM, "out of memory")),
        Ok(value) => copied(value).map_err(|at| module.invalid_text(what, at)),
    }
}

/// Copies a value; of a text that is not valid UTF-8, gives the 0-based byte from which on it is not.
pub(super) fn copied(value: ValueRef<'_>) -> Result<Value, usize> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(utf8) => match std::str::from_utf8(utf8) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(error) => return Err(error.valid_up_to()),
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}
