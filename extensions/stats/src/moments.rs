//! Mean, variance, skewness and kurtosis, and what two columns have to do with each other.
//!
//! Sums are of deviations from a running mean (Welford, Pébay), which does not lose digits as sums of squares do. A
//! value that leaves a window is subtracted the same way; because that adds up rounding errors, the sums are computed anew
//! from the values still there after as many removals as there are values.

use std::collections::VecDeque;

/// Sums over the rows of a group: of powers of deviations from the mean for `x`, and of products with those of `y`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Number of rows.
    pub n: f64,
    /// Mean of `x`.
    pub mean_x: f64,
    /// Mean of `y`.
    pub mean_y: f64,
    /// Sum of squared deviations of `x`.
    pub xx: f64,
    /// Sum of squared deviations of `y`.
    pub yy: f64,
    /// Sum of products of the deviations.
    pub xy: f64,
    /// Sum of cubed deviations of `x`.
    pub xxx: f64,
    /// Sum of deviations of `x` to the fourth.
    pub xxxx: f64,
}

impl Sums {
    fn add(&mut self, (x, y): (f64, f64)) {
        let before = self.n;
        self.n += 1.0;
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        let (dx_n, dy_n) = (dx / self.n, dy / self.n);
        let term = dx * dx_n * before;
        self.xxxx += term * dx_n * dx_n * (self.n * self.n - 3.0 * self.n + 3.0) + 6.0 * dx_n * dx_n * self.xx
            - 4.0 * dx_n * self.xxx;
        self.xxx += term * dx_n * (self.n - 2.0) - 3.0 * dx_n * self.xx;
        self.xx += term;
        self.yy += dy * dy_n * before;
        self.xy += dx * dy_n * before;
        self.mean_x += dx_n;
        self.mean_y += dy_n;
    }

    fn remove(&mut self, (x, y): (f64, f64)) {
        let n = self.n;
        self.n -= 1.0;
        if self.n < 1.0 {
            *self = Self::default();
            return;
        }
        let (mean_x, mean_y) = ((n * self.mean_x - x) / self.n, (n * self.mean_y - y) / self.n);
        let (dx, dy) = (x - mean_x, y - mean_y);
        let (dx_n, dy_n) = (dx / n, dy / n);
        let term = dx * dx_n * self.n;
        self.xx -= term;
        self.xxx -= term * dx_n * (n - 2.0) - 3.0 * dx_n * self.xx;
        self.xxxx -= term * dx_n * dx_n * (n * n - 3.0 * n + 3.0) + 6.0 * dx_n * dx_n * self.xx - 4.0 * dx_n * self.xxx;
        self.yy -= dy * dy_n * self.n;
        self.xy -= dx * dy_n * self.n;
        (self.mean_x, self.mean_y) = (mean_x, mean_y);
    }

    /// Number of rows.
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    pub const fn rows(&self) -> i64 {
        self.n as i64
    }

    /// `value`, if there are rows.
    pub fn if_any(&self, value: f64) -> Option<f64> {
        (self.n > 0.0).then_some(value)
    }

    /// Variance of `x`: of the rows as the whole population, or as a sample of one.
    pub fn variance(&self, sample: bool) -> Option<f64> {
        self.per_row(self.xx.max(0.0), sample)
    }

    /// Covariance, likewise.
    pub fn covariance(&self, sample: bool) -> Option<f64> {
        self.per_row(self.xy, sample)
    }

    fn per_row(&self, sum: f64, sample: bool) -> Option<f64> {
        let rows = if sample { self.n - 1.0 } else { self.n };
        (rows > 0.0).then(|| sum / rows)
    }

    /// Pearson's correlation coefficient; none if one column is constant.
    pub fn correlation(&self) -> Option<f64> {
        let norm = (self.xx * self.yy).sqrt();
        (norm > 0.0).then(|| (self.xy / norm).clamp(-1.0, 1.0))
    }

    /// Slope of the least-squares line that gives `y` by `x`.
    pub fn slope(&self) -> Option<f64> {
        (self.xx > 0.0).then(|| self.xy / self.xx)
    }

    /// Where that line meets the axis.
    pub fn intercept(&self) -> Option<f64> {
        Some(self.mean_y - self.slope()? * self.mean_x)
    }

    /// Share of the variance of `y` that the line explains; 1 if `y` is constant.
    pub fn r_squared(&self) -> Option<f64> {
        if self.xx <= 0.0 {
            return None;
        }
        if self.yy <= 0.0 {
            return Some(1.0);
        }
        Some((self.xy * self.xy / (self.xx * self.yy)).min(1.0))
    }

    /// Skewness of a sample, adjusted (G1, as in Excel's SKEW); it needs three rows that are not all equal.
    pub fn skewness(&self) -> Option<f64> {
        let n = self.n;
        if n < 3.0 || self.xx <= 0.0 {
            return None;
        }
        let g1 = n.sqrt() * self.xxx / self.xx.powf(1.5);
        Some(g1 * (n * (n - 1.0)).sqrt() / (n - 2.0))
    }

    /// Excess kurtosis of a sample, adjusted (G2, as in Excel's KURT); it needs four rows that are not all equal.
    pub fn kurtosis(&self) -> Option<f64> {
        let n = self.n;
        if n < 4.0 || self.xx <= 0.0 {
            return None;
        }
        let g2 = n * self.xxxx / (self.xx * self.xx) - 3.0;
        Some((n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * g2 + 6.0))
    }
}

/// Sums from which rows can be taken away again.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    sums: Sums,
    /// The rows in order, from the first removal on.
    rows: VecDeque<(f64, f64)>,
    removals: usize,
}

impl Moments {
    /// Adds a row.
    pub fn add(&mut self, row: (f64, f64)) {
        self.sums.add(row);
        self.rows.push_back(row);
    }

    /// Takes the oldest row away.
    pub fn remove(&mut self) {
        let Some(row) = self.rows.pop_front() else { return };
        self.removals += 1;
        if self.removals > self.rows.len() {
            self.removals = 0;
            self.sums = Sums::default();
            self.rows.iter().for_each(|row| self.sums.add(*row));
        } else {
            self.sums.remove(row);
        }
    }

    /// The sums over the rows that are there.
    pub const fn sums(&self) -> &Sums {
        &self.sums
    }
}
