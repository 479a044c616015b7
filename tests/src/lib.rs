//! The conformance runner: one set of SQL scripts, every SQLink host.
//!
//! The scripts are in `tests/conformance`, in sqllogictest's format with a few directives; `readme.slt` explains them
//! and is itself run. A *host* is a place where the engine and the extensions run (wasmtime, Node, a browser, workerd). Its *driver* is
//! a program that opens databases, loads extensions and runs SQL on request; requests and replies are JSON lines, see
//! [`protocol`]. What the scripts mean is in `sqlink-slt`.

pub mod artifacts;
pub mod bless;
pub mod bundle;
pub mod driver;
pub mod hosts;
pub mod native;
pub mod report;
pub mod run;

pub use sqlink_slt::{codes, literal, protocol, script, session, value};
