//! The data.

use fastrand::Rng;
use sqlink_guest::prelude::*;

use crate::calendar;
use crate::lists::{COMPANIES, DOMAINS, FIRST_NAMES, JOBS, LAST_NAMES, LATIN, PLACE_BEGINS, PLACE_ENDS, STREETS};
use crate::source::{index, one};

/// The most words, or characters of a pattern, that one call makes.
const MAX_COUNT: i64 = 100_000;

fn out_of_range(function: &str, number: u32, expected: &str) -> Error {
    let message = ["function `", function, "`: argument ", &number.to_string(), " must be ", expected];
    Error::new(Error::RANGE, message.concat())
}

/// A person: first name, last name. The first choices of the topic.
fn person(rng: &mut Rng) -> (&'static str, &'static str) {
    (one(rng, &FIRST_NAMES), one(rng, &LAST_NAMES))
}

pub fn name(rng: &mut Rng) -> String {
    let (first, last) = person(rng);
    [first, " ", last].concat()
}

pub fn first_name(rng: &mut Rng) -> String {
    person(rng).0.to_owned()
}

pub fn last_name(rng: &mut Rng) -> String {
    person(rng).1.to_owned()
}

pub fn username(rng: &mut Rng) -> String {
    let (first, last) = person(rng);
    let number = rng.u32(0..1000);
    [&first[..1], last, &number.to_string()].concat().to_ascii_lowercase()
}

pub fn email(rng: &mut Rng) -> String {
    let (first, last) = person(rng);
    let number = rng.u32(0..1000);
    [first, ".", last, &number.to_string(), "@", one(rng, &DOMAINS)].concat().to_ascii_lowercase()
}

/// In the range that the North American plan keeps for fiction.
pub fn phone(rng: &mut Rng) -> String {
    let area = rng.u32(201..990);
    format!("({area}) 555-01{:02}", rng.u32(0..100))
}

pub fn job(rng: &mut Rng) -> String {
    one(rng, &JOBS).to_owned()
}

pub fn company(rng: &mut Rng) -> String {
    [one(rng, &LAST_NAMES), " ", one(rng, &COMPANIES)].concat()
}

/// The first choices of the topic.
pub fn city(rng: &mut Rng) -> String {
    [one(rng, &PLACE_BEGINS), one(rng, &PLACE_ENDS)].concat()
}

pub fn address(rng: &mut Rng) -> String {
    let city = city(rng);
    let number = rng.u32(1..1000).to_string();
    [&number, " ", one(rng, &LAST_NAMES), " ", one(rng, &STREETS), ", ", &city].concat()
}

pub fn word(rng: &mut Rng) -> String {
    one(rng, &LATIN).to_owned()
}

pub fn words(function: &str, rng: &mut Rng, count: i64) -> Result<String, Error> {
    if !(0..=MAX_COUNT).contains(&count) {
        return Err(out_of_range(function, 1, "from 0 to 100000"));
    }
    let words: Vec<&str> = (0..count).map(|_| one(rng, &LATIN)).collect();
    Ok(words.join(" "))
}

pub fn sentence(rng: &mut Rng) -> String {
    let count = rng.u32(5..=14);
    let mut sentence = String::new();
    for place in 0..count {
        let word = one(rng, &LATIN);
        if place == 0 {
            sentence.push_str(&word[..1].to_ascii_uppercase());
            sentence.push_str(&word[1..]);
            continue;
        }
        // Never before the last word.
        if place + 1 < count && rng.u32(0..8) == 0 {
            sentence.push(',');
        }
        sentence.push(' ');
        sentence.push_str(word);
    }
    sentence.push('.');
    sentence
}

pub fn paragraph(rng: &mut Rng) -> String {
    let count = rng.u32(3..=7);
    (0..count).map(|_| sentence(rng)).collect::<Vec<_>>().join(" ")
}

