//! Functions of the embedder.

mod support;

use std::cell::Cell;
use std::rc::Rc;

use sqlink_host_web::engine::{
    self, BUSY, CallError, Collected, ERROR, FunctionFlags, Limits, LoadOptions, MISUSE, Reason, Step, Value, ValueRef,
    grow_result_buffer, result_buffer,
};
use sqlink_host_web::native;
use support::{Result, fails, function, integer, one, open, query, text, text_arg};

const NONE: FunctionFlags = FunctionFlags(0);

#[test]
fn arguments_and_results_of_all_types() -> Result {
    let connection = open()?;
    native::add_function(1, |_, args, out| {
        out.value(args.get(0));
        Ok(())
    });
    engine::create_function(connection, "echo", 1, NONE, 1)?;
    assert_eq!(
        query(connection, "SELECT echo(NULL), echo(-7), echo(1.5), echo('ä'), echo(''), echo(x'00ff'), echo(x'')")?,
        [[
            Value::Null,
            integer(-7),
            Value::Real(1.5),
            text("ä"),
            text(""),
            Value::Blob(vec![0, 255]),
            Value::Blob(vec![])
        ]]
    );
    native::add_function(2, |_, args, out| {
        out.integer(i64::try_from(args.len()).unwrap_or(-1));
        Ok(())
    });
    engine::create_function(connection, "count_args", -1, NONE, 2)?;
    for n in [0, 1, 8, 9, 127] {
        let args = vec!["1"; usize::try_from(n).unwrap_or(0)].join(",");
        assert_eq!(one(connection, &format!("SELECT count_args({args})"))?, integer(n));
    }
    let error = fails(one(connection, &format!("SELECT count_args({})", vec!["1"; 128].join(","))));
    assert!(error.message.contains("too many arguments"), "{}", error.message);
    native::add_function(3, |_, _, _| Ok(()));
    engine::create_function(connection, "no_value", 0, NONE, 3)?;
    assert_eq!(one(connection, "SELECT no_value()")?, Value::Null);
    engine::close(connection)
}

#[test]
fn a_result_may_be_written_into_the_result_buffer() -> Result {
    let connection = open()?;
    assert_eq!(result_buffer(), (0, 0));
    assert_eq!(grow_result_buffer(1), 0);
    native::add_function(1, |_, args, out| {
        let ValueRef::Integer(len) = args.get(0) else { return Err(CallError::message("an integer is needed")) };
        let len = usize::try_from(len).unwrap_or(0);
        let (address, size) = result_buffer();
        assert!(address != 0 && size >= 4096);
        if len > size && grow_result_buffer(len) == 0 {
            return Ok(());
        }
        // The buffer is all zero bytes, which are valid UTF-8.
        out.text_in_place(len);
        Ok(())
    });
    engine::create_function(connection, "zeros", 1, NONE, 1)?;
    for len in [0, 1, 4096, 4097, 3_000_000] {
        assert_eq!(one(connection, &format!("SELECT octet_length(zeros({len}))"))?, integer(len));
    }
    engine::set_limits(connection, Limits { output_bytes: 5000, ..Limits::default() })?;
    assert_eq!(one(connection, "SELECT octet_length(zeros(5000))")?, integer(5000));
    let error = fails(one(connection, "SELECT zeros(5001)"));
    assert_eq!((error.code, error.reason), (engine::TOOBIG, Some(Reason::OutputTooLarge)));
    engine::close(connection)
}

#[test]
fn an_error_has_the_functions_code_and_message() -> Result {
    let connection = open()?;
    native::add_function(1, |_, args, _| {
        let code = match args.get(0) {
            ValueRef::Integer(code) => i32::try_from(code).unwrap_or(-1),
            _ => 0,
        };
        Err(CallError::Error { code, message: "it went\0wrong".into() })
    });
    engine::create_function(connection, "fail", 1, NONE, 1)?;
    engine::exec(connection, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)")?;
    // Codes on which SQLite would roll back or retry do neither, and arrive all the same.
    for code in [1, 19, 2067, 7, 9, 10, 11, 13, 17, 23] {
        let error = fails(one(connection, &format!("SELECT fail({code})")));
        assert_eq!((error.code, error.message.as_str()), (code, "it went\u{fffd}wrong"));
        assert_eq!(error.function.as_deref(), Some("fail"));
        let error = fails(engine::exec(connection, &format!("INSERT INTO t VALUES (2), (fail({code}))")));
        assert_eq!(error.code, code);
        assert!(engine::in_transaction(connection)?, "code {code}");
        assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(1));
    }
    for code in [0, 100, 101, -5] {
        assert_eq!(fails(one(connection, &format!("SELECT fail({code})"))).code, ERROR);
    }
    engine::exec(connection, "INSERT INTO t VALUES (3); COMMIT")?;
    engine::close(connection)
}

