//! Decimal numbers: from SQL values and to text.

use core::cmp::Ordering;

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, Zero};
use sqlink_guest::prelude::*;

/// The most digits a number may have before the point, and the most after it.
pub const MAX_DIGITS: u64 = 10_000;

/// How much of a text an error message shows, in characters.
const SHOWN_CHARS: usize = 40;

/// An argument that may be a decimal number: text, an integer or a real.
#[derive(Clone, Copy)]
pub struct Number<'a>(ValueRef<'a>);

impl<'a> FromValue<'a> for Number<'a> {
    const EXPECTED: &'static str = "a decimal number as text, an integer or a real";

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        matches!(value, ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_)).then_some(Self(value))
    }
}

/// Why a value is no number that can be calculated with.
enum Refusal {
    NoNumber,
    TooBig,
}

impl Number<'_> {
    /// The value; of a real the shortest decimal number that reads back as the same real, as SQL writes it.
    ///
    /// # Errors
    /// Text that is no decimal number, an infinite real, and a number over [`MAX_DIGITS`].
    pub fn get(self, function: &str, argument: u32) -> Result<BigDecimal, Error> {
        self.read().map_err(|refusal| self.refuse(function, argument, &refusal))
    }

    /// The same, but of a real its exact value.
    ///
    /// # Errors
    /// As [`Number::get`].
    pub fn exact(self, function: &str, argument: u32) -> Result<BigDecimal, Error> {
        match self.0 {
            ValueRef::Real(real) => {
                BigDecimal::try_from(real).map_err(|_| self.refuse(function, argument, &Refusal::NoNumber))
            }
            _ => self.get(function, argument),
        }
    }

    /// True if [`Number::get`] gives a value.
    pub fn is_valid(self) -> bool {
        self.read().is_ok()
    }

    fn read(self) -> Result<BigDecimal, Refusal> {
        match self.0 {
            ValueRef::Integer(integer) => Ok(BigDecimal::from(integer)),
            ValueRef::Real(real) => parse(&real.to_string()),
            ValueRef::Text(text) => parse(text),
            ValueRef::Null | ValueRef::Blob(_) => Err(Refusal::NoNumber),
        }
    }

    #[cold]
    fn refuse(self, function: &str, argument: u32, refusal: &Refusal) -> Error {
        let argument = argument.to_string();
        match refusal {
            Refusal::TooBig => too_big(function, &["argument ", &argument].concat()),
            Refusal::NoNumber => {
                let shown: String = self.0.to_string().chars().take(SHOWN_CHARS).collect();
                let message = [
                    "function `",
                    function,
                    "`: argument ",
                    &argument,
                    " is not a decimal number: `",
                    &shown,
                    "`, expected a text such as `-12.50` or `1.5e-3`",
                ];
                Error::new(Error::ERROR, message.concat())
            }
        }
    }
}

#[cold]
pub fn too_big(function: &str, what: &str) -> Error {
    let digits = MAX_DIGITS.to_string();
    let message = ["function `", function, "`: ", what, " has over ", &digits, " digits before or after the point"];
    Error::new(Error::TOOBIG, message.concat())
}

/// A sign, digits with at most one point between, before or after them, and an exponent; white space around is passed over.
fn parse(text: &str) -> Result<BigDecimal, Refusal> {
    let text = text.trim_ascii();
    let (negative, text) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(Refusal::NoNumber);
    }
    let exponent = match exponent {
        None => 0,
        Some(exponent) => {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if unsigned.is_empty() || !digits(unsigned) {
                return Err(Refusal::NoNumber);
            }
            // What does not fit in 64 bits is too big either way.
            exponent.parse::<i64>().map_err(|_| Refusal::TooBig)?
        }
    };
    let whole = whole.trim_start_matches('0');
    let limit = usize::try_from(MAX_DIGITS).unwrap_or(usize::MAX);
    if whole.len() > limit || fraction.len() > limit {
        return Err(Refusal::TooBig);
    }
    let scale = i64::try_from(fraction.len()).unwrap_or(i64::MAX).saturating_sub(exponent);
    let all = [if whole.is_empty() { "0" } else { whole }, fraction].concat();
    let integer = BigInt::parse_bytes(all.as_bytes(), 10).ok_or(Refusal::NoNumber)?;
    let number = BigDecimal::from_bigint(if negative { -integer } else { integer }, scale);
    // A zero may have any exponent.
    let number = if number.is_zero() && scale < 0 { BigDecimal::zero() } else { number };
    if is_too_big(&number) { Err(Refusal::TooBig) } else { Ok(number) }
}

