//! Records of a CSV text that comes in pieces.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Most fields of a record: SQLite's limit on columns.
pub const MAX_FIELDS: usize = 2000;
/// Most bytes of a record.
pub const MAX_RECORD: usize = 64 << 20;

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around a field that holds a delimiter, a line end, or this byte doubled.
    pub quote: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: b'"' }
    }
}

/// Where the bytes come from.
pub trait Source {
    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// The host's.
    fn next(&mut self) -> Result<Vec<u8>, sqlink_guest::Error>;
}

/// Reads record after record.
pub struct Records<S> {
    source: S,
    reader: Reader,
    input: Vec<u8>,
    /// How much of `input` was read.
    position: usize,
    ended: bool,
    started: bool,
    /// Content of the current record's fields, one after the other.
    output: Vec<u8>,
    /// Where each field ends in `output`.
    ends: Vec<usize>,
    fields: usize,
    /// Number of the current record, from 1.
    number: i64,
}

impl<S: Source> Records<S> {
    /// A reader at the first record.
    pub fn new(source: S, dialect: Dialect) -> Self {
        Self {
            source,
            reader: ReaderBuilder::new().delimiter(dialect.delimiter).quote(dialect.quote).build(),
            input: Vec::new(),
            position: 0,
            ended: false,
            started: false,
            output: vec![0; 1024],
            ends: vec![0; 64],
            fields: 0,
            number: 0,
        }
    }

    /// Moves to the next record; false at the end. Empty lines are left out.
    ///
    /// # Errors
    /// The source's, and a record that is too large.
    pub fn advance(&mut self) -> Result<bool, sqlink_guest::Error> {
        let (mut written, mut ended) = (0, 0);
        loop {
            if self.position == self.input.len() && !self.ended {
                self.input = self.source.next()?;
                self.position = 0;
                self.ended = self.input.is_empty();
                if !std::mem::replace(&mut self.started, true) && self.input.starts_with(b"\xef\xbb\xbf") {
                    self.position = 3;
                }
            }
            let input = &self.input[self.position..];
            let (result, read, wrote, fields) =
                self.reader.read_record(input, &mut self.output[written..], &mut self.ends[ended..]);
            self.position += read;
            written += wrote;
            ended += fields;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.output.len() >= MAX_RECORD => {
                    return Err(self.too_large(format!("has over {MAX_RECORD} bytes")));
                }
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_FIELDS => {
                    return Err(self.too_large(format!("has over {MAX_FIELDS} fields")));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(MAX_FIELDS.min(self.ends.len() * 2), 0),
                ReadRecordResult::Record => {
                    self.fields = ended;
                    self.number += 1;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    fn too_large(&self, what: String) -> sqlink_guest::Error {
        let message = format!("csv: record {} {what}", self.number + 1);
        sqlink_guest::Error::new(sqlink_guest::Error::TOOBIG, message)
    }

    /// Number of the current record, from 1.
    pub const fn number(&self) -> i64 {
        self.number
    }

    /// Number of fields of the current record.
    pub const fn len(&self) -> usize {
        self.fields
    }

    /// A field of the current record, counted from 0. Bytes that are not UTF-8 become U+FFFD.
    pub fn field(&self, index: usize) -> Option<std::borrow::Cow<'_, str>> {
        if index >= self.fields {
            return None;
        }
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(String::from_utf8_lossy(&self.output[start..self.ends[index]]))
    }
}
