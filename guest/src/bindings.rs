//! The contract as Rust, generated from `wit/`.
//!
//! The imports and `metadata` are used as generated. Of the other interfaces only the types are, and the sections that tell
//! `wit-component` what a component exports: one for each, so that a component exports only what it is asked to. Their
//! functions are exported by `crate::abi`.
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
    inline: "package sqlink:sdk;
        world base {
            include sqlink:extension/imports@0.1.0;
            export sqlink:extension/metadata@0.1.0;
        }",
    path: "../wit",
    world: "sqlink:sdk/base",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "sqlink_guest::__private::bindings",
    additional_derives: [PartialEq],
});

pub mod scalar {
    wit_bindgen::generate!({
        inline: "package sqlink:sdk; world scalar-part { export sqlink:extension/scalar@0.1.0; }",
        path: "../wit",
        world: "sqlink:sdk/scalar-part",
        skip: ["call"],
        with: { "sqlink:extension/types@0.1.0": crate::bindings::sqlink::extension::types },
        pub_export_macro: true,
        default_bindings_module: "sqlink_guest::__private::bindings::scalar",
    });
}

pub mod aggregate {
    wit_bindgen::generate!({
        inline: "package sqlink:sdk; world aggregate-part { export sqlink:extension/aggregate@0.1.0; }",
        path: "../wit",
        world: "sqlink:sdk/aggregate-part",
        skip: ["step", "inverse", "current", "finish", "abandon"],
        with: { "sqlink:extension/types@0.1.0": crate::bindings::sqlink::extension::types },
        pub_export_macro: true,
        default_bindings_module: "sqlink_guest::__private::bindings::aggregate",
    });
}

pub mod collation {
    wit_bindgen::generate!({
        inline: "package sqlink:sdk; world collation-part { export sqlink:extension/collation@0.1.0; }",
        path: "../wit",
        world: "sqlink:sdk/collation-part",
        skip: ["compare"],
        pub_export_macro: true,
        default_bindings_module: "sqlink_guest::__private::bindings::collation",
    });
}

pub mod vtab {
    wit_bindgen::generate!({
        inline: "package sqlink:sdk; world vtab-part { export sqlink:extension/vtab@0.1.0; }",
        path: "../wit",
        world: "sqlink:sdk/vtab-part",
        skip: [
            "create", "connect", "disconnect", "destroy", "best-index", "open", "filter", "next-batch", "close", "insert",
            "update", "delete", "transaction", "rename", "integrity",
        ],
        with: { "sqlink:extension/types@0.1.0": crate::bindings::sqlink::extension::types },
        pub_export_macro: true,
        default_bindings_module: "sqlink_guest::__private::bindings::vtab",
    });
}

pub mod hooks {
    wit_bindgen::generate!({
        inline: "package sqlink:sdk; world hooks-part { export sqlink:extension/hooks@0.1.0; }",
        path: "../wit",
        world: "sqlink:sdk/hooks-part",
        skip: ["authorize", "update", "preupdate", "commit", "rollback"],
        with: { "sqlink:extension/types@0.1.0": crate::bindings::sqlink::extension::types },
        pub_export_macro: true,
        default_bindings_module: "sqlink_guest::__private::bindings::hooks",
    });
}

pub mod lifecycle {
    wit_bindgen::generate!({
        inline: "package sqlink:sdk; world lifecycle-part { export sqlink:extension/lifecycle@0.1.0; }",
        path: "../wit",
        world: "sqlink:sdk/lifecycle-part",
        skip: ["on-load", "on-unload"],
        with: { "sqlink:extension/types@0.1.0": crate::bindings::sqlink::extension::types },
        pub_export_macro: true,
        default_bindings_module: "sqlink_guest::__private::bindings::lifecycle",
    });
}
