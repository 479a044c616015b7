//! The trampolines of tables.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::rc::Rc;
use std::slice;

use rusqlite::ffi;

use super::vtab::Registered;
use crate::engine::connection::Core;
use crate::engine::error::{ERROR, Error, Result, code_for_sqlite};
use crate::engine::vtab::Table;

/// The type of `xCreate` and `xConnect`.
pub(super) type Construct = unsafe extern "C" fn(
    *mut ffi::sqlite3,
    *mut c_void,
    c_int,
    *const *const c_char,
    *mut *mut ffi::sqlite3_vtab,
    *mut *mut c_char,
) -> c_int;
/// The type of callbacks that get a table only.
pub(super) type OfTable = unsafe extern "C" fn(*mut ffi::sqlite3_vtab) -> c_int;

/// What a table's constructor may say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableOption {
    /// `SQLITE_VTAB_CONSTRAINT_SUPPORT`
    Conflicts,
    /// `SQLITE_VTAB_DIRECTONLY`
    DirectOnly,
    /// `SQLITE_VTAB_INNOCUOUS`
    Innocuous,
}

/// A `sqlite3_vtab`. SQLite owns it between constructor and destructor, and clears `base` in between.
#[repr(C)]
struct RawTable {
    base: ffi::sqlite3_vtab,
    handle: *mut ffi::sqlite3,
    table: Rc<Table>,
}

/// A table's constructor while it runs: what SQLite must be told of the table.
pub(crate) struct Declaring {
    handle: *mut ffi::sqlite3,
}

impl Declaring {
    /// Declares the table's columns.
    ///
    /// # Errors
    ///
    /// SQLite's, about the declaration.
    ///
    /// Source: <https://sqlite.org/c3ref/declare_vtab.html>
    pub(crate) fn declare(&self, sql: &str) -> Result<()> {
        let sql = CString::new(sql).map_err(|_| Error::new(ERROR, "it contains U+0000"))?;
        // SAFETY: the handle is live, as its callback runs; the text is NUL-terminated. The message lives until the next call
        // on the handle and is copied.
        unsafe {
            let code = ffi::sqlite3_declare_vtab(self.handle, sql.as_ptr());
            if code == ffi::SQLITE_OK {
                return Ok(());
            }
            let message = CStr::from_ptr(ffi::sqlite3_errmsg(self.handle)).to_string_lossy();
            Err(Error::new(code, message))
        }
    }

    /// Says something else of the table.
    ///
    /// Source: <https://sqlite.org/c3ref/vtab_config.html>
    pub(crate) fn configure(&self, option: TableOption) {
        // SAFETY: as in `declare`; the first option takes an int, the others nothing. They fail outside of a constructor only.
        unsafe {
            match option {
                TableOption::Conflicts => {
                    ffi::sqlite3_vtab_config(self.handle, ffi::SQLITE_VTAB_CONSTRAINT_SUPPORT, 1 as c_int)
                }
                TableOption::DirectOnly => ffi::sqlite3_vtab_config(self.handle, ffi::SQLITE_VTAB_DIRECTONLY),
                TableOption::Innocuous => ffi::sqlite3_vtab_config(self.handle, ffi::SQLITE_VTAB_INNOCUOUS),
            }
        };
    }
}

pub(super) unsafe extern "C" fn create(
    handle: *mut ffi::sqlite3,
    data: *mut c_void,
    argc: c_int,
    argv: *const *const c_char,
    table: *mut *mut ffi::sqlite3_vtab,
    message: *mut *mut c_char,
) -> c_int {
    // SAFETY: SQLite's obligations are the same.
    unsafe { construct(true, handle, data, argc, argv, table, message) }
}

pub(super) unsafe extern "C" fn connect(
    handle: *mut ffi::sqlite3,
    data: *mut c_void,
    argc: c_int,
    argv: *const *const c_char,
    table: *mut *mut ffi::sqlite3_vtab,
    message: *mut *mut c_char,
) -> c_int {
    // SAFETY: SQLite's obligations are the same.
    unsafe { construct(false, handle, data, argc, argv, table, message) }
}

/// # Safety
///
/// The arguments must be those of `xCreate` or `xConnect`, of a module that `create_module` registered.
unsafe fn construct(
    create: bool,
    handle: *mut ffi::sqlite3,
    data: *mut c_void,
    argc: c_int,
    argv: *const *const c_char,
    out: *mut *mut ffi::sqlite3_vtab,
    message: *mut *mut c_char,
) -> c_int {
    // SAFETY: the data is what `create_module` leaked, which a module has as long as it has tables.
    let Some(registered) = (unsafe { data.cast::<Registered>().cast_const().as_ref() }) else {
        return ffi::SQLITE_MISUSE;
    };
    // The module may be removed while the constructor runs.
    let module = Rc::clone(&registered.module);
    let declaring = Declaring { handle };
    // SAFETY: the handle is that of the callback.
    let _kept = unsafe { KeptRowid::of(handle) };
    // SAFETY: SQLite passes `argc` strings.
    let made = unsafe { arguments(argc, argv) }.and_then(|mut arguments| {
        // Module, database and table come first.
        let rest = arguments.split_off(arguments.len().min(3));
        let mut named = arguments.into_iter().skip(1);
        let (database, name) = (named.next().unwrap_or_default(), named.next().unwrap_or_default());
        let open = || Table::open(&module, &declaring, create, database, name, rest);
        if create { open() } else { module.core().while_compiling(open) }
    });
    match made {
        Ok(table) => {
            // SAFETY: the out pointer is writable. `disconnect` or `destroy` takes the box back.
            unsafe {
                let base = ffi::sqlite3_vtab { pModule: ptr::null(), nRef: 0, zErrMsg: ptr::null_mut() };
                *out = Box::into_raw(Box::new(RawTable { base, handle, table })).cast();
            }
            ffi::SQLITE_OK
        }
        Err(error) => {
            let (code, text) = tell(module.core(), error);
            // SAFETY: the out pointer is writable, and SQLite frees what it gets.
            unsafe { *message = text };
            code
        }
    }
}

