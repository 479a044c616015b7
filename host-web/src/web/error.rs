//! How an error reaches JavaScript: kept here, fetched with `take_error`.

use std::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::{Error, RowSink};
use crate::web::rows;

/// What an export returns when it failed.
pub const FAILED: i32 = -1;

thread_local! {
    static LAST: Cell<Option<Box<Error>>> = const { Cell::new(None) };
}

/// Keeps the error for `take_error` and gives the status to return.
pub fn keep(error: Error) -> i32 {
    LAST.set(Some(Box::new(error)));
    FAILED
}

/// 0, or [`FAILED`] with the error kept.
pub fn status(result: Result<(), Error>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => keep(error),
    }
}

/// Puts the last error into the row buffer, as one row: extended code, message, byte offset, reason, extension, function.
/// What the error does not have is null. No row if there is no error.
#[wasm_bindgen]
pub fn take_error() {
    let error = LAST.take();
    rows::fill(|out| {
        let Some(error) = error else { return };
        out.integer(error.code.into());
        out.text(error.message.as_bytes());
        match error.offset {
            Some(offset) => out.integer(offset.into()),
            None => out.null(),
        }
        optional_text(out, error.reason.map(|reason| reason.as_str()));
        optional_text(out, error.extension.as_deref());
        optional_text(out, error.function.as_deref());
        out.end_row();
    });
}

/// Adds a text cell, or null.
pub fn optional_text(out: &mut impl RowSink, text: Option<&str>) {
    match text {
        Some(text) => out.text(text.as_bytes()),
        None => out.null(),
    }
}
