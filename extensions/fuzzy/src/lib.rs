//! SQLink extension `fuzzy`: edit distances, similarity by trigrams, and codes for how words sound.
//!
//! Distances count code points. Everything is deterministic and innocuous, imports nothing but the log, and keeps nothing
//! between calls.
//!
//! Source: <https://www.postgresql.org/docs/current/fuzzystrmatch.html> · <https://www.postgresql.org/docs/current/pgtrgm.html>
//! for names and results
#![forbid(unsafe_code)]

mod distance;
mod phonetic;
mod trigrams;

use phonetic::Code;
use sqlink_guest::prelude::*;
use trigrams::{Extent, Trigrams};

/// The most pairs of characters, one of each text, that one call compares.
const MAX_PAIRS: usize = 100_000_000;

/// How many characters have to be inserted, deleted or replaced to get from `a` to `b`.
#[scalar(deterministic, innocuous)]
fn levenshtein(a: &str, b: &str) -> Result<i64, Error> {
    check_work("levenshtein", a, b)?;
    Ok(i64::try_from(distance::levenshtein(a, b, None))?)
}

/// The same, but `max + 1` for everything over `max`, which is faster to find.
#[scalar(deterministic, innocuous)]
fn levenshtein_less_equal(a: &str, b: &str, max: i64) -> Result<i64, Error> {
    check_work("levenshtein_less_equal", a, b)?;
    if max < 0 {
        let message = "function `levenshtein_less_equal`: argument 3 must be an integer from 0, found ";
        return Err(Error::new(Error::RANGE, [message, &max.to_string()].concat()));
    }
    let most = usize::try_from(max).unwrap_or(usize::MAX);
    Ok(i64::try_from(distance::levenshtein(a, b, Some(most)))?)
}

/// As `levenshtein`, and swapping two neighbours counts as one; what was swapped may be edited further.
#[scalar(deterministic, innocuous)]
fn damerau_levenshtein(a: &str, b: &str) -> Result<i64, Error> {
    check_work("damerau_levenshtein", a, b)?;
    Ok(i64::try_from(distance::damerau_levenshtein(a, b))?)
}

/// As `damerau_levenshtein`, but nothing is edited twice: the optimal string alignment distance.
#[scalar(deterministic, innocuous)]
fn osa_distance(a: &str, b: &str) -> Result<i64, Error> {
    check_work("osa_distance", a, b)?;
    Ok(i64::try_from(distance::osa(a, b))?)
}

/// In how many places two texts of one length differ; NULL if their lengths do.
#[scalar(deterministic, innocuous)]
fn hamming(a: &str, b: &str) -> Result<Option<i64>, Error> {
    Ok(distance::hamming(a, b).map(i64::try_from).transpose()?)
}

/// Jaro's similarity, 0 to 1: characters in common near the same place, less those out of order.
#[scalar(deterministic, innocuous)]
fn jaro_similarity(a: &str, b: &str) -> Result<f64, Error> {
    check_work("jaro_similarity", a, b)?;
    Ok(distance::jaro(a, b))
}

/// Jaro's similarity with Winkler's bonus for a common beginning of up to four characters, if it is over 0.7.
#[scalar(deterministic, innocuous)]
fn jaro_winkler_similarity(a: &str, b: &str) -> Result<f64, Error> {
    check_work("jaro_winkler_similarity", a, b)?;
    Ok(distance::jaro_winkler(a, b))
}

/// The share of trigrams that `a` and `b` have in common, 0 to 1.
#[scalar(deterministic, innocuous)]
fn similarity(a: &str, b: &str) -> f64 {
    Trigrams::of(a).similarity(&Trigrams::of(b))
}

/// The greatest similarity between `query` and any part of `text`.
#[scalar(deterministic, innocuous)]
fn word_similarity(query: &str, text: &str) -> Result<f64, Error> {
    check_work("word_similarity", text, text)?;
    Ok(Trigrams::of(query).extent_similarity(text, Extent::Any))
}

/// The greatest similarity between `query` and any run of whole words of `text`.
#[scalar(deterministic, innocuous)]
fn strict_word_similarity(query: &str, text: &str) -> Result<f64, Error> {
    check_work("strict_word_similarity", text, text)?;
    Ok(Trigrams::of(query).extent_similarity(text, Extent::Words))
}

