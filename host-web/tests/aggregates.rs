//! Aggregate and window functions of extensions.

mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sqlink_host_web::contract::metadata::{Aggregate, FunctionFlags};
use sqlink_host_web::engine::{
    self, Args, CallError, Collected, Limits, LoadOptions, Manifest, Reason, ResultSink, Step, TOOBIG, Value, ValueRef,
    imports,
};
use sqlink_host_web::native::{self, Guest};
use support::{Result, capabilities, fails, function, grants, hand_on, integer, manifest, one, open, query, text};

/// The number of the extension.
const ID: u32 = 1;
/// Sums integers; also as a window.
const TOTAL: u32 = 10;
/// Sums integers; not as a window.
const PLAIN: u32 = 11;
/// Takes any number of arguments and returns how many it got in all.
const COUNT: u32 = 12;

/// What the extension has seen and has.
#[derive(Default)]
struct State {
    contexts: BTreeMap<u32, i64>,
    /// The calls other than `step`.
    log: Vec<String>,
    /// Numbers of all contexts there were.
    seen: Vec<u32>,
}

/// An extension with aggregates. A text among the rows tells it how to fail.
#[derive(Clone, Default)]
struct Sums(Rc<RefCell<State>>);

impl Sums {
    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut().log)
    }

    fn open(&self) -> usize {
        self.0.borrow().contexts.len()
    }

    /// Adds the arguments, times `sign`.
    fn add(&self, id: u32, context: u32, args: Args<'_>, sign: i64) -> Result<(), CallError> {
        let mut state = self.0.borrow_mut();
        if !state.contexts.contains_key(&context) {
            state.seen.push(context);
        }
        let total = state.contexts.entry(context).or_default();
        if id == COUNT {
            *total += sign * i64::try_from(args.len()).unwrap_or(0);
            return Ok(());
        }
        match args.get(0) {
            ValueRef::Integer(value) => *total += sign * value,
            ValueRef::Text(b"trap") => {
                state.contexts.clear();
                return Err(trap());
            }
            ValueRef::Text(b"call itself") => {
                drop(state);
                imports::spi_query(ID, "SELECT tally(1)", &[]).map_err(hand_on)?;
            }
            ValueRef::Text(other) => {
                let message = String::from_utf8_lossy(other).into_owned();
                return Err(CallError::Error { code: 19, message });
            }
            _ => {}
        }
        Ok(())
    }

    fn value(total: i64, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        match total {
            -1 => return Err(CallError::message("no value for -1")),
            -2 => out.text(b"\xff"),
            -3 => out.blob(&[0; 5000]),
            -4 => return Err(trap()),
            total => out.integer(total),
        }
        Ok(())
    }
}

fn trap() -> CallError {
    CallError::Failure { reason: Reason::Trapped, detail: "unreachable".into() }
}

impl Guest for Sums {
    fn describe(&self) -> Manifest {
        let aggregate = |id, name: &str, arg_count, window| Aggregate {
            id,
            name: name.into(),
            arg_count,
            flags: FunctionFlags::DETERMINISTIC,
            window,
        };
        Manifest {
            aggregates: vec![
                aggregate(TOTAL, "tally", 1, true),
                aggregate(PLAIN, "plain", 1, false),
                aggregate(COUNT, "how_many", -1, true),
            ],
            optional: capabilities(&["spi.read"]),
            ..manifest("sums", &[("relay", 1)])
        }
    }

    fn call(&self, _id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        match args.get(0) {
            ValueRef::Text(b"trap") => {
                self.0.borrow_mut().contexts.clear();
                return Err(trap());
            }
            ValueRef::Text(sql) => {
                let sql = String::from_utf8_lossy(sql).into_owned();
                imports::spi_query(ID, &sql, &[]).map_err(hand_on)?;
            }
            _ => return Err(CallError::message("the function failed")),
        }
        out.null();
        Ok(())
    }

    fn step(&self, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        self.add(id, context, args, 1)
    }

    fn inverse(&self, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        self.add(id, context, args, -1)
    }

    fn current(&self, _id: u32, context: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        Self::value(self.0.borrow().contexts.get(&context).copied().unwrap_or(0), out)
    }

    fn finish(&self, _id: u32, context: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let mut state = self.0.borrow_mut();
        let total = state.contexts.remove(&context);
        state.log.push(if total.is_some() { "finish" } else { "finish without rows" }.into());
        Self::value(total.unwrap_or(0), out)
    }

    fn abandon(&self, _id: u32, context: u32) -> Result<(), CallError> {
        let mut state = self.0.borrow_mut();
        let found = state.contexts.remove(&context).is_some();
        state.log.push(if found { "abandon" } else { "abandon nothing" }.into());
        Ok(())
    }
}

