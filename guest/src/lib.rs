//! Write SQLite extensions in Rust and ship them as WebAssembly components.
//!
//! An extension is a set of plain functions with an attribute, and one macro that names them:
//!
//! ```
//! #![forbid(unsafe_code)]
//! use sqlink_guest::prelude::*;
//!
//! /// The text backwards, character by character.
//! #[scalar(deterministic, innocuous)]
//! fn reverse(text: &str) -> String {
//!     text.chars().rev().collect()
//! }
//!
//! /// Text repeated `count` times; `repeat(text)` doubles it.
//! #[scalar(deterministic, innocuous)]
//! fn repeat(text: &str, #[default(2)] count: u32) -> Result<String, Error> {
//!     if text.len().saturating_mul(count as usize) > 1_000_000 {
//!         return Err(Error::new(Error::TOOBIG, "`repeat`: the result is over 1,000,000 bytes"));
//!     }
//!     Ok(text.repeat(count as usize))
//! }
//!
//! extension! {
//!     name: "strings",
//!     description: "Functions on text.",
//!     functions: [reverse, repeat],
//! }
//! # fn main() {
//! # use sqlink_guest::testing::call;
//! # assert_eq!(call::<reverse>(&["abc".into()]).unwrap(), "cba".into());
//! # assert_eq!(call::<repeat>(&["ab".into()]).unwrap(), "abab".into());
//! # assert_eq!(call::<repeat>(&["ab".into(), 3.into()]).unwrap(), "ababab".into());
//! # }
//! ```
//!
//! The crate is a `cdylib`, built for `wasm32-unknown-unknown` and made a component with `wit-component`; it needs no WASI.
//! On every other target the same code compiles to a plain library, so the functions' logic has ordinary unit tests,
//! and [`testing::call`] calls one the way SQL does.
//!
//! `sqlink new` makes such a crate, `sqlink build` the component, and `sqlink test` runs SQL scripts against it: see the
//! [guide for authors].
//!
//! [guide for authors]: https://github.com/sqlink/sqlink/blob/main/docs/extensions.md
//!
//! # Arguments
//!
//! | parameter type | takes | of anything else |
//! |---|---|---|
//! | `i64`, `i32`, `u32` | integer (in range) | error |
//! | `f64` | real, integer | error |
//! | `bool` | integer; 0 is false | error |
//! | `&str`, `String` | text | error |
//! | `&[u8]`, `Vec<u8>` | blob | error |
//! | [`Bytes`] | text or blob, as bytes | error |
//! | `Option<T>` | NULL as `None`, or what `T` takes | error |
//! | [`ValueRef`], [`Value`] | everything | |
//! | [`Args`], `&[ValueRef]`, `&[Value]` as last parameter | all further arguments | |
//!
//! NULL for a parameter that is not an `Option` gives NULL, as SQLite's own functions do, without calling the function.
//! Arguments are checked from left to right; a wrong type is an error with the code SQLITE_MISMATCH that names the
//! function, the argument (from 1), the expected and the found type. Borrowed types cost nothing; owned ones copy.
//!
//! A trailing parameter with `#[default(EXPRESSION)]` may be left out in SQL: the function is registered once per
//! argument count.
//!
//! # Results
//!
//! `()` and `None` are NULL, `bool` is 0 or 1, and then `i64`, `i32`, `u32`, `f64`, `String`, `&str`, `Vec<u8>`, `&[u8]`,
//! `[u8; N]`, [`Value`], `Option` of these and `Result` of these with any error that converts into [`Error`]:
//! that is everything with a `Display`.
//!
//! # Flags
//!
//! `#[scalar(deterministic, innocuous, direct_only, subtype, name = "…")]`. Without `deterministic` SQLite calls the
//! function for every row and refuses it in indexes, generated columns and CHECK constraints; a function that calls
//! [`random`], [`clock`] or [`spi`] must not have it. `name` gives an SQL name that differs from the Rust name.
//!
//! # Aggregates and window functions
//!
//! A type with `Default` holds one evaluation, over one group or one window; [`aggregate`](macro@aggregate) on an `impl` of it
//! with `step` and `finish` makes it an aggregate. With `inverse`, which takes the oldest row back, and `current`, it is a
//! window function as well, and `finish` may be left out:
//!
//! ```
//! use sqlink_guest::prelude::*;
//!
//! /// The largest minus the smallest value.
//! #[derive(Default)]
//! struct Spread { values: std::collections::VecDeque<f64> }
//!
//! #[aggregate(deterministic, innocuous)]
//! impl Spread {
//!     fn step(&mut self, x: f64) { self.values.push_back(x); }
//!
//!     fn inverse(&mut self, _x: f64) { self.values.pop_front(); }
//!
//!     fn current(&self) -> Option<f64> {
//!         let min = self.values.iter().copied().reduce(f64::min)?;
//!         let max = self.values.iter().copied().reduce(f64::max)?;
//!         Some(max - min)
//!     }
//! }
//!
//! extension! {
//!     name: "spread",
//!     description: "How far values are apart.",
//!     aggregates: [Spread], // in SQL: spread(x)
//! }
//! # fn main() {
//! # use sqlink_guest::testing;
//! # let rows = [1.0, 5.0, 2.0].map(|x| [Value::Real(x)]);
//! # assert_eq!(testing::aggregate::<Spread>(rows.clone()), Ok(Value::Real(4.0)));
//! # assert_eq!(testing::window::<Spread>(rows, 1), Ok(vec![Value::Real(0.0), Value::Real(4.0), Value::Real(3.0)]));
//! # }
//! ```
//!
//! Parameters are those of a scalar function, defaults and [`Args`] included. A row with NULL for one that is not an
//! `Option` is left out, as SQLite's own aggregates do. Without rows the value is that of `Default`.
//!
//! # Collations
//!
//! ```
//! use sqlink_guest::prelude::*;
//!
//! /// Short before long, then byte by byte.
//! #[collation]
//! fn by_length(a: &str, b: &str) -> std::cmp::Ordering {
//!     a.len().cmp(&b.len()).then_with(|| a.cmp(b))
//! }
//!
//! extension! {
//!     name: "orders",
//!     description: "Orders of text.",
//!     collations: [by_length], // in SQL: ORDER BY x COLLATE by_length
//! }
//! # fn main() { assert_eq!(sqlink_guest::testing::compare::<by_length>("b", "aa"), std::cmp::Ordering::Less) }
//! ```
//!
//! It must be a total preorder, and the same in every version of the extension: indexes are stored in its order.
//!
//! # Tables
//!
//! A function that gives rows is a table in SQL, its parameters being what stands in the parentheses. The rows may borrow from
//! the arguments, and may be `Result`s:
//!
//! ```
//! use sqlink_guest::prelude::*;
//!
//! /// The parts of `text` between separators, and their places.
//! #[table_function(columns(part TEXT, place INTEGER), innocuous)]
//! fn split<'a>(text: &'a str, #[default(",")] separator: &'a str) -> impl Iterator<Item = (&'a str, i64)> {
//!     text.split(separator).zip(1..)
//! }
//!
//! extension! {
//!     name: "parts",
//!     description: "Text in parts.",
//!     tables: [split], // in SQL: SELECT part FROM split('a,b')
//! }
//! # fn main() {
//! # let rows = sqlink_guest::testing::table_function::<split>(&["a b".into(), " ".into()]).unwrap();
//! # assert_eq!(rows, [["a".into(), Value::Integer(1)], ["b".into(), 2.into()]]);
//! # }
//! ```
//!
//! Everything else that SQLite's virtual tables can do, from looking at a query's constraints to savepoints, is in [`vtab`].
//!
//! # Hooks
//!
//! An extension can watch and refuse what statements do, row by row and transaction by transaction: see [`mod@hooks`].
//!
//! # Load, unload, and calls within calls
//!
//! `on_load` and `on_unload` name functions that are called when the extension was loaded and before it goes; an error from
//! `on_load` refuses the load. With `nesting: fresh_instance` the extension's scalar functions may be used by SQL that one of its
//! functions runs: such a call gets an instance of its own. Without it, it fails with `re-entered`.
//!
//! ```
//! # use sqlink_guest::prelude::*;
//! /// The value of an SQL expression, which may use `eval` too.
//! #[scalar]
//! fn eval(expression: &str) -> Result<Option<Value>, Error> {
//!     spi::query_value(&format!("SELECT {expression}"), &[])
//! }
//!
//! fn check() -> Result<(), Error> {
//!     if config::get("enabled").as_deref() == Some("no") {
//!         return Err("the setting `enabled` says no".into());
//!     }
//!     Ok(())
//! }
//!
//! extension! {
//!     name: "eval",
//!     description: "SQL within SQL.",
//!     functions: [eval],
//!     nesting: fresh_instance,
//!     on_load: check,
//!     required: { "spi.read": "to evaluate" },
//! }
//! # fn main() { assert!(check().is_ok()) }
//! ```
//!
//! # Capabilities
//!
//! What the extension reaches for outside its memory is declared with a reason, in `required` (without it the load
//! fails) or `optional` (without it the calls that need it fail):
//!
//! ```
//! # use sqlink_guest::prelude::*;
//! # #[scalar] fn dice() -> Result<i64, Error> { Ok(i64::from(random::array::<1>()?[0] % 6) + 1) }
//! extension! {
//!     name: "dice",
//!     description: "Throws dice.",
//!     functions: [dice],
//!     required: { "random": "a die that can be foreseen is no die" },
//! }
//! # fn main() {}
//! ```
//!
//! | module | capability | |
//! |---|---|---|
//! | [`log`], [`config`], [`subtype`] | none | messages, the embedder's settings, marks on values |
//! | [`random`], [`clock`] | `random`, `clock` | secure bytes, wall and monotonic time |
//! | [`spi`] | `spi.read`, `spi.write` | SQL on the calling connection |
//! | [`state`], [`cache`] | `state`, `cache` | bytes by key, kept for good or for a while |
//! | [`files`] | `files.read`, `files.write` | files that the embedder handed over |
//!
//! What is dear to compute from a text, such as a compiled pattern, needs none of them: see [`LruCache`]. SQL is cut
//! into pieces by [`sql`].
//!
//! A component imports only what its code uses: without a call to [`random`] it does not import `random`.
//!
//! # Panics
//!
//! A panic ends the instance and fails the SQL statement; the next call gets a fresh instance. Before that, the message
//! and its place go to the host's log as `panicked: MESSAGE at FILE:LINE`, from where they reach the SQL error.
//!
//! # Mistakes are compile errors
//!
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[scalar]
//! fn f(x: std::rc::Rc<i64>) {} // `Rc<i64>` is no argument type
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[scalar(determinstic)] // unknown flag
//! fn f(x: i64) -> i64 { x }
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[scalar]
//! fn f(#[default(1)] x: i64, y: i64) -> i64 { x + y } // a default before a parameter without one
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[scalar] fn f(x: i64) -> i64 { x }
//! #[scalar(name = "F")] fn g(x: i64) -> i64 { x }
//! extension! { name: "x", description: "Two of one name.", functions: [f, g] }
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[scalar] fn f(x: i64) -> i64 { x }
//! extension! { name: "Not A Name", description: "A bad name.", functions: [f] }
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[derive(Default)] struct Count(i64);
//! #[aggregate]
//! impl Count { fn step(&mut self, x: i64) { self.0 += x; } } // no `finish`
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[derive(Default)] struct Count(i64);
//! #[aggregate]
//! impl Count {
//!     fn step(&mut self, x: i64) { self.0 += x; }
//!     fn inverse(&mut self) { self.0 -= 1; } // not the parameters of `step`
//!     fn current(&self) -> i64 { self.0 }
//! }
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[collation] fn backwards(a: &str, b: &str) -> bool { a > b } // no `Ordering`
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! #[table_function(columns(a, b))] // rows of one value
//! fn one() -> Option<i64> { Some(1) }
//! extension! { name: "x", description: "Two columns, one value.", tables: [one] }
//! # fn main() {}
//! ```
//! ```compile_fail
//! # use sqlink_guest::prelude::*;
//! struct T;
//! #[table(eponymous)]
//! impl Table for T {
//!     type Cursor = std::iter::Empty<i64>;
//!     fn connect(at: &Connect<'_>) -> Result<Self, Error> { Ok(T) }
//!     fn create(at: &Connect<'_>) -> Result<Self, Error> { Ok(T) } // an eponymous table is never created
//!     fn schema(&self) -> Schema { Schema::new(["a"]) }
//!     fn scan(&self, scan: &Scan<'_>) -> Result<Self::Cursor, Error> { Ok(std::iter::empty()) }
//! }
//! # fn main() {}
//! ```

