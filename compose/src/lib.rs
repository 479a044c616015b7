//! Links SQLink extensions.
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
pub use component::MAX_INPUT_BYTES;
pub use contract::Verified;
#[cfg(feature = "cli")]
pub use digest::digest;
pub use error::{Direction, LinkError};
pub use link::{Linked, link, verify};
