use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::{regexp, regexp_count, regexp_extract, regexp_replace};

fn integer(value: i64) -> Result<Value, Error> {
    Ok(Value::Integer(value))
}

fn text(value: &str) -> Result<Value, Error> {
    Ok(Value::from(value))
}

fn message(result: Result<Value, Error>) -> String {
    match result {
        Err(error) => error.message().to_owned(),
        Ok(value) => panic!("{value:?} is no error"),
    }
}

#[test]
fn the_pattern_comes_first() {
    // `'abc' REGEXP '^a'` is `regexp('^a', 'abc')`.
    assert_eq!(call::<regexp>(&["^a".into(), "abc".into()]), integer(1));
    assert_eq!(call::<regexp>(&["^b".into(), "abc".into()]), integer(0));
    assert_eq!(call::<regexp>(&["".into(), "".into()]), integer(1));
}

#[test]
fn unicode_classes_and_case() {
    for (pattern, subject, expected) in [
        (r"^\w+$", "Größe", 1),
        (r"(?i)^GRÖSSE$", "grösse", 1),
        (r"^\p{Greek}+$", "αβγ", 1),
        (r"^\p{Lu}", "Éa", 1),
        (r"^.$", "€", 1),
        (r"^\d$", "٣", 1),
        (r"(?-u)^\d$", "٣", 0),
        (r"(?m)^b$", "a\nb\nc", 1),
        (r"a.c", "a\0c", 1),
    ] {
        let result = call::<regexp>(&[pattern.into(), subject.into()]);
        assert_eq!(result, integer(expected), "{pattern} on {subject}");
    }
}

#[test]
fn replace_expands_groups() {
    for (subject, pattern, replacement, expected) in [
        ("a1b22", r"\d+", "#", "a#b#"),
        ("2026-11-22", r"(\d+)-(\d+)-(\d+)", "$3.$2.$1", "22.11.2026"),
        ("John Smith", r"(?<first>\w+) (?<last>\w+)", "$last, $first", "Smith, John"),
        ("x", "x", "$$1", "$1"),
        ("ab", r"(a)(b)?", "${1}z", "az"),
        ("abc", "x", "y", "abc"),
        ("abc", "", "-", "-a-b-c-"),
        ("äö", "", "-", "-ä-ö-"),
        ("abc", "b", "", "ac"),
    ] {
        let result = call::<regexp_replace>(&[subject.into(), pattern.into(), replacement.into()]);
        assert_eq!(result, text(expected), "{pattern} on {subject}");
    }
}

#[test]
fn replace_has_a_limit() {
    let result = call::<regexp_replace>(&[Value::Text("a".repeat(1000)), "a".into(), Value::Text("b".repeat(100_000))]);
    assert_eq!(result, Err(Error::new(Error::TOOBIG, "function `regexp_replace`: the result is over 67108864 bytes")));
}

#[test]
fn extract_takes_a_group() {
    let extract = |args: &[Value]| call::<regexp_extract>(args);
    let (subject, pattern) = (|| Value::from("key=value"), || Value::from(r"(\w+)=(\w+)(!)?"));
    assert_eq!(extract(&[subject(), pattern()]), text("key=value"));
    assert_eq!(extract(&[subject(), pattern(), 1.into()]), text("key"));
    assert_eq!(extract(&[subject(), pattern(), 2.into()]), text("value"));
    // A group that took no part, and no match at all.
    assert_eq!(extract(&[subject(), pattern(), 3.into()]), Ok(Value::Null));
    assert_eq!(extract(&[subject(), "x".into()]), Ok(Value::Null));
    for group in [4, -1, i64::MAX] {
        let found = message(extract(&[subject(), pattern(), Value::Integer(group)]));
        assert_eq!(found, format!("function `regexp_extract`: argument 3 must be a group from 0 to 3, found {group}"));
    }
}

#[test]
fn count_does_not_overlap() {
    assert_eq!(call::<regexp_count>(&["aaaa".into(), "aa".into()]), integer(2));
    assert_eq!(call::<regexp_count>(&["äbc".into(), "".into()]), integer(4));
    assert_eq!(call::<regexp_count>(&["".into(), "x".into()]), integer(0));
}

#[test]
fn null_gives_null() {
    assert_eq!(call::<regexp>(&[Value::Null, "a".into()]), Ok(Value::Null));
    assert_eq!(call::<regexp>(&["(".into(), Value::Null]), Ok(Value::Null));
    assert_eq!(call::<regexp_extract>(&["a".into(), "a".into(), Value::Null]), Ok(Value::Null));
}

#[test]
fn a_bad_pattern_is_one_line() {
    assert_eq!(
        message(call::<regexp>(&["a(b".into(), "x".into()])),
        "function `regexp`: `a(b` is not a regular expression: unclosed group"
    );
    let big = message(call::<regexp>(&[r"(\w{1000}){1000}".into(), "x".into()]));
    assert_eq!(
        big,
        r"function `regexp`: `(\w{1000}){1000}` is not a regular expression: it compiles to more than 2097152 bytes"
    );
    let long = message(call::<regexp>(&[Value::Text(format!("({}", "é".repeat(500))), "x".into()]));
    assert!(long.len() < 300 && !long.contains('\n'), "{long}");
}

#[test]
fn a_type_that_does_not_fit_is_named() {
    assert_eq!(
        message(call::<regexp>(&["a".into(), 5.into()])),
        "function `regexp`: argument 2 must be text, found integer"
    );
}

#[test]
fn time_is_linear() {
    // Takes ages in an engine that backtracks.
    let subject = Value::Text("a".repeat(30));
    let pattern = Value::Text(format!("^{}{}$", "a?".repeat(30), "a".repeat(30)));
    assert_eq!(call::<regexp>(&[pattern, subject]), integer(1));
    let nested = [Value::from("^(a+)+$"), Value::Text(format!("{}b", "a".repeat(50_000)))];
    assert_eq!(call::<regexp>(&nested), integer(0));
}
