//! Writing to virtual tables: conflicts, transactions and savepoints.

use proptest::prelude::*;

use crate::generate::{Sql, literal, one_of, perhaps};
use crate::pair::{Pair, check};

fn statement() -> Sql {
    let table = || one_of(&["v", "c", "c"]);
    let conflict = || one_of(&["", "", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ROLLBACK", " OR ABORT"]);
    let rowid = || (1..7_i64).prop_map(|n| n.to_string());
    let filter = || {
        prop_oneof![
            2 => rowid().prop_map(|id| format!(" WHERE rowid = {id}")),
            1 => (one_of(&["=", ">", "<>"]), literal()).prop_map(|(operator, value)| format!(" WHERE a {operator} {value}")),
            1 => Just(String::new()),
        ]
    };
    let name = || one_of(&["s1", "s2", "S1"]);
    let row = || (rowid(), literal(), literal()).prop_map(|(id, a, b)| format!("({id}, {a}, {b})"));
    prop_oneof![
        5 => (conflict(), table(), prop::collection::vec(row(), 1..4))
            .prop_map(|(or, table, rows)| format!("INSERT{or} INTO {table}(rowid, a, b) VALUES {}", rows.join(", "))),
        2 => (table(), literal()).prop_map(|(table, a)| format!("INSERT INTO {table}(a) VALUES ({a})")),
        3 => (conflict(), table(), literal(), filter()).prop_map(|(or, table, a, filter)| format!("UPDATE{or} {table} SET a = {a}{filter}")),
        3 => (conflict(), table(), one_of(&["rowid + 1", "rowid - 1", "3", "7 - rowid", "NULL", "'x'"]), filter())
            .prop_map(|(or, table, id, filter)| format!("UPDATE{or} {table} SET rowid = {id}{filter}")),
        2 => (table(), filter()).prop_map(|(table, filter)| format!("DELETE FROM {table}{filter}")),
        1 => (table(), rowid(), literal()).prop_map(|(table, id, a)| format!("INSERT INTO {table}(rowid, a) VALUES ({id}, {a}) RETURNING rowid, a, b")),
        1 => (conflict(), filter()).prop_map(|(or, filter)| format!("INSERT{or} INTO c(rowid, a, b) SELECT rowid, b, a FROM v{filter}")),
        // Writes to an ordinary table in the same statement, by a trigger, and to the virtual tables by another.
        1 => (conflict(), literal()).prop_map(|(or, a)| format!("INSERT{or} INTO t VALUES ({a})")),
        1 => table().prop_map(|table| format!("INSERT INTO {table}(rowid, a) VALUES (3, 1) ON CONFLICT DO NOTHING")),
        2 => one_of(&["BEGIN", "BEGIN", "COMMIT", "ROLLBACK"]),
        4 => (one_of(&["SAVEPOINT", "SAVEPOINT", "RELEASE", "ROLLBACK TO", "ROLLBACK TO"]), name()).prop_map(|(verb, name)| format!("{verb} {name}")),
        1 => perhaps(Just("PRAGMA integrity_check".to_owned())).prop_map(|sql| if sql.is_empty() { "SELECT changes(), total_changes()".to_owned() } else { sql }),
    ].boxed()
}

#[test]
fn sequences_end_the_same() {
    let case = prop::collection::vec(statement(), 1..24);
    check(160, &case, |statements| {
        let pair = Pair::new();
        pair.set("CREATE VIRTUAL TABLE v USING kit_table(a, b)");
        pair.set("CREATE VIRTUAL TABLE c USING kit_conflicts(a, b)");
        pair.set("CREATE TABLE t(a UNIQUE)");
        pair.set("CREATE TRIGGER t_in AFTER INSERT ON t BEGIN INSERT INTO c(rowid, a) VALUES (new.a, 't'); DELETE FROM v WHERE a = new.a; END");
        for statement in statements {
            pair.agree(&statement)?.ok();
            for table in ["v", "c", "t"] {
                pair.agree(&format!("SELECT rowid, * FROM {table}"))?.ok();
            }
        }
        Ok(())
    });
}
