//! The encodings by name.

use data_encoding::{
    BASE32_NOPAD, BASE32HEX_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, DecodeKind, HEXLOWER, HEXLOWER_PERMISSIVE,
};
use sha2::{Digest, Sha256};
use sqlink_guest::Error;

use crate::base85;

/// The most bytes that are written in base58 or read from it: the work grows with the square.
const MAX_BASE58_BYTES: usize = 8192;

/// The bytes of a base58check sum.
const SUM_BYTES: usize = 4;

/// A way to write bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Hex,
    Base32,
    Base32Hex,
    Base58,
    Base58Check,
    Base64,
    Base64Url,
    Base85,
    Ascii85,
    Z85,
}

/// Why text is not valid in an encoding. Positions are in bytes, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No character of the alphabet.
    Character(usize),
    /// The text can't have that length.
    Length,
    /// Bits after the last byte that are not zero.
    Bits(usize),
    /// `=` where it does not belong, or too few.
    Padding,
    /// Five digits of base85 from this position on that are more than four bytes hold.
    Group(usize),
    /// The checksum does not fit.
    Sum,
}

impl Fault {
    pub fn into_error(self, function: &str, encoding: Encoding) -> Error {
        let at = |what: &str, position: usize| [what, " at byte ", &(position + 1).to_string()].concat();
        let what = match self {
            Self::Character(position) => at("not in the alphabet: the character", position),
            Self::Length => "cut off or too long by a character".to_owned(),
            Self::Bits(position) => at("bits are set after the last byte: the character", position),
            Self::Padding => "wrong padding with `=`".to_owned(),
            Self::Group(position) => at("over four bytes: the five characters", position),
            Self::Sum => "the checksum does not fit".to_owned(),
        };
        let message = ["function `", function, "`: argument 1 is not valid ", encoding.name(), ": ", &what].concat();
        Error::new(Error::ERROR, message)
    }
}

impl Encoding {
    /// Every encoding with its name in SQL.
    pub const ALL: [(&'static str, Self); 10] = [
        ("hex", Self::Hex),
        ("base32", Self::Base32),
        ("base32hex", Self::Base32Hex),
        ("base58", Self::Base58),
        ("base58check", Self::Base58Check),
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("base85", Self::Base85),
        ("ascii85", Self::Ascii85),
        ("z85", Self::Z85),
    ];

    /// The encoding of that name, in any case of letters; `base16` is `hex`.
    pub fn named(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("base16") {
            return Some(Self::Hex);
        }
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, encoding)| *encoding)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, encoding)| *encoding == self).map_or("", |(name, _)| name)
    }

    /// Refuses a length that this encoding takes too long for.
    pub fn check_len(self, function: &str, len: usize) -> Result<(), Error> {
        if matches!(self, Self::Base58 | Self::Base58Check) && len > MAX_BASE58_BYTES {
            let (most, len) = (MAX_BASE58_BYTES.to_string(), len.to_string());
            let message = [
                "function `",
                function,
                "`: ",
                self.name(),
                " is for short values, expected at most ",
                &most,
                " bytes, found ",
                &len,
            ];
            return Err(Error::new(Error::TOOBIG, message.concat()));
        }
        Ok(())
    }

    pub fn encode(self, data: &[u8]) -> String {
        match self {
            Self::Hex => HEXLOWER.encode(data),
            Self::Base32 => data_encoding::BASE32.encode(data),
            Self::Base32Hex => data_encoding::BASE32HEX.encode(data),
            Self::Base58 => bs58::encode(data).into_string(),
            Self::Base58Check => bs58::encode([data, &sum(data)].concat()).into_string(),
            Self::Base64 => data_encoding::BASE64.encode(data),
            Self::Base64Url => BASE64URL_NOPAD.encode(data),
            Self::Base85 => base85::RFC1924.encode(data),
            Self::Ascii85 => base85::ASCII85.encode(data),
            Self::Z85 => base85::Z85.encode(data),
        }
    }

    /// White space is skipped; padding may be left out, but if there is some it has to be right.
    pub fn decode(self, text: &[u8]) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Hex => radix(&HEXLOWER_PERMISSIVE, text, None),
            // Base32 is read in either case, as RFC 4648 allows.
            Self::Base32 => radix(&BASE32_NOPAD, &text.to_ascii_uppercase(), Some(8)),
            Self::Base32Hex => radix(&BASE32HEX_NOPAD, &text.to_ascii_uppercase(), Some(8)),
            Self::Base58 => base58(text),
            Self::Base58Check => {
                let mut data = base58(text)?;
                let len = data.len().checked_sub(SUM_BYTES).ok_or(Fault::Length)?;
                let found = data.split_off(len);
                if found == sum(&data) { Ok(data) } else { Err(Fault::Sum) }
            }
            Self::Base64 => radix(&BASE64_NOPAD, text, Some(4)),
            Self::Base64Url => radix(&BASE64URL_NOPAD, text, Some(4)),
            Self::Base85 => base85::RFC1924.decode(text),
            Self::Ascii85 => base85::ASCII85.decode(framed(text)),
            Self::Z85 => base85::Z85.decode(text),
        }
    }
}

/// Decodes what has a whole number of bits per digit, with `=` up to a multiple of `block` digits.
fn radix(encoding: &data_encoding::Encoding, text: &[u8], block: Option<usize>) -> Result<Vec<u8>, Fault> {
    let packed: Vec<u8>;
    let spaced = text.iter().any(u8::is_ascii_whitespace);
    let digits = if spaced {
        packed = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        &packed
    } else {
        text
    };
    let bare = match block {
        Some(block) => {
            let len = digits.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
            let padding = digits.len() - len;
            if padding > 0 && (padding >= block || !digits.len().is_multiple_of(block)) {
                return Err(Fault::Padding);
            }
            &digits[..len]
        }
        None => digits,
    };
    encoding.decode(bare).map_err(|error| {
        // Where the digit is in `text`, counting what was skipped.
        let position = text
            .iter()
            .enumerate()
            .filter(|(_, byte)| !byte.is_ascii_whitespace())
            .nth(error.position)
            .map_or(error.position, |(position, _)| position);
        match error.kind {
            DecodeKind::Length => Fault::Length,
            DecodeKind::Symbol => Fault::Character(position),
            DecodeKind::Trailing => Fault::Bits(position),
            DecodeKind::Padding => Fault::Padding,
        }
    })
}

fn base58(text: &[u8]) -> Result<Vec<u8>, Fault> {
    bs58::decode(text.trim_ascii()).into_vec().map_err(|error| match error {
        bs58::decode::Error::InvalidCharacter { index, .. } | bs58::decode::Error::NonAsciiCharacter { index } => {
            Fault::Character(index + text.len() - text.trim_ascii_start().len())
        }
        _ => Fault::Length,
    })
}

/// Without `<~` and `~>`, if both are there.
fn framed(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    text.strip_prefix(b"<~").and_then(|text| text.strip_suffix(b"~>")).unwrap_or(text)
}

/// The first bytes of SHA-256 of SHA-256.
fn sum(data: &[u8]) -> [u8; SUM_BYTES] {
    let digest = Sha256::digest(Sha256::digest(data));
    core::array::from_fn(|index| digest[index])
}
