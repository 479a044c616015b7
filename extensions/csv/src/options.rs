//! The arguments of `CREATE VIRTUAL TABLE … USING csv(…)`.

use sqlink_guest::Error;
use sqlink_guest::vtab::unquote;

use crate::reader::{Dialect, MAX_FIELDS};

/// Where the text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file that the embedder handed over.
    File(String),
    /// In the statement itself.
    Text(String),
}

/// What the arguments say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where the text is.
    pub place: Place,
    /// How it is written.
    pub dialect: Dialect,
    /// Whether the first record has the columns' names.
    pub header: bool,
    /// Whether columns in which everything looks like a number are numbers.
    pub types: bool,
    /// Number of columns, if it is not the first record's.
    pub columns: Option<usize>,
}

impl Options {
    /// Reads arguments of the form `key=value`.
    ///
    /// # Errors
    /// For an unknown key or value, one that is there twice, and without a text.
    pub fn parse<'a>(arguments: impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        let mut place = None;
        let mut options = Self {
            place: Place::Text(String::new()),
            dialect: Dialect::default(),
            header: false,
            types: true,
            columns: None,
        };
        let mut seen: Vec<String> = Vec::new();
        for argument in arguments {
            let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
            let (key, value) = (key.trim().to_ascii_lowercase(), unquote(value.trim()));
            if seen.contains(&key) {
                return Err(refuse(&format!("argument `{key}` is given twice")));
            }
            match key.as_str() {
                "filename" | "data" if place.is_some() => {
                    return Err(refuse("both `filename` and `data` are given, expected one"));
                }
                "filename" => place = Some(Place::File(value.into_owned())),
                "data" => place = Some(Place::Text(value.into_owned())),
                "header" => options.header = boolean(&key, &value)?,
                "types" => options.types = boolean(&key, &value)?,
                "delimiter" => options.dialect.delimiter = byte(&key, &value)?,
                "quote" => options.dialect.quote = byte(&key, &value)?,
                "columns" => match value.parse() {
                    Ok(count @ 1..=MAX_FIELDS) => options.columns = Some(count),
                    _ => {
                        return Err(refuse(&format!("argument `columns` is `{value}`, expected 1 to {MAX_FIELDS}")));
                    }
                },
                _ => {
                    return Err(refuse(&format!(
                        "unknown argument `{key}`, expected `filename`, `data`, `header`, `types`, `delimiter`, `quote` or `columns`"
                    )));
                }
            }
            seen.push(key);
        }
        if options.dialect.delimiter == options.dialect.quote {
            return Err(refuse("`delimiter` and `quote` are the same character"));
        }
        options.place = place.ok_or_else(|| refuse("expected `filename='NAME'` or `data='TEXT'`"))?;
        Ok(options)
    }
}

fn boolean(key: &str, value: &str) -> Result<bool, Error> {
    match value.to_ascii_lowercase().as_str() {
        "" | "1" | "yes" | "on" | "true" => Ok(true),
        "0" | "no" | "off" | "false" => Ok(false),
        _ => Err(refuse(&format!("argument `{key}` is `{value}`, expected `yes` or `no`"))),
    }
}

/// One character that stands between or around fields.
///
/// # Errors
/// If it is more, or not ASCII.
pub fn byte(key: &str, value: &str) -> Result<u8, Error> {
    match value.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n') => Ok(*byte),
        _ => Err(refuse(&format!("argument `{key}` is `{value}`, expected one ASCII character or `\\t`"))),
    }
}

fn refuse(message: &str) -> Error {
    Error::new(Error::ERROR, format!("csv: {message}"))
}
