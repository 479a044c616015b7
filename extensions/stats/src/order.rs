//! Order statistics: the values of a group, sorted once they are asked for.

/// Values that can be added, taken away, and asked for by rank. None of them is NaN: SQL has none.
///
/// Adding is one push; the values are sorted when the first rank is asked for and kept sorted from then on, which is what
/// a moving window needs.
#[derive(Debug, Default)]
pub struct Ordered {
    values: Vec<f64>,
    sorted: bool,
}

impl Ordered {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        if self.sorted {
            let place = self.values.partition_point(|other| other.total_cmp(&value).is_le());
            self.values.insert(place, value);
        } else {
            self.values.push(value);
        }
    }

    /// Takes a value away that was added before.
    pub fn remove(&mut self, value: f64) {
        let values = self.sorted();
        if let Ok(place) = values.binary_search_by(|other| other.total_cmp(&value)) {
            self.values.remove(place);
        }
    }

    /// All values in ascending order.
    pub fn sorted(&mut self) -> &[f64] {
        if !self.sorted {
            self.values.sort_unstable_by(f64::total_cmp);
            self.sorted = true;
        }
        &self.values
    }

    /// The value below which the share `fraction` (0 to 1) of the values lies, between two neighbours where it must be: the
    /// `percentile_cont` of the SQL standard.
    pub fn continuous(&mut self, fraction: f64) -> Option<f64> {
        let values = self.sorted();
        let place = fraction * (values.len().checked_sub(1)? as f64);
        let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
        if below == above {
            return Some(below);
        }
        Some(below + (above - below) * place.fract())
    }

    /// The first value at or below which at least the share `fraction` of the values lies: `percentile_disc`.
    pub fn discrete(&mut self, fraction: f64) -> Option<f64> {
        let values = self.sorted();
        let last = values.len().checked_sub(1)?;
        let place = (fraction * values.len() as f64).ceil() as usize;
        Some(values[place.saturating_sub(1).min(last)])
    }

    /// Median of the distances from the median.
    pub fn median_absolute_deviation(&mut self) -> Option<f64> {
        let median = self.continuous(0.5)?;
        let values = self.values.iter().map(|value| (value - median).abs()).collect();
        Self { values, sorted: false }.continuous(0.5)
    }
}
