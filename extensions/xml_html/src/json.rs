//! JSON arrays and objects of text, and the limit on results.

use core::fmt::Write as _;

use sqlink_guest::Error;

/// The largest result, in bytes.
const MAX_RESULT_BYTES: usize = 64 << 20;

/// The texts as a JSON array.
///
/// # Errors
/// SQLITE_TOOBIG if the array is over [`MAX_RESULT_BYTES`].
pub fn array(function: &str, texts: impl Iterator<Item = String>) -> Result<String, Error> {
    let mut json = String::from("[");
    for text in texts {
        if json.len() > 1 {
            json.push(',');
        }
        push_text(&mut json, &text);
        if json.len() > MAX_RESULT_BYTES {
            let message = ["function `", function, "`: the result is over ", &MAX_RESULT_BYTES.to_string(), " bytes"];
            return Err(Error::new(Error::TOOBIG, message.concat()));
        }
    }
    json.push(']');
    Ok(json)
}

/// Names and their texts as a JSON object.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut json = String::from("{");
    for (name, text) in members {
        if json.len() > 1 {
            json.push(',');
        }
        push_text(&mut json, name);
        json.push(':');
        push_text(&mut json, text);
    }
    json.push('}');
    json
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            // Writing to a `String` does not fail.
            '\0'..='\x1f' => _ = write!(json, "\\u{:04x}", u32::from(character)),
            _ => json.push(character),
        }
    }
    json.push('"');
}
