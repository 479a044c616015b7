//! Hooks of extensions.

mod support;

#[path = "support/hooked.rs"]
mod hooked;

use hooked::{Shared, load};
use sqlink_host_web::contract::hooks::Verdict;
use sqlink_host_web::contract::metadata::HookSet;
use sqlink_host_web::engine::imports::{self, GuestError, spi_execute, spi_query};
use sqlink_host_web::engine::{self, AUTH, Collected, ERROR, Level, MISUSE, Reason, Step, Value};
use sqlink_host_web::native;
use support::{Result, fails, integer, one, open, query};

/// `SQLITE_CONSTRAINT_COMMITHOOK`.
const COMMITHOOK: i32 = 531;

/// A connection with a table of two rows, and the extension `guard` with these hooks.
fn guarded(hooks: HookSet) -> Result<(u32, Shared)> {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'one'), (2, x'02')")?;
    let shared = Shared::default();
    load(connection, 1, "guard", hooks, &shared)?;
    shared.take();
    Ok((connection, shared))
}

/// The connection works, its content is sound, and the table has this many rows.
fn is_sound(connection: u32, rows: i64) -> Result {
    assert_eq!(one(connection, "PRAGMA integrity_check")?, support::text("ok"));
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(rows));
    Ok(())
}

#[test]
fn update_tells_what_was_done_to_which_row() -> Result {
    let (connection, shared) = guarded(HookSet::UPDATE)?;
    engine::exec(connection, "INSERT INTO t VALUES (3, 3); UPDATE t SET b = 0 WHERE a > 1; DELETE FROM t WHERE a = 1")?;
    let expected = ["insert main.t 3", "update main.t 2", "update main.t 3", "delete main.t 1"];
    assert_eq!(shared.take(), expected.map(|event| format!("guard update {event}")));
    engine::exec(connection, "CREATE TEMP TABLE s(a); INSERT INTO s VALUES (1)")?;
    assert_eq!(shared.take(), ["guard update insert temp.s 1"]);
    engine::exec(connection, "CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID; INSERT INTO w VALUES (1)")?;
    assert!(shared.take().is_empty());
    // What SQLite does without telling: all rows at once, and rows that another one replaces.
    engine::exec(connection, "CREATE TABLE r(a PRIMARY KEY); INSERT INTO r VALUES (1); REPLACE INTO r VALUES (1)")?;
    assert_eq!(shared.take(), ["guard update insert main.r 1", "guard update insert main.r 2"]);
    engine::exec(connection, "DELETE FROM r")?;
    assert!(shared.take().is_empty());
    engine::close(connection)
}