#[test]
fn an_error_that_sql_replaces_is_not_attributed() -> Result {
    let connection = open()?;
    native::add_function(
        1,
        function(move |_, _, out| {
            // The inner statement fails, and the function goes on.
            assert!(query(connection, "SELECT fail()").is_err());
            out.integer(1);
            Ok(())
        }),
    );
    native::add_function(2, |_, _, _| Err(CallError::message("inner")));
    engine::create_function(connection, "swallow", 0, NONE, 1)?;
    engine::create_function(connection, "fail", 0, NONE, 2)?;
    engine::exec(connection, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)")?;
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (swallow())"));
    assert_eq!((error.code, error.function), (2067, None));
    engine::close(connection)
}

#[test]
fn a_function_may_use_its_own_connection() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)")?;
    native::add_function(
        1,
        function(move |_, args, out| {
            let run = || -> Result<i64> {
                engine::exec(connection, "CREATE TABLE IF NOT EXISTS seen(a)")?;
                let sql = format!(
                    "INSERT INTO seen VALUES ({}) RETURNING a * 10",
                    match args.get(0) {
                        ValueRef::Integer(value) => value,
                        _ => 0,
                    }
                );
                match one(connection, &sql)? {
                    Value::Integer(value) => Ok(value),
                    _ => Ok(-1),
                }
            };
            out.integer(run().map_err(|error| CallError::message(error.message))?);
            Ok(())
        }),
    );
    engine::create_function(connection, "note", 1, NONE, 1)?;
    assert_eq!(query(connection, "SELECT note(a) FROM t")?, [[integer(10)], [integer(20)], [integer(30)]]);
    assert_eq!(one(connection, "SELECT sum(a) FROM seen")?, integer(6));
    engine::close(connection)
}

#[test]
fn what_would_pull_the_rug_away_is_an_error() -> Result {
    let connection = open()?;
    let target = Rc::new(Cell::new(0));
    let statement = Rc::clone(&target);
    native::add_function(
        1,
        function(move |_, _, out| {
            let statement = statement.get();
            let mut codes = vec![
                fails(engine::close(connection)).code,
                fails(engine::finalize(statement)).code,
                fails(engine::reset(statement)).code,
                fails(engine::run(statement)).code,
                fails(engine::step_rows(statement, &mut Collected::default())).code,
                fails(engine::bind(statement, 1, ValueRef::Null)).code,
                fails(engine::clear_bindings(statement)).code,
                fails(engine::create_function(connection, "another", 0, NONE, 9)).code,
                fails(engine::remove_function(connection, "meddle", 0)).code,
                fails(engine::load_extension(connection, 1, "", LoadOptions::default())).code,
                fails(engine::serialize(connection, "main", <[u8]>::len)).code,
                fails(engine::deserialize(connection, "main", &[])).code,
            ];
            codes.retain(|code| *code != MISUSE);
            assert_eq!(codes, []);
            out.text(b"survived");
            Ok(())
        }),
    );
    engine::create_function(connection, "meddle", 0, NONE, 1)?;
    let prepared = engine::prepare(connection, "SELECT meddle(), ?1", false)?.statement;
    target.set(prepared);
    let mut rows = Collected::default();
    assert_eq!(engine::step_rows(prepared, &mut rows)?, Step::Done);
    assert_eq!(rows.rows, [[text("survived"), Value::Null]]);
    engine::close(connection)
}

#[test]
fn recursion_ends_at_the_depth_limit() -> Result {
    let connection = open()?;
    let deepest = Rc::new(Cell::new(0));
    let seen = Rc::clone(&deepest);
    native::add_function(
        1,
        function(move |_, args, out| {
            let ValueRef::Integer(n) = args.get(0) else { return Ok(()) };
            seen.set(seen.get().max(n));
            match one(connection, &format!("SELECT dive({})", n + 1)) {
                Ok(value) => out.value(value.as_ref()),
                Err(error) => {
                    return Err(CallError::Error { code: error.code, message: error.message });
                }
            }
            Ok(())
        }),
    );
    engine::create_function(connection, "dive", 1, NONE, 1)?;
    for limit in [1, 32, 255] {
        engine::set_limits(connection, Limits { call_depth: limit, ..Limits::default() })?;
        deepest.set(0);
        let error = fails(one(connection, "SELECT dive(1)"));
        assert_eq!(deepest.get(), i64::from(limit));
        assert_eq!(error.function.as_deref(), Some("dive"));
        assert_eq!(
            error.message,
            format!("call-depth-exceeded: function `dive`: calls between SQL and functions nest deeper than {limit}")
        );
    }
    assert_eq!(one(connection, "SELECT 1")?, integer(1));
    engine::close(connection)
}

