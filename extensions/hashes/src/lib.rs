//! SQLink extension `hashes`: MD5, SHA-1, SHA-2, SHA-3, BLAKE3, CRC-32 and XXH3 of text and blobs.
//!
//! Text is hashed as its UTF-8 bytes, whatever the encoding of the database. Results are lower-case hexadecimal text;
//! `crc32` gives an integer, and `hash_blob` gives the bytes. Everything is deterministic and innocuous, imports nothing
//! but the log, and keeps nothing between calls.
#![forbid(unsafe_code)]

mod algorithm;

use algorithm::{Algorithm, hex};
use sqlink_guest::prelude::*;

/// Defines one SQL function per algorithm, named as the algorithm.
macro_rules! hash_functions {
    ($($(#[$doc:meta])* $function:ident: $algorithm:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $function(data: Bytes<'_>) -> String {
            hex(&Algorithm::$algorithm.digest(&data))
        }
    )+};
}

hash_functions! {
    /// MD5, 32 digits. Broken: for checksums of old data only.
    md5: Md5;
    /// SHA-1, 40 digits. Broken: for checksums of old data only.
    sha1: Sha1;
    /// SHA-224, 56 digits.
    sha224: Sha224;
    /// SHA-256, 64 digits.
    sha256: Sha256;
    /// SHA-384, 96 digits.
    sha384: Sha384;
    /// SHA-512, 128 digits.
    sha512: Sha512;
    /// SHA3-224, 56 digits.
    sha3_224: Sha3_224;
    /// SHA3-256, 64 digits.
    sha3_256: Sha3_256;
    /// SHA3-384, 96 digits.
    sha3_384: Sha3_384;
    /// SHA3-512, 128 digits.
    sha3_512: Sha3_512;
    /// BLAKE3, 64 digits.
    blake3: Blake3;
    /// XXH3 with 64 bits and seed 0, 16 digits: as text, because half of its values don't fit SQL's signed integer.
    xxh3_64: Xxh3_64;
    /// XXH3 with 128 bits and seed 0, 32 digits.
    xxh3_128: Xxh3_128;
}

/// CRC-32 (ISO-HDLC, as in zlib, PNG and MySQL), an integer from 0 to 4294967295.
#[scalar(deterministic, innocuous)]
fn crc32(data: Bytes<'_>) -> u32 {
    algorithm::crc32(&data)
}

/// The hash by the name of its function, as lower-case hexadecimal text.
#[scalar(deterministic, innocuous)]
fn hash(algorithm: &str, data: Bytes<'_>) -> Result<String, Error> {
    Ok(hex(&algorithm_named("hash", algorithm)?.digest(&data)))
}

/// The hash by the name of its function, as a blob: half the size of the text.
#[scalar(deterministic, innocuous)]
fn hash_blob(algorithm: &str, data: Bytes<'_>) -> Result<Vec<u8>, Error> {
    Ok(algorithm_named("hash_blob", algorithm)?.digest(&data).to_vec())
}

fn algorithm_named(function: &str, name: &str) -> Result<Algorithm, Error> {
    Algorithm::named(name).ok_or_else(|| {
        let shown: String = name.chars().take(40).collect();
        let known = Algorithm::ALL.map(|(name, _)| name).join("`, `");
        let message = ["function `", function, "`: unknown algorithm `", &shown, "`, expected one of `", &known, "`"];
        Error::new(Error::ERROR, message.concat())
    })
}

extension! {
    name: "hashes",
    description: "MD5, SHA-1, SHA-2, SHA-3, BLAKE3, CRC-32 and XXH3 of text and blobs.",
    functions: [
        md5, sha1, sha224, sha256, sha384, sha512, sha3_224, sha3_256, sha3_384, sha3_512, blake3, xxh3_64, xxh3_128,
        crc32, hash, hash_blob,
    ],
}

#[cfg(test)]
mod tests;