/// The trigrams of `text` as a JSON array, each one once and in order.
#[scalar(deterministic, innocuous)]
fn show_trgm(text: &str) -> String {
    Trigrams::of(text).json()
}

/// How many of the four characters of two Soundex codes are the same.
#[scalar(deterministic, innocuous)]
fn difference(a: &str, b: &str) -> Result<i64, Error> {
    let (a, b) = (Code::Soundex.of("difference", a)?, Code::Soundex.of("difference", b)?);
    Ok(i64::try_from(a.bytes().zip(b.bytes()).filter(|(a, b)| a == b).count())?)
}

/// Defines one SQL function per phonetic code.
macro_rules! code_functions {
    ($($(#[$doc:meta])* $function:ident: $code:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $function(word: &str) -> Result<String, Error> {
            Code::$code.of(stringify!($function), word)
        }
    )+};
}

code_functions! {
    /// The American Soundex code: a letter and three digits.
    soundex: Soundex;
    /// Refined Soundex: a letter and a digit for each sound.
    refined_soundex: RefinedSoundex;
    /// The NYSIIS code, up to six letters.
    nysiis: Nysiis;
    /// Caverphone 2.0, ten characters; for names of New Zealand.
    caverphone: Caverphone;
    /// Cologne phonetics, digits; for German.
    cologne_phonetic: Cologne;
}

/// The Metaphone code, up to `max_length` letters.
#[scalar(deterministic, innocuous)]
fn metaphone(word: &str, #[default(255)] max_length: i64) -> Result<String, Error> {
    Code::Metaphone(code_length("metaphone", max_length)?).of("metaphone", word)
}

/// The primary Double Metaphone code, up to `max_length` letters.
#[scalar(deterministic, innocuous)]
fn dmetaphone(word: &str, #[default(4)] max_length: i64) -> Result<String, Error> {
    Code::DoubleMetaphone(code_length("dmetaphone", max_length)?).of("dmetaphone", word)
}

/// The alternate Double Metaphone code: another way to say the word, or the primary one again.
#[scalar(deterministic, innocuous)]
fn dmetaphone_alt(word: &str, #[default(4)] max_length: i64) -> Result<String, Error> {
    Code::DoubleMetaphoneAlternate(code_length("dmetaphone_alt", max_length)?).of("dmetaphone_alt", word)
}

fn code_length(function: &str, found: i64) -> Result<usize, Error> {
    match usize::try_from(found) {
        Ok(length) if (1..=255).contains(&length) => Ok(length),
        _ => {
            let found = found.to_string();
            let message = ["function `", function, "`: argument 2 must be an integer from 1 to 255, found ", &found];
            Err(Error::new(Error::RANGE, message.concat()))
        }
    }
}

/// Refuses texts whose comparison takes too long, by their bytes: cheap to know, and no fewer than characters.
fn check_work(function: &str, a: &str, b: &str) -> Result<(), Error> {
    let within = |a: usize, b: usize| a.saturating_mul(b) <= MAX_PAIRS;
    if within(a.len(), b.len()) || within(a.chars().count(), b.chars().count()) {
        return Ok(());
    }
    let (a, b) = (a.chars().count().to_string(), b.chars().count().to_string());
    let message = [
        "function `",
        function,
        "`: too much work, expected at most ",
        &MAX_PAIRS.to_string(),
        " pairs of characters, found ",
        &a,
        " times ",
        &b,
    ];
    Err(Error::new(Error::TOOBIG, message.concat()))
}

extension! {
    name: "fuzzy",
    description: "Edit distances, similarity by trigrams, and phonetic codes.",
    functions: [
        levenshtein, levenshtein_less_equal, damerau_levenshtein, osa_distance, hamming, jaro_similarity,
        jaro_winkler_similarity, similarity, word_similarity, strict_word_similarity, show_trgm, difference, soundex,
        refined_soundex, metaphone, dmetaphone, dmetaphone_alt, nysiis, caverphone, cologne_phonetic,
    ],
}

#[cfg(test)]
mod tests;
