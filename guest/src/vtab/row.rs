//! Rows on their way out.

use crate::abi::{Cells, RawValue};
use crate::{Error, IntoValue, Value};

/// A set of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns(pub(crate) u64);

/// Stands for column 63 and all that follow it.
const MANY: u64 = 1 << 63;

impl Columns {
    /// All columns.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether `column` is one of them.
    #[must_use]
    #[inline]
    pub const fn contains(self, column: usize) -> bool {
        let bit = if column < 63 { 1 << column } else { MANY };
        self.0 & bit != 0
    }

    /// How many there are in a table of `width` columns.
    fn count(self, width: usize) -> usize {
        let few = (self.0 & !MANY & lower(width)).count_ones() as usize;
        few + if self.0 & MANY == 0 { 0 } else { width.saturating_sub(63) }
    }

    /// How many of them come before `column`.
    #[inline]
    fn before(self, column: usize) -> usize {
        (self.0 & lower(column)).count_ones() as usize + column.saturating_sub(63)
    }
}

/// The bits of the columns before `column`, without [`MANY`].
#[inline]
const fn lower(column: usize) -> u64 {
    if column < 63 { (1 << column) - 1 } else { !MANY }
}

/// One row that a cursor fills in. What it does not set is NULL.
pub struct Row<'b> {
    batch: &'b mut Batch,
}

impl Row<'_> {
    /// Sets a column; without effect if the statement does not read it. Texts and blobs are copied.
    ///
    /// * `column` - counted from 0, hidden ones included
    #[inline]
    pub fn set(&mut self, column: usize, value: impl IntoValue) {
        let Batch { columns, width, start, cells, .. } = &mut *self.batch;
        if columns.contains(column) && column < *width {
            let index = *start + columns.before(column);
            value.lend(|value| cells.set(index, value));
        }
    }

    /// Whether the statement reads a column: what is dear to compute may be left out otherwise.
    #[must_use]
    #[inline]
    pub const fn uses(&self, column: usize) -> bool {
        self.batch.columns.contains(column)
    }

    /// Sets the rowid. Without it the rows of a scan are counted from 1.
    #[inline]
    pub fn set_rowid(&mut self, rowid: i64) {
        if let Some(last) = self.batch.rowids.last_mut() {
            *last = rowid;
        }
    }
}

/// Some rows of a scan.
#[doc(hidden)]
pub struct Batch {
    rowids: Vec<i64>,
    cells: Cells,
    columns: Columns,
    width: usize,
    /// Where the last row begins in `cells`.
    start: usize,
}

impl Batch {
    /// Bytes of texts and blobs after which a batch is full: hosts limit what a call may return.
    const FULL: usize = 256 * 1024;

    pub(crate) const fn new() -> Self {
        Self { rowids: Vec::new(), cells: Cells::new(), columns: Columns(0), width: 0, start: 0 }
    }

    /// Begins anew.
    ///
    /// * `width` - number of the table's columns
    pub(crate) fn clear(&mut self, columns: Columns, width: usize) {
        self.rowids.clear();
        self.cells.clear(2 * Self::FULL);
        (self.columns, self.width, self.start) = (columns, width, 0);
    }

    pub(crate) const fn len(&self) -> usize {
        self.rowids.len()
    }

    /// Whether there should be no more rows.
    pub(crate) fn is_full(&self) -> bool {
        self.cells.bytes() >= Self::FULL
    }

    /// Adds a row of NULLs.
    #[inline]
    pub(crate) fn add(&mut self, rowid: i64) -> Row<'_> {
        self.rowids.push(rowid);
        self.start = self.cells.len();
        self.cells.resize(self.start + self.columns.count(self.width));
        Row { batch: self }
    }

    /// Takes the last row off.
    pub(crate) fn remove(&mut self) {
        self.rowids.pop();
        self.cells.resize(self.start);
    }

    /// Rowids and values, ready for the host.
    pub(crate) fn seal(&mut self) -> (&[i64], &[RawValue<'_>]) {
        (&self.rowids, self.cells.seal())
    }
}

