//! Unit expressions: `km/h`, `kg*m^2/s^3`, `L/100km`, `N m`, `m2`, `s⁻¹`.

use crate::factor::Factor;
use crate::table::{BASES, BINARY, METRIC, OFFSETS, Prefixes, UNITS, Unit};

/// The longest expression, in bytes.
const MAX_BYTES: usize = 256;

/// The greatest power of a unit.
const MAX_EXPONENT: i32 = 32;

/// How many parentheses may lie in each other, and definitions refer to each other.
const MAX_DEPTH: usize = 16;

/// Powers of the base units, in their order.
pub type Dimension = [i32; BASES.len()];

/// What a unit is in base units: `(value + offset) * factor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    pub factor: Factor,
    pub dimension: Dimension,
    /// In hundredths; only of a temperature alone.
    pub offset: u32,
}

impl Measure {
    const ONE: Self = Self { factor: Factor::ONE, dimension: [0; BASES.len()], offset: 0 };

    /// In a product a temperature is a difference of temperatures.
    fn times(self, other: Self) -> Option<Self> {
        let mut dimension = self.dimension;
        for (exponent, more) in dimension.iter_mut().zip(other.dimension) {
            *exponent = exponent.checked_add(more).filter(|exponent| exponent.abs() <= 10 * MAX_EXPONENT)?;
        }
        Some(Self { factor: self.factor.times(other.factor), dimension, offset: 0 })
    }

    fn power(self, exponent: i32) -> Self {
        let offset = if exponent == 1 { self.offset } else { 0 };
        Self { factor: self.factor.power(exponent), dimension: self.dimension.map(|base| base * exponent), offset }
    }
}

/// Reads a unit expression; an empty one is the number one.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse(text: &str) -> Result<Measure, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("a unit of over {MAX_BYTES} bytes"));
    }
    let mut parser = Parser { rest: text.trim(), depth: 0 };
    if parser.rest.is_empty() {
        return Ok(Measure::ONE);
    }
    let measure = parser.product()?;
    if parser.rest.is_empty() { Ok(measure) } else { Err(parser.unexpected()) }
}

/// Takes the number off the front of a quantity such as `5 km/h`; without one it is 1.
pub fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let signed = text.strip_prefix(['+', '-', '−']).unwrap_or(text);
    let length = number_length(signed);
    if length == 0 { ("", text) } else { text.split_at(text.len() - signed.len() + length) }
}

/// How long the number without sign is that the text begins with.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let mut length = whole;
    if text[length..].starts_with('.') {
        let fraction = digits(&text[length + 1..]);
        if whole + fraction == 0 {
            return 0;
        }
        length += 1 + fraction;
    }
    if length > 0 && text[length..].starts_with(['e', 'E']) {
        let exponent = &text[length + 1..];
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[sign..]);
        // Else the letter begins a unit, as in `5 eV`.
        if count > 0 {
            length += 1 + sign + count;
        }
    }
    length
}

