//! Decompressing, up to a limit.

use std::io::{self, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use ruzstd::decoding::{FrameDecoder as ZstdDecoder, StreamingDecoder};
use sqlink_guest::Error;

use crate::format::Format;

/// The largest window of a Zstandard frame, in bytes: what the decoder keeps of the last output. Level 19 has 8 MiB, `--ultra` 128.
const MAX_WINDOW_BYTES: u64 = 64 << 20;

/// The beginning of LZ4 frames in the format before 2013, which the Linux kernel still has.
const LZ4_LEGACY_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// How many bytes the output grows by at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Why data can't be decompressed.
#[derive(Debug)]
pub enum Fault {
    /// More output than allowed.
    TooBig,
    /// It is not valid.
    Invalid(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Invalid(CUT_OFF.to_owned()),
            _ => Self::Invalid(error.to_string()),
        }
    }
}

const CUT_OFF: &str = "it is cut off";
const TRAILING: &str = "there is more after its end";

fn invalid(what: &str) -> Fault {
    Fault::Invalid(what.to_owned())
}

impl Fault {
    pub fn into_error(self, function: &str, format: Format, limit: usize) -> Error {
        let name = format.name();
        match self {
            Self::TooBig => {
                let limit = limit.to_string();
                Error::new(Error::TOOBIG, ["function `", function, "`: the result is over ", &limit, " bytes"].concat())
            }
            Self::Invalid(what) => Error::new(
                Error::ERROR,
                ["function `", function, "`: argument 1 is not valid ", name, ": ", &what].concat(),
            ),
        }
    }
}

impl Format {
    /// All that `data` holds, if that is at most `limit` bytes.
    pub fn decompress(self, data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
        let mut output = Vec::new();
        match self {
            Self::Gzip => {
                // Without a first member, it would be an empty file.
                if data.is_empty() {
                    return Err(invalid(CUT_OFF));
                }
                read(&mut MultiGzDecoder::new(data), &mut output, limit)?;
            }
            Self::Zlib => inflate(Decompress::new(true), data, &mut output, limit)?,
            Self::Deflate => inflate(Decompress::new(false), data, &mut output, limit)?,
            Self::Zstd => zstd(data, &mut output, limit)?,
            Self::Lz4 => lz4(data, &mut output, limit)?,
            Self::Brotli => brotli(data, &mut output, limit)?,
            Self::Bzip2 | Self::Xz => return Err(invalid("there is no decompressor for this format")),
        }
        Ok(output)
    }
}

/// Reads to the end, unless that is over the limit.
fn read(decoder: &mut dyn Read, output: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    // One byte more tells whether there is more.
    let left = u64::try_from(limit.saturating_sub(output.len())).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(left).read_to_end(output)?;
    if output.len() > limit { Err(Fault::TooBig) } else { Ok(()) }
}

fn inflate(mut decoder: Decompress, data: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    loop {
        let taken = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX).min(data.len());
        let before = output.len();
        output.reserve(CHUNK_BYTES);
        let status = decoder
            .decompress_vec(&data[taken..], output, FlushDecompress::None)
            .map_err(|error| Fault::Invalid(error.to_string()))?;
        if output.len() > limit {
            return Err(Fault::TooBig);
        }
        let consumed = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
        match status {
            Status::StreamEnd if consumed < data.len() => return Err(invalid(TRAILING)),
            Status::StreamEnd => return Ok(()),
            // No progress with room for output: the input is at its end.
            Status::Ok | Status::BufError if consumed == taken && output.len() == before => {
                return Err(invalid(CUT_OFF));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

fn zstd(mut data: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    let mut frames = 0;
    while !data.is_empty() {
        if let Some(rest) = skip(data)? {
            data = rest;
            continue;
        }
        let mut decoder = ZstdDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW_BYTES);
        let mut stream = StreamingDecoder::new_with_decoder(&mut data, decoder)
            .map_err(|error| Fault::Invalid(error.to_string()))?;
        let before = output.len();
        read(&mut stream, output, limit)?;
        let decoder = stream.into_frame_decoder();
        let produced = u64::try_from(output.len() - before).unwrap_or(u64::MAX);
        if ![0, produced].contains(&decoder.content_size()) {
            return Err(invalid("its content has not the size that it says"));
        }
        let sum = decoder.get_checksum_from_data();
        if sum.is_some() && sum != decoder.get_calculated_checksum() {
            return Err(invalid("its checksum does not fit"));
        }
        frames += 1;
    }
    if frames == 0 { Err(invalid(CUT_OFF)) } else { Ok(()) }
}

fn lz4(mut data: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    let mut frames = 0;
    while !data.is_empty() {
        if let Some(rest) = skip(data)? {
            data = rest;
            continue;
        }
        let is_legacy = data.starts_with(&LZ4_LEGACY_MAGIC);
        let mut source = Source { data, was_short: false };
        read(&mut Lz4Decoder::new(&mut source), output, limit)?;
        // The decoder takes the end of its input for the end of the frame, which only the old format has no mark for.
        if source.was_short && !is_legacy {
            return Err(invalid(CUT_OFF));
        }
        data = source.data;
        frames += 1;
    }
    if frames == 0 { Err(invalid(CUT_OFF)) } else { Ok(()) }
}

/// Input that remembers whether more was asked for than there is.
struct Source<'a> {
    data: &'a [u8],
    was_short: bool,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.was_short |= buffer.len() > self.data.len();
        self.data.read(buffer)
    }
}

/// What comes after a skippable frame, which Zstandard and LZ4 have in common; `None` if `data` does not begin with one.
fn skip(data: &[u8]) -> Result<Option<&[u8]>, Fault> {
    let Some((&[0x50..=0x5f, 0x2a, 0x4d, 0x18], rest)) = data.split_first_chunk() else {
        return Ok(None);
    };
    let rest = rest.split_first_chunk().and_then(|(len, rest)| {
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        rest.get(len..)
    });
    rest.map(Some).ok_or_else(|| invalid(CUT_OFF))
}

fn brotli(data: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    let mut state =
        BrotliState::new_strict(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
    let (mut left, mut taken, mut total) = (data.len(), 0, 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let (mut room, mut len) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut left, &mut taken, data, &mut room, &mut len, &mut chunk, &mut total, &mut state,
        );
        output.extend(&chunk[..len]);
        if output.len() > limit {
            return Err(Fault::TooBig);
        }
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(invalid(CUT_OFF)),
            BrotliResult::ResultFailure => return Err(invalid("it is corrupt")),
            BrotliResult::ResultSuccess if left > 0 => return Err(invalid(TRAILING)),
            BrotliResult::ResultSuccess => return Ok(()),
        }
    }
}
