//! Test guest `kit`: exports every interface of the contract and uses every import, over wit-bindgen and without the SDK.
//!
//! What SQL can see of what happened to it is in `kit_log()`. Settings (`config`) make it misbehave:
//!
//! | setting | what it does |
//! |---|---|
//! | `on-load`, `on-unload` | it runs this SQL |
//! | `refuse` | `on-load` returns an error with this message, after that |
//! | `deny` | `authorize` denies this action (`drop-table`, …) |
//! | `ignore` | `authorize` ignores it |
//! | `fail` | this hook returns an error: `authorize`, `update`, `preupdate`, `commit`, `rollback`, `on-unload` |
//! | `trap` | this hook traps |
//! | `query` | this hook uses everything of `spi`, and notes the codes of what fails |
//! | `veto` | `commit` returns false |

mod aggregate;
mod collation;
mod hooks;
mod lifecycle;
mod manifest;
mod plan;
mod scalar;
mod state;
mod tables;
mod value;
mod vtab;

#[allow(
    unsafe_code,
    missing_docs,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::allow_attributes_without_reason,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "sqlink:extension/extension",
        generate_all,
        additional_derives: [PartialEq],
    });

    export!(Kit with_types_in self);

    /// What answers the exports.
    pub struct Kit;
}

pub(crate) use bindings::Kit;
pub(crate) use bindings::sqlink::extension::types::{Error, Value};

/// `SQLITE_ERROR`
const ERROR: i32 = 1;

/// The contract's error.
fn error(code: i32, message: impl Into<String>) -> Error {
    Error { code, message: message.into() }
}
