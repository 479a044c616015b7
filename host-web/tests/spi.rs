//! SQL that extensions run.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use sqlink_host_web::engine::imports::{
    GuestError, Rows, spi_batch, spi_changes, spi_close, spi_execute, spi_fetch, spi_last_insert_rowid, spi_open,
    spi_query,
};
use sqlink_host_web::engine::{
    self, AUTH, CallError, FunctionFlags, Limits, MISUSE, Manifest, RANGE, READONLY, TOOBIG, Value, ValueRef,
};
use sqlink_host_web::native;
use support::{Result, capabilities, function, grants, integer, manifest, one, open, text};

/// The extension's number.
const ID: u32 = 1;

/// What the extension does in its next call.
type Job = Rc<RefCell<Option<Box<dyn FnOnce()>>>>;

/// A connection with an extension that runs one closure inside of its function.
struct Inside {
    connection: u32,
    job: Job,
}

impl Inside {
    fn new(granted: &[&str]) -> Result<Self> {
        let connection = open()?;
        engine::exec(connection, "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'one'), (2, x'02')")?;
        let job: Job = Rc::default();
        let next = Rc::clone(&job);
        let manifest =
            Manifest { optional: capabilities(&["spi.read", "spi.write"]), ..manifest("inside", &[("inside", 0)]) };
        native::add_extension(ID, manifest, move |_, _, _| {
            if let Some(job) = next.take() {
                job();
            }
            Ok(())
        });
        engine::load_extension(connection, ID, "", grants(granted))?;
        Ok(Self { connection, job })
    }

    /// Runs `job` in the next call of the extension's function.
    fn next(&self, job: impl FnOnce() + 'static) {
        *self.job.borrow_mut() = Some(Box::new(job));
    }

    /// Runs `job` in the extension's function, called from `sql`.
    fn run_in<R: 'static>(&self, sql: &str, job: impl FnOnce() -> R + 'static) -> Result<R> {
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        *self.job.borrow_mut() = Some(Box::new(move || *slot.borrow_mut() = Some(job())));
        one(self.connection, sql)?;
        Ok(result.take().expect("the function must have been called"))
    }

    fn query(&self, sql: &'static str) -> Result<std::result::Result<Rows, GuestError>> {
        self.run_in("SELECT inside()", move || spi_query(ID, sql, &[]))
    }

    fn execute(&self, sql: &'static str) -> Result<std::result::Result<i64, GuestError>> {
        self.run_in("SELECT inside()", move || spi_execute(ID, sql, &[]))
    }

    fn query_code(&self, sql: &'static str) -> Result<i32> {
        Ok(self.query(sql)?.map_or_else(|error| error.code, |_| 0))
    }

    fn execute_code(&self, sql: &'static str) -> Result<i32> {
        Ok(self.execute(sql)?.map_or_else(|error| error.code, |_| 0))
    }
}

const BOTH: &[&str] = &["spi.read", "spi.write"];

#[test]
fn a_query_returns_columns_and_rows() -> Result {
    let inside = Inside::new(BOTH)?;
    let found = inside.query("SELECT a, b AS name FROM t ORDER BY a; -- done")?.expect("it is allowed");
    assert_eq!(found.columns, ["a", "name"]);
    assert_eq!(found.rows, [[integer(1), text("one")], [integer(2), Value::Blob(vec![2])]]);
    let found = inside.run_in("SELECT inside()", || {
        spi_query(ID, "SELECT ?1, ?3", &[ValueRef::Text(b"x"), ValueRef::Null, ValueRef::Real(0.5)])
    })?;
    assert_eq!(found.expect("it is allowed").rows, [[text("x"), Value::Real(0.5)]]);
    Ok(())
}

