//! The vocabulary in memory, and searching it.

use std::cmp::Ordering;

use rapidfuzz::distance::osa;

/// A word with how much it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its number in the table.
    pub rowid: i64,
    /// As it is written.
    pub text: String,
    /// Larger for more common words.
    pub rank: i64,
}

/// A word that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// The word.
    pub word: &'a Word,
    /// Number of changes: a character inserted, deleted or replaced, or two neighbours swapped.
    pub distance: usize,
}

/// Words, with their characters folded for comparison.
#[derive(Debug, Default)]
pub struct Words {
    words: Vec<(Word, Vec<char>)>,
}

/// What is compared: lower case, so that `Berlin` is found by `berlin`.
pub fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl Words {
    /// Adds a word.
    pub fn add(&mut self, word: Word) {
        let characters = folded(&word.text);
        self.words.push((word, characters));
    }

    /// The `top` nearest words within `scope` changes: nearest first, then by rank, then in alphabetical order. With
    /// `prefix`, words that begin with `pattern` or nearly so.
    pub fn search(&self, pattern: &[char], top: usize, scope: usize, prefix: bool) -> Vec<Match<'_>> {
        let compare = osa::BatchComparator::new(pattern.iter().copied());
        let bound = osa::Args::default().score_cutoff(scope);
        let mut found: Vec<Match<'_>> = Vec::new();
        for (word, characters) in &self.words {
            let whole = || compare.distance_with_args(characters.iter().copied(), &bound);
            let distance = if prefix && characters.len() > pattern.len() {
                // The best of the beginnings that are about as long as the pattern.
                let shortest = pattern.len().saturating_sub(scope).max(1);
                let longest = (pattern.len() + scope).min(characters.len());
                (shortest..=longest)
                    .filter_map(|len| compare.distance_with_args(characters.iter().take(len).copied(), &bound))
                    .min()
            } else {
                whole()
            };
            if let Some(distance) = distance {
                found.push(Match { word, distance });
            }
        }
        found.sort_by(order);
        found.truncate(top);
        found
    }
}

fn order(a: &Match<'_>, b: &Match<'_>) -> Ordering {
    let by_rank = || b.word.rank.cmp(&a.word.rank);
    a.distance.cmp(&b.distance).then_with(by_rank).then_with(|| a.word.text.cmp(&b.word.text))
}
