//! The export `guest-imports`: what extensions import, checked by the engine.

use crate::contract::bindings::Imports;
use crate::contract::bindings::exports::sqlink::host::guest_imports::{File, Guest, Level, Opened, Rows, Versions};
use crate::contract::types::{Error, Value};
use crate::engine::imports::{self, GuestError};
use crate::engine::{self, ValueRef};

impl Guest for Imports {
    fn log_write(extension: u32, level: Level, message: String) {
        let level = match level {
            Level::Error => engine::Level::Error,
            Level::Warn => engine::Level::Warn,
            Level::Info => engine::Level::Info,
            Level::Debug => engine::Level::Debug,
        };
        imports::log_write(extension, level, message.as_bytes());
    }

    fn random_bytes(extension: u32, len: u32) -> Result<Vec<u8>, Error> {
        Ok(imports::random_bytes(extension, len)?)
    }

    fn clock_now(extension: u32) -> Result<i64, Error> {
        Ok(imports::clock_now(extension)?)
    }

    fn spi_query(extension: u32, sql: String, params: Vec<Value>) -> Result<Rows, Error> {
        let params: Vec<_> = params.iter().map(ValueRef::from).collect();
        let found = imports::spi_query(extension, &sql, &params)?;
        Ok(Rows {
            columns: found.columns,
            rows: found.rows.into_iter().map(|row| row.into_iter().map(Value::from).collect()).collect(),
        })
    }

    fn spi_execute(extension: u32, sql: String, params: Vec<Value>) -> Result<i64, Error> {
        let params: Vec<_> = params.iter().map(ValueRef::from).collect();
        Ok(imports::spi_execute(extension, &sql, &params)?)
    }

    fn config_get(extension: u32, key: String) -> Option<String> {
        imports::config_get(extension, &key)
    }

    fn config_keys(extension: u32) -> Vec<String> {
        imports::config_keys(extension)
    }

    fn config_host(extension: u32) -> Versions {
        imports::config_host(extension)
    }

    fn clock_monotonic(extension: u32) -> Result<u64, Error> {
        Ok(imports::clock_monotonic(extension)?)
    }

    fn spi_batch(extension: u32, sql: String) -> Result<(), Error> {
        Ok(imports::spi_batch(extension, &sql)?)
    }

    fn spi_open(extension: u32, sql: String, params: Vec<Value>) -> Result<Opened, Error> {
        let params: Vec<_> = params.iter().map(ValueRef::from).collect();
        Ok(imports::spi_open(extension, &sql, &params)?)
    }

    fn spi_fetch(extension: u32, cursor: u32, max_rows: u32) -> Result<Vec<Vec<Value>>, Error> {
        let rows = imports::spi_fetch(extension, cursor, max_rows)?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(Value::from).collect()).collect())
    }

    fn spi_close(extension: u32, cursor: u32) {
        imports::spi_close(extension, cursor);
    }

    fn spi_changes(extension: u32) -> Result<i64, Error> {
        Ok(imports::spi_changes(extension)?)
    }

    fn spi_last_insert_rowid(extension: u32) -> Result<i64, Error> {
        Ok(imports::spi_last_insert_rowid(extension)?)
    }

    fn subtype_get(extension: u32, argument: u32) -> Result<u8, Error> {
        Ok(imports::subtype_get(extension, argument)?)
    }

    fn subtype_set(extension: u32, subtype: u8) -> Result<(), Error> {
        Ok(imports::subtype_set(extension, subtype)?)
    }

    fn state_get(extension: u32, key: String) -> Result<Option<Vec<u8>>, Error> {
        Ok(imports::state_get(extension, &key)?)
    }

    fn state_set(extension: u32, key: String, bytes: Vec<u8>) -> Result<(), Error> {
        Ok(imports::state_set(extension, &key, &bytes)?)
    }

    fn state_delete(extension: u32, key: String) -> Result<bool, Error> {
        Ok(imports::state_delete(extension, &key)?)
    }

    fn state_keys(extension: u32, prefix: String) -> Result<Vec<String>, Error> {
        Ok(imports::state_keys(extension, &prefix)?)
    }

    fn cache_get(extension: u32, key: String) -> Result<Option<Vec<u8>>, Error> {
        Ok(imports::cache_get(extension, &key)?)
    }

    fn cache_set(extension: u32, key: String, bytes: Vec<u8>, ttl_ms: u32) -> Result<(), Error> {
        Ok(imports::cache_set(extension, key, bytes, ttl_ms)?)
    }

    fn cache_delete(extension: u32, key: String) -> Result<bool, Error> {
        Ok(imports::cache_delete(extension, &key)?)
    }

    fn files_list(extension: u32) -> Result<Vec<File>, Error> {
        Ok(imports::files_list(extension)?)
    }

    fn files_read(extension: u32, name: String, offset: u64, len: u32) -> Result<Vec<u8>, Error> {
        Ok(imports::files_read(extension, &name, offset, len)?)
    }

    fn files_write(extension: u32, name: String, offset: u64, bytes: Vec<u8>) -> Result<(), Error> {
        Ok(imports::files_write(extension, &name, offset, &bytes)?)
    }
}

impl From<GuestError> for Error {
    fn from(error: GuestError) -> Self {
        Self { code: error.code, message: error.message }
    }
}

impl From<engine::Value> for Value {
    fn from(value: engine::Value) -> Self {
        match value {
            engine::Value::Null => Self::Null,
            engine::Value::Integer(value) => Self::Integer(value),
            engine::Value::Real(value) => Self::Real(value),
            engine::Value::Text(text) => Self::Text(text),
            engine::Value::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(value) => Self::Integer(*value),
            Value::Real(value) => Self::Real(*value),
            Value::Text(text) => Self::Text(text.as_bytes()),
            Value::Blob(bytes) => Self::Blob(bytes),
        }
    }
}
