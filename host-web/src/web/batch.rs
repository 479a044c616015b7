//! The batches that JavaScript fills: those of the running calls of `vtab.next-batch`.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::{Batch, CallError, Reason, output_limit};
use crate::web::memory::address_of;

/// A batch that is being filled.
#[derive(Default)]
struct Lent {
    batch: Batch,
    /// Why it got no room.
    refused: Option<CallError>,
}

thread_local! {
    /// The innermost call's last: an extension may scan another's table.
    static LENT: RefCell<Vec<Lent>> = const { RefCell::new(Vec::new()) };
    /// Addresses of rowids, cells and bytes.
    static PLACES: [Cell<u32>; 3] = const { [const { Cell::new(0) }; 3] };
}

/// Runs `call`, which may fill `batch` through [`batch_room`]. Gives its result, and why there was no room if that is so.
pub fn lend<T>(batch: &mut Batch, call: impl FnOnce() -> T) -> (T, Option<CallError>) {
    batch.clear();
    LENT.with_borrow_mut(|lent| lent.push(Lent { batch: std::mem::take(batch), refused: None }));
    let result = call();
    let Lent { batch: filled, refused } = LENT.with_borrow_mut(Vec::pop).unwrap_or_default();
    *batch = filled;
    (result, refused)
}

/// Makes room in the batch of the running call, and returns the address of three words: the addresses of its rowids (8 bytes each), its
/// cells (16 bytes each) and its bytes. Returns 0 if `bytes`, the sum of all texts and blobs, is over the output limit.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a sum of lengths in a 32-bit memory is far below 2^53")]
pub fn batch_room(rows: u32, cells: u32, bytes: f64) -> u32 {
    LENT.with_borrow_mut(|lent| {
        let Some(Lent { batch, refused }) = lent.last_mut() else { return 0 };
        let limit = output_limit();
        if bytes > limit as f64 {
            let detail = format!("it returned {bytes} bytes, over the limit of {limit}");
            *refused = Some(CallError::Failure { reason: Reason::OutputTooLarge, detail });
            return 0;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and below the limit")]
        let bytes = bytes as usize;
        batch.resize(rows as usize, cells as usize, bytes);
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
