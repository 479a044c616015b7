//! Tables and cursors that are open, by the host's numbers.

use super::{Batch, Columns, Conflict, Cursor, IndexPlan, IndexQuery, Scan, Table, TransactionStep};
#[cfg(any(target_family = "wasm", test))]
use super::{Connect, Module};
use crate::Error;
use crate::abi::Args;
use crate::extension::unknown;

/// A table of any type, with its cursors.
#[doc(hidden)]
pub trait AnyTable {
    fn destroy(&mut self) -> Result<(), Error>;
    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error>;
    fn open(&mut self, cursor: u32);
    fn filter(&mut self, cursor: u32, scan: &Scan<'_>) -> Result<(), Error>;
    /// Fills in the next rows; true if no more follow.
    fn next_batch(&mut self, cursor: u32, max_rows: u32, batch: &mut Batch) -> Result<bool, Error>;
    fn close(&mut self, cursor: u32);
    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, on_conflict: Conflict) -> Result<i64, Error>;
    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, on_conflict: Conflict) -> Result<(), Error>;
    fn delete(&mut self, rowid: i64) -> Result<(), Error>;
    fn transaction(&mut self, step: TransactionStep) -> Result<(), Error>;
    fn rename(&mut self, new_name: &str) -> Result<(), Error>;
    fn integrity(&self, quick: bool) -> Result<Option<String>, Error>;
}

/// An open table and its declaration.
///
/// # Errors
/// None of its own.
pub fn open<T: Table>(table: T) -> Result<(Box<dyn AnyTable>, String), Error> {
    let schema = table.schema();
    let width = schema.width();
    Ok((Box::new(Open { table, width, cursors: Vec::new() }), schema.into_sql()))
}

struct Open<T: Table> {
    table: T,
    width: usize,
    cursors: Vec<(u32, State<T::Cursor>)>,
}

/// Where a cursor stands.
struct State<C> {
    /// None before the first scan.
    cursor: Option<C>,
    columns: Columns,
    /// Rows given so far.
    rows: i64,
    last: bool,
    /// Comes after rows that were there already.
    error: Option<Error>,
}

impl<T: Table> Open<T> {
    fn cursor(&mut self, cursor: u32) -> Result<(&T, &mut State<T::Cursor>), Error> {
        let state = self.cursors.iter_mut().rev().find(|(number, _)| *number == cursor);
        let (_, state) = state.ok_or_else(|| unknown("cursor"))?;
        Ok((&self.table, state))
    }
}

impl<T: Table> AnyTable for Open<T> {
    fn destroy(&mut self) -> Result<(), Error> {
        self.table.destroy()
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        self.table.best_index(query)
    }

    fn open(&mut self, cursor: u32) {
        let state = State { cursor: None, columns: Columns(0), rows: 0, last: true, error: None };
        self.cursors.push((cursor, state));
    }

    fn filter(&mut self, cursor: u32, scan: &Scan<'_>) -> Result<(), Error> {
        let (table, state) = self.cursor(cursor)?;
        (state.columns, state.rows, state.last, state.error) = (scan.columns, 0, true, None);
        match &mut state.cursor {
            Some(cursor) => table.rescan(cursor, scan)?,
            None => state.cursor = Some(table.scan(scan)?),
        }
        state.last = false;
        Ok(())
    }

    fn next_batch(&mut self, cursor: u32, max_rows: u32, batch: &mut Batch) -> Result<bool, Error> {
        let width = self.width;
        let (table, state) = self.cursor(cursor)?;
        batch.clear(state.columns, width);
        if let Some(error) = state.error.take() {
            state.last = true;
            return Err(error);
        }
        let Some(cursor) = state.cursor.as_mut().filter(|_| !state.last) else {
            return Ok(true);
        };
        while batch.len() < max_rows as usize && !batch.is_full() {
            let row = &mut batch.add(state.rows + 1);
            match cursor.advance(table, row) {
                Ok(true) => state.rows += 1,
                Ok(false) => {
                    batch.remove();
                    state.last = true;
                    break;
                }
                Err(error) => {
                    batch.remove();
                    if batch.len() == 0 {
                        state.last = true;
                        return Err(error);
                    }
                    // A statement that needs no more than the rows before it does not fail.
                    state.error = Some(error);
                    break;
                }
            }
        }
        Ok(state.last)
    }

