//! Virtual table modules: registering them. The trampolines are in `vtab_table`, `vtab_update`, `vtab_index` and `vtab_cursor`.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::rc::Rc;

use rusqlite::ffi;

use super::database::Database;
use super::vtab_cursor;
use super::vtab_index::best_index;
use super::vtab_shadow::{ShadowNames, Slot};
use super::vtab_table::{self, Construct, OfTable};
use super::vtab_update::update;
use crate::engine::error::Result;
use crate::engine::vtab::Module;

/// Which of its callbacks a module has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ModuleKind {
    pub(crate) eponymous: bool,
    pub(crate) creatable: bool,
    pub(crate) writable: bool,
    pub(crate) transactional: bool,
    pub(crate) savepoints: bool,
    pub(crate) integrity: bool,
}

/// The user data of a module, with the definition that SQLite keeps a pointer to.
pub(super) struct Registered {
    definition: ffi::sqlite3_module,
    pub(super) module: Rc<Module>,
    /// Keeps the module's shadow names where `definition` finds them.
    _shadow: Option<Slot>,
}

impl Database {
    /// Registers a module, replacing one of the same name. SQLite owns `module` from here on: it drops it when it is replaced or
    /// removed and the last of its tables is disconnected, and when this fails.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR` if there is no room for its shadow names, `SQLITE_NOMEM`.
    ///
    /// Source: <https://sqlite.org/c3ref/create_module.html>
    pub(crate) fn create_module(&self, name: &CStr, module: Rc<Module>, shadow_names: &[String]) -> Result<()> {
        let shadow = ShadowNames::take(shadow_names)?;
        let definition = definition(module.kind(), shadow.as_ref());
        let registered = Box::into_raw(Box::new(Registered { definition, module, _shadow: shadow }));
        // SAFETY: the handle is live; the name is NUL-terminated; the user data is a leaked box, which `destroy_module` takes
        // back, also when the call fails; the definition in it lives as long.
        let code = unsafe {
            ffi::sqlite3_create_module_v2(
                self.handle(),
                name.as_ptr(),
                &raw const (*registered).definition,
                registered.cast(),
                Some(destroy_module),
            )
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.error(code)) }
    }

    /// Removes a module. Tables of it that are connected stay so.
    ///
    /// # Errors
    ///
    /// The result code.
    pub(crate) fn remove_module(&self, name: &CStr) -> Result<(), c_int> {
        // SAFETY: the handle is live, the name is NUL-terminated, and there is no user data.
        let code =
            unsafe { ffi::sqlite3_create_module_v2(self.handle(), name.as_ptr(), ptr::null(), ptr::null_mut(), None) };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }

    /// Whether `PRAGMA writable_schema` is on.
    ///
    /// Source: <https://sqlite.org/c3ref/c_dbconfig_defensive.html>
    pub(crate) fn writes_schema(&self) -> bool {
        let mut on: c_int = 0;
        // SAFETY: the handle is live; the option takes an int and a pointer to one, which is writable.
        unsafe {
            ffi::sqlite3_db_config(self.handle(), ffi::SQLITE_DBCONFIG_WRITABLE_SCHEMA, -1 as c_int, &raw mut on)
        };
        on != 0
    }

    /// Sets `PRAGMA writable_schema`.
    pub(crate) fn set_writes_schema(&self, on: bool) {
        // SAFETY: as in `writes_schema`; the pointer may be null.
        unsafe {
            ffi::sqlite3_db_config(
                self.handle(),
                ffi::SQLITE_DBCONFIG_WRITABLE_SCHEMA,
                c_int::from(on),
                ptr::null_mut::<c_int>(),
            )
        };
    }
}

/// Puts the callbacks together: what a module does not do is null.
fn definition(kind: ModuleKind, shadow: Option<&Slot>) -> ffi::sqlite3_module {
    // A module whose tables may exist by themselves has the same constructor twice, or no `xCreate`: SQLite compares them.
    let connect: Option<Construct> = Some(vtab_table::connect);
    let (create, destroy): (Option<Construct>, Option<OfTable>) = match (kind.creatable, kind.eponymous) {
        (false, _) => (None, Some(vtab_table::disconnect)),
        (true, true) => (connect, Some(vtab_table::disconnect)),
        (true, false) => (Some(vtab_table::create), Some(vtab_table::destroy)),
    };
    ffi::sqlite3_module {
        iVersion: 4,
        xCreate: create,
        xConnect: connect,
        xBestIndex: Some(best_index),
        xDisconnect: Some(vtab_table::disconnect),
        xDestroy: destroy,
        xOpen: Some(vtab_cursor::open),
        xClose: Some(vtab_cursor::close),
        xFilter: Some(vtab_cursor::filter),
        xNext: Some(vtab_cursor::next),
        xEof: Some(vtab_cursor::eof),
        xColumn: Some(vtab_cursor::column),
        xRowid: Some(vtab_cursor::rowid),
        xUpdate: if kind.writable { Some(update) } else { None },
        xBegin: if kind.transactional { Some(vtab_table::begin) } else { None },
        xSync: if kind.transactional { Some(vtab_table::sync) } else { None },
        xCommit: if kind.transactional { Some(vtab_table::commit) } else { None },
        xRollback: if kind.transactional { Some(vtab_table::rollback) } else { None },
        xFindFunction: None,
        // Without it SQLite would rename the table and not ask.
        xRename: Some(vtab_table::rename),
        xSavepoint: if kind.savepoints { Some(vtab_table::savepoint) } else { None },
        xRelease: if kind.savepoints { Some(vtab_table::release) } else { None },
        xRollbackTo: if kind.savepoints { Some(vtab_table::rollback_to) } else { None },
        xShadowName: shadow.map(Slot::callback),
        xIntegrity: if kind.integrity { Some(vtab_table::integrity) } else { None },
    }
}

/// Drops a module's data.
unsafe extern "C" fn destroy_module(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: SQLite passes what `create_module` leaked, once, after the last use of the definition.
        drop(unsafe { Box::from_raw(data.cast::<Registered>()) });
    }
}
