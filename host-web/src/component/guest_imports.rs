//! The export `guest-imports`: what extensions import, checked by the engine.

use crate::component::bindings::Host;
use crate::component::bindings::exports::sqlink::host::guest_imports::{Guest, Level, Rows};
use crate::component::bindings::sqlink::extension::types::{Error, Value};
use crate::component::convert::{from_wit, to_wit};
use crate::engine::{self, imports};

impl Guest for Host {
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
        let params: Vec<_> = params.iter().map(from_wit).collect();
        let found = imports::spi_query(extension, &sql, &params)?;
        Ok(Rows {
            columns: found.columns,
            rows: found.rows.into_iter().map(|row| row.into_iter().map(to_wit).collect()).collect(),
        })
    }

    fn spi_execute(extension: u32, sql: String, params: Vec<Value>) -> Result<i64, Error> {
        let params: Vec<_> = params.iter().map(from_wit).collect();
        Ok(imports::spi_execute(extension, &sql, &params)?)
    }
}
