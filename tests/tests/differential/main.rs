//! Differential tests: the same functions, tables and hooks once as the extension `kit` under the native host, and once
//! registered natively, in the SQLite that rusqlite brings. proptest makes data and statements; both sides must agree on
//! every row, with types, on every error's primary result code, and on what the callbacks were told, in the same order.
//!
//! The two SQLites are not built alike: the engine's is the one of sqlite-wasm-rs. Nothing here may depend on what differs between
//! them, see [`pair::Pair::new`].
//!
//! `PROPTEST_CASES` sets the number of cases of each test. A case that has failed is kept in `regressions` and runs first from
//! then on.

mod aggregates;
mod changes;
mod collations;
mod functions;
mod generate;
mod hooks;
mod pair;
#[path = "../../guests/kit/src/plan.rs"]
mod plan;
mod questions;
mod scans;
mod tables;
#[path = "../../guests/kit/src/value.rs"]
mod value;
mod windows;
mod writes;

use sqlink_host_native::Value;
