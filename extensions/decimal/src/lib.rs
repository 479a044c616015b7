//! SQLink extension `decimal`: exact arithmetic on decimal numbers of any length.
//!
//! Numbers are text, so that SQLite keeps every digit. The functions that SQLite's own `decimal.c` has work as there.
//! Everything is deterministic and innocuous, imports nothing but the log, and keeps nothing between calls.
//!
//! Source: <https://sqlite.org/floatingpoint.html#the_decimal_c_extension>
#![forbid(unsafe_code)]

mod number;
mod sum;

use core::cmp::Ordering;

use bigdecimal::{BigDecimal, RoundingMode, Signed};
use number::{MAX_DIGITS, Number, divide, finish, mode, places, to_exponent, too_big};
use sqlink_guest::prelude::*;
use sum::Total;

/// The number as plain text: of a real its exact value. With `digits`, rounded to so many significant ones.
#[scalar(deterministic, innocuous)]
fn decimal(x: Number<'_>, #[default(None)] digits: Option<i64>) -> Result<String, Error> {
    finish("decimal", &significant("decimal", &x.exact("decimal", 1)?, digits)?)
}

/// The number with an exponent: of a real its exact value. With `digits`, rounded to so many significant ones.
#[scalar(deterministic, innocuous)]
fn decimal_exp(x: Number<'_>, #[default(None)] digits: Option<i64>) -> Result<String, Error> {
    Ok(to_exponent(&significant("decimal_exp", &x.exact("decimal_exp", 1)?, digits)?))
}

/// True if the functions take the value as a number.
#[scalar(deterministic, innocuous)]
fn decimal_is_valid(x: ValueRef<'_>) -> Option<bool> {
    (!x.is_null()).then(|| Number::from_value(x).is_some_and(Number::is_valid))
}

/// -1, 0 or 1: `x` is less than, equal to or greater than `y`.
#[scalar(deterministic, innocuous)]
fn decimal_cmp(x: Number<'_>, y: Number<'_>) -> Result<i32, Error> {
    Ok(x.get("decimal_cmp", 1)?.cmp(&y.get("decimal_cmp", 2)?) as i32)
}

/// `x + y`, with as many digits after the point as the one with more has.
#[scalar(deterministic, innocuous)]
fn decimal_add(x: Number<'_>, y: Number<'_>) -> Result<String, Error> {
    finish("decimal_add", &(x.get("decimal_add", 1)? + y.get("decimal_add", 2)?))
}

/// `x - y`, with as many digits after the point as the one with more has.
#[scalar(deterministic, innocuous)]
fn decimal_sub(x: Number<'_>, y: Number<'_>) -> Result<String, Error> {
    finish("decimal_sub", &(x.get("decimal_sub", 1)? - y.get("decimal_sub", 2)?))
}

/// `x * y`. Zeros at the end go, but as many digits after the point stay as the one with fewer has: as in SQLite.
#[scalar(deterministic, innocuous)]
fn decimal_mul(x: Number<'_>, y: Number<'_>) -> Result<String, Error> {
    let (x, y) = (x.get("decimal_mul", 1)?, y.get("decimal_mul", 2)?);
    let least = x.fractional_digit_count().min(y.fractional_digit_count()).max(0);
    let product = (x * y).normalized();
    finish("decimal_mul", &product.with_scale(product.fractional_digit_count().max(least)))
}

/// `x / y` with exactly `scale` digits after the point.
#[scalar(deterministic, innocuous)]
fn decimal_div(
    x: Number<'_>,
    y: Number<'_>,
    #[default(16)] scale: i64,
    #[default("half-up")] rounding: &str,
) -> Result<String, Error> {
    const FUNCTION: &str = "decimal_div";
    let (x, y) = (x.get(FUNCTION, 1)?, y.get(FUNCTION, 2)?);
    let (scale, rounding) = (places(FUNCTION, 3, scale, 0)?, mode(FUNCTION, 4, rounding)?);
    finish(FUNCTION, &divide(FUNCTION, &x, &y, scale, rounding)?)
}

