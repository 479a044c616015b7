//! Connections and statements.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::{self, Error, Limits, OpenOptions, RowSink, Step};
use crate::web::error::{FAILED, keep, optional_text, status};
use crate::web::reply::{self, Word};
use crate::web::{rows, scratch};

/// `SQLITE_NOMEM`
const NOMEM: i32 = 7;
/// What [`fetch`] returns when the statement has no further rows.
const DONE: i32 = 0;
/// What [`fetch`] returns when the statement may have further rows.
const MORE: i32 = 1;

/// Opens a connection and returns its handle; 0 with the error kept.
#[wasm_bindgen]
#[must_use]
pub fn open(name: &str, read_only: bool, create: bool) -> u32 {
    match engine::open(&OpenOptions { name, read_only, create }) {
        Ok(connection) => connection,
        Err(error) => {
            keep(error);
            0
        }
    }
}

/// Closes a connection and finalizes its statements.
#[wasm_bindgen]
#[must_use]
pub fn close(connection: u32) -> i32 {
    status(engine::close(connection))
}

/// Sets the limits of a connection, which are in the order and the units of [`Limits`]. Missing ones are 0.
#[wasm_bindgen]
#[must_use]
pub fn set_limits(connection: u32, limits: &[u32]) -> i32 {
    let mut given = limits.iter().copied();
    let mut next = || given.next().unwrap_or_default();
    status(engine::set_limits(
        connection,
        Limits {
            statement_timeout_ms: next(),
            call_depth: next(),
            output_bytes: next(),
            value_bytes: next(),
            sql_bytes: next(),
            state_bytes: next(),
            cache_bytes: next(),
            open_handles: next(),
        },
    ))
}

/// Puts the limits of a connection into the row buffer: one row, in the order of [`set_limits`].
#[wasm_bindgen]
#[must_use]
pub fn limits(connection: u32) -> i32 {
    status(engine::limits(connection).map(|limits| {
        rows::fill(|out| {
            for limit in [
                limits.statement_timeout_ms,
                limits.call_depth,
                limits.output_bytes,
                limits.value_bytes,
                limits.sql_bytes,
                limits.state_bytes,
                limits.cache_bytes,
                limits.open_handles,
            ] {
                out.integer(limit.into());
            }
            out.end_row();
        });
    }))
}

/// Runs every statement of `sql` and discards their rows.
#[wasm_bindgen]
#[must_use]
pub fn exec(connection: u32, sql: &str) -> i32 {
    status(engine::exec(connection, sql))
}

/// Puts the columns of a statement into the row buffer: one row per column, its name and its declared type or null.
#[wasm_bindgen]
#[must_use]
pub fn columns(statement: u32) -> i32 {
    status(engine::columns(statement).map(|columns| {
        rows::fill(|out| {
            for column in columns {
                out.text(column.name.as_bytes());
                optional_text(out, column.declared_type.as_deref());
                out.end_row();
            }
        });
    }))
}

/// Puts the parameters of a statement into the row buffer: one row per parameter from ?1, its name with its prefix, or
/// null.
#[wasm_bindgen]
#[must_use]
pub fn parameters(statement: u32) -> i32 {
    let names = engine::parameter_count(statement).and_then(|count| {
        (1..=count).map(|index| engine::parameter_name(statement, index)).collect::<Result<Vec<_>, _>>()
    });
    status(names.map(|names| {
        rows::fill(|out| {
            for name in names {
                optional_text(out, name.as_deref());
                out.end_row();
            }
        });
    }))
}

/// Resets a statement and binds the first `count` cells of the scratch area to ?1, ?2, …
#[wasm_bindgen]
#[must_use]
pub fn bind(statement: u32, count: u32) -> i32 {
    let bound = scratch::with_cells(count, |cells| engine::bind_all(statement, cells));
    status(bound.unwrap_or_else(|| Err(Error::new(engine::MISUSE, "parameters are outside the scratch area"))))
}

/// Fetches rows into the row buffer: at most `max_rows`, and no further row after `max_bytes` bytes of text and blobs.
/// Returns 0 if the statement is done, 1 if there may be more; negative with the error kept, after the rows before it.
#[wasm_bindgen]
#[must_use]
pub fn fetch(statement: u32, max_rows: u32, max_bytes: u32) -> i32 {
    let (step, full) = rows::fill_some(max_rows, max_bytes, |buffer| {
        let step = engine::step_rows(statement, buffer);
        (step, buffer.is_full())
    });
    reply::set(Word::Reprepared, engine::reprepare_count(statement).unwrap_or(0));
    if full {
        reply::set(Word::Rows, 0);
        // The statement cannot go on from here; if resetting fails there is nothing more to say.
        let _ = engine::reset(statement);
        return keep(Error::new(NOMEM, "out of memory"));
    }
    match step {
        Ok(Step::Done) => DONE,
        Ok(Step::More) => MORE,
        Err(error) => keep(error),
    }
}

