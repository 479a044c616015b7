//! The row buffer: many rows in one crossing.

use std::cell::Cell;

use crate::engine::RowSink;
use crate::web::memory::address_of;
use crate::web::reply::{self, Word};

/// A buffer that held more than this is freed before the next use.
const KEEP_BYTES: usize = 1024 * 1024;

/// Rows as cells, with one heap for their text and one for their blobs.
///
/// A text cell's payload is start and length in UTF-16 units of the decoded text heap, a blob cell's is start and length in
/// bytes of the blob heap. The text heap is valid UTF-8: what is not in the database becomes U+FFFD, as JavaScript
/// strings cannot hold it.
#[derive(Default)]
pub struct RowBuffer {
    cells: Vec<u64>,
    text: Vec<u8>,
    text_units: u32,
    blobs: Vec<u8>,
    rows: u32,
    columns: u32,
    max_rows: u32,
    max_bytes: usize,
    /// Memory for a value was not to be had; what is in the buffer does not count then.
    full: bool,
}

thread_local! {
    static BUFFER: Cell<Option<Box<RowBuffer>>> = const { Cell::new(None) };
}

/// Fills the row buffer and tells where it is in the reply block. The buffer stays in place until the next call.
///
/// While `write` runs the buffer is taken out, so that a nested call (a function that queries) uses one of its own.
pub fn fill<T>(write: impl FnOnce(&mut RowBuffer) -> T) -> T {
    fill_some(u32::MAX, u32::MAX, write)
}

/// As [`fill`], for at most `max_rows` rows, and no further row after `max_bytes` bytes of text and blobs.
pub fn fill_some<T>(max_rows: u32, max_bytes: u32, write: impl FnOnce(&mut RowBuffer) -> T) -> T {
    let mut buffer = BUFFER.take().unwrap_or_default();
    buffer.clear(max_rows, max_bytes);
    let result = write(&mut buffer);
    buffer.publish();
    BUFFER.set(Some(buffer));
    result
}

impl RowBuffer {
    fn clear(&mut self, max_rows: u32, max_bytes: u32) {
        if self.cells.capacity() * 8 + self.text.capacity() + self.blobs.capacity() > KEEP_BYTES {
            *self = Self::default();
        }
        self.cells.clear();
        self.text.clear();
        self.text_units = 0;
        self.blobs.clear();
        self.rows = 0;
        self.columns = 0;
        self.max_rows = max_rows;
        self.max_bytes = max_bytes as usize;
        self.full = false;
    }

    fn publish(&self) {
        reply::set(Word::Rows, self.rows);
        reply::set(Word::Columns, self.columns);
        reply::set(Word::Cells, address_of(self.cells.as_ptr()));
        reply::set(Word::Text, address_of(self.text.as_ptr()));
        reply::set(Word::TextBytes, size(self.text.len()));
        reply::set(Word::Blobs, address_of(self.blobs.as_ptr()));
    }

    /// Whether memory ran out.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    #[inline]
    fn cell(&mut self, case: u64, payload: u64) {
        if self.cells.try_reserve(2).is_ok() {
            self.cells.extend_from_slice(&[case, payload]);
        } else {
            self.full = true;
        }
    }

    /// Adds to one of the heaps, if there is memory for it.
    #[inline]
    fn append(heap: &mut Vec<u8>, full: &mut bool, bytes: &[u8]) {
        if heap.try_reserve(bytes.len()).is_ok() {
            heap.extend_from_slice(bytes);
        } else {
            *full = true;
        }
    }

    /// Adds text that is not ASCII and returns its length in UTF-16 units.
    #[cold]
    fn wide_text(&mut self, utf8: &[u8]) -> u32 {
        let mut units = 0;
        for chunk in utf8.utf8_chunks() {
            Self::append(&mut self.text, &mut self.full, chunk.valid().as_bytes());
            units += chunk.valid().encode_utf16().count();
            if !chunk.invalid().is_empty() {
                Self::append(&mut self.text, &mut self.full, "\u{fffd}".as_bytes());
                units += 1;
            }
        }
        size(units)
    }
}

/// A size in this 32-bit address space.
#[allow(clippy::cast_possible_truncation, reason = "this front exists on wasm32 only, where usize has 32 bits")]
const fn size(n: usize) -> u32 {
    n as u32
}

const fn pair(first: u32, second: u32) -> u64 {
    first as u64 | (second as u64) << 32
}

impl RowSink for RowBuffer {
    #[inline]
    fn null(&mut self) {
        self.cell(0, 0);
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        self.cell(1, value.cast_unsigned());
    }

    #[inline]
    fn real(&mut self, value: f64) {
        self.cell(2, value.to_bits());
    }

    #[inline]
    fn text(&mut self, utf8: &[u8]) {
        let units = if utf8.is_ascii() {
            Self::append(&mut self.text, &mut self.full, utf8);
            size(utf8.len())
        } else {
            self.wide_text(utf8)
        };
        self.cell(3, pair(self.text_units, units));
        self.text_units += units;
    }

    #[inline]
    fn blob(&mut self, bytes: &[u8]) {
        self.cell(4, pair(size(self.blobs.len()), size(bytes.len())));
        Self::append(&mut self.blobs, &mut self.full, bytes);
    }

    #[inline]
    fn end_row(&mut self) -> bool {
        if self.rows == 0 {
            self.columns = size(self.cells.len() / 2);
        }
        self.rows += 1;
        !self.full && self.rows < self.max_rows && self.text.len() + self.blobs.len() < self.max_bytes
    }
}
