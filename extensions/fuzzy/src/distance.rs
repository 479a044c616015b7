//! Distances and similarities of two texts, character by character.

use rapidfuzz::distance;

/// The distance, or `max + 1` if it is over `max`.
pub fn levenshtein(a: &str, b: &str, max: Option<usize>) -> usize {
    let most = max.unwrap_or(usize::MAX);
    let args = distance::levenshtein::Args::default().score_cutoff(most);
    distance::levenshtein::distance_with_args(a.chars(), b.chars(), &args).unwrap_or(most.saturating_add(1))
}

pub fn damerau_levenshtein(a: &str, b: &str) -> usize {
    distance::damerau_levenshtein::distance(a.chars(), b.chars())
}

pub fn osa(a: &str, b: &str) -> usize {
    distance::osa::distance(a.chars(), b.chars())
}

/// `None` if the texts have not the same length.
pub fn hamming(a: &str, b: &str) -> Option<usize> {
    distance::hamming::distance(a.chars(), b.chars()).ok()
}

pub fn jaro(a: &str, b: &str) -> f64 {
    distance::jaro::similarity(a.chars(), b.chars())
}

pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    distance::jaro_winkler::similarity(a.chars(), b.chars())
}
