//! SQLink extension `regexp`: regular expressions in linear time, after the `regex` crate.
//!
//! `X REGEXP Y` works: SQLite calls `regexp(Y, X)`, so the pattern is that function's first argument. In the other functions
//! the text comes first. Matching is Unicode-aware and takes time linear in the text, whatever the pattern; there are
//! no back-references and no look-around. Everything is deterministic and innocuous and imports nothing but the log.
//!
//! Syntax: <https://docs.rs/regex/1.13.2/regex/#syntax>
#![forbid(unsafe_code)]

mod pattern;
mod replace;

use sqlink_guest::prelude::*;

/// True if `pattern` matches anywhere in `text`: `text REGEXP pattern`.
#[scalar(deterministic, innocuous)]
fn regexp(pattern: &str, text: &str) -> Result<bool, Error> {
    pattern::with("regexp", pattern, |regex| Ok(regex.is_match(text)))
}

/// `text` with every match replaced. `$1` and `$name` in `replacement` stand for groups, `${1}` where letters follow,
/// `$$` for a dollar sign.
#[scalar(deterministic, innocuous)]
fn regexp_replace(text: &str, pattern: &str, replacement: &str) -> Result<String, Error> {
    pattern::with("regexp_replace", pattern, |regex| {
        replace::all(regex, text, replacement)
            .ok_or_else(|| Error::new(Error::TOOBIG, "function `regexp_replace`: the result is over 67108864 bytes"))
    })
}

/// What the group matched in the first match, 0 being the whole match; NULL if nothing matches or the group took no part.
#[scalar(deterministic, innocuous)]
fn regexp_extract<'a>(text: &'a str, pattern: &str, #[default(0)] group: i64) -> Result<Option<&'a str>, Error> {
    pattern::with("regexp_extract", pattern, |regex| {
        let index = usize::try_from(group).ok().filter(|index| *index < regex.captures_len());
        match index {
            Some(0) => Ok(regex.find(text).map(|found| found.as_str())),
            Some(index) => Ok(regex.captures(text).and_then(|groups| groups.get(index)).map(|found| found.as_str())),
            None => {
                let last = (regex.captures_len() - 1).to_string();
                let message = [
                    "function `regexp_extract`: argument 3 must be a group from 0 to ",
                    &last,
                    ", found ",
                    &group.to_string(),
                ];
                Err(Error::new(Error::RANGE, message.concat()))
            }
        }
    })
}

/// How many matches `text` holds that do not overlap.
#[scalar(deterministic, innocuous)]
fn regexp_count(text: &str, pattern: &str) -> Result<i64, Error> {
    pattern::with("regexp_count", pattern, |regex| Ok(i64::try_from(regex.find_iter(text).count())?))
}

extension! {
    name: "regexp",
    description: "Regular expressions in linear time: the REGEXP operator, replace, extract and count.",
    functions: [regexp, regexp_replace, regexp_extract, regexp_count],
}

#[cfg(test)]
mod tests;