#[test]
fn it_takes_exactly_one_statement_and_no_more_params_than_parameters() -> Result {
    let inside = Inside::new(BOTH)?;
    for sql in ["", "-- nothing", ";", "SELECT 1; SELECT 2", "SELECT 1;; SELECT 2"] {
        assert_eq!(inside.query_code(sql)?, MISUSE, "{sql:?}");
        assert_eq!(inside.execute_code(sql)?, MISUSE, "{sql:?}");
    }
    let code = inside.run_in("SELECT inside()", || {
        spi_query(ID, "SELECT ?", &[ValueRef::Null, ValueRef::Null]).map_err(|error| error.code)
    })?;
    assert_eq!(code, Err(RANGE));
    assert_eq!(inside.query_code("SELECT nope FROM t")?, 1);
    assert_eq!(inside.query_code("SELECT '\0'")?, 1);
    Ok(())
}

#[test]
fn reading_and_writing_are_two_capabilities() -> Result {
    let reader = Inside::new(&["spi.read"])?;
    assert_eq!(reader.query_code("SELECT 1")?, 0);
    assert_eq!(reader.query_code("INSERT INTO t VALUES (3, 3)")?, READONLY);
    assert_eq!(reader.query_code("INSERT INTO t VALUES (3, 3) RETURNING a")?, READONLY);
    assert_eq!(reader.execute_code("SELECT 1")?, AUTH);
    engine::close(reader.connection)?;
    let writer = Inside::new(&["spi.write"])?;
    assert_eq!(writer.query_code("SELECT 1")?, AUTH);
    assert_eq!(writer.execute_code("INSERT INTO t VALUES (3, 3)")?, 0);
    Ok(())
}

#[test]
fn execute_counts_the_rows_it_changed_itself() -> Result {
    let inside = Inside::new(BOTH)?;
    assert_eq!(inside.execute("UPDATE t SET b = 0")?, Ok(2));
    assert_eq!(inside.execute("CREATE TABLE u(a)")?, Ok(0));
    assert_eq!(inside.execute("DELETE FROM t WHERE a = 1")?, Ok(1));
    assert_eq!(inside.execute("SELECT * FROM t")?, Ok(0));
    assert_eq!(inside.execute_code("INSERT INTO nope VALUES (1)")?, 1);
    Ok(())
}

#[test]
fn what_it_writes_is_part_of_the_callers_transaction() -> Result {
    let inside = Inside::new(BOTH)?;
    engine::exec(inside.connection, "BEGIN")?;
    assert_eq!(inside.execute("INSERT INTO t VALUES (3, 3)")?, Ok(1));
    engine::exec(inside.connection, "ROLLBACK")?;
    assert_eq!(one(inside.connection, "SELECT count(*) FROM t")?, integer(2));
    // In the middle of a statement that writes, too.
    engine::exec(inside.connection, "CREATE TABLE u(a)")?;
    inside
        .run_in("INSERT INTO u SELECT inside() RETURNING 1", || spi_execute(ID, "INSERT INTO t VALUES (4, 4)", &[]))?
        .expect("it is allowed");
    assert_eq!(one(inside.connection, "SELECT count(*) FROM t")?, integer(3));
    Ok(())
}

#[test]
fn transactions_attached_files_and_settings_are_out_of_reach() -> Result {
    let inside = Inside::new(BOTH)?;
    for sql in [
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT s",
        "RELEASE s",
        "ROLLBACK TO s",
        "ATTACH ':memory:' AS other",
        "DETACH other",
        "EXPLAIN COMMIT",
        "PRAGMA writable_schema = ON",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode",
        "PRAGMA trusted_schema = ON",
        "PRAGMA temp_store_directory = '/tmp'",
    ] {
        assert_eq!(inside.query_code(sql)?, AUTH, "{sql}");
        assert_eq!(inside.execute_code(sql)?, AUTH, "{sql}");
    }
    let error = inside.execute("ATTACH 'x' AS y")?.expect_err("refused");
    assert_eq!(error.message, "not authorized: ATTACH is not allowed in SQL that an extension runs");
    // It would write a file.
    assert_ne!(inside.execute_code("VACUUM INTO '/tmp/sqlink-must-not-exist.db'")?, 0);
    assert!(!std::path::Path::new("/tmp/sqlink-must-not-exist.db").exists());
    for sql in ["PRAGMA table_info(t)", "PRAGMA user_version", "SELECT * FROM pragma_table_info('t')"] {
        assert_eq!(inside.query_code(sql)?, 0, "{sql}");
    }
    // None of that holds for the application.
    engine::exec(inside.connection, "BEGIN; PRAGMA user_version = 7; COMMIT")?;
    Ok(())
}