/// True if the plain text would have over [`MAX_DIGITS`] before or after the point.
fn is_too_big(number: &BigDecimal) -> bool {
    let scale = number.fractional_digit_count();
    let limit = i64::try_from(MAX_DIGITS).unwrap_or(i64::MAX);
    let digits = i64::try_from(number.digits()).unwrap_or(i64::MAX);
    scale > limit || digits.saturating_sub(scale) > limit
}

/// The number as plain text, without an exponent, with as many digits after the point as it has.
///
/// # Errors
/// SQLITE_TOOBIG for a number over [`MAX_DIGITS`].
pub fn finish(function: &str, number: &BigDecimal) -> Result<String, Error> {
    if is_too_big(number) { Err(too_big(function, "the result")) } else { Ok(to_text(number)) }
}

fn to_text(number: &BigDecimal) -> String {
    // A negative scale is zeros before the point.
    let number = number.with_scale(number.fractional_digit_count().max(0));
    let (integer, scale) = number.as_bigint_and_scale();
    let scale = usize::try_from(scale).unwrap_or_default();
    let digits = integer.magnitude().to_string();
    let mut text = String::with_capacity(digits.len() + scale + 3);
    if integer.sign() == Sign::Minus {
        text.push('-');
    }
    if digits.len() > scale {
        text.push_str(&digits[..digits.len() - scale]);
    } else {
        text.push('0');
    }
    if scale > 0 {
        text.push('.');
        text.extend(core::iter::repeat_n('0', scale.saturating_sub(digits.len())));
        text.push_str(&digits[digits.len().saturating_sub(scale)..]);
    }
    text
}

/// As SQLite's own `decimal_exp` writes it: a sign, one digit, a point, at least one digit more, and an exponent.
pub fn to_exponent(number: &BigDecimal) -> String {
    let number = number.normalized();
    let (integer, scale) = number.as_bigint_and_scale();
    let digits = integer.magnitude().to_string();
    let sign = if integer.sign() == Sign::Minus { '-' } else { '+' };
    let exponent = if number.is_zero() { 0 } else { i64::try_from(digits.len()).unwrap_or(i64::MAX) - 1 - scale };
    let (first, rest) = digits.split_at(1);
    let rest = if rest.is_empty() { "0" } else { rest };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}.{rest}e{exponent_sign}{:02}", exponent.unsigned_abs())
}

/// The rounding mode of that name, in any case, with `-` or `_`.
///
/// # Errors
/// Another name.
pub fn mode(function: &str, argument: u32, name: &str) -> Result<RoundingMode, Error> {
    const MODES: [(&str, RoundingMode); 7] = [
        ("half-up", RoundingMode::HalfUp),
        ("half-even", RoundingMode::HalfEven),
        ("half-down", RoundingMode::HalfDown),
        ("up", RoundingMode::Up),
        ("down", RoundingMode::Down),
        ("ceiling", RoundingMode::Ceiling),
        ("floor", RoundingMode::Floor),
    ];
    let wanted = name.to_ascii_lowercase().replace('_', "-");
    MODES.iter().find(|(known, _)| *known == wanted).map(|(_, mode)| *mode).ok_or_else(|| {
        let shown: String = name.chars().take(SHOWN_CHARS).collect();
        let known = MODES.map(|(name, _)| name).join("`, `");
        let argument = argument.to_string();
        let message = [
            "function `",
            function,
            "`: argument ",
            &argument,
            ": unknown mode `",
            &shown,
            "`, expected one of `",
            &known,
            "`",
        ];
        Error::new(Error::ERROR, message.concat())
    })
}

