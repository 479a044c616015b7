//! Scans of virtual tables: a table that uses all of a query it can, one that uses nothing, and a table-valued function.
//!
//! The first one's rows are also those of an ordinary table, which has to give the same result; and both sides must have
//! been asked the same questions for it, and have got the same scans.

use proptest::prelude::*;

use crate::generate::{Sql, literal, one_of, perhaps, rows};
use crate::pair::{Pair, check};

fn column() -> Sql {
    one_of(&["p.a", "p.b", "p.c", "p.rowid"]).boxed()
}

fn term() -> Sql {
    prop_oneof![
        6 => (column(), one_of(&["=", "<", "<=", ">", ">=", "<>", "IS", "IS NOT"]), literal())
            .prop_map(|(column, operator, value)| format!("{column} {operator} {value}")),
        3 => (column(), prop::collection::vec(literal(), 1..5))
            .prop_map(|(column, values)| format!("{column} IN ({})", values.join(", "))),
        1 => column().prop_map(|column| format!("{column} IN (SELECT k FROM o)")),
        1 => column().prop_map(|column| format!("{column} NOT IN (1, 'a')")),
        1 => (column(), literal(), literal()).prop_map(|(column, from, to)| format!("{column} BETWEEN {from} AND {to}")),
        2 => (column(), one_of(&["a%", "%b%", "_", "", "%"])).prop_map(|(column, like)| format!("{column} LIKE '{like}'")),
        1 => (column(), one_of(&["*b*", "?"])).prop_map(|(column, like)| format!("{column} GLOB '{like}'")),
        1 => (column(), one_of(&["IS NULL", "IS NOT NULL"])).prop_map(|(column, null)| format!("{column} {null}")),
        1 => (column(), literal()).prop_map(|(column, value)| format!("{column} = {value} COLLATE NOCASE")),
        1 => (column(), column()).prop_map(|(left, right)| format!("{left} = {right}")),
    ].boxed()
}

fn filter() -> Sql {
    let either = (term(), term()).prop_map(|(left, right)| format!("({left} OR {right})"));
    prop::collection::vec(prop_oneof![5 => term(), 1 => either], 0..4)
        .prop_map(|terms| match terms.as_slice() {
            [] => String::new(),
            terms => format!(" WHERE {}", terms.join(" AND ")),
        })
        .boxed()
}

fn order() -> Sql {
    let term = (column(), one_of(&["", "", " DESC", " COLLATE NOCASE", " NULLS LAST"]))
        .prop_map(|(column, how)| column + &how);
    prop::collection::vec(term, 1..3).prop_map(|terms| terms.join(", ")).boxed()
}

fn limit() -> Sql {
    one_of(&["", "", " LIMIT 3", " LIMIT 2 OFFSET 2", " LIMIT -1 OFFSET 1", " LIMIT 0", " LIMIT 1 + 1"]).boxed()
}

/// Queries of the table `p`; every order is one of all rows, so that they are the same whoever sorts.
fn query() -> Sql {
    let columns =
        one_of(&["p.a", "p.rowid, p.a, p.b, p.c", "p.c, p.a", "count(*)", "p.rowid", "1", "typeof(p.b), p.a"]);
    let joined = one_of(&[
        "o JOIN p ON p.a = o.k",
        "p JOIN o ON o.k = p.b",
        "p LEFT JOIN o ON o.k = p.rowid",
        "p JOIN o ON p.a >= o.k AND p.b < o.v",
        "p, p AS q ON q.a = p.b",
    ]);
    prop_oneof![
        5 => (columns, filter(), order(), limit()).prop_map(|(columns, filter, order, limit)| {
            format!("SELECT {columns} FROM p{filter} ORDER BY {order}, p.rowid{limit}")
        }),
        1 => (filter(), limit()).prop_map(|(filter, limit)| format!("SELECT p.rowid FROM p{filter}{limit}")),
        2 => (one_of(&["p.a", "p.a, p.b", "p.c"]), filter(), perhaps(Just(" DESC".to_owned())), limit()).prop_map(|(columns, filter, direction, limit)| {
            format!("SELECT DISTINCT {columns} FROM p{filter} ORDER BY 1{direction}, 2{direction}{limit}")
                .replace(", 2", if columns.contains(',') { ", 2" } else { "" }).replace(" DESC DESC", " DESC")
        }),
        1 => (column(), filter()).prop_map(|(column, filter)| {
            format!("SELECT {column}, count(*), kit_rows(p.rowid ORDER BY p.rowid) FROM p{filter} GROUP BY {column} ORDER BY 1")
        }),
        2 => (joined, filter()).prop_map(|(joined, filter)| {
            format!("SELECT p.rowid, p.a, o.k FROM {joined}{filter} ORDER BY p.rowid, o.rowid").replace("o.k FROM p, p AS q", "q.rowid FROM p, p AS q").replace(", o.rowid", if joined.contains("AS q") { ", q.rowid" } else { ", o.rowid" })
        }),
        1 => filter().prop_map(|filter| format!("SELECT k, (SELECT kit_rows(p.a) FROM p{filter}), EXISTS (SELECT 1 FROM p WHERE p.a = o.k) FROM o ORDER BY o.rowid")),
    ].boxed()
}

