//! The kit's hooks, natively.
#![allow(
    unsafe_code,
    reason = "rusqlite's own preupdate hook would generate bindings, and its authorizer drops what it does not know"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ffi};

use crate::Value;
use crate::pair::{Log, Manners};
use crate::value::list;

/// SQLite's action codes, from 0, as the kit writes them.
///
/// Source: <https://sqlite.org/c3ref/c_alter_table.html>
const ACTIONS: [&str; 34] = [
    "copy",
    "create-index",
    "create-table",
    "create-temp-index",
    "create-temp-table",
    "create-temp-trigger",
    "create-temp-view",
    "create-trigger",
    "create-view",
    "delete",
    "drop-index",
    "drop-table",
    "drop-temp-index",
    "drop-temp-table",
    "drop-temp-trigger",
    "drop-temp-view",
    "drop-trigger",
    "drop-view",
    "insert",
    "pragma",
    "read",
    "select",
    "transaction",
    "update",
    "attach",
    "detach",
    "alter-table",
    "reindex",
    "analyze",
    "create-vtable",
    "drop-vtable",
    "function",
    "savepoint",
    "recursive",
];

/// What the callbacks get.
struct Listener {
    log: Log,
    manners: Manners,
}

/// Installs all hooks.
pub fn install(connection: &mut Connection, log: &Log, manners: Manners) -> rusqlite::Result<()> {
    let (updates, commits, rollbacks) = (log.clone(), log.clone(), log.clone());
    connection.update_hook(Some(move |action: rusqlite::hooks::Action, database: &str, table: &str, rowid| {
        updates.note(format!("{} {database}.{table} {rowid}", operation(action as c_int)));
    }))?;
    connection.commit_hook(Some(move || {
        commits.note("commit");
        manners.veto
    }))?;
    connection.rollback_hook(Some(move || rollbacks.note("rollback")))?;
    let listener: &'static Listener = Box::leak(Box::new(Listener { log: log.clone(), manners }));
    let data = ptr::from_ref(listener).cast_mut().cast::<c_void>();
    // SAFETY: the handle is live, and the listener outlives it.
    unsafe {
        ffi::sqlite3_preupdate_hook(connection.handle(), Some(preupdate), data);
        ffi::sqlite3_set_authorizer(connection.handle(), Some(authorize), data);
    }
    Ok(())
}

fn operation(code: c_int) -> &'static str {
    match code {
        ffi::SQLITE_INSERT => "insert",
        ffi::SQLITE_UPDATE => "update",
        ffi::SQLITE_DELETE => "delete",
        _ => "?",
    }
}

/// # Safety
///
/// `name` must be null or a NUL-terminated string.
unsafe fn text(name: *const c_char) -> Option<String> {
    // SAFETY: the caller vouches for the string.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: the data is `install`'s listener, and SQLite's strings live until this returns.
    let (listener, names) =
        unsafe { (&*data.cast::<Listener>(), [first, second, database, trigger].map(|name| text(name))) };
    let action = usize::try_from(action).ok().and_then(|code| ACTIONS.get(code)).copied().unwrap_or("?");
    if listener.manners.asks {
        listener.log.note(format!("{action} {}", names.map(|name| name.unwrap_or_else(|| "-".into())).join(" ")));
    }
    if listener.manners.deny == Some(action) {
        ffi::SQLITE_DENY
    } else if listener.manners.ignore == Some(action) {
        ffi::SQLITE_IGNORE
    } else {
        ffi::SQLITE_OK
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
    // SAFETY: the data is `install`'s listener; SQLite's strings live until this returns, and so does the row.
    unsafe {
        let listener = &*data.cast::<Listener>();
        let old = if code == ffi::SQLITE_INSERT { Vec::new() } else { row(handle, ffi::sqlite3_preupdate_old) };
        let new = if code == ffi::SQLITE_DELETE { Vec::new() } else { row(handle, ffi::sqlite3_preupdate_new) };
        listener.log.note(format!(
            "pre-{} {}.{} {} {old_rowid}({}) {new_rowid}({})",
            operation(code),
            text(database).unwrap_or_default(),
            text(table).unwrap_or_default(),
            ffi::sqlite3_preupdate_depth(handle),
            list(&old),
            list(&new)
        ));
    }
}

/// # Safety
///
/// A preupdate hook must be running whose operation has this side.
unsafe fn row(
    handle: *mut ffi::sqlite3,
    column: unsafe extern "C" fn(*mut ffi::sqlite3, c_int, *mut *mut ffi::sqlite3_value) -> c_int,
) -> Vec<Value> {
    // SAFETY: the caller vouches for the handle; indices are below the count, and SQLite's values are copied at once.
    unsafe {
        (0..ffi::sqlite3_preupdate_count(handle))
            .map(|index| {
                let mut value = ptr::null_mut();
                let code = column(handle, index, &raw mut value);
                assert!(code == ffi::SQLITE_OK && !value.is_null(), "column {index} can't be read: {code}");
                owned(value)
            })
            .collect()
    }
}

/// # Safety
///
/// `value` must be protected, and nothing may convert it while this runs.
unsafe fn owned(value: *mut ffi::sqlite3_value) -> Value {
    // SAFETY: the caller vouches for the value. The type is asked for first, then the bytes, then their number.
    let bytes = |start: *const u8| unsafe {
        let len = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or(0);
        if len == 0 { &[][..] } else { std::slice::from_raw_parts(start, len) }
    };
    // SAFETY: as above.
    let lent = unsafe {
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_value_double(value)),
            ffi::SQLITE_TEXT => ValueRef::Text(bytes(ffi::sqlite3_value_text(value))),
            ffi::SQLITE_BLOB => ValueRef::Blob(bytes(ffi::sqlite3_value_blob(value).cast())),
            _ => ValueRef::Null,
        }
    };
    crate::pair::owned(lent)
}
