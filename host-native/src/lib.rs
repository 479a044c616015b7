//! The native SQLink host: SQLite and its extensions in WebAssembly, under wasmtime.
//!
//! This crate holds no SQL logic. It runs the engine, `host.component.wasm`, gives it files, time and randomness, and
//! carries calls between it and the extensions.
//!
//! - [`Host`]: a compiled engine. [`Host::new`] for extensions that are loaded at run time, [`Host::composed`] for a
//!   composition with its extensions inside.
//! - [`Database`]: a connection, in a store and on a thread of its own.
//! - Every extension has a store of its own, so a trap in it ends only its instance. Fuel, memory and time of each call are
//!   bounded by [`Limits`].
//!
//! ```no_run
//! use sqlink_host_native::{Host, HostOptions, LoadOptions, OpenOptions, Params, Value, read_component};
//! use std::path::Path;
//!
//! # fn main() -> Result<(), sqlink_host_native::Error> {
//! let engine = read_component(Path::new("dist/host.component.wasm"))?;
//! let host = Host::new("host.component.wasm", &engine, HostOptions::default())?;
//! let database = host.open(OpenOptions::memory())?;
//! let options = LoadOptions { grants: vec!["random".to_owned()], ..LoadOptions::default() };
//! database.load_file(Path::new("dist/extensions/uuid.wasm"), &options)?;
//! let result = database.query("SELECT uuid()", Params::None)?;
//! assert!(matches!(&result.rows[0][0], Value::Text(text) if text.len() == 36));
//! database.close()
//! # }
//! ```

#[cfg(not(any(target_os = "linux", target_os = "android")))]
compile_error!("database files are shared through open file description locks, which only Linux has: see `locks.rs`");

mod cache;
mod codes;
mod contract;
mod database;
mod dispatch;
mod error;
mod failure;
mod guest;
mod handed;
mod host;
mod imports;
mod limits;
mod locks;
mod scope;
pub mod scripts;
mod session;
mod state;
mod storage;
mod ticker;

pub use codes::{extended_name, primary_name};
pub use contract::sqlink::extension::metadata;
pub use contract::sqlink::extension::types::Value;
pub use database::{Changes, Column, Database, ExtensionInfo, LoadOptions, OpenOptions, Params, ResultSet, RowSink};
pub use error::{Error, SqlError};
pub use handed::HandedFile;
pub use host::{CachePolicy, Host, HostOptions, Inspection, digest, inspect, read_component};
pub use limits::Limits;
pub use sqlink_compose::lock::LockedExtension;
pub use state::{Level, LogEntry, LogSink, Observer};