/// # Safety
///
/// `argv` must hold `argc` NUL-terminated strings.
unsafe fn arguments(argc: c_int, argv: *const *const c_char) -> Result<Vec<String>> {
    let len = if argv.is_null() { 0 } else { usize::try_from(argc).unwrap_or(0) };
    // SAFETY: the caller vouches for the list.
    let pointers = unsafe { if len == 0 { &[] } else { slice::from_raw_parts(argv, len) } };
    pointers
        .iter()
        // SAFETY: the caller vouches for the strings.
        .map(|pointer| unsafe { text(*pointer) })
        .map(|text| text.ok_or_else(|| Error::new(ERROR, "a name or an argument of the table is not valid UTF-8")))
        .collect()
}

/// Copies a string; none if it is not valid UTF-8.
///
/// # Safety
///
/// `pointer` must be null or a NUL-terminated string.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return Some(String::new());
    }
    // SAFETY: the caller vouches for the pointer, which is not null.
    unsafe { CStr::from_ptr(pointer) }.to_str().ok().map(str::to_owned)
}

/// Borrows the engine's table.
///
/// # Safety
///
/// `table` must be null or what `construct` made, and stay until `'a` ends.
pub(super) unsafe fn table<'a>(table: *mut ffi::sqlite3_vtab) -> Option<&'a Rc<Table>> {
    // SAFETY: the caller vouches for the pointer. Callbacks only share what is behind it, but for `base`, which only SQLite
    // and `complain` touch, through raw pointers.
    unsafe { if table.is_null() { None } else { Some(&(*table.cast::<RawTable>()).table) } }
}

/// The handle of the connection that a table belongs to.
///
/// # Safety
///
/// `table` must be what `construct` made.
pub(super) unsafe fn handle(table: *mut ffi::sqlite3_vtab) -> *mut ffi::sqlite3 {
    // SAFETY: the caller vouches for the pointer.
    unsafe { (*table.cast::<RawTable>()).handle }
}

/// Keeps the connection's last insert rowid as it is while a table runs, which may insert rows of its own.
///
/// Source: <https://sqlite.org/c3ref/last_insert_rowid.html>
pub(super) struct KeptRowid {
    handle: *mut ffi::sqlite3,
    rowid: ffi::sqlite3_int64,
}

impl KeptRowid {
    /// # Safety
    ///
    /// `handle` must stay live as long as this.
    pub(super) unsafe fn of(handle: *mut ffi::sqlite3) -> Self {
        // SAFETY: the caller vouches for the handle.
        Self { handle, rowid: unsafe { ffi::sqlite3_last_insert_rowid(handle) } }
    }
}

impl Drop for KeptRowid {
    fn drop(&mut self) {
        // SAFETY: `of`'s caller vouched for the handle.
        unsafe { ffi::sqlite3_set_last_insert_rowid(self.handle, self.rowid) }
    }
}

/// Remembers an error for the statement, and gives what SQLite is to be told: the code, and the message in memory that SQLite
/// frees.
pub(super) fn tell(core: &Core, mut error: Error) -> (c_int, *mut c_char) {
    error.clean();
    let code = code_for_sqlite(error.code);
    let message = copy(&error.message);
    core.record_failure(error);
    (code, message)
}

/// Copies a text without U+0000 to memory of SQLite's; null if there is none.
pub(super) fn copy(text: &str) -> *mut c_char {
    // SAFETY: the allocation is one byte larger than the text, all of which is written.
    unsafe {
        let copy = ffi::sqlite3_malloc64(text.len() as u64 + 1).cast::<u8>();
        if !copy.is_null() {
            copy.copy_from_nonoverlapping(text.as_ptr(), text.len());
            copy.add(text.len()).write(0);
        }
        copy.cast()
    }
}

/// Fails a callback of a table whose message SQLite takes over.
///
/// # Safety
///
/// As [`table`].
pub(super) unsafe fn complain(raw: *mut ffi::sqlite3_vtab, core: &Core, error: Error) -> c_int {
    let (code, message) = tell(core, error);
    // SAFETY: the caller vouches for the pointer; the message is null or SQLite's memory, as it must be.
    unsafe {
        ffi::sqlite3_free((*raw).zErrMsg.cast());
        (*raw).zErrMsg = message;
    }
    code
}