#[test]
fn functions_are_replaced_removed_and_released() -> Result {
    let connection = open()?;
    for id in 1..=2 {
        native::add_function(id, move |id, _, out| {
            out.integer(id.into());
            Ok(())
        });
    }
    engine::create_function(connection, "which", 0, NONE, 1)?;
    assert_eq!(one(connection, "SELECT WHICH()")?, integer(1));
    engine::create_function(connection, "Which", 0, NONE, 2)?;
    assert_eq!(one(connection, "SELECT which()")?, integer(2));
    assert!(!native::has_function(1) && native::has_function(2));

    let running = engine::prepare(connection, "SELECT which() FROM (VALUES (1), (2))", false)?.statement;
    engine::step_rows(running, &mut Collected::up_to(1))?;
    assert_eq!(fails(engine::remove_function(connection, "which", 0)).code, BUSY);
    engine::finalize(running)?;
    engine::remove_function(connection, "which", 0)?;
    assert!(!native::has_function(2));
    assert_eq!(fails(one(connection, "SELECT which()")).message, "no such function: which");
    engine::remove_function(connection, "which", 0)?;

    native::add_function(3, |_, _, _| Ok(()));
    engine::create_function(connection, "at_close", 0, NONE, 3)?;
    engine::close(connection)?;
    assert!(!native::has_function(3));
    Ok(())
}

#[test]
fn flags_reach_sqlite() -> Result {
    let connection = open()?;
    for (id, name, flags) in [
        (1, "plain", NONE),
        (2, "pure", FunctionFlags::DETERMINISTIC),
        (3, "direct", FunctionFlags::DIRECT_ONLY),
        (4, "harmless", FunctionFlags::INNOCUOUS.with(FunctionFlags::SUBTYPE)),
    ] {
        native::add_function(id, |_, _, out| {
            out.integer(1);
            Ok(())
        });
        engine::create_function(connection, name, 1, flags, id)?;
    }
    engine::exec(connection, "CREATE TABLE t(a)")?;
    engine::exec(connection, "CREATE INDEX i ON t(pure(a))")?;
    let error = fails(engine::exec(connection, "CREATE INDEX j ON t(plain(a))"));
    assert_eq!(error.message, "non-deterministic functions prohibited in index expressions");
    engine::exec(connection, "CREATE VIEW v AS SELECT direct(1)")?;
    assert_eq!(fails(query(connection, "SELECT * FROM v")).message, "unsafe use of direct()");
    let flags = |name: &str| {
        query(connection, &format!("SELECT flags & 0x380800 FROM pragma_function_list WHERE name = '{name}'"))
    };
    assert_eq!(flags("harmless")?, [[integer(0x20_0000 | 0x10_0000)]]);
    engine::close(connection)
}

#[test]
fn names_and_counts_are_checked() -> Result {
    let connection = open()?;
    for (name, count) in [("", 0), ("a\0b", 0), ("f", 128), ("f", -2)] {
        assert_eq!(fails(engine::create_function(connection, name, count, NONE, 1)).code, MISUSE, "{name:?}");
    }
    assert_eq!(fails(engine::create_function(connection, &"f".repeat(256), 0, NONE, 1)).code, MISUSE);
    engine::close(connection)
}

#[test]
fn text_reaches_host_functions_as_it_is() -> Result {
    let connection = open()?;
    native::add_function(1, |_, args, out| {
        match args.get(0) {
            ValueRef::Text(bytes) => out.blob(bytes),
            _ => out.text(text_arg(&args, 0).as_bytes()),
        }
        Ok(())
    });
    engine::create_function(connection, "raw", 1, NONE, 1)?;
    assert_eq!(one(connection, "SELECT raw(CAST(x'61ff' AS TEXT))")?, Value::Blob(vec![0x61, 0xff]));
    engine::close(connection)
}

/// Tries to close a connection when it is dropped, as an embedder might on hearing that its function is gone.
struct CloseOnDrop {
    connection: u32,
    outcome: Rc<Cell<Option<i32>>>,
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.outcome.set(Some(engine::close(self.connection).map_or_else(|error| error.code, |()| 0)));
    }
}

#[test]
fn a_release_in_the_middle_of_a_call_finds_the_connection_in_use() -> Result {
    let connection = open()?;
    let outcome = Rc::new(Cell::new(None));
    let add = |id| {
        let guard = CloseOnDrop { connection, outcome: Rc::clone(&outcome) };
        native::add_function(id, move |_, _, out| {
            // All of the guard, not only the field: it is to live as long as the closure.
            let guard = &guard;
            out.integer(guard.connection.into());
            Ok(())
        });
    };
    add(1);
    native::add_function(2, |_, _, _| Ok(()));
    engine::create_function(connection, "guarded", 0, NONE, 1)?;
    engine::create_function(connection, "guarded", 0, NONE, 2)?;
    assert_eq!(outcome.take(), Some(MISUSE));
    add(1);
    engine::create_function(connection, "guarded", 0, NONE, 1)?;
    engine::remove_function(connection, "guarded", 0)?;
    assert_eq!(outcome.take(), Some(MISUSE));
    add(1);
    engine::create_function(connection, "guarded", 0, NONE, 1)?;
    engine::close(connection)?;
    assert_eq!(outcome.take(), Some(MISUSE), "it is closed already");
    Ok(())
}
