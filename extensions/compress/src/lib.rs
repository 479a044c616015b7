//! SQLink extension `compress`: gzip, zlib, deflate, Zstandard and LZ4, Brotli for reading, and SQLite Archives.
//!
//! Every function that decompresses stops at a limit, since a few bytes may stand for billions. Everything is deterministic and
//! innocuous, imports nothing but the log, and keeps nothing between calls.
//!
//! Source: RFC 1950, 1951, 1952 (zlib, deflate, gzip), RFC 8878 (Zstandard), RFC 7932 (Brotli),
//! <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>, <https://sqlite.org/sqlar.html>
#![forbid(unsafe_code)]

mod decode;
mod encode;
mod format;

use format::Format;
use sqlink_guest::prelude::*;

/// How much decompression gives at most if nothing is said, in bytes: what a host takes from an extension by default.
const DEFAULT_MAX_BYTES: i64 = 64 << 20;

/// The largest limit that can be asked for, in bytes: SQLite's own limit on a value.
const MAX_MAX_BYTES: i64 = 1_000_000_000;

/// Defines the two SQL functions of a format that has levels.
macro_rules! leveled_functions {
    ($($(#[$doc:meta])* $compress:ident, $decompress:ident: $format:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $compress(data: Bytes<'_>, #[default(6)] level: i64) -> Result<Vec<u8>, Error> {
            let level = check_level(stringify!($compress), level)?;
            Format::$format.compress(&data, level).map_err(|error| failed(stringify!($compress), &error))
        }

        /// The opposite, up to `max` bytes.
        #[scalar(deterministic, innocuous)]
        fn $decompress(data: &[u8], #[default(DEFAULT_MAX_BYTES)] max: i64) -> Result<Vec<u8>, Error> {
            decompress_as(stringify!($decompress), Format::$format, data, max)
        }
    )+};
}

leveled_functions! {
    /// A gzip file of one member, without a name and a time. `level` is 0 to 9.
    gzip_compress, gzip_decompress: Gzip;
    /// Deflate with zlib's header and checksum. `level` is 0 to 9.
    zlib_compress, zlib_decompress: Zlib;
    /// Deflate alone. `level` is 0 to 9.
    deflate_compress, deflate_decompress: Deflate;
}

/// A Zstandard frame, at about the reference implementation's level 1.
#[scalar(deterministic, innocuous)]
fn zstd_compress(data: Bytes<'_>) -> Result<Vec<u8>, Error> {
    Format::Zstd.compress(&data, 1).map_err(|error| failed("zstd_compress", &error))
}

/// All that the Zstandard frames hold, up to `max` bytes.
#[scalar(deterministic, innocuous)]
fn zstd_decompress(data: &[u8], #[default(DEFAULT_MAX_BYTES)] max: i64) -> Result<Vec<u8>, Error> {
    decompress_as("zstd_decompress", Format::Zstd, data, max)
}

/// An LZ4 frame.
#[scalar(deterministic, innocuous)]
fn lz4_compress(data: Bytes<'_>) -> Result<Vec<u8>, Error> {
    Format::Lz4.compress(&data, 1).map_err(|error| failed("lz4_compress", &error))
}

/// All that the LZ4 frames hold, up to `max` bytes.
#[scalar(deterministic, innocuous)]
fn lz4_decompress(data: &[u8], #[default(DEFAULT_MAX_BYTES)] max: i64) -> Result<Vec<u8>, Error> {
    decompress_as("lz4_decompress", Format::Lz4, data, max)
}

/// What a Brotli stream holds, up to `max` bytes.
#[scalar(deterministic, innocuous)]
fn brotli_decompress(data: &[u8], #[default(DEFAULT_MAX_BYTES)] max: i64) -> Result<Vec<u8>, Error> {
    decompress_as("brotli_decompress", Format::Brotli, data, max)
}

