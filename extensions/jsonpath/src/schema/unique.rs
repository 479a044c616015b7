//! Whether the items of an array differ.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value as Json;

use crate::document::equal;

/// The places of two items that are the same value; none if all differ. Items are compared only with those of the same hash.
pub fn first_pair(items: &[Json]) -> Option<(usize, usize)> {
    let mut hashed: Vec<_> = items.iter().enumerate().map(|(place, item)| (hash(item), place)).collect();
    hashed.sort_unstable();
    let groups = hashed.chunk_by(|a, b| a.0 == b.0);
    let pairs = groups.filter_map(|group| {
        let mut pairs =
            group.iter().enumerate().flat_map(|(at, (_, a))| group[at + 1..].iter().map(move |(_, b)| (*a, *b)));
        pairs.find(|(a, b)| equal(&items[*a], &items[*b]))
    });
    pairs.min_by_key(|(_, second)| *second)
}

/// The same for equal values: for numbers that are written differently, and members in another order.
fn hash(json: &Json) -> u64 {
    let mut hasher = DefaultHasher::new();
    match json {
        Json::Null => 0_u8.hash(&mut hasher),
        Json::Bool(value) => value.hash(&mut hasher),
        // Zeros are one number.
        Json::Number(number) => (number.as_f64().unwrap_or_default() + 0.0).to_bits().hash(&mut hasher),
        Json::String(text) => text.hash(&mut hasher),
        Json::Array(items) => items.iter().for_each(|item| hash(item).hash(&mut hasher)),
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                let mut hasher = DefaultHasher::new();
                name.hash(&mut hasher);
                hash(value).hash(&mut hasher);
                hasher.finish()
            };
            members.iter().map(member).fold(0, u64::wrapping_add).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::first_pair;
    use serde_json::json;

    #[test]
    fn equal_items() {
        for (items, expected) in [
            (json!([]), None),
            (json!([1, 2, 1.0]), Some((0, 2))),
            (json!([{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}]), Some((0, 1))),
            (json!([1, true, "1", [1], {"1": 1}, null, false, 0, "", [], {}]), None),
            (json!([0.0, -0.0]), Some((0, 1))),
            (json!([3, 2, 3, 2]), Some((0, 2))),
            (json!([9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64]), None),
        ] {
            assert_eq!(first_pair(items.as_array().unwrap()), expected, "{items}");
        }
    }
}