    fn close(&mut self, cursor: u32) {
        self.cursors.retain(|(number, _)| *number != cursor);
    }

    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, on_conflict: Conflict) -> Result<i64, Error> {
        self.table.insert(rowid, values, on_conflict)
    }

    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, on_conflict: Conflict) -> Result<(), Error> {
        self.table.update(rowid, new_rowid, values, on_conflict)
    }

    fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        self.table.delete(rowid)
    }

    fn transaction(&mut self, step: TransactionStep) -> Result<(), Error> {
        match step {
            TransactionStep::Begin => self.table.begin(),
            TransactionStep::Sync => self.table.sync(),
            TransactionStep::Commit => {
                self.table.commit();
                Ok(())
            }
            TransactionStep::Rollback => self.table.rollback(),
            TransactionStep::Savepoint(number) => self.table.savepoint(number),
            TransactionStep::Release(number) => self.table.release(number),
            TransactionStep::RollbackTo(number) => self.table.rollback_to(number),
        }
    }

    fn rename(&mut self, new_name: &str) -> Result<(), Error> {
        self.table.rename(new_name)
    }

    fn integrity(&self, quick: bool) -> Result<Option<String>, Error> {
        self.table.integrity(quick)
    }
}

/// All open tables.
#[cfg(any(target_family = "wasm", test))]
pub(crate) struct Tables {
    tables: Vec<(u32, Box<dyn AnyTable>)>,
    /// Cursor and table.
    cursors: Vec<(u32, u32)>,
}

#[cfg(any(target_family = "wasm", test))]
impl Tables {
    pub(crate) const fn new() -> Self {
        Self { tables: Vec::new(), cursors: Vec::new() }
    }

    /// The declaration of a table that is made or connected under the number `table`.
    pub(crate) fn make(
        &mut self,
        module: Option<&Module>,
        create: bool,
        table: u32,
        at: &Connect<'_>,
    ) -> Result<String, Error> {
        let module = module.ok_or_else(|| unknown("module"))?;
        let (made, declaration) = if create { (module.create)(at) } else { (module.connect)(at) }?;
        self.tables.push((table, made));
        Ok(declaration)
    }

    pub(crate) fn table(&mut self, table: u32) -> Result<&mut dyn AnyTable, Error> {
        match self.tables.iter_mut().rev().find(|(number, _)| *number == table) {
            Some((_, table)) => Ok(&mut **table),
            None => Err(unknown("table")),
        }
    }

    pub(crate) fn disconnect(&mut self, table: u32) {
        self.cursors.retain(|(_, of)| *of != table);
        self.tables.retain(|(number, _)| *number != table);
    }

    pub(crate) fn destroy(&mut self, table: u32) -> Result<(), Error> {
        self.table(table)?.destroy()?;
        self.disconnect(table);
        Ok(())
    }

    pub(crate) fn open(&mut self, table: u32, cursor: u32) -> Result<(), Error> {
        self.table(table)?.open(cursor);
        self.cursors.push((cursor, table));
        Ok(())
    }

    /// The table of a cursor.
    pub(crate) fn of(&mut self, cursor: u32) -> Result<&mut dyn AnyTable, Error> {
        let found = self.cursors.iter().rev().find(|(number, _)| *number == cursor);
        let (_, table) = *found.ok_or_else(|| unknown("cursor"))?;
        self.table(table)
    }

    pub(crate) fn close(&mut self, cursor: u32) {
        if let Ok(table) = self.of(cursor) {
            table.close(cursor);
        }
        self.cursors.retain(|(number, _)| *number != cursor);
    }
}
