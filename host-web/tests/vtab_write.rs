//! Virtual tables: writing them, transactions, and what else the schema can do with them.

mod support;
#[path = "support/tables.rs"]
mod tables;

use std::rc::Rc;

use sqlink_host_web::contract::metadata::{Module, ModuleFlags};
use sqlink_host_web::engine::{self, CallError, ERROR, LoadOptions, Reason, Value};
use sqlink_host_web::native;
use support::{Result, fails, integer, one, open, query, text};
use tables::{MEM, Memory, State, all_flags};

const ID: u32 = 1;

fn load(connection: u32, state: &Rc<State>) -> Result {
    native::add_guest(ID, Memory(Rc::clone(state)));
    engine::load_extension(connection, ID, "", LoadOptions::default()).map(drop)
}

/// Opens a connection with the extension and a table `t(a, b)`.
fn loaded() -> Result<(u32, Rc<State>)> {
    let connection = open()?;
    let state = State::new();
    load(connection, &state)?;
    engine::exec(connection, "CREATE VIRTUAL TABLE t USING mem(a, b)")?;
    state.take_calls();
    Ok((connection, state))
}

/// Opens a connection with the extension, whose module `mem` has these flags.
fn with_flags(flags: ModuleFlags) -> Result<(u32, Rc<State>)> {
    let connection = open()?;
    let state = State::with(vec![Module { id: MEM, name: "mem".into(), flags, shadow_names: Vec::new() }]);
    load(connection, &state)?;
    Ok((connection, state))
}

fn values(connection: u32, sql: &str) -> Result<Vec<Value>> {
    Ok(query(connection, sql)?.into_iter().flatten().collect())
}

/// Calls that are not about reading.
fn written(state: &State) -> Vec<String> {
    let reading = ["best-index", "open", "filter", "next-batch", "close"];
    let mut calls = state.take_calls();
    calls.retain(|call| !reading.contains(&call.split(' ').next().unwrap_or_default()));
    calls
}

#[test]
fn rows_are_inserted_updated_and_deleted() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(connection, "INSERT INTO t VALUES (1, 'one'), (2, NULL)")?;
    assert_eq!(engine::changes(connection)?, 2);
    assert_eq!(engine::last_insert_rowid(connection)?, 2);
    engine::exec(connection, "INSERT INTO t(rowid, b) VALUES (40, 'forty')")?;
    assert_eq!(engine::last_insert_rowid(connection)?, 40);
    engine::exec(connection, "UPDATE t SET a = a + 10, b = coalesce(b, 'new') WHERE rowid < 3")?;
    assert_eq!(engine::changes(connection)?, 2);
    engine::exec(connection, "UPDATE t SET rowid = 50 WHERE b = 'forty'; UPDATE t SET a = 1.5 WHERE rowid = 50")?;
    assert_eq!(
        query(connection, "SELECT rowid, a, b FROM t ORDER BY rowid")?,
        [
            [integer(1), integer(11), text("one")],
            [integer(2), integer(12), text("new")],
            [integer(50), Value::Real(1.5), text("forty")]
        ]
    );
    engine::exec(connection, "DELETE FROM t WHERE rowid = 1")?;
    assert_eq!(engine::changes(connection)?, 1);
    engine::exec(connection, "DELETE FROM t")?;
    assert_eq!(engine::changes(connection)?, 2);
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(0));
    assert_eq!(engine::last_insert_rowid(connection)?, 40);
    engine::close(connection)
}

#[test]
fn writing_statements_of_every_form_work() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x, y); INSERT INTO o VALUES (1, 'eins'), (2, 'zwei')")?;
    engine::exec(connection, "INSERT INTO t(b, a) SELECT y, x FROM o; INSERT INTO t DEFAULT VALUES")?;
    engine::exec(connection, "UPDATE t SET b = o.y || '!' FROM o WHERE o.x = t.a")?;
    assert_eq!(values(connection, "SELECT b FROM t")?, [text("eins!"), text("zwei!"), Value::Null]);
    engine::exec(connection, "INSERT INTO t SELECT a + 2, b FROM t WHERE a < 3")?;
    assert_eq!(one(connection, "SELECT group_concat(a) FROM t")?, text("1,2,3,4"));
    assert_eq!(query(connection, "INSERT INTO t VALUES (9, 'nine') RETURNING a, b")?, [[integer(9), text("nine")]]);
    engine::exec(connection, "DELETE FROM t WHERE a IN (SELECT x FROM o) OR a IS NULL")?;
    assert_eq!(one(connection, "SELECT group_concat(a) FROM t")?, text("3,4,9"));
    engine::exec(connection, "REPLACE INTO t(rowid, a) VALUES (6, 'nine again')")?;
    assert_eq!(one(connection, "SELECT a FROM t WHERE rowid = 6")?, text("nine again"));
    let error = fails(query(connection, "INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING"));
    assert_eq!(error.message, "UPSERT not implemented for virtual table \"t\"");
    engine::close(connection)
}

