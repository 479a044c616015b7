//! SQLink extension `unit`: converts between units of measure.
//!
//! Units are expressions of symbols or names with prefixes and powers, and factors between them are exact as long as they
//! fit in 128 bits. Everything is deterministic and innocuous, imports nothing but the log, and keeps nothing between calls.
#![forbid(unsafe_code)]

mod factor;
mod table;
mod unit;

use sqlink_guest::prelude::*;
use unit::{Measure, base_units, convert, parse, split};

/// `value` of the unit `from` in the unit `to`.
#[scalar(deterministic, innocuous, name = "unit_convert")]
fn convert_value(value: f64, from: &str, to: &str) -> Result<f64, Error> {
    const FUNCTION: &str = "unit_convert";
    between(FUNCTION, value, (&read(FUNCTION, 2, from)?, from), (&read(FUNCTION, 3, to)?, to))
}

/// A quantity such as `5 km/h` in the unit `to`.
#[scalar(deterministic, innocuous, name = "unit_convert")]
fn convert_quantity(quantity: &str, to: &str) -> Result<f64, Error> {
    const FUNCTION: &str = "unit_convert";
    let (value, from) = self::quantity(FUNCTION, quantity)?;
    between(FUNCTION, value, (&read(FUNCTION, 1, from)?, from), (&read(FUNCTION, 2, to)?, to))
}

/// The number of a quantity such as `5 km/h`; 1 if it has none.
#[scalar(deterministic, innocuous)]
fn unit_number(quantity: &str) -> Result<f64, Error> {
    let (value, unit) = self::quantity("unit_number", quantity)?;
    read("unit_number", 1, unit).map(|_| value)
}

/// The unit of a quantity such as `5 km/h`, as it is written there.
#[scalar(deterministic, innocuous)]
fn unit_name(quantity: &str) -> Result<&str, Error> {
    let (_, unit) = self::quantity("unit_name", quantity)?;
    read("unit_name", 1, unit).map(|_| unit)
}

/// True if the text is a unit.
#[scalar(deterministic, innocuous)]
fn unit_valid(unit: &str) -> bool {
    !unit.trim().is_empty() && parse(unit).is_ok()
}

/// True if one unit can be converted into the other.
#[scalar(deterministic, innocuous)]
fn unit_compatible(unit: &str, other: &str) -> Result<bool, Error> {
    Ok(read("unit_compatible", 1, unit)?.dimension == read("unit_compatible", 2, other)?.dimension)
}

/// The unit's base units: `kg*m/s^2` for `lbf`.
#[scalar(deterministic, innocuous)]
fn unit_dimension(unit: &str) -> Result<String, Error> {
    read("unit_dimension", 1, unit).map(|unit| base_units(&unit.dimension))
}

fn read(function: &str, number: u32, unit: &str) -> Result<Measure, Error> {
    parse(unit).map_err(|reason| refuse(function, number, "a unit", &reason))
}

/// The number and the unit of a quantity.
fn quantity<'a>(function: &str, text: &'a str) -> Result<(f64, &'a str), Error> {
    let (number, unit) = split(text);
    if text.trim().is_empty() {
        return Err(refuse(function, 1, "a quantity", "expected text such as `5 km/h`"));
    }
    if number.is_empty() {
        return Ok((1.0, unit.trim()));
    }
    match number.replace('−', "-").parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((value, unit.trim())),
        _ => Err(refuse(function, 1, "a quantity", "its number is too large")),
    }
}

fn between(function: &str, value: f64, from: (&Measure, &str), to: (&Measure, &str)) -> Result<f64, Error> {
    if from.0.dimension == to.0.dimension {
        return Ok(convert(value, from.0, to.0));
    }
    let describe = |(measure, name): (&Measure, &str)| {
        let name: String = name.chars().take(40).collect();
        ["`", &name, "` (", &base_units(&measure.dimension), ")"].concat()
    };
    let message = ["function `", function, "`: can't convert ", &describe(from), " to ", &describe(to)];
    Err(Error::new(Error::ERROR, message.concat()))
}

#[cold]
fn refuse(function: &str, number: u32, kind: &str, reason: &str) -> Error {
    let message = ["function `", function, "`: argument ", &number.to_string(), " is not ", kind, ": ", reason];
    Error::new(Error::ERROR, message.concat())
}

extension! {
    name: "unit",
    description: "Converts between units of measure.",
    functions: [convert_value, convert_quantity, unit_number, unit_name, unit_valid, unit_compatible, unit_dimension],
}

#[cfg(test)]
mod tests;