#[test]
fn a_function_of_the_application_keeps_the_applications_rights() -> Result {
    let inside = Inside::new(BOTH)?;
    let connection = inside.connection;
    native::add_function(
        5,
        function(move |_, _, out| {
            engine::exec(connection, "PRAGMA user_version = 9").map_err(|error| CallError::message(error.message))?;
            out.integer(1);
            Ok(())
        }),
    );
    engine::create_function(connection, "app", 0, FunctionFlags::default(), 5)?;
    assert_eq!(inside.query_code("SELECT app()")?, 0);
    assert_eq!(one(connection, "PRAGMA user_version")?, integer(9));
    assert_eq!(inside.query_code("PRAGMA user_version = 1")?, AUTH);
    Ok(())
}

#[test]
fn rows_over_the_output_limit_fail() -> Result {
    let inside = Inside::new(BOTH)?;
    engine::set_limits(inside.connection, Limits { output_bytes: 10_000, ..Limits::default() })?;
    assert_eq!(inside.query_code("SELECT zeroblob(9000)")?, 0);
    assert_eq!(inside.query_code("SELECT zeroblob(10001)")?, TOOBIG);
    let endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    assert_eq!(inside.query_code(endless)?, TOOBIG);
    let error = inside.query("SELECT CAST(x'ff' AS TEXT)")?.expect_err("not UTF-8");
    assert!(error.message.starts_with("invalid-text: extension `inside`, function `inside`: column 1 "));
    Ok(())
}

#[test]
fn the_statement_timeout_holds_inside_too() -> Result {
    let inside = Inside::new(BOTH)?;
    engine::set_limits(inside.connection, Limits { statement_timeout_ms: 50, ..Limits::default() })?;
    let endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    assert_eq!(inside.query_code(endless)?, engine::INTERRUPT);
    Ok(())
}

#[test]
fn a_batch_runs_statements_until_one_fails() -> Result {
    let inside = Inside::new(BOTH)?;
    let batch = |sql: &'static str| inside.run_in("SELECT inside()", move || spi_batch(ID, sql));
    assert_eq!(batch("CREATE TABLE u(a); INSERT INTO u VALUES (1), (2); SELECT * FROM u; -- done")?, Ok(()));
    assert_eq!(batch("")?, Ok(()));
    let error = batch("INSERT INTO u VALUES (3); INSERT INTO nope VALUES (1); INSERT INTO u VALUES (4)")?;
    assert_eq!(error.expect_err("no such table").message, "no such table: nope");
    assert_eq!(one(inside.connection, "SELECT group_concat(a) FROM u")?, text("1,2,3"));
    assert_eq!(batch("DELETE FROM u; COMMIT")?.expect_err("refused").code, AUTH);
    Ok(())
}

#[test]
fn changes_and_rowid_are_the_connections() -> Result {
    let inside = Inside::new(BOTH)?;
    engine::exec(inside.connection, "INSERT INTO t(rowid, a) VALUES (40, 4), (41, 5)")?;
    let both = inside.run_in("SELECT inside()", || (spi_changes(ID), spi_last_insert_rowid(ID)))?;
    assert_eq!(both, (Ok(2), Ok(41)));
    let changes = inside
        .run_in("SELECT inside()", || spi_execute(ID, "DELETE FROM t WHERE a = 5", &[]).map(|_| spi_changes(ID)))?;
    assert_eq!(changes, Ok(Ok(1)));
    Ok(())
}

