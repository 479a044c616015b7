//! The scratch area: where JavaScript writes bind parameters before it calls an export that reads them.
//!
//! The export reads the area before it runs anything that could call JavaScript back, so one area serves nested calls.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::Args;
use crate::web::memory::{address_of, cells_in};

/// Bytes of the area as long as nothing larger is asked for.
const USUAL_BYTES: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Makes the area hold at least `bytes` bytes and returns its address, a multiple of 8, or 0 if
/// there is not as much memory. What it held is lost. The address stays
/// good until the next call. An area that was larger than usual is given back when less is asked for.
#[wasm_bindgen]
#[must_use]
pub fn scratch(bytes: u32) -> u32 {
    let words = (bytes as usize).max(USUAL_BYTES).div_ceil(8);
    SCRATCH.with_borrow_mut(|area| {
        if area.len() != words {
            // Freed first, so that the old and the new area need not fit side by side.
            *area = Vec::new();
            if area.try_reserve_exact(words).is_err() {
                return 0;
            }
            area.resize(words, 0);
        }
        address_of(area.as_ptr())
    })
}

/// Calls `read` with the first `count` cells of the area.
///
/// Gives `None` if the area holds fewer, or if a text or blob cell points outside it.
pub fn with_cells<T>(count: u32, read: impl FnOnce(Args<'_>) -> T) -> Option<T> {
    SCRATCH.with_borrow(|area| cells_in(area, count).map(read))
}
