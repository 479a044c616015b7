//! The formats, and how data of each begins.

/// A format of compressed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Gzip,
    Zlib,
    Deflate,
    Zstd,
    Lz4,
    Brotli,
    /// Known by its beginning only, as the next one.
    Bzip2,
    Xz,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Brotli => "brotli",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    pub const fn can_decompress(self) -> bool {
        !matches!(self, Self::Bzip2 | Self::Xz)
    }

    /// The format that `data` begins like. Deflate and Brotli begin like anything.
    pub fn of(data: &[u8]) -> Option<Self> {
        match data {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..] => Some(Self::Lz4),
            // A frame to skip, which Zstandard and LZ4 have in common.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, len @ ..] => {
                let (len, rest) = len.split_first_chunk()?;
                Self::of(rest.get(usize::try_from(u32::from_le_bytes(*len)).ok()?..)?)
            }
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            // Deflate with a window up to 32 KiB, and a check over both bytes.
            [method, flags, ..]
                if method & 0x0f == 8
                    && method >> 4 <= 7
                    && u16::from_be_bytes([*method, *flags]).is_multiple_of(31) =>
            {
                Some(Self::Zlib)
            }
            _ => None,
        }
    }
}
