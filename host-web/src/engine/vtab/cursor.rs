//! Cursors: scans of a table, whose rows come in batches.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::call::{call, finish};
use super::plan::Handed;
use super::table::Table;
use super::{Ending, Module};
use crate::contract::vtab::Argument;
use crate::engine::batch::{Batch, Refused, Wanted};
use crate::engine::error::{ERROR, Error, Reason, Result};
use crate::engine::platform::Platform;
use crate::engine::value::ValueRef;
use crate::front::{PLATFORM, dispatch};

/// Rows of a scan's first batch: a query that needs one row costs little, and an inner loop of a join gets all its few at
/// once.
const FIRST_ROWS: u32 = 8;
/// How many times as many the next batch has.
const GROWTH: u32 = 4;
/// Rows of the largest batch: what a call costs is a hundredth of what they cost then.
const MOST_ROWS: u32 = 256;
/// Size in bytes that a batch should not exceed, judged by the rows so far.
const BATCH_BYTES: usize = 256 << 10;
/// Batches that are kept for the next cursors.
const POOL: usize = 8;
/// Bytes of the largest batch that is kept.
const POOL_BYTES: usize = 1 << 20;

/// The bit of a set of columns that stands for column 63 and all that follow it.
const REST: u64 = 1 << 63;

thread_local! {
    static BATCHES: RefCell<Vec<Batch>> = const { RefCell::new(Vec::new()) };
}

/// Where in a row of a batch the columns are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The columns that were asked for.
    used: u64,
    /// How many columns the table has.
    columns: usize,
    /// How many cells a row has.
    width: usize,
}

impl Layout {
    /// * `columns` - of the table.
    /// * `used` - bits of columns that it does not have are dropped.
    pub(super) const fn new(columns: usize, used: u64) -> Self {
        let used = if columns < 64 { used & ((1 << columns) - 1) } else { used };
        let rest = if used & REST != 0 { columns - 63 } else { 0 };
        Self { used, columns, width: (used & !REST).count_ones() as usize + rest }
    }

    pub(super) const fn used(self) -> u64 {
        self.used
    }

    /// Place of a column in a row; none if it was not asked for.
    #[inline]
    const fn slot(self, column: usize) -> Option<usize> {
        if column < 63 {
            let bit = 1 << column;
            if self.used & bit == 0 {
                return None;
            }
            Some((self.used & (bit - 1)).count_ones() as usize)
        } else if column < self.columns && self.used & REST != 0 {
            Some((self.used & !REST).count_ones() as usize + (column - 63))
        } else {
            None
        }
    }
}

/// A scan.
pub(crate) struct Cursor {
    table: Rc<Table>,
    /// The extension's; 0 before the first scan.
    id: Cell<u32>,
    /// Generation in which `id` was opened.
    generation: Cell<u32>,
    layout: Cell<Layout>,
    batch: RefCell<Batch>,
    /// Place of the current row in the batch.
    row: Cell<usize>,
    /// Rows of the batch; the scan is at its end when `row` is there.
    rows: Cell<usize>,
    /// No batch follows.
    last: Cell<bool>,
    /// Rows to ask for next.
    ask: Cell<u32>,
    /// Rows of the scan so far.
    seen: Cell<u32>,
    /// Rows to ask for first, from what the scan before had.
    first: Cell<u32>,
}

impl Cursor {
    /// Makes a cursor. The extension hears of it when the first scan starts.
    pub(crate) fn new(table: Rc<Table>) -> Self {
        let batch = BATCHES.with_borrow_mut(Vec::pop).unwrap_or_default();
        Self {
            table,
            id: Cell::new(0),
            generation: Cell::new(0),
            layout: Cell::default(),
            batch: RefCell::new(batch),
            row: Cell::new(0),
            rows: Cell::new(0),
            last: Cell::new(true),
            ask: Cell::new(FIRST_ROWS),
            seen: Cell::new(0),
            first: Cell::new(FIRST_ROWS),
        }
    }

    pub(crate) fn module(&self) -> &Module {
        self.table.module()
    }

    /// Starts a scan, and gets its first rows.
    ///
    /// # Errors
    ///
    /// The extension's; the failure of a call.
    pub(crate) fn filter(&self, number: i32, name: &str, args: &[Argument], handed: Handed) -> Result<()> {
        self.end();
        let layout = Layout::new(self.table.columns(), handed.columns);
        self.layout.set(layout);
        let table = self.table.current()?;
        let module = self.module();
        if self.id.get() == 0 || self.generation.get() != module.extension.generation.get() {
            self.open(table)?;
        }
        call(module, |extension| dispatch::vtab_filter(extension, self.id.get(), number, name, args, layout.used))?;
        self.ask.set(self.first.get());
        self.seen.set(0);
        self.last.set(false);
        self.fetch()
    }

    fn open(&self, table: u32) -> Result<()> {
        let module = self.module();
        self.close();
        let extension = &module.extension;
        let cursors = &extension.tables.cursors;
        let Some(id) = cursors.take(module.core.limits.get().open_handles) else {
            return Err(extension.too_many_open(&module.core, module.callee, "cursors of virtual tables"));
        };
        if let Err(error) = call(module, |extension| dispatch::vtab_open(extension, table, id)) {
            cursors.give_back();
            return Err(error);
        }
        self.id.set(id);
        self.generation.set(module.extension.generation.get());
        Ok(())
    }

    /// Goes to the next row, or to the end. Returns false if it takes [`Cursor::fetch`] to do so.
    #[inline]
    pub(crate) fn advance(&self) -> bool {
        let next = self.row.get() + 1;
        self.row.set(next);
        next < self.rows.get() || self.ends()
    }

