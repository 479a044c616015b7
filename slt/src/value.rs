//! SQLite values as drivers send them, and how a script shows them.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use sqllogictest::ColumnType;

/// Texts and blobs over this many bytes are shown as their length and SHA-256 digest.
const LONGEST_SHOWN: usize = 400;

/// One SQLite value.
///
/// On the wire it is `null` or a pair of storage class and text, so that no driver's language can change it on the way:
/// `["i","-1"]`, `["r","1.5"]` (also `inf`, `-inf` and `-0`), `["t","text"]`, `["b","00ff"]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB.
    Blob(Vec<u8>),
}

impl Value {
    /// The storage class.
    pub fn class(&self) -> Class {
        match self {
            Self::Null => Class::Null,
            Self::Integer(_) => Class::Integer,
            Self::Real(_) => Class::Real,
            Self::Text(_) => Class::Text,
            Self::Blob(_) => Class::Blob,
        }
    }

    /// How a script shows the value: `NULL`; an integer; a real with a point or exponent, in the fewest digits that
    /// read back as the same number; text as it is, with the escapes of [`show_text`]; a blob as `X'00FF'`.
    pub fn show(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Integer(integer) => integer.to_string(),
            Self::Real(real) => format!("{real:?}"),
            Self::Text(text) if text.len() > LONGEST_SHOWN => {
                format!("text({} bytes, sha256 {})", text.len(), digest(text.as_bytes()))
            }
            Self::Text(text) => show_text(text),
            Self::Blob(bytes) if bytes.len() > LONGEST_SHOWN => {
                format!("blob({} bytes, sha256 {})", bytes.len(), digest(bytes))
            }
            Self::Blob(bytes) => format!("X'{}'", hex(bytes).to_uppercase()),
        }
    }
}

/// Text on one line: `(empty)` for empty text; a backslash, a control character and U+FFFD escaped as in Rust.
fn show_text(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\0' => shown.push_str("\\0"),
            '\u{fffd}' => shown.push_str("\\u{fffd}"),
            '\\' => shown.push_str("\\\\"),
            _ if character.is_control() => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a `String` can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Bytes from hexadecimal digits of either case.
///
/// # Errors
/// If there is an odd number of digits, or another character.
pub fn unhex(text: &str) -> Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        bail!("hexadecimal with an odd number of digits");
    }
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).context("not a hexadecimal digit")
    };
    text.as_bytes().chunks_exact(2).map(|pair| Ok(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

/// The SHA-256 digest in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Integer(integer) => ("i", integer.to_string()).serialize(serializer),
            Self::Real(real) => ("r", format!("{real:?}")).serialize(serializer),
            Self::Text(text) => ("t", text).serialize(serializer),
            Self::Blob(bytes) => ("b", hex(bytes)).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Some((class, text)) = Option::<(String, String)>::deserialize(deserializer)? else {
            return Ok(Self::Null);
        };
        Ok(match class.as_str() {
            "i" => Self::Integer(text.parse().map_err(D::Error::custom)?),
            "r" => Self::Real(text.parse().map_err(D::Error::custom)?),
            "t" => Self::Text(text),
            "b" => Self::Blob(unhex(&text).map_err(D::Error::custom)?),
            other => return Err(D::Error::custom(format!("`{other}` is no storage class; expected i, r, t or b"))),
        })
    }
}

/// The column letters of `query` records. A letter demands that every value of the column that is not NULL has that
/// storage class; `?` takes any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing but NULL; a script does not write it.
    Null,
    /// `I`.
    Integer,
    /// `R`.
    Real,
    /// `T`.
    Text,
    /// `B`.
    Blob,
    /// `?`: several storage classes.
    Any,
}

impl ColumnType for Class {
    fn from_char(letter: char) -> Option<Self> {
        Some(match letter {
            'I' => Self::Integer,
            'R' => Self::Real,
            'T' => Self::Text,
            'B' => Self::Blob,
            '?' => Self::Any,
            _ => return None,
        })
    }

    fn to_char(&self) -> char {
        match self {
            Self::Null | Self::Any => '?',
            Self::Integer => 'I',
            Self::Real => 'R',
            Self::Text => 'T',
            Self::Blob => 'B',
        }
    }
}

/// The class of each column, for `width` columns.
pub fn classes(rows: &[Vec<Value>], width: usize) -> Vec<Class> {
    let mut classes = vec![Class::Null; width];
    for row in rows {
        for (column, value) in classes.iter_mut().zip(row) {
            let class = value.class();
            if *column == Class::Null {
                *column = class;
            } else if class != Class::Null && class != *column {
                *column = Class::Any;
            }
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_every_class() {
        let shown = |value: Value| value.show();
        assert_eq!(shown(Value::Null), "NULL");
        assert_eq!(shown(Value::Integer(i64::MIN)), "-9223372036854775808");
        assert_eq!(shown(Value::Real(1.0)), "1.0");
        assert_eq!(shown(Value::Real(-0.0)), "-0.0");
        assert_eq!(shown(Value::Real(f64::INFINITY)), "inf");
        assert_eq!(shown(Value::Real(1e300)), "1e300");
        assert_eq!(shown(Value::Text(String::new())), "(empty)");
        assert_eq!(shown(Value::Text("a\0b\n\\".to_owned())), "a\\0b\\n\\\\");
        assert_eq!(shown(Value::Blob(vec![0, 255])), "X'00FF'");
        assert!(shown(Value::Blob(vec![0; 1000])).starts_with("blob(1000 bytes, sha256 541b3e9daa09b20b"));
    }

    #[test]
    fn survives_the_wire() -> Result<()> {
        for value in [
            Value::Null,
            Value::Integer(i64::MAX),
            Value::Real(-0.0),
            Value::Real(f64::NEG_INFINITY),
            Value::Real(f64::MIN_POSITIVE),
            Value::Text("\0é\u{1f600}".to_owned()),
            Value::Blob(vec![0, 1, 254, 255]),
        ] {
            let wire = serde_json::to_string(&value)?;
            assert_eq!(serde_json::from_str::<Value>(&wire)?.show(), value.show(), "{wire}");
        }
        // As JavaScript writes reals.
        assert_eq!(serde_json::from_str::<Value>(r#"["r","1e+21"]"#)?, Value::Real(1e21));
        assert!(serde_json::from_str::<Value>(r#"["x","1"]"#).is_err());
        assert!(serde_json::from_str::<Value>(r#"["i",1]"#).is_err());
        Ok(())
    }

    #[test]
    fn finds_the_class_of_a_column() {
        let rows = vec![
            vec![Value::Null, Value::Integer(1), Value::Null],
            vec![Value::Text("a".to_owned()), Value::Real(1.0), Value::Null],
        ];
        assert_eq!(classes(&rows, 3), [Class::Text, Class::Any, Class::Null]);
    }
}
