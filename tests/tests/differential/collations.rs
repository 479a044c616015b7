//! Collations: everywhere SQLite compares texts.

use proptest::prelude::*;

use crate::generate::{Sql, literal, one_of, perhaps, rows, text};
use crate::pair::{Pair, check};

fn collation() -> Sql {
    one_of(&["", "", " COLLATE kit_reverse", " COLLATE kit_length", " COLLATE NOCASE", " COLLATE BINARY"]).boxed()
}

fn column() -> Sql {
    one_of(&["a", "b", "c"]).boxed()
}

fn condition() -> Sql {
    let side = (column(), collation()).prop_map(|(column, collation)| format!("{column}{collation}")).boxed();
    let right = prop_oneof![literal(), text(), side.clone()];
    prop_oneof![
        4 => (side.clone(), one_of(&["<", "<=", "=", "<>", ">", ">=", "IS", "IS NOT"]), right)
            .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
        1 => (side.clone(), text(), text()).prop_map(|(side, from, to)| format!("{side} BETWEEN {from} AND {to}")),
        1 => (side, text(), literal(), text()).prop_map(|(side, first, second, third)| format!("{side} IN ({first}, {second}, {third})")),
    ].boxed()
}

fn query() -> Sql {
    let filter = perhaps(condition().prop_map(|condition| format!(" WHERE {condition}")));
    let terms = (column(), collation(), one_of(&["", " DESC", " NULLS LAST"]), column(), collation())
        .prop_map(|(first, how, direction, second, also)| format!("{first}{how}{direction}, {second}{also}, rowid"))
        .boxed();
    prop_oneof![
        3 => (filter.clone(), terms.clone()).prop_map(|(filter, terms)| format!("SELECT rowid, a, b, c FROM t{filter} ORDER BY {terms}")),
        1 => (column(), collation(), filter.clone()).prop_map(|(column, how, filter)| {
            format!("SELECT {column}{how} AS k, count(*), min(rowid), kit_group(rowid) FROM t{filter} GROUP BY {column}{how} ORDER BY k{how}, 3")
        }),
        1 => (column(), collation(), filter.clone()).prop_map(|(column, how, filter)| {
            format!("SELECT DISTINCT {column}{how} FROM t{filter} ORDER BY 1")
        }),
        1 => (column(), collation(), column(), collation(), filter).prop_map(|(first, how, second, also, filter)| {
            format!("SELECT min({first}{how}), max({second}{also}), count(DISTINCT {first}{how}) FROM t{filter}")
        }),
        1 => (column(), collation()).prop_map(|(column, how)| {
            format!("SELECT x.rowid, y.rowid FROM t AS x, t AS y WHERE x.{column}{how} = y.b ORDER BY 1, 2")
        }),
        1 => (terms, collation()).prop_map(|(terms, how)| {
            format!("SELECT rowid, rank() OVER (PARTITION BY b{how} ORDER BY {terms}) FROM t ORDER BY 1")
        }),
        1 => collation().prop_map(|how| format!("SELECT a{how} FROM t UNION SELECT b FROM t ORDER BY 1")),
        1 => collation().prop_map(|how| format!("SELECT a{how} FROM t EXCEPT SELECT c FROM t ORDER BY 1 DESC")),
    ].boxed()
}

/// Writes that meet unique indexes, and a check that the indexes are in order.
fn write() -> Sql {
    prop_oneof![
        3 => (text(), literal(), literal()).prop_map(|(a, b, c)| format!("INSERT INTO u(a, b, c) VALUES ({a}, {b}, {c})")),
        2 => (text(), literal()).prop_map(|(a, b)| format!("INSERT OR REPLACE INTO u(a, b) VALUES ({a}, {b})")),
        2 => (text(), text()).prop_map(|(a, b)| format!("INSERT INTO u(a, b) VALUES ({a}, {b}) ON CONFLICT(a) DO UPDATE SET c = excluded.b || c")),
        1 => (text(), text()).prop_map(|(a, b)| format!("UPDATE u SET a = {a} WHERE b >= {b}")),
        1 => condition().prop_map(|condition| format!("DELETE FROM u WHERE {condition}")),
        1 => Just("INSERT OR IGNORE INTO u SELECT * FROM t".to_owned()),
        1 => Just("REINDEX u".to_owned()),
    ].boxed()
}

#[test]
fn orders_are_the_same() {
    let pair = Pair::new();
    pair.set("CREATE TABLE t(a COLLATE kit_length, b TEXT COLLATE kit_reverse, c)");
    pair.set("CREATE TABLE u(a COLLATE kit_length UNIQUE, b COLLATE kit_reverse, c)");
    pair.set("CREATE INDEX u_b ON u(b, c COLLATE kit_length)");
    let indexes = prop::bool::ANY;
    let data = rows(vec![text().boxed(), prop_oneof![text(), literal()].boxed(), literal().boxed()], 14);
    let case = (data, indexes, prop::collection::vec(query(), 5), prop::collection::vec(write(), 0..6));
    check(96, &case, |(data, indexes, queries, writes)| {
        pair.set("DELETE FROM t");
        pair.set("DELETE FROM u");
        pair.set("DROP INDEX IF EXISTS t_a");
        pair.set("DROP INDEX IF EXISTS t_c");
        if indexes {
            pair.set("CREATE INDEX t_a ON t(a, b)");
            pair.set("CREATE INDEX t_c ON t(c COLLATE kit_reverse DESC)");
        }
        if let Some(values) = data {
            pair.set(&format!("INSERT INTO t {values}"));
        }
        for query in queries {
            pair.agree(&query)?.ok();
        }
        for write in writes {
            pair.agree(&write)?.ok();
            pair.agree("SELECT rowid, * FROM u ORDER BY a")?.ok();
        }
        let sound = pair.agree("PRAGMA integrity_check")?;
        prop_assert_eq!(sound, Ok(vec![vec!["\"ok\"".to_owned()]]));
        Ok(())
    });
}
