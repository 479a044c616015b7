//! Virtual tables: what ends while they are in use.

mod support;
#[path = "support/tables.rs"]
mod tables;

use std::cell::RefCell;
use std::rc::Rc;

use sqlink_host_web::contract::metadata::Module;
use sqlink_host_web::engine::imports::{spi_execute, spi_query};
use sqlink_host_web::engine::{
    self, BUSY, CallError, Collected, Limits, LoadOptions, MISUSE, Reason, Step, Value, ValueRef,
};
use sqlink_host_web::native;
use support::{Result, fails, grants, integer, one, open, query, text};
use tables::{MEM, Memory, State, all_flags};

const ID: u32 = 1;

fn load(connection: u32, state: &Rc<State>) -> Result {
    native::add_guest(ID, Memory(Rc::clone(state)));
    engine::load_extension(connection, ID, "", grants(&["spi.read", "spi.write"])).map(drop)
}

/// Opens a connection with the extension and a table `t(a)` of the numbers to 300.
fn loaded() -> Result<(u32, Rc<State>)> {
    let connection = open()?;
    let state = State::new();
    load(connection, &state)?;
    engine::exec(connection, "CREATE VIRTUAL TABLE t USING mem(a); INSERT INTO t SELECT value FROM series(1, 300)")?;
    state.take_calls();
    Ok((connection, state))
}

fn sum(connection: u32) -> Result<Value> {
    one(connection, "SELECT sum(a) FROM t")
}

const SUM: i64 = 300 * 301 / 2;

/// Calls with one of these names, without their arguments.
fn only(state: &State, names: &[&str]) -> Vec<String> {
    let first = |call: &String| call.split(' ').next().unwrap_or_default().to_owned();
    state.take_calls().iter().map(first).filter(|name| names.contains(&name.as_str())).collect()
}

/// Runs some rows of a statement.
fn step(statement: u32, rows: usize) -> Result<(Step, usize)> {
    let mut sink = Collected::up_to(rows);
    let outcome = engine::step_rows(statement, &mut sink)?;
    Ok((outcome, sink.rows.len()))
}

#[test]
fn after_a_trap_tables_are_connected_again() -> Result {
    let (connection, state) = loaded()?;
    for (name, sql) in [
        ("best-index", "SELECT a FROM t"),
        ("open", "SELECT a FROM t"),
        ("filter", "SELECT a FROM t"),
        ("next-batch", "SELECT a FROM t"),
        ("insert", "INSERT INTO t VALUES (7)"),
        ("update", "UPDATE t SET a = 0"),
        ("delete", "DELETE FROM t"),
        ("begin", "INSERT INTO t VALUES (7)"),
        ("rename", "ALTER TABLE t RENAME TO s"),
        ("integrity", "PRAGMA integrity_check"),
        ("destroy", "DROP TABLE t"),
    ] {
        state.trap_once(name);
        let error = fails(query(connection, sql));
        assert_eq!(error.reason, Some(Reason::Trapped), "{name}: {error:?}");
        assert_eq!(error.message, "trapped: extension `memory`, module `mem`: unreachable", "{name}");
        assert_eq!(error.extension.as_deref(), Some("memory"));
        state.calm();
        state.take_calls();
        assert_eq!(sum(connection)?, integer(SUM), "after {name}");
        let calls = only(&state, &["connect", "disconnect"]);
        assert!(calls.contains(&"connect".to_owned()), "{name}: {calls:?}");
        assert!(!calls.contains(&"disconnect".to_owned()), "{name}: the ended instance had the table");
    }
    assert_eq!(engine::extensions(connection)?[0].traps, 11);
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    engine::close(connection)
}

#[test]
fn a_trap_in_what_nobody_waits_for_is_logged() -> Result {
    let (connection, state) = loaded()?;
    let _ = native::take_log();
    for (name, sql) in [("close", "SELECT a FROM t"), ("commit", "INSERT INTO t VALUES (0)")] {
        state.trap_once(name);
        query(connection, sql)?;
        let log = native::take_log();
        assert!(log.iter().any(|entry| entry.message.starts_with("trapped: ")), "{name}: {log:?}");
        state.calm();
        assert_eq!(sum(connection)?, integer(SUM));
    }
    state.trap_once("disconnect");
    engine::close(connection)
}

