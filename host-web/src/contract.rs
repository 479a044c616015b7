//! The contract (`wit/`) and the engine's side of it (`wit/host.wit`, world `extensions`), as wit-bindgen makes them of the WIT.
//!
//! The types are the engine's own for everything that is not on a hot path. On wasm32 the functions of [`dispatch`] and
//! `handed_files` are the core module's imports and those of `guest-imports` its exports, lowered over the canonical
//! ABI: a component runtime and `canonical.ts` call them alike.

#[allow(
    unsafe_code,
    missing_docs,
    missing_debug_implementations,
    dead_code,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "generated: the canonical ABI by wit-bindgen"
)]
pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: ["../wit", "wit"],
        world: "sqlink:host/extensions",
        generate_all,
        additional_derives: [PartialEq],
    });

    #[cfg(target_arch = "wasm32")]
    export!(Imports with_types_in self);

    /// What answers `guest-imports`.
    pub(crate) struct Imports;
}

pub use bindings::sqlink::extension::{config, files, hooks, log, metadata, spi, types, vtab};
pub use bindings::sqlink::host::dispatch;
#[cfg(target_arch = "wasm32")]
pub(crate) use bindings::sqlink::host::handed_files;