#[test]
fn triggers_write_virtual_tables() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(
        connection,
        "CREATE TABLE o(x); CREATE VIEW v AS SELECT a FROM t;
         CREATE TRIGGER o_in AFTER INSERT ON o BEGIN INSERT INTO t VALUES (new.x, 'by trigger'); END;
         CREATE TRIGGER v_in INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.a, 'by view'); END;
         INSERT INTO o VALUES (1), (2); INSERT INTO v VALUES (3);",
    )?;
    assert_eq!(
        values(connection, "SELECT a || ' ' || b FROM t")?,
        [text("1 by trigger"), text("2 by trigger"), text("3 by view")]
    );
    let error = fails(query(connection, "CREATE TRIGGER t_in AFTER INSERT ON t BEGIN SELECT 1; END"));
    assert_eq!(error.message, "cannot create triggers on virtual tables");
    engine::close(connection)
}

#[test]
fn rowids_must_be_integers() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(connection, "INSERT INTO t VALUES (1, 1)")?;
    for value in ["'x'", "NULL", "1.5", "x'00'"] {
        let error = fails(query(connection, &format!("UPDATE t SET rowid = {value}")));
        assert!(error.message.starts_with("datatype mismatch"), "{value}: {}", error.message);
        assert_eq!(error.code, 20);
    }
    assert_eq!(fails(query(connection, "INSERT INTO t(rowid) VALUES ('x')")).code, 20);
    assert_eq!(values(connection, "SELECT rowid FROM t")?, [integer(1)]);
    engine::close(connection)
}

#[test]
fn conflicts_go_as_the_statement_says() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE VIRTUAL TABLE u USING mem(a, unique)")?;
    let reset = || engine::exec(connection, "DELETE FROM u; INSERT INTO u VALUES (1), (2)");
    let all = || values(connection, "SELECT a FROM u ORDER BY a");
    reset()?;
    for (words, after) in [("", vec![1, 2]), (" OR ABORT", vec![1, 2]), (" OR FAIL", vec![1, 2, 3])] {
        let error = fails(query(connection, &format!("INSERT{words} INTO u VALUES (3), (2), (4)")));
        assert_eq!((error.code, error.message.as_str()), (2067, "row 2 is in the way"), "{words}");
        assert_eq!(error.extension.as_deref(), Some("memory"));
        assert_eq!(all()?, after.into_iter().map(integer).collect::<Vec<_>>(), "{words}");
        reset()?;
    }
    engine::exec(connection, "INSERT OR IGNORE INTO u VALUES (3), (2), (4)")?;
    assert_eq!(all()?, [1, 2, 3, 4].map(integer));
    assert_eq!(engine::changes(connection)?, 2);
    reset()?;
    engine::exec(connection, "INSERT OR REPLACE INTO u VALUES (3), (2), (4)")?;
    assert_eq!(all()?, [1, 2, 3, 4].map(integer));
    engine::exec(connection, "UPDATE OR IGNORE u SET a = 1")?;
    assert_eq!(all()?, [1, 2, 3, 4].map(integer));
    reset()?;
    engine::exec(connection, "BEGIN; INSERT INTO u VALUES (7)")?;
    assert!(query(connection, "INSERT OR ROLLBACK INTO u VALUES (8), (2)").is_err());
    assert!(!engine::in_transaction(connection)?);
    assert_eq!(all()?, [1, 2].map(integer));
    state.take_calls();
    for (words, told) in [
        ("", "abort"),
        (" OR IGNORE", "ignore"),
        (" OR REPLACE", "replace"),
        (" OR FAIL", "fail"),
        (" OR ROLLBACK", "rollback"),
    ] {
        engine::exec(connection, &format!("INSERT{words} INTO t VALUES (1, 1)"))?;
        assert!(state.take_calls().contains(&format!("insert {told}")), "{told}");
    }
    engine::close(connection)
}

