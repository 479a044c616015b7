//! What the flags of functions and aggregates mean to SQLite.

mod support;

use sqlink_host_web::contract::metadata::{Aggregate, Function, FunctionFlags};
use sqlink_host_web::engine::{self, Args, CallError, LoadOptions, Manifest, ResultSink, imports};
use sqlink_host_web::native::{self, Guest};
use support::{Result, fails, hand_on, integer, manifest, one, open, query, text};

/// An extension with one function and one aggregate for each set of flags.
struct Flagged;

const SETS: [(&str, FunctionFlags); 5] = [
    ("plain", FunctionFlags::empty()),
    ("pure", FunctionFlags::DETERMINISTIC),
    ("direct", FunctionFlags::DIRECT_ONLY),
    ("harmless", FunctionFlags::INNOCUOUS),
    ("marked", FunctionFlags::SUBTYPE),
];

impl Guest for Flagged {
    fn describe(&self) -> Manifest {
        let functions =
            (0..).zip(SETS).map(|(id, (name, flags))| Function { id, name: name.into(), arg_count: 1, flags });
        let aggregates = (0..).zip(SETS).map(|(id, (name, flags))| Aggregate {
            id,
            name: format!("{name}_count"),
            arg_count: 1,
            flags,
            window: true,
        });
        Manifest { functions: functions.collect(), aggregates: aggregates.collect(), ..manifest("flagged", &[]) }
    }
    fn call(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        if id == 4 {
            let subtype = imports::subtype_get(1, 0).map_err(hand_on)?;
            out.integer(subtype.into());
            return imports::subtype_set(1, subtype + 1).map_err(hand_on);
        }
        out.value(args.get(0));
        Ok(())
    }
    fn step(&self, _: u32, _: u32, _: Args<'_>) -> Result<(), CallError> {
        Ok(())
    }
    fn inverse(&self, _: u32, _: u32, _: Args<'_>) -> Result<(), CallError> {
        Ok(())
    }
    fn current(&self, _: u32, _: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        out.integer(7);
        Ok(())
    }
    fn finish(&self, _: u32, _: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        out.integer(7);
        Ok(())
    }
}

fn load() -> Result<u32> {
    let connection = open()?;
    native::add_guest(1, Flagged);
    engine::load_extension(connection, 1, "", LoadOptions::default())?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")?;
    Ok(connection)
}

/// The message with which a statement fails; empty if it does not.
fn outcome(connection: u32, sql: &str) -> String {
    engine::exec(connection, sql).map_or_else(|error| error.message, |()| String::new())
}

#[test]
fn only_deterministic_functions_go_into_the_schema() -> Result {
    let connection = load()?;
    for (number, (name, _)) in SETS.into_iter().enumerate() {
        let refused = |what: &str| format!("non-deterministic functions prohibited in {what}");
        for (sql, what) in [
            (format!("CREATE INDEX i{number} ON t({name}(a))"), "index expressions"),
            (format!("CREATE INDEX p{number} ON t(a) WHERE {name}(a)"), "partial index WHERE clauses"),
            (format!("CREATE TABLE g{number}(a, b AS ({name}(a)))"), "generated columns"),
            (format!("CREATE TABLE c{number}(a CHECK ({name}(a)))"), ""),
        ] {
            let expected = match name {
                "pure" => String::new(),
                "direct" => "unsafe use of direct()".to_owned(),
                // SQLite is not so strict about CHECK constraints.
                _ if what.is_empty() => String::new(),
                _ => refused(what),
            };
            assert_eq!(outcome(connection, &sql), expected, "{sql}");
        }
    }
    engine::exec(connection, "INSERT INTO t VALUES (2), (3)")?;
    assert_eq!(query(connection, "SELECT a FROM t INDEXED BY i1 WHERE pure(a) = 2")?, [[integer(2)]]);
    engine::close(connection)
}

