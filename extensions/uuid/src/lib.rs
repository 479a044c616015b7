//! SQLink extension `uuid`: make UUIDs of version 4 and 7, parse, convert and inspect all.
//!
//! The makers are not deterministic: `SELECT uuid() FROM t` gives every row its own. Randomness comes from the host, so the
//! extension requires the capability `random`; `uuid7` needs `clock` as well. The other functions are deterministic.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc9562> · <https://sqlite.org/src/file/ext/misc/uuid.c>, whose function names and
//! NULL for what is no UUID are kept.
#![forbid(unsafe_code)]

mod generate;

use ::uuid::Uuid;
use sqlink_guest::prelude::*;

/// A random UUID (version 4) as text.
#[scalar(innocuous)]
fn uuid() -> Result<String, Error> {
    generate::version4().map(text)
}

/// The same as `uuid()`.
#[scalar(innocuous)]
fn uuid4() -> Result<String, Error> {
    generate::version4().map(text)
}

/// A UUID of version 7: the time in milliseconds, a counter and random bits, so that later ones sort after earlier ones.
#[scalar(innocuous)]
fn uuid7() -> Result<String, Error> {
    generate::version7().map(text)
}

/// The UUID in its one canonical text form, lower-case with four hyphens; NULL if `value` is no UUID.
#[scalar(deterministic, innocuous)]
fn uuid_str(value: ValueRef<'_>) -> Option<String> {
    parse(value).map(text)
}

/// The UUID as 16 bytes; NULL if `value` is no UUID.
#[scalar(deterministic, innocuous)]
fn uuid_blob(value: ValueRef<'_>) -> Option<[u8; 16]> {
    parse(value).map(Uuid::into_bytes)
}

/// True if `value` is a UUID in one of the forms `uuid_str` takes; NULL for NULL.
#[scalar(deterministic, innocuous)]
fn uuid_is_valid(value: ValueRef<'_>) -> Option<bool> {
    (!value.is_null()).then(|| parse(value).is_some())
}

/// The version, 0 to 15; NULL if `value` is no UUID.
#[scalar(deterministic, innocuous)]
fn uuid_version(value: ValueRef<'_>) -> Option<i64> {
    parse(value).map(|uuid| i64::from(u8::try_from(uuid.get_version_num()).unwrap_or(0)))
}

/// When a UUID of version 7 was made, in milliseconds since 1970-01-01 UTC; NULL for everything else.
#[scalar(deterministic, innocuous)]
fn uuid7_timestamp(value: ValueRef<'_>) -> Option<i64> {
    let uuid = parse(value).filter(|uuid| uuid.get_version_num() == 7)?;
    i64::try_from(uuid.as_u128() >> 80).ok()
}

fn text(uuid: Uuid) -> String {
    uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// Text with or without hyphens, in braces or as `urn:uuid:`, in any case; or a blob of 16 bytes.
fn parse(value: ValueRef<'_>) -> Option<Uuid> {
    match value {
        ValueRef::Text(text) => Uuid::try_parse(text).ok(),
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok(),
        _ => None,
    }
}

extension! {
    name: "uuid",
    description: "UUIDs: make version 4 and 7, parse, convert and inspect.",
    functions: [uuid, uuid4, uuid7, uuid_str, uuid_blob, uuid_is_valid, uuid_version, uuid7_timestamp],
    required: { "random": "UUIDs of version 4 and 7 are made of random bits" },
    optional: { "clock": "uuid7() begins with the time" },
}

#[cfg(test)]
mod tests;
