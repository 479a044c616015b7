//! Order statistics: the values of a group, sorted once they are asked for.

use std::cell::{Cell, RefCell};

/// Values that can be added, taken away, and asked for by rank. None of them is NaN: SQL has none.
///
/// Adding is one push; the values are sorted when the first rank is asked for and kept sorted from then on, which is what
/// a moving window needs.
#[derive(Debug, Default)]
pub struct Ordered {
    values: RefCell<Vec<f64>>,
    sorted: Cell<bool>,
}

impl Ordered {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        let values = self.values.get_mut();
        if self.sorted.get() {
            let place = values.partition_point(|other| other.total_cmp(&value).is_le());
            values.insert(place, value);
        } else {
            values.push(value);
        }
    }

    /// Takes a value away that was added before.
    pub fn remove(&mut self, value: f64) {
        self.sort();
        let values = self.values.get_mut();
        if let Ok(place) = values.binary_search_by(|other| other.total_cmp(&value)) {
            values.remove(place);
        }
    }

    fn sort(&self) {
        if !self.sorted.replace(true) {
            self.values.borrow_mut().sort_unstable_by(f64::total_cmp);
        }
    }

    /// The value below which the share `fraction` (0 to 1) of the values lies, between two neighbours where it must be: the
    /// `percentile_cont` of the SQL standard.
    pub fn continuous(&self, fraction: f64) -> Option<f64> {
        self.sort();
        let values = self.values.borrow();
        let place = fraction * real(values.len().checked_sub(1)?);
        let (below, above) = (*values.get(index(place.floor()))?, *values.get(index(place.ceil()))?);
        if below == above {
            return Some(below);
        }
        Some(below + (above - below) * place.fract())
    }

    /// The first value at or below which at least the share `fraction` of the values lies: `percentile_disc`.
    pub fn discrete(&self, fraction: f64) -> Option<f64> {
        self.sort();
        let values = self.values.borrow();
        let last = values.len().checked_sub(1)?;
        let place = index((fraction * real(values.len())).ceil());
        values.get(place.saturating_sub(1).min(last)).copied()
    }

    /// Median of the distances from the median.
    pub fn median_absolute_deviation(&self) -> Option<f64> {
        let median = self.continuous(0.5)?;
        let distances = self.values.borrow().iter().map(|value| (value - median).abs()).collect();
        Self { values: RefCell::new(distances), sorted: Cell::new(false) }.continuous(0.5)
    }
}

/// A number of values.
#[allow(clippy::cast_precision_loss, reason = "an extension's memory holds fewer than 2^53 values")]
const fn real(count: usize) -> f64 {
    count as f64
}

/// A whole number that is not negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and a number of values")]
const fn index(place: f64) -> usize {
    place as usize
}
