//! What extensions import besides `spi` and `state`.

mod support;

#[path = "support/hooked.rs"]
mod hooked;

use std::cell::RefCell;
use std::rc::Rc;

use hooked::Shared;
use sqlink_host_web::contract::metadata::{FunctionFlags, HookSet};
use sqlink_host_web::engine::imports::{self, GuestError};
use sqlink_host_web::engine::{
    self, AUTH, CANTOPEN, Function, HandedFile, Limits, LoadOptions, MISUSE, Manifest, RANGE, READONLY, TOOBIG,
    ValueRef,
};
use sqlink_host_web::native;
use support::{Result, capabilities, fails, grants, integer, manifest, one, open, text};

/// The extension's number.
const ID: u32 = 1;

/// Everything that has to be granted.
const ALL: &[&str] = &["cache", "clock", "files.read", "files.write", "random", "spi.read", "spi.write", "state"];

/// A connection with an extension that runs one closure inside of its function `inside`.
fn inside(options: LoadOptions) -> Result<(u32, Shared)> {
    let connection = open()?;
    let shared = Shared::default();
    let next = shared.clone();
    let manifest = Manifest { optional: capabilities(ALL), ..manifest("inside", &[("inside", 0)]) };
    native::add_extension(ID, manifest, move |_, _, _| {
        next.run_next();
        Ok(())
    });
    engine::load_extension(connection, ID, "", options)?;
    Ok((connection, shared))
}

fn run<R: 'static>((connection, shared): &(u32, Shared), job: impl FnOnce() -> R + 'static) -> Result<R> {
    shared.run_in(*connection, "SELECT inside()", job)
}

fn file(name: &str, file: u32, writable: bool) -> HandedFile {
    HandedFile { name: name.into(), file, writable }
}

fn code<T>(outcome: Result<T, GuestError>) -> i32 {
    outcome.map_or_else(|error| error.code, |_| 0)
}

