//! Timeout, interrupt, and SQLite's own limits.

mod support;

use std::time::{Duration, Instant};

use sqlink_host_web::engine::{
    self, CallError, Collected, FunctionFlags, INTERRUPT, Limits, RANGE, Reason, Step, TOOBIG,
};
use sqlink_host_web::native;
use support::{Result, fails, function, integer, one, open};

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
const COUNTING: &str = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

#[test]
fn a_statement_is_stopped_at_its_timeout() -> Result {
    let connection = open()?;
    engine::set_limits(connection, Limits { statement_timeout_ms: 50, ..Limits::default() })?;
    let start = Instant::now();
    let error = fails(one(connection, ENDLESS));
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!((error.code, error.reason), (INTERRUPT, Some(Reason::DeadlineExceeded)));
    assert_eq!(error.message, "deadline-exceeded: the statement ran longer than its timeout of 50 ms");
    assert_eq!(fails(engine::exec(connection, ENDLESS)).reason, Some(Reason::DeadlineExceeded));
    // Each statement has its own clock, and an ordinary interrupt is not taken for a timeout.
    assert_eq!(one(connection, "SELECT 1")?, integer(1));
    engine::close(connection)
}

#[test]
fn time_between_steps_does_not_count() -> Result {
    let connection = open()?;
    engine::set_limits(connection, Limits { statement_timeout_ms: 200, ..Limits::default() })?;
    let statement = engine::prepare(connection, COUNTING, false)?.statement;
    assert_eq!(engine::step_rows(statement, &mut Collected::up_to(1))?, Step::More);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(engine::step_rows(statement, &mut Collected::up_to(1))?, Step::More);
    assert_eq!(fails(engine::step_rows(statement, &mut Collected::default())).code, INTERRUPT);
    engine::close(connection)
}

#[test]
fn the_embedder_can_interrupt() -> Result {
    let connection = open()?;
    native::set_interrupted(connection, true);
    let error = fails(one(connection, ENDLESS));
    assert_eq!((error.code, error.reason), (INTERRUPT, None));
    assert_eq!(error.message, "interrupted");
    native::set_interrupted(connection, false);
    assert_eq!(one(connection, "SELECT 1")?, integer(1));

    native::add_function(
        1,
        function(move |_, _, _| engine::interrupt(connection).map_err(|error| CallError::message(error.message))),
    );
    engine::create_function(connection, "stop", 0, FunctionFlags::default(), 1)?;
    assert_eq!(fails(one(connection, "SELECT stop(), i FROM (SELECT 1 AS i UNION SELECT 2)")).code, INTERRUPT);
    engine::interrupt(connection)?;
    assert_eq!(one(connection, "SELECT 1")?, integer(1));
    engine::close(connection)
}

#[test]
fn sqlites_length_limits() -> Result {
    let connection = open()?;
    let limits = Limits { value_bytes: 1000, sql_bytes: 100, ..Limits::default() };
    engine::set_limits(connection, limits)?;
    assert_eq!(engine::limits(connection)?, limits);
    assert_eq!(one(connection, "SELECT length(zeroblob(1000))")?, integer(1000));
    assert_eq!(fails(one(connection, "SELECT hex(zeroblob(1000))")).code, TOOBIG);
    let long = format!("SELECT '{}'", "x".repeat(100));
    assert_eq!(fails(one(connection, &long)).code, TOOBIG);
    engine::close(connection)
}

#[test]
fn limits_out_of_range_change_nothing() -> Result {
    let connection = open()?;
    let before = engine::limits(connection)?;
    let error = fails(engine::set_limits(connection, Limits { call_depth: 0, output_bytes: 7, ..before }));
    assert_eq!(error.code, RANGE);
    assert_eq!(error.message, "limit `call-depth` is 0, it must be 1 to 255");
    assert_eq!(engine::limits(connection)?, before);
    engine::close(connection)
}
