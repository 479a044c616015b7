//! Rows as JSON arrays.

use std::fmt::Write as _;

use sqlink_guest::{Args, ValueRef};

/// The values as a JSON array: numbers, strings and null as JSON has them, a blob as `{"blob":"hex"}`.
pub fn array(row: Args<'_>) -> String {
    let mut text = String::from("[");
    for (index, value) in row.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(&mut text, value);
    }
    text.push(']');
    text
}

fn write(text: &mut String, value: ValueRef<'_>) {
    // Writing to a string can't fail.
    let _ = match value {
        ValueRef::Null => text.write_str("null"),
        ValueRef::Integer(value) => write!(text, "{value}"),
        // As SQLite's own JSON functions write infinity.
        ValueRef::Real(value) if value.is_infinite() => text.write_str(if value > 0.0 { "9e999" } else { "-9e999" }),
        ValueRef::Real(value) => write!(text, "{value:?}"),
        ValueRef::Text(value) => {
            string(text, value);
            Ok(())
        }
        ValueRef::Blob(value) => {
            text.push_str("{\"blob\":\"");
            for byte in value {
                let _ = write!(text, "{byte:02x}");
            }
            text.write_str("\"}")
        }
    };
}

fn string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
