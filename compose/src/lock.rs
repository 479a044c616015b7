//! The lock: what is inside a composition or a bundle, as JSON.

use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

/// Name of the custom section of a composed component that holds its lock.
pub const SECTION: &str = "sqlink:composition";

/// What is inside a composition or a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lock {
    /// Version of the contract the extensions were checked against.
    pub contract: String,
    /// SHA-256 of the host component, or of the engine in a bundle, in hexadecimal.
    pub host: String,
    /// The extensions. Their place in the list is the index by which the engine knows them.
    pub extensions: Vec<LockedExtension>,
}

/// One extension of a [`Lock`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LockedExtension {
    /// Its name: the file's, without extension. Unique in the lock.
    pub name: String,
    /// SHA-256 of the component file, in hexadecimal.
    pub sha256: String,
    /// Capabilities it is granted when it is loaded.
    pub grants: Vec<String>,
}

impl Lock {
    /// The lock as indented JSON with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and lists of strings can always be written.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads the lock of a composed component; none if there is none, or none that this version reads.
    #[must_use]
    pub fn of_component(component: &[u8]) -> Option<Self> {
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.ok()? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                // One of an extension inside says nothing about the whole.
                Payload::CustomSection(section) if depth == 1 && section.name() == SECTION => {
                    return serde_json::from_slice(section.data()).ok();
                }
                _ => {}
            }
        }
        None
    }
}