#[test]
fn without_the_flag_sqlite_aborts_at_every_conflict() -> Result {
    let (connection, _) = with_flags(all_flags() - ModuleFlags::CONFLICTS)?;
    engine::exec(connection, "CREATE VIRTUAL TABLE u USING mem(a, unique); INSERT INTO u VALUES (1)")?;
    assert_eq!(fails(query(connection, "INSERT OR IGNORE INTO u VALUES (2), (1)")).code, 2067);
    assert_eq!(values(connection, "SELECT a FROM u")?, [integer(1)]);
    engine::close(connection)
}

#[test]
fn flags_decide_what_is_possible() -> Result {
    let (connection, state) = with_flags(ModuleFlags::CREATABLE)?;
    engine::exec(connection, "CREATE VIRTUAL TABLE t USING mem(a)")?;
    assert_eq!(fails(query(connection, "INSERT INTO t VALUES (1)")).message, "table t may not be modified");
    assert_eq!(fails(query(connection, "DELETE FROM t")).message, "table t may not be modified");
    let error = fails(query(connection, "ALTER TABLE t RENAME TO s"));
    assert_eq!(
        (error.code, error.message.as_str()),
        (ERROR, "table `t` can't be renamed: module `mem` has no part in that")
    );
    assert_eq!(error.extension.as_deref(), Some("memory"));
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    assert_eq!(fails(query(connection, "SELECT * FROM mem")).message, "no such table: mem");
    state.take_calls();
    engine::exec(connection, "BEGIN; SAVEPOINT s; SELECT * FROM t; RELEASE s; COMMIT")?;
    assert_eq!(written(&state), [""; 0]);
    engine::close(connection)?;

    let both = ModuleFlags::EPONYMOUS | ModuleFlags::CREATABLE | ModuleFlags::WRITABLE | ModuleFlags::TRANSACTIONAL;
    let (connection, state) = with_flags(both)?;
    *state.declaration.borrow_mut() = Some("CREATE TABLE x(a, b)".into());
    engine::exec(connection, "CREATE VIRTUAL TABLE t USING mem(a, b); INSERT INTO t VALUES (1, 2)")?;
    engine::exec(connection, "INSERT INTO mem VALUES (3, 4)")?;
    assert_eq!(values(connection, "SELECT a FROM t UNION ALL SELECT a FROM mem")?, [1, 3].map(integer));
    engine::exec(connection, "DROP TABLE t")?;
    let calls = written(&state);
    assert!(calls.iter().all(|call| !call.starts_with("create") && !call.starts_with("destroy")), "{calls:?}");
    assert!(calls.contains(&"connect main.t(a|b)".to_owned()) && calls.contains(&"connect main.mem()".to_owned()));
    engine::close(connection)
}

#[test]
fn direct_only_and_innocuous_matter() -> Result {
    for (flag, trusted, allowed) in [
        (ModuleFlags::empty(), true, true),
        (ModuleFlags::empty(), false, false),
        (ModuleFlags::INNOCUOUS, false, true),
        (ModuleFlags::DIRECT_ONLY, true, false),
    ] {
        let (connection, _) = with_flags(ModuleFlags::CREATABLE | flag)?;
        engine::exec(connection, "CREATE VIRTUAL TABLE t USING mem(a); CREATE VIEW v AS SELECT a FROM t")?;
        engine::exec(connection, &format!("PRAGMA trusted_schema = {}", i32::from(trusted)))?;
        assert_eq!(query(connection, "SELECT a FROM t"), Ok(Vec::new()));
        match query(connection, "SELECT a FROM v") {
            Ok(_) => assert!(allowed, "{flag:?} {trusted}"),
            Err(error) => {
                assert!(!allowed, "{flag:?} {trusted}");
                assert_eq!(error.message, "unsafe use of virtual table \"t\"");
            }
        }
        engine::close(connection)?;
    }
    Ok(())
}