#[test]
fn plans_and_rows_are_the_same() {
    let data = rows(vec![literal().boxed(), literal().boxed(), literal().boxed()], 50);
    let others = rows(vec![literal().boxed(), literal().boxed()], 5);
    let case = (data, others, prop::collection::vec(query(), 6));
    check(96, &case, |(data, others, queries)| {
        let pair = Pair::new();
        pair.set("CREATE TABLE t(a, b, c)");
        pair.set("CREATE TABLE o(k, v)");
        pair.set("CREATE VIRTUAL TABLE p USING kit_planned(a, b, c)");
        pair.set("CREATE VIRTUAL TABLE f USING kit_table(a, b, c)");
        if let Some(values) = data {
            pair.set(&format!("INSERT INTO t {values}"));
            pair.set("INSERT INTO p(rowid, a, b, c) SELECT rowid, a, b, c FROM t");
            pair.set("INSERT INTO f(rowid, a, b, c) SELECT rowid, a, b, c FROM t");
        }
        if let Some(values) = others {
            pair.set(&format!("INSERT INTO o {values}"));
        }
        pair.forget();
        for query in queries {
            let outcome = pair.agree(&query)?;
            pair.agree_on_log(&query)?;
            let whole = query.contains("ORDER BY");
            for other in ["f", "t"].into_iter().filter(|_| whole) {
                let plainly = query
                    .replace("FROM p", &format!("FROM {other} AS p"))
                    .replace("JOIN p ", &format!("JOIN {other} AS p "))
                    .replace(", p AS q", &format!(", {other} AS q"));
                prop_assert_eq!(&pair.agree(&plainly)?, &outcome, "`{}` and `{}` differ", plainly, query);
            }
            pair.forget();
        }
        Ok(())
    });
}

/// Queries of a table-valued function.
fn series() -> Sql {
    let args = prop_oneof![
        4 => (-5..20, 0..300).prop_map(|(from, count)| format!("({from}, {})", from + count)),
        1 => one_of(&["", "(3)", "(NULL, 5)", "(1, 'x')", "(2, 1)", "(1, 2, 3)", "(2.0)", "((SELECT 4), 9)"]),
    ];
    let value = prop_oneof![(-5..40_i64).prop_map(|n| n.to_string()), literal()].boxed();
    let term = prop_oneof![
        3 => (one_of(&["n", "n", "r", "s"]), one_of(&["=", "<", "<=", ">", ">=", "IS", "<>"]), value.clone())
            .prop_map(|(column, operator, value)| format!("{column} {operator} {value}")),
        1 => prop::collection::vec(value, 0..4).prop_map(|values| format!("n IN ({})", values.join(", "))),
        1 => one_of(&["s LIKE '%1%'", "n % 2", "r > 2.5 OR n = 1", "n IS NOT NULL", "n BETWEEN 3 AND 7.5"]),
    ];
    let filter = prop::collection::vec(term, 0..3)
        .prop_map(|terms| if terms.is_empty() { String::new() } else { format!(" WHERE {}", terms.join(" AND ")) })
        .boxed();
    let order = one_of(&["n", "n DESC", "s", "r DESC, n", "n % 3, n"]);
    let columns = one_of(&["n", "*", "n, r, s, start, stop", "count(*), sum(n)", "rowid, s"]);
    prop_oneof![
        5 => (columns, args.clone(), filter.clone(), order, limit()).prop_map(|(columns, args, filter, order, limit)| {
            format!("SELECT {columns} FROM kit_series{args}{filter} ORDER BY {order}{limit}")
        }),
        1 => (args.clone(), filter).prop_map(|(args, filter)| format!("SELECT DISTINCT n / 10 FROM kit_series{args}{filter} ORDER BY 1")),
        1 => args.prop_map(|args| format!("SELECT a.n, b.n FROM kit_series(1, 4) AS a, kit_series(a.n, a.n + 2) AS b, kit_series{args} AS c WHERE c.n = b.n ORDER BY 1, 2")),
        1 => Just("SELECT n, k FROM o, kit_series(1, o.k) ORDER BY o.rowid, n".to_owned()),
    ].boxed()
}

#[test]
fn arguments_are_the_same() {
    let pair = Pair::new();
    pair.set("CREATE TABLE o(k)");
    pair.set("INSERT INTO o VALUES (3), (NULL), (1), (12)");
    check(200, &series(), |query| pair.agree(&query).map(drop));
}
