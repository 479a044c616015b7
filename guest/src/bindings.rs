//! The contract as Rust, generated from `wit/`.
//!
//! Only the types, the imports and the export of `metadata` are used as generated; [`crate::abi`] exports `scalar` itself.
#![allow(
    unsafe_code,
    missing_docs,
    unused_qualifications,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::allow_attributes_without_reason,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "generated code"
)]

wit_bindgen::generate!({
    path: "../wit",
    world: "scalar-extension",
    pub_export_macro: true,
    default_bindings_module: "sqlink_guest::__private::exported",
    additional_derives: [PartialEq],
});
