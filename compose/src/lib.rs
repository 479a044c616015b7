//! Links SQLink extensions.
mod component;
mod contract;
#[cfg(feature = "cli")]
pub mod descriptors;
#[cfg(feature = "cli")]
mod digest;
mod error;
mod glue;
mod link;
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
