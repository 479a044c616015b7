//! The front for JavaScript: wasm-bindgen exports over the engine, and the engine's platform over imported JavaScript.
//!
//! A thin conversion layer. Numbers cross as numbers, SQL and names as strings; everything else crosses in memory, in
//! one format that JavaScript reads and writes through typed arrays:
//!
//! * a *cell* is 16 bytes, 8-byte aligned: the case as a `u32` at 0 (0 null, 1 integer, 2 real, 3 text, 4 blob) and
//!   the payload at 8 (`i64`, `f64`, or two `u32`);
//! * bind parameters are cells in the *scratch* area ([`scratch`]), text and blob as address and byte length;
//! * rows, column names, errors and everything else that goes out are cells in a *row buffer* ([`rows`]), text as start
//!   and length in UTF-16 units of one heap that JavaScript decodes once per batch;
//! * where to find a row buffer, and a few numbers, stand in the *reply* block ([`reply`]), at a fixed address.
//!
//! An export that can fail returns a negative number and leaves the error for `take_error`. No export keeps a borrow
//! while the engine runs: a callback may call any export again.
//!
//! Arguments are `i32`/`u32` rather than handles with methods, because a panic would leave a wasm-bindgen object
//! borrowed for good, and because a number needs no conversion on the way.

mod batch;
mod error;
mod extensions;
mod memory;
pub mod platform;
mod reply;
mod rows;
mod scratch;
mod script;
mod statements;
