//! Tables of a module: connecting them, writing, transactions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::call::{call, finish};
use super::cursor::Layout;
use super::plan::{self, Handed};
use super::{Ending, Module, declaration};
use crate::contract::metadata::ModuleFlags;
use crate::contract::types::Value;
use crate::contract::vtab::{Conflict, IndexPlan, IndexQuery, TransactionStep};
use crate::engine::error::{ERROR, Error, Reason, Result};
use crate::engine::sqlite::{Declaring, TableOption};
use crate::front::dispatch;

/// `SQLITE_CONSTRAINT`.
const CONSTRAINT: i32 = 19;
/// Longest part of a declaration in an error message, in bytes.
const SHOWN: usize = 200;

/// A table, as the connection has it.
pub(crate) struct Table {
    module: Rc<Module>,
    /// `main`, `temp` or the name of an attached database.
    database: String,
    name: RefCell<String>,
    arguments: Vec<String>,
    declared: String,
    /// Number of columns.
    columns: usize,
    /// The extension's number for it.
    id: Cell<u32>,
    /// Generation in which `id` was connected.
    generation: Cell<u32>,
    /// Generation in which its transaction began; none outside of one.
    begun: Cell<Option<u32>>,
    /// Savepoints the extension knows of: those with a lower number.
    savepoints: Cell<i32>,
    /// Savepoints SQLite has told of, whether the extension knows them or not.
    open_savepoints: Cell<i32>,
}

/// A row to write.
#[derive(Debug)]
pub(crate) enum Change {
    /// The rowid, if the statement gives one, and the columns.
    Insert(Option<i64>, Vec<Value>),
    /// The rowid, the new rowid, and the columns.
    Update(i64, i64, Vec<Value>),
    /// The rowid.
    Delete(i64),
}

/// What a plan came to.
pub(crate) enum Planned {
    /// A plan that was checked.
    Plan(IndexPlan, Handed),
    /// There is none with these constraints.
    Impossible,
}

impl Table {
    /// Creates or connects a table, and declares it to SQLite.
    ///
    /// # Errors
    ///
    /// The extension's; `invalid-result` for a declaration that can't be used.
    pub(crate) fn open(
        module: &Rc<Module>,
        declaring: &Declaring,
        create: bool,
        database: String,
        name: String,
        arguments: Vec<String>,
    ) -> Result<Rc<Self>> {
        let id = module.table_number()?;
        let declared = call(module, |extension| {
            if create {
                dispatch::vtab_create(extension, module.id, id, &database, &name, &arguments)
            } else {
                dispatch::vtab_connect(extension, module.id, id, &database, &name, &arguments)
            }
        })
        .inspect_err(|_| module.extension.tables.numbers.give_back())?;
        let generation = module.extension.generation.get();
        match declare(module, declaring, &name, &declared) {
            Ok(columns) => Ok(Rc::new(Self {
                module: Rc::clone(module),
                database,
                name: RefCell::new(name),
                arguments,
                declared,
                columns,
                id: Cell::new(id),
                generation: Cell::new(generation),
                begun: Cell::new(None),
                savepoints: Cell::new(0),
                open_savepoints: Cell::new(0),
            })),
            Err(error) => {
                module.extension.tables.numbers.give_back();
                if create {
                    // It has been made, and is not going to be. What it says of it is second to why.
                    let _ = call(module, |extension| dispatch::vtab_destroy(extension, id));
                } else {
                    finish(module, generation, Ending::Disconnect(id));
                }
                Err(error)
            }
        }
    }

    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    pub(super) fn shared_module(&self) -> &Rc<Module> {
        &self.module
    }

