//! Values: how they are shown, and how SQLite orders them. The differential tests compile this file too.

use std::cmp::Ordering;

use crate::Value;

/// The value, as a person would write it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?}"),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("blob({})", bytes.len()),
    }
}

/// Several of them, with a comma in between.
pub(crate) fn list(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(",")
}

/// Compares as SQLite does with the collation BINARY. NULL is equal to itself here, and less than everything else.
///
/// Source: <https://sqlite.org/datatype3.html#comparisons>
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Real(left), Value::Real(right)) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
        (Value::Integer(left), Value::Real(right)) => mixed(*left, *right),
        (Value::Real(left), Value::Integer(right)) => mixed(*right, *left).reverse(),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Blob(left), Value::Blob(right)) => left.cmp(right),
        _ => class(left).cmp(&class(right)),
    }
}

fn class(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    }
}

/// Compares exactly: not every integer is a real number.
fn mixed(left: i64, right: f64) -> Ordering {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if right >= BEYOND {
        return Ordering::Less;
    }
    if right < -BEYOND {
        return Ordering::Greater;
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is in range, and the fraction is compared below")]
    let whole = right.trunc() as i64;
    left.cmp(&whole).then_with(|| 0.0_f64.partial_cmp(&right.fract()).unwrap_or(Ordering::Equal))
}