/// Opens a connection with the extension and a table `t` of (group, value).
fn load() -> Result<(u32, Sums)> {
    let connection = open()?;
    let sums = Sums::default();
    native::add_guest(ID, sums.clone());
    engine::load_extension(connection, ID, "", grants(&["spi.read"]))?;
    engine::exec(
        connection,
        "CREATE TABLE t(g, v); INSERT INTO t VALUES ('a', 1), ('b', 10), ('a', 2), ('c', 100), ('b', 20), ('a', 3)",
    )?;
    Ok((connection, sums))
}

#[test]
fn groups_are_summed() -> Result {
    let (connection, sums) = load()?;
    assert_eq!(engine::extensions(connection)?[0].aggregates, ["tally", "plain", "how_many"]);
    assert_eq!(one(connection, "SELECT tally(v) FROM t")?, integer(136));
    assert_eq!(
        query(connection, "SELECT g, tally(v), plain(v), how_many(), how_many(1, g, v) FROM t GROUP BY g ORDER BY g")?,
        [
            [text("a"), integer(6), integer(6), integer(0), integer(9)],
            [text("b"), integer(30), integer(30), integer(0), integer(6)],
            [text("c"), integer(100), integer(100), integer(0), integer(3)],
        ]
    );
    assert_eq!(one(connection, "SELECT tally(DISTINCT v % 2) FROM t")?, integer(1));
    assert_eq!(one(connection, "SELECT tally(v) FILTER (WHERE g <> 'a') FROM t")?, integer(130));
    let many = vec!["v"; 127].join(",");
    assert_eq!(one(connection, &format!("SELECT how_many({many}) FROM t"))?, integer(6 * 127));
    assert_eq!(sums.open(), 0);
    assert!(sums.log().iter().all(|call| call == "finish"));
    let mut seen = sums.0.borrow().seen.clone();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), sums.0.borrow().seen.len(), "no number is used again");
    assert!(!seen.contains(&0));
    engine::close(connection)
}

#[test]
fn no_rows_give_the_value_for_no_rows() -> Result {
    let (connection, sums) = load()?;
    assert_eq!(one(connection, "SELECT tally(v) FROM t WHERE v > 1000")?, integer(0));
    assert_eq!(sums.log(), ["finish without rows"]);
    assert!(query(connection, "SELECT tally(v) FROM t WHERE v > 1000 GROUP BY g")?.is_empty());
    assert!(sums.log().is_empty());
    assert_eq!(one(connection, "SELECT tally(v) FILTER (WHERE 0) FROM t")?, integer(0));
    assert_eq!(sums.log(), ["finish without rows"]);
    engine::close(connection)
}

#[test]
fn windows_give_what_sqlites_own_sum_gives() -> Result {
    let (connection, sums) = load()?;
    engine::exec(
        connection,
        "CREATE TABLE w(i, g, v);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO w SELECT i, i * 7 % 5, i * 31 % 17 FROM n",
    )?;
    let mut checked = 0;
    for partition in ["", "PARTITION BY g "] {
        for frame in [
            "",
            "ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING",
            "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            "ROWS BETWEEN 5 PRECEDING AND 3 PRECEDING",
            "ROWS BETWEEN 2 FOLLOWING AND 4 FOLLOWING",
            "RANGE BETWEEN 10 PRECEDING AND 5 FOLLOWING",
            "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW",
            "ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING EXCLUDE TIES",
            "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        ] {
            for filter in ["", "FILTER (WHERE v % 3 <> 0)"] {
                let over = format!("{filter} OVER ({partition}ORDER BY i {frame})");
                let sql = format!("SELECT tally(v) {over}, coalesce(sum(v) {over}, 0) FROM w ORDER BY i");
                let rows = query(connection, &sql)?;
                assert_eq!(rows.len(), 200);
                for row in rows {
                    assert_eq!(row[0], row[1], "{sql}");
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 2 * 9 * 2 * 200);
    assert_eq!(sums.open(), 0, "every context has ended");
    let error = fails(query(connection, "SELECT plain(v) OVER (ORDER BY v) FROM t"));
    assert_eq!(error.message, "plain() may not be used as a window function");
    engine::close(connection)
}

#[test]
fn a_failed_step_fails_the_statement_and_abandons_the_context() -> Result {
    let (connection, sums) = load()?;
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES ('x', 'too much'), ('x', 5)")?;
    let error = fails(one(connection, "SELECT tally(v) FROM t"));
    assert_eq!((error.code, error.reason, error.message.as_str()), (19, None, "too much"));
    assert_eq!((error.extension.as_deref(), error.function.as_deref()), (Some("sums"), Some("tally")));
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned()], 0));
    assert!(engine::in_transaction(connection)?);
    // The same in a window, and as one of several.
    let error = fails(query(connection, "SELECT tally(v) OVER (ORDER BY rowid), plain(v) OVER () FROM t"));
    assert!(error.message.contains("plain() may not be used"));
    let error = fails(query(connection, "SELECT tally(v) OVER (ORDER BY rowid) FROM t"));
    assert_eq!(error.message, "too much");
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned()], 0));
    let error = fails(query(connection, "SELECT how_many(v), tally(v) FROM t"));
    assert_eq!(error.message, "too much");
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned(); 2], 0));
    engine::exec(connection, "ROLLBACK")?;
    assert_eq!(one(connection, "SELECT tally(v) FROM t")?, integer(136));
    engine::close(connection)
}