/// The exact value of what [`number_length`] found.
fn number(text: &str) -> Option<Factor> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() <= 400)?;
    let digits = [whole, fraction].concat().parse::<u128>().ok()?;
    Some(Factor::decimal(digits, exponent - i32::try_from(fraction.len()).ok()?))
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn unexpected(&self) -> String {
        let rest: String = self.rest.chars().take(40).collect();
        if rest.is_empty() { "a unit is missing at the end".to_owned() } else { format!("`{rest}` is not expected") }
    }

    /// Takes `sign` if it comes next, and the white space after it.
    fn take(&mut self, signs: &[&str]) -> bool {
        let found = signs.iter().find_map(|sign| self.rest.strip_prefix(sign));
        if let Some(rest) = found {
            self.rest = rest.trim_start();
        }
        found.is_some()
    }

    fn product(&mut self) -> Result<Measure, String> {
        let too_large = || "the powers are too large".to_owned();
        let mut product = if self.take(&["/"]) { self.factor()?.power(-1) } else { self.factor()? };
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() || self.rest.starts_with(')') {
                return Ok(product);
            }
            // From left to right: `a/b*c` is `a*c/b`.
            let divide = self.take(&["/", "÷", "per "]);
            if !divide {
                self.take(&["*", "·", "⋅", "×", "."]);
            }
            let factor = self.factor()?;
            product = product.times(if divide { factor.power(-1) } else { factor }).ok_or_else(too_large)?;
        }
    }

    /// A unit, a number, or a number with a unit: `L/100km` is for each hundred kilometres.
    fn factor(&mut self) -> Result<Measure, String> {
        let length = number_length(self.rest);
        if length == 0 {
            return self.single();
        }
        let (digits, rest) = self.rest.split_at(length);
        let factor = number(digits).filter(|factor| !factor.is_zero());
        let factor = factor.ok_or_else(|| format!("`{digits}` is no number for a unit"))?;
        let factor = Measure { factor, ..Measure::ONE };
        self.rest = rest.trim_start();
        if self.rest.starts_with(|next: char| next.is_alphabetic() || next == '°') && !self.rest.starts_with("per ") {
            return factor.times(self.single()?).ok_or_else(|| "the powers are too large".to_owned());
        }
        Ok(factor)
    }

    fn single(&mut self) -> Result<Measure, String> {
        let measure = if self.take(&["("]) {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(format!("over {MAX_DEPTH} parentheses in each other"));
            }
            let inner = self.product()?;
            self.depth -= 1;
            if !self.rest.starts_with(')') {
                return Err("a closing parenthesis is missing".to_owned());
            }
            self.rest = &self.rest[1..];
            inner
        } else {
            let is_name = |next: char| next.is_alphabetic() || matches!(next, '_' | '°' | '%' | '‰' | '℃' | '℉');
            // `g0` is the one name with a digit.
            let length = if self.rest.starts_with("g0") {
                2
            } else {
                self.rest.find(|next: char| !is_name(next)).unwrap_or(self.rest.len())
            };
            let (name, rest) = self.rest.split_at(length);
            if name.is_empty() {
                return Err(self.unexpected());
            }
            self.rest = rest;
            find(name, 0).ok_or_else(|| format!("`{name}` is no unit"))?
        };
        match self.exponent()? {
            1 => Ok(measure),
            exponent => Ok(measure.power(exponent)),
        }
    }

    /// `^2`, `**2`, `2` or `²`, each with a sign.
    fn exponent(&mut self) -> Result<i32, String> {
        const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
        let before = self.rest;
        let marked = self.take(&["^", "**"]);
        let mut digits = String::new();
        let mut characters = self.rest.chars();
        while let Some(character) = characters.clone().next() {
            match RAISED.iter().position(|raised| *raised == character) {
                Some(digit) => digits.push_str(&digit.to_string()),
                None if character.is_ascii_digit() => digits.push(character),
                None if digits.is_empty() && matches!(character, '-' | '⁻' | '−') => digits.push('-'),
                None if digits.is_empty() && matches!(character, '+' | '⁺') => {}
                None => break,
            }
            characters.next();
        }
        if digits.is_empty() || digits == "-" {
            if marked {
                return Err(self.unexpected());
            }
            self.rest = before;
            return Ok(1);
        }
        self.rest = characters.as_str();
        let exponent = digits.parse::<i32>().ok().filter(|exponent| exponent.abs() <= MAX_EXPONENT);
        exponent.ok_or_else(|| format!("`{digits}` is too large a power, expected up to {MAX_EXPONENT}"))
    }
}

/// The unit of that symbol or name, with or without a prefix. A unit by itself comes before one with a prefix: `min` is a
/// minute and not a thousandth of an inch.
fn find(name: &str, depth: usize) -> Option<Measure> {
    if name == "pi" || name == "π" {
        return Some(Measure { factor: Factor::PI, ..Measure::ONE });
    }
    if let Some(unit) = by_symbol(name) {
        return define(unit, depth);
    }
    let prefixed = |prefix: &str, factor: Factor, allowed: &[Prefixes]| {
        let unit = by_symbol(name.strip_prefix(prefix)?).filter(|unit| allowed.contains(&unit.prefixes))?;
        Measure { factor, ..Measure::ONE }.times(define(unit, depth)?)
    };
    let metric = METRIC.iter().find_map(|(prefix, _, tens)| {
        prefixed(prefix, Factor::decimal(1, *tens), &[Prefixes::Metric, Prefixes::Binary])
    });
    let binary = || {
        BINARY.iter().find_map(|(prefix, _, power)| {
            prefixed(prefix, Factor::decimal(1024, 0).power(*power), &[Prefixes::Binary])
        })
    };
    metric.or_else(binary).or_else(|| by_long_name(&name.to_lowercase(), depth))
}

fn by_symbol(symbol: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.symbols.split(' ').any(|known| known == symbol && !known.is_empty()))
}

fn by_long_name(name: &str, depth: usize) -> Option<Measure> {
    if let Some(unit) = by_name(name) {
        return define(unit, depth);
    }
    let prefixed = |prefix: &str, factor: Factor, allowed: &[Prefixes]| {
        let unit = by_name(name.strip_prefix(prefix)?).filter(|unit| allowed.contains(&unit.prefixes))?;
        Measure { factor, ..Measure::ONE }.times(define(unit, depth)?)
    };
    let metric = METRIC.iter().find_map(|(_, prefix, tens)| {
        prefixed(prefix, Factor::decimal(1, *tens), &[Prefixes::Metric, Prefixes::Binary])
    });
    metric.or_else(|| {
        BINARY.iter().find_map(|(_, prefix, power)| {
            prefixed(prefix, Factor::decimal(1024, 0).power(*power), &[Prefixes::Binary])
        })
    })
}

