//! Regular expressions as JSON Schema has them (ECMA-262), on the crate `regex`.

use core::fmt::Write as _;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// Limits on one compiled pattern, in bytes, tried one after another. The room that a pattern takes is the one it fits in.
const SIZES: [usize; 3] = [64 << 10, 512 << 10, 2 << 20];

/// Limit on all compiled patterns of a schema, in bytes: 1,024 small ones.
const MAX_BYTES: usize = 64 << 20;

/// What `\s` stands for in ECMA-262.
const WHITE_SPACE: &str = "\\t-\\r\\p{Zs}\\x{2028}\\x{2029}\\x{feff}";

/// The patterns of a schema.
#[derive(Default)]
pub struct Patterns {
    known: HashMap<String, Regex>,
    taken: usize,
}

impl Patterns {
    /// The compiled pattern.
    ///
    /// # Errors
    /// In one line, why it is none. There is no look-around and there are no back-references: they would need more than
    /// linear time.
    pub fn compile(&mut self, pattern: &str) -> Result<Regex, String> {
        if let Some(regex) = self.known.get(pattern) {
            return Ok(regex.clone());
        }
        let translated = translate(pattern);
        for size in SIZES {
            if self.taken + size > MAX_BYTES {
                return Err(format!("all patterns together compile to more than {MAX_BYTES} bytes"));
            }
            match RegexBuilder::new(&translated).size_limit(size).build() {
                Ok(regex) => {
                    self.taken += size;
                    self.known.insert(pattern.to_owned(), regex.clone());
                    return Ok(regex);
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                // A picture over several lines, of which the last one says what is wrong.
                Err(error) => {
                    let text = error.to_string();
                    return Err(text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned());
                }
            }
        }
        Err(format!("it compiles to more than {} bytes", SIZES[2]))
    }
}

/// Where the two languages differ: `\d`, `\w` and `\b` know ASCII only in ECMA-262, `\s` knows other characters, `\cA` is a
/// control character, and in brackets `[`, `&` and `~` mean themselves.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut in_brackets = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => translated.push_str("[0-9]"),
                Some('D') => translated.push_str("[^0-9]"),
                Some('w') => translated.push_str("[0-9A-Za-z_]"),
                Some('W') => translated.push_str("[^0-9A-Za-z_]"),
                Some('s') => translated.extend(["[", WHITE_SPACE, "]"]),
                Some('S') => translated.extend(["[^", WHITE_SPACE, "]"]),
                Some('b') if in_brackets => translated.push_str("\\x08"),
                Some('b') => translated.push_str("(?-u:\\b)"),
                Some('c') if characters.peek().is_some_and(char::is_ascii_alphabetic) => {
                    let letter = characters.next().map_or(0, |letter| u32::from(letter) & 31);
                    // Writing to a `String` does not fail.
                    _ = write!(translated, "\\x{letter:02x}");
                }
                Some(escaped) => translated.extend(['\\', escaped]),
                None => translated.push('\\'),
            },
            '[' if !in_brackets => {
                in_brackets = true;
                translated.push('[');
            }
            '[' | '&' | '~' if in_brackets => translated.extend(['\\', character]),
            ']' => {
                in_brackets = false;
                translated.push(']');
            }
            _ => translated.push(character),
        }
    }
    translated
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::Patterns;

    fn compile(pattern: &str) -> Result<Regex, String> {
        Patterns::default().compile(pattern)
    }

    #[test]
    fn as_in_ecma_262() {
        for (pattern, text, expected) in [
            ("^\\d+$", "12", true),
            // Bengali digits.
            ("^\\d+$", "\u{9e7}\u{9e8}", false),
            ("^\\w$", "é", false),
            ("^\\W$", "é", true),
            ("^[\\s]\\s$", "\u{feff}\u{a0}", true),
            ("\\s", "\u{85}", false),
            ("^\\S$", "\u{85}", true),
            ("[\\d-]", "-", true),
            ("^[^\\w]$", "x", false),
            ("^[[a&&b~~]$", "[", true),
            ("^[[a&&b~~]$", "&", true),
            ("^[\\]x]$", "]", true),
            ("^\\cC$", "\u{3}", true),
            ("^[\\b]$", "\u{8}", true),
            ("\\bfoo\\b", "a foo b", true),
            ("^\\/\\-$", "/-", true),
            ("^\\p{Letter}cole$", "Ecole!", false),
            ("\\p{Letter}cole", "École", true),
            ("a.c", "a\nc", false),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (pattern, reason) in [
            ("(", "unclosed group"),
            ("(?=a)", "look-around"),
            ("(a)\\1", "backreferences are not supported"),
            ("\\", "incomplete escape sequence"),
            ("(?:(?:(?:a{1000}){1000}){1000})", "more than 2097152 bytes"),
        ] {
            let found = compile(pattern).unwrap_err();
            assert!(found.contains(reason), "{pattern}: {found}");
        }
        assert!(compile(&"(".repeat(10_000)).is_err());
    }

    #[test]
    fn all_together_are_bounded() {
        let mut patterns = Patterns::default();
        for number in 0..1024 {
            assert!(patterns.compile(&format!("^{number}$")).is_ok());
        }
        assert!(patterns.compile("^7$").is_ok(), "it is known");
        assert_eq!(patterns.compile("new").unwrap_err(), "all patterns together compile to more than 67108864 bytes");
        let mut large = Patterns::default();
        let fit = (0..100).take_while(|number| large.compile(&format!("\\p{{L}}{{25}}{number}")).is_ok()).count();
        assert_eq!(fit, 32);
    }
}
