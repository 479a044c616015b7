//! Compiled patterns, most recently used first.

use std::cell::RefCell;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};
use sqlink_guest::Error;

/// How many compiled patterns are kept: a query rarely has more, and each may take [`MAX_PROGRAM_BYTES`] and its DFA cache.
const CAPACITY: usize = 16;

/// Limit on one compiled pattern.
const MAX_PROGRAM_BYTES: usize = 2 << 20;

/// Limit on the DFA states kept for one pattern; beyond it, they are dropped and built anew.
const MAX_DFA_BYTES: usize = 1 << 20;

/// How much of a pattern an error message shows, in characters.
const SHOWN_CHARS: usize = 80;

struct Entry {
    pattern: Box<str>,
    regex: Rc<Regex>,
}

thread_local! {
    static CACHE: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with the compiled `pattern`.
///
/// # Errors
/// A pattern that is no regular expression or compiles to more than [`MAX_PROGRAM_BYTES`], named together with `function`;
/// else what `work` returns.
pub fn with<T>(function: &str, pattern: &str, work: impl FnOnce(&Regex) -> Result<T, Error>) -> Result<T, Error> {
    let regex = CACHE.with_borrow_mut(|cache| find(cache, function, pattern))?;
    work(&regex)
}

fn find(cache: &mut Vec<Entry>, function: &str, pattern: &str) -> Result<Rc<Regex>, Error> {
    if let Some(index) = cache.iter().position(|entry| *entry.pattern == *pattern) {
        // The front entry is the common case: one pattern for all rows.
        cache[..=index].rotate_right(1);
        return Ok(Rc::clone(&cache[0].regex));
    }
    let regex = RegexBuilder::new(pattern)
        .size_limit(MAX_PROGRAM_BYTES)
        .dfa_size_limit(MAX_DFA_BYTES)
        .build()
        .map_err(|error| refuse(function, pattern, &error))?;
    let regex = Rc::new(regex);
    cache.truncate(CAPACITY - 1);
    cache.insert(0, Entry { pattern: pattern.into(), regex: Rc::clone(&regex) });
    Ok(regex)
}

/// The `regex` crate draws a picture over several lines; its last line says what is wrong.
fn refuse(function: &str, pattern: &str, error: &regex::Error) -> Error {
    let text = error.to_string();
    let reason = match error {
        regex::Error::CompiledTooBig(_) => "it compiles to more than 2097152 bytes",
        _ => text.lines().last().map_or("", |line| line.trim_start_matches("error: ")),
    };
    let mut shown: String = pattern.chars().take(SHOWN_CHARS).collect();
    if shown.len() < pattern.len() {
        shown.push('…');
    }
    let message = ["function `", function, "`: `", &shown, "` is not a regular expression: ", reason];
    Error::new(Error::ERROR, message.concat())
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Entry, find};

    fn patterns(cache: &[Entry]) -> Vec<&str> {
        cache.iter().map(|entry| &*entry.pattern).collect()
    }

    #[test]
    fn the_least_recently_used_pattern_goes() {
        let mut cache = Vec::new();
        for index in 0..CAPACITY {
            assert!(find(&mut cache, "f", &format!("p{index}")).is_ok());
        }
        // `p0` is used again, so `p1` is now the oldest.
        assert!(find(&mut cache, "f", "p0").is_ok());
        assert_eq!(patterns(&cache)[0], "p0");
        assert!(find(&mut cache, "f", "new").is_ok());
        assert_eq!(cache.len(), CAPACITY);
        assert_eq!(&patterns(&cache)[..2], ["new", "p0"]);
        assert!(!patterns(&cache).contains(&"p1"));
    }

    #[test]
    fn a_bad_pattern_is_not_kept() {
        let mut cache = Vec::new();
        assert!(find(&mut cache, "f", "(").is_err());
        assert!(cache.is_empty());
    }
}