/// [`bind`] and [`fetch`] in one crossing.
#[wasm_bindgen]
#[must_use]
pub fn bind_and_fetch(statement: u32, count: u32, max_rows: u32, max_bytes: u32) -> i32 {
    match bind(statement, count) {
        FAILED => FAILED,
        _ => fetch(statement, max_rows, max_bytes),
    }
}

/// [`bind`], the first row, and [`reset`] in one crossing. Returns 0, or negative with the error kept.
#[wasm_bindgen]
#[must_use]
pub fn fetch_one(statement: u32, count: u32) -> i32 {
    match bind_and_fetch(statement, count, 1, u32::MAX) {
        FAILED => FAILED,
        _ => reset(statement),
    }
}

/// Binds, runs the statement to its end, discards its rows and resets it. The change count and the last insert rowid are
/// in the reply block.
#[wasm_bindgen]
#[must_use]
pub fn run(statement: u32, count: u32) -> i32 {
    if bind(statement, count) == FAILED {
        return FAILED;
    }
    status(engine::run(statement).map(|changes| {
        reply::set_wide(Word::FirstLow, Word::FirstHigh, changes.changes);
        reply::set_wide(Word::SecondLow, Word::SecondHigh, changes.last_insert_rowid);
    }))
}

/// Resets a statement, so that it holds no lock and its next step starts over.
#[wasm_bindgen]
#[must_use]
pub fn reset(statement: u32) -> i32 {
    status(engine::reset(statement))
}

/// Destroys a statement.
#[wasm_bindgen]
#[must_use]
pub fn finalize(statement: u32) -> i32 {
    status(engine::finalize(statement))
}

/// Puts rows changed by the last statement and the last insert rowid into the reply block.
#[wasm_bindgen]
#[must_use]
pub fn changes(connection: u32) -> i32 {
    let both = engine::changes(connection).and_then(|changes| Ok((changes, engine::last_insert_rowid(connection)?)));
    status(both.map(|(changes, rowid)| {
        reply::set_wide(Word::FirstLow, Word::FirstHigh, changes);
        reply::set_wide(Word::SecondLow, Word::SecondHigh, rowid);
    }))
}

/// Puts the rows changed since the connection was opened into the reply block.
#[wasm_bindgen]
#[must_use]
pub fn total_changes(connection: u32) -> i32 {
    status(engine::total_changes(connection).map(|changes| reply::set_wide(Word::FirstLow, Word::FirstHigh, changes)))
}

/// 1 in a transaction, 0 in autocommit mode; negative with the error kept.
#[wasm_bindgen]
#[must_use]
pub fn in_transaction(connection: u32) -> i32 {
    match engine::in_transaction(connection) {
        Ok(inside) => inside.into(),
        Err(error) => keep(error),
    }
}

/// Makes the statements that run on a connection stop.
#[wasm_bindgen]
#[must_use]
pub fn interrupt(connection: u32) -> i32 {
    status(engine::interrupt(connection))
}

/// Puts the bytes of a database into the row buffer, as one blob cell.
#[wasm_bindgen]
#[must_use]
pub fn serialize(connection: u32, schema: &str) -> i32 {
    let copied = engine::serialize(connection, schema, |bytes| {
        rows::fill(|out| {
            out.blob(bytes);
            out.end_row();
            !out.is_full()
        })
    });
    status(copied.and_then(|copied| copied.then_some(()).ok_or_else(|| Error::new(NOMEM, "out of memory"))))
}

/// Replaces the content of a schema by a copy of `bytes`.
#[wasm_bindgen]
#[must_use]
pub fn deserialize(connection: u32, schema: &str, bytes: &[u8]) -> i32 {
    status(engine::deserialize(connection, schema, bytes))
}

/// Puts the SQLite version, its source id and its compile options into the row buffer: one row each, one cell per row.
#[wasm_bindgen]
pub fn version() {
    let version = engine::version();
    rows::fill(|out| {
        for text in [&version.sqlite, &version.source_id].into_iter().chain(&version.compile_options) {
            out.text(text.as_bytes());
            out.end_row();
        }
    });
}
