//! The engine: SQLite connections, and the extensions loaded into them.
//!
//! Connections and statements are u32 handles, never 0. A handle that was closed, or never given out, gives a
//! `SQLITE_MISUSE` error. Handles belong to the thread that made them.
//!
//! # Re-entrancy
//!
//! A SQL function, whether an extension's or the embedder's, may use the engine while it runs, on its own connection too:
//! run SQL, prepare, bind, finalize other statements. What would pull the rug from under a caller is an error: closing the
//! connection, resetting, rebinding or finalizing a statement that is on the stack, and changing what is registered.
//! To allow all that, no borrow is held across a call into SQLite or into the front.
//!
//! Inside a hook or a collation SQLite allows no use of the connection: compiling and running SQL there is an error too.
//!
//! # Invariants
//!
//! - The engine owns policy: grants, limits, call depth. Fronts carry out what it allows.
//! - `unsafe` is confined to one folder, `sqlite`.
//! - Nothing reachable from a SQLite callback panics.

mod aggregate;
mod batch;
#[cfg(any(test, all(feature = "component", not(feature = "web"), target_arch = "wasm32")))]
mod calendar;
mod calls;
mod collation;
mod connection;
mod core;
mod counts;
mod error;
mod extension;
mod function;
mod handles;
mod hooks;
pub mod imports;
mod limits;
mod load;
pub mod manifest;
mod names;
mod platform;
mod policy;
mod spi;
mod sqlite;
mod state;
mod statement;
pub mod storage;
mod value;
mod vtab;

pub use batch::{Batch, Cell};
pub use connection::{
    OpenOptions, Version, changes, close, deserialize, exec, in_transaction, interrupt, last_insert_rowid, limits,
    open, serialize, set_limits, total_changes, version,
};
pub use error::{
    AUTH, BUSY, CANTOPEN, ERROR, Error, FULL, INTERRUPT, MISUSE, NOMEM, NOTADB, Part, RANGE, READONLY, Reason, Result,
    TOOBIG,
};
pub use extension::{ExtensionInfo, HandedFile, LoadOptions, extensions};
pub use function::{create_function, remove_function};
pub use limits::Limits;
pub use load::{load_extension, unload_extension};
pub use manifest::{Capability, Function, FunctionFlags, Manifest};
pub use platform::{CallError, Level, Platform};
pub use sqlite::{Args, RawValue, ResultSink, Script, grow_result_buffer, result_buffer};
pub use statement::{
    Changes, Column, Prepared, Step, bind, bind_all, clear_bindings, column_count, columns, finalize, parameter_count,
    parameter_index, parameter_name, prepare, prepare_from, read_only, reprepare_count, reset, run, step_rows,
};
pub use value::{Collected, RowSink, Value, ValueRef};
