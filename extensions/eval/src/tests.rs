//! What can be tested without a database.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::statements::statements;
use crate::{Joined, MAX_RESULT, eval};

#[test]
fn statements_end_at_semicolons() {
    for (sql, expected) in [
        ("", &[][..]),
        (" ;; -- nothing\n /* at ; all */ ;", &[]),
        ("SELECT 1", &["SELECT 1"]),
        ("SELECT 1;SELECT 2 ; ", &["SELECT 1", "SELECT 2"]),
        ("/* a */ SELECT 1 -- b;\n, 2; SELECT 3 --;", &["SELECT 1 -- b;\n, 2", "SELECT 3"]),
        ("SELECT ';', \";\", `;`, [;], 'a'';b'; x", &["SELECT ';', \";\", `;`, [;], 'a'';b'", "x"]),
        ("SELECT 'ä;", &["SELECT 'ä;"]),
        ("SELECT [;", &["SELECT [;"]),
        ("SELECT 1 /* ;", &["SELECT 1"]),
        ("ü;é", &["ü", "é"]),
        ("CREATE TABLE trigger(a); END; SELECT 1", &["CREATE TABLE trigger(a)", "END", "SELECT 1"]),
    ] {
        assert_eq!(statements(sql).collect::<Vec<_>>(), expected, "{sql}");
    }
}

#[test]
fn a_trigger_ends_at_its_end() {
    for create in ["CREATE TRIGGER", "create temp trigger", "EXPLAIN QUERY PLAN CREATE TEMPORARY/**/TRIGGER"] {
        let body = "r AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 'END;'; SELECT end; END";
        let trigger = format!("{create} {body}");
        let sql = format!("{trigger}; SELECT 1");
        assert_eq!(statements(&sql).collect::<Vec<_>>(), [trigger.as_str(), "SELECT 1"]);
        assert_eq!(statements(&trigger).collect::<Vec<_>>(), [trigger.as_str()]);
    }
}

#[test]
fn values_are_joined_up_to_a_limit() {
    let mut joined = Joined { text: None, separator: ", " };
    for value in [Value::Null, "a".into(), Value::Integer(-1), Value::Null] {
        assert_eq!(joined.add_row(&[value]), Ok(()));
    }
    assert_eq!(joined.text.as_deref(), Some(", a, -1, "));
    let long = "x".repeat(MAX_RESULT - 10);
    assert_eq!(joined.add(&long).map_err(|error| error.code()), Err(Error::TOOBIG));
    assert_eq!(joined.add(&long[2..]), Ok(()));
}

#[test]
fn nothing_runs_without_a_host() {
    assert_eq!(call::<eval>(&["".into()]), Ok(Value::Null));
    assert_eq!(call::<eval>(&["SELECT 1".into(), Value::Null]), Ok(Value::Null));
    let error = call::<eval>(&["SELECT 1".into()]).unwrap_err();
    assert_eq!(error.code(), Error::AUTH);
    assert!(error.message().starts_with("function `eval`: "));
    assert_eq!(call::<eval>(&[1.into()]).unwrap_err().code(), Error::MISMATCH);
}
