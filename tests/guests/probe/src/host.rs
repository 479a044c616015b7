//! Calls to the host.

use sqlink_guest::log::Level;
use sqlink_guest::prelude::*;

/// First value of the first row; NULL without a row.
#[scalar]
pub fn probe_query(sql: &str, params: &[Value]) -> Result<Option<Value>, Error> {
    spi::query_value(sql, params)
}

/// The same under another name: for SQL that calls this extension again.
#[scalar]
pub fn probe_nested(sql: &str) -> Result<Option<Value>, Error> {
    spi::query_value(sql, &[])
}

/// All rows as text: the column names and each row on a line, separated by `|`.
#[scalar]
pub fn probe_rows(sql: &str) -> Result<String, Error> {
    let spi::Rows { columns, rows } = spi::query(sql, &[])?;
    let mut text = columns.join("|");
    for row in rows {
        text.push('\n');
        let values: Vec<String> = row.iter().map(|value| value.as_ref().to_string()).collect();
        text.push_str(&values.join("|"));
    }
    Ok(text)
}

/// Rows changed.
#[scalar]
pub fn probe_execute(sql: &str, params: &[Value]) -> Result<i64, Error> {
    spi::execute(sql, params)
}

/// Runs a query and returns its error as `CODE: message` instead of failing; else the first value.
#[scalar]
pub fn probe_try(sql: &str) -> Option<Value> {
    match spi::query_value(sql, &[]) {
        Ok(value) => value,
        Err(error) => Some(Value::Text(format!("{}: {}", error.code(), error.message()))),
    }
}

/// Writes to the log at `error`, `warn`, `info` or `debug`.
#[scalar]
pub fn probe_log(level: &str, message: &str) -> Result<(), Error> {
    let level = match level {
        "error" => Level::Error,
        "warn" => Level::Warn,
        "info" => Level::Info,
        "debug" => Level::Debug,
        other => return Err(Error::from(format!("unknown level `{other}`"))),
    };
    log::write(level, message);
    Ok(())
}

/// `n` random bytes.
#[scalar]
pub fn probe_random(n: u32) -> Result<Vec<u8>, Error> {
    random::bytes(n)
}

/// Milliseconds since 1970-01-01 UTC.
#[scalar]
pub fn probe_now() -> Result<i64, Error> {
    clock::now()
}
