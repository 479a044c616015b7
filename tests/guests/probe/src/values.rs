//! Values in and out.

use sqlink_guest::prelude::*;

/// Its argument.
#[scalar(deterministic, innocuous)]
pub fn echo(value: ValueRef<'_>) -> ValueRef<'_> {
    value
}

/// Its argument.
#[scalar(deterministic, innocuous)]
pub fn probe_echo(value: ValueRef<'_>) -> ValueRef<'_> {
    value
}

/// The type the guest sees.
#[scalar(deterministic, innocuous)]
pub fn probe_typeof(value: ValueRef<'_>) -> &'static str {
    value.type_name()
}

/// Bytes of a text or blob.
#[scalar(deterministic, innocuous)]
pub fn probe_len(data: Bytes<'_>) -> Result<i64, Error> {
    Ok(i64::try_from(data.len())?)
}

/// How many arguments there are.
#[scalar(deterministic, innocuous)]
pub fn probe_args(args: Args<'_>) -> Result<i64, Error> {
    Ok(i64::try_from(args.len())?)
}

/// All arguments as text, one after the other.
#[scalar(deterministic, innocuous)]
pub fn probe_concat(args: &[ValueRef<'_>]) -> String {
    args.iter().map(ToString::to_string).collect()
}

/// Takes an integer only.
#[scalar(deterministic, innocuous)]
pub fn probe_int(value: i64) -> i64 {
    value
}

/// Takes a real or an integer.
#[scalar(deterministic, innocuous)]
pub fn probe_real(value: f64) -> f64 {
    value
}

/// Takes text only.
#[scalar(deterministic, innocuous)]
pub fn probe_str(value: &str) -> &str {
    value
}

/// Takes a blob only.
#[scalar(deterministic, innocuous)]
pub fn probe_bytes(value: &[u8]) -> &[u8] {
    value
}

/// Text of `n` bytes.
#[scalar(deterministic)]
pub fn probe_text(n: u32) -> String {
    "x".repeat(n as usize)
}

/// A blob of `n` bytes.
#[scalar(deterministic)]
pub fn probe_blob(n: u32) -> Vec<u8> {
    vec![0xab; n as usize]
}

/// A real that SQLite does not have.
#[scalar(deterministic)]
pub fn probe_nan() -> f64 {
    f64::NAN
}

/// Infinity.
#[scalar(deterministic)]
pub fn probe_inf() -> f64 {
    f64::INFINITY
}

/// -0.0, which SQLite stores as 0.0.
#[scalar(deterministic)]
pub fn probe_neg_zero() -> f64 {
    -0.0
}

/// Not usable in the schema.
#[scalar(deterministic, direct_only)]
pub fn probe_direct() -> i64 {
    1
}

/// Usable in any schema.
#[scalar(deterministic, innocuous)]
pub fn probe_innocuous(value: ValueRef<'_>) -> ValueRef<'_> {
    value
}
