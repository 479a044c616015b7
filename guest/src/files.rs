//! The files that the embedder handed over by name when it loaded the extension, and no others. Reading needs the capability
//! `files.read`, writing `files.write`.
//!
//! [`Reader`] is a `std::io::BufRead` for crates that want one.
//!
//! On a target other than WebAssembly there is no host to ask and the calls always fail.
//!
//! Source: `wit/files.wit`

use std::io;

use crate::Error;
use crate::host::ask;

pub use crate::bindings::sqlink::extension::files::File;

/// The most bytes that one [`read`] gives.
pub const MAX_BYTES: u32 = 16 * 1024 * 1024;

/// All files that were handed over, sorted by name.
///
/// # Errors
/// [`Error::AUTH`] if `files.read` is not granted.
pub fn list() -> Result<Vec<File>, Error> {
    ask!("files.read": files::list())
}

/// Reads `len` bytes, at most [`MAX_BYTES`], from `offset` on; fewer at the end of the file, none beyond it.
///
/// # Errors
/// [`Error::AUTH`] if `files.read` is not granted, [`Error::CANTOPEN`] if no such file was handed over, [`Error::TOOBIG`] if
/// `len` is larger, [`Error::IOERR`] if it can't be read.
pub fn read(name: &str, offset: u64, len: u32) -> Result<Vec<u8>, Error> {
    ask!("files.read": files::read(name, offset, len))
}

/// Reads a whole file.
///
/// # Errors
/// As [`read`].
pub fn read_all(name: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = read(name, 0, MAX_BYTES)?;
    let mut last = bytes.len();
    while last == MAX_BYTES as usize {
        let more = read(name, bytes.len() as u64, MAX_BYTES)?;
        last = more.len();
        bytes.extend(more);
    }
    Ok(bytes)
}

/// Writes `bytes` at `offset`, which is at most the file's size: there are no gaps.
///
/// # Errors
/// [`Error::AUTH`] if `files.write` is not granted, [`Error::CANTOPEN`] if no such file was handed over, [`Error::READONLY`]
/// if it was handed over for reading, [`Error::RANGE`] if `offset` is beyond its end, [`Error::IOERR`] if it can't be
/// written.
pub fn write(name: &str, offset: u64, bytes: &[u8]) -> Result<(), Error> {
    ask!("files.write": files::write(name, offset, bytes))
}

type Read = fn(&str, u64, u32) -> Result<Vec<u8>, Error>;

/// Reads a file from its start, in pieces of 64 KiB. What the host answers to a failing read is the `io::Error`'s text.
#[derive(Debug)]
pub struct Reader {
    name: String,
    read: Read,
    /// Where `piece` begins in the file.
    start: u64,
    piece: Vec<u8>,
    /// How much of `piece` was given.
    used: usize,
}

impl Reader {
    const PIECE: u32 = 64 * 1024;

    /// * `name` - the embedder's for the file; that there is one shows with the first read
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), read, start: 0, piece: Vec::new(), used: 0 }
    }

    /// Continues at `offset`.
    pub fn seek(&mut self, offset: u64) {
        let within = offset.checked_sub(self.start).and_then(|within| usize::try_from(within).ok());
        if let Some(within) = within.filter(|within| *within <= self.piece.len()) {
            self.used = within;
        } else {
            self.piece.clear();
            (self.start, self.used) = (offset, 0);
        }
    }

    /// Where the next byte comes from.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.start + self.used as u64
    }
}

impl io::BufRead for Reader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.piece.len() {
            let start = self.offset();
            self.piece = (self.read)(&self.name, start, Self::PIECE).map_err(|e| io::Error::other(e.message()))?;
            (self.start, self.used) = (start, 0);
        }
        Ok(&self.piece[self.used..])
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.piece.len());
    }
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = io::BufRead::fill_buf(self)?;
        let len = piece.len().min(buffer.len());
        buffer[..len].copy_from_slice(&piece[..len]);
        io::BufRead::consume(self, len);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Reader};
    use std::io::{BufRead, Read};

    /// A file of 200,000 bytes, `0123456789…`.
    fn digits(name: &str, offset: u64, len: u32) -> Result<Vec<u8>, Error> {
        if name != "digits" {
            return Err(Error::new(Error::CANTOPEN, "no such file"));
        }
        Ok((offset..(offset + u64::from(len)).min(200_000)).map(|place| b'0' + (place % 10) as u8).collect())
    }

    fn reader(name: &str) -> Reader {
        Reader { read: digits, ..Reader::new(name) }
    }

    #[test]
    fn a_reader_reads_everything_once() {
        let mut bytes = Vec::new();
        assert_eq!(reader("digits").read_to_end(&mut bytes).unwrap(), 200_000);
        assert!(bytes.iter().eq(b"0123456789".iter().cycle().take(200_000)));
        assert_eq!(reader("other").fill_buf().unwrap_err().to_string(), "no such file");
    }

    #[test]
    fn a_reader_goes_where_it_is_told() {
        let mut file = reader("digits");
        let next = |file: &mut Reader, offset| {
            file.seek(offset);
            let mut byte = [0; 2];
            file.read_exact(&mut byte).map(|()| (file.offset(), byte))
        };
        for offset in [0, 3, 65_535, 65_537, 199_998, 1] {
            let digit = |place: u64| b'0' + (place % 10) as u8;
            assert_eq!(next(&mut file, offset).unwrap(), (offset + 2, [digit(offset), digit(offset + 1)]));
        }
        assert!(next(&mut file, 199_999).is_err() && next(&mut file, 1 << 40).is_err());
    }
}
