//! Rows of a virtual table, as one call of `vtab.next-batch` gives them.

use crate::contract::vtab;
use crate::engine::value::ValueRef;

/// A value in a batch: 16 bytes, as the canonical ABI lays `value` out on wasm32, but for a text or a blob, whose place is an
/// offset into the batch's bytes and not an address.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
pub struct Cell {
    /// In the lowest byte 0 null, 1 integer, 2 real, 3 text, 4 blob; the other bytes have no meaning.
    pub tag: u32,
    _padding: u32,
    /// The integer, the bits of the real, or offset (low half) and length (high half), in bytes.
    pub payload: u64,
}

impl Cell {
    const NULL: u8 = 0;
    const INTEGER: u8 = 1;
    const REAL: u8 = 2;
    const TEXT: u8 = 3;
    const BLOB: u8 = 4;

    #[inline]
    const fn kind(self) -> u8 {
        self.tag.to_le_bytes()[0]
    }

    /// Offset and length of a text or blob.
    #[inline]
    const fn place(self) -> (usize, usize) {
        #[allow(clippy::cast_possible_truncation, reason = "the halves of the payload, on purpose")]
        (self.payload as u32 as usize, (self.payload >> 32) as u32 as usize)
    }
}

/// What a batch must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Most rows.
    pub(crate) rows: usize,
    /// Cells of one row.
    pub(crate) columns: usize,
    /// Most bytes of all texts and blobs.
    pub(crate) bytes: usize,
}

/// Why a batch can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It has this many rows.
    Rows(usize),
    /// It has this many rows and cells.
    Cells(usize, usize),
    /// It has this many bytes.
    Bytes(usize),
    /// A cell, by row and place in the row, has an unknown tag or lies outside of the bytes.
    Cell(usize, usize),
    /// A cell, by row and place in the row, is a text that is not valid UTF-8 from this byte on.
    Text(usize, usize, usize),
}

/// Rows of a virtual table. It is used again from call to call, so that its memory is.
#[derive(Debug, Default)]
pub struct Batch {
    rowids: Vec<i64>,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
    last: bool,
    wanted: Option<Wanted>,
    refused: Option<Refused>,
}

impl Batch {
    /// Forgets the rows, and says what the next ones must be like.
    pub(crate) fn want(&mut self, wanted: Wanted) {
        self.clear();
        self.wanted = Some(wanted);
    }

    /// Forgets the rows.
    pub fn clear(&mut self) {
        self.rowids.clear();
        self.cells.clear();
        self.bytes.clear();
        self.last = false;
        self.refused = None;
    }

    /// Makes room for this many rows, cells and bytes, to be written through [`Batch::parts`]. Returns false, and makes none,
    /// if they can't be right; then the engine says why as soon as the call returns.
    #[must_use]
    pub fn resize(&mut self, rows: usize, cells: usize, bytes: usize) -> bool {
        if !self.admit(rows, cells, bytes) {
            return false;
        }
        self.rowids.resize(rows, 0);
        self.cells.resize(cells, Cell::default());
        self.bytes.resize(bytes, 0);
        true
    }

    fn admit(&mut self, rows: usize, cells: usize, bytes: usize) -> bool {
        let Some(wanted) = self.wanted else { return true };
        self.refused = if rows > wanted.rows {
            Some(Refused::Rows(rows))
        } else if rows.checked_mul(wanted.columns) != Some(cells) {
            Some(Refused::Cells(rows, cells))
        } else if bytes > wanted.bytes {
            Some(Refused::Bytes(bytes))
        } else {
            None
        };
        self.refused.is_none()
    }

    /// Rowids, cells and bytes, for a front that fills them in place.
    pub fn parts(&mut self) -> (&mut [i64], &mut [Cell], &mut [u8]) {
        (&mut self.rowids, &mut self.cells, &mut self.bytes)
    }

    /// Says whether no rows follow these.
    pub fn set_last(&mut self, last: bool) {
        self.last = last;
    }

