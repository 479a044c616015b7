//! SQLink extension `jsonpath`: JSONPath (RFC 9535), JSON Pointer (RFC 6901), JSON Patch (RFC 6902), JSON Merge
//! Patch (RFC 7396) and JSON Schema on JSON text.
//!
//! JSON comes in and goes out as text; object members keep their order. Everything is deterministic and innocuous and
//! imports nothing but the log. Compiled paths and schemas are kept between calls, and nothing else.
#![forbid(unsafe_code)]

mod document;
mod each;
mod nodes;
mod patch;
mod schema;

use document::{parse, serialize};
use sqlink_guest::prelude::*;

/// The nodes that `path` selects, as a JSON array; `[]` if there are none.
#[scalar(deterministic, innocuous)]
fn jsonpath_query(json: &str, path: &str) -> Result<String, Error> {
    const FUNCTION: &str = "jsonpath_query";
    let json = parse(FUNCTION, 1, json)?;
    let path = nodes::compile(FUNCTION, 2, path)?;
    let mut array = String::from("[");
    for node in path.query(&json).iter() {
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(&serialize(node));
        document::check_size(FUNCTION, array.len())?;
    }
    array.push(']');
    Ok(array)
}

/// The first node that `path` selects, as JSON; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn jsonpath_first(json: &str, path: &str) -> Result<Option<String>, Error> {
    let json = parse("jsonpath_first", 1, json)?;
    let path = nodes::compile("jsonpath_first", 2, path)?;
    Ok(path.query(&json).first().map(serialize))
}

/// The first node that `path` selects, as an SQL value like that of `->>`; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn jsonpath_value(json: &str, path: &str) -> Result<Value, Error> {
    let json = parse("jsonpath_value", 1, json)?;
    let path = nodes::compile("jsonpath_value", 2, path)?;
    Ok(path.query(&json).first().map_or(Value::Null, document::to_sql))
}

/// The normalized paths of the nodes that `path` selects, as a JSON array of text.
#[scalar(deterministic, innocuous)]
fn jsonpath_paths(json: &str, path: &str) -> Result<String, Error> {
    const FUNCTION: &str = "jsonpath_paths";
    let json = parse(FUNCTION, 1, json)?;
    let path = nodes::compile(FUNCTION, 2, path)?;
    let mut array = String::from("[");
    for location in nodes::normalized(&path, &json) {
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(&serialize(&location.into()));
        document::check_size(FUNCTION, array.len())?;
    }
    array.push(']');
    Ok(array)
}

/// The nodes that `path` selects as rows, as `json_each` has them.
#[table_function(columns(key, value, type TEXT, atom, fullkey TEXT, path TEXT, location TEXT), innocuous)]
fn jsonpath_each(json: &str, jsonpath: &str) -> Result<impl Iterator<Item = each::Columns>, Error> {
    const FUNCTION: &str = "jsonpath_each";
    let json = parse(FUNCTION, 1, json)?;
    Ok(each::rows(&*nodes::compile(FUNCTION, 2, jsonpath)?, json))
}

/// How many nodes `path` selects.
#[scalar(deterministic, innocuous)]
fn jsonpath_count(json: &str, path: &str) -> Result<i64, Error> {
    let json = parse("jsonpath_count", 1, json)?;
    let path = nodes::compile("jsonpath_count", 2, path)?;
    Ok(i64::try_from(path.query(&json).len())?)
}

/// True if `path` selects anything.
#[scalar(deterministic, innocuous)]
fn jsonpath_exists(json: &str, path: &str) -> Result<bool, Error> {
    let json = parse("jsonpath_exists", 1, json)?;
    let path = nodes::compile("jsonpath_exists", 2, path)?;
    Ok(!path.query(&json).is_empty())
}

/// True if `path` is a JSONPath.
#[scalar(deterministic, innocuous)]
fn jsonpath_valid(path: &str) -> bool {
    nodes::compile("jsonpath_valid", 1, path).is_ok()
}

/// What the JSON Pointer leads to, as JSON; NULL if it leads nowhere.
#[scalar(deterministic, innocuous)]
fn json_pointer(json: &str, pointer: &str) -> Result<Option<String>, Error> {
    let json = parse("json_pointer", 1, json)?;
    Ok(document::at_pointer("json_pointer", &json, pointer)?.map(serialize))
}