    pub(super) fn name(&self) -> String {
        self.name.borrow().clone()
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The table's number in the running instance, in which it is connected first if it has to be.
    pub(super) fn current(&self) -> Result<u32> {
        let module = &self.module;
        if self.generation.get() == module.extension.generation.get() {
            return Ok(self.id.get());
        }
        let id = module.table_number()?;
        // Either the old number or the new one is in use.
        module.extension.tables.numbers.give_back();
        let name = self.name();
        let declared = call(module, |extension| {
            dispatch::vtab_connect(extension, module.id, id, &self.database, &name, &self.arguments)
        })?;
        let generation = module.extension.generation.get();
        if declared != self.declared {
            finish(module, generation, Ending::Disconnect(id));
            return Err(module.invalid(&format!(
                "table `{name}` was declared `{}`, but after its instance had ended `{}`",
                shown(&self.declared),
                shown(&declared)
            )));
        }
        self.id.set(id);
        self.generation.set(generation);
        Ok(id)
    }

    /// The connection no longer uses the table.
    pub(crate) fn disconnect(&self) {
        self.module.extension.tables.numbers.give_back();
        finish(&self.module, self.generation.get(), Ending::Disconnect(self.id.get()));
    }

    /// Removes the table with what it has stored.
    ///
    /// # Errors
    ///
    /// The extension's; then the table stays.
    pub(crate) fn destroy(&self) -> Result<()> {
        let table = self.current()?;
        call(&self.module, |extension| dispatch::vtab_destroy(extension, table))?;
        self.module.extension.tables.numbers.give_back();
        Ok(())
    }

    /// Asks for a plan.
    ///
    /// # Errors
    ///
    /// The extension's; `invalid-result` for a plan SQLite can't use.
    pub(crate) fn best_index(&self, mut query: IndexQuery) -> Result<Planned> {
        query.columns_used = Layout::new(self.columns, query.columns_used).used();
        let table = self.current()?;
        match call(&self.module, |extension| dispatch::vtab_best_index(extension, table, &query)) {
            Ok(plan) => match plan::check(&query, &plan) {
                Ok(handed) => Ok(Planned::Plan(plan, handed)),
                Err(mistake) => Err(self.module.invalid(&format!("table `{}`: {mistake}", self.name()))),
            },
            Err(error) if error.reason.is_none() && error.code & 0xff == CONSTRAINT => Ok(Planned::Impossible),
            Err(error) => Err(error),
        }
    }

    /// Whether a change that breaks a constraint may be left out without a word, as the table sees to conflicts itself.
    pub(crate) fn may_ignore(&self, error: &Error, conflict: Conflict) -> bool {
        conflict == Conflict::Ignore
            && self.module.flags.contains(ModuleFlags::CONFLICTS)
            && error.reason.is_none()
            && error.code & 0xff == CONSTRAINT
    }

    /// Writes a row; gives the rowid of an inserted one.
    ///
    /// # Errors
    ///
    /// The extension's.
    pub(crate) fn change(&self, change: &Change, conflict: Conflict) -> Result<Option<i64>> {
        if let Change::Insert(_, values) | Change::Update(_, _, values) = change
            && values.len() != self.columns
        {
            // SQLite counts columns as the engine does, or the engine's reading of the declaration is wrong.
            return Err(Error::new(
                ERROR,
                format!("{} of the {} columns of table `{}` were written", values.len(), self.columns, self.name()),
            ));
        }
        let table = self.for_change()?;
        call(&self.module, |extension| match change {
            Change::Insert(rowid, values) => {
                dispatch::vtab_insert(extension, table, *rowid, values, conflict).map(Some)
            }
            Change::Update(rowid, new_rowid, values) => {
                dispatch::vtab_update(extension, table, *rowid, *new_rowid, values, conflict).map(|()| None)
            }
            Change::Delete(rowid) => dispatch::vtab_delete(extension, table, *rowid).map(|()| None),
        })
    }

    /// Renames the table.
    ///
    /// # Errors
    ///
    /// The extension's.
    pub(crate) fn rename(&self, new_name: &str) -> Result<()> {
        if !self.module.flags.contains(ModuleFlags::RENAMABLE) {
            let module = &self.module.name;
            let message = format!("table `{}` can't be renamed: module `{module}` has no part in that", self.name());
            return Err(self.module.refusal(message));
        }
        // SQLite makes it no part of a transaction: nothing may begin here that it would not end.
        let table = if self.begun.get().is_some() { self.for_change()? } else { self.current()? };
        call(&self.module, |extension| dispatch::vtab_rename(extension, table, new_name))?;
        new_name.clone_into(&mut self.name.borrow_mut());
        Ok(())
    }

    /// Returns what is wrong with the table's content.
    ///
    /// # Errors
    ///
    /// The extension's.
    pub(crate) fn integrity(&self, quick: bool) -> Result<Option<String>> {
        let table = self.current()?;
        call(&self.module, |extension| dispatch::vtab_integrity(extension, table, quick))
    }

    /// The table's number, with everything said that the extension must know before it changes anything.
    fn for_change(&self) -> Result<u32> {
        self.begin()?;
        let table = self.current()?;
        match self.begun.get() {
            Some(begun) if begun != self.generation.get() => return Err(self.transaction_lost()),
            Some(_) => self.tell_savepoints(table)?,
            None => {}
        }
        Ok(table)
    }

    fn transaction_lost(&self) -> Error {
        let detail = format!(
            "the instance that had the transaction of table `{}` has ended, and what it wrote is lost: roll it back",
            self.name()
        );
        self.module.failure(Reason::Trapped, &detail)
    }

    fn step(&self, table: u32, step: TransactionStep) -> Result<()> {
        call(&self.module, |extension| dispatch::vtab_transaction(extension, table, step))
    }

    /// Begins the table's transaction, if it takes part in any and has not begun yet: SQLite does not say so of a table that is
    /// being created.
    ///
    /// # Errors
    ///
    /// The extension's.
    pub(crate) fn begin(&self) -> Result<()> {
        if !self.module.kind().transactional || self.begun.get().is_some() {
            return Ok(());
        }
        let table = self.current()?;
        self.step(table, TransactionStep::Begin)?;
        self.savepoints.set(0);
        self.begun.set(Some(self.generation.get()));
        self.count_transaction(true);
        Ok(())
    }

    fn count_transaction(&self, begins: bool) {
        let count = &self.module.extension.tables.in_transaction;
        count.set(if begins { count.get().saturating_add(1) } else { count.get().saturating_sub(1) });
    }

    /// First half of a commit.
    ///
    /// # Errors
    ///
    /// The extension's; then the transaction is rolled back.
    pub(crate) fn sync(&self) -> Result<()> {
        match self.begun.get() {
            None => Ok(()),
            Some(begun) if begun == self.module.extension.generation.get() => {
                self.step(self.id.get(), TransactionStep::Sync)
            }
            Some(_) => Err(self.transaction_lost()),
        }
    }

    /// Second half of a commit.
    pub(crate) fn commit(&self) {
        self.open_savepoints.set(0);
        self.end(TransactionStep::Commit);
    }

    /// Takes back everything since the transaction began.
    pub(crate) fn rollback(&self) {
        self.open_savepoints.set(0);
        self.end(TransactionStep::Rollback);
    }

    fn end(&self, step: TransactionStep) {
        if let Some(begun) = self.begun.take() {
            self.count_transaction(false);
            finish(&self.module, begun, Ending::Step(self.id.get(), step));
        }
    }

    /// Begins a savepoint. The extension hears of it before it next changes something: SQLite makes savepoints for most statements
    /// that write, for every table that takes part in the transaction.
    pub(crate) fn savepoint(&self, number: i32) {
        self.open_savepoints.set(number.saturating_add(1));
    }

    /// Tells the extension of the savepoints that it does not know yet.
    fn tell_savepoints(&self, table: u32) -> Result<()> {
        while self.module.kind().savepoints && self.savepoints.get() < self.open_savepoints.get() {
            self.step(table, TransactionStep::Savepoint(self.savepoints.get()))?;
            self.savepoints.set(self.savepoints.get() + 1);
        }
        Ok(())
    }

    /// Forgets a savepoint and those above it.
    pub(crate) fn release(&self, number: i32) {
        let number = number.max(0);
        self.open_savepoints.set(self.open_savepoints.get().min(number));
        if self.savepoints.get() > number {
            self.savepoints.set(number);
            self.end_savepoint(TransactionStep::Release(number));
        }
    }

    /// Goes back to a savepoint, which stays. Below 0 it is the whole transaction.
    pub(crate) fn rollback_to(&self, number: i32) {
        if number < 0 {
            self.open_savepoints.set(0);
            self.end(TransactionStep::Rollback);
            return;
        }
        self.open_savepoints.set(number + 1);
        if self.savepoints.get() > number {
            self.savepoints.set(number + 1);
            self.end_savepoint(TransactionStep::RollbackTo(number));
        }
    }

    fn end_savepoint(&self, step: TransactionStep) {
        if let Some(begun) = self.begun.get() {
            finish(&self.module, begun, Ending::Step(self.id.get(), step));
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.begun.get().is_some() {
            self.count_transaction(false);
        }
    }
}

/// Declares a table to SQLite, and gives the number of its columns.
fn declare(module: &Module, declaring: &Declaring, name: &str, declared: &str) -> Result<usize> {
    let invalid =
        |mistake: &str| module.invalid(&format!("table `{name}` can't be declared `{}`: {mistake}", shown(declared)));
    let found = declaration::read(declared).map_err(invalid)?;
    if found.without_rowid && module.kind().writable {
        return Err(invalid("a table of a writable module must not be WITHOUT ROWID"));
    }
    declaring.declare(declared).map_err(|error| invalid(&error.message))?;
    for (flag, option) in [
        (ModuleFlags::CONFLICTS, TableOption::Conflicts),
        (ModuleFlags::DIRECT_ONLY, TableOption::DirectOnly),
        (ModuleFlags::INNOCUOUS, TableOption::Innocuous),
    ] {
        if module.flags.contains(flag) {
            declaring.configure(option);
        }
    }
    Ok(found.columns)
}

/// As much of a declaration as an error message shows.
fn shown(declaration: &str) -> String {
    let mut cut = declaration.replace(char::is_control, " ");
    if cut.len() > SHOWN {
        cut.truncate(cut.floor_char_boundary(SHOWN));
        cut.push('…');
    }
    cut
}
