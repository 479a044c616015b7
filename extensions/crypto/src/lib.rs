//! SQLink extension `crypto`: HMAC, HKDF, PBKDF2, comparison in constant time, and binary-to-text encodings.
//!
//! Text is taken as its UTF-8 bytes, whatever the encoding of the database. Everything is deterministic and innocuous,
//! imports nothing but the log, and keeps nothing between calls. Plain hashes are in the extension `hashes`.
//!
//! Source: RFC 2104 (HMAC), RFC 5869 (HKDF), RFC 8018 (PBKDF2), RFC 4648 (base16, base32, base64)
#![forbid(unsafe_code)]

mod base85;
mod encoding;
mod mac;

use encoding::Encoding;
use mac::Algorithm;
use sqlink_guest::prelude::*;
use subtle::ConstantTimeEq;

/// The longest key [`pbkdf2`] derives, in bytes.
const MAX_PBKDF2_BYTES: u32 = 1024;

/// The most rounds of HMAC one call of [`pbkdf2`] computes: some seconds.
const MAX_PBKDF2_ROUNDS: u64 = 10_000_000;

/// The HMAC of `data` under `key`, as lower-case hexadecimal text; arguments in the order of PostgreSQL's pgcrypto.
#[scalar(deterministic, innocuous)]
fn hmac(data: Bytes<'_>, key: Bytes<'_>, #[default("sha256")] algorithm: &str) -> Result<String, Error> {
    Ok(Encoding::Hex.encode(&algorithm_named("hmac", algorithm)?.hmac(&key, &data)))
}

/// The HMAC as a blob: the bytes that `hmac` writes as digits.
#[scalar(deterministic, innocuous)]
fn hmac_blob(data: Bytes<'_>, key: Bytes<'_>, #[default("sha256")] algorithm: &str) -> Result<Vec<u8>, Error> {
    Ok(algorithm_named("hmac_blob", algorithm)?.hmac(&key, &data))
}

/// `length` bytes derived from a key that is hard to guess; an empty `salt` is none.
#[scalar(deterministic, innocuous)]
fn hkdf(
    key: Bytes<'_>,
    salt: Bytes<'_>,
    info: Bytes<'_>,
    length: i64,
    #[default("sha256")] algorithm: &str,
) -> Result<Vec<u8>, Error> {
    let algorithm = algorithm_named("hkdf", algorithm)?;
    let most = algorithm.bytes() * 255;
    let Some(length) = usize::try_from(length).ok().filter(|length| (1..=most).contains(length)) else {
        return Err(out_of_range("hkdf", "argument 4", most as u64, length));
    };
    Ok(algorithm.hkdf(&key, &salt, &info, length))
}

/// `length` bytes derived from a password with `iterations` rounds of HMAC for every digest's length.
#[scalar(deterministic, innocuous)]
fn pbkdf2(
    password: Bytes<'_>,
    salt: Bytes<'_>,
    iterations: i64,
    #[default(32)] length: i64,
    #[default("sha256")] algorithm: &str,
) -> Result<Vec<u8>, Error> {
    let algorithm = algorithm_named("pbkdf2", algorithm)?;
    let Some(bytes) = u32::try_from(length).ok().filter(|bytes| (1..=MAX_PBKDF2_BYTES).contains(bytes)) else {
        return Err(out_of_range("pbkdf2", "argument 4", u64::from(MAX_PBKDF2_BYTES), length));
    };
    let bytes = bytes as usize;
    let most = MAX_PBKDF2_ROUNDS / bytes.div_ceil(algorithm.bytes()) as u64;
    match u32::try_from(iterations) {
        Ok(rounds) if rounds > 0 && u64::from(rounds) <= most => Ok(algorithm.pbkdf2(&password, &salt, rounds, bytes)),
        _ => Err(out_of_range("pbkdf2", "argument 3", most, iterations)),
    }
}

/// True if both have the same bytes. The time depends on the lengths alone, not on where they differ.
#[scalar(deterministic, innocuous)]
fn constant_time_eq(a: Bytes<'_>, b: Bytes<'_>) -> bool {
    a.0.ct_eq(b.0).into()
}

