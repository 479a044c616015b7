//! Extensions: what they may do, and how they fail.

mod support;

use sqlink_host_native::{Error, Limits, OpenOptions, Params, Value};
use std::time::{Duration, Instant};
use support::{Outcome, artifact, failure, granted, host, text, value, with};

const PROBE: &str = "guests/probe.wasm";
const RELAY: &str = "guests/relay.wasm";
const TRAPS: &str = "guests/traps.wasm";

#[test]
fn the_catalogue_works() -> Outcome {
    let database = with(&[
        ("extensions/regexp.wasm", &[]),
        ("extensions/hashes.wasm", &[]),
        ("extensions/uuid.wasm", &["random"]),
    ])?;
    assert_eq!(value(&database, "SELECT 'abc' REGEXP '^a.c$'")?, Value::Integer(1));
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(value(&database, "SELECT sha256('abc')")?, text(digest));
    let distinct =
        "WITH r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 100) SELECT count(DISTINCT uuid()) FROM r";
    assert_eq!(value(&database, distinct)?, Value::Integer(100));
    let names: Vec<_> = database.extensions()?.into_iter().map(|info| (info.name, info.granted)).collect();
    assert!(names.contains(&("uuid".to_owned(), vec!["random".to_owned()])), "{names:?}");
    Ok(())
}

#[test]
fn a_wasip2_component_runs_without_wasi() -> Outcome {
    let database = with(&[("extensions/regexp.wasip2.wasm", &[])])?;
    assert_eq!(value(&database, "SELECT regexp_replace('a1b22', '[0-9]+', '#')")?, text("a#b#"));
    Ok(())
}

#[test]
fn values_cross_unchanged() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    for sent in [
        Value::Null,
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Real(f64::MIN_POSITIVE),
        Value::Real(f64::NEG_INFINITY),
        Value::Text(String::new()),
        Value::Text("a\0b\u{10ffff}".to_owned()),
        Value::Blob(Vec::new()),
        Value::Blob((0..=255).collect()),
        Value::Blob(vec![7; 10_000_000]),
    ] {
        let result = database.query("SELECT probe_echo(?1)", Params::Positional(vec![sent.clone()]))?;
        assert!(result.rows == [[sent]], "a value changed on its way");
    }
    Ok(())
}

#[test]
fn a_required_capability_has_to_be_granted() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    let Err(Error::Sql(error)) = database.load_file(&artifact("extensions/uuid.wasm"), &granted(&[])) else {
        panic!("it was loaded without a grant")
    };
    assert_eq!((error.code, error.reason.as_deref()), (23, Some("capability-denied")));
    assert!(error.message.contains("--grant random"), "{}", error.message);
    assert!(failure(&database, "SELECT uuid()").message.contains("no such function"));
    Ok(())
}

#[test]
fn an_optional_capability_is_denied_when_it_is_used() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    let error = failure(&database, "SELECT probe_query('SELECT 1')");
    assert_eq!((error.code, error.reason.as_deref()), (23, Some("capability-denied")));
    assert_eq!(value(&database, "SELECT probe_echo(1)")?, Value::Integer(1));
    Ok(())
}

#[test]
fn traps_have_names_and_end_only_the_instance() -> Outcome {
    let database = with(&[(TRAPS, &[]), (PROBE, &[])])?;
    for (call, detail) in [
        ("trap_unreachable()", "unreachable"),
        ("trap_oob()", "out of bounds memory access"),
        ("trap_div(1, 0)", "integer divide by zero"),
        ("trap_stack()", "call stack exhausted"),
        ("trap_null()", "indirect call type mismatch"),
        ("trap_mismatch()", "indirect call type mismatch"),
        ("trap_element()", "undefined element"),
    ] {
        let error = failure(&database, &format!("SELECT {call}"));
        let function = call.split('(').next().unwrap_or_default();
        assert_eq!(error.code, 1, "{call}");
        assert_eq!(error.reason.as_deref(), Some("trapped"), "{call}");
        assert_eq!(error.extension.as_deref(), Some("traps"), "{call}");
        assert_eq!(error.function.as_deref(), Some(function), "{call}");
        assert_eq!(error.message, format!("trapped: extension `traps`, function `{function}`: {detail}"));
        assert_eq!(value(&database, "SELECT trap_ok()")?, Value::Integer(1), "after {call}");
    }
    let traps = database.extensions()?.into_iter().find(|info| info.name == "traps").map(|info| info.traps);
    assert_eq!(traps, Some(7));
    Ok(())
}

#[test]
fn a_panic_reaches_the_error_and_state_starts_afresh() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    value(&database, "SELECT probe_count() + probe_count()")?;
    let error = failure(&database, "SELECT probe_panic('boom')");
    assert!(error.message.contains(": panic: boom at "), "{}", error.message);
    assert_eq!(value(&database, "SELECT probe_count()")?, Value::Integer(1));
    Ok(())
}

#[test]
fn an_endless_loop_runs_out_of_fuel() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    database.set_limits(Limits { fuel: 1_000_000, ..Limits::default() })?;
    let error = failure(&database, "SELECT probe_loop()");
    assert_eq!((error.code, error.reason.as_deref()), (1, Some("fuel-exhausted")));
    assert_eq!(value(&database, "SELECT probe_echo(1)")?, Value::Integer(1));
    Ok(())
}

#[test]
fn equal_calls_take_equal_fuel() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    let mut fuel = Vec::new();
    for _ in 0..3 {
        value(&database, "SELECT probe_int(3)")?;
        fuel.extend(database.extensions()?.iter().map(|info| info.last_fuel));
    }
    // The first call of an instance may set things up.
    assert!(fuel[1] > 0 && fuel[1] == fuel[2], "{fuel:?}");
    Ok(())
}

