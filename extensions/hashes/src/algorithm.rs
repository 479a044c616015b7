//! The algorithms by name, and their digests.

use core::ops::Deref;

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use sha2::Digest;

/// The longest digest, of SHA-512, in bytes.
const MAX_BYTES: usize = 64;

static CRC32: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Blake3,
    Xxh3_64,
    Xxh3_128,
    Crc32,
}

/// A digest of 4 to 64 bytes.
pub struct Output {
    bytes: [u8; MAX_BYTES],
    len: usize,
}

impl Output {
    fn new(digest: &[u8]) -> Self {
        let len = digest.len().min(MAX_BYTES);
        let mut bytes = [0; MAX_BYTES];
        bytes[..len].copy_from_slice(&digest[..len]);
        Self { bytes, len }
    }
}

impl Deref for Output {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Algorithm {
    /// Every algorithm with the name of its SQL function.
    pub const ALL: [(&'static str, Self); 14] = [
        ("md5", Self::Md5),
        ("sha1", Self::Sha1),
        ("sha224", Self::Sha224),
        ("sha256", Self::Sha256),
        ("sha384", Self::Sha384),
        ("sha512", Self::Sha512),
        ("sha3_224", Self::Sha3_224),
        ("sha3_256", Self::Sha3_256),
        ("sha3_384", Self::Sha3_384),
        ("sha3_512", Self::Sha3_512),
        ("blake3", Self::Blake3),
        ("xxh3_64", Self::Xxh3_64),
        ("xxh3_128", Self::Xxh3_128),
        ("crc32", Self::Crc32),
    ];

    /// The algorithm of that name, in any case of letters.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, algorithm)| *algorithm)
    }

    /// The digest. CRC-32 and XXH3 are integers: most significant byte first, as their text form is.
    pub fn digest(self, data: &[u8]) -> Output {
        match self {
            Self::Md5 => Output::new(&md5::Md5::digest(data)),
            Self::Sha1 => Output::new(&sha1::Sha1::digest(data)),
            Self::Sha224 => Output::new(&sha2::Sha224::digest(data)),
            Self::Sha256 => Output::new(&sha2::Sha256::digest(data)),
            Self::Sha384 => Output::new(&sha2::Sha384::digest(data)),
            Self::Sha512 => Output::new(&sha2::Sha512::digest(data)),
            Self::Sha3_224 => Output::new(&sha3::Sha3_224::digest(data)),
            Self::Sha3_256 => Output::new(&sha3::Sha3_256::digest(data)),
            Self::Sha3_384 => Output::new(&sha3::Sha3_384::digest(data)),
            Self::Sha3_512 => Output::new(&sha3::Sha3_512::digest(data)),
            Self::Blake3 => Output::new(blake3::hash(data).as_bytes()),
            Self::Xxh3_64 => Output::new(&xxhash_rust::xxh3::xxh3_64(data).to_be_bytes()),
            Self::Xxh3_128 => Output::new(&xxhash_rust::xxh3::xxh3_128(data).to_be_bytes()),
            Self::Crc32 => Output::new(&crc32(data).to_be_bytes()),
        }
    }
}

/// CRC-32 as in zlib.
pub fn crc32(data: &[u8]) -> u32 {
    CRC32.checksum(data)
}

/// Lower-case hexadecimal, two digits per byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