fn by_name(name: &str) -> Option<&'static Unit> {
    let singular = match name {
        "feet" => "foot",
        "lbs" => "pound",
        "secs" => "second",
        "mins" => "minute",
        "centuries" => "century",
        "henries" => "henry",
        _ => name,
    };
    let is = |wanted: &str| {
        UNITS.iter().find(|unit| unit.names.split(' ').any(|known| known == wanted && !known.is_empty()))
    };
    is(singular).or_else(|| is(singular.strip_suffix('s')?)).or_else(|| is(singular.strip_suffix("es")?))
}

fn define(unit: &'static Unit, depth: usize) -> Option<Measure> {
    let first = unit.symbols.split(' ').next().unwrap_or_default();
    if unit.definition.is_empty() {
        let mut measure = Measure::ONE;
        let index = BASES.iter().position(|base| *base == first)?;
        measure.dimension[index] = 1;
        return Some(measure);
    }
    if depth >= MAX_DEPTH {
        return None;
    }
    let mut measure = Parser { rest: unit.definition, depth }.product().ok()?;
    measure.offset = OFFSETS.iter().find(|(symbol, _)| *symbol == first).map_or(0, |(_, offset)| *offset);
    Some(measure)
}

/// `value` of one unit in the other.
pub fn convert(value: f64, from: &Measure, to: &Measure) -> f64 {
    let ratio = from.factor.times(to.factor.inverse());
    if from.offset == 0 && to.offset == 0 {
        return ratio.apply(value);
    }
    // In hundredths, where the zeros are whole numbers: 100 °C are 212 °F and not a little more.
    (ratio.apply(value * 100.0 + f64::from(from.offset)) - f64::from(to.offset)) / 100.0
}

/// The base units of a dimension: `kg*m/s^2`; `1` for a number.
pub fn base_units(dimension: &Dimension) -> String {
    let mut text = String::new();
    let power = |text: &mut String, base: &str, exponent: i32| {
        text.push_str(base);
        if exponent != 1 {
            text.push('^');
            text.push_str(&exponent.to_string());
        }
    };
    for (base, exponent) in BASES.iter().zip(dimension).filter(|(_, exponent)| **exponent > 0) {
        if !text.is_empty() {
            text.push('*');
        }
        power(&mut text, base, *exponent);
    }
    if text.is_empty() {
        text.push('1');
    }
    for (base, exponent) in BASES.iter().zip(dimension).filter(|(_, exponent)| **exponent < 0) {
        text.push('/');
        power(&mut text, base, -exponent);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{define, find, split};
    use crate::table::{BINARY, METRIC, UNITS};

    #[test]
    fn every_definition_makes_sense_and_every_name_is_there_once() {
        let mut seen = std::collections::BTreeSet::new();
        for unit in UNITS {
            assert!(define(unit, 0).is_some(), "{} {}", unit.symbols, unit.names);
            for symbol in unit.symbols.split(' ').filter(|symbol| !symbol.is_empty()) {
                assert!(seen.insert(symbol), "{symbol}");
                assert_eq!(find(symbol, 0), define(unit, 0), "{symbol}");
            }
            for name in unit.names.split(' ').filter(|name| !name.is_empty()) {
                assert_eq!(
                    find(name, 0).map(|found| found.dimension),
                    define(unit, 0).map(|found| found.dimension),
                    "{name}"
                );
                assert!(find(&format!("{name}s"), 0).is_some(), "{name}s");
            }
        }
        for (symbol, name, _) in METRIC {
            assert_eq!(
                find(&format!("{symbol}m"), 0).map(|found| found.dimension),
                find("m", 0).map(|found| found.dimension),
                "{symbol}m"
            );
            assert_eq!(find(&format!("{symbol}W"), 0), find(&format!("{name}watts"), 0), "{name}");
        }
        for (symbol, name, _) in BINARY {
            assert_eq!(find(&format!("{symbol}B"), 0), find(&format!("{name}bytes"), 0), "{name}");
        }
    }

    #[test]
    fn numbers_and_units() {
        for (text, number, unit) in [
            ("5 km/h", "5", " km/h"),
            ("-1.5e3m", "-1.5e3", "m"),
            ("5eV", "5", "eV"),
            ("5e V", "5", "e V"),
            (".5 in", ".5", " in"),
            ("km", "", "km"),
            ("- km", "", "- km"),
            ("1.m", "1.", "m"),
            (".", "", "."),
        ] {
            assert_eq!(split(text), (number, unit), "{text}");
        }
    }
}
