//! The batches that JavaScript fills: those of the running calls of `vtab.next-batch`.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::Batch;
use crate::web::memory::address_of;

thread_local! {
    /// The innermost call's last: an extension may scan another's table.
    static LENT: RefCell<Vec<Batch>> = const { RefCell::new(Vec::new()) };
    /// Addresses of rowids, cells and bytes.
    static PLACES: [Cell<u32>; 3] = const { [const { Cell::new(0) }; 3] };
}

/// Runs `call`, which may fill `batch` through [`batch_room`].
pub fn lend<T>(batch: &mut Batch, call: impl FnOnce() -> T) -> T {
    LENT.with_borrow_mut(|lent| lent.push(std::mem::take(batch)));
    let result = call();
    if let Some(filled) = LENT.with_borrow_mut(Vec::pop) {
        *batch = filled;
    }
    result
}

/// Makes room in the batch of the running call, and returns the address of three words: the addresses of its rowids (8 bytes
/// each), its cells (16 bytes each) and its bytes. Returns 0 if the batch can't be right: the engine says why.
#[wasm_bindgen]
#[must_use]
pub fn batch_room(rows: u32, cells: u32, bytes: u32) -> u32 {
    LENT.with_borrow_mut(|lent| {
        let Some(batch) = lent.last_mut() else { return 0 };
        if !batch.resize(rows as usize, cells as usize, bytes as usize) {
            return 0;
        }
        let (rowids, cells, bytes) = batch.parts();
        PLACES.with(|places| {
            let found = [address_of(rowids.as_ptr()), address_of(cells.as_ptr()), address_of(bytes.as_ptr())];
            for (place, address) in places.iter().zip(found) {
                place.set(address);
            }
            address_of(places.as_ptr())
        })
    })
}