// The macros name the crate as an extension does; its own tests use them too.
extern crate self as sqlink_guest;

mod abi;
mod aggregate;
#[doc(hidden)]
pub mod bindings;
mod collation;
mod convert;
mod error;
mod extension;
mod host;
mod lru;
#[cfg(target_family = "wasm")]
mod panic;
mod scalar;
mod value;

pub mod cache;
pub mod clock;
pub mod config;
pub mod files;
pub mod hooks;
pub mod log;
pub mod random;
pub mod spi;
pub mod sql;
pub mod state;
pub mod subtype;
pub mod testing;
pub mod vtab;

pub use abi::Args;
pub use aggregate::{Aggregate, AggregateFunction};
pub use collation::{CollatingSequence, Collation};
pub use convert::{Bytes, FromValue, IntoReturn, IntoUnit, IntoValue};
pub use error::Error;
pub use lru::LruCache;
pub use scalar::{Flags, Function, Scalar};
pub use sqlink_guest_macros::{aggregate, collation, extension, hooks, scalar, table, table_function};
pub use value::{Value, ValueRef, exact_integer};

/// The manifest's types.
///
/// Source: `wit/metadata.wit`
mod manifest {
    pub use crate::bindings::exports::sqlink::extension::metadata::{
        Aggregate, Capability, Collation, Function, FunctionFlags, HookSet, Manifest, Module, Nesting,
    };
}

/// What nearly every extension uses.
pub mod prelude {
    pub use crate::hooks::Hooks;
    pub use crate::vtab::{
        Conflict, Connect, Cursor, IndexPlan, IndexQuery, Operator, Row, Rowid, Scan, Schema, Table,
    };
    pub use crate::{
        Args, Bytes, Error, FromValue, IntoValue, Value, ValueRef, aggregate, cache, clock, collation, config,
        extension, files, hooks, log, random, scalar, spi, state, subtype, table, table_function,
    };
}

/// What the macros expand to. No part of the API.
#[doc(hidden)]
#[allow(missing_docs, reason = "no part of the API")]
pub mod __private {
    pub use crate::abi::export;
    pub use crate::aggregate::Context;
    pub use crate::bindings;
    pub use crate::convert::{IntoReturn, IntoUnit, refuse, refuse_row, refuse_rows, too_few, wrong_count};
    pub use crate::extension::{Extension, assert_unique, concat, count, describe};
    pub use crate::vtab::{AnyTable, FunctionTable, Rows, TableFunction, open, rows};
}