#[test]
fn cursors_of_an_ended_instance_fail() -> Result {
    let (connection, state) = loaded()?;
    let scan = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
    let short = engine::prepare(connection, "SELECT a FROM t WHERE a < 4", false)?.statement;
    assert_eq!(step(scan, 2)?, (Step::More, 2));
    assert_eq!(step(short, 1)?, (Step::More, 1));
    state.trap_once("insert");
    assert!(query(connection, "INSERT INTO t VALUES (0)").is_err());
    state.calm();
    assert_eq!(step(short, 9)?, (Step::Done, 2), "its rows have arrived already");
    let error = fails(step(scan, 1000));
    assert_eq!(error.reason, Some(Reason::Trapped));
    assert_eq!(
        error.message,
        "trapped: extension `memory`, module `mem`: the instance that scanned table `t` has ended: run the statement again"
    );
    state.take_calls();
    engine::reset(scan)?;
    assert_eq!(step(scan, 1000)?, (Step::Done, 300));
    assert_eq!(only(&state, &["connect", "open"]), ["connect", "open"]);
    engine::close(connection)
}

#[test]
fn a_scan_that_starts_anew_opens_its_cursor_again() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x); INSERT INTO o VALUES (1), (2), (3)")?;
    let join = engine::prepare(connection, "SELECT t.a FROM o CROSS JOIN t ON t.a = o.x", false)?.statement;
    assert_eq!(step(join, 1)?, (Step::More, 1));
    state.trap_once("insert");
    assert!(query(connection, "INSERT INTO t VALUES (0)").is_err());
    state.calm();
    assert_eq!(step(join, 9)?, (Step::Done, 2));
    engine::close(connection)
}

#[test]
fn what_an_ended_instance_had_written_is_lost_as_a_whole() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x); BEGIN; INSERT INTO o VALUES (1); INSERT INTO t VALUES (1000)")?;
    state.trap_once("delete");
    assert!(query(connection, "DELETE FROM t WHERE a = 1").is_err());
    state.calm();
    let lost = "trapped: extension `memory`, module `mem`: the instance that had the transaction of table `t` has ended, and \
                what it wrote is lost: roll it back";
    for sql in ["INSERT INTO t VALUES (0)", "DELETE FROM t"] {
        assert_eq!(fails(query(connection, sql)).message, lost, "{sql}");
    }
    engine::exec(connection, "SAVEPOINT s; ROLLBACK TO s; RELEASE s")?;
    state.take_calls();
    assert_eq!(fails(query(connection, "COMMIT")).message, lost);
    assert!(!engine::in_transaction(connection)?, "a commit that fails rolls back");
    assert_eq!(only(&state, &["rollback"]), [""; 0], "the instance that would know is gone");
    assert_eq!(one(connection, "SELECT count(*) FROM o")?, integer(0));
    // What this extension keeps outside of its instances is its own affair.
    engine::exec(connection, "DELETE FROM t WHERE a = 1000; INSERT INTO t VALUES (0)")?;
    assert_eq!(sum(connection)?, integer(SUM));
    engine::close(connection)
}

#[test]
fn a_table_must_be_declared_as_before() -> Result {
    let (connection, state) = loaded()?;
    state.trap_once("filter");
    assert!(sum(connection).is_err());
    state.calm();
    *state.declaration.borrow_mut() = Some("CREATE TABLE x(a, b)".into());
    let error = fails(sum(connection));
    assert_eq!(
        error.message,
        "invalid-result: extension `memory`, module `mem`: table `t` was declared `CREATE TABLE x(a)`, but after its \
         instance had ended `CREATE TABLE x(a, b)`"
    );
    state.on("connect", || Err(CallError::message("gone")));
    assert_eq!(fails(sum(connection)).message, "gone");
    state.calm();
    assert_eq!(sum(connection)?, integer(SUM));
    engine::close(connection)
}

/// Makes the extension run something in calls of one name, and keeps what came of it.
fn inside<R: 'static>(state: &State, name: &'static str, run: impl Fn() -> R + 'static) -> Rc<RefCell<Vec<R>>> {
    let results = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&results);
    state.on(name, move || {
        let result = run();
        kept.borrow_mut().push(result);
        Ok(())
    });
    results
}

