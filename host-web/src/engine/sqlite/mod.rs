//! The boundary to SQLite's C interface: the only place of the engine with `unsafe`.
//!
//! Everything it exports is safe to call, but for [`RawValue::get`] and [`Args::from_raw`], whose pointers only the caller
//! can vouch for. Callbacks have one shape: check the pointers, borrow the user data, build a safe view, call a safe
//! function, report its result. They hold no logic, and nothing they reach panics.
#![allow(unsafe_code, reason = "SQLite is a C library; this folder is where the crate touches it")]

mod aggregate;
mod collation;
mod database;
mod hooks;
mod result;
mod scalar;
mod statement;
mod subtype;
mod value;
mod vtab;
mod vtab_cursor;
mod vtab_index;
mod vtab_shadow;
mod vtab_table;
mod vtab_update;

#[cfg(all(feature = "component", not(feature = "web"), target_arch = "wasm32"))]
mod services;
pub(crate) mod vfs;

pub(crate) use database::{Database, OpenFlags, version};
pub(crate) use hooks::Progress;
pub(crate) use result::{CallGuard, Problem, calls_are_possible, depth};
pub use result::{ResultSink, grow_result_buffer, result_buffer};
pub use statement::Script;
pub(crate) use statement::{Compiled, Statement, Stepped};
pub(crate) use subtype::{set_subtype, subtype_of};
pub use value::{Args, RawValue};
pub(crate) use vtab::ModuleKind;
pub(crate) use vtab_table::{Declaring, TableOption};