#[test]
fn preupdate_tells_what_the_row_was_and_will_be() -> Result {
    let (connection, shared) = guarded(HookSet::PREUPDATE)?;
    engine::exec(connection, "UPDATE t SET a = a + 0.5, b = NULL WHERE a = 1")?;
    assert_eq!(
        shared.take(),
        [r#"guard preupdate update main.t 0 [Value::Integer(1), Value::Text("one")] [Value::Real(1.5), Value::Null]"#]
    );
    engine::exec(
        connection,
        "CREATE TABLE log(a); CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.b); END;
         DELETE FROM t WHERE a = 2",
    )?;
    assert_eq!(
        shared.take(),
        [
            "guard preupdate delete main.t 0 [Value::Integer(2), Value::Blob([2])] []",
            "guard preupdate insert main.log 1 [] [Value::Blob([2])]",
        ]
    );
    // All rows one by one, although SQLite could drop them at once.
    engine::exec(connection, "DELETE FROM log")?;
    assert_eq!(shared.take().len(), 1);
    engine::exec(connection, "CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO w VALUES ('k', 1)")?;
    assert_eq!(shared.take(), [r#"guard preupdate insert main.w 0 [] [Value::Text("k"), Value::Integer(1)]"#]);
    engine::close(connection)
}

#[test]
fn commit_and_rollback_are_told() -> Result {
    let (connection, shared) = guarded(HookSet::COMMIT | HookSet::ROLLBACK)?;
    engine::exec(connection, "INSERT INTO t VALUES (3, 3)")?;
    assert_eq!(shared.take(), ["guard commit"]);
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (4, 4)")?;
    assert!(shared.take().is_empty());
    engine::exec(connection, "COMMIT; BEGIN; DELETE FROM t; ROLLBACK")?;
    assert_eq!(shared.take(), ["guard commit", "guard rollback"]);
    // Nothing was written.
    engine::exec(connection, "BEGIN; SELECT * FROM t; COMMIT")?;
    assert!(shared.take().is_empty());
    is_sound(connection, 4)
}

#[test]
fn several_extensions_are_asked_in_load_order_until_one_refuses() -> Result {
    let all = HookSet::all();
    let (connection, shared) = guarded(all)?;
    load(connection, 2, "second", all, &shared)?;
    shared.take();
    engine::exec(connection, "INSERT INTO t(a) VALUES (3)")?;
    let events: Vec<_> =
        shared.take().iter().map(|event| event.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let expected = ["authorize", "preupdate", "update", "commit"];
    assert_eq!(
        events,
        expected.iter().flat_map(|hook| [format!("guard {hook}"), format!("second {hook}")]).collect::<Vec<_>>()
    );
    shared.fail("guard commit", false);
    assert_eq!(fails(engine::exec(connection, "INSERT INTO t(a) VALUES (4)")).extension.as_deref(), Some("guard"));
    let events = shared.take();
    assert!(events.contains(&"guard commit".to_owned()) && !events.contains(&"second commit".to_owned()));
    assert!(events.ends_with(&["guard rollback".to_owned(), "second rollback".to_owned()]));
    shared.fail("second authorize Action::Delete", false);
    assert_eq!(fails(engine::exec(connection, "DELETE FROM t")).extension.as_deref(), Some("second"));
    engine::unload_extension(connection, 2)?;
    engine::exec(connection, "DELETE FROM t")?;
    shared.calm();
    engine::unload_extension(connection, 1)?;
    shared.take();
    engine::exec(connection, "INSERT INTO t(a) VALUES (3)")?;
    assert!(shared.take().is_empty());
    is_sound(connection, 1)
}

#[test]
fn the_authorizer_is_told_names() -> Result {
    let (connection, shared) = guarded(HookSet::AUTHORIZER)?;
    query(connection, "SELECT a FROM t")?;
    assert_eq!(shared.take(), ["guard authorize Action::Select - - - -", "guard authorize Action::Read t a main -"]);
    engine::exec(connection, "CREATE VIEW v AS SELECT upper(b) FROM t")?;
    shared.take();
    query(connection, "SELECT * FROM v")?;
    let events = shared.take();
    assert!(events.contains(&"guard authorize Action::Read t b main v".to_owned()), "{events:?}");
    assert!(events.contains(&"guard authorize Action::Function - upper - v".to_owned()), "{events:?}");
    engine::exec(connection, "PRAGMA user_version = 3; SAVEPOINT p; RELEASE p; BEGIN; COMMIT")?;
    assert_eq!(
        shared.take(),
        [
            "Pragma user_version 3 - -",
            "Savepoint BEGIN p - -",
            "Savepoint RELEASE p - -",
            "Transaction BEGIN - - -",
            "Transaction COMMIT - - -"
        ]
        .map(|event| format!("guard authorize Action::{event}"))
    );
    engine::close(connection)
}

#[test]
fn what_the_authorizer_denies_does_not_compile() -> Result {
    let (connection, shared) = guarded(HookSet::AUTHORIZER)?;
    shared.react(|event| {
        let denied = ["Read t b", "Delete", "DropTable", "Pragma", "Function"].iter().any(|what| event.contains(what));
        Ok(if denied { Verdict::Deny } else { Verdict::Allow })
    });
    let error = fails(query(connection, "SELECT a, b FROM t"));
    assert_eq!((error.code, error.reason, error.extension.as_deref()), (AUTH, None, Some("guard")));
    assert_eq!(error.message, "not authorized: extension `guard` denies read of `t`, `b` in `main`");
    let error = fails(engine::exec(connection, "DELETE FROM t WHERE a = 1"));
    assert_eq!(error.message, "not authorized: extension `guard` denies delete of `t` in `main`");
    assert_eq!(fails(engine::exec(connection, "DROP TABLE t")).code, AUTH);
    let error = fails(query(connection, "SELECT upper('a')"));
    assert_eq!((error.code, error.extension.as_deref()), (AUTH, Some("guard")));
    assert_eq!(error.message, "not authorized: extension `guard` denies function of `upper`");
    assert_eq!(query(connection, "SELECT a FROM t")?.len(), 2);
    shared.react(|event| Ok(if event.contains("Read t b") { Verdict::Ignore } else { Verdict::Allow }));
    assert_eq!(query(connection, "SELECT a, b FROM t WHERE a = 1")?, [[integer(1), Value::Null]]);
    shared.calm();
    is_sound(connection, 2)
}

#[test]
fn an_authorizer_that_fails_denies() -> Result {
    let (connection, shared) = guarded(HookSet::AUTHORIZER)?;
    shared.fail("Read", false);
    let error = fails(query(connection, "SELECT a FROM t"));
    assert_eq!((error.code, error.reason), (AUTH, None));
    assert_eq!(error.message, "extension `guard`, hook `authorizer`: no good");
    shared.fail("Read", true);
    let error = fails(query(connection, "SELECT a FROM t"));
    assert_eq!((error.code, error.reason), (AUTH, Some(Reason::Trapped)));
    assert_eq!(error.message, "trapped: extension `guard`, hook `authorizer`: unreachable");
    assert_eq!(engine::extensions(connection)?[0].traps, 1);
    shared.calm();
    is_sound(connection, 2)
}

#[test]
fn the_authorizer_sees_statements_that_were_compiled_before_it_was_there() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")?;
    let statement = engine::prepare(connection, "DELETE FROM t", true)?.statement;
    let shared = Shared::default();
    load(connection, 1, "guard", HookSet::AUTHORIZER, &shared)?;
    shared.fail("Delete", false);
    let error = fails(engine::run(statement));
    assert_eq!((error.code, error.extension.as_deref()), (AUTH, Some("guard")));
    engine::unload_extension(connection, 1)?;
    assert_eq!(engine::run(statement)?.changes, 1);
    engine::close(connection)
}

#[test]
fn the_engines_own_sql_is_nobodys_business() -> Result {
    let (connection, shared) = guarded(HookSet::AUTHORIZER | HookSet::UPDATE)?;
    shared.react(|event| if event.contains("Update") { Ok(Verdict::Allow) } else { Ok(Verdict::Deny) });
    let bytes = engine::serialize(connection, "main", <[u8]>::to_vec)?;
    engine::deserialize(connection, "main", &bytes)?;
    load(connection, 2, "second", HookSet::empty(), &shared)?;
    // Rolling back what a hook failed, too.
    shared.calm();
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (3, 3)")?;
    shared.react(|event| match event {
        event if event.contains("update insert") => Err(engine::CallError::message("no good")),
        event if event.contains("Transaction") => Ok(Verdict::Deny),
        _ => Ok(Verdict::Allow),
    });
    assert_eq!(fails(engine::exec(connection, "INSERT INTO t VALUES (4, 4)")).extension.as_deref(), Some("guard"));
    assert!(!engine::in_transaction(connection)?);
    shared.calm();
    is_sound(connection, 2)
}

#[test]
fn a_commit_that_is_refused_is_rolled_back() -> Result {
    let (connection, shared) = guarded(HookSet::COMMIT)?;
    shared.react(|_| Ok(Verdict::Deny));
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (3, 3)"));
    assert_eq!((error.code, error.reason, error.extension.as_deref()), (COMMITHOOK, None, Some("guard")));
    assert_eq!(error.message, "extension `guard`, hook `commit`: it rolls the transaction back");
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (3, 3)")?;
    assert_eq!(fails(engine::exec(connection, "COMMIT")).code, COMMITHOOK);
    assert!(!engine::in_transaction(connection)?);
    shared.fail("commit", true);
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (3, 3)"));
    assert_eq!((error.code, error.reason), (COMMITHOOK, Some(Reason::Trapped)));
    assert_eq!(error.message, "trapped: extension `guard`, hook `commit`: unreachable");
    shared.fail("commit", false);
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (3, 3)"));
    assert_eq!((error.code, error.message.as_str()), (COMMITHOOK, "extension `guard`, hook `commit`: no good"));
    shared.calm();
    is_sound(connection, 2)
}

#[test]
fn a_commit_by_a_statement_that_is_given_up_is_told_too() -> Result {
    let (connection, shared) = guarded(HookSet::COMMIT)?;
    shared.react(|_| Ok(Verdict::Deny));
    let sql = "INSERT INTO t VALUES (3, 3), (4, 4) RETURNING a";
    for end in [engine::reset as fn(u32) -> Result, engine::finalize, |statement| {
        engine::bind(statement, 1, engine::ValueRef::Null)
    }] {
        let statement = engine::prepare(connection, sql, false)?.statement;
        assert_eq!(engine::step_rows(statement, &mut Collected::up_to(1))?, Step::More);
        assert_eq!(fails(end(statement)).code, COMMITHOOK);
        let _ = engine::finalize(statement);
    }
    shared.calm();
    is_sound(connection, 2)
}

/// Statements that change rows of the table, the first of them at once.
const CHANGES: [&str; 5] = [
    "INSERT INTO t VALUES (3, 3)",
    "INSERT INTO t VALUES (3, 3) RETURNING a",
    "INSERT INTO t WITH RECURSIVE n(i) AS (VALUES (3) UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT i, i FROM n",
    "UPDATE t SET b = 0",
    "DELETE FROM t WHERE a > 0",
];

#[test]
fn an_update_hook_that_fails_fails_the_statement() -> Result {
    for hook in [HookSet::UPDATE, HookSet::PREUPDATE] {
        let name = if hook == HookSet::UPDATE { "update" } else { "preupdate" };
        for (begin, sql) in CHANGES.iter().flat_map(|sql| [("", sql), ("BEGIN; INSERT INTO t VALUES (9, 9)", sql)]) {
            for trap in [false, true] {
                let (connection, shared) = guarded(hook)?;
                engine::exec(connection, begin)?;
                shared.take();
                shared.fail("main.t", trap);
                let error = fails(query(connection, sql));
                let message = if trap {
                    format!("trapped: extension `guard`, hook `{name}`: unreachable")
                } else {
                    format!("extension `guard`, hook `{name}`: no good")
                };
                let rolled_back = if begin.is_empty() { "" } else { "; the transaction was rolled back" };
                assert_eq!(error.message, format!("{message}{rolled_back}"), "{sql}");
                assert_eq!((error.code, error.extension.as_deref()), (ERROR, Some("guard")));
                assert_eq!(error.reason, trap.then_some(Reason::Trapped));
                // It is not called again for a statement that fails anyway.
                assert_eq!(shared.take().len(), 1, "{sql}");
                assert!(!engine::in_transaction(connection)?, "{sql}");
                shared.calm();
                is_sound(connection, 2)?;
                engine::exec(connection, "BEGIN; INSERT INTO t VALUES (5, 5); COMMIT")?;
                is_sound(connection, 3)?;
                engine::close(connection)?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_hook_that_fails_in_sql_of_a_function_fails_the_outer_statement_too() -> Result {
    for outer in ["SELECT second(), a FROM t", "UPDATE t SET b = second()", "INSERT INTO t SELECT second(), 9"] {
        for begin in ["", "BEGIN; INSERT INTO t VALUES (9, 9)"] {
            let (connection, shared) = guarded(HookSet::UPDATE)?;
            engine::exec(connection, begin)?;
            let second = Shared::default();
            load(connection, 2, "second", HookSet::empty(), &second)?;
            shared.fail("insert main.t", false);
            let inner = second.run_in(connection, outer, || spi_execute(2, "INSERT INTO t VALUES (3, 3)", &[]));
            let message = fails(inner).message;
            assert!(message.starts_with("extension `guard`, hook `update`: no good"), "{message}");
            assert!(!engine::in_transaction(connection)?);
            shared.calm();
            is_sound(connection, 2)?;
            engine::close(connection)?;
        }
    }
    Ok(())
}

#[test]
fn a_query_that_was_begun_goes_on_after_another_statement_was_stopped() -> Result {
    let (connection, shared) = guarded(HookSet::UPDATE)?;
    let begun = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
    let mut rows = Collected::up_to(1);
    assert_eq!(engine::step_rows(begun, &mut rows)?, Step::More);
    shared.fail("main.t", false);
    assert_eq!(fails(engine::exec(connection, CHANGES[2])).extension.as_deref(), Some("guard"));
    let mut rest = Collected::default();
    assert_eq!(engine::step_rows(begun, &mut rest)?, Step::Done);
    assert_eq!(rest.rows, [[integer(2)]]);
    Ok(())
}

#[test]
fn text_that_is_not_utf8_does_not_get_to_a_hook() -> Result {
    let (connection, shared) = guarded(HookSet::PREUPDATE)?;
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (3, CAST(x'61ff' AS TEXT))"));
    assert_eq!(error.reason, Some(Reason::InvalidText));
    assert_eq!(
        error.message,
        "invalid-text: extension `guard`, hook `preupdate`: column 2 of the row is a text that is not valid UTF-8 at byte 1"
    );
    assert!(shared.take().is_empty());
    is_sound(connection, 2)
}

#[test]
fn no_sql_is_possible_inside_a_hook_but_other_imports_are() -> Result {
    let all = HookSet::all();
    let (connection, shared) = guarded(all)?;
    shared.react(|event| {
        let codes = [
            spi_query(1, "SELECT 1", &[]).map_err(|error| error.code).map(drop),
            spi_execute(1, "DELETE FROM t", &[]).map_err(|error| error.code).map(drop),
            imports::spi_batch(1, "DELETE FROM t").map_err(|error| error.code),
            imports::spi_open(1, "SELECT 1", &[]).map_err(|error| error.code).map(drop),
            imports::spi_changes(1).map_err(|error| error.code).map(drop),
            imports::spi_last_insert_rowid(1).map_err(|error| error.code).map(drop),
        ];
        assert_eq!(codes, [Err(MISUSE); 6], "{event}");
        imports::state_set(1, event, b"seen").expect("state is not the connection's");
        imports::cache_set(1, event.into(), vec![1], 0).expect("neither is the cache");
        Ok(Verdict::Allow)
    });
    engine::exec(connection, "INSERT INTO t VALUES (3, 3); BEGIN; DELETE FROM t; ROLLBACK")?;
    let error = shared.run_in(connection, "SELECT guard()", || spi_query(1, "SELECT 1", &[]))?;
    assert!(error.is_ok());
    shared.calm();
    let keys = shared.run_in(connection, "SELECT guard()", || imports::state_keys(1, "guard "))?.expect("granted");
    for hook in ["authorize", "update", "preupdate", "commit", "rollback"] {
        assert!(keys.iter().any(|key| key.starts_with(&format!("guard {hook}"))), "{hook}");
    }
    is_sound(connection, 3)
}

#[test]
fn an_error_that_a_hook_hands_on_says_why() -> Result {
    let (connection, shared) = guarded(HookSet::UPDATE)?;
    shared.react(|_| spi_query(1, "SELECT 1", &[]).map(|_| Verdict::Allow).map_err(support::hand_on));
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (3, 3)"));
    assert_eq!(error.code, MISUSE);
    assert_eq!(
        error.message,
        "extension `guard`, hook `update`: no SQL can be run inside a hook: SQLite allows no use of the connection there"
    );
    shared.calm();
    is_sound(connection, 2)
}

#[test]
fn an_extensions_own_hooks_are_not_called_for_its_own_sql() -> Result {
    let (connection, shared) = guarded(HookSet::all())?;
    let other = Shared::default();
    load(connection, 2, "other", HookSet::all(), &other)?;
    engine::exec(connection, "CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET b = 0 WHERE a = new.a; END")?;
    shared.take();
    other.take();
    let done = shared.run_in(connection, "SELECT guard()", || spi_execute(1, "INSERT INTO t VALUES (3, 3)", &[]))?;
    assert_eq!(done, Ok(1));
    let own = shared.take();
    assert!(own.iter().all(|event| event.starts_with("guard authorize") && !event.contains(" t ")), "{own:?}");
    let told = other.take();
    for hook in ["authorize Action::Insert t", "update insert", "update update", "preupdate insert", "commit"] {
        assert!(told.iter().any(|event| event.contains(hook)), "{hook}");
    }
    is_sound(connection, 3)
}

#[test]
fn hooks_of_an_extension_on_the_stack_fail_for_the_sql_of_others() -> Result {
    for (hook, code) in [
        (HookSet::UPDATE, ERROR),
        (HookSet::PREUPDATE, ERROR),
        (HookSet::AUTHORIZER, AUTH),
        (HookSet::COMMIT, COMMITHOOK),
    ] {
        let (connection, shared) = guarded(hook)?;
        let other = Shared::default();
        load(connection, 2, "other", HookSet::empty(), &other)?;
        // `guard` runs SQL that calls `other`, which changes a row.
        let inner: std::rc::Rc<std::cell::RefCell<Option<Result<i64, GuestError>>>> = std::rc::Rc::default();
        let slot = std::rc::Rc::clone(&inner);
        let run = other.clone();
        let outcome = shared.run_in(connection, "SELECT guard()", move || {
            run.next(move || {
                *slot.borrow_mut() = Some(spi_execute(2, "INSERT INTO t VALUES (3, 3)", &[]));
            });
            spi_query(1, "SELECT other()", &[])
        });
        let refused = inner.take().expect("it was called").expect_err("its hook can't be called");
        assert_eq!(refused.code, code, "{hook:?}");
        assert!(refused.message.starts_with("re-entered: extension `guard`, hook `"), "{}", refused.message);
        if code == ERROR {
            assert_eq!(fails(outcome).reason, Some(Reason::ReEntered));
        }
        is_sound(connection, 2)?;
        engine::close(connection)?;
    }
    Ok(())
}

#[test]
fn a_rollback_hook_that_fails_is_logged() -> Result {
    let (connection, shared) = guarded(HookSet::ROLLBACK)?;
    shared.fail("rollback", true);
    drop(native::take_log());
    engine::exec(connection, "BEGIN; DELETE FROM t; ROLLBACK")?;
    let log = native::take_log();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].extension.as_deref(), log[0].level), (Some("guard"), Level::Error));
    assert_eq!(log[0].message, "trapped: extension `guard`, hook `rollback`: unreachable");
    assert_eq!(engine::extensions(connection)?[0].traps, 1);
    is_sound(connection, 2)
}

#[test]
fn information_lists_the_hooks() -> Result {
    let (connection, _) = guarded(HookSet::COMMIT | HookSet::AUTHORIZER)?;
    assert_eq!(engine::extensions(connection)?[0].hooks, ["authorizer", "commit"]);
    engine::close(connection)
}

#[test]
fn what_sqlite_does_by_statements_of_its_own_goes_on() -> Result {
    let (connection, shared) = guarded(HookSet::all())?;
    engine::exec(
        connection,
        "CREATE INDEX i ON t(b); ALTER TABLE t RENAME COLUMN b TO c; ALTER TABLE t ADD COLUMN d; ALTER TABLE t DROP COLUMN d;
         VACUUM; REINDEX; ANALYZE; DROP INDEX i; CREATE TABLE u AS SELECT * FROM t; SAVEPOINT s; DELETE FROM u; ROLLBACK TO s;
         RELEASE s; INSERT OR REPLACE INTO u SELECT * FROM t",
    )?;
    assert!(!shared.take().is_empty());
    is_sound(connection, 2)
}

#[test]
fn a_conflict_clause_does_not_hide_a_hook_that_failed() -> Result {
    for conflict in ["IGNORE", "REPLACE", "FAIL", "ROLLBACK", "ABORT"] {
        let (connection, shared) = guarded(HookSet::UPDATE)?;
        engine::exec(connection, "CREATE UNIQUE INDEX i ON t(a); BEGIN; INSERT INTO t VALUES (8, 8)")?;
        shared.fail("insert main.t", false);
        let sql = format!("INSERT OR {conflict} INTO t VALUES (3, 3), (4, 4)");
        let error = fails(engine::exec(connection, &sql));
        assert_eq!(
            error.message, "extension `guard`, hook `update`: no good; the transaction was rolled back",
            "{sql}"
        );
        shared.calm();
        is_sound(connection, 2)?;
        engine::close(connection)?;
    }
    Ok(())
}
