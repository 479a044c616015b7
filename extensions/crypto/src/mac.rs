//! The hash algorithms by name, and what is built on their HMAC.

use hkdf::GenericHkdf;
use hmac::{Hmac, KeyInit, Mac, SimpleHmac};

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
}

/// Evaluates the expression with the type name `M` standing for the HMAC of the algorithm.
///
/// SHA-3 has no block interface, which `Hmac` keeps the two halves of its key in.
macro_rules! with_hmac {
    ($algorithm:expr, $M:ident => $result:expr) => {
        match $algorithm {
            Algorithm::Md5 => {
                type $M = Hmac<md5::Md5>;
                $result
            }
            Algorithm::Sha1 => {
                type $M = Hmac<sha1::Sha1>;
                $result
            }
            Algorithm::Sha224 => {
                type $M = Hmac<sha2::Sha224>;
                $result
            }
            Algorithm::Sha256 => {
                type $M = Hmac<sha2::Sha256>;
                $result
            }
            Algorithm::Sha384 => {
                type $M = Hmac<sha2::Sha384>;
                $result
            }
            Algorithm::Sha512 => {
                type $M = Hmac<sha2::Sha512>;
                $result
            }
            Algorithm::Sha3_224 => {
                type $M = SimpleHmac<sha3::Sha3_224>;
                $result
            }
            Algorithm::Sha3_256 => {
                type $M = SimpleHmac<sha3::Sha3_256>;
                $result
            }
            Algorithm::Sha3_384 => {
                type $M = SimpleHmac<sha3::Sha3_384>;
                $result
            }
            Algorithm::Sha3_512 => {
                type $M = SimpleHmac<sha3::Sha3_512>;
                $result
            }
        }
    };
}

impl Algorithm {
    /// Every algorithm with its name in SQL, which is that of its function in the extension `hashes`.
    pub const ALL: [(&'static str, Self); 10] = [
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
    ];

    /// The algorithm of that name, in any case of letters; `-` and `_` don't matter: `SHA-256`, `sha3-256`.
    pub fn named(name: &str) -> Option<Self> {
        let letters = |name: &'_ str| -> Vec<u8> {
            name.bytes().filter(|byte| !matches!(byte, b'-' | b'_')).map(|byte| byte.to_ascii_lowercase()).collect()
        };
        let wanted = letters(name);
        Self::ALL.iter().find(|(known, _)| letters(known) == wanted).map(|(_, algorithm)| *algorithm)
    }

    /// The length of a digest, in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// HMAC. A key of any length will do.
    pub fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        with_hmac!(self, M => match M::new_from_slice(key) {
            Ok(mac) => mac.chain_update(data).finalize().into_bytes().to_vec(),
            // HMAC has no wrong length of keys.
            Err(_) => Vec::new(),
        })
    }

    /// HKDF, extract and expand. `length` is at most 255 digests.
    pub fn hkdf(self, key: &[u8], salt: &[u8], info: &[u8], length: usize) -> Vec<u8> {
        let mut derived = vec![0; length];
        // The only error is a `length` over 255 digests.
        with_hmac!(self, M => GenericHkdf::<M>::new(Some(salt), key).expand(info, &mut derived)).unwrap_or_default();
        derived
    }

    /// PBKDF2 with HMAC.
    pub fn pbkdf2(self, password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
        let mut derived = vec![0; length];
        // The only error is a password of a wrong length, and HMAC has none.
        with_hmac!(self, M => pbkdf2::pbkdf2::<M>(password, salt, rounds, &mut derived)).unwrap_or_default();
        derived
    }
}
