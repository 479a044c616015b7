//! The virtual table.

use std::rc::Rc;

use sqlink_guest::files;
use sqlink_guest::prelude::*;

use crate::options::{Options, Place, byte};
use crate::reader::{Dialect, Records, Source};

/// Bytes of a file that are read at once.
const CHUNK: u32 = 64 << 10;
/// Records that are looked at to find the columns' types.
const SNIFFED: usize = 1000;

/// A CSV file or text as a table.
pub struct Csv {
    options: Rc<Options>,
    columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    name: String,
    kind: Kind,
}

/// What the values of a column look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Nothing is known: all values are empty.
    Empty,
    Integer,
    Real,
    Text,
}

impl Kind {
    const fn sql(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Empty | Self::Text => "TEXT",
        }
    }

    fn of(field: &str) -> Self {
        if field.is_empty() {
            Self::Empty
        } else if integer(field).is_some() {
            Self::Integer
        } else if real(field).is_some() {
            Self::Real
        } else {
            Self::Text
        }
    }
}

/// An integer as SQL writes it: `007` and `+1` are texts, a telephone number perhaps.
fn integer(field: &str) -> Option<i64> {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let plain = digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if plain { field.parse().ok() } else { None }
}

/// A decimal number, with an exponent or without.
fn real(field: &str) -> Option<f64> {
    let first = field.strip_prefix('-').unwrap_or(field).bytes().next()?;
    let numeric = field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    let leading = first.is_ascii_digit() || first == b'.';
    (numeric && leading).then(|| field.parse().ok())?.filter(|real: &f64| real.is_finite())
}

/// A file that the embedder handed over.
struct File {
    name: String,
    offset: u64,
}

/// Either source.
enum Bytes {
    File(File),
    Text(Option<Vec<u8>>),
}

impl Source for Bytes {
    fn next(&mut self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Text(text) => Ok(text.take().unwrap_or_default()),
            Self::File(file) => {
                let bytes = files::read(&file.name, file.offset, CHUNK)?;
                file.offset += bytes.len() as u64;
                Ok(bytes)
            }
        }
    }
}

impl Csv {
    fn records(options: &Options) -> Records<Bytes> {
        let source = match &options.place {
            Place::File(name) => Bytes::File(File { name: name.clone(), offset: 0 }),
            Place::Text(text) => Bytes::Text(Some(text.clone().into_bytes())),
        };
        Records::new(source, options.dialect)
    }
}

#[table(creatable, name = "csv")]
impl Table for Csv {
    type Cursor = Rows;

    fn connect(at: &Connect<'_>) -> Result<Self, Error> {
        let options = Options::parse(at.arguments())?;
        let mut records = Self::records(&options);
        let mut columns: Vec<Column> = Vec::new();
        let mut any = records.advance()?;
        let width = options.columns.unwrap_or(records.len());
        if width == 0 {
            return Err(Error::new(Error::ERROR, "csv: the text is empty, expected records or `columns=N`"));
        }
        for index in 0..width {
            let name = records.field(index).filter(|name| options.header && !name.trim().is_empty());
            let name = name.map_or_else(|| format!("c{index}"), |name| name.trim().to_owned());
            columns.push(Column { name: unique(&columns, name), kind: Kind::Empty });
        }
        if options.header && any {
            any = records.advance()?;
        }
        for _ in 0..SNIFFED {
            if !options.types || !any {
                break;
            }
            for (index, column) in columns.iter_mut().enumerate() {
                column.kind = column.kind.max(records.field(index).map_or(Kind::Empty, |field| Kind::of(&field)));
            }
            any = records.advance()?;
        }
        Ok(Self { options: Rc::new(options), columns })
    }

    fn schema(&self) -> Schema {
        let quoted = |column: &Column| format!("\"{}\" {}", column.name.replace('"', "\"\""), column.kind.sql());
        Schema::new(self.columns.iter().map(quoted).collect::<Vec<_>>())
    }

    fn scan(&self, _scan: &Scan<'_>) -> Result<Rows, Error> {
        let mut records = Self::records(&self.options);
        if self.options.header {
            records.advance()?;
        }
        Ok(Rows { records })
    }
}

/// A name that no column before has, in any case.
fn unique(columns: &[Column], name: String) -> String {
    let taken = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    if !taken(&name) {
        return name;
    }
    let mut number = 2;
    while taken(&format!("{name}_{number}")) {
        number += 1;
    }
    format!("{name}_{number}")
}

/// Where a scan stands.
pub struct Rows {
    records: Records<Bytes>,
}

impl Cursor<Csv> for Rows {
    fn advance(&mut self, table: &Csv, row: &mut Row<'_>) -> Result<bool, Error> {
        if !self.records.advance()? {
            return Ok(false);
        }
        for (index, column) in table.columns.iter().enumerate() {
            if !row.uses(index) {
                continue;
            }
            // A record with too few fields gives NULL.
            let Some(field) = self.records.field(index) else { continue };
            match column.kind {
                Kind::Integer | Kind::Real if field.is_empty() => {}
                Kind::Integer | Kind::Real => match (integer(&field), real(&field)) {
                    (Some(integer), _) if column.kind == Kind::Integer => row.set(index, integer),
                    (_, Some(real)) => row.set(index, real),
                    _ => row.set(index, &*field),
                },
                Kind::Empty | Kind::Text => row.set(index, &*field),
            }
        }
        Ok(true)
    }
}

/// The fields of a CSV text, one row each: the number of the record and of the field, both from 1, and the text.
#[table_function(columns(record INTEGER, field INTEGER, value TEXT), innocuous)]
pub fn csv_each(
    text: &str,
    #[default(",")] delimiter: &str,
) -> Result<impl Iterator<Item = Result<(i64, i64, String), Error>> + use<>, Error> {
    let dialect = Dialect { delimiter: byte("delimiter", delimiter)?, ..Dialect::default() };
    let mut records = Records::new(Bytes::Text(Some(text.as_bytes().to_vec())), dialect);
    let mut field: u32 = 0;
    let mut started = false;
    Ok(std::iter::from_fn(move || {
        while !started || field as usize >= records.len() {
            match records.advance() {
                Ok(true) => (started, field) = (true, 0),
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        field += 1;
        let value = records.field(field as usize - 1).unwrap_or_default().into_owned();
        Some(Ok((records.number(), field.into(), value)))
    }))
}