const COUNT: &str = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 5";

#[test]
fn a_cursor_gives_rows_a_few_at_a_time() -> Result {
    let inside = Inside::new(BOTH)?;
    inside.run_in("SELECT inside()", || {
        let opened = spi_open(ID, COUNT, &[]).expect("it is allowed");
        assert_ne!(opened.cursor, 0);
        assert_eq!(opened.columns, ["i"]);
        let fetch = |most| spi_fetch(ID, opened.cursor, most).map(|rows| rows.concat());
        assert_eq!(fetch(2), Ok(vec![integer(1), integer(2)]));
        assert_eq!(fetch(0).map_err(|error| error.code), Err(MISUSE));
        assert_eq!(fetch(3), Ok(vec![integer(3), integer(4), integer(5)]));
        assert_eq!(fetch(1), Ok(Vec::new()));
        assert_eq!(fetch(1), Ok(Vec::new()));
        spi_close(ID, opened.cursor);
        spi_close(ID, opened.cursor);
        let error = fetch(1).expect_err("it is closed");
        assert_eq!(error.code, MISUSE);
        assert!(error.message.starts_with(&format!("there is no cursor {}: ", opened.cursor)));
        // Several at once, each with its own place.
        let [a, b] = [1, 3].map(|n| {
            spi_open(ID, "SELECT ?1 UNION ALL SELECT 9", &[ValueRef::Integer(n)]).expect("it is allowed").cursor
        });
        assert_ne!(a, b);
        assert_eq!(spi_fetch(ID, b, 1), Ok(vec![vec![integer(3)]]));
        assert_eq!(spi_fetch(ID, a, 9), Ok(vec![vec![integer(1)], vec![integer(9)]]));
        assert_eq!(spi_fetch(ID, b, 9), Ok(vec![vec![integer(9)]]));
    })
}

#[test]
fn a_cursor_is_for_one_statement_that_reads() -> Result {
    let inside = Inside::new(BOTH)?;
    let open = |sql: &'static str| {
        inside.run_in("SELECT inside()", move || spi_open(ID, sql, &[]).map_or_else(|error| error.code, |_| 0))
    };
    for (sql, code) in [
        ("INSERT INTO t VALUES (3, 3) RETURNING a", READONLY),
        ("SELECT 1; SELECT 2", MISUSE),
        ("", MISUSE),
        ("PRAGMA journal_mode", AUTH),
        ("SELECT nope", 1),
        ("SELECT 1", 0),
    ] {
        assert_eq!(open(sql)?, code, "{sql}");
    }
    Ok(())
}

#[test]
fn a_fetch_that_fails_closes_the_cursor() -> Result {
    let inside = Inside::new(BOTH)?;
    engine::set_limits(inside.connection, Limits { output_bytes: 1000, ..Limits::default() })?;
    let fetch = |sql: &'static str| {
        inside.run_in("SELECT inside()", move || {
            let cursor = spi_open(ID, sql, &[]).expect("it is allowed").cursor;
            (
                spi_fetch(ID, cursor, 10).map_err(|error| error.code),
                spi_fetch(ID, cursor, 10).map_err(|error| error.code),
            )
        })
    };
    assert_eq!(fetch("SELECT zeroblob(2000)")?, (Err(TOOBIG), Err(MISUSE)));
    assert_eq!(fetch("SELECT abs(-9223372036854775808)")?, (Err(1), Err(MISUSE)));
    assert_eq!(fetch("SELECT CAST(x'ff' AS TEXT)")?, (Err(1), Err(MISUSE)));
    Ok(())
}

