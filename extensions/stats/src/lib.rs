//! SQLink extension `stats`: median, percentiles, variance, skewness, correlation and regression.
//!
//! All are aggregates and window functions, deterministic and innocuous, and import nothing but the log.
#![forbid(unsafe_code)]

mod mode;
mod moments;
mod order;

use mode::Counted;
use moments::{Moments, Sums};
use order::Ordered;
use sqlink_guest::prelude::*;

/// Defines measures of the values of one column by rank.
macro_rules! ranks {
    ($($(#[$doc:meta])* $name:ident: $result:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Default)]
        struct $name(Ordered);

        #[aggregate(deterministic, innocuous)]
        impl $name {
            fn step(&mut self, x: f64) {
                self.0.add(x);
            }

            fn inverse(&mut self, x: f64) {
                self.0.remove(x);
            }

            fn current(&self) -> Option<f64> {
                let measure: fn(&Ordered) -> Option<f64> = $result;
                measure(&self.0)
            }
        }
    )+};
}

ranks! {
    /// The middle value, or the mean of the two in the middle.
    Median: |values| values.continuous(0.5);
    /// Median of the absolute deviations from the median.
    Mad: Ordered::median_absolute_deviation;
}

/// Defines percentiles: the name in SQL, the largest second argument, and the measure.
macro_rules! percentiles {
    ($($(#[$doc:meta])* $name:ident, $sql:literal, $most:literal, $what:literal: $result:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Default)]
        struct $name {
            values: Ordered,
            wanted: Option<f64>,
        }

        #[aggregate(deterministic, innocuous, name = $sql)]
        impl $name {
            fn step(&mut self, x: f64, wanted: f64) -> Result<(), Error> {
                if !(0.0..=$most).contains(&wanted) {
                    return Err(refuse($sql, &format!("is {wanted:?}, expected a number from 0 to {}", $most)));
                }
                match self.wanted.replace(wanted) {
                    Some(before) if before != wanted => Err(refuse(
                        $sql,
                        &format!("changes from {before:?} to {wanted:?}, expected the same {} in all rows", $what),
                    )),
                    _ => {
                        self.values.add(x);
                        Ok(())
                    }
                }
            }

            fn inverse(&mut self, x: f64, _wanted: f64) {
                self.values.remove(x);
            }

            fn current(&self) -> Option<f64> {
                let measure: fn(&Ordered, f64) -> Option<f64> = $result;
                measure(&self.values, self.wanted? / $most)
            }
        }
    )+};
}

percentiles! {
    /// As `percentile_cont`, with a percentage.
    Percentile, "percentile", 100.0, "percentage": Ordered::continuous;
    /// Between two neighbours by linear interpolation.
    PercentileCont, "percentile_cont", 1.0, "fraction": Ordered::continuous;
    /// The first of the values with at least that share of them at or below it.
    PercentileDisc, "percentile_disc", 1.0, "fraction": Ordered::discrete;
}

fn refuse(function: &str, what: &str) -> Error {
    Error::new(Error::ERROR, format!("function `{function}`: argument 2 {what}"))
}

/// Defines measures of the values of one column by their moments.
macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident, $sql:literal: $result:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Default)]
        struct $name(Moments);

        #[aggregate(deterministic, innocuous, name = $sql)]
        impl $name {
            fn step(&mut self, x: f64) {
                self.0.add((x, 0.0));
            }

            fn inverse(&mut self, _x: f64) {
                self.0.remove();
            }

            fn current(&self) -> Option<f64> {
                let measure: fn(&Sums) -> Option<f64> = $result;
                measure(self.0.sums()).filter(|value| value.is_finite())
            }
        }
    )+};
}

measures! {
    /// Standard deviation of a sample.
    Stddev, "stddev": |sums| sums.variance(true).map(f64::sqrt);
    /// Standard deviation of a sample.
    StddevSamp, "stddev_samp": |sums| sums.variance(true).map(f64::sqrt);
    /// Standard deviation of a population.
    StddevPop, "stddev_pop": |sums| sums.variance(false).map(f64::sqrt);
    /// Variance of a sample.
    Variance, "variance": |sums| sums.variance(true);
    /// Variance of a sample.
    VarSamp, "var_samp": |sums| sums.variance(true);
    /// Variance of a population.
    VarPop, "var_pop": |sums| sums.variance(false);
    /// Skewness of a sample.
    Skewness, "skewness": Sums::skewness;
    /// Excess kurtosis of a sample.
    Kurtosis, "kurtosis": Sums::kurtosis;
}