#[test]
fn a_table_may_run_sql_but_not_on_itself() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x); INSERT INTO o VALUES (5)")?;
    for name in ["filter", "next-batch", "open", "best-index"] {
        let results = inside(&state, name, || spi_query(ID, "SELECT x FROM o", &[]).map(|found| found.rows));
        assert_eq!(sum(connection)?, integer(SUM));
        assert_eq!(results.borrow()[0], Ok(vec![vec![integer(5)]]), "{name}");
        let results = inside(&state, name, || spi_query(ID, "SELECT a FROM t", &[]));
        assert_eq!(sum(connection)?, integer(SUM));
        let error = results.borrow()[0].clone().expect_err("it is running");
        assert!(
            error.message.starts_with("re-entered: extension `memory`, module `mem`: "),
            "{name}: {}",
            error.message
        );
    }
    state.calm();
    let results = inside(&state, "insert", || spi_execute(ID, "INSERT INTO o VALUES (?1)", &[ValueRef::Integer(6)]));
    engine::exec(connection, "INSERT INTO t VALUES (0)")?;
    assert_eq!(*results.borrow(), [Ok(1)]);
    assert_eq!(engine::last_insert_rowid(connection)?, 301, "that of the statement, not of what ran inside");
    for (name, sql) in [
        ("update", "UPDATE t SET a = a WHERE rowid = 301"),
        ("delete", "DELETE FROM t WHERE rowid = 301"),
        ("next-batch", "SELECT a FROM t"),
    ] {
        inside(&state, name, || spi_execute(ID, "INSERT INTO o VALUES (1)", &[]));
        query(connection, sql)?;
        assert_eq!(engine::last_insert_rowid(connection)?, 301, "{name}");
    }
    engine::exec(connection, "CREATE TABLE log(x); BEGIN")?;
    inside(&state, "insert", || spi_execute(ID, "INSERT INTO log VALUES (1)", &[]));
    engine::exec(connection, "INSERT INTO t VALUES (0); ROLLBACK")?;
    assert_eq!(one(connection, "SELECT count(*) FROM log")?, integer(0), "it is part of the transaction");
    assert_eq!(sum(connection)?, integer(SUM));
    engine::close(connection)
}

#[test]
fn sql_in_a_table_can_not_pull_the_rug() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x); CREATE INDEX i ON o(x); INSERT INTO o VALUES (5), (6)")?;
    for sql in [
        "DROP TABLE t",
        "ALTER TABLE t RENAME TO s",
        "DELETE FROM t",
        "CREATE VIRTUAL TABLE n USING mem(a)",
        "PRAGMA writable_schema = RESET",
    ] {
        for name in ["open", "filter", "next-batch", "close"] {
            let results = inside(&state, name, move || spi_execute(ID, sql, &[]));
            assert_eq!(sum(connection)?, integer(SUM), "{sql} in {name}");
            assert!(results.borrow().iter().all(std::result::Result::is_err), "{sql} in {name}");
            state.calm();
            assert_eq!(sum(connection)?, integer(SUM), "{sql} after {name}");
        }
    }
    // The ordinary table that is being scanned beside.
    let results = inside(&state, "filter", || spi_execute(ID, "DROP TABLE o", &[]));
    assert_eq!(one(connection, "SELECT sum(t.a) FROM o CROSS JOIN t ON t.a = o.x")?, integer(11));
    assert!(
        results.borrow()[0].as_ref().is_err_and(|error| error.message.contains("locked")),
        "{:?}",
        results.borrow()
    );
    state.calm();
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    engine::close(connection)
}

#[test]
fn nothing_may_be_written_while_a_statement_is_compiled() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x); CREATE INDEX i ON o(x)")?;
    for sql in ["DROP INDEX i", "DROP TABLE o", "CREATE TABLE p(x)", "INSERT INTO o VALUES (1)"] {
        let results = inside(&state, "best-index", move || spi_execute(ID, sql, &[]));
        query(connection, "SELECT t.a FROM o, t WHERE o.x = t.a AND t.a = 3")?;
        assert!(
            results.borrow().iter().all(|result| result.as_ref().is_err_and(|error| error.code == MISUSE)),
            "{sql}"
        );
        state.calm();
    }
    engine::exec(connection, "CREATE TABLE p(x)")?;
    state.end_instance();
    let results = inside(&state, "connect", || spi_execute(ID, "DROP TABLE o", &[]));
    let other = open_with_table(connection)?;
    assert_eq!(other, integer(0));
    assert!(results.borrow().iter().all(|result| result.as_ref().is_err_and(|error| error.code == MISUSE)));
    assert!(!results.borrow().is_empty());
    engine::close(connection)
}

