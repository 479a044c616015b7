//! Trigrams as PostgreSQL's `pg_trgm` makes and compares them.
//!
//! A word is a run of letters and digits, in lower case; two spaces go before it and one after it, and every three
//! neighbouring characters of that are a trigram.

/// Three neighbouring characters.
type Trigram = [char; 3];

/// The trigrams of a text, each once, in order.
pub struct Trigrams(Vec<Trigram>);

/// Which parts of a text are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Any run of neighbouring trigrams.
    Any,
    /// Those that begin and end with words.
    Words,
}

/// A trigram as it comes in a text.
struct Occurrence {
    trigram: Trigram,
    begins_word: bool,
    ends_word: bool,
}

fn occurrences(text: &str) -> Vec<Occurrence> {
    let lower = text.to_lowercase();
    let mut found = Vec::with_capacity(lower.len() + 2);
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut window = [' '; 3];
        let mut begins_word = true;
        for c in word.chars().chain([' ']) {
            window = [window[1], window[2], c];
            found.push(Occurrence { trigram: window, begins_word, ends_word: false });
            begins_word = false;
        }
        if let Some(last) = found.last_mut() {
            last.ends_word = true;
        }
    }
    found
}

/// What both have, over what either has.
#[allow(clippy::cast_precision_loss, reason = "there are fewer trigrams than 2 to the power of 53")]
fn share(common: usize, a: usize, b: usize) -> f64 {
    let either = a + b - common;
    if either == 0 { 0.0 } else { common as f64 / either as f64 }
}

impl Trigrams {
    pub fn of(text: &str) -> Self {
        Self::distinct(&occurrences(text))
    }

    fn distinct(found: &[Occurrence]) -> Self {
        let mut trigrams: Vec<Trigram> = found.iter().map(|occurrence| occurrence.trigram).collect();
        trigrams.sort_unstable();
        trigrams.dedup();
        Self(trigrams)
    }

    pub fn similarity(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0;
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let order = a.cmp(b);
            if order.is_le() {
                left.next();
            }
            if order.is_ge() {
                right.next();
            }
            common += usize::from(order.is_eq());
        }
        share(common, self.0.len(), other.0.len())
    }

    /// The greatest similarity with a part of `text`.
    pub fn extent_similarity(&self, text: &str, extent: Extent) -> f64 {
        let found = occurrences(text);
        let distinct = Self::distinct(&found);
        // Each occurrence as its trigram's number in `distinct`, and for each number whether it is in `self` too.
        let numbers: Vec<usize> =
            found.iter().map(|occurrence| distinct.0.partition_point(|known| *known < occurrence.trigram)).collect();
        let wanted: Vec<bool> = distinct.0.iter().map(|trigram| self.0.binary_search(trigram).is_ok()).collect();
        // The start that last saw each trigram, from 1.
        let mut seen_from = vec![0; distinct.0.len()];
        let mut best = 0.0_f64;
        for start in 0..found.len() {
            let may_start = match extent {
                // The best part begins and ends with what is wanted: anything else at its ends only adds to `either`.
                Extent::Any => wanted[numbers[start]],
                Extent::Words => found[start].begins_word,
            };
            if !may_start {
                continue;
            }
            let (mut common, mut len) = (0, 0);
            for (end, number) in numbers.iter().copied().enumerate().skip(start) {
                if seen_from[number] == start + 1 {
                    // It adds nothing, but a word may end here.
                } else {
                    seen_from[number] = start + 1;
                    len += 1;
                    common += usize::from(wanted[number]);
                }
                if extent == Extent::Any || found[end].ends_word {
                    best = best.max(share(common, self.0.len(), len));
                }
                // However many are still to come, a part of this length can't do better.
                if share(self.0.len(), self.0.len(), len.max(self.0.len())) <= best {
                    break;
                }
            }
        }
        best
    }

    /// As a JSON array. Letters, digits and spaces need no escapes.
    pub fn json(&self) -> String {
        let mut json = String::with_capacity(2 + self.0.len() * 6);
        json.push('[');
        for (index, trigram) in self.0.iter().enumerate() {
            json.push_str(if index == 0 { "\"" } else { ",\"" });
            json.extend(trigram);
            json.push('"');
        }
        json.push(']');
        json
    }
}