/// Defines means of positive values: what is averaged, and what becomes of the average.
macro_rules! means {
    ($($(#[$doc:meta])* $name:ident, $sql:literal: $before:expr, $after:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Default)]
        struct $name(Moments);

        #[aggregate(deterministic, innocuous, name = $sql)]
        impl $name {
            fn step(&mut self, x: f64) -> Result<(), Error> {
                if x <= 0.0 {
                    let message = format!("function `{}`: argument 1 is {x:?}, expected a positive number", $sql);
                    return Err(Error::new(Error::ERROR, message));
                }
                self.0.add(($before(x), 0.0));
                Ok(())
            }

            fn inverse(&mut self, _x: f64) {
                self.0.remove();
            }

            fn current(&self) -> Option<f64> {
                let sums = self.0.sums();
                (sums.n > 0.0).then(|| $after(sums.mean_x))
            }
        }
    )+};
}

means! {
    /// Geometric mean.
    Geomean, "geomean": f64::ln, f64::exp;
    /// Harmonic mean.
    Harmean, "harmean": f64::recip, f64::recip;
}

/// Defines measures of two columns.
macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident, $sql:literal: $type:ty, $result:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Default)]
        struct $name(Moments);

        #[aggregate(deterministic, innocuous, name = $sql)]
        impl $name {
            fn step(&mut self, y: f64, x: f64) {
                self.0.add((x, y));
            }

            fn inverse(&mut self, _y: f64, _x: f64) {
                self.0.remove();
            }

            fn current(&self) -> $type {
                let measure: fn(&Sums) -> $type = $result;
                measure(self.0.sums())
            }
        }
    )+};
}

pairs! {
    /// Covariance of a sample.
    CovarSamp, "covar_samp": Option<f64>, |sums| sums.covariance(true);
    /// Covariance of a population.
    CovarPop, "covar_pop": Option<f64>, |sums| sums.covariance(false);
    /// Pearson's correlation coefficient.
    Corr, "corr": Option<f64>, Sums::correlation;
    /// Slope of the least-squares line.
    RegrSlope, "regr_slope": Option<f64>, Sums::slope;
    /// Where the least-squares line meets the axis.
    RegrIntercept, "regr_intercept": Option<f64>, Sums::intercept;
    /// Share of the variance that the line explains.
    RegrR2, "regr_r2": Option<f64>, Sums::r_squared;
    /// Number of rows.
    RegrCount, "regr_count": i64, Sums::rows;
    /// Mean of `x`.
    RegrAvgx, "regr_avgx": Option<f64>, |sums| sums.if_any(sums.mean_x);
    /// Mean of `y`.
    RegrAvgy, "regr_avgy": Option<f64>, |sums| sums.if_any(sums.mean_y);
    /// Sum of squared deviations of `x`.
    RegrSxx, "regr_sxx": Option<f64>, |sums| sums.if_any(sums.xx);
    /// Sum of squared deviations of `y`.
    RegrSyy, "regr_syy": Option<f64>, |sums| sums.if_any(sums.yy);
    /// Sum of products of the deviations.
    RegrSxy, "regr_sxy": Option<f64>, |sums| sums.if_any(sums.xy);
}

/// The most frequent value.
#[derive(Default)]
struct Mode(Counted);

#[aggregate(deterministic, innocuous)]
impl Mode {
    fn step(&mut self, value: ValueRef<'_>) {
        self.0.add(value);
    }

    fn inverse(&mut self, value: ValueRef<'_>) {
        self.0.remove(value);
    }

    fn current(&self) -> Value {
        self.0.most_frequent()
    }
}

extension! {
    name: "stats",
    description: "Median, percentiles, variance, skewness, correlation and regression, as aggregates and window functions.",
    aggregates: [
        Median, Mad, Percentile, PercentileCont, PercentileDisc, Mode, Stddev, StddevSamp, StddevPop, Variance, VarSamp,
        VarPop, Skewness, Kurtosis, Geomean, Harmean, CovarSamp, CovarPop, Corr, RegrSlope, RegrIntercept, RegrR2,
        RegrCount, RegrAvgx, RegrAvgy, RegrSxx, RegrSyy, RegrSxy,
    ],
}

#[cfg(test)]
mod tests;
