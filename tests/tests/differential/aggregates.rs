//! Aggregate functions: groups, DISTINCT, FILTER, ORDER BY among the arguments, groups without rows, and failures.

use proptest::prelude::*;

use crate::generate::{Sql, literal, number, one_of, perhaps, rows};
use crate::pair::{Pair, check};

/// A call, with what may stand behind its name.
fn call() -> Sql {
    let inner = prop_oneof![
        4 => (one_of(&["kit_sum", "kit_group", "kit_rows", "kit_oldest", "kit_total"]), perhaps(Just("DISTINCT ".to_owned())), one_of(&["x", "y", "g", "x + y", "NULL", "typeof(y)"])),
        2 => (one_of(&["kit_rows", "kit_oldest", "kit_total"]), Just(String::new()), one_of(&["y, x", "x, g, y", "*", ""])),
        1 => (Just("kit_break".to_owned()), Just(String::new()), one_of(&["'', x", "CASE x WHEN 3 THEN 'step' ELSE '' END, x", "CASE x WHEN 4 THEN 'finish' ELSE '' END, x", "'current', x"])),
    ];
    let order = perhaps(one_of(&[
        " ORDER BY y",
        " ORDER BY y DESC, x",
        " ORDER BY x NULLS LAST, g DESC",
        " ORDER BY length(y), x",
    ]));
    let filter = perhaps(one_of(&[
        " FILTER (WHERE x > 0)",
        " FILTER (WHERE y IS NOT NULL)",
        " FILTER (WHERE 0)",
        " FILTER (WHERE g = 1)",
    ]));
    (inner, order, filter)
        .prop_map(|((name, distinct, args), order, filter)| {
            let order = if args.is_empty() || args == "*" { "" } else { &order };
            format!("{name}({distinct}{args}{order}){filter}")
        })
        .boxed()
}

fn query() -> Sql {
    let calls = prop::collection::vec(call(), 1..4).prop_map(|calls| calls.join(", ")).boxed();
    let filter = perhaps(one_of(&[" WHERE x IS NOT NULL", " WHERE x < 3", " WHERE 0", " WHERE y > 'a'"]));
    let simple = (calls.clone(), filter.clone()).prop_map(|(calls, filter)| format!("SELECT {calls} FROM d{filter}"));
    let having = perhaps(one_of(&[" HAVING kit_sum(x) > 0", " HAVING count(*) > 1", " HAVING kit_total(y) = 0"]));
    let order = one_of(&[" ORDER BY g", " ORDER BY g DESC", " ORDER BY kit_sum(x), g", " ORDER BY 2, g"]);
    let grouped = (calls.clone(), filter, having, order).prop_map(|(calls, filter, having, order)| {
        format!("SELECT g, {calls} FROM d{filter} GROUP BY g{having}{order}")
    });
    let nested = calls.prop_map(|calls| {
        let call = calls.split(", ").next().unwrap_or("1").to_owned();
        let whole = if call.matches('(').count() == call.matches(')').count() { call } else { "kit_rows(x, y)".into() };
        format!("SELECT x, (SELECT {whole} FROM d AS i WHERE i.g IS o.g) FROM d AS o ORDER BY rowid")
    });
    prop_oneof![2 => simple, 5 => grouped, 1 => nested].boxed()
}

#[test]
fn groups_are_the_same() {
    let pair = Pair::new();
    pair.set("CREATE TABLE d(g, x, y)");
    let group = prop_oneof![Just("1".to_owned()), Just("2".to_owned()), Just("NULL".to_owned()), literal()];
    let data = rows(vec![group.boxed(), number().boxed(), literal().boxed()], 12);
    let case = (data, prop::collection::vec(query(), 6));
    check(96, &case, |(data, queries)| pair.agree_about(data, queries));
}
