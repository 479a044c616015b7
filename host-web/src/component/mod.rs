//! The wit-bindgen front: a component without WASI imports, for component runtimes.
//!
//! It carries out what `wit/host.wit` says, and holds no SQL logic. The way to the extensions and back is
//! [`crate::contract`]'s.

mod convert;
mod database;
mod dispatch;
pub(crate) mod platform;
pub(crate) mod storage;

/// What wit-bindgen makes of the world `embedder`.
#[allow(
    unsafe_code,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "generated: the canonical ABI by wit-bindgen"
)]
mod bindings {
    wit_bindgen::generate!({
        path: ["../wit", "wit"],
        world: "sqlink:host/embedder",
        generate_all,
        with: { "sqlink:extension/types@0.1.0": crate::contract::types },
    });

    /// What answers the exports.
    pub(super) struct Host;

    export!(Host with_types_in self);
}