#[test]
fn transactions_reach_the_table_in_order() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "INSERT INTO t VALUES (1, 1)")?;
    assert_eq!(written(&state), ["begin", "insert abort", "sync", "commit"]);
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (2, 2); DELETE FROM t; ROLLBACK")?;
    assert_eq!(
        written(&state),
        ["begin", "insert abort", "savepoint 0", "delete 1", "delete 2", "release 0", "rollback"]
    );
    assert_eq!(values(connection, "SELECT a FROM t")?, [integer(1)]);
    engine::exec(
        connection,
        "BEGIN; INSERT INTO t VALUES (2, 2); SAVEPOINT x; SAVEPOINT y; INSERT INTO t VALUES (3, 3);
         SAVEPOINT z; INSERT INTO t VALUES (4, 4); ROLLBACK TO y; INSERT INTO t VALUES (5, 5); RELEASE x; COMMIT",
    )?;
    assert_eq!(values(connection, "SELECT a FROM t")?, [1, 2, 5].map(integer));
    assert_eq!(
        written(&state),
        [
            "begin",
            "insert abort",
            "savepoint 0",
            "savepoint 1",
            "insert abort",
            "savepoint 2",
            "insert abort",
            "rollback-to 1",
            "insert abort",
            "release 0",
            "sync",
            "commit"
        ]
    );
    engine::exec(
        connection,
        "SAVEPOINT x; INSERT INTO t VALUES (6, 6); ROLLBACK TO x; INSERT INTO t VALUES (7, 7); RELEASE x",
    )?;
    assert_eq!(values(connection, "SELECT a FROM t")?, [1, 2, 5, 7].map(integer));
    assert_eq!(written(&state), ["begin", "insert abort", "rollback", "begin", "insert abort", "sync", "commit"]);
    engine::close(connection)
}

#[test]
fn savepoints_that_were_there_before_the_table_joined_work() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(
        connection,
        "BEGIN; SAVEPOINT a; SAVEPOINT b; INSERT INTO t VALUES (1, 1); ROLLBACK TO a; INSERT INTO t VALUES (2, 2); COMMIT",
    )?;
    assert_eq!(values(connection, "SELECT a FROM t")?, [integer(2)]);
    engine::exec(
        connection,
        "BEGIN; SAVEPOINT a; CREATE VIRTUAL TABLE n USING mem(a); SAVEPOINT b; INSERT INTO n VALUES (1); SAVEPOINT c;
         INSERT INTO n VALUES (2); ROLLBACK TO c; INSERT INTO n VALUES (3); RELEASE a; COMMIT",
    )?;
    assert_eq!(values(connection, "SELECT a FROM n")?, [1, 3].map(integer));
    engine::close(connection)
}

/// Random scripts of transactions, beside an ordinary table.
#[test]
fn random_transactions_agree_with_an_ordinary_table() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(a PRIMARY KEY, b); CREATE VIRTUAL TABLE u USING mem(a, b, unique)")?;
    let mut seed = 99_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as usize % below
    };
    for step in 0..3000 {
        let n = random(20);
        let or = ["", " OR IGNORE", " OR FAIL", " OR ABORT", " OR ROLLBACK"][random(5)];
        let name = ["x", "y", "z"][random(3)];
        let sql = match random(12) {
            0 => "BEGIN".into(),
            1 => "COMMIT".into(),
            2 => "ROLLBACK".into(),
            3 => format!("SAVEPOINT {name}"),
            4 => format!("ROLLBACK TO {name}"),
            5 => format!("RELEASE {name}"),
            6 => format!("DELETE FROM {{}} WHERE a % 7 = {}", n % 7),
            7 => format!("UPDATE{or} {{}} SET b = b + 1 WHERE a > {n}"),
            _ => format!("INSERT{or} INTO {{}} VALUES ({n}, {step}), ({}, 0), ({}, 1)", (n + 7) % 20, (n + 3) % 20),
        };
        let outcome =
            |table: &str| engine::exec(connection, &sql.replace("{}", table)).map_err(|error| error.code & 0xff);
        if sql.contains("{}") {
            let before = engine::in_transaction(connection)?;
            let ordinary = outcome("o");
            if before && !engine::in_transaction(connection)? {
                // OR ROLLBACK: the transaction of the virtual table is gone with it.
            } else {
                assert_eq!(ordinary, outcome("u"), "step {step}: {sql}");
            }
            if before && !engine::in_transaction(connection)? && ordinary.is_ok() {
                panic!("step {step}: {sql} ended the transaction for one table only");
            }
        } else {
            let _ = outcome("");
        }
        let content = |table: &str| query(connection, &format!("SELECT a, b FROM {table} ORDER BY a"));
        assert_eq!(content("u")?, content("o")?, "step {step}: {sql}");
    }
    engine::close(connection)
}

