//! Window functions: frames of every kind, with every bound and exclusion.

use proptest::prelude::*;

use crate::generate::{Sql, literal, number, one_of, perhaps, rows};
use crate::pair::{Pair, check};

fn bound() -> Sql {
    prop_oneof![
        1 => Just("UNBOUNDED PRECEDING".to_owned()),
        2 => Just("CURRENT ROW".to_owned()),
        1 => Just("UNBOUNDED FOLLOWING".to_owned()),
        3 => (0..4, one_of(&["PRECEDING", "FOLLOWING"])).prop_map(|(n, to)| format!("{n} {to}")),
    ]
    .boxed()
}

/// Some are invalid, which both sides have to say.
fn frame() -> Sql {
    let exclude =
        one_of(&["", "", "", " EXCLUDE NO OTHERS", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"]);
    let span = prop_oneof![
        4 => (bound(), bound()).prop_map(|(from, to)| format!("BETWEEN {from} AND {to}")),
        2 => (0..4, 0..4).prop_map(|(before, after)| format!("BETWEEN {before} PRECEDING AND {after} FOLLOWING")),
        1 => bound(),
    ];
    (one_of(&["ROWS", "RANGE", "GROUPS"]), span, exclude)
        .prop_map(|(kind, span, exclude)| format!("{kind} {span}{exclude}"))
        .boxed()
}

fn window() -> Sql {
    let partition = perhaps(one_of(&["PARTITION BY g", "PARTITION BY g, x IS NULL", "PARTITION BY typeof(y)"]));
    let order = one_of(&[
        "",
        "ORDER BY x",
        "ORDER BY x",
        "ORDER BY x DESC",
        "ORDER BY x NULLS LAST",
        "ORDER BY y",
        "ORDER BY g, x",
        "ORDER BY rowid DESC",
    ]);
    (partition, order, perhaps(frame()))
        .prop_map(|(partition, order, frame)| format!("({partition} {order} {frame})"))
        .boxed()
}

fn call() -> Sql {
    let inner = one_of(&[
        "kit_sum(x)",
        "kit_sum(x)",
        "kit_rows(x)",
        "kit_rows(x, y)",
        "kit_rows(x, y)",
        "kit_oldest(y)",
        "kit_oldest(x, y)",
        "kit_rows()",
        "kit_total(x)",
        "kit_break('', x)",
        "kit_break(CASE x WHEN 5 THEN 'step' ELSE '' END, x)",
        "kit_break(CASE x WHEN 5 THEN 'inverse' ELSE '' END, x)",
        "kit_break(CASE x WHEN 5 THEN 'current' ELSE '' END, x)",
    ]);
    let filter = one_of(&["", "", "", " FILTER (WHERE x > 0)", " FILTER (WHERE y IS NOT NULL)"]);
    (inner, filter, window()).prop_map(|(inner, filter, window)| format!("{inner}{filter} OVER {window}")).boxed()
}

fn query() -> Sql {
    let calls = prop::collection::vec(call(), 1..3).prop_map(|calls| calls.join(", "));
    let plain = (calls, perhaps(Just(" LIMIT 3 OFFSET 1".to_owned())))
        .prop_map(|(calls, limit)| format!("SELECT x, {calls} FROM d ORDER BY rowid{limit}"));
    let named = (frame(), frame()).prop_map(|(first, second)| {
        format!(
            "SELECT kit_rows(x) OVER (w {first}), kit_sum(x) OVER (w {second}), kit_oldest(y) OVER w FROM d \
             WINDOW w AS (PARTITION BY g ORDER BY x, rowid) ORDER BY rowid"
        )
    });
    let over_groups = frame().prop_map(|frame| {
        format!("SELECT g, kit_sum(kit_sum(x)) OVER (ORDER BY g {frame}), kit_rows(count(*)) OVER (ORDER BY g {frame}) FROM d GROUP BY g ORDER BY g")
    });
    prop_oneof![6 => plain, 1 => named, 1 => over_groups].boxed()
}

#[test]
fn frames_are_the_same() {
    let pair = Pair::new();
    pair.set("CREATE TABLE d(g, x, y)");
    let group = prop_oneof![Just("1".to_owned()), Just("2".to_owned()), Just("NULL".to_owned())];
    let near = prop_oneof![8 => (0..9_i64).prop_map(|n| n.to_string()), 1 => Just("2.5".to_owned()), 1 => number(), 1 => literal()];
    let data = rows(vec![group.boxed(), near.boxed(), literal().boxed()], 14);
    let case = (data, prop::collection::vec(query(), 6));
    check(96, &case, |(data, queries)| pair.agree_about(data, queries));
}
