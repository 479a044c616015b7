//! Numbers as JSON Schema compares them: exactly, by the decimal digits they are written with.

use core::cmp::Ordering;

use serde_json::Number;

/// True for 1 and 1.0.
pub fn is_integer(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|real| real.fract() == 0.0)
}

/// A number as a non-negative integer, for sizes.
pub fn to_count(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let integer = sqlink_guest::exact_integer(number.as_f64()?)?;
        u64::try_from(integer).ok()
    })
}

fn to_integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Which of two numbers is larger.
pub fn compare(a: &Number, b: &Number) -> Ordering {
    match (to_integer(a), to_integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => with_real(a, b),
        (None, Some(b)) => with_real(b, a).reverse(),
        (None, None) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    }
}

fn with_real(integer: i128, number: &Number) -> Ordering {
    let real = number.as_f64().unwrap_or_default();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "beyond the range of `i128` it is larger than every 64-bit integer"
    )]
    let floor = real.floor() as i128;
    integer.cmp(&floor).then(if real.fract() == 0.0 { Ordering::Equal } else { Ordering::Less })
}

/// The digits of a number without sign, and the power of ten they count in.
fn decimal(number: &Number) -> (u128, i32) {
    if let Some(integer) = to_integer(number) {
        return (integer.unsigned_abs(), 0);
    }
    // The shortest text that is read as this number, such as `1.25e-7`.
    let text = format!("{:e}", number.as_f64().unwrap_or_default().abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let places = i32::try_from(fraction.len()).unwrap_or(0);
    ([whole, fraction].concat().parse().unwrap_or(0), exponent - places)
}

/// True if `number` divided by `divisor`, which is positive, is an integer.
pub fn is_multiple(number: &Number, divisor: &Number) -> bool {
    let ((number, tens), (divisor, divisor_tens)) = (decimal(number), decimal(divisor));
    if number == 0 {
        return true;
    }
    if divisor == 0 {
        return false;
    }
    let difference = tens - divisor_tens;
    if difference >= 0 {
        // Digits are below 2^64, and so are remainders.
        let power = (0..difference).fold(1 % divisor, |power, _| power * 10 % divisor);
        return number % divisor * power % divisor == 0;
    }
    // A divisor that does not fit is larger than the number.
    let power = 10_u128.checked_pow(difference.unsigned_abs());
    power.and_then(|power| divisor.checked_mul(power)).is_some_and(|divisor| number % divisor == 0)
}

#[cfg(test)]
mod tests {
    use super::{compare, is_multiple, to_count};
    use core::cmp::Ordering;
    use serde_json::Number;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn comparing_is_exact() {
        for (a, b, expected) in [
            ("1", "1.0", Ordering::Equal),
            ("-1", "-1.5", Ordering::Greater),
            ("-2", "-1.5", Ordering::Less),
            ("9007199254740993", "9007199254740992.0", Ordering::Greater),
            ("18446744073709551615", "1e300", Ordering::Less),
            ("18446744073709551615", "-1e300", Ordering::Greater),
            ("18446744073709551615", "18446744073709551614", Ordering::Greater),
            ("0.1", "0.2", Ordering::Less),
        ] {
            assert_eq!(compare(&number(a), &number(b)), expected, "{a} {b}");
            assert_eq!(compare(&number(b), &number(a)), expected.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn multiples_are_decimal() {
        for (a, b, expected) in [
            ("0.0075", "0.0001", true),
            ("0.00751", "0.0001", false),
            ("19.99", "0.01", true),
            ("-4.5", "1.5", true),
            ("12391239123", "1e-8", true),
            ("1e308", "0.123456789", false),
            ("1e308", "5e-324", true),
            ("5e-324", "1e308", false),
            ("0", "3", true),
            ("0.0", "1e300", true),
            ("18446744073709551615", "5", true),
            ("18446744073709551615", "2", false),
            ("1e20", "18446744073709551615", false),
        ] {
            assert_eq!(is_multiple(&number(a), &number(b)), expected, "{a} {b}");
        }
    }

    #[test]
    fn counts() {
        assert_eq!(to_count(&number("2.0")), Some(2));
        for wrong in ["-1", "2.5", "1e300", "-0.5"] {
            assert_eq!(to_count(&number(wrong)), None, "{wrong}");
        }
    }
}
