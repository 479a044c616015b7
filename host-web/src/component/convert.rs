//! Between the engine's types and the contract's.

use crate::component::bindings::exports::sqlink::host::database as wit;
use crate::engine::{Error, ExtensionInfo, Limits};

impl From<Error> for wit::DatabaseError {
    fn from(error: Error) -> Self {
        Self {
            code: error.code,
            message: error.message,
            offset: error.offset,
            reason: error.reason.map(|reason| reason.as_str().to_owned()),
            extension: error.extension,
            function: error.function,
        }
    }
}

impl From<ExtensionInfo> for wit::ExtensionInfo {
    fn from(info: ExtensionInfo) -> Self {
        Self {
            id: info.id,
            name: info.name,
            version: info.version,
            description: info.description,
            digest: info.digest,
            functions: info.functions,
            aggregates: info.aggregates,
            collations: info.collations,
            modules: info.modules,
            hooks: info.hooks,
            granted: info.granted,
            denied: info.denied,
            traps: info.traps,
        }
    }
}

impl From<Limits> for wit::Limits {
    fn from(limits: Limits) -> Self {
        Self {
            statement_timeout_ms: limits.statement_timeout_ms,
            call_depth: limits.call_depth,
            output_bytes: limits.output_bytes,
            value_bytes: limits.value_bytes,
            sql_bytes: limits.sql_bytes,
            state_bytes: limits.state_bytes,
            cache_bytes: limits.cache_bytes,
            open_handles: limits.open_handles,
        }
    }
}

impl From<wit::Limits> for Limits {
    fn from(limits: wit::Limits) -> Self {
        Self {
            statement_timeout_ms: limits.statement_timeout_ms,
            call_depth: limits.call_depth,
            output_bytes: limits.output_bytes,
            value_bytes: limits.value_bytes,
            sql_bytes: limits.sql_bytes,
            state_bytes: limits.state_bytes,
            cache_bytes: limits.cache_bytes,
            open_handles: limits.open_handles,
        }
    }
}
