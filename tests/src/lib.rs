//! The conformance runner: one set of SQL scripts, every SQLink host.
//!
//! The scripts are in `tests/conformance`, in sqllogictest's format with a few directives; `readme.slt` explains them
//! and is itself run. A *host* is a place where the engine and the extensions run (wasmtime, Node, a browser, workerd). Its *driver* is
//! a program that opens databases, loads extensions and runs SQL on request; requests and replies are JSON lines, see
//! [`protocol`]. The runner formats every value itself, from its storage class and exact text, so hosts are compared
//! by the same measure.

pub mod artifacts;
pub mod bless;
pub mod bundle;
pub mod codes;
pub mod driver;
pub mod hosts;
pub mod literal;
pub mod native;
pub mod protocol;
pub mod report;
pub mod run;
pub mod script;
pub mod session;
pub mod value;
