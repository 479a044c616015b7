//! Compressing.

use std::io::{Error, Read, Write};

use flate2::Compression;
use flate2::bufread::{DeflateEncoder, GzEncoder, ZlibEncoder};
use lz4_flex::frame::{BlockMode, FrameEncoder, FrameInfo};
use ruzstd::encoding::CompressionLevel;

use crate::format::Format;

impl Format {
    /// `level` is for the formats on deflate, 0 to 9.
    ///
    /// # Errors
    /// A format that is for decompressing alone.
    pub fn compress(self, data: &[u8], level: u32) -> Result<Vec<u8>, Error> {
        let level = Compression::new(level);
        match self {
            Self::Gzip => all(&mut GzEncoder::new(data, level)),
            Self::Zlib => all(&mut ZlibEncoder::new(data, level)),
            Self::Deflate => all(&mut DeflateEncoder::new(data, level)),
            Self::Zstd => Ok(ruzstd::encoding::compress_to_vec(data, CompressionLevel::Fastest)),
            Self::Lz4 => {
                let size = u64::try_from(data.len()).ok();
                let info = FrameInfo::new().block_mode(BlockMode::Linked).content_checksum(true).content_size(size);
                let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
                encoder.write_all(data)?;
                encoder.finish().map_err(Error::other)
            }
            Self::Brotli | Self::Bzip2 | Self::Xz => Err(Error::other("there is no compressor for this format")),
        }
    }
}

fn all(encoder: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut compressed = Vec::new();
    encoder.read_to_end(&mut compressed)?;
    Ok(compressed)
}
