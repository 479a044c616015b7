//! The reply block: numbers an export returns besides its status, at one fixed address.

use std::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::web::memory::address_of;

/// One word of the reply block. JavaScript has the same list in `rows.ts`.
#[derive(Clone, Copy)]
pub enum Word {
    /// Number of rows in the row buffer.
    Rows,
    /// Cells per row.
    Columns,
    /// Address of the first cell, a multiple of 8.
    Cells,
    /// Address of the text heap.
    Text,
    /// Length of the text heap, in bytes.
    TextBytes,
    /// Address of the blob heap.
    Blobs,
    /// How often SQLite compiled the statement anew because the schema changed.
    Reprepared,
    /// A statement handle, or 0 for none.
    Statement,
    /// Number of the statement's largest parameter.
    Parameters,
    /// Low half of a 64-bit number (a change count).
    FirstLow,
    /// High half of it.
    FirstHigh,
    /// Low half of another (a rowid).
    SecondLow,
    /// High half of it.
    SecondHigh,
}

const WORDS: usize = 13;

thread_local! {
    static REPLY: [Cell<u32>; WORDS] = const { [const { Cell::new(0) }; WORDS] };
}

/// Sets one word.
pub fn set(word: Word, value: u32) {
    REPLY.with(|reply| {
        if let Some(cell) = reply.get(word as usize) {
            cell.set(value);
        }
    });
}

/// Sets a 64-bit number in two halves.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is taken apart into its two halves on purpose"
)]
pub fn set_wide(low: Word, high: Word, value: i64) {
    set(low, value as u32);
    set(high, (value >> 32) as u32);
}

/// The address of the reply block: 13 words of 4 bytes. It never changes.
#[wasm_bindgen]
#[must_use]
pub fn reply_block() -> u32 {
    REPLY.with(|reply| address_of(reply.as_ptr()))
}
