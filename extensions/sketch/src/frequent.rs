//! The most frequent values, in bounded memory.

use std::fmt::Write as _;

use datasketches::frequencies::{ErrorType, FrequentItemsSketch};
use sqlink_guest::{exact_integer, prelude::*};

use crate::{same, sketch_error};

/// Slots of the sketch: values that occur in more than one of 2300 rows are never missed.
const SLOTS: usize = 8192;
/// Longest list.
const MAX_K: u32 = 1000;

/// A value to count.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Item {
    Integer(i64),
    /// Bits of a real with a fraction.
    Real(u64),
    Text(String),
}

/// A JSON array of the `k` most frequent values with their counts.
#[derive(Default)]
pub struct ApproxTopK {
    sketch: Option<FrequentItemsSketch<Item>>,
    k: Option<u32>,
}

#[aggregate(deterministic, innocuous, name = "approx_top_k")]
impl ApproxTopK {
    fn step(&mut self, value: ValueRef<'_>, k: u32) -> Result<(), Error> {
        let refuse = |code: i32, what: String| Err(Error::new(code, format!("function `approx_top_k`: {what}")));
        if !(1..=MAX_K).contains(&k) {
            return refuse(Error::ERROR, format!("argument 2 is {k}, expected 1 to {MAX_K}"));
        }
        same("approx_top_k", 2, &mut self.k, k)?;
        let item = match value {
            ValueRef::Null => return Ok(()),
            ValueRef::Integer(integer) => Item::Integer(integer),
            ValueRef::Real(real) => exact_integer(real).map_or(Item::Real(real.to_bits()), Item::Integer),
            ValueRef::Text(text) => Item::Text(text.to_owned()),
            ValueRef::Blob(_) => {
                return refuse(Error::MISMATCH, "argument 1 must be text or a number, found a blob".to_owned());
            }
        };
        let sketch = match &mut self.sketch {
            Some(sketch) => sketch,
            none => none.insert(FrequentItemsSketch::new(SLOTS).map_err(|error| sketch_error("approx_top_k", &error))?),
        };
        sketch.update(item);
        Ok(())
    }

    fn finish(self) -> Option<String> {
        let (sketch, k) = (self.sketch?, self.k?);
        let mut rows = sketch.frequent_items(ErrorType::NoFalseNegatives);
        rows.sort_by(|a, b| b.estimate().cmp(&a.estimate()).then_with(|| a.item().cmp(b.item())));
        let mut json = String::from("[");
        for row in rows.iter().take(k as usize) {
            json.push_str(if json.len() > 1 { ",{\"value\":" } else { "{\"value\":" });
            match row.item() {
                Item::Integer(integer) => drop(write!(json, "{integer}")),
                Item::Real(bits) => drop(write!(json, "{:?}", f64::from_bits(*bits))),
                Item::Text(text) => quote(&mut json, text),
            }
            let _ = write!(json, ",\"count\":{}}}", row.estimate());
        }
        json.push(']');
        Some(json)
    }
}

/// Writes a JSON string.
fn quote(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            control if control < ' ' => drop(write!(json, "\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
}