#[test]
fn a_commit_the_table_refuses_is_rolled_back() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x)")?;
    state.on("sync", || Err(CallError::Error { code: 778, message: "disk on fire".into() }));
    let error = fails(query(connection, "INSERT INTO t VALUES (1, 1)"));
    assert_eq!((error.code, error.message.as_str()), (778, "disk on fire"));
    engine::exec(connection, "BEGIN; INSERT INTO o VALUES (1); INSERT INTO t VALUES (1, 1)")?;
    let error = fails(query(connection, "COMMIT"));
    assert_eq!((error.code, error.message.as_str()), (778, "disk on fire"));
    if engine::in_transaction(connection)? {
        engine::exec(connection, "ROLLBACK")?;
    }
    state.calm();
    assert_eq!(one(connection, "SELECT (SELECT count(*) FROM o) + (SELECT count(*) FROM t)")?, integer(0));
    state.on("begin", || Err(CallError::message("not now")));
    assert_eq!(fails(query(connection, "INSERT INTO t VALUES (1, 1)")).message, "not now");
    state.calm();
    let _ = native::take_log();
    state.on("commit", || Err(CallError::message("too late")));
    engine::exec(connection, "INSERT INTO t VALUES (1, 1)")?;
    let log = native::take_log();
    assert!(
        log.iter().any(|entry| entry.message == "too late" && entry.extension.as_deref() == Some("memory")),
        "{log:?}"
    );
    engine::close(connection)
}

#[test]
fn tables_live_in_every_schema_and_are_renamed() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(
        connection,
        "ATTACH ':memory:' AS side; CREATE VIRTUAL TABLE side.t USING mem(a, b); CREATE VIRTUAL TABLE temp.tt USING mem ( x ,  y z );
         INSERT INTO side.t VALUES (1, 'side'); INSERT INTO t VALUES (1, 'main'); INSERT INTO tt VALUES (1, 'temp')",
    )?;
    assert!(state.take_calls().contains(&"create temp.tt(x|y z)".to_owned()), "arguments have no space around them");
    assert_eq!(values(connection, "SELECT main.t.b || side.t.b || y FROM main.t, side.t, tt")?, [text("mainsidetemp")]);
    engine::exec(
        connection,
        "ALTER TABLE side.t RENAME TO \"new name\"; INSERT INTO side.\"new name\" VALUES (2, 'more')",
    )?;
    assert!(state.take_calls().contains(&"rename new name".to_owned()));
    assert_eq!(values(connection, "SELECT b FROM side.\"new name\"")?, [text("side"), text("more")]);
    state.on("rename", || Err(CallError::message("no")));
    assert_eq!(fails(query(connection, "ALTER TABLE main.t RENAME TO other")).message, "no");
    state.calm();
    assert_eq!(values(connection, "SELECT b FROM main.t")?, [text("main")]);
    engine::exec(connection, "DROP TABLE side.\"new name\"; DETACH side; DROP TABLE tt")?;
    assert_eq!(state.store.borrow().len(), 1);
    engine::exec(connection, "CREATE VIRTUAL TABLE r USING mem(a); ALTER TABLE r RENAME TO s")?;
    engine::unload_extension(connection, ID)?;
    engine::close(connection)
}

#[test]
fn dropping_removes_the_content_unless_it_fails() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "INSERT INTO t VALUES (1, 1)")?;
    state.on("destroy", || Err(CallError::Error { code: 8, message: "mine".into() }));
    let error = fails(query(connection, "DROP TABLE t"));
    assert_eq!((error.code, error.message.as_str()), (8, "mine"));
    assert_eq!(error.extension.as_deref(), Some("memory"));
    state.calm();
    assert_eq!(values(connection, "SELECT a FROM t")?, [integer(1)]);
    engine::exec(connection, "DROP TABLE t")?;
    assert!(state.store.borrow().is_empty());
    assert_eq!(fails(query(connection, "SELECT a FROM t")).message, "no such table: t");
    engine::close(connection)
}

