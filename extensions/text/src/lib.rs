//! SQLink extension `text`: Unicode normalization, case, accents, and text by characters as people see them.
//!
//! A character is a grapheme cluster here, wherever something is counted, cut or turned round. Everything is deterministic
//! and innocuous, imports nothing but the log, and keeps nothing between calls.
//!
//! Source: UAX #15 (normalization), UAX #29 (graphemes and words), The Unicode Standard, 3.13 (case)
#![forbid(unsafe_code)]

mod accents;
mod case;
mod collate;
mod form;
mod graphemes;

use core::cmp::Ordering;

use form::Form;
use sqlink_guest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

/// The longest result of functions whose arguments say how long it gets, in bytes.
const MAX_RESULT_BYTES: usize = 64 << 20;

/// `text` in a Unicode normalization form: `NFC`, `NFD`, `NFKC` or `NFKD`.
#[scalar(deterministic, innocuous)]
fn normalize(text: &str, #[default("NFC")] form: &str) -> Result<String, Error> {
    Ok(form_named("normalize", form)?.normalize(text).into_owned())
}

/// True if `text` is in that normalization form already.
#[scalar(deterministic, innocuous)]
fn is_normalized(text: &str, #[default("NFC")] form: &str) -> Result<bool, Error> {
    Ok(form_named("is_normalized", form)?.is_normalized(text))
}

/// `text` as it is compared without regard to case: full case folding. Not for people to read.
#[scalar(deterministic, innocuous)]
fn casefold(text: &str) -> String {
    case::fold(text).into_owned()
}

/// `text` in lower case, all of Unicode; `language` for those with rules of their own, such as `tr`.
#[scalar(deterministic, innocuous)]
fn unicode_lower(text: &str, #[default("")] language: &str) -> Result<String, Error> {
    case::lower(text, language).ok_or_else(|| no_language("unicode_lower", language))
}

/// `text` in upper case, all of Unicode.
#[scalar(deterministic, innocuous)]
fn unicode_upper(text: &str, #[default("")] language: &str) -> Result<String, Error> {
    case::upper(text, language).ok_or_else(|| no_language("unicode_upper", language))
}

/// Every word with its first letter in title case and the rest in lower case.
#[scalar(deterministic, innocuous)]
fn initcap(text: &str, #[default("")] language: &str) -> Result<String, Error> {
    case::title(text, language).ok_or_else(|| no_language("initcap", language))
}

/// `text` without accents: combining marks go, and letters such as `ł` and `ß` become the plain ones nearest to them.
#[scalar(deterministic, innocuous)]
fn unaccent(text: &str) -> String {
    accents::strip(text)
}

/// `text` for an address: in lower case, without accents, and whatever is between words as one `separator`.
#[scalar(deterministic, innocuous)]
fn slug(text: &str, #[default("-")] separator: &str) -> Result<String, Error> {
    check_len("slug", text.len().saturating_add(text.len().saturating_mul(separator.len())))?;
    Ok(accents::slug(text, separator))
}

/// How many characters `text` has.
#[scalar(deterministic, innocuous)]
fn length_grapheme(text: &str) -> Result<i64, Error> {
    Ok(i64::try_from(graphemes::count(text))?)
}

/// As `substr`, but counting characters as people see them.
#[scalar(deterministic, innocuous)]
fn substring_grapheme(text: &str, start: i64, #[default(i64::MAX)] length: i64) -> &str {
    graphemes::substring(text, start, length)
}

/// The first `count` characters; all but the last ones if `count` is negative.
#[scalar(deterministic, innocuous)]
fn left_grapheme(text: &str, count: i64) -> &str {
    &text[..graphemes::boundary(text, count)]
}

/// The last `count` characters; all but the first ones if `count` is negative.
#[scalar(deterministic, innocuous)]
fn right_grapheme(text: &str, count: i64) -> &str {
    match count {
        0 => "",
        _ => &text[graphemes::boundary(text, count.saturating_neg())..],
    }
}

/// `text` backwards, character by character.
#[scalar(deterministic, innocuous)]
fn reverse(text: &str) -> String {
    text.graphemes(true).rev().collect()
}

