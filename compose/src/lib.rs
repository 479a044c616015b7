//! Links, composes and bundles SQLink extensions. Bytes in, bytes out: only `main.rs` touches files.
//!
//! An extension is a WebAssembly component that keeps to the contract in `wit/`. What becomes of it:
//!
//! | call | result | for |
//! |---|---|---|
//! | [`verify`] | its imports and exports, or why it is refused | every host, before anything of it runs |
//! | [`link`] | its main core module, alone | JavaScript engines, which call it over the canonical ABI |
//! | [`graph::compose`] | one component with the engine and all extensions | any component runtime |
//! | [`bundle::bundle`] | a folder of JavaScript and wasm | Workers, bundlers, Node: nothing is compiled at run time |
//! | [`descriptors::descriptors`] | the contract's types as TypeScript | the JavaScript host |
//!
//! ```
//! # fn main() -> Result<(), sqlink_compose::LinkError> {
//! # let file: &[u8] = b"SELECT 1;";
//! match sqlink_compose::link(file, "regexp.wasm") {
//!     Ok(linked) => println!("{} bytes, imports {:?}", linked.core.len(), linked.imports),
//!     // Correct, but for a component runtime only: jco takes it.
//!     Err(error) if error.is_shape() => println!("{error}"),
//!     Err(error) => println!("{error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `cli` (default): everything but `web`. Function bodies are validated too.
//! - `web`: [`link`] for JavaScript through wasm-bindgen, for `wasm32-unknown-unknown` and without `cli`. Function bodies
//!   are left to the JavaScript engine, which validates them when it compiles the core module.
//!
//! # Links
//!
//! - the component model's binary format: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>
//! - the canonical ABI: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>

#[cfg(feature = "cli")]
pub mod bundle;
mod component;
mod contract;
#[cfg(feature = "cli")]
pub mod descriptors;
#[cfg(feature = "cli")]
mod digest;
mod error;
#[cfg(feature = "cli")]
mod frames;
#[cfg(feature = "cli")]
mod gate;
mod glue;
#[cfg(feature = "cli")]
pub mod graph;
#[cfg(feature = "cli")]
mod inline;
mod link;
#[cfg(feature = "cli")]
pub mod lock;
#[cfg(feature = "cli")]
mod mux;
mod passes;
mod types;
#[cfg(feature = "web")]
pub mod web;
mod wiring;
pub use component::{MAX_INPUT_BYTES, MAX_MEMORY_BYTES};
#[cfg(feature = "cli")]
pub use contract::WIT;
pub use contract::{Verified, contract_functions};
#[cfg(feature = "cli")]
pub use digest::digest;
pub use error::{Direction, LinkError};
pub use link::{Linked, link, verify};
