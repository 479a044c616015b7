//! SQL that extensions run.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use sqlink_host_web::engine::imports::{GuestError, Rows, spi_execute, spi_query};
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