/// `text` filled up on the left to `length` characters, or cut to them.
#[scalar(deterministic, innocuous)]
fn lpad(text: &str, length: i64, #[default(" ")] fill: &str) -> Result<String, Error> {
    graphemes::pad(text, length, fill, true).ok_or_else(|| too_big("lpad"))
}

/// `text` filled up on the right to `length` characters, or cut to them.
#[scalar(deterministic, innocuous)]
fn rpad(text: &str, length: i64, #[default(" ")] fill: &str) -> Result<String, Error> {
    graphemes::pad(text, length, fill, false).ok_or_else(|| too_big("rpad"))
}

/// `text` `count` times.
#[scalar(deterministic, innocuous)]
fn repeat(text: &str, count: i64) -> Result<String, Error> {
    // Nothing, any number of times, is nothing.
    let count = if text.is_empty() { 0 } else { usize::try_from(count.max(0)).unwrap_or(usize::MAX) };
    check_len("repeat", text.len().saturating_mul(count))?;
    Ok(text.repeat(count))
}

/// The field `index`, from 1, between separators; from the end if negative; empty if there is none.
#[scalar(deterministic, innocuous)]
fn split_part<'a>(text: &'a str, separator: &str, index: i64) -> Result<&'a str, Error> {
    let nth = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    let Some(skipped) = nth.checked_sub(1) else {
        return Err(Error::new(
            Error::RANGE,
            "function `split_part`: argument 3 must be an integer other than 0, found 0",
        ));
    };
    let field = match (separator.is_empty(), index > 0) {
        (true, _) => (skipped == 0).then_some(text),
        (false, true) => text.split(separator).nth(skipped),
        (false, false) => text.rsplit(separator).nth(skipped),
    };
    Ok(field.unwrap_or(""))
}

/// True if `text` begins with `prefix`.
#[scalar(deterministic, innocuous)]
fn starts_with(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
}

/// True if `text` ends with `suffix`.
#[scalar(deterministic, innocuous)]
fn ends_with(text: &str, suffix: &str) -> bool {
    text.ends_with(suffix)
}

/// How many words `text` has.
#[scalar(deterministic, innocuous)]
fn word_count(text: &str) -> Result<i64, Error> {
    Ok(i64::try_from(text.unicode_words().count())?)
}

/// Text without regard to case and to how characters are composed, then by code point.
#[collation(name = "unicode_nocase")]
fn unicode_nocase(a: &str, b: &str) -> Ordering {
    collate::unicode_nocase(a, b)
}

/// Numbers in text by their value, without regard to case; only identical texts are equal. Not `natural`: that is a keyword.
#[collation(name = "natural_sort")]
fn natural_sort(a: &str, b: &str) -> Ordering {
    collate::natural(a, b)
}

fn form_named(function: &str, name: &str) -> Result<Form, Error> {
    Form::named(name).ok_or_else(|| {
        let message = [
            "function `",
            function,
            "`: unknown normalization form `",
            &shown(name),
            "`, expected `NFC`, `NFD`, `NFKC` or `NFKD`",
        ];
        Error::new(Error::ERROR, message.concat())
    })
}

fn no_language(function: &str, language: &str) -> Error {
    let message = [
        "function `",
        function,
        "`: argument 2 must be a language as in BCP 47, such as `tr`, or empty, found `",
        &shown(language),
        "`",
    ];
    Error::new(Error::ERROR, message.concat())
}

/// The beginning of what the user wrote.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

fn check_len(function: &str, len: usize) -> Result<(), Error> {
    if len > MAX_RESULT_BYTES { Err(too_big(function)) } else { Ok(()) }
}

fn too_big(function: &str) -> Error {
    let message = ["function `", function, "`: the result is over ", &MAX_RESULT_BYTES.to_string(), " bytes"];
    Error::new(Error::TOOBIG, message.concat())
}

extension! {
    name: "text",
    description: "Unicode text: normalization, case, accents, slugs, natural order, and characters as people see them.",
    functions: [
        normalize, is_normalized, casefold, unicode_lower, unicode_upper, initcap, unaccent, slug, length_grapheme,
        substring_grapheme, left_grapheme, right_grapheme, reverse, lpad, rpad, repeat, split_part, starts_with,
        ends_with, word_count,
    ],
    collations: [unicode_nocase, natural_sort],
}

#[cfg(test)]
mod tests;
