//! The two WIT packages as Rust: `sqlink:extension` (`wit/`) and `sqlink:host` (`host-web/wit/`).

#![allow(
    missing_docs,
    non_camel_case_types,
    unsafe_code,
    unused_doc_comments,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::allow_attributes_without_reason,
    reason = "generated from wit/ and host-web/wit/, where the documentation is"
)]

pub use Host_ as Engine;
pub use Host_Pre as EnginePre;

wasmtime::component::bindgen!({
    path: ["../wit", "../host-web/wit"],
    world: "sqlink:host/host",
    imports: { default: trappable },
    additional_derives: [PartialEq],
});