/// What is a row: one value for a table of one column, a tuple of values, a `Vec<Value>`, or one of these with a [`Rowid`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of a table",
    label = "SQL can't take this as a row",
    note = "use a tuple of SQL values, or one value for one column"
)]
pub trait IntoRow {
    /// Number of columns, where the type says it.
    const WIDTH: Option<usize>;

    /// Sets the columns.
    fn write(self, row: &mut Row<'_>);
}

impl<V: IntoValue> IntoRow for V {
    const WIDTH: Option<usize> = Some(1);

    #[inline]
    fn write(self, row: &mut Row<'_>) {
        row.set(0, self);
    }
}

impl IntoRow for Vec<Value> {
    const WIDTH: Option<usize> = None;

    fn write(self, row: &mut Row<'_>) {
        for (column, value) in self.into_iter().enumerate() {
            row.set(column, value);
        }
    }
}

/// A row with its rowid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rowid<R>(pub i64, pub R);

impl<R: IntoRow> IntoRow for Rowid<R> {
    const WIDTH: Option<usize> = R::WIDTH;

    #[inline]
    fn write(self, row: &mut Row<'_>) {
        row.set_rowid(self.0);
        self.1.write(row);
    }
}

macro_rules! tuples {
    ($($count:literal: $($name:ident $column:tt),+;)+) => {$(
        impl<$($name: IntoValue),+> IntoRow for ($($name,)+) {
            const WIDTH: Option<usize> = Some($count);

            #[inline]
            fn write(self, row: &mut Row<'_>) {
                $(row.set($column, self.$column);)+
            }
        }
    )+};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

/// What an iterator over rows may give: a row, or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of a table",
    label = "SQL can't take this as a row",
    note = "use a tuple of SQL values, one value for one column, or a `Result` of these and an error with a `Display`"
)]
pub trait IntoRowResult {
    /// Number of columns, where the type says it.
    const WIDTH: Option<usize>;

    /// Sets the columns.
    ///
    /// # Errors
    /// The iterator's own.
    fn write_result(self, row: &mut Row<'_>) -> Result<(), Error>;
}

impl<R: IntoRow> IntoRowResult for R {
    const WIDTH: Option<usize> = R::WIDTH;

    #[inline]
    fn write_result(self, row: &mut Row<'_>) -> Result<(), Error> {
        self.write(row);
        Ok(())
    }
}

impl<R: IntoRow, E: Into<Error>> IntoRowResult for Result<R, E> {
    const WIDTH: Option<usize> = R::WIDTH;

    #[inline]
    fn write_result(self, row: &mut Row<'_>) -> Result<(), Error> {
        self.map_err(Into::into)?.write(row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Columns};
    use crate::ValueRef;

    fn row(columns: u64, width: usize, values: &[(usize, i64)]) -> Vec<Option<i64>> {
        let mut batch = Batch::new();
        batch.clear(Columns(columns), width);
        let mut row = batch.add(1);
        for (column, value) in values {
            row.set(*column, *value);
        }
        let cells = batch.seal().1;
        cells
            .iter()
            .map(|cell| match cell.get() {
                ValueRef::Integer(value) => Some(value),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn only_used_columns_travel() {
        assert_eq!(row(0b101, 3, &[(0, 1), (1, 2), (2, 3)]), [Some(1), Some(3)]);
        assert_eq!(row(0b101, 3, &[(2, 3)]), [None, Some(3)]);
        assert_eq!(row(0, 3, &[(0, 1)]), []);
        // Columns the table does not have.
        assert_eq!(row(u64::MAX, 2, &[(0, 1), (2, 9), (70, 9)]), [Some(1), None]);
    }

    #[test]
    fn the_last_bit_is_all_columns_from_63() {
        let mut expected = vec![None; 4];
        (expected[0], expected[1], expected[3]) = (Some(7), Some(8), Some(9));
        assert_eq!(row(1 << 63 | 0b10, 66, &[(1, 7), (2, 0), (63, 8), (65, 9)]), expected);
        assert_eq!(row(0b10, 66, &[(1, 7), (63, 8)]), [Some(7)]);
        assert_eq!(row(1 << 62 | 1 << 63, 64, &[(62, 1), (63, 2)]), [Some(1), Some(2)]);
    }
}