pub fn integer(function: &str, rng: &mut Rng, least: i64, most: i64) -> Result<i64, Error> {
    if least > most {
        return Err(out_of_range(function, 2, "at least argument 1"));
    }
    Ok(rng.i64(least..=most))
}

pub fn real(function: &str, rng: &mut Rng, least: f64, most: f64) -> Result<f64, Error> {
    if !(least <= most && (most - least).is_finite()) {
        return Err(out_of_range(function, 2, "at least argument 1, and both finite"));
    }
    Ok((least + (most - least) * rng.f64()).clamp(least, most))
}

pub fn boolean(rng: &mut Rng) -> bool {
    rng.bool()
}

/// A day from the first to the last one.
pub fn date(function: &str, rng: &mut Rng, from: &str, to: &str) -> Result<String, Error> {
    let (from, to) = days(function, from, to)?;
    Ok(calendar::to_text(rng.i64(from..=to)))
}

/// A second from the beginning of the first to the end of the last day.
pub fn datetime(function: &str, rng: &mut Rng, from: &str, to: &str) -> Result<String, Error> {
    let (from, to) = days(function, from, to)?;
    let day = calendar::to_text(rng.i64(from..=to));
    let second = rng.u32(0..86_400);
    Ok(format!("{day} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60))
}

fn days(function: &str, from: &str, to: &str) -> Result<(i64, i64), Error> {
    let day = |number: u32, text: &str| {
        calendar::parse(text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            let number = number.to_string();
            let message =
                ["function `", function, "`: argument ", &number, " is no date: `", &shown, "`, expected `YYYY-MM-DD`"];
            Error::new(Error::ERROR, message.concat())
        })
    };
    let (from, to) = (day(1, from)?, day(2, to)?);
    if from > to { Err(out_of_range(function, 2, "no earlier than argument 1")) } else { Ok((from, to)) }
}

/// An element of a JSON array, as an SQL value like that of `->>`.
pub fn pick(function: &str, rng: &mut Rng, list: &str) -> Result<Value, Error> {
    let refuse = |reason: &str| {
        let message = ["function `", function, "`: argument 1 is no JSON array with elements: ", reason];
        Error::new(Error::ERROR, message.concat())
    };
    let list: Vec<serde_json::Value> = serde_json::from_str(list).map_err(|error| refuse(&error.to_string()))?;
    if list.is_empty() {
        return Err(refuse("it is empty"));
    }
    Ok(match &list[index(rng, list.len())] {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => value.into_value(),
        serde_json::Value::Number(number) => {
            number.as_i64().map(Value::Integer).or_else(|| number.as_f64().map(Value::Real)).unwrap_or(Value::Null)
        }
        serde_json::Value::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    })
}

/// In the form of version 4 (RFC 9562).
pub fn uuid(rng: &mut Rng) -> String {
    let mut bytes = rng.u128(..).to_be_bytes();
    bytes[6] = 0x40 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// `#` becomes a digit, `?` a letter, `*` one of both; `\` before one of them keeps it.
pub fn pattern(function: &str, rng: &mut Rng, pattern: &str) -> Result<String, Error> {
    if i64::try_from(pattern.len()).map_or(true, |length| length > MAX_COUNT) {
        return Err(Error::new(Error::TOOBIG, ["function `", function, "`: argument 1 is over 100000 bytes"].concat()));
    }
    let mut text = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '#' => text.push(rng.digit(10)),
            '?' => text.push(rng.lowercase()),
            '*' => text.push(rng.digit(36)),
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    Ok(text)
}

/// In the ranges kept for documentation (RFC 5737).
pub fn ipv4(rng: &mut Rng) -> String {
    [one(rng, &["192.0.2.", "198.51.100.", "203.0.113."]), &rng.u32(1..255).to_string()].concat()
}

pub fn color(rng: &mut Rng) -> String {
    format!("#{:06x}", rng.u32(..0x100_0000))
}
