//! Functions of the embedder, extensions, and what extensions import.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::imports::{self, GuestError};
use crate::engine::manifest::FunctionFlags;
use crate::engine::{self, Error, ExtensionInfo, Level, RowSink, Value, ValueRef};
use crate::web::error::{FAILED, keep, status};
use crate::web::reply::{self, Word};
use crate::web::rows::{self, RowBuffer};
use crate::web::scratch;

/// Registers a function of the embedder. `flags` are the bits of `function-flags` in wit/metadata.wit.
#[wasm_bindgen]
#[must_use]
pub fn create_function(connection: u32, name: &str, arg_count: i32, flags: u8, id: u32) -> i32 {
    status(engine::create_function(connection, name, arg_count, FunctionFlags(flags), id))
}

/// Removes a function of the embedder.
#[wasm_bindgen]
#[must_use]
pub fn remove_function(connection: u32, name: &str, arg_count: i32) -> i32 {
    status(engine::remove_function(connection, name, arg_count))
}

/// Reads the manifest of extension `id`, applies the policy and registers everything, or nothing. What it is stands in
/// the row buffer then, as [`extensions`] puts it there.
#[wasm_bindgen]
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "wasm-bindgen passes a list of strings by value only")]
pub fn load_extension(connection: u32, id: u32, digest: &str, grants: Vec<String>) -> i32 {
    status(engine::load_extension(connection, id, digest, &grants).map(|info| {
        rows::fill(|out| describe(out, &info));
    }))
}

/// Removes an extension and its functions.
#[wasm_bindgen]
#[must_use]
pub fn unload_extension(connection: u32, id: u32) -> i32 {
    status(engine::unload_extension(connection, id))
}

/// Puts the extensions of a connection into the row buffer: for each some rows of a key and a value, the first of them
/// `id`.
#[wasm_bindgen]
#[must_use]
pub fn extensions(connection: u32) -> i32 {
    status(engine::extensions(connection).map(|all| {
        rows::fill(|out| {
            for info in &all {
                describe(out, info);
            }
        });
    }))
}

fn describe(out: &mut RowBuffer, info: &ExtensionInfo) {
    out.text(b"id");
    out.integer(info.id.into());
    out.end_row();
    let singles = [
        ("name", &info.name),
        ("version", &info.version),
        ("description", &info.description),
        ("digest", &info.digest),
    ];
    let lists = [("functions", &info.functions), ("granted", &info.granted), ("denied", &info.denied)];
    let items = lists.iter().flat_map(|(key, items)| items.iter().map(move |item| (*key, item)));
    for (key, text) in singles.into_iter().chain(items) {
        out.text(key.as_bytes());
        out.text(text.as_bytes());
        out.end_row();
    }
    out.text(b"traps");
    out.integer(info.traps.into());
    out.end_row();
}

/// `log.write` of extension `id`. `level` is the case's number in wit/log.wit.
#[wasm_bindgen]
pub fn guest_log(id: u32, level: u8, message: &[u8]) {
    imports::log_write(id, Level::from_u8(level), message);
}

/// `random.bytes` of extension `id`: one blob cell in the row buffer.
#[wasm_bindgen]
#[must_use]
pub fn guest_random(id: u32, len: u32) -> i32 {
    guest_status(imports::random_bytes(id, len).map(|bytes| {
        rows::fill(|out| {
            out.blob(&bytes);
            out.end_row();
        });
    }))
}

/// `clock.now` of extension `id`: the time is in the reply block.
#[wasm_bindgen]
#[must_use]
pub fn guest_clock(id: u32) -> i32 {
    guest_status(imports::clock_now(id).map(|now| reply::set_wide(Word::FirstLow, Word::FirstHigh, now)))
}

/// `spi.query` of extension `id`, with the first `count` cells of the scratch area as parameters. The row buffer gets
/// one row with the column names, then the rows.
#[wasm_bindgen]
#[must_use]
pub fn guest_query(id: u32, sql: &str, count: u32) -> i32 {
    let Some(params) = params(count) else { return keep(outside()) };
    let borrowed: Vec<ValueRef<'_>> = params.iter().map(Value::as_ref).collect();
    guest_status(imports::spi_query(id, sql, &borrowed).map(|result| {
        rows::fill(|out| {
            for name in &result.columns {
                out.text(name.as_bytes());
            }
            out.end_row();
            for row in result.rows {
                for value in row {
                    match value {
                        Value::Null => out.null(),
                        Value::Integer(value) => out.integer(value),
                        Value::Real(value) => out.real(value),
                        Value::Text(text) => out.text(text.as_bytes()),
                        Value::Blob(bytes) => out.blob(&bytes),
                    }
                }
                out.end_row();
            }
        });
    }))
}

/// `spi.execute` of extension `id`, likewise. The number of changed rows is in the reply block.
#[wasm_bindgen]
#[must_use]
pub fn guest_execute(id: u32, sql: &str, count: u32) -> i32 {
    let Some(params) = params(count) else { return keep(outside()) };
    let borrowed: Vec<ValueRef<'_>> = params.iter().map(Value::as_ref).collect();
    guest_status(
        imports::spi_execute(id, sql, &borrowed)
            .map(|changes| reply::set_wide(Word::FirstLow, Word::FirstHigh, changes)),
    )
}

/// Parameters from the scratch area, copied: the statement may run code that uses the area again.
fn params(count: u32) -> Option<Vec<Value>> {
    scratch::with_cells(count, |cells| cells.iter().map(Value::from_lossy).collect())
}

fn outside() -> Error {
    Error::new(engine::MISUSE, "parameters are outside the scratch area")
}

fn guest_status(result: Result<(), GuestError>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => {
            keep(Error::new(error.code, error.message));
            FAILED
        }
    }
}