#[test]
fn integrity_checks_show_what_the_table_says() -> Result {
    let (connection, state) = loaded()?;
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    assert!(state.take_calls().contains(&"integrity".to_owned()));
    *state.broken.borrow_mut() = Some("row 3 has lost its key".into());
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("row 3 has lost its key")]]);
    assert_eq!(query(connection, "PRAGMA quick_check(t)")?, [[text("row 3 has lost its key")]]);
    assert!(state.take_calls().contains(&"integrity quick".to_owned()));
    state.on("integrity", || Err(CallError::message("can't look")));
    let error = fails(query(connection, "PRAGMA integrity_check"));
    assert_eq!((error.message.as_str(), error.extension.as_deref()), ("can't look", Some("memory")));
    engine::close(connection)
}

#[test]
fn shadow_tables_are_marked() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(connection, "CREATE TABLE t_data(x); CREATE TABLE T_DATA2(x); CREATE TABLE o_data(x)")?;
    let kind = |name: &str| one(connection, &format!("SELECT type FROM pragma_table_list WHERE name = '{name}'"));
    assert_eq!(kind("t")?, text("virtual"));
    assert_eq!(kind("t_data")?, text("shadow"));
    assert_eq!(kind("T_DATA2")?, text("table"));
    assert_eq!(kind("o_data")?, text("table"));
    engine::close(connection)
}

#[test]
fn declarations_that_can_not_be_used_are_shown() -> Result {
    let (connection, state) = loaded()?;
    let declare = |sql: &str| {
        *state.declaration.borrow_mut() = Some(sql.to_owned());
        let error = fails(query(connection, "CREATE VIRTUAL TABLE n USING mem(a)"));
        assert_eq!(error.reason, Some(Reason::InvalidResult), "{error:?}");
        error.message
    };
    let prefix = "invalid-result: extension `memory`, module `mem`: table `n` can't be declared";
    assert_eq!(declare("CREATE TABLE x(a,, b)"), format!("{prefix} `CREATE TABLE x(a,, b)`: near \",\": syntax error"));
    assert_eq!(
        declare("SELECT 1"),
        format!("{prefix} `SELECT 1`: it must be one CREATE TABLE statement with its columns in parentheses")
    );
    assert_eq!(
        declare("CREATE TABLE x(a PRIMARY KEY)\nWITHOUT ROWID"),
        format!(
            "{prefix} `CREATE TABLE x(a PRIMARY KEY) WITHOUT ROWID`: a table of a writable module must not be WITHOUT ROWID"
        )
    );
    assert!(declare("CREATE TABLE x(a); DROP TABLE t").contains("it must be one CREATE TABLE statement"));
    assert!(declare("CREATE TABLE x(a) AS SELECT 1").ends_with("near \"AS\": syntax error"));
    assert!(declare("CREATE TABLE x(a AS (1))").contains("virtual tables cannot use computed columns"));
    assert!(declare(&format!("CREATE TABLE x({})", "a".repeat(5000) + ",")).contains("aaaa…`: "));
    state.calm();
    let calls = written(&state);
    assert_eq!(calls.iter().filter(|call| call.starts_with("create")).count(), 7);
    assert_eq!(calls.iter().filter(|call| call.starts_with("destroy")).count(), 7, "what was made is removed again");
    assert_eq!(fails(query(connection, "SELECT * FROM n")).message, "no such table: n");
    state.on("create", || Err(CallError::message("bad arguments")));
    assert_eq!(fails(query(connection, "CREATE VIRTUAL TABLE n USING mem(a)")).message, "bad arguments");
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    engine::close(connection)
}

#[test]
fn a_read_only_table_may_be_without_rowid() -> Result {
    let (connection, state) = with_flags(ModuleFlags::CREATABLE)?;
    engine::exec(connection, "CREATE VIRTUAL TABLE t USING mem(a PRIMARY KEY, b, without rowid)")?;
    let content = [(1, "x"), (2, "y")].map(|(key, value)| {
        use sqlink_host_web::contract::types::Value;
        (key, vec![Value::Integer(key), Value::Text(value.into())])
    });
    state.store.borrow_mut().entry("main.t".into()).or_default().rows.extend(content);
    assert_eq!(values(connection, "SELECT b FROM t WHERE a = 2 OR b = 'x'")?, [text("x"), text("y")]);
    assert!(query(connection, "SELECT rowid FROM t").is_err());
    engine::close(connection)
}