/// What the JSON Pointer leads to, as an SQL value like that of `->>`; NULL if it leads nowhere.
#[scalar(deterministic, innocuous)]
fn json_pointer_value(json: &str, pointer: &str) -> Result<Value, Error> {
    let json = parse("json_pointer_value", 1, json)?;
    Ok(document::at_pointer("json_pointer_value", &json, pointer)?.map_or(Value::Null, document::to_sql))
}

/// True if both texts are the same JSON value: members in any order, numbers by value.
#[scalar(deterministic, innocuous)]
fn json_equal(json: &str, other: &str) -> Result<bool, Error> {
    Ok(document::equal(&parse("json_equal", 1, json)?, &parse("json_equal", 2, other)?))
}

/// `json` with the operations of a JSON Patch (RFC 6902) carried out.
#[scalar(deterministic, innocuous)]
fn jsonpatch_apply(json: &str, patch: &str) -> Result<String, Error> {
    const FUNCTION: &str = "jsonpatch_apply";
    let mut json = parse(FUNCTION, 1, json)?;
    let operations = patch::operations(FUNCTION, 2, patch)?;
    patch::apply(FUNCTION, &mut json, &operations)?;
    Ok(serialize(&json))
}

/// A JSON Patch (RFC 6902) that makes `target` of `json`.
#[scalar(deterministic, innocuous)]
fn jsonpatch_diff(json: &str, target: &str) -> Result<String, Error> {
    let json = parse("jsonpatch_diff", 1, json)?;
    let target = parse("jsonpatch_diff", 2, target)?;
    Ok(patch::diff(&json, &target))
}

/// `json` with a JSON Merge Patch (RFC 7396) merged in.
#[scalar(deterministic, innocuous)]
fn json_merge_patch(json: &str, patch: &str) -> Result<String, Error> {
    let mut json = parse("json_merge_patch", 1, json)?;
    patch::merge(&mut json, parse("json_merge_patch", 2, patch)?);
    Ok(serialize(&json))
}

/// A JSON Merge Patch (RFC 7396) that makes `target` of `json`; NULL if `target` holds a null that no merge can make.
#[scalar(deterministic, innocuous)]
fn json_merge_diff(json: &str, target: &str) -> Result<Option<String>, Error> {
    let json = parse("json_merge_diff", 1, json)?;
    let target = parse("json_merge_diff", 2, target)?;
    Ok(patch::merge_diff(&json, &target).map(|patch| serialize(&patch)))
}

/// True if `json` is valid after the JSON Schema `schema`.
#[scalar(deterministic, innocuous)]
fn json_schema_valid(schema: &str, json: &str) -> Result<bool, Error> {
    const FUNCTION: &str = "json_schema_valid";
    let schema = schema::compile(FUNCTION, 1, schema)?;
    schema.is_valid(FUNCTION, &parse(FUNCTION, 2, json)?)
}

/// What is wrong with `json` after the JSON Schema `schema`; no rows if it is valid.
#[table_function(columns(instance_path TEXT, schema_path TEXT, message TEXT), innocuous)]
fn json_schema_errors(schema: &str, json: &str) -> Result<impl Iterator<Item = (String, String, String)>, Error> {
    const FUNCTION: &str = "json_schema_errors";
    let schema = schema::compile(FUNCTION, 1, schema)?;
    let failures = schema.failures(FUNCTION, &parse(FUNCTION, 2, json)?)?;
    Ok(failures.into_iter().map(|failure| (failure.instance_path, failure.schema_path, failure.message)))
}

extension! {
    name: "jsonpath",
    description: "JSONPath, JSON Pointer, JSON Patch, JSON Merge Patch and JSON Schema.",
    functions: [
        jsonpath_query, jsonpath_first, jsonpath_value, jsonpath_paths, jsonpath_count, jsonpath_exists, jsonpath_valid,
        json_pointer, json_pointer_value, json_equal, jsonpatch_apply, jsonpatch_diff, json_merge_patch, json_merge_diff,
        json_schema_valid,
    ],
    tables: [jsonpath_each, json_schema_errors],
}

#[cfg(test)]
mod tests;
