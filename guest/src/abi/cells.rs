//! The values of a batch of rows, where the host reads them.

use super::{Payload, RawBytes, RawValue};
use crate::ValueRef;
use core::marker::PhantomData;

/// Values one after the other; the bytes of texts and blobs lie together in one buffer, so that no value needs an allocation.
pub(crate) struct Cells {
    /// Invariant: until [`Self::seal`], addresses of bytes are places in `bytes`; from then on they are addresses.
    cells: Vec<RawValue<'static>>,
    bytes: Vec<u8>,
    sealed: bool,
}

const NULL: RawValue<'static> = RawValue { tag: 0, payload: Payload { integer: 0 }, bytes: PhantomData };

impl Cells {
    pub(crate) const fn new() -> Self {
        Self { cells: Vec::new(), bytes: Vec::new(), sealed: false }
    }

    /// Empties it. A large buffer is given back.
    ///
    /// * `keep` - bytes that the buffer may keep
    pub(crate) fn clear(&mut self, keep: usize) {
        self.cells.clear();
        self.bytes.clear();
        self.bytes.shrink_to(keep);
        self.sealed = false;
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Bytes of all texts and blobs.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds NULLs, or takes values off, so that there are `len`.
    #[inline]
    pub(crate) fn resize(&mut self, len: usize) {
        self.cells.resize(len, NULL);
    }

    /// Replaces the value `index`; without effect if there is none.
    #[inline]
    pub(crate) fn set(&mut self, index: usize, value: ValueRef<'_>) {
        debug_assert!(!self.sealed, "a batch is filled before it is handed over");
        let bytes = match value {
            ValueRef::Text(text) => text.as_bytes(),
            ValueRef::Blob(blob) => blob,
            _ => &[],
        };
        let place = RawBytes { start: core::ptr::without_provenance(self.bytes.len()), len: bytes.len() };
        let (tag, payload) = match value {
            ValueRef::Null => (0, Payload { integer: 0 }),
            ValueRef::Integer(integer) => (1, Payload { integer }),
            ValueRef::Real(real) => (2, Payload { real }),
            ValueRef::Text(_) => (3, Payload { bytes: place }),
            ValueRef::Blob(_) => (4, Payload { bytes: place }),
        };
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = RawValue { tag, payload, bytes: PhantomData };
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Makes addresses of places, after the last value: the buffer moves no more.
    pub(crate) fn seal(&mut self) -> &[RawValue<'_>] {
        if !self.sealed && !self.bytes.is_empty() {
            let start = self.bytes.as_ptr();
            for cell in self.cells.iter_mut().filter(|cell| cell.tag >= 3) {
                // SAFETY: the tag says that bytes are set, and their place is inside of the buffer.
                unsafe {
                    let bytes = &mut cell.payload.bytes;
                    bytes.start = start.add(bytes.start.addr());
                }
            }
        }
        self.sealed = true;
        &self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, RawValue, ValueRef};

    #[test]
    fn values_come_back() {
        let mut cells = Cells::new();
        for _ in 0..2 {
            cells.clear(4);
            cells.resize(6);
            let long = "x".repeat(100);
            let values = [
                ValueRef::Text("a"),
                ValueRef::Integer(-1),
                ValueRef::Null,
                ValueRef::Blob(&[0, 255]),
                ValueRef::Text(""),
                ValueRef::Text(&long),
            ];
            for (index, value) in values.into_iter().enumerate() {
                cells.set(index, value);
            }
            cells.set(6, ValueRef::Text("nowhere"));
            assert_eq!((cells.len(), cells.bytes()), (6, 103));
            assert_eq!(cells.seal().iter().map(RawValue::get).collect::<Vec<_>>(), values);
            assert_eq!(cells.seal().iter().map(RawValue::get).collect::<Vec<_>>(), values);
        }
        cells.clear(0);
        cells.resize(2);
        cells.set(1, ValueRef::Text(""));
        assert_eq!(cells.seal()[1].get(), ValueRef::Text(""));
    }
}
