//! What YAML, TOML and JSON have in common: the document as a JSON value.

use sqlink_guest::prelude::*;

use crate::json::{self, Json};

/// Reads JSON text. Of members with the same name the last one counts.
///
/// # Errors
/// Text that is no JSON (RFC 8259), or lies too deep.
pub fn parse(function: &str, text: &str) -> Result<Json, Error> {
    json::parse(text).map_err(|reason| not_a(function, 1, "JSON", &reason))
}

/// An argument that is text, but not of the right kind.
#[cold]
pub fn not_a(function: &str, number: u32, kind: &str, reason: &str) -> Error {
    let message = ["function `", function, "`: argument ", &number.to_string(), " is not ", kind, ": ", reason];
    Error::new(Error::ERROR, message.concat())
}

/// As `->>` does: text without quotes, numbers, 1 and 0 for true and false, NULL for null, JSON text for the rest.
fn to_sql(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Integer(i64::from(*value)),
        Json::Number(digits) => match (digits.parse::<i64>(), digits.parse::<f64>()) {
            (Ok(integer), _) => Value::Integer(integer),
            (Err(_), Ok(real)) => Value::Real(real),
            (Err(_), Err(_)) => Value::Text(digits.clone()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => Value::Text(json.to_string()),
    }
}

/// What a JSON Pointer (RFC 6901) leads to, as an SQL value; NULL if it leads nowhere.
///
/// # Errors
/// A text that is no pointer: it has to be empty or begin with `/`, and `~` stands before `0` or `1` only.
pub fn extract(function: &str, json: &Json, pointer: &str) -> Result<Value, Error> {
    let bytes = pointer.as_bytes();
    let escaped = |(index, byte): (usize, &u8)| *byte != b'~' || matches!(bytes.get(index + 1), Some(b'0' | b'1'));
    if !bytes.is_empty() && bytes[0] != b'/' {
        return Err(not_a(function, 2, "a JSON Pointer", "expected nothing or text that begins with `/`"));
    }
    if !bytes.iter().enumerate().all(escaped) {
        return Err(not_a(function, 2, "a JSON Pointer", "expected `~` only in `~0` and `~1`"));
    }
    Ok(json.pointer(pointer).map_or(Value::Null, to_sql))
}

/// What a value takes in memory beside its text, roughly.
const VALUE_BYTES: usize = 64;

/// How deep a value nests, 0 for what is neither array nor object, and about how many bytes of memory it takes.
pub fn measure(json: &Json) -> (usize, usize) {
    let children = |children: &mut dyn Iterator<Item = (&Json, usize)>| {
        children.fold((1, VALUE_BYTES), |(depth, bytes), (child, more)| {
            let (below, size) = measure(child);
            (depth.max(below + 1), bytes + size + more)
        })
    };
    match json {
        Json::Array(array) => children(&mut array.iter().map(|child| (child, 0))),
        Json::Object(object) => children(&mut object.iter().map(|(name, child)| (child, name.len()))),
        Json::String(text) => (0, VALUE_BYTES + text.len()),
        _ => (0, VALUE_BYTES),
    }
}