/// `data` as text in an encoding given by name.
#[scalar(deterministic, innocuous)]
fn encode(data: Bytes<'_>, format: &str) -> Result<String, Error> {
    let encoding = encoding_named("encode", format)?;
    encoding.check_len("encode", data.len())?;
    Ok(encoding.encode(&data))
}

/// The bytes that `text` stands for in an encoding given by name.
#[scalar(deterministic, innocuous)]
fn decode(text: Bytes<'_>, format: &str) -> Result<Vec<u8>, Error> {
    let encoding = encoding_named("decode", format)?;
    encoding.check_len("decode", text.len())?;
    encoding.decode(&text).map_err(|fault| fault.into_error("decode", encoding))
}

/// As `decode`, but NULL if `text` is not valid in that encoding.
#[scalar(deterministic, innocuous)]
fn try_decode(text: Bytes<'_>, format: &str) -> Result<Option<Vec<u8>>, Error> {
    let encoding = encoding_named("try_decode", format)?;
    encoding.check_len("try_decode", text.len())?;
    Ok(encoding.decode(&text).ok())
}

/// Defines the two SQL functions of one encoding.
macro_rules! codec_functions {
    ($($(#[$doc:meta])* $to:ident, $from:ident: $encoding:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $to(data: Bytes<'_>) -> Result<String, Error> {
            Encoding::$encoding.check_len(stringify!($to), data.len())?;
            Ok(Encoding::$encoding.encode(&data))
        }

        /// The opposite, as a blob.
        #[scalar(deterministic, innocuous)]
        fn $from(text: Bytes<'_>) -> Result<Vec<u8>, Error> {
            Encoding::$encoding.check_len(stringify!($from), text.len())?;
            Encoding::$encoding.decode(&text).map_err(|fault| fault.into_error(stringify!($from), Encoding::$encoding))
        }
    )+};
}

codec_functions! {
    /// Hexadecimal, lower-case.
    to_hex, from_hex: Hex;
    /// Base32, upper-case and padded.
    to_base32, from_base32: Base32;
    /// Base58 with Bitcoin's alphabet.
    to_base58, from_base58: Base58;
    /// Base64, padded.
    to_base64, from_base64: Base64;
    /// Base64 with `-` and `_`, not padded, as in JSON Web Tokens.
    to_base64url, from_base64url: Base64Url;
    /// Base85 with the alphabet of RFC 1924, as in git.
    to_base85, from_base85: Base85;
}

fn algorithm_named(function: &str, name: &str) -> Result<Algorithm, Error> {
    Algorithm::named(name).ok_or_else(|| unknown(function, "algorithm", name, &Algorithm::ALL.map(|(name, _)| name)))
}

fn encoding_named(function: &str, name: &str) -> Result<Encoding, Error> {
    Encoding::named(name).ok_or_else(|| unknown(function, "format", name, &Encoding::ALL.map(|(name, _)| name)))
}

fn unknown(function: &str, what: &str, name: &str, known: &[&str]) -> Error {
    let shown: String = name.chars().take(40).collect();
    let known = known.join("`, `");
    let message =
        ["function `", function, "`: unknown ", what, " `", &shown, "`, expected one of `", &known, "`"].concat();
    Error::new(Error::ERROR, message)
}

fn out_of_range(function: &str, argument: &str, most: u64, found: i64) -> Error {
    let (most, found) = (most.to_string(), found.to_string());
    let message =
        ["function `", function, "`: ", argument, " must be an integer from 1 to ", &most, ", found ", &found].concat();
    Error::new(Error::RANGE, message)
}

extension! {
    name: "crypto",
    description: "HMAC, HKDF, PBKDF2, comparison in constant time, and base16 to base85 encodings.",
    functions: [
        hmac, hmac_blob, hkdf, pbkdf2, constant_time_eq, encode, decode, try_decode, to_hex, from_hex, to_base32,
        from_base32, to_base58, from_base58, to_base64, from_base64, to_base64url, from_base64url, to_base85,
        from_base85,
    ],
}

#[cfg(test)]
mod tests;
