//! The nodes that a JSONPath selects, as rows like those of `json_each`.

use serde_json::Value as Json;
use serde_json_path::JsonPath;
use sqlink_guest::prelude::*;

use crate::document::{serialize, to_sql};
use crate::nodes;

/// `key`, `value`, `type`, `atom`, `fullkey`, `path`, `location`.
pub type Columns = (Value, Value, &'static str, Value, String, String, String);

/// One row for each node, in order. Of a node only its place is kept until its row is asked for: nodes may lie in each other.
pub fn rows(path: &JsonPath, json: Json) -> impl Iterator<Item = Columns> + use<> {
    let places: Vec<_> = nodes::pointers(path, &json).collect();
    places.into_iter().filter_map(move |pointer| row(&json, &pointer))
}

/// The row of the node that a JSON Pointer leads to.
fn row(json: &Json, pointer: &str) -> Option<Columns> {
    let (mut key, mut node) = (Value::Null, json);
    // As in `json_each`: of the root the path is that of the root itself.
    let (mut path, mut fullkey, mut location) = ("$".to_owned(), "$".to_owned(), "$".to_owned());
    for token in pointer.split('/').skip(1) {
        path.clone_from(&fullkey);
        match node {
            Json::Array(items) => {
                let index: usize = token.parse().ok()?;
                node = items.get(index)?;
                key = Value::Integer(i64::try_from(index).ok()?);
                for text in [&mut fullkey, &mut location] {
                    text.extend(["[", token, "]"]);
                }
            }
            Json::Object(members) => {
                let name = token.replace("~1", "/").replace("~0", "~");
                node = members.get(&name)?;
                push_key(&mut fullkey, &name);
                nodes::push_name(&mut location, &name);
                key = Value::Text(name);
            }
            _ => return None,
        }
    }
    let (value, name) = (to_sql(node), type_name(node));
    let atom = if matches!(node, Json::Array(_) | Json::Object(_)) { Value::Null } else { value.clone() };
    Some((key, value, name, atom, fullkey, path, location))
}

/// What `json_type` says.
fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Number(number) if number.is_f64() => "real",
        Json::Number(_) => "integer",
        Json::String(_) => "text",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// As SQLite writes paths: in quotes if there is anything but ASCII letters and digits.
fn push_key(path: &mut String, name: &str) {
    path.push('.');
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { path.push_str(name) } else { path.push_str(&serialize(&Json::from(name))) }
}
