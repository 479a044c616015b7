//! Percent-encoding, and the query as pairs.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// All but the unreserved characters.
///
/// Source: RFC 3986, section 2.3
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub fn encode(data: &[u8]) -> String {
    percent_encode(data, RESERVED).collect()
}

pub fn decode(text: &[u8]) -> String {
    percent_decode(text).decode_utf8_lossy().into_owned()
}

pub fn decode_form(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    decode(&spaced)
}

/// The query with `name=value` in place of the first parameter of that name, or at the end, and without its others.
///
/// All other parameters stay as they are written.
pub fn set_query_value(query: &str, name: &str, value: Option<&str>) -> String {
    let mut pair = value.map(|value| {
        let mut pair = form_urlencoded::Serializer::new(String::new());
        pair.append_pair(name, value).finish()
    });
    let mut changed: Vec<String> = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let is_same = form_urlencoded::parse(parameter.as_bytes()).any(|(known, _)| known == name);
        if is_same { changed.extend(pair.take()) } else { changed.push(parameter.to_owned()) }
    }
    changed.extend(pair);
    changed.join("&")
}

/// `[["name","value"],…]`
pub fn json_pairs<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> String {
    let mut json = String::from("[");
    for (name, value) in pairs {
        json.push_str(if json.len() == 1 { "[" } else { ",[" });
        json_string(&mut json, &name);
        json.push(',');
        json_string(&mut json, &value);
        json.push(']');
    }
    json.push(']');
    json
}

fn json_string(json: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\0'..='\u{1f}' => {
                let code = c as usize;
                json.push_str("\\u00");
                json.extend([char::from(DIGITS[code >> 4]), char::from(DIGITS[code & 15])]);
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}