/// Makes SQLite connect `t` again, and counts an ordinary table beside it.
fn open_with_table(connection: u32) -> Result<Value> {
    // What rolls a change of the schema back forgets the schema.
    engine::exec(connection, "BEGIN; CREATE TABLE q(x); ROLLBACK")?;
    one(connection, "SELECT count(*) FROM o, t WHERE o.x = t.a")
}

#[test]
fn tables_are_disconnected_and_connected_as_the_schema_changes() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x)")?;
    open_with_table(connection)?;
    assert_eq!(only(&state, &["connect", "disconnect", "create", "destroy"]), ["disconnect", "connect"]);
    engine::exec(connection, "BEGIN; CREATE VIRTUAL TABLE n USING mem(a); INSERT INTO n VALUES (1); ROLLBACK")?;
    let calls = only(&state, &["create", "begin", "rollback", "disconnect"]);
    assert_eq!(calls[..3], ["create", "begin", "rollback"]);
    assert_eq!(fails(query(connection, "SELECT a FROM n")).message, "no such table: n");
    engine::close(connection)?;
    assert_eq!(state.calls.borrow().last().map(String::as_str), Some("disconnect"));
    Ok(())
}

#[test]
fn a_rollback_inside_a_call_reaches_the_table_after_it() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE TABLE o(x UNIQUE); INSERT INTO o VALUES (5); BEGIN; INSERT INTO t VALUES (1000)")?;
    state.take_calls();
    let results = inside(&state, "filter", || spi_execute(ID, "INSERT OR ROLLBACK INTO o VALUES (5)", &[]));
    // SQLite lets the statement go on.
    sum(connection)?;
    assert!(results.borrow()[0].is_err());
    state.calm();
    assert!(!engine::in_transaction(connection)?);
    assert_eq!(only(&state, &["rollback"]), ["rollback"]);
    assert_eq!(sum(connection)?, integer(SUM));
    engine::close(connection)
}

#[test]
fn the_call_depth_holds_for_tables_too() -> Result {
    let (connection, _) = loaded()?;
    engine::set_limits(connection, Limits { call_depth: 1, ..Limits::default() })?;
    assert_eq!(sum(connection)?, integer(SUM));
    native::add_function(1, move |_, _, out| {
        match one(connection, "SELECT a FROM t") {
            Ok(_) => out.text(b"deep"),
            Err(error) => out.text(error.message.as_bytes()),
        }
        Ok(())
    });
    engine::create_function(connection, "deeper", 0, engine::FunctionFlags::default(), 1)?;
    let Value::Text(message) = one(connection, "SELECT deeper()")? else { panic!("a text") };
    assert!(message.starts_with("call-depth-exceeded: extension `memory`, module `mem`: "), "{message}");
    engine::close(connection)
}

#[test]
fn unloading_waits_until_no_table_is_in_use() -> Result {
    let (connection, state) = loaded()?;
    let scan = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
    let idle = engine::prepare(connection, "SELECT a FROM series(1, 2), t", false)?.statement;
    step(idle, 1)?;
    engine::reset(idle)?;
    step(scan, 1)?;
    let error = fails(engine::unload_extension(connection, ID));
    assert_eq!(error.code, BUSY);
    assert!(error.message.contains("while a statement is running"), "{}", error.message);
    engine::reset(scan)?;
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (0)")?;
    let error = fails(engine::unload_extension(connection, ID));
    assert_eq!(error.code, BUSY);
    assert_eq!(
        error.message,
        "a virtual table of extension `memory` takes part in the open transaction: commit it or roll it back first"
    );
    engine::exec(connection, "COMMIT")?;
    state.take_calls();
    engine::unload_extension(connection, ID)?;
    for sql in ["SELECT a FROM t", "INSERT INTO t VALUES (1)", "DROP TABLE t"] {
        assert_eq!(fails(query(connection, sql)).message, "no such module: mem", "{sql}");
    }
    assert_eq!(fails(query(connection, "SELECT value FROM series(1)")).message, "no such table: series");
    assert_eq!(fails(query(connection, "CREATE VIRTUAL TABLE n USING mem(a)")).message, "no such module: mem");
    for statement in [scan, idle] {
        let error = fails(step(statement, 1));
        assert!(error.message.starts_with("no such "), "{}", error.message);
    }
    let calls = state.take_calls();
    engine::finalize(scan)?;
    engine::finalize(idle)?;
    assert_eq!(state.take_calls(), [""; 0], "nothing of it is called any more, after {calls:?}");
    // The content stayed with the extension.
    load(connection, &state)?;
    assert_eq!(sum(connection)?, integer(SUM));
    engine::close(connection)
}

