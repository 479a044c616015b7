//! Compiled patterns.

use std::rc::Rc;

use regex::{Regex, RegexBuilder};
use sqlink_guest::{Error, LruCache};

/// How many compiled patterns are kept: a query rarely has more, and each may take [`MAX_PROGRAM_BYTES`] and its DFA cache.
const CAPACITY: usize = 16;

/// Limit on one compiled pattern.
const MAX_PROGRAM_BYTES: usize = 2 << 20;

/// Limit on the DFA states kept for one pattern; beyond it, they are dropped and built anew.
const MAX_DFA_BYTES: usize = 1 << 20;

/// How much of a pattern an error message shows, in characters.
const SHOWN_CHARS: usize = 80;

thread_local! {
    static PATTERNS: LruCache<Rc<Regex>, CAPACITY> = const { LruCache::new() };
}

/// Calls `work` with the compiled `pattern`.
///
/// # Errors
/// A pattern that is no regular expression or compiles to more than [`MAX_PROGRAM_BYTES`], named together with `function`;
/// else what `work` returns.
pub fn with<T>(function: &str, pattern: &str, work: impl FnOnce(&Regex) -> Result<T, Error>) -> Result<T, Error> {
    let regex = PATTERNS.with(|patterns| {
        patterns.try_get_or_insert(pattern, |pattern| {
            RegexBuilder::new(pattern)
                .size_limit(MAX_PROGRAM_BYTES)
                .dfa_size_limit(MAX_DFA_BYTES)
                .build()
                .map(Rc::new)
                .map_err(|error| refuse(function, pattern, &error))
        })
    })?;
    work(&regex)
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
