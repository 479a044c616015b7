//! SQLink extension `uuid`: make UUIDs of version 4 and 7 and ULIDs, parse, convert and inspect all.
//!
//! The makers are not deterministic: `SELECT uuid() FROM t` gives every row its own. Randomness comes from the host, so the
//! extension requires the capability `random`; `uuid7` and `ulid` need `clock` as well. The other functions are deterministic.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc9562> · <https://sqlite.org/src/file/ext/misc/uuid.c>, whose function names and
//! NULL for what is no UUID are kept · <https://github.com/ulid/spec> · <https://github.com/asg017/sqlite-ulid>, whose function
//! names are kept.
#![forbid(unsafe_code)]

mod generate;
mod ulid_text;

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

/// A ULID as text: the time in milliseconds and random bits, so that later ones sort after earlier ones.
#[scalar(innocuous)]
fn ulid() -> Result<String, Error> {
    generate::ulid("ulid").map(ulid_text::encode)
}

/// The ULID in its canonical text form, upper-case; NULL if `value` is no ULID.
#[scalar(name = "ulid", deterministic, innocuous)]
fn ulid_of(value: ValueRef<'_>) -> Option<String> {
    parse_ulid(value).map(ulid_text::encode)
}

/// A ULID as 16 bytes.
#[scalar(innocuous)]
fn ulid_bytes() -> Result<[u8; 16], Error> {
    generate::ulid("ulid_bytes").map(u128::to_be_bytes)
}

/// The ULID as 16 bytes; NULL if `value` is no ULID.
#[scalar(name = "ulid_bytes", deterministic, innocuous)]
fn ulid_bytes_of(value: ValueRef<'_>) -> Option<[u8; 16]> {
    parse_ulid(value).map(u128::to_be_bytes)
}

/// `prefix`, an underscore and a new ULID.
#[scalar(innocuous)]
fn ulid_with_prefix(prefix: &str) -> Result<String, Error> {
    generate::ulid("ulid_with_prefix").map(|ulid| [prefix, "_", &ulid_text::encode(ulid)].concat())
}

/// When a ULID was made, as text in UTC; NULL if `value` is no ULID, with or without a prefix, or one after the year 9999.
#[scalar(deterministic, innocuous)]
fn ulid_datetime(value: ValueRef<'_>) -> Option<String> {
    parse_prefixed_ulid(value).map(ulid_text::millis).and_then(ulid_text::datetime)
}

/// When a ULID was made, in milliseconds since 1970-01-01 UTC; NULL if `value` is no ULID, with or without a prefix.
#[scalar(deterministic, innocuous)]
fn ulid_timestamp(value: ValueRef<'_>) -> Option<i64> {
    parse_prefixed_ulid(value).map(ulid_text::millis)
}

/// True if `value` is a ULID: 26 characters or 16 bytes; NULL for NULL.
#[scalar(deterministic, innocuous)]
fn ulid_is_valid(value: ValueRef<'_>) -> Option<bool> {
    (!value.is_null()).then(|| parse_ulid(value).is_some())
}

/// The same 128 bits written as a UUID; NULL if `value` is no ULID.
#[scalar(deterministic, innocuous)]
fn ulid_to_uuid(value: ValueRef<'_>) -> Option<String> {
    parse_ulid(value).map(|ulid| text(Uuid::from_u128(ulid)))
}

/// The same 128 bits written as a ULID; NULL if `value` is no UUID.
#[scalar(deterministic, innocuous)]
fn uuid_to_ulid(value: ValueRef<'_>) -> Option<String> {
    parse(value).map(|uuid| ulid_text::encode(uuid.as_u128()))
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

/// Text of 26 characters in any case, or a blob of 16 bytes.
fn parse_ulid(value: ValueRef<'_>) -> Option<u128> {
    match value {
        ValueRef::Text(text) => ulid_text::decode(text),
        ValueRef::Blob(bytes) => bytes.try_into().ok().map(u128::from_be_bytes),
        _ => None,
    }
}

/// As [`parse_ulid`]; in text there may be a prefix.
fn parse_prefixed_ulid(value: ValueRef<'_>) -> Option<u128> {
    match value {
        ValueRef::Text(text) => ulid_text::decode(ulid_text::without_prefix(text)),
        _ => parse_ulid(value),
    }
}

extension! {
    name: "uuid",
    description: "UUIDs and ULIDs: make, parse, convert and inspect.",
    functions: [
        uuid, uuid4, uuid7, uuid_str, uuid_blob, uuid_is_valid, uuid_version, uuid7_timestamp, ulid, ulid_of, ulid_bytes,
        ulid_bytes_of, ulid_with_prefix, ulid_datetime, ulid_timestamp, ulid_is_valid, ulid_to_uuid, uuid_to_ulid,
    ],
    required: { "random": "UUIDs of version 4 and 7 and ULIDs are made of random bits" },
    optional: { "clock": "uuid7() and ulid() begin with the time" },
}

#[cfg(test)]
mod tests;
