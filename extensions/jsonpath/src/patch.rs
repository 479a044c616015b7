//! JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396).

use json_patch::jsonptr::Pointer;
use json_patch::{Patch, PatchOperation};
use serde_json::{Map, Value as Json};
use sqlink_guest::Error;

use crate::document::{MAX_DEPTH, check_size, equal, measure, not_a};

/// The operations of a patch.
///
/// # Errors
/// Text that is no JSON Patch.
pub fn operations(function: &str, number: u32, text: &str) -> Result<Vec<PatchOperation>, Error> {
    let patch: Patch =
        serde_json::from_str(text).map_err(|error| not_a(function, number, "a JSON Patch", &error.to_string()))?;
    Ok(patch.0)
}

/// Carries out `operations` one after the other.
///
/// `json-patch` does what adds; removal is here, because that crate moves the last member of an object into the gap, and
/// `test`, because there 1 and 1.0 differ.
///
/// # Errors
/// The first operation that can't be done; a result that is too deep or too large.
pub fn apply(function: &str, json: &mut Json, operations: &[PatchOperation]) -> Result<(), Error> {
    let (_, mut bytes) = measure(json);
    for (index, operation) in operations.iter().enumerate() {
        let fail = |reason: &str| failed(function, index, operation, reason);
        let (depth, size) = match operation {
            PatchOperation::Add(add) => measure(&add.value),
            PatchOperation::Replace(replace) => measure(&replace.value),
            PatchOperation::Copy(copy) => json.pointer(copy.from.as_str()).map_or((0, 0), measure),
            PatchOperation::Move(moved) => (json.pointer(moved.from.as_str()).map_or(0, |from| measure(from).0), 0),
            PatchOperation::Remove(_) | PatchOperation::Test(_) => (0, 0),
        };
        // An upper bound: what is removed or replaced is not taken off.
        bytes += size;
        check_size(function, bytes)?;
        if operation.path().count() + depth > MAX_DEPTH {
            return Err(Error::new(
                Error::TOOBIG,
                ["function `", function, "`: the result would nest more than ", &MAX_DEPTH.to_string(), " deep"]
                    .concat(),
            ));
        }
        match operation {
            PatchOperation::Test(test) => match json.pointer(test.path.as_str()) {
                None => return Err(fail("there is nothing")),
                Some(found) if !equal(found, &test.value) => return Err(fail("the value is another one")),
                Some(_) => {}
            },
            PatchOperation::Remove(operation) if operation.path.is_root() => {
                return Err(fail("the root can't be removed"));
            }
            PatchOperation::Remove(operation) => {
                remove(json, &operation.path).ok_or_else(|| fail("there is nothing"))?;
            }
            PatchOperation::Move(operation) => {
                if operation.path == operation.from {
                    if json.pointer(operation.from.as_str()).is_none() {
                        return Err(fail("there is nothing at `from`"));
                    }
                    continue;
                }
                if operation.path.starts_with(&operation.from) {
                    return Err(fail("a value can't move into itself"));
                }
                let value = remove(json, &operation.from).ok_or_else(|| fail("there is nothing at `from`"))?;
                let add = json_patch::AddOperation { path: operation.path.clone(), value };
                crate_patch(json, PatchOperation::Add(add)).map_err(|reason| fail(&reason))?;
            }
            PatchOperation::Add(_) | PatchOperation::Replace(_) | PatchOperation::Copy(_) => {
                crate_patch(json, operation.clone()).map_err(|reason| fail(&reason))?;
            }
        }
    }
    Ok(())
}

fn crate_patch(json: &mut Json, operation: PatchOperation) -> Result<(), String> {
    json_patch::patch_unsafe(json, &[operation]).map_err(|error| error.kind.to_string())
}

fn failed(function: &str, index: usize, operation: &PatchOperation, reason: &str) -> Error {
    let name = match operation {
        PatchOperation::Add(_) => "add",
        PatchOperation::Remove(_) => "remove",
        PatchOperation::Replace(_) => "replace",
        PatchOperation::Move(_) => "move",
        PatchOperation::Copy(_) => "copy",
        PatchOperation::Test(_) => "test",
    };
    let (index, path) = (index.to_string(), operation.path().to_string());
    let path: String = path.chars().take(80).collect();
    let message =
        ["function `", function, "`: operation ", &index, " (`", name, "` at `", &path, "`) failed: ", reason];
    Error::new(Error::ERROR, message.concat())
}

/// Takes a member or element out; the others keep their order.
fn remove(json: &mut Json, path: &Pointer) -> Option<Json> {
    let (parent, last) = path.split_back()?;
    match json.pointer_mut(parent.as_str())? {
        Json::Object(object) => object.shift_remove(last.decoded().as_ref()),
        Json::Array(array) => {
            let index = last.to_index().ok()?.for_len(array.len()).ok()?;
            Some(array.remove(index))
        }
        _ => None,
    }
}

/// A JSON Patch that makes `target` of `json`: members are compared by name, elements by index.
pub fn diff(json: &Json, target: &Json) -> String {
    json_patch::diff(json, target).to_string()
}

/// RFC 7396, section 2.
pub fn merge(json: &mut Json, patch: Json) {
    let Json::Object(patch) = patch else {
        *json = patch;
        return;
    };
    if !json.is_object() {
        *json = Json::Object(Map::new());
    }
    let Some(object) = json.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            object.shift_remove(&name);
        } else {
            merge(object.entry(name).or_insert(Json::Null), value);
        }
    }
}

/// A JSON Merge Patch that makes `target` of `json`; `None` if a null in `target` makes that impossible.
pub fn merge_diff(json: &Json, target: &Json) -> Option<Json> {
    let Json::Object(target) = target else {
        return Some(target.clone());
    };
    let empty = Map::new();
    let json = json.as_object().unwrap_or(&empty);
    let mut patch = Map::new();
    for name in json.keys().filter(|name| !target.contains_key(*name)) {
        patch.insert(name.clone(), Json::Null);
    }
    for (name, wanted) in target {
        match json.get(name) {
            Some(found) if equal(found, wanted) => {}
            _ if wanted.is_null() => return None,
            found => _ = patch.insert(name.clone(), merge_diff(found.unwrap_or(&Json::Null), wanted)?),
        }
    }
    Some(Json::Object(patch))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{merge, merge_diff};

    #[test]
    fn a_merge_diff_merges_to_the_target() {
        for (from, to) in [
            (json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"b": {"c": 2, "e": [null]}, "f": {}})),
            (json!(1), json!({"a": {"b": 1}})),
            (json!({"a": [1]}), json!([2])),
            (json!({"a": null}), json!({"a": null, "b": 1})),
            (json!({}), json!(null)),
        ] {
            let patch = merge_diff(&from, &to).unwrap_or_else(|| panic!("{from} to {to}"));
            let mut merged = from.clone();
            merge(&mut merged, patch.clone());
            assert_eq!(merged, to, "{patch}");
        }
        assert_eq!(merge_diff(&json!({}), &json!({"a": null})), None);
        assert_eq!(merge_diff(&json!(1), &json!({"a": {"b": null}})), None);
    }
}
