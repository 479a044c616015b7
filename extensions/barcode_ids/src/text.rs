//! Numbers as people write them, and the check digits several of them share.

use sqlink_guest::prelude::*;

/// The longest text that may be a number: longer ones are none.
const MAX_BYTES: usize = 64;

/// An argument that may be a number: text, or an integer.
#[derive(Clone, Copy)]
pub struct Id<'a>(ValueRef<'a>);

impl<'a> FromValue<'a> for Id<'a> {
    const EXPECTED: &'static str = "text or an integer";

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        matches!(value, ValueRef::Text(_) | ValueRef::Integer(_)).then_some(Self(value))
    }
}

impl Id<'_> {
    /// Without white space, hyphens, dashes and `extra`, in upper case; empty if something else than ASCII letters and
    /// digits is left, or too much.
    pub fn compact(self, extra: &[char]) -> String {
        let text = self.0.to_string();
        if text.len() > MAX_BYTES {
            return String::new();
        }
        let is_gap = |character: &char| {
            character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}') || extra.contains(character)
        };
        let compact: String = text.chars().filter(|character| !is_gap(character)).collect();
        if compact.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            compact.to_ascii_uppercase()
        } else {
            String::new()
        }
    }

    /// The digits, if there is nothing else and between `least` and `most` of them.
    pub fn digits(self, least: usize, most: usize) -> Option<Vec<u8>> {
        let compact = self.compact(&[]);
        if (least..=most).contains(&compact.len()) { digits(&compact) } else { None }
    }
}

/// The values of the digits, if there is nothing else.
pub fn digits(text: &str) -> Option<Vec<u8>> {
    text.bytes().map(|byte| byte.is_ascii_digit().then(|| byte - b'0')).collect()
}

/// Digits by weights from the left, added up.
pub fn weigh(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// Luhn's sum of digits, of which the last has weight 1 (ISO/IEC 7812-1, annex B).
pub fn luhn(digits: &[u8]) -> u32 {
    let doubled = |digit: u8| u32::from(if digit > 4 { 2 * digit - 9 } else { 2 * digit });
    digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { u32::from(*digit) } else { doubled(*digit) })
        .sum()
}

/// The sum of GTINs, of which the last digit has weight 1 and the one before 3 (GS1 General Specifications, 7.9).
pub fn gtin(digits: &[u8]) -> u32 {
    digits.iter().rev().enumerate().map(|(index, digit)| u32::from(*digit) * if index % 2 == 0 { 1 } else { 3 }).sum()
}

/// The number that letters (A is 10) and digits spell, modulo 97 (ISO/IEC 7064, MOD 97-10).
pub fn modulo_97(text: &str) -> u32 {
    text.chars()
        .filter_map(|character| character.to_digit(36))
        .fold(0, |rest, value| (if value < 10 { rest * 10 } else { rest * 100 } + value) % 97)
}

/// True if the last digit is right after ISO/IEC 7064, MOD 11,10.
pub fn is_mod_11_10(digits: &[u8]) -> bool {
    let Some((last, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + u32::from(*last)) % 10 == 1
}