#[test]
fn an_endless_loop_ends_at_its_deadline() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    let call_deadline = Duration::from_millis(100);
    database.set_limits(Limits { fuel: u64::MAX, call_deadline, ..Limits::default() })?;
    let start = Instant::now();
    let error = failure(&database, "SELECT probe_loop()");
    assert_eq!((error.code, error.reason.as_deref()), (9, Some("deadline-exceeded")));
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(value(&database, "SELECT probe_echo(1)")?, Value::Integer(1));
    Ok(())
}

#[test]
fn endless_sql_of_an_extension_ends_at_the_deadline() -> Outcome {
    let database = with(&[(PROBE, &["spi.read"])])?;
    database.set_limits(Limits { call_deadline: Duration::from_millis(100), ..Limits::default() })?;
    let endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r";
    let error = failure(&database, &format!("SELECT probe_query('{endless}')"));
    assert_eq!(error.code, 9);
    assert_eq!(value(&database, "SELECT probe_query('SELECT 1')")?, Value::Integer(1));
    Ok(())
}

#[test]
fn memory_is_capped() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    database.set_limits(Limits { memory_bytes: 16 << 20, ..Limits::default() })?;
    let error = failure(&database, "SELECT probe_grow(32)");
    assert_eq!((error.code, error.reason.as_deref()), (1, Some("memory-limit")));
    value(&database, "SELECT probe_grow(4)")?;
    Ok(())
}

#[test]
fn what_an_extension_returns_is_capped() -> Outcome {
    let database = with(&[(PROBE, &[])])?;
    database.set_limits(Limits { output_bytes: 1000, ..Limits::default() })?;
    value(&database, "SELECT probe_text(1000)")?;
    let error = failure(&database, "SELECT probe_text(1001)");
    assert_eq!((error.code, error.reason.as_deref()), (18, Some("output-too-large")));
    Ok(())
}

#[test]
fn results_that_break_the_contract_are_errors() -> Outcome {
    let database = with(&[("guests/results.wasm", &[])])?;
    for call in [
        "result_tag",
        "result_case",
        "result_text_bounds",
        "result_blob_bounds",
        "result_utf8",
        "error_utf8",
        "result_misaligned",
        "result_area_bounds",
        "error_bounds",
    ] {
        let error = failure(&database, &format!("SELECT {call}()"));
        assert_eq!((error.code, error.reason.as_deref()), (1, Some("invalid-result")), "{call}");
        assert_eq!(value(&database, "SELECT result_ok()")?, Value::Integer(1), "after {call}");
    }
    Ok(())
}

#[test]
fn sql_of_an_extension_runs_on_the_calling_connection() -> Outcome {
    let database = with(&[(PROBE, &["spi.read", "spi.write"]), (RELAY, &["spi.read"])])?;
    database.exec("CREATE TABLE t(a); BEGIN")?;
    value(&database, "SELECT probe_execute('INSERT INTO t VALUES (?1)', 7)")?;
    assert_eq!(value(&database, "SELECT relay_query('SELECT probe_query(''SELECT a FROM t'')')")?, Value::Integer(7));
    assert!(database.in_transaction()?);
    database.exec("ROLLBACK")?;
    assert_eq!(value(&database, "SELECT count(*) FROM t")?, Value::Integer(0));
    let error = failure(&database, "SELECT probe_query('SELECT probe_query(''SELECT 1'')')");
    assert_eq!(error.reason.as_deref(), Some("re-entered"));
    Ok(())
}

#[test]
fn bad_files_are_refused_by_name() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    for (name, part) in [
        ("not-wasm", "is not a WebAssembly file"),
        ("core-module", "is a core module, expected a component"),
        ("truncated", "is truncated"),
        ("missing-export", "lacks an export"),
        ("extra-export", "that is not part of the contract"),
        ("wrong-type", "of the wrong type"),
        ("wrong-version", "another version of the contract"),
        ("unknown-import", "that no capability provides"),
        ("manifest-duplicate", "is there twice"),
        ("manifest-nul", "U+0000"),
        ("manifest-128-args", "128"),
        ("describe-trap", "trapped"),
        ("describe-loop", "fuel-exhausted"),
        ("describe-import", "capability-denied"),
        ("start-trap", "trapped"),
        ("memory-huge", "asks for too much memory"),
    ] {
        let path = artifact(&format!("guests/{name}.wasm"));
        let Err(error) = database.load_file(&path, &granted(&[])) else { panic!("`{name}` was loaded") };
        assert!(error.to_string().contains(part), "`{name}`: {error}");
    }
    assert_eq!(database.extensions()?, []);
    assert_eq!(value(&database, "SELECT 1")?, Value::Integer(1));
    Ok(())
}

#[test]
fn a_large_file_is_refused_before_it_is_read() -> Outcome {
    let folder = support::Folder::new("large")?;
    let path = folder.0.join("large.wasm");
    std::fs::File::create(&path)?.set_len(100 << 20)?;
    let start = Instant::now();
    let Err(error) = sqlink_host_native::read_component(&path) else { panic!("it was read") };
    assert!(error.to_string().contains("found 104857600 bytes, expected at most 67108864"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[test]
fn deep_nesting_stops_at_the_limit() -> Outcome {
    let database = with(&[(PROBE, &["spi.read"]), (RELAY, &["spi.read"])])?;
    database.set_limits(Limits { call_depth: 1, ..Limits::default() })?;
    let error = failure(&database, "SELECT probe_query('SELECT relay_echo(1)')");
    assert_eq!(error.reason.as_deref(), Some("call-depth-exceeded"));
    Ok(())
}
