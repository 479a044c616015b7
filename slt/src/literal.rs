//! The values of `.bind`: SQL literals, so that a script reads as SQL throughout.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::value::{Value, unhex};

/// What a statement's parameters are bound to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Params {
    /// To ?1, ?2, … in order.
    Positional(Vec<Value>),
    /// By name, prefix included (`:a`, `@a`, `$a`).
    Named(BTreeMap<String, Value>),
}

/// Parses the values after `.bind`, separated by white space: `NULL`, an integer, a real, `inf`, `-inf`, `'text'`,
/// `X'00ff'`, or `repeat('ab',3)` and `repeat(X'00',3)` for long ones; all of them, or none, as `:name=literal`.
///
/// # Errors
/// If a literal is malformed, or named and positional values are mixed.
pub fn parse_params(text: &str) -> Result<Params> {
    let mut rest = text.trim_start();
    let mut positional = Vec::new();
    let mut named = BTreeMap::new();
    while !rest.is_empty() {
        let name = if rest.starts_with([':', '@', '$']) {
            let (name, after) = rest.split_once('=').context("expected `=` after a parameter's name")?;
            rest = after;
            Some(name.to_owned())
        } else {
            None
        };
        let (value, after) = parse_literal(rest)?;
        ensure!(
            after.is_empty() || after.starts_with(char::is_whitespace),
            "expected white space between values, found `{after}`"
        );
        rest = after.trim_start();
        match name {
            Some(name) => drop(named.insert(name, value)),
            None => positional.push(value),
        }
    }
    match (positional.is_empty(), named.is_empty()) {
        (_, true) => Ok(Params::Positional(positional)),
        (true, false) => Ok(Params::Named(named)),
        (false, false) => bail!("named and positional values are mixed"),
    }
}

/// Parses one literal and returns it with what follows.
fn parse_literal(text: &str) -> Result<(Value, &str)> {
    if let Some(inner) = text.strip_prefix("repeat(") {
        let (value, rest) = parse_literal(inner)?;
        let (count, rest) =
            rest.strip_prefix(',').and_then(|rest| rest.split_once(')')).context("expected `repeat(literal,count)`")?;
        let count: usize = count.trim().parse().context("expected a count in `repeat`")?;
        let value = match value {
            Value::Text(text) => Value::Text(text.repeat(count)),
            Value::Blob(bytes) => Value::Blob(bytes.repeat(count)),
            other => bail!("`repeat` takes text or a blob, found {}", other.show()),
        };
        return Ok((value, rest));
    }
    if let Some(inner) = text.strip_prefix("X'") {
        let (digits, rest) = inner.split_once('\'').context("a blob literal without its closing quote")?;
        return Ok((Value::Blob(unhex(digits)?), rest));
    }
    if let Some(mut inner) = text.strip_prefix('\'') {
        let mut value = String::new();
        loop {
            let (part, rest) = inner.split_once('\'').context("a text literal without its closing quote")?;
            value.push_str(part);
            match rest.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    inner = more;
                }
                None => return Ok((Value::Text(value), rest)),
            }
        }
    }
    let end = text.find([' ', '\t', '\n', ',', ')']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let value = if word == "NULL" {
        Value::Null
    } else if let Ok(integer) = word.parse() {
        Value::Integer(integer)
    } else {
        Value::Real(word.parse().with_context(|| format!("`{word}` is no SQL literal"))?)
    };
    Ok((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_literals() -> Result<()> {
        let text = "NULL 9223372036854775807 -1.5 inf 'it''s' '' X'00fF' repeat('ab',2)";
        let expected = vec![
            Value::Null,
            Value::Integer(i64::MAX),
            Value::Real(-1.5),
            Value::Real(f64::INFINITY),
            Value::Text("it's".to_owned()),
            Value::Text(String::new()),
            Value::Blob(vec![0, 255]),
            Value::Text("abab".to_owned()),
        ];
        assert_eq!(parse_params(text)?, Params::Positional(expected));
        let named = BTreeMap::from([(":a".to_owned(), Value::Integer(1)), ("$b".to_owned(), Value::Null)]);
        assert_eq!(parse_params(":a=1 $b=NULL")?, Params::Named(named));
        Ok(())
    }

    #[test]
    fn refuses_what_is_no_literal() {
        for text in ["'a", "X'0'", "X'00", "one", "1 :a=2", "'a''", "'a'b", "repeat(1,2)", ":a 1"] {
            assert!(parse_params(text).is_err(), "{text}");
        }
    }
}
