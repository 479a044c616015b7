//! Between the engine's types and the contract's.

use crate::component::bindings::exports::sqlink::host::database as wit;
use crate::component::bindings::sqlink::extension::types::{Error as WitError, Value as WitValue};
use crate::engine::imports::GuestError;
use crate::engine::{Error, ExtensionInfo, Limits, Value, ValueRef};

/// Moves a value out to the embedder.
pub(super) fn to_wit(value: Value) -> WitValue {
    match value {
        Value::Null => WitValue::Null,
        Value::Integer(value) => WitValue::Integer(value),
        Value::Real(value) => WitValue::Real(value),
        Value::Text(text) => WitValue::Text(text),
        Value::Blob(bytes) => WitValue::Blob(bytes),
    }
}

/// Borrows a value the embedder handed in.
pub(super) fn from_wit(value: &WitValue) -> ValueRef<'_> {
    match value {
        WitValue::Null => ValueRef::Null,
        WitValue::Integer(value) => ValueRef::Integer(*value),
        WitValue::Real(value) => ValueRef::Real(*value),
        WitValue::Text(text) => ValueRef::Text(text.as_bytes()),
        WitValue::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

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

impl From<GuestError> for WitError {
    fn from(error: GuestError) -> Self {
        Self { code: error.code, message: error.message }
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
        }
    }
}
