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

// The macros name the crate as an extension does; its own tests use them too.
extern crate self as sqlink_guest;

mod abi;
mod bindings;
mod convert;
mod error;
mod extension;
#[cfg(target_family = "wasm")]
mod panic;
mod value;

pub mod clock;
pub mod log;
pub mod random;
pub mod spi;
pub mod testing;

pub use abi::Args;
pub use convert::{Bytes, FromValue, IntoReturn, IntoValue};
pub use error::Error;
pub use extension::{Extension, Flags, Function, Scalar};
pub use sqlink_guest_macros::{extension, scalar};
pub use value::{Value, ValueRef};

/// The manifest's types, for an [`Extension`] written without the macros.
///
/// Source: `wit/metadata.wit`
pub mod manifest {
    pub use crate::bindings::exports::sqlink::extension::metadata::{
        Aggregate, Capability, Collation, Function, FunctionFlags, HookSet, HttpPolicy, Manifest, Module, ModuleFlags, Nesting,
    };
}

/// What nearly every extension uses.
pub mod prelude {
    pub use crate::{
        Args, Bytes, Error, FromValue, IntoValue, Value, ValueRef, clock, extension, log, random, scalar, spi,
    };
}

/// What the macros expand to. No part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::abi::{call, exported};
    pub use crate::bindings::export;
    pub use crate::convert::{IntoReturn, refuse, too_few, wrong_count};
    pub use crate::extension::{assert_unique, concat, describe};
}
