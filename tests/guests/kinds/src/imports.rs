//! A function or two for each import.

use std::io::BufRead;
use std::time::Duration;

use sqlink_guest::prelude::*;

/// The setting `key`.
#[scalar]
pub fn kinds_config(key: &str) -> Option<String> {
    config::get(key)
}

/// The keys of all settings, and the contract's version.
#[scalar]
pub fn kinds_keys() -> String {
    format!("{} {}", config::keys().join(","), config::host().contract)
}

/// The state at `key`.
#[scalar]
pub fn kinds_state(key: &str) -> Result<Option<Vec<u8>>, Error> {
    state::get(key)
}

/// Sets the state at `key`, or deletes it with NULL.
#[scalar]
pub fn kinds_state_set(key: &str, bytes: Option<Bytes<'_>>) -> Result<Option<bool>, Error> {
    match bytes {
        Some(bytes) => state::set(key, &bytes).map(|()| None),
        None => state::delete(key).map(Some),
    }
}

/// The keys that begin with `prefix`.
#[scalar]
pub fn kinds_state_keys(#[default("")] prefix: &str) -> Result<String, Error> {
    Ok(state::keys(prefix)?.join(","))
}

/// What is cached at `key`.
#[scalar]
pub fn kinds_cache(key: &str) -> Result<Option<Vec<u8>>, Error> {
    cache::get(key)
}

/// Caches at `key`, for some milliseconds or as long as may be.
#[scalar]
pub fn kinds_cache_set(key: &str, bytes: Bytes<'_>, #[default(None)] ms: Option<u32>) -> Result<(), Error> {
    cache::set(key, &bytes, ms.map(|ms| Duration::from_millis(ms.into())))
}

/// Takes `key` out of the cache.
#[scalar]
pub fn kinds_forget(key: &str) -> Result<bool, Error> {
    cache::delete(key)
}

/// Names, sizes and whether they can be written, of all files.
#[scalar]
pub fn kinds_files() -> Result<String, Error> {
    let file = |file: sqlink_guest::files::File| {
        format!("{}:{}{}", file.name, file.size, if file.writable { ":write" } else { "" })
    };
    Ok(files::list()?.into_iter().map(file).collect::<Vec<_>>().join(","))
}

/// A file, or `len` bytes of it from `offset` on.
#[scalar]
pub fn kinds_read(name: &str, #[default(0)] offset: u32, #[default(None)] len: Option<u32>) -> Result<Vec<u8>, Error> {
    match len {
        Some(len) => files::read(name, offset.into(), len),
        None => files::read_all(name),
    }
}

/// Number of lines in a file.
#[scalar]
pub fn kinds_lines(name: &str) -> Result<i64, Error> {
    let mut lines = 0;
    for line in files::Reader::new(name).lines() {
        line?;
        lines += 1;
    }
    Ok(lines)
}

/// Writes into a file.
#[scalar]
pub fn kinds_write(name: &str, offset: u32, bytes: Bytes<'_>) -> Result<(), Error> {
    files::write(name, offset.into(), &bytes)
}

/// Its argument's subtype.
#[scalar(subtype)]
pub fn kinds_subtype(_value: ValueRef<'_>) -> Result<i64, Error> {
    subtype::get(0).map(i64::from)
}

/// Its argument, with a subtype.
#[scalar(subtype)]
pub fn kinds_mark(value: Value, mark: u32) -> Result<Value, Error> {
    subtype::set(u8::try_from(mark)?)?;
    Ok(value)
}

/// The value of an expression, which may use `kinds_eval`.
#[scalar]
pub fn kinds_eval(expression: &str) -> Result<Option<Value>, Error> {
    spi::query_value(&format!("SELECT {expression}"), &[])
}

/// The columns' names, and the first `most` rows through a cursor.
#[scalar]
pub fn kinds_rows(sql: &str, most: u32) -> Result<String, Error> {
    let rows = spi::open(sql, &[])?;
    let mut text = rows.columns().join(",");
    for row in rows.take(most as usize) {
        let row: Vec<String> = row?.iter().map(|value| value.as_ref().to_string()).collect();
        text.push('|');
        text.push_str(&row.join(","));
    }
    Ok(text)
}

/// Runs statements.
#[scalar]
pub fn kinds_batch(sql: &str) -> Result<(), Error> {
    spi::batch(sql)
}

/// Rows that the last statement changed.
#[scalar]
pub fn kinds_changes() -> Result<i64, Error> {
    spi::changes()
}

/// Rowid of the last INSERT.
#[scalar]
pub fn kinds_rowid() -> Result<i64, Error> {
    spi::last_insert_rowid()
}

/// Whether both clocks go on.
#[scalar]
pub fn kinds_clock() -> Result<bool, Error> {
    let (wall, start) = (clock::now()?, clock::monotonic()?);
    Ok(wall > 1_600_000_000_000 && clock::monotonic()? >= start)
}