#[test]
fn a_trap_ends_the_instance_and_its_contexts() -> Result {
    let (connection, sums) = load()?;
    engine::exec(connection, "INSERT INTO t VALUES ('x', 'trap')")?;
    let error = fails(one(connection, "SELECT tally(v) FROM t"));
    assert_eq!(error.message, "trapped: extension `sums`, aggregate `tally`: unreachable");
    assert_eq!((error.reason, error.function.as_deref()), (Some(Reason::Trapped), Some("tally")));
    assert!(sums.log().is_empty(), "there is nobody to tell");
    assert_eq!(engine::extensions(connection)?[0].traps, 1);
    engine::exec(connection, "DELETE FROM t WHERE v = 'trap'")?;
    assert_eq!(one(connection, "SELECT tally(v) FROM t")?, integer(136));
    for (last, reason) in [(-1, None), (-2, Some(Reason::InvalidResult)), (-4, Some(Reason::Trapped))] {
        let error = fails(one(connection, &format!("SELECT tally({last})")));
        assert_eq!((error.reason, error.function.as_deref()), (reason, Some("tally")), "{}", error.message);
    }
    engine::set_limits(connection, Limits { output_bytes: 4999, ..Limits::default() })?;
    let error = fails(one(connection, "SELECT tally(-3)"));
    assert_eq!(
        error.message,
        "output-too-large: extension `sums`, aggregate `tally`: it returned 5000 bytes, over the limit of 4999"
    );
    let error = fails(query(connection, "SELECT tally(-3) OVER ()"));
    assert_eq!(error.reason, Some(Reason::OutputTooLarge));
    assert_eq!(sums.open(), 0);
    engine::close(connection)
}

#[test]
fn a_reset_abandons() -> Result {
    let (connection, sums) = load()?;
    let sql = "SELECT tally(v) OVER (ORDER BY v) FROM t";
    let statement = engine::prepare(connection, sql, false)?.statement;
    for end in [engine::reset, engine::finalize] {
        assert_eq!(engine::step_rows(statement, &mut Collected::up_to(2))?, Step::More);
        assert_eq!(sums.open(), 1);
        end(statement)?;
        assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned()], 0));
    }
    let statement = engine::prepare(connection, sql, false)?.statement;
    engine::step_rows(statement, &mut Collected::up_to(2))?;
    engine::close(connection)?;
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned()], 0));
    Ok(())
}

#[test]
fn a_statement_that_fails_elsewhere_abandons() -> Result {
    let (connection, sums) = load()?;
    let error = fails(query(connection, "SELECT tally(v), max(CASE WHEN v = 20 THEN relay(1) END) FROM t"));
    assert_eq!(error.message, "the function failed");
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned()], 0));
    // SQLite's own error: the value is made in vain.
    let sql = "SELECT tally(v), sum(CASE v WHEN 20 THEN abs(-9223372036854775808) END) FROM t";
    assert_eq!(fails(query(connection, sql)).message, "integer overflow");
    assert_eq!(sums.open(), 0);
    // An error that a nested statement's caller swallows ends nothing.
    native::add_function(
        1,
        function(move |_, _, out| {
            assert!(query(connection, "SELECT relay(1)").is_err());
            out.integer(1);
            Ok(())
        }),
    );
    engine::create_function(connection, "swallow", 0, engine::FunctionFlags::default(), 1)?;
    sums.log();
    assert_eq!(query(connection, "SELECT tally(v), max(swallow()) FROM t")?, [[integer(136), integer(1)]]);
    assert_eq!(sums.log(), ["finish"]);
    engine::close(connection)
}

