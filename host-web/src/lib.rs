//! The SQLink host: SQLite statically linked, the engine that runs extensions in it, and the fronts through which an
//! embedder drives it.
//!
//! - [`engine`]: connections, statements, extensions, policy and limits. It knows neither JavaScript nor wasmtime.
//! - `web` (wasm32, feature `web`): the wasm-bindgen front, for JavaScript.
//! - `component` (wasm32, feature `component`): the wit-bindgen front, a component without WASI imports.
//! - [`native`] (other targets): the front for Rust programs, which the crate's own tests drive.
//!
//! A front is chosen at compile time. Should both features be on, `web` wins.
//!
//! # Example
//!
//! ```
//! # fn main() -> Result<(), sqlink_host_web::engine::Error> {
//! use sqlink_host_web::engine::{self, OpenOptions, ValueRef};
//!
//! let connection = engine::open(&OpenOptions::memory())?;
//! engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)")?;
//! let statement = engine::prepare(connection, "SELECT sum(a) + ?1 FROM t", false)?.statement;
//! engine::bind(statement, 1, ValueRef::Integer(39))?;
//! let mut rows = engine::Collected::default();
//! engine::step_rows(statement, &mut rows)?;
//! assert_eq!(rows.rows, [[engine::Value::Integer(42)]]);
//! engine::close(connection)
//! # }
//! ```

pub mod contract;
pub mod engine;
mod front;
mod guest_imports;

#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod web;

#[cfg(all(feature = "component", not(feature = "web"), target_arch = "wasm32"))]
mod component;

#[cfg(not(target_arch = "wasm32"))]
pub mod native;

#[cfg(all(target_arch = "wasm32", not(any(feature = "web", feature = "component"))))]
compile_error!("on wasm32, choose a front: feature `web` or feature `component`");
