//! Durations: calendar units and clock units side by side.

use jiff::{Span, SpanRelativeTo, Unit, Zoned};
use sqlink_guest::Error;

use crate::wrong;

/// The duration, in ISO 8601 or in words; it is the argument `number` of `function`, from 1.
///
/// # Errors
/// If it is none.
pub fn parse(function: &str, number: u32, text: &str) -> Result<Span, Error> {
    text.trim_ascii()
        .parse()
        .map_err(|_| wrong(function, number, "a duration such as `P1Y2M3DT4H` or `1 year 2 months`", text))
}

/// The unit of that name, in any case and also in the plural.
///
/// # Errors
/// If there is none.
pub fn unit_named(function: &str, number: u32, name: &str) -> Result<Unit, Error> {
    const UNITS: [(&str, Unit); 10] = [
        ("nanosecond", Unit::Nanosecond),
        ("microsecond", Unit::Microsecond),
        ("millisecond", Unit::Millisecond),
        ("second", Unit::Second),
        ("minute", Unit::Minute),
        ("hour", Unit::Hour),
        ("day", Unit::Day),
        ("week", Unit::Week),
        ("month", Unit::Month),
        ("year", Unit::Year),
    ];
    let wanted = name.to_ascii_lowercase();
    let singular = wanted.strip_suffix('s').unwrap_or(&wanted);
    UNITS.iter().find(|(known, _)| *known == singular).map(|(_, unit)| *unit).ok_or_else(|| {
        let names = UNITS.map(|(name, _)| name).join("`, `");
        wrong(function, number, &["one of `", &names, "`"].concat(), name)
    })
}

/// The length in one unit, from `relative` on; without it, days have 24 hours, and months and years no length.
pub fn total(span: Span, unit: Unit, relative: Option<Zoned>) -> Result<f64, jiff::Error> {
    match &relative {
        Some(zoned) => span.total((unit, zoned)),
        None => span.total((unit, SpanRelativeTo::days_are_24_hours())),
    }
}