/// The whole part of `x / y`.
#[scalar(deterministic, innocuous)]
fn decimal_idiv(x: Number<'_>, y: Number<'_>) -> Result<String, Error> {
    const FUNCTION: &str = "decimal_idiv";
    finish(FUNCTION, &divide(FUNCTION, &x.get(FUNCTION, 1)?, &y.get(FUNCTION, 2)?, 0, RoundingMode::Down)?)
}

/// What is left of `x` after `decimal_idiv(x, y)`; it has the sign of `x`, as with `%`.
#[scalar(deterministic, innocuous)]
fn decimal_mod(x: Number<'_>, y: Number<'_>) -> Result<String, Error> {
    const FUNCTION: &str = "decimal_mod";
    let (x, y) = (x.get(FUNCTION, 1)?, y.get(FUNCTION, 2)?);
    let quotient = divide(FUNCTION, &x, &y, 0, RoundingMode::Down)?;
    finish(FUNCTION, &(x - quotient * y))
}

/// `x` to the power of a whole number, exactly.
#[scalar(deterministic, innocuous)]
fn decimal_pow(x: Number<'_>, exponent: i64) -> Result<String, Error> {
    const FUNCTION: &str = "decimal_pow";
    let x = x.get(FUNCTION, 1)?;
    let exponent = u32::try_from(places(FUNCTION, 2, exponent, 0)?)?;
    let (integer, scale) = x.as_bigint_and_scale();
    let scale = scale.saturating_mul(i64::from(exponent));
    // A digit is more than three bits.
    if integer.bits().saturating_mul(u64::from(exponent)) > 2 * MAX_DIGITS * 4 {
        return Err(too_big(FUNCTION, "the result"));
    }
    finish(FUNCTION, &BigDecimal::from_bigint(integer.pow(exponent), scale))
}

/// `-x`.
#[scalar(deterministic, innocuous)]
fn decimal_neg(x: Number<'_>) -> Result<String, Error> {
    finish("decimal_neg", &-x.get("decimal_neg", 1)?)
}

/// `x` without its sign.
#[scalar(deterministic, innocuous)]
fn decimal_abs(x: Number<'_>) -> Result<String, Error> {
    finish("decimal_abs", &x.get("decimal_abs", 1)?.abs())
}

/// -1, 0 or 1.
#[scalar(deterministic, innocuous)]
fn decimal_sign(x: Number<'_>) -> Result<i32, Error> {
    let x = x.get("decimal_sign", 1)?;
    Ok(i32::from(x.is_positive()) - i32::from(x.is_negative()))
}

/// `x` with exactly `digits` digits after the point; with fewer than none, rounded to tens, hundreds and so on.
#[scalar(deterministic, innocuous)]
fn decimal_round(
    x: Number<'_>,
    #[default(0)] digits: i64,
    #[default("half-up")] rounding: &str,
) -> Result<String, Error> {
    const FUNCTION: &str = "decimal_round";
    round(FUNCTION, x, digits, mode(FUNCTION, 3, rounding)?)
}

/// `x` with the digits after the first `digits` behind the point cut off.
#[scalar(deterministic, innocuous)]
fn decimal_trunc(x: Number<'_>, #[default(0)] digits: i64) -> Result<String, Error> {
    round("decimal_trunc", x, digits, RoundingMode::Down)
}

/// The least whole number that is not less than `x`.
#[scalar(deterministic, innocuous)]
fn decimal_ceil(x: Number<'_>) -> Result<String, Error> {
    round("decimal_ceil", x, 0, RoundingMode::Ceiling)
}

/// The greatest whole number that is not greater than `x`.
#[scalar(deterministic, innocuous)]
fn decimal_floor(x: Number<'_>) -> Result<String, Error> {
    round("decimal_floor", x, 0, RoundingMode::Floor)
}

/// `x` without zeros at the end of the digits after the point: equal numbers are equal texts.
#[scalar(deterministic, innocuous)]
fn decimal_normalize(x: Number<'_>) -> Result<String, Error> {
    finish("decimal_normalize", &x.get("decimal_normalize", 1)?.normalized())
}

