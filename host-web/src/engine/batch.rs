//! Rows of a virtual table, as one call of `vtab.next-batch` gives them.

use crate::contract::vtab;
use crate::engine::value::ValueRef;

/// A value in a batch: 16 bytes, as the canonical ABI lays `value` out on wasm32, but for a text or a blob, whose place is an
/// offset into the batch's bytes and not an address.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
pub struct Cell {
    /// 0 null, 1 integer, 2 real, 3 text, 4 blob.
    pub tag: u32,
    _padding: u32,
    /// The integer, the bits of the real, or offset (low half) and length (high half), in bytes.
    pub payload: u64,
}

/// Rows of a virtual table. It is used again from call to call, so that its memory is.
#[derive(Debug, Default)]
pub struct Batch {
    rowids: Vec<i64>,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
    last: bool,
}

impl Batch {
    /// Forgets the rows.
    pub fn clear(&mut self) {
        self.rowids.clear();
        self.cells.clear();
        self.bytes.clear();
        self.last = false;
    }

    /// Makes room for this many rows, cells and bytes, to be written through [`Batch::parts`].
    pub fn resize(&mut self, rows: usize, cells: usize, bytes: usize) {
        self.rowids.resize(rows, 0);
        self.cells.resize(cells, Cell::default());
        self.bytes.resize(bytes, 0);
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

    /// Number of cells of all rows.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Size in bytes of all texts and blobs.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
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
            let start = usize::try_from(cell.payload & 0xffff_ffff).ok()?;
            let len = usize::try_from(cell.payload >> 32).ok()?;
            self.bytes.get(start..start.checked_add(len)?)
        };
        Some(match cell.tag {
            0 => ValueRef::Null,
            1 => ValueRef::Integer(cell.payload.cast_signed()),
            2 => ValueRef::Real(f64::from_bits(cell.payload)),
            3 => ValueRef::Text(bytes()?),
            4 => ValueRef::Blob(bytes()?),
            _ => return None,
        })
    }

    /// Takes over what a component returned.
    pub fn fill(&mut self, batch: &vtab::Batch) {
        self.clear();
        self.last = batch.last;
        self.rowids.extend_from_slice(&batch.rowids);
        for value in &batch.values {
            let (tag, payload) = match ValueRef::from(value) {
                ValueRef::Null => (0, 0),
                ValueRef::Integer(value) => (1, value.cast_unsigned()),
                ValueRef::Real(value) => (2, value.to_bits()),
                ValueRef::Text(text) => (3, self.append(text)),
                ValueRef::Blob(blob) => (4, self.append(blob)),
            };
            self.cells.push(Cell { tag, payload, ..Cell::default() });
        }
    }

    fn append(&mut self, bytes: &[u8]) -> u64 {
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        start | (bytes.len() as u64) << 32
    }
}