#[test]
fn an_evaluation_does_not_outlive_its_instance() -> Result {
    let (connection, sums) = load()?;
    let sql = "SELECT tally(v) OVER (ORDER BY v) FROM t";
    let statement = engine::prepare(connection, sql, false)?.statement;
    engine::step_rows(statement, &mut Collected::up_to(2))?;
    assert_eq!(fails(one(connection, "SELECT relay('trap')")).reason, Some(Reason::Trapped));
    let error = fails(engine::step_rows(statement, &mut Collected::default()));
    assert_eq!(
        error.message,
        "trapped: extension `sums`, aggregate `tally`: another call ended the instance that had this evaluation: its rows \
         are lost"
    );
    assert!(sums.log().is_empty());
    assert_eq!(query(connection, sql)?.len(), 6);
    engine::finalize(statement)?;
    engine::close(connection)
}

#[test]
fn contexts_are_limited() -> Result {
    let (connection, sums) = load()?;
    engine::set_limits(connection, Limits { open_handles: 2, ..Limits::default() })?;
    assert_eq!(query(connection, "SELECT tally(v), plain(v) FROM t")?, [[integer(136), integer(136)]]);
    sums.log();
    let error = fails(query(connection, "SELECT tally(v), plain(v), how_many(v) FROM t"));
    assert_eq!(error.code, TOOBIG);
    assert_eq!(
        error.message,
        "extension `sums`, aggregate `how_many`: it has 2 aggregate contexts open, as many as the limit `open-handles` \
         allows"
    );
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned(); 2], 0));
    assert_eq!(query(connection, "SELECT tally(v), plain(v) FROM t")?, [[integer(136), integer(136)]]);
    engine::close(connection)
}

#[test]
fn bad_arguments_do_not_reach_it() -> Result {
    let (connection, sums) = load()?;
    let error = fails(one(connection, "SELECT tally(CAST(x'61ff' AS TEXT))"));
    assert_eq!(
        error.message,
        "invalid-text: extension `sums`, aggregate `tally`: argument 1 is a text that is not valid UTF-8 at byte 1"
    );
    assert!(sums.0.borrow().seen.is_empty());
    let error = fails(one(connection, "SELECT tally(1, 2)"));
    assert_eq!(error.message, "wrong number of arguments to function tally()");
    engine::close(connection)
}

#[test]
fn it_is_not_re_entered() -> Result {
    let (connection, sums) = load()?;
    let error = fails(one(connection, "SELECT tally('call itself')"));
    assert_eq!(error.reason, Some(Reason::ReEntered));
    assert_eq!(
        error.message,
        "re-entered: extension `sums`, aggregate `tally`: the extension is already running, and SQL it runs called it again"
    );
    assert_eq!(sums.open(), 0);
    // SQL of the extension's scalar function meets its aggregate.
    let error = fails(one(connection, "SELECT relay('SELECT tally(1)')"));
    assert_eq!((error.reason, error.function.as_deref()), (Some(Reason::ReEntered), Some("tally")));
    assert_eq!(one(connection, "SELECT tally(v) FROM t")?, integer(136));
    engine::close(connection)
}

#[test]
fn abandoning_waits_until_the_extension_is_free() -> Result {
    let (connection, sums) = load()?;
    let statement = engine::prepare(connection, "SELECT tally(v) OVER (ORDER BY v) FROM t", false)?.statement;
    engine::step_rows(statement, &mut Collected::up_to(2))?;
    let seen = sums.clone();
    native::add_function(
        1,
        function(move |_, _, out| {
            engine::finalize(statement).map_err(|error| CallError::message(error.message))?;
            assert_eq!((seen.log(), seen.open()), (vec![], 1), "it is on the stack");
            out.integer(1);
            Ok(())
        }),
    );
    engine::create_function(connection, "drop_it", 0, engine::FunctionFlags::default(), 1)?;
    assert_eq!(one(connection, "SELECT relay('SELECT drop_it()')")?, Value::Null);
    assert_eq!((sums.log(), sums.open()), (vec!["abandon".to_owned()], 0));
    engine::close(connection)
}

#[test]
fn it_must_export_what_it_lists() -> Result {
    struct Scalars;
    impl Guest for Scalars {
        fn exports(&self) -> sqlink_host_web::contract::dispatch::Interfaces {
            sqlink_host_web::contract::dispatch::Interfaces::SCALAR
        }
        fn describe(&self) -> Manifest {
            Sums::default().describe()
        }
    }
    let connection = open()?;
    native::add_guest(ID, Scalars);
    let error = fails(engine::load_extension(connection, ID, "", LoadOptions::default()));
    assert_eq!(
        error.message,
        "invalid manifest of extension `sums`: `sums` lists aggregates but does not export `aggregate`"
    );
    engine::close(connection)
}