#[test]
fn a_cursor_lasts_as_long_as_the_outermost_statement() -> Result {
    let inside = Inside::new(BOTH)?;
    let connection = inside.connection;
    let cursor = inside.run_in("SELECT inside()", || spi_open(ID, COUNT, &[]).expect("it is allowed").cursor)?;
    let code = inside.run_in("SELECT inside()", move || spi_fetch(ID, cursor, 1).map_err(|error| error.code))?;
    assert_eq!(code, Err(MISUSE));
    // Between rows of one statement it stays.
    let found = Rc::new(RefCell::new(Vec::new()));
    let open_later = Rc::clone(&found);
    inside
        .next(move || open_later.borrow_mut().push(i64::from(spi_open(ID, COUNT, &[]).expect("it is allowed").cursor)));
    let statement = engine::prepare(connection, "SELECT inside() FROM t", false)?.statement;
    engine::step_rows(statement, &mut engine::Collected::up_to(1))?;
    engine::exec(connection, "CREATE TABLE other(a)")?;
    let fetched = Rc::clone(&found);
    inside.next(move || {
        let cursor = u32::try_from(fetched.borrow()[0]).expect("a cursor");
        let rows = spi_fetch(ID, cursor, 2).expect("it is still open").concat();
        fetched.borrow_mut().extend(rows.iter().map(|value| if let Value::Integer(n) = value { *n } else { -1 }));
    });
    engine::step_rows(statement, &mut engine::Collected::up_to(1))?;
    assert_eq!(found.borrow()[1..], [1, 2]);
    engine::reset(statement)?;
    let cursor = u32::try_from(found.borrow()[0]).expect("a cursor");
    let code = inside.run_in("SELECT inside()", move || spi_fetch(ID, cursor, 1).map_err(|error| error.code))?;
    assert_eq!(code, Err(MISUSE));
    // Nothing holds the table any more.
    inside
        .run_in("SELECT inside()", || {
            spi_open(ID, "SELECT * FROM t", &[]).map(|opened| spi_fetch(ID, opened.cursor, 1))
        })?
        .expect("it is allowed")
        .expect("it is allowed");
    engine::exec(connection, "DROP TABLE t")?;
    engine::close(connection)
}

#[test]
fn only_so_many_cursors_may_be_open() -> Result {
    let inside = Inside::new(BOTH)?;
    engine::set_limits(inside.connection, Limits { open_handles: 2, ..Limits::default() })?;
    inside.run_in("SELECT inside()", || {
        let open = || spi_open(ID, "SELECT 1", &[]);
        let first = open().expect("the first").cursor;
        open().expect("the second");
        let error = open().expect_err("the third");
        assert_eq!(error.code, TOOBIG);
        assert_eq!(
            error.message,
            "extension `inside` has 2 cursors of `spi` open, as many as the limit `open-handles` allows"
        );
        spi_close(ID, first);
        open().expect("there is room again");
    })?;
    // Those of the last statement are gone.
    let opened = inside.run_in("SELECT inside()", || [(); 2].map(|()| spi_open(ID, "SELECT 1", &[]).is_ok()))?;
    assert_eq!(opened, [true, true]);
    Ok(())
}

#[test]
fn dropping_what_a_cursor_reads_is_an_error_and_harmless() -> Result {
    let inside = Inside::new(BOTH)?;
    let outcome = inside.run_in("SELECT inside() FROM t", || {
        let cursor = spi_open(ID, "SELECT a FROM t", &[]).expect("it is allowed").cursor;
        spi_fetch(ID, cursor, 1).expect("a row");
        (spi_execute(ID, "DROP TABLE t", &[]).map_err(|error| error.code), spi_fetch(ID, cursor, 1))
    })?;
    // `SQLITE_LOCKED`
    assert_eq!(outcome, (Err(6), Ok(vec![vec![integer(2)]])));
    assert_eq!(one(inside.connection, "PRAGMA integrity_check")?, text("ok"));
    Ok(())
}