#[test]
fn closing_with_everything_open_is_safe() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (0); SAVEPOINT s; INSERT INTO t VALUES (1)")?;
    let scan = engine::prepare(connection, "SELECT a FROM t, series(1, 3)", false)?.statement;
    step(scan, 1)?;
    state.take_calls();
    engine::close(connection)?;
    let calls = only(&state, &["close", "rollback", "disconnect", "commit"]);
    assert_eq!(calls.iter().filter(|call| *call == "disconnect").count(), 2);
    assert_eq!(calls.iter().filter(|call| *call == "rollback").count(), 1);
    assert_eq!(calls.iter().filter(|call| *call == "close").count(), 2);
    assert!(!native::has_extension(ID));
    Ok(())
}

#[test]
fn a_connection_left_open_is_closed_with_its_thread() {
    let left = std::thread::spawn(|| {
        let (connection, _) = loaded()?;
        engine::exec(connection, "BEGIN; INSERT INTO t VALUES (0)")?;
        let scan = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
        step(scan, 1).map(drop)
    });
    assert_eq!(left.join().expect("the thread must end well"), Ok(()));
}

#[test]
fn modules_are_prefixed_and_replaced() -> Result {
    let (connection, state) = loaded()?;
    let other = State::with(vec![Module { id: MEM, name: "mem".into(), flags: all_flags(), shadow_names: Vec::new() }]);
    native::add_guest(2, Named(Memory(Rc::clone(&other))));
    let error = fails(engine::load_extension(connection, 2, "", LoadOptions::default()));
    assert!(
        error.message.contains("the module `mem`, which extension `memory` has registered already"),
        "{}",
        error.message
    );
    let prefixed = LoadOptions { prefix: "x_".into(), ..LoadOptions::default() };
    assert_eq!(engine::load_extension(connection, 2, "", prefixed)?.modules, ["x_mem"]);
    engine::exec(connection, "CREATE VIRTUAL TABLE p USING x_mem(a); INSERT INTO p VALUES (1)")?;
    assert_eq!(one(connection, "SELECT a FROM p")?, integer(1));
    engine::exec(connection, "DROP TABLE p")?;
    engine::unload_extension(connection, 2)?;

    native::add_guest(2, Named(Memory(Rc::clone(&other))));
    let replacing = LoadOptions { replace: true, ..LoadOptions::default() };
    engine::load_extension(connection, 2, "", replacing)?;
    state.take_calls();
    other.take_calls();
    assert_eq!(sum(connection)?, Value::Null, "the other extension has no such rows");
    assert_eq!(only(&other, &["connect"]), ["connect"]);
    assert_eq!(state.take_calls(), [""; 0]);
    engine::close(connection)
}

/// The same extension by another name.
struct Named(Memory);

impl native::Guest for Named {
    fn describe(&self) -> sqlink_host_web::contract::metadata::Manifest {
        sqlink_host_web::contract::metadata::Manifest { name: "other".into(), ..self.0.describe() }
    }

    fn vtab(&self) -> Option<&dyn native::Tables> {
        self.0.vtab()
    }

    fn next_batch(
        &self,
        cursor: u32,
        max_rows: u32,
    ) -> std::result::Result<sqlink_host_web::contract::vtab::Batch, CallError> {
        self.0.next_batch(cursor, max_rows)
    }
}