/// Runs a callback whose message SQLite takes over.
///
/// # Safety
///
/// As [`table`].
unsafe fn heard(raw: *mut ffi::sqlite3_vtab, call: impl FnOnce(&Table) -> Result<()>) -> c_int {
    // SAFETY: the caller vouches for the pointer.
    let Some(table) = (unsafe { table(raw) }).map(Rc::clone) else { return ffi::SQLITE_MISUSE };
    // SAFETY: as above.
    let _kept = unsafe { KeptRowid::of(handle(raw)) };
    match call(&table) {
        Ok(()) => ffi::SQLITE_OK,
        // SAFETY: as above.
        Err(error) => unsafe { complain(raw, table.module().core(), error) },
    }
}

/// Runs a callback of which SQLite takes a code only: a message would turn up at another error later.
///
/// # Safety
///
/// As [`table`].
unsafe fn unheard(raw: *mut ffi::sqlite3_vtab, call: impl FnOnce(&Table) -> Result<()>) -> c_int {
    // SAFETY: the caller vouches for the pointer.
    let Some(table) = (unsafe { table(raw) }).map(Rc::clone) else { return ffi::SQLITE_MISUSE };
    // SAFETY: as above.
    let _kept = unsafe { KeptRowid::of(handle(raw)) };
    match call(&table) {
        Ok(()) => ffi::SQLITE_OK,
        Err(mut error) => {
            error.clean();
            let code = code_for_sqlite(error.code);
            table.module().core().record_unheard(error);
            code
        }
    }
}

/// # Safety
///
/// `raw` must be what `construct` made, and not be used again.
unsafe fn free(raw: *mut ffi::sqlite3_vtab) {
    // SAFETY: the caller vouches for the pointer; an error message nobody took is SQLite's memory.
    unsafe {
        ffi::sqlite3_free((*raw).zErrMsg.cast());
        drop(Box::from_raw(raw.cast::<RawTable>()));
    }
}

pub(super) unsafe extern "C" fn disconnect(raw: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: SQLite passes what `construct` made, for the last time.
    unsafe {
        if let Some(table) = table(raw) {
            table.disconnect();
            free(raw);
        }
    }
    ffi::SQLITE_OK
}

pub(super) unsafe extern "C" fn destroy(raw: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: SQLite passes what `construct` made, for the last time if this succeeds.
    unsafe {
        let code = unheard(raw, Table::destroy);
        if code == ffi::SQLITE_OK {
            free(raw);
        }
        code
    }
}

pub(super) unsafe extern "C" fn begin(raw: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: SQLite passes what `construct` made, here and in the other callbacks.
    unsafe { heard(raw, Table::begin) }
}

pub(super) unsafe extern "C" fn sync(raw: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: as in `begin`.
    unsafe { heard(raw, Table::sync) }
}

pub(super) unsafe extern "C" fn commit(raw: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: as in `begin`.
    unsafe { told(raw, Table::commit) }
}

pub(super) unsafe extern "C" fn rollback(raw: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: as in `begin`.
    unsafe { told(raw, Table::rollback) }
}

pub(super) unsafe extern "C" fn savepoint(raw: *mut ffi::sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: as in `begin`.
    unsafe { told(raw, |table| table.savepoint(number)) }
}

pub(super) unsafe extern "C" fn release(raw: *mut ffi::sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: as in `begin`.
    unsafe { told(raw, |table| table.release(number)) }
}

pub(super) unsafe extern "C" fn rollback_to(raw: *mut ffi::sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: as in `begin`.
    unsafe { told(raw, |table| table.rollback_to(number)) }
}

/// Runs a callback that can't fail.
///
/// # Safety
///
/// As [`table`].
unsafe fn told(raw: *mut ffi::sqlite3_vtab, call: impl FnOnce(&Table)) -> c_int {
    // SAFETY: the caller vouches for the pointer.
    if let Some(table) = (unsafe { table(raw) }).map(Rc::clone) {
        call(&table);
    }
    ffi::SQLITE_OK
}

pub(super) unsafe extern "C" fn rename(raw: *mut ffi::sqlite3_vtab, name: *const c_char) -> c_int {
    // SAFETY: as in `begin`; the name is NUL-terminated.
    unsafe {
        heard(raw, |table| match text(name) {
            Some(name) => table.rename(&name),
            None => Err(Error::new(ERROR, "the new name of the table is not valid UTF-8")),
        })
    }
}

pub(super) unsafe extern "C" fn integrity(
    raw: *mut ffi::sqlite3_vtab,
    _schema: *const c_char,
    _name: *const c_char,
    flags: c_int,
    out: *mut *mut c_char,
) -> c_int {
    // SAFETY: as in `begin`; the out pointer is writable, and SQLite frees what it gets.
    unsafe {
        unheard(raw, |table| {
            if let Some(found) = table.integrity(flags & 1 != 0)? {
                *out = copy(&found.replace('\0', "\u{fffd}"));
            }
            Ok(())
        })
    }
}
