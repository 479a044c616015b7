//! YAML from the parser's events to JSON values, and from JSON values to text.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use sqlink_guest::Error;

use crate::document::measure;
use crate::json::{Json, MAX_DEPTH, Object, write_text as quote};
use crate::scalar::{is_plain, resolve, tagged};

/// The handle that `!!` stands for.
const CORE: &str = "tag:yaml.org,2002:";

/// The most memory that copies made by anchors and aliases may take, in bytes: a few lines of aliases to aliases stand for
/// more than any memory holds.
const MAX_COPIED_BYTES: usize = 64 << 20;

/// Why text is no YAML that can become JSON.
pub struct Refusal {
    pub code: i32,
    pub reason: String,
}

impl Refusal {
    fn new(code: i32, place: &saphyr_parser::Marker, reason: &str) -> Self {
        let (line, column) = (place.line().to_string(), (place.col() + 1).to_string());
        Self { code, reason: [reason, " at line ", &line, " column ", &column].concat() }
    }
}

impl From<ScanError> for Refusal {
    fn from(error: ScanError) -> Self {
        Self::new(Error::ERROR, error.marker(), error.info())
    }
}

/// A mapping or sequence that has begun.
struct Open {
    anchor: usize,
    kind: Kind,
}

enum Kind {
    Sequence(Vec<Json>),
    Mapping { object: Object, merged: Object, key: Option<Key> },
}

enum Key {
    Name(String),
    /// `<<`: the value is a mapping, or several, whose members this one has too.
    Merge,
}

/// A scalar's value, and whether it may be the merge key.
struct Node {
    json: Json,
    is_merge: bool,
}

/// Builds one document from events.
#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    anchors: HashMap<usize, Json>,
    copied: usize,
    root: Option<Json>,
}

impl Builder {
    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node) -> Result<(), String> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node.json);
            return Ok(());
        };
        match &mut open.kind {
            Kind::Sequence(array) => array.push(node.json),
            Kind::Mapping { object, merged, key } => match key.take() {
                None if node.is_merge => *key = Some(Key::Merge),
                None => *key = Some(Key::Name(name(node.json)?)),
                Some(Key::Merge) => merge(merged, node.json)?,
                Some(Key::Name(name)) => {
                    if object.contains_key(&name) {
                        let name: String = name.chars().take(80).collect();
                        return Err(format!("the key `{name}` occurs twice"));
                    }
                    object.insert(name, node.json);
                }
            },
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, kind: Kind) -> Result<(), String> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(format!("over {MAX_DEPTH} mappings and sequences in each other"));
        }
        self.stack.push(Open { anchor, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let json = match open.kind {
            Kind::Sequence(array) => Json::Array(array),
            Kind::Mapping { mut object, merged, .. } => {
                for (name, value) in merged {
                    object.entry(name).or_insert(value);
                }
                Json::Object(object)
            }
        };
        self.keep(open.anchor, &json)?;
        self.add(Node { json, is_merge: false })
    }

    /// Remembers an anchor's value; 0 is no anchor.
    fn keep(&mut self, anchor: usize, json: &Json) -> Result<(), String> {
        if anchor != 0 {
            self.count(json)?;
            self.anchors.insert(anchor, json.clone());
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize) -> Result<(), String> {
        let Some(json) = self.anchors.get(&anchor).cloned() else {
            return Err("an alias inside of what it stands for".to_owned());
        };
        self.count(&json)?;
        self.add(Node { json, is_merge: false })
    }

    fn count(&mut self, json: &Json) -> Result<(), String> {
        let (depth, bytes) = measure(json);
        self.copied += bytes;
        if self.copied > MAX_COPIED_BYTES {
            return Err(format!("the aliases stand for over {MAX_COPIED_BYTES} bytes"));
        }
        if self.stack.len() + depth > MAX_DEPTH {
            return Err(format!("over {MAX_DEPTH} mappings and sequences in each other"));
        }
        Ok(())
    }
}

/// JSON has only text as names: a number, boolean or null becomes its JSON text.
fn name(json: Json) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text),
        Json::Array(_) | Json::Object(_) => Err("a mapping or sequence as key has no JSON".to_owned()),
        other => Ok(other.to_string()),
    }
}