    /// Whether no rows follow these.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.last || self.rowids.is_empty()
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rowids.len()
    }

    /// Size in bytes of rowids, cells, texts and blobs.
    pub(crate) fn size(&self) -> usize {
        size_of_val(self.rowids.as_slice()) + size_of_val(self.cells.as_slice()) + self.bytes.len()
    }

    /// Bytes of memory it keeps.
    pub(crate) fn capacity(&self) -> usize {
        self.rowids.capacity() * size_of::<i64>() + self.cells.capacity() * size_of::<Cell>() + self.bytes.capacity()
    }

    /// Rowid of a row.
    #[must_use]
    #[inline]
    pub fn rowid(&self, row: usize) -> Option<i64> {
        self.rowids.get(row).copied()
    }

    /// The cell at an index, counted over all rows. A place outside of the bytes, or an unknown tag, gives none.
    #[must_use]
    #[inline]
    pub fn cell(&self, index: usize) -> Option<ValueRef<'_>> {
        let cell = self.cells.get(index)?;
        let bytes = || {
            let (start, len) = cell.place();
            self.bytes.get(start..start.checked_add(len)?)
        };
        Some(match cell.kind() {
            Cell::NULL => ValueRef::Null,
            Cell::INTEGER => ValueRef::Integer(cell.payload.cast_signed()),
            Cell::REAL => ValueRef::Real(f64::from_bits(cell.payload)),
            Cell::TEXT => ValueRef::Text(bytes()?),
            Cell::BLOB => ValueRef::Blob(bytes()?),
            _ => return None,
        })
    }

    /// Takes over what a component returned.
    pub fn fill(&mut self, batch: &vtab::Batch) {
        self.clear();
        let sizes = batch.values.iter().map(|value| ValueRef::from(value).byte_len());
        if !self.admit(batch.rowids.len(), batch.values.len(), sizes.fold(0, usize::saturating_add)) {
            return;
        }
        self.last = batch.last;
        self.rowids.extend_from_slice(&batch.rowids);
        self.cells.reserve(batch.values.len());
        for value in &batch.values {
            let (tag, payload) = match ValueRef::from(value) {
                ValueRef::Null => (Cell::NULL, 0),
                ValueRef::Integer(value) => (Cell::INTEGER, value.cast_unsigned()),
                ValueRef::Real(value) => (Cell::REAL, value.to_bits()),
                ValueRef::Text(text) => (Cell::TEXT, self.append(text)),
                ValueRef::Blob(blob) => (Cell::BLOB, self.append(blob)),
            };
            self.cells.push(Cell { tag: tag.into(), payload, ..Cell::default() });
        }
    }

    fn append(&mut self, bytes: &[u8]) -> u64 {
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        start | (bytes.len() as u64) << 32
    }

    /// Checks all that was filled in.
    pub(crate) fn check(&mut self) -> Result<(), Refused> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        if !self.admit(self.rowids.len(), self.cells.len(), self.bytes.len()) {
            return Err(self.refused.unwrap_or(Refused::Rows(self.rowids.len())));
        }
        let columns = self.wanted.map_or(1, |wanted| wanted.columns.max(1));
        for (index, cell) in self.cells.iter().enumerate() {
            let at = || (index / columns, index % columns);
            if cell.kind() <= Cell::REAL {
                continue;
            }
            match self.cell(index) {
                Some(ValueRef::Text(utf8)) => {
                    if let Err(error) = std::str::from_utf8(utf8) {
                        let (row, column) = at();
                        return Err(Refused::Text(row, column, error.valid_up_to()));
                    }
                }
                Some(_) => {}
                None => {
                    let (row, column) = at();
                    return Err(Refused::Cell(row, column));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::types::Value;

    const WANTED: Wanted = Wanted { rows: 2, columns: 2, bytes: 6 };

    fn filled(rowids: &[i64], values: Vec<Value>) -> Batch {
        let mut batch = Batch::default();
        batch.want(WANTED);
        batch.fill(&vtab::Batch { rowids: rowids.to_vec(), values, last: true });
        batch
    }

    #[test]
    fn values_come_back() {
        let values = vec![Value::Text("ab".into()), Value::Null, Value::Blob(vec![1, 2, 3]), Value::Real(0.5)];
        let mut batch = filled(&[7, -7], values);
        assert_eq!(batch.check(), Ok(()));
        assert_eq!(batch.rowid(1), Some(-7));
        assert_eq!(batch.rowid(2), None);
        let cells: Vec<_> = (0..4).filter_map(|index| batch.cell(index)).collect();
        assert_eq!(cells, [ValueRef::Text(b"ab"), ValueRef::Null, ValueRef::Blob(&[1, 2, 3]), ValueRef::Real(0.5)]);
        assert!(batch.is_last());
        assert_eq!(batch.size(), 2 * 8 + 4 * 16 + 5);
    }

    #[test]
    fn wrong_sizes_are_refused() {
        let null = || vec![Value::Null; 6];
        assert_eq!(filled(&[1, 2, 3], null()).check(), Err(Refused::Rows(3)));
        assert_eq!(filled(&[1, 2], null()).check(), Err(Refused::Cells(2, 6)));
        let long = vec![Value::Text("1234".into()), Value::Blob(vec![0; 3])];
        assert_eq!(filled(&[1], long).check(), Err(Refused::Bytes(7)));
        let mut batch = Batch::default();
        batch.want(WANTED);
        assert!(!batch.resize(usize::MAX, 0, 0));
        assert_eq!(batch.check(), Err(Refused::Rows(usize::MAX)));
        batch.want(WANTED);
        assert_eq!(batch.check(), Ok(()), "no rows are fine");
    }

    #[test]
    fn what_was_filled_in_place_is_checked() {
        let place = |start: u64, len: u64| start | len << 32;
        let check = |tag, payload, byte| {
            let mut batch = Batch::default();
            batch.want(WANTED);
            assert!(batch.resize(1, 2, 4));
            let (_, cells, bytes) = batch.parts();
            cells[1] = Cell { tag, payload, ..Cell::default() };
            bytes.fill(byte);
            batch.check()
        };
        assert_eq!(check(0xffff_ff03, place(1, 3), b'x'), Ok(()), "only the lowest byte of the tag counts");
        assert_eq!(check(3, place(2, 2), 0xff), Err(Refused::Text(0, 1, 0)));
        assert_eq!(check(4, place(2, 2), 0xff), Ok(()));
        assert_eq!(check(4, place(2, 3), 0), Err(Refused::Cell(0, 1)));
        assert_eq!(check(3, u64::MAX, 0), Err(Refused::Cell(0, 1)));
        assert_eq!(check(5, 0, 0), Err(Refused::Cell(0, 1)));
    }
}