/// What `data` holds, in whichever format it begins like: gzip, zlib, Zstandard or LZ4.
#[scalar(deterministic, innocuous)]
fn decompress(data: &[u8], #[default(DEFAULT_MAX_BYTES)] max: i64) -> Result<Vec<u8>, Error> {
    match Format::of(data) {
        Some(format) if format.can_decompress() => decompress_as("decompress", format, data, max),
        found => {
            let found = found.map_or("another format", Format::name);
            let message =
                "function `decompress`: argument 1 must begin as `gzip`, `zlib`, `zstd` or `lz4` does, found ";
            Err(Error::new(Error::ERROR, [message, found].concat()))
        }
    }
}

/// The format that `data` begins like; NULL if it is none that has a beginning of its own.
#[scalar(deterministic, innocuous)]
fn compression_format(data: &[u8]) -> Option<&'static str> {
    Format::of(data).map(Format::name)
}

/// A file's content as in a SQLite Archive: compressed if that is shorter, else as it is.
#[scalar(deterministic, innocuous)]
fn sqlar_compress(content: ValueRef<'_>) -> Result<Value, Error> {
    let ValueRef::Blob(data) = content else {
        return Ok(content.to_value());
    };
    let compressed = Format::Zlib.compress(data, 6).map_err(|error| failed("sqlar_compress", &error))?;
    Ok(Value::Blob(if compressed.len() < data.len() { compressed } else { data.to_owned() }))
}

/// The opposite; `size` is that of the file, from the archive's column `sz`.
#[scalar(deterministic, innocuous)]
fn sqlar_uncompress(content: ValueRef<'_>, size: i64) -> Result<Value, Error> {
    let ValueRef::Blob(data) = content else {
        return Ok(content.to_value());
    };
    if size <= 0 || usize::try_from(size) == Ok(data.len()) {
        return Ok(Value::Blob(data.to_owned()));
    }
    let file = decompress_as("sqlar_uncompress", Format::Zlib, data, size)?;
    if i64::try_from(file.len()) == Ok(size) {
        return Ok(Value::Blob(file));
    }
    let (size, len) = (size.to_string(), file.len().to_string());
    let message = ["function `sqlar_uncompress`: argument 2 must be the size of the file, ", &len, ", found ", &size];
    Err(Error::new(Error::ERROR, message.concat()))
}

fn decompress_as(function: &str, format: Format, data: &[u8], max: i64) -> Result<Vec<u8>, Error> {
    let Some(limit) = usize::try_from(max).ok().filter(|_| max <= MAX_MAX_BYTES) else {
        let (most, found) = (MAX_MAX_BYTES.to_string(), max.to_string());
        let message =
            ["function `", function, "`: argument 2 must be an integer from 0 to ", &most, ", found ", &found].concat();
        return Err(Error::new(Error::RANGE, message));
    };
    format.decompress(data, limit).map_err(|fault| fault.into_error(function, format, limit))
}

fn check_level(function: &str, level: i64) -> Result<u32, Error> {
    u32::try_from(level).ok().filter(|level| *level <= 9).ok_or_else(|| {
        let found = level.to_string();
        let message = ["function `", function, "`: argument 2 must be an integer from 0 to 9, found ", &found].concat();
        Error::new(Error::RANGE, message)
    })
}

fn failed(function: &str, error: &std::io::Error) -> Error {
    Error::new(Error::ERROR, ["function `", function, "`: ", &error.to_string()].concat())
}

extension! {
    name: "compress",
    description: "gzip, zlib, deflate, Zstandard and LZ4, Brotli for reading, and SQLite Archives.",
    functions: [
        gzip_compress, gzip_decompress, zlib_compress, zlib_decompress, deflate_compress, deflate_decompress,
        zstd_compress, zstd_decompress, lz4_compress, lz4_decompress, brotli_decompress, decompress,
        compression_format, sqlar_compress, sqlar_uncompress,
    ],
}

#[cfg(test)]
mod tests;
