//! Links SQLink extensions.
mod component;
mod contract;
mod error;
mod glue;
mod link;
mod passes;
mod types;
mod wiring;
pub use component::MAX_INPUT_BYTES;
pub use contract::Verified;
pub use error::{Direction, LinkError};
pub use link::{Linked, link, verify};
#[cfg(feature = "web")]
pub mod web;