/// How many digits after the point are wanted.
///
/// # Errors
/// SQLITE_RANGE for a number that is not between `least` and [`MAX_DIGITS`].
pub fn places(function: &str, argument: u32, places: i64, least: i64) -> Result<i64, Error> {
    let most = i64::try_from(MAX_DIGITS).unwrap_or(i64::MAX);
    if (least..=most).contains(&places) {
        return Ok(places);
    }
    let (argument, least, most, found) =
        (argument.to_string(), least.to_string(), most.to_string(), places.to_string());
    let message = [
        "function `",
        function,
        "`: argument ",
        &argument,
        " must be from ",
        &least,
        " to ",
        &most,
        ", found ",
        &found,
    ];
    Err(Error::new(Error::RANGE, message.concat()))
}

/// `x / y` with exactly `scale` digits after the point.
///
/// # Errors
/// A `y` of zero.
pub fn divide(
    function: &str,
    x: &BigDecimal,
    y: &BigDecimal,
    scale: i64,
    mode: RoundingMode,
) -> Result<BigDecimal, Error> {
    let (integer_x, scale_x) = x.as_bigint_and_scale();
    let (integer_y, scale_y) = y.as_bigint_and_scale();
    if integer_y.is_zero() {
        return Err(Error::new(Error::ERROR, ["function `", function, "`: division by zero"].concat()));
    }
    // One digit more than wanted, and one that says whether anything follows: enough for every mode.
    let shift = scale + 1 - (scale_x - scale_y);
    let power = |exponent: i64| BigInt::from(10).pow(u32::try_from(exponent).unwrap_or_default());
    let (numerator, denominator) = if shift >= 0 {
        (integer_x.magnitude() * power(shift).magnitude(), integer_y.magnitude().clone())
    } else {
        (integer_x.magnitude().clone(), integer_y.magnitude() * power(-shift).magnitude())
    };
    let quotient = &numerator / &denominator;
    let more = u32::from(&quotient * &denominator != numerator);
    let digits = BigInt::from(quotient * 10_u32 + more);
    let negative = (integer_x.sign() == Sign::Minus) != (integer_y.sign() == Sign::Minus);
    Ok(BigDecimal::from_bigint(if negative { -digits } else { digits }, scale + 2).with_scale_round(scale, mode))
}

/// Numbers by value, then everything else by its bytes.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, to_exponent, to_text};

    #[test]
    fn texts() {
        for (text, plain, exponent) in [
            ("0", "0", "+0.0e+00"),
            ("-0.00", "0.00", "+0.0e+00"),
            (" +1e3\n", "1000", "+1.0e+03"),
            ("00012.50", "12.50", "+1.25e+01"),
            (".5", "0.5", "+5.0e-01"),
            ("5.", "5", "+5.0e+00"),
            ("-1.5E-3", "-0.0015", "-1.5e-03"),
            ("123.45e1", "1234.5", "+1.2345e+03"),
            ("123.45e5", "12345000", "+1.2345e+07"),
            ("0e99999999", "0", "+0.0e+00"),
            ("1e-110", &format!("0.{}1", "0".repeat(109)), "+1.0e-110"),
        ] {
            let Ok(number) = parse(text) else { panic!("{text}") };
            assert_eq!(to_text(&number), plain, "{text}");
            assert_eq!(to_exponent(&number), exponent, "{text}");
        }
        for text in [
            "", " ", ".", "-", "e5", "1e", "1e+", "1.2.3", "1,5", "0x1", "1_0", "inf", "NaN", "--1", "1 2", "١",
            "1e5.0",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["1e10001", "1e-10001", "1e99999999999999999999", "0e-10001"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
