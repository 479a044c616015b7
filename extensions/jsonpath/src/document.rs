//! JSON text, and the values it holds.

use serde_json::Value as Json;
use sqlink_guest::prelude::*;

/// How many arrays and objects may lie in each other. The parser has the same limit.
pub const MAX_DEPTH: usize = 127;

/// The largest result, in bytes.
const MAX_RESULT_BYTES: usize = 64 << 20;

/// Reads JSON text. Of members with the same name the last one counts.
///
/// # Errors
/// Text that is no JSON (RFC 8259), or lies deeper than [`MAX_DEPTH`].
pub fn parse(function: &str, number: u32, text: &str) -> Result<Json, Error> {
    serde_json::from_str(text).map_err(|error| not_a(function, number, "JSON", &error.to_string()))
}

/// An argument that is text, but not of the right kind.
#[cold]
pub fn not_a(function: &str, number: u32, kind: &str, reason: &str) -> Error {
    let message = ["function `", function, "`: argument ", &number.to_string(), " is not ", kind, ": ", reason];
    Error::new(Error::ERROR, message.concat())
}

/// JSON without white space.
pub fn serialize(json: &Json) -> String {
    json.to_string()
}

/// Refuses a result that grows over [`MAX_RESULT_BYTES`].
///
/// # Errors
/// SQLITE_TOOBIG.
pub fn check_size(function: &str, bytes: usize) -> Result<(), Error> {
    if bytes <= MAX_RESULT_BYTES {
        return Ok(());
    }
    let message = ["function `", function, "`: the result is over ", &MAX_RESULT_BYTES.to_string(), " bytes"];
    Err(Error::new(Error::TOOBIG, message.concat()))
}

/// As `->>` does: text without quotes, numbers, 1 and 0 for true and false, NULL for null, JSON text for the rest.
pub fn to_sql(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Integer(i64::from(*value)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(real)) => Value::Real(real),
            (None, None) => Value::Text(number.to_string()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => Value::Text(serialize(json)),
    }
}

/// What a JSON Pointer (RFC 6901) leads to.
///
/// # Errors
/// A text that is no pointer: it has to be empty or begin with `/`, and `~` stands before `0` or `1` only.
pub fn at_pointer<'a>(function: &str, json: &'a Json, pointer: &str) -> Result<Option<&'a Json>, Error> {
    let bytes = pointer.as_bytes();
    let escaped = |(index, byte): (usize, &u8)| *byte != b'~' || matches!(bytes.get(index + 1), Some(b'0' | b'1'));
    if !bytes.is_empty() && bytes[0] != b'/' {
        return Err(not_a(function, 2, "a JSON Pointer", "expected nothing or text that begins with `/`"));
    }
    if !bytes.iter().enumerate().all(escaped) {
        return Err(not_a(function, 2, "a JSON Pointer", "expected `~` only in `~0` and `~1`"));
    }
    Ok(json.pointer(pointer))
}

/// True for the same JSON value (RFC 6902, section 4.6): members in any order, numbers by value.
pub fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64()),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
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