#[test]
fn direct_only_functions_are_refused_in_the_schema() -> Result {
    let connection = load()?;
    engine::exec(
        connection,
        "CREATE VIEW v AS SELECT direct(a) AS a FROM t;
         CREATE VIEW w AS SELECT direct_count(a) AS n FROM t;
         CREATE TABLE log(a);
         CREATE TRIGGER r AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (direct(new.a)); END;
         CREATE TABLE d(a DEFAULT (direct(1)), b)",
    )?;
    for sql in ["SELECT * FROM v", "UPDATE t SET a = 2", "INSERT INTO d(b) VALUES (1)"] {
        assert_eq!(outcome(connection, sql), "unsafe use of direct()", "{sql}");
    }
    assert_eq!(outcome(connection, "SELECT * FROM w"), "unsafe use of direct_count()");
    assert_eq!(query(connection, "SELECT direct(a), direct_count(a) FROM t")?, [[integer(1), integer(7)]]);
    // Temporary views are the application's own.
    engine::exec(connection, "CREATE TEMP VIEW own AS SELECT direct(a) AS a FROM t; SELECT * FROM own")?;
    engine::close(connection)
}

#[test]
fn without_trust_in_the_schema_only_innocuous_functions_run_from_it() -> Result {
    let connection = load()?;
    for (name, _) in SETS {
        engine::exec(
            connection,
            &format!(
                "CREATE VIEW v_{name} AS SELECT {name}(a) AS a FROM t; CREATE VIEW w_{name} AS SELECT {name}_count(a) AS n FROM t;
                 CREATE TABLE t_{name}(a DEFAULT ({name}(1)), b)"
            ),
        )?;
    }
    for (setting, trusted) in [("ON", true), ("OFF", false)] {
        engine::exec(connection, &format!("PRAGMA trusted_schema = {setting}"))?;
        for (name, _) in SETS {
            let runs = name == "harmless" || trusted && name != "direct";
            for (sql, used) in [
                (format!("SELECT * FROM v_{name}"), name.to_owned()),
                (format!("SELECT * FROM w_{name}"), format!("{name}_count")),
                (format!("INSERT INTO t_{name}(b) VALUES (1)"), name.to_owned()),
            ] {
                let expected = if runs { String::new() } else { format!("unsafe use of {used}()") };
                assert_eq!(outcome(connection, &sql), expected, "{sql}, trusted schema {setting}");
            }
            engine::exec(connection, &format!("SELECT {name}(a), {name}_count(a) FROM t"))?;
        }
    }
    engine::close(connection)
}

#[test]
fn subtypes_travel_between_functions_with_the_flag() -> Result {
    let connection = load()?;
    // JSON's subtype is 74.
    assert_eq!(
        query(connection, "SELECT marked(1), marked(json('[]')), marked(marked(1))")?,
        [[0, 74, 1].map(integer)]
    );
    // A function that does not have the flag loses it.
    assert_eq!(one(connection, "SELECT marked(plain(marked(1)))")?, integer(0));
    engine::close(connection)
}

#[test]
fn the_flags_are_listed() -> Result {
    let connection = load()?;
    for (name, bits) in [
        ("plain", 0),
        ("pure", 0x800),
        ("direct", 0x8_0000),
        ("harmless", 0x20_0000),
        ("marked", 0x10_0000 | 0x100_0000),
    ] {
        for (name, kind) in [(name.to_owned(), "s"), (format!("{name}_count"), "w")] {
            let sql = format!("SELECT flags & {}, type FROM pragma_function_list WHERE name = '{name}'", 0x138_0800);
            // SQLite shows no flag that is none of the application's business.
            let rows = query(connection, &sql)?;
            assert_eq!(rows[0][1], text(kind));
            let shown = rows[0][0].clone();
            assert!(shown == integer(bits) || shown == integer(bits & 0x38_0800), "{name}: {shown:?}");
        }
    }
    let error = fails(one(connection, "SELECT plain(1) OVER ()"));
    assert_eq!(error.message, "plain() may not be used as a window function");
    engine::close(connection)
}
