//! Virtual tables: the modules that extensions register, their tables and their cursors.
//!
//! SQLite's callbacks arrive here from `sqlite/vtab*.rs` and leave to the extension. Ids of tables and cursors are the engine's.
//! When an instance ends, they are all void: a table is connected again in the next instance before its next use, a cursor
//! that was open fails.
//!
//! SQLite ends things (closes cursors, disconnects tables, rolls transactions back) whenever it has to, also while the
//! extension is on the stack. Such a call waits in [`Tables`] until the extension is free.

mod call;
mod cursor;
mod declaration;
mod plan;
mod table;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::CString;
use std::rc::Rc;

use crate::contract::metadata::ModuleFlags;
use crate::contract::vtab::TransactionStep;
use crate::engine::calls::{Callee, Numbers};
use crate::engine::connection::{Connection, Core};
use crate::engine::error::{BUSY, ERROR, Error, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::sqlite::{ModuleKind, Script};

pub(crate) use call::settle;
pub(crate) use cursor::Cursor;
pub(crate) use plan::Handed;
pub(crate) use table::{Change, Planned, Table};

/// What an extension has of tables and cursors.
#[derive(Default)]
pub(crate) struct Tables {
    /// Numbers of its tables.
    numbers: Numbers,
    /// Numbers of its cursors.
    cursors: Numbers,
    /// Tables whose transaction has begun.
    in_transaction: Cell<u32>,
    /// What waits for the extension to be free, first in first out.
    deferred: RefCell<VecDeque<Deferred>>,
    /// The extension is gone: nothing of it is called any more.
    gone: Cell<bool>,
}

/// A call that nobody waits for.
struct Deferred {
    /// It concerns something of this generation only.
    generation: u32,
    module: Rc<Module>,
    ending: Ending,
}

/// What SQLite ends without asking.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Disconnect(u32),
    Close(u32),
    Step(u32, TransactionStep),
}

impl Tables {
    /// Whether a table of the extension takes part in the open transaction.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction.get() > 0
    }

    /// Whether there is something for [`settle`] to do.
    #[inline]
    pub(crate) fn has_deferred(&self) -> bool {
        !self.deferred.borrow().is_empty()
    }

    /// The extension is about to be released: nothing of it is called any more.
    pub(crate) fn abandon(&self) {
        self.gone.set(true);
        self.deferred.borrow_mut().clear();
    }
}

/// A virtual table module of an extension. SQLite owns it, and each of its tables has it too.
pub(crate) struct Module {
    core: Rc<Core>,
    extension: Rc<Extension>,
    callee: Callee,
    id: u32,
    /// As registered, with the prefix.
    name: String,
    flags: ModuleFlags,
}

impl Module {
    /// What SQLite is told of it when it is registered.
    pub(crate) fn kind(&self) -> ModuleKind {
        let has = |flag| self.flags.contains(flag);
        ModuleKind {
            eponymous: has(ModuleFlags::EPONYMOUS),
            creatable: has(ModuleFlags::CREATABLE),
            writable: has(ModuleFlags::WRITABLE),
            transactional: self.flags.intersects(ModuleFlags::TRANSACTIONAL | ModuleFlags::SAVEPOINTS),
            savepoints: has(ModuleFlags::SAVEPOINTS),
            integrity: has(ModuleFlags::INTEGRITY),
        }
    }

    /// A number for another table.
    fn table_number(&self) -> Result<u32> {
        let number = self.extension.tables.numbers.take(u32::MAX);
        number.ok_or_else(|| self.extension.too_many_open(&self.core, self.callee, "virtual tables"))
    }

    /// State that the connection's callbacks share.
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    fn failure(&self, reason: Reason, detail: &str) -> Error {
        self.extension.failure(reason, self.callee, detail)
    }

    /// A text on its way to the extension that is not valid UTF-8.
    pub(crate) fn invalid_text(&self, what: &str, at: usize) -> Error {
        self.failure(Reason::InvalidText, &format!("{what} is a text that is not valid UTF-8 at byte {at}"))
    }

    /// Something that SQLite asks, and the module has no part in.
    fn refusal(&self, message: String) -> Error {
        Error { extension: Some(self.extension.name.clone()), ..Error::new(ERROR, message) }
    }

    /// Something the contract does not allow.
    fn invalid(&self, detail: &str) -> Error {
        self.failure(Reason::InvalidResult, detail)
    }
}

/// Registers a module of an extension, by its index in the manifest, replacing one of the same name.
///
/// # Errors
///
/// `SQLITE_ERROR` if too many modules have shadow names, `SQLITE_NOMEM`.
pub(crate) fn register(connection: &Connection, extension: &Rc<Extension>, index: usize) -> Result<()> {
    let Some(module) = extension.manifest.modules.get(index) else { return Ok(()) };
    let name = c_name(&module.name)?;
    let registered = Rc::new(Module {
        core: Rc::clone(&connection.core),
        extension: Rc::clone(extension),
        callee: Callee::Module(index),
        id: module.id,
        name: module.name.clone(),
        flags: module.flags,
    });
    let _running = connection.enter();
    connection
        .database
        .create_module(&name, registered, &module.shadow_names)
        .map_err(|error| Error { extension: Some(extension.name.clone()), ..error })
}

/// Removes a module. Its tables stay connected until [`disconnect_all`].
///
/// # Errors
///
/// `SQLITE_NOMEM`.
pub(crate) fn unregister(connection: &Connection, name: &str) -> Result<()> {
    let _running = connection.enter();
    connection.database.remove_module(&c_name(name)?).map_err(|code| connection.error(code, 0))
}

fn c_name(name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::misuse("the name of a virtual table module must not contain U+0000"))
}

/// Fails while tables of the extension can't be done without.
///
/// # Errors
///
/// `SQLITE_BUSY` while one takes part in the open transaction.
pub(crate) fn must_not_be_in_use(extension: &Extension) -> Result<()> {
    if extension.tables.in_transaction() {
        return Err(Error {
            extension: Some(extension.name.clone()),
            ..Error::new(
                BUSY,
                format!(
                    "a virtual table of extension `{}` takes part in the open transaction: commit it or roll it back first",
                    extension.name
                ),
            )
        });
    }
    Ok(())
}

/// Lets SQLite forget what it knows of the schema, so that every virtual table is disconnected: those whose module is still there
/// are connected again when they are used.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn disconnect_all(connection: &Connection) -> Result<()> {
    // There is no function for it. The setting is off then, whatever it was.
    let on = connection.database.writes_schema();
    let script = Script::new("PRAGMA writable_schema = RESET")?;
    let outcome = connection.core.internally(|| {
        let compiled = connection.compile(&script, 0, false)?;
        let _running = connection.enter();
        compiled
            .statement
            .map_or(Ok(()), |statement| statement.step().map(drop).map_err(|code| connection.error(code, 0)))
    });
    connection.database.set_writes_schema(on);
    outcome
}