#[test]
fn config_is_always_there() -> Result {
    let config = [("b", "2"), ("a", "1"), ("ä", "")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let options = LoadOptions { config: config.into(), ..LoadOptions::default() };
    let it = inside(options.clone())?;
    let (keys, found) =
        run(&it, || (imports::config_keys(ID), ["a", "b", "c"].map(|key| imports::config_get(ID, key))))?;
    assert_eq!(keys, ["a", "b", "ä"]);
    assert_eq!(found, [Some("1".into()), Some("2".into()), None]);
    let versions = run(&it, || imports::config_host(ID))?;
    assert_eq!(versions.sqlite, engine::version().sqlite);
    assert_eq!((versions.contract.as_str(), versions.engine.as_str()), ("0.1.0", env!("CARGO_PKG_VERSION")));
    engine::unload_extension(it.0, ID)?;
    let twice = LoadOptions { config: vec![("a".into(), "1".into()), ("a".into(), "2".into())], ..options };
    let error = fails(inside(twice));
    assert_eq!(
        (error.code, error.message.as_str()),
        (MISUSE, "the options of extension `inside` have the setting `a` twice")
    );
    Ok(())
}

#[test]
fn every_capability_has_to_be_granted() -> Result {
    let it = inside(LoadOptions::default())?;
    native::add_file(1, Vec::new());
    let denied = run(&it, || {
        [
            ("cache", imports::cache_get(ID, "k").map(drop)),
            ("cache", imports::cache_set(ID, "k".into(), Vec::new(), 0)),
            ("cache", imports::cache_delete(ID, "k").map(drop)),
            ("clock", imports::clock_now(ID).map(drop)),
            ("clock", imports::clock_monotonic(ID).map(drop)),
            ("files.read", imports::files_list(ID).map(drop)),
            ("files.read", imports::files_read(ID, "f", 0, 1).map(drop)),
            ("files.write", imports::files_write(ID, "f", 0, b"x")),
            ("random", imports::random_bytes(ID, 1).map(drop)),
            ("spi.read", imports::spi_query(ID, "SELECT 1", &[]).map(drop)),
            ("spi.read", imports::spi_open(ID, "SELECT 1", &[]).map(drop)),
            ("spi.read", imports::spi_fetch(ID, 1, 1).map(drop)),
            ("spi.read", imports::spi_changes(ID).map(drop)),
            ("spi.read", imports::spi_last_insert_rowid(ID).map(drop)),
            ("spi.write", imports::spi_execute(ID, "SELECT 1", &[]).map(drop)),
            ("spi.write", imports::spi_batch(ID, "SELECT 1")),
            ("state", imports::state_get(ID, "k").map(drop)),
            ("state", imports::state_set(ID, "k", b"")),
            ("state", imports::state_delete(ID, "k").map(drop)),
            ("state", imports::state_keys(ID, "").map(drop)),
        ]
    })?;
    for (capability, outcome) in denied {
        let error = outcome.expect_err(capability);
        assert_eq!(error.code, AUTH);
        assert_eq!(
            error.message,
            format!(
                "capability-denied: extension `inside`, function `inside`: it uses `{capability}`, which is not granted; \
                 grant it with `grants: [\"{capability}\"]` in JavaScript, `--grant {capability}` on the command line"
            )
        );
    }
    engine::close(it.0)
}

#[test]
fn an_import_works_only_while_the_extension_runs() -> Result {
    let it = inside(grants(ALL))?;
    assert_eq!(code(imports::state_get(ID, "k")), MISUSE);
    assert_eq!(code(imports::cache_get(ID, "k")), MISUSE);
    assert_eq!(code(imports::files_list(99)), MISUSE);
    assert_eq!(imports::config_get(99, "k"), None);
    engine::close(it.0)
}

#[test]
fn monotonic_time_goes_on() -> Result {
    let it = inside(grants(ALL))?;
    let (before, after) = run(&it, || (imports::clock_monotonic(ID), imports::clock_monotonic(ID)))?;
    assert!(before.expect("granted") <= after.expect("granted"));
    engine::close(it.0)
}

#[test]
fn the_cache_outlives_a_call_but_not_the_load() -> Result {
    let it = inside(grants(ALL))?;
    run(&it, || imports::cache_set(ID, "k".into(), b"v".into(), 0))?.expect("granted");
    run(&it, || imports::cache_set(ID, "brief".into(), b"v".into(), 1))?.expect("granted");
    assert_eq!(run(&it, || imports::cache_get(ID, "k"))?, Ok(Some(b"v".into())));
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(run(&it, || imports::cache_get(ID, "brief"))?, Ok(None));
    engine::set_limits(it.0, Limits { cache_bytes: 100, ..Limits::default() })?;
    let error = run(&it, || imports::cache_set(ID, "k".into(), vec![0; 36], 0))?.expect_err("too large");
    assert_eq!(error.code, TOOBIG);
    assert_eq!(error.message, "101 bytes are more than the whole cache, which the limit `cache-bytes` keeps to 100");
    assert_eq!(run(&it, || imports::cache_delete(ID, "k"))?, Ok(true));
    assert_eq!(run(&it, || imports::cache_delete(ID, "k"))?, Ok(false));
    run(&it, || imports::cache_set(ID, "k".into(), b"v".into(), 0))?.expect("granted");
    engine::close(it.0)?;
    let it = inside(grants(ALL))?;
    assert_eq!(run(&it, || imports::cache_get(ID, "k"))?, Ok(None));
    engine::close(it.0)
}

#[test]
fn files_are_those_that_were_handed_over() -> Result {
    native::add_file(7, b"hello".into());
    native::add_file(8, Vec::new());
    let files = [file("out.txt", 8, true), file("in.txt", 7, false), file("gone", 9, true)];
    let it = inside(LoadOptions { files: files[..2].into(), ..grants(ALL) })?;
    let listed = run(&it, || imports::files_list(ID))?.expect("granted");
    let listed: Vec<_> = listed.iter().map(|file| (file.name.as_str(), file.size, file.writable)).collect();
    assert_eq!(listed, [("in.txt", 5, false), ("out.txt", 0, true)]);
    let read = |name: &'static str, offset, len| run(&it, move || imports::files_read(ID, name, offset, len));
    assert_eq!(read("in.txt", 1, 3)?, Ok(b"ell".into()));
    assert_eq!(read("in.txt", 3, 16 << 20)?, Ok(b"lo".into()));
    assert_eq!(read("in.txt", 5, 1)?, Ok(Vec::new()));
    assert_eq!(read("in.txt", u64::MAX, 1)?, Ok(Vec::new()));
    assert_eq!(code(read("in.txt", 0, (16 << 20) + 1)?), TOOBIG);
    for name in ["/etc/passwd", "../in.txt", "./in.txt", "IN.TXT", ""] {
        let error = read(name, 0, 1)?.expect_err("not handed over");
        assert_eq!(error.code, CANTOPEN);
        assert!(error.message.starts_with(&format!("no file `{name}` was handed over to extension `inside`: ")));
    }
    let write = |name: &'static str, offset, bytes: &'static [u8]| {
        run(&it, move || imports::files_write(ID, name, offset, bytes))
    };
    assert_eq!(write("out.txt", 0, b"abc")?, Ok(()));
    assert_eq!(write("out.txt", 2, b"de")?, Ok(()));
    assert_eq!(write("out.txt", 4, b"")?, Ok(()));
    let error = write("out.txt", 5, b"x")?.expect_err("a gap");
    assert_eq!(error.code, RANGE);
    assert_eq!(error.message, "offset 5 is beyond the end of file `out.txt`, which has 4 bytes");
    assert_eq!(native::file(8), Some(b"abde".into()));
    assert_eq!(code(write("in.txt", 0, b"x")?), READONLY);
    assert_eq!(code(write("new", 0, b"x")?), CANTOPEN);
    engine::close(it.0)?;
    // One that the embedder can't read.
    let it = inside(LoadOptions { files: files[2..].into(), ..grants(ALL) })?;
    let error = run(&it, || imports::files_read(ID, "gone", 0, 1))?.expect_err("not there");
    assert_eq!((error.code, error.message.as_str()), (10, "file `gone` can't be read: no file 9"));
    engine::close(it.0)?;
    let twice = LoadOptions { files: vec![file("f", 7, true), file("f", 8, true)], ..grants(ALL) };
    assert_eq!(fails(inside(twice)).message, "the options of extension `inside` have the file `f` twice");
    Ok(())
}

#[test]
fn reading_and_writing_files_are_two_capabilities() -> Result {
    native::add_file(7, b"hello".into());
    let reads = inside(LoadOptions { files: vec![file("f", 7, true)], ..grants(&["files.read"]) })?;
    assert_eq!(code(run(&reads, || imports::files_read(ID, "f", 0, 1))?), 0);
    assert_eq!(code(run(&reads, || imports::files_write(ID, "f", 0, b"x"))?), AUTH);
    engine::close(reads.0)?;
    let writes = inside(LoadOptions { files: vec![file("f", 7, true)], ..grants(&["files.write"]) })?;
    assert_eq!(code(run(&writes, || imports::files_read(ID, "f", 0, 1))?), AUTH);
    assert_eq!(code(run(&writes, || imports::files_write(ID, "f", 0, b"x"))?), 0);
    engine::close(writes.0)
}

#[test]
fn subtypes_go_from_function_to_function() -> Result {
    let connection = open()?;
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&seen);
    let flagged =
        |id, name: &str, arg_count| Function { id, name: name.into(), arg_count, flags: FunctionFlags::SUBTYPE };
    let functions = vec![
        flagged(0, "mark", 2),
        flagged(1, "marked", -1),
        Function { id: 2, name: "plain".into(), arg_count: 1, flags: FunctionFlags::empty() },
        flagged(3, "sql", 1),
    ];
    let other = Manifest { functions, optional: capabilities(&["spi.read"]), ..manifest("marks", &[]) };
    native::add_extension(ID, other, move |id, args, out| {
        match id {
            0 => {
                let ValueRef::Integer(subtype) = args.get(1) else { return Ok(()) };
                imports::subtype_set(ID, u8::try_from(subtype).unwrap_or(0)).map_err(support::hand_on)?;
                out.value(args.get(0));
            }
            1 => out.integer(imports::subtype_get(ID, 0).map_err(support::hand_on)?.into()),
            2 => {
                log.borrow_mut().push((code(imports::subtype_get(ID, 0)), code(imports::subtype_set(ID, 1))));
                out.value(args.get(0));
            }
            _ => {
                imports::spi_query(ID, "SELECT other()", &[]).map_err(support::hand_on)?;
                out.integer(imports::subtype_get(ID, 0).map_err(support::hand_on)?.into());
            }
        }
        Ok(())
    });
    engine::load_extension(connection, ID, "", grants(&["spi.read"]))?;
    // Another extension's function, which runs inside of `sql`.
    let inner = Rc::clone(&seen);
    native::add_extension(2, manifest("other", &[("other", 0)]), move |_, _, _| {
        inner.borrow_mut().push((code(imports::subtype_get(2, 0)), code(imports::subtype_set(2, 1))));
        Ok(())
    });
    engine::load_extension(connection, 2, "", LoadOptions::default())?;

    assert_eq!(one(connection, "SELECT marked(mark('x', 200))")?, integer(200));
    assert_eq!(one(connection, "SELECT marked(mark(7, 74))")?, integer(74));
    assert_eq!(one(connection, "SELECT marked('x')")?, integer(0));
    assert_eq!(one(connection, "SELECT marked(json('[1]'))")?, integer(74));
    assert_eq!(one(connection, "SELECT json_array(mark('[1]', 74), '[1]')")?, text(r#"[[1],"[1]"]"#));
    assert_eq!(fails(one(connection, "SELECT marked()")).code, RANGE);
    assert_eq!(one(connection, "SELECT plain('x')")?, text("x"));
    assert_eq!(one(connection, "SELECT sql(json('1'))")?, integer(74));
    assert_eq!(seen.take(), [(MISUSE, MISUSE), (MISUSE, MISUSE)]);
    engine::close(connection)
}

#[test]
fn imports_work_in_hooks_too() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    let shared = Shared::default();
    hooked::load(connection, 3, "hooked", HookSet::COMMIT, &shared)?;
    shared.react(|_| {
        imports::cache_set(3, "commits".into(), vec![1], 0).map_err(support::hand_on)?;
        assert_eq!(code(imports::subtype_set(3, 1)), MISUSE);
        Ok(sqlink_host_web::contract::hooks::Verdict::Allow)
    });
    engine::exec(connection, "INSERT INTO t VALUES (1)")?;
    let found = shared.run_in(connection, "SELECT hooked()", || imports::cache_get(3, "commits"))?;
    assert_eq!(found, Ok(Some(vec![1])));
    engine::close(connection)
}
