//! JSONPath (RFC 9535): compiled paths and the nodes they select.

use std::rc::Rc;

use serde_json::Value as Json;
use serde_json_path::{JsonPath, PathElement};
use sqlink_guest::{Error, LruCache};

use crate::document::not_a;

/// The longest path, in bytes.
const MAX_BYTES: usize = 16_384;

/// How many brackets and parentheses may lie in each other: the parser tries several readings of each.
const MAX_DEPTH: usize = 8;

/// How many compiled paths are kept.
const CAPACITY: usize = 16;

thread_local! {
    static PATHS: LruCache<Rc<JsonPath>, CAPACITY> = const { LruCache::new() };
}

/// The compiled `path`, which is argument `number` of `function`.
///
/// # Errors
/// Text that is no JSONPath, or too long or too deep.
pub fn compile(function: &str, number: u32, path: &str) -> Result<Rc<JsonPath>, Error> {
    PATHS.with(|paths| {
        paths.try_get_or_insert(path, |path| {
            if path.len() > MAX_BYTES {
                return Err(too_big(function, number, "is over 16384 bytes long"));
            }
            if depth(path) > MAX_DEPTH {
                return Err(too_big(function, number, "has more than 8 brackets in each other"));
            }
            JsonPath::parse(path).map(Rc::new).map_err(|error| {
                let reason = ["at byte ", &error.position().to_string(), ": ", error.message()].concat();
                not_a(function, number, "a JSONPath (RFC 9535)", &reason)
            })
        })
    })
}

/// The JSON Pointers (RFC 6901) of all selected nodes, in order.
pub fn pointers(path: &JsonPath, json: &Json) -> impl Iterator<Item = String> {
    path.query_located(json).all().into_iter().map(|node| node.location().to_json_pointer())
}

/// The normalized paths of all selected nodes (RFC 9535, section 2.7), in order.
pub fn normalized(path: &JsonPath, json: &Json) -> impl Iterator<Item = String> {
    path.query_located(json).all().into_iter().map(|node| {
        let mut path = String::from("$");
        for element in node.location().iter() {
            match element {
                PathElement::Name(name) => push_name(&mut path, name),
                PathElement::Index(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        path
    })
}

/// Adds a name to a normalized path. `serde_json_path` would not escape it.
pub fn push_name(path: &mut String, name: &str) {
    path.push_str("['");
    for character in name.chars() {
        match character {
            '\'' | '\\' => path.extend(['\\', character]),
            '\u{8}' => path.push_str("\\b"),
            '\t' => path.push_str("\\t"),
            '\n' => path.push_str("\\n"),
            '\u{c}' => path.push_str("\\f"),
            '\r' => path.push_str("\\r"),
            '\0'..='\x1f' => path.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => path.push(character),
        }
    }
    path.push_str("']");
}

fn too_big(function: &str, number: u32, reason: &str) -> Error {
    let message = ["function `", function, "`: the JSONPath in argument ", &number.to_string(), " ", reason];
    Error::new(Error::TOOBIG, message.concat())
}

/// How many brackets and parentheses lie in each other, outside of quotes.
fn depth(path: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let mut quote = None;
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => _ = bytes.next(),
            (Some(ends), _) if byte == ends => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[' | b'(') => {
                open += 1;
                deepest = deepest.max(open);
            }
            (None, b']' | b')') => open = open.saturating_sub(1),
            (None, _) => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::{depth, push_name};

    /// RFC 9535, section 2.7 and table 20.
    #[test]
    fn names_in_normalized_paths() {
        for (name, expected) in [
            ("a", "['a']"),
            ("\u{b}", r"['\u000b']"),
            ("it's", r"['it\'s']"),
            ("\"\\/", r#"['"\\/']"#),
            ("\u{8}\t\n\u{c}\r", r"['\b\t\n\f\r']"),
            ("ä\u{7f}", "['ä\u{7f}']"),
        ] {
            let mut path = String::new();
            push_name(&mut path, name);
            assert_eq!(path, expected);
        }
    }

    #[test]
    fn brackets_in_quotes_do_not_count() {
        assert_eq!(depth("$"), 0);
        assert_eq!(depth("$[0][1]"), 1);
        assert_eq!(depth(r#"$[?(@['[[[\']'] == "(((")]"#), 3);
        assert_eq!(depth("$]]]["), 1);
    }
}