    fn ends(&self) -> bool {
        if self.last.get() {
            self.end();
            self.first.set(self.seen.get().clamp(FIRST_ROWS, MOST_ROWS).min(self.ask.get()));
        }
        self.last.get()
    }

    /// Whether there is no row.
    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        self.row.get() >= self.rows.get()
    }

    fn end(&self) {
        self.row.set(0);
        self.rows.set(0);
        self.last.set(true);
    }

    /// Gets the next rows, and goes to the first of them.
    ///
    /// # Errors
    ///
    /// As [`Cursor::filter`].
    pub(crate) fn fetch(&self) -> Result<()> {
        self.end();
        let module = self.module();
        if self.generation.get() != module.extension.generation.get() {
            return Err(module.failure(
                Reason::Trapped,
                &format!("the instance that scanned table `{}` has ended: run the statement again", self.table.name()),
            ));
        }
        let max_rows = self.ask.get();
        let limit = module.core.limits.get().output_bytes as usize;
        let mut batch = self.batch.take();
        batch.want(Wanted { rows: max_rows as usize, columns: self.layout.get().width, bytes: limit });
        let outcome = call(module, |extension| PLATFORM.next_batch(extension, self.id.get(), max_rows, &mut batch))
            .and_then(|()| batch.check().map_err(|refused| self.refused(refused, max_rows, limit)));
        if outcome.is_ok() {
            self.rows.set(batch.rows());
            self.last.set(batch.is_last());
            self.adapt(&batch);
        }
        self.batch.replace(batch);
        outcome
    }

    /// Decides how many rows to ask for next.
    fn adapt(&self, batch: &Batch) {
        let rows = batch.rows().max(1);
        let fit = BATCH_BYTES / (batch.size() / rows).max(1);
        let fit = u32::try_from(fit).unwrap_or(u32::MAX);
        self.ask.set(self.ask.get().saturating_mul(GROWTH).min(MOST_ROWS).min(fit).max(1));
        self.seen.set(self.seen.get().saturating_add(u32::try_from(rows).unwrap_or(u32::MAX)));
    }

    #[cold]
    fn refused(&self, refused: Refused, max_rows: u32, limit: usize) -> Error {
        let module = self.module();
        let Layout { width, .. } = self.layout.get();
        match refused {
            Refused::Rows(rows) => {
                module.invalid(&format!("it returned {rows} rows, when at most {max_rows} were asked for"))
            }
            Refused::Cells(rows, cells) => module.invalid(&format!(
                "it returned {cells} values for {rows} rows of {width} columns, which must be {}",
                rows.saturating_mul(width)
            )),
            Refused::Bytes(bytes) => module.failure(
                Reason::OutputTooLarge,
                &format!("it returned rows of {bytes} bytes, over the limit of {limit}"),
            ),
            Refused::Cell(row, place) => module.invalid(&format!("value {} of row {} is none", place + 1, row + 1)),
            Refused::Text(row, place, at) => module.invalid(&format!(
                "value {} of row {} is a text that is not valid UTF-8 at byte {at}",
                place + 1,
                row + 1
            )),
        }
    }

    /// Hands a column of the current row on.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR` for a column that SQLite had not announced: a NULL would be a wrong answer.
    #[inline]
    pub(crate) fn column<R>(&self, column: usize, take: impl FnOnce(ValueRef<'_>) -> R) -> Result<R> {
        let layout = self.layout.get();
        if let Some(slot) = layout.slot(column)
            && let Ok(batch) = self.batch.try_borrow()
            && let Some(value) = batch.cell(self.row.get() * layout.width + slot)
        {
            return Ok(take(value));
        }
        Err(self.no_such_column(column))
    }

    #[cold]
    fn no_such_column(&self, column: usize) -> Error {
        Error::new(ERROR, format!("column {column} of table `{}` is read, but was not announced", self.table.name()))
    }

    /// Rowid of the current row.
    #[inline]
    pub(crate) fn rowid(&self) -> i64 {
        self.batch.try_borrow().ok().and_then(|batch| batch.rowid(self.row.get())).unwrap_or_default()
    }

    fn close(&self) {
        let id = self.id.replace(0);
        if id == 0 {
            return;
        }
        let module = self.module();
        module.extension.tables.cursors.give_back();
        finish(self.table.shared_module(), self.generation.get(), Ending::Close(id));
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.close();
        let batch = self.batch.take();
        if batch.capacity() <= POOL_BYTES {
            // The thread may be ending.
            let _ = BATCHES.try_with(|batches| {
                let mut batches = batches.borrow_mut();
                if batches.len() < POOL {
                    batches.push(batch);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_find_their_places() {
        let layout = Layout::new(5, 0b1_0110);
        assert_eq!((layout.width, layout.used()), (3, 0b1_0110));
        let slots: Vec<_> = (0..6).map(|column| layout.slot(column)).collect();
        assert_eq!(slots, [None, Some(0), Some(1), None, Some(2), None]);
        assert_eq!(Layout::new(5, u64::MAX).used(), 0b1_1111, "only columns it has");
        assert_eq!(Layout::new(63, u64::MAX).width, 63);
        assert_eq!(Layout::new(64, u64::MAX).width, 64);
    }

    #[test]
    fn bit_63_stands_for_the_rest() {
        let layout = Layout::new(100, REST | 0b10);
        assert_eq!(layout.width, 1 + 37);
        assert_eq!([1, 62, 63, 99, 100].map(|column| layout.slot(column)), [Some(0), None, Some(1), Some(37), None]);
        let layout = Layout::new(100, 1);
        assert_eq!([0, 63].map(|column| layout.slot(column)), [Some(0), None]);
    }
}
