//! What the embedder set when it loaded the extension, and which host this is. Always granted.
//!
//! On a target other than WebAssembly nothing is set.
//!
//! Source: `wit/config.wit`

use crate::host::tell;

pub use crate::bindings::sqlink::extension::config::Versions;

/// The setting `key`, if the embedder gave it.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    tell!(config::get(key) else None)
}

/// The keys of all settings, sorted.
#[must_use]
pub fn keys() -> Vec<String> {
    tell!(config::keys() else Vec::new())
}

/// Versions of the host's parts; empty on a target without one.
#[must_use]
pub fn host() -> Versions {
    tell!(config::host() else Versions { contract: String::new(), engine: String::new(), sqlite: String::new() })
}
