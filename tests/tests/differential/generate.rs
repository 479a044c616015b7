//! Values and texts that several tests draw from.

use proptest::prelude::*;
use proptest::sample::select;

/// Makes SQL, whole or in part.
pub type Sql = BoxedStrategy<String>;

/// A literal of any storage class; few different ones, so that many are equal.
pub fn literal() -> Sql {
    prop_oneof![
        3 => Just("NULL".to_owned()),
        6 => (-3..6_i64).prop_map(|n| n.to_string()),
        2 => select(vec!["-9223372036854775808", "9223372036854775807", "4294967296"]).prop_map(str::to_owned),
        3 => select(vec!["0.5", "-0.0", "2.0", "1e300", "-9e999", "9223372036854775807.0", "3.000000000000001"])
            .prop_map(str::to_owned),
        6 => text(),
        2 => select(vec!["x''", "x'00'", "x'6162'", "x'7f'"]).prop_map(str::to_owned),
    ]
    .boxed()
}

/// A text literal.
pub fn text() -> Sql {
    select(vec!["''", "'a'", "'A'", "'b'", "'ab'", "'aB'", "'abc'", "'2'", "'a b'", "'ä'", "'\u{10ffff}'", "'zz'"])
        .prop_map(str::to_owned)
        .boxed()
}

/// A literal of an integer, or NULL: what most functions can do something with.
pub fn number() -> Sql {
    prop_oneof![
        1 => Just("NULL".to_owned()),
        6 => (-9..10_i64).prop_map(|n| n.to_string()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
    ]
    .boxed()
}

/// `VALUES` of rows with these columns, up to `most` of them.
pub fn rows(columns: Vec<Sql>, most: usize) -> BoxedStrategy<Option<String>> {
    prop::collection::vec(columns, 0..=most)
        .prop_map(|rows| {
            let row = |row: &Vec<String>| format!("({})", row.join(", "));
            (!rows.is_empty()).then(|| format!("VALUES {}", rows.iter().map(row).collect::<Vec<_>>().join(", ")))
        })
        .boxed()
}

/// One of these.
pub fn one_of(choices: &'static [&'static str]) -> Sql {
    select(choices).prop_map(str::to_owned).boxed()
}

/// This in half of the cases, else nothing.
pub fn perhaps(strategy: impl Strategy<Value = String> + 'static) -> Sql {
    prop::option::of(strategy).prop_map(Option::unwrap_or_default).boxed()
}