/// How many digits after the point there are.
#[scalar(deterministic, innocuous)]
fn decimal_scale(x: Number<'_>) -> Result<i64, Error> {
    Ok(x.get("decimal_scale", 1)?.fractional_digit_count().max(0))
}

/// How many digits there are, without zeros before the number: the precision a column needs.
#[scalar(deterministic, innocuous)]
fn decimal_precision(x: Number<'_>) -> Result<i64, Error> {
    let x = x.get("decimal_precision", 1)?;
    let x = x.with_scale(x.fractional_digit_count().max(0));
    Ok(i64::try_from(x.digits())?.max(x.fractional_digit_count()))
}

fn round(function: &str, x: Number<'_>, digits: i64, mode: RoundingMode) -> Result<String, Error> {
    let least = -i64::try_from(MAX_DIGITS)?;
    let digits = places(function, 2, digits, least)?;
    finish(function, &x.get(function, 1)?.with_scale_round(digits, mode))
}

fn significant(function: &str, x: &BigDecimal, digits: Option<i64>) -> Result<BigDecimal, Error> {
    let Some(digits) = digits else { return Ok(x.clone()) };
    let digits = places(function, 2, digits, 1)?;
    // The first digit's place says which one is the last to stay.
    let last = digits - 1 - x.order_of_magnitude();
    if last >= x.fractional_digit_count() {
        return Ok(x.clone());
    }
    let rounded = x.with_scale_round(last, RoundingMode::HalfUp);
    // 9.99 to two digits is 10, not 10.0.
    Ok(if i64::try_from(rounded.digits())? > digits { rounded.with_scale(last - 1) } else { rounded })
}

/// The sum, with as many digits after the point as the row with most has; NULL without rows.
#[derive(Default)]
struct DecimalSum(Total);

#[aggregate(deterministic, innocuous)]
impl DecimalSum {
    fn step(&mut self, x: Number<'_>) -> Result<(), Error> {
        self.0.add("decimal_sum", x)
    }

    fn inverse(&mut self, x: Number<'_>) -> Result<(), Error> {
        self.0.remove("decimal_sum", x)
    }

    fn current(&self) -> Result<Option<String>, Error> {
        self.0.sum().map(|sum| finish("decimal_sum", &sum)).transpose()
    }
}

/// The mean with exactly `scale` digits after the point; NULL without rows.
#[derive(Default)]
struct DecimalAvg {
    total: Total,
    scale: Option<i64>,
}

#[aggregate(deterministic, innocuous)]
impl DecimalAvg {
    fn step(&mut self, x: Number<'_>, #[default(16)] scale: i64) -> Result<(), Error> {
        self.scale = Some(places("decimal_avg", 2, scale, 0)?);
        self.total.add("decimal_avg", x)
    }

    fn inverse(&mut self, x: Number<'_>, #[default(16)] _scale: i64) -> Result<(), Error> {
        self.total.remove("decimal_avg", x)
    }

    fn current(&self) -> Result<Option<String>, Error> {
        let (Some(sum), Some(scale)) = (self.total.sum(), self.scale) else { return Ok(None) };
        let count = BigDecimal::from(self.total.count());
        finish("decimal_avg", &divide("decimal_avg", &sum, &count, scale, RoundingMode::HalfUp)?).map(Some)
    }
}

/// Numbers by value, then everything else by its bytes.
#[collation(name = "decimal")]
fn by_value(a: &str, b: &str) -> Ordering {
    number::compare(a, b)
}

extension! {
    name: "decimal",
    description: "Exact arithmetic on decimal numbers of any length.",
    functions: [
        decimal, decimal_exp, decimal_is_valid, decimal_cmp, decimal_add, decimal_sub, decimal_mul, decimal_div,
        decimal_idiv, decimal_mod, decimal_pow, decimal_neg, decimal_abs, decimal_sign, decimal_round, decimal_trunc,
        decimal_ceil, decimal_floor, decimal_normalize, decimal_scale, decimal_precision,
    ],
    aggregates: [DecimalSum, DecimalAvg],
    collations: [by_value],
}

#[cfg(test)]
mod tests;
