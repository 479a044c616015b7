//! How often each value occurs.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use sqlink_guest::{Value, ValueRef};

/// Values with their counts. NULL is not counted.
#[derive(Debug, Default)]
pub struct Counted(BTreeMap<Sorted, u64>);

impl Counted {
    /// Counts a value.
    pub fn add(&mut self, value: ValueRef<'_>) {
        if value != ValueRef::Null {
            *self.0.entry(Sorted(value.to_value())).or_default() += 1;
        }
    }

    /// Takes a value back that was counted before.
    pub fn remove(&mut self, value: ValueRef<'_>) {
        let value = Sorted(value.to_value());
        if let Some(count) = self.0.get_mut(&value) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&value);
            }
        }
    }

    /// The value with the largest count, the smallest of several; NULL if there is none.
    pub fn most_frequent(&self) -> Value {
        let mut best: Option<(&Sorted, u64)> = None;
        for (value, count) in &self.0 {
            if best.is_none_or(|(_, most)| *count > most) {
                best = Some((value, *count));
            }
        }
        best.map_or(Value::Null, |(value, _)| value.0.clone())
    }
}

/// A value in SQL's order: numbers, then texts by their bytes, then blobs.
#[derive(Clone, Debug)]
struct Sorted(Value);

impl Sorted {
    const fn class(&self) -> u8 {
        match self.0 {
            Value::Null => 0,
            Value::Integer(_) | Value::Real(_) => 1,
            Value::Text(_) => 2,
            Value::Blob(_) => 3,
        }
    }
}

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Real(a), Value::Real(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Value::Integer(a), Value::Real(b)) => integer_and_real(*a, *b),
            (Value::Real(a), Value::Integer(b)) => integer_and_real(*b, *a).reverse(),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
            _ => self.class().cmp(&other.class()),
        }
    }
}

/// Compares exactly: a real has fewer digits than a large integer.
#[allow(clippy::cast_possible_truncation, reason = "the real is between the two ends of the integers")]
fn integer_and_real(integer: i64, real: f64) -> Ordering {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if real >= END {
        return Ordering::Less;
    }
    if real < -END {
        return Ordering::Greater;
    }
    integer.cmp(&(real.trunc() as i64)).then_with(|| 0.0.partial_cmp(&real.fract()).unwrap_or(Ordering::Equal))
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sorted {}