/// Of several mappings the first that has a key gives its value; the mapping's own members win in the end.
fn merge(merged: &mut Object, json: Json) -> Result<(), String> {
    match json {
        Json::Object(object) => {
            for (name, value) in object {
                merged.entry(name).or_insert(value);
            }
            Ok(())
        }
        Json::Array(array) if array.iter().all(|json| matches!(json, Json::Object(_))) => {
            array.into_iter().try_for_each(|json| merge(merged, json))
        }
        _ => Err("the value of `<<` must be a mapping or a sequence of mappings".to_owned()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, String> {
    let plain = matches!(style, ScalarStyle::Plain);
    let json = match tag {
        Some(tag) if tag.handle == CORE => tagged(&tag.suffix, text)
            .ok_or_else(|| format!("`{}` is no `!!{}`", text.chars().take(80).collect::<String>(), tag.suffix))?,
        // `!` alone means text.
        Some(tag) if tag.suffix.is_empty() || (tag.handle.is_empty() && tag.suffix == "!") => {
            Json::String(text.to_owned())
        }
        _ if plain => resolve(text),
        _ => Json::String(text.to_owned()),
    };
    Ok(Node { json, is_merge: plain && tag.is_none() && text == "<<" })
}

/// Every document of a stream.
///
/// # Errors
/// What is no YAML, and YAML that has no JSON.
pub fn read(text: &str) -> Result<Vec<Json>, Refusal> {
    let mut documents = Vec::new();
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        let done = match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => Ok(()),
            Event::DocumentStart(_) => {
                builder = Builder { copied: builder.copied, ..Builder::default() };
                Ok(())
            }
            Event::DocumentEnd => {
                documents.push(builder.root.take().unwrap_or(Json::Null));
                Ok(())
            }
            Event::Alias(anchor) => builder.alias(anchor),
            Event::Scalar(text, style, anchor, tag) => scalar(&text, style, tag.as_deref()).and_then(|node| {
                builder.keep(anchor, &node.json)?;
                builder.add(node)
            }),
            Event::SequenceStart(anchor, _) => builder.open(anchor, Kind::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => {
                builder.open(anchor, Kind::Mapping { object: Object::new(), merged: Object::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close(),
        };
        done.map_err(|reason| {
            let code = if reason.contains("over ") { Error::TOOBIG } else { Error::ERROR };
            Refusal::new(code, &span.start, &reason)
        })?;
    }
    Ok(documents)
}

/// Block style, two spaces for each level, text quoted only where it has to be.
pub fn write(json: &Json) -> String {
    let mut text = String::new();
    match json {
        Json::Array(array) if !array.is_empty() => write_array(&mut text, array, 0),
        Json::Object(object) if !object.is_empty() => write_object(&mut text, object, 0),
        _ => {
            write_scalar(&mut text, json, 1);
            text.push('\n');
        }
    }
    text
}

fn indent(text: &mut String, level: usize) {
    text.extend(core::iter::repeat_n("  ", level));
}

/// After `key:` or `-`. A collection begins on the next line after a key, and on the same one after a dash.
fn write_value(text: &mut String, json: &Json, level: usize, after_dash: bool) {
    match json {
        Json::Array(array) if !array.is_empty() => {
            if after_dash {
                text.push(' ');
                write_array_from(text, array, level);
            } else {
                text.push('\n');
                write_array(text, array, level);
            }
        }
        Json::Object(object) if !object.is_empty() => {
            if after_dash {
                text.push(' ');
                write_object_from(text, object, level);
            } else {
                text.push('\n');
                write_object(text, object, level);
            }
        }
        _ => {
            text.push(' ');
            write_scalar(text, json, level);
            text.push('\n');
        }
    }
}

fn write_array(text: &mut String, array: &[Json], level: usize) {
    indent(text, level);
    write_array_from(text, array, level);
}

fn write_array_from(text: &mut String, array: &[Json], level: usize) {
    for (index, value) in array.iter().enumerate() {
        if index > 0 {
            indent(text, level);
        }
        text.push('-');
        write_value(text, value, level + 1, true);
    }
}

fn write_object(text: &mut String, object: &Object, level: usize) {
    indent(text, level);
    write_object_from(text, object, level);
}

fn write_object_from(text: &mut String, object: &Object, level: usize) {
    for (index, (name, value)) in object.iter().enumerate() {
        if index > 0 {
            indent(text, level);
        }
        // A key of over 1,024 characters has to be marked as one.
        let marked = name.len() > 200;
        if marked {
            text.push_str("? ");
        }
        write_text(text, name);
        if marked {
            text.push('\n');
            indent(text, level);
        }
        text.push(':');
        write_value(text, value, level + 1, false);
    }
}

fn write_scalar(text: &mut String, json: &Json, level: usize) {
    match json {
        Json::String(string) if is_block(string) => write_block(text, string, level),
        Json::String(string) => write_text(text, string),
        Json::Number(number) => write_number(text, number),
        // `[]` and `{}` are the same in YAML.
        other => text.push_str(&other.to_string()),
    }
}

/// JSON's quoted text is YAML's too, but for characters that YAML has no place for or takes as a line break.
fn write_text(text: &mut String, string: &str) {
    if is_plain(string) {
        text.push_str(string);
        return;
    }
    let mut quoted = String::new();
    // Writing to a `String` does not fail.
    _ = quote(&mut quoted, string);
    for character in quoted.chars() {
        if is_printable(character) {
            text.push(character);
        } else {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        }
    }
}

/// What may stand in YAML as it is, and is no line break in YAML 1.1 either.
fn is_printable(character: char) -> bool {
    !(character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
}

/// With a point and a signed exponent, which readers of YAML 1.1 need to see a number.
fn write_number(text: &mut String, number: &str) {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        text.push_str(number);
        return;
    };
    text.push_str(mantissa);
    if !mantissa.contains('.') {
        text.push_str(".0");
    }
    text.push('e');
    if !exponent.starts_with(['-', '+']) {
        text.push('+');
    }
    text.push_str(exponent);
}

/// Text of several lines reads better as a block; one that a block can't hold as it is stays quoted.
fn is_block(string: &str) -> bool {
    string.trim_end_matches('\n').contains('\n')
        && !string.starts_with([' ', '\n', '\t'])
        && string.chars().all(|character| character == '\n' || is_printable(character))
        && !string.lines().any(|line| line.ends_with(' '))
}

fn write_block(text: &mut String, string: &str, level: usize) {
    let body = string.trim_end_matches('\n');
    text.push('|');
    match string.len() - body.len() {
        0 => text.push('-'),
        1 => {}
        _ => text.push('+'),
    }
    for line in body.split('\n') {
        text.push('\n');
        if !line.is_empty() {
            indent(text, level);
            text.push_str(line);
        }
    }
    // One more line break comes after every value.
    text.extend(core::iter::repeat_n('\n', (string.len() - body.len()).saturating_sub(1)));
}
