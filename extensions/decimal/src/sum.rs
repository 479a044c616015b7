//! The running total of `decimal_sum` and `decimal_avg`.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use sqlink_guest::Error;

use crate::number::Number;

/// A sum from which the oldest row can be taken again.
#[derive(Default)]
pub struct Total {
    sum: BigDecimal,
    count: i64,
    /// How many rows have how many digits after the point, so that a sum does not keep those of a row that has left.
    scales: BTreeMap<i64, i64>,
}

impl Total {
    /// # Errors
    /// What is no number.
    pub fn add(&mut self, function: &str, x: Number<'_>) -> Result<(), Error> {
        let x = x.get(function, 1)?;
        *self.scales.entry(x.fractional_digit_count().max(0)).or_default() += 1;
        self.sum += x;
        self.count += 1;
        Ok(())
    }

    /// Takes back what [`Total::add`] added.
    ///
    /// # Errors
    /// What is no number.
    pub fn remove(&mut self, function: &str, x: Number<'_>) -> Result<(), Error> {
        let x = x.get(function, 1)?;
        let scale = x.fractional_digit_count().max(0);
        if let Some(rows) = self.scales.get_mut(&scale) {
            *rows -= 1;
            if *rows == 0 {
                self.scales.remove(&scale);
            }
        }
        self.sum -= x;
        self.count -= 1;
        Ok(())
    }

    /// The sum with as many digits after the point as the row with most has; `None` without rows.
    pub fn sum(&self) -> Option<BigDecimal> {
        let (scale, _) = self.scales.last_key_value()?;
        Some(self.sum.with_scale(*scale))
    }

    pub fn count(&self) -> i64 {
        self.count
    }
}
