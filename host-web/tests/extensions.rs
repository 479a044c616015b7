//! Extensions: loading, policy, failures, and what they import.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sqlink_host_web::contract::metadata;
use sqlink_host_web::engine::{
    self, AUTH, BUSY, CallError, Collected, ERROR, ExtensionInfo, Function, FunctionFlags, Level, Limits, LoadOptions,
    MISUSE, Manifest, Reason, Value, ValueRef, imports,
};
use sqlink_host_web::native;
use support::{Result, capabilities, fails, grants, hand_on, integer, manifest, one, open, query, text, text_arg};

/// Loads an extension whose functions return a text with the function's id and the number of arguments.
fn load_plain(connection: u32, id: u32, manifest: Manifest) -> Result<ExtensionInfo> {
    native::add_extension(id, manifest, |id, args, out| {
        out.text(format!("{id}/{}", args.len()).as_bytes());
        Ok(())
    });
    engine::load_extension(connection, id, "sha256:00", LoadOptions::default())
}

/// Loads an extension with one function that takes any number of arguments.
fn load_one(
    connection: u32,
    id: u32,
    name: &str,
    asks_for: &[&str],
    granted: &[&str],
    call: impl Fn(engine::Args<'_>, &mut engine::ResultSink<'_>) -> Result<(), CallError> + 'static,
) -> Result<ExtensionInfo> {
    let manifest = Manifest { optional: capabilities(asks_for), ..manifest(name, &[(name, -1)]) };
    native::add_extension(id, manifest, move |_, args, out| call(args, out));
    engine::load_extension(connection, id, "", grants(granted))
}

#[test]
fn loading_registers_everything_and_unloading_takes_it_back() -> Result {
    let connection = open()?;
    let manifest = manifest("demo", &[("one", 1), ("one", 2), ("two", -1)]);
    let info = load_plain(connection, 1, manifest)?;
    assert_eq!(info.name, "demo");
    assert_eq!(info.functions, ["one", "one", "two"]);
    assert_eq!(info.digest, "sha256:00");
    assert_eq!(engine::extensions(connection)?, [info]);
    assert_eq!(
        query(connection, "SELECT one(1), one(1, 2), two(), TWO(1, 2, 3, 4, 5, 6, 7, 8, 9)")?,
        [[text("0/1"), text("1/2"), text("2/0"), text("2/9")]]
    );
    let running = engine::prepare(connection, "VALUES (1), (2)", false)?.statement;
    engine::step_rows(running, &mut Collected::up_to(1))?;
    assert_eq!(fails(engine::unload_extension(connection, 1)).code, BUSY);
    engine::reset(running)?;
    engine::unload_extension(connection, 1)?;
    assert!(!native::has_extension(1), "it must be released");
    assert_eq!(fails(one(connection, "SELECT two()")).message, "no such function: two");
    assert!(engine::extensions(connection)?.is_empty());
    assert_eq!(fails(engine::unload_extension(connection, 1)).code, MISUSE);
    engine::close(connection)
}

#[test]
fn closing_releases_extensions() -> Result {
    let connection = open()?;
    load_plain(connection, 1, manifest("demo", &[("f", 0)]))?;
    engine::close(connection)?;
    assert!(!native::has_extension(1));
    Ok(())
}

#[test]
fn a_load_that_fails_leaves_nothing_behind() -> Result {
    let connection = open()?;
    load_plain(connection, 1, manifest("first", &[("shared", 1)]))?;
    let error = fails(load_plain(connection, 2, manifest("second", &[("mine", 0), ("Shared", 1)])));
    assert_eq!(error.code, ERROR);
    assert_eq!(
        error.message,
        "extension `second` registers the function `Shared` with 1 argument, which extension `first` has \
         registered already: load it with a `prefix`, or with `replace`"
    );
    assert_eq!(error.extension.as_deref(), Some("second"));
    assert!(native::has_extension(2), "the embedder keeps it");
    assert_eq!(fails(one(connection, "SELECT mine()")).message, "no such function: mine");
    assert_eq!(engine::extensions(connection)?.len(), 1);
    // The same name with another number of arguments is no collision, and the number can be used now.
    load_plain(connection, 2, manifest("second", &[("shared", 2)]))?;
    assert_eq!(one(connection, "SELECT shared(1, 2)")?, text("0/2"));
    engine::close(connection)
}

#[test]
fn collisions_name_both_owners() -> Result {
    let connection = open()?;
    native::add_function(1, |_, _, _| Ok(()));
    engine::create_function(connection, "app_fn", 0, FunctionFlags::default(), 1)?;
    let refused = |name: &str, count| fails(load_plain(connection, 9, manifest("new", &[(name, count)]))).message;
    assert!(refused("APP_FN", 0).contains("which the application has registered already: load it with a `prefix`"));
    assert!(refused("lower", 1).contains("`lower` with 1 argument, which SQLite itself has registered already"));
    load_plain(connection, 1, manifest("loaded", &[("f", 0), ("match", 2), ("lower", 3)]))?;
    let error = fails(engine::create_function(connection, "F", 0, FunctionFlags::default(), 1));
    assert_eq!(
        error.message,
        "function `F` with 0 arguments belongs to extension `loaded`: unload it first, or use another name"
    );
    let error = fails(load_plain(connection, 2, manifest("loaded", &[])));
    assert_eq!(error.message, "extension `loaded` is loaded already, in version 1.0.0: unload it first");
    let error = fails(engine::load_extension(connection, 1, "", LoadOptions::default()));
    assert_eq!(error.message, "extension number 1 is loaded already");
    engine::close(connection)
}

#[test]
fn loading_needs_the_connection_at_rest() -> Result {
    let connection = open()?;
    let running = engine::prepare(connection, "VALUES (1), (2)", false)?.statement;
    engine::step_rows(running, &mut Collected::up_to(1))?;
    assert_eq!(fails(load_plain(connection, 1, manifest("demo", &[("f", 0)]))).code, BUSY);
    engine::close(connection)
}

#[test]
fn a_bad_manifest_is_refused() -> Result {
    let connection = open()?;
    let error = fails(load_plain(connection, 1, manifest("Bad", &[])));
    assert!(error.message.starts_with("invalid manifest: extension name `Bad`"), "{}", error.message);
    let error = fails(load_plain(connection, 1, manifest("bad", &[("f", 128)])));
    assert!(error.message.starts_with("invalid manifest of extension `bad`: function `f` has argument count 128"));
    let error = fails(engine::load_extension(connection, 77, "", LoadOptions::default()));
    assert_eq!(error.message, "trapped: extension, function `describe`: there is no extension number 77");
    engine::close(connection)
}

#[test]
fn required_capabilities_must_be_granted() -> Result {
    let connection = open()?;
    let manifest = Manifest {
        required: capabilities(&["random", "log"]),
        optional: capabilities(&["clock", "telepathy"]),
        ..manifest("needy", &[("f", 0)])
    };
    native::add_extension(1, manifest, |_, _, _| Ok(()));
    let error = fails(engine::load_extension(connection, 1, "", grants(&["clock"])));
    assert_eq!((error.code, error.reason), (AUTH, Some(Reason::CapabilityDenied)));
    assert!(error.message.contains("`grants: [\"random\"]`") && error.message.contains("`--grant random`"));
    assert_eq!(fails(engine::load_extension(connection, 1, "", grants(&["rnd"]))).code, MISUSE);
    let info = engine::load_extension(connection, 1, "", grants(&["random", "spi.read"]))?;
    assert_eq!(info.granted, ["random"]);
    assert_eq!(info.denied, ["clock", "telepathy"]);
    engine::close(connection)
}

#[test]
fn flags_travel_untouched() -> Result {
    let connection = open()?;
    let function = |id, name: &str, flags| Function { id, name: name.into(), arg_count: 0, flags };
    let manifest = Manifest {
        functions: vec![
            function(0, "volatile", metadata::FunctionFlags::empty()),
            function(1, "pure", metadata::FunctionFlags::DETERMINISTIC),
        ],
        ..manifest("demo", &[])
    };
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    native::add_extension(1, manifest, move |_, _, out| {
        count.set(count.get() + 1);
        out.integer(count.get());
        Ok(())
    });
    engine::load_extension(connection, 1, "", LoadOptions::default())?;
    let rows = query(connection, "SELECT volatile() FROM (VALUES (1), (2), (3))")?;
    assert_eq!(rows, [[integer(1)], [integer(2)], [integer(3)]]);
    let rows = query(connection, "SELECT pure() FROM (VALUES (1), (2), (3))")?;
    assert_eq!(rows, [[integer(4)], [integer(4)], [integer(4)]]);
    engine::close(connection)
}

#[test]
fn failures_name_reason_extension_and_function() -> Result {
    let connection = open()?;
    let next = Rc::new(RefCell::new(None));
    let failure = Rc::clone(&next);
    load_one(connection, 1, "frail", &[], &[], move |_, out| {
        out.integer(1);
        failure.borrow_mut().take().map_or(Ok(()), Err)
    })?;
    for (reason, code) in [
        (Reason::Trapped, 1),
        (Reason::FuelExhausted, 1),
        (Reason::DeadlineExceeded, 9),
        (Reason::MemoryLimit, 1),
        (Reason::CapabilityDenied, 23),
        (Reason::InvalidResult, 1),
    ] {
        *next.borrow_mut() = Some(CallError::Failure { reason, detail: "the detail".into() });
        let error = fails(one(connection, "SELECT frail(1)"));
        assert_eq!(error.message, format!("{reason}: extension `frail`, function `frail`: the detail"));
        assert_eq!((error.code, error.reason), (code, Some(reason)));
        assert_eq!((error.extension.as_deref(), error.function.as_deref()), (Some("frail"), Some("frail")));
        assert_eq!(one(connection, "SELECT frail(1)")?, integer(1));
    }
    assert_eq!(engine::extensions(connection)?[0].traps, 6);

    *next.borrow_mut() = Some(CallError::Error { code: 2067, message: "its own words".into() });
    let error = fails(one(connection, "SELECT frail(1)"));
    assert_eq!((error.code, error.reason), (2067, None));
    assert_eq!(error.message, "its own words");
    assert_eq!(error.extension.as_deref(), Some("frail"));
    assert_eq!(engine::extensions(connection)?[0].traps, 6);
    engine::close(connection)
}

#[test]
fn text_that_is_not_utf8_reaches_no_extension_and_comes_from_none() -> Result {
    let connection = open()?;
    let called = Rc::new(Cell::new(false));
    let seen = Rc::clone(&called);
    load_one(connection, 1, "strict", &[], &[], move |args, out| {
        seen.set(true);
        match args.get(0) {
            ValueRef::Blob(bytes) => out.text(bytes),
            value => out.value(value),
        }
        Ok(())
    })?;
    let error = fails(one(connection, "SELECT strict('fine', CAST(x'61ff' AS TEXT))"));
    assert_eq!(error.reason, Some(Reason::InvalidText));
    assert_eq!(
        error.message,
        "invalid-text: extension `strict`, function `strict`: argument 2 is a text that is not valid UTF-8 at byte 1"
    );
    assert!(!called.get());
    let error = fails(one(connection, "SELECT strict(x'c328')"));
    assert_eq!(error.reason, Some(Reason::InvalidResult));
    assert_eq!(one(connection, "SELECT strict(x'c3a4')")?, text("ä"));
    engine::close(connection)
}

#[test]
fn output_over_the_limit_fails() -> Result {
    let connection = open()?;
    load_one(connection, 1, "fill", &[], &[], |args, out| {
        let ValueRef::Integer(len) = args.get(0) else { return Ok(()) };
        out.blob(&vec![7; usize::try_from(len).unwrap_or(0)]);
        Ok(())
    })?;
    engine::set_limits(connection, Limits { output_bytes: 1000, ..Limits::default() })?;
    assert_eq!(one(connection, "SELECT length(fill(1000))")?, integer(1000));
    let error = fails(one(connection, "SELECT length(fill(1001))"));
    assert_eq!((error.code, error.reason), (18, Some(Reason::OutputTooLarge)));
    assert_eq!(
        error.message,
        "output-too-large: extension `fill`, function `fill`: it returned 1001 bytes, over the limit of 1000"
    );
    // SQLite's own limit is lower here: its error, and the long message of ours is not lost.
    engine::set_limits(connection, Limits { value_bytes: 50, ..Limits::default() })?;
    assert_eq!(fails(one(connection, "SELECT length(fill(51))")).code, 18);
    engine::set_limits(connection, Limits { value_bytes: 50, output_bytes: 10, ..Limits::default() })?;
    assert_eq!(fails(one(connection, "SELECT length(fill(11))")).reason, Some(Reason::OutputTooLarge));
    engine::close(connection)
}

#[test]
fn an_extension_on_the_stack_is_not_re_entered() -> Result {
    let connection = open()?;
    let spi = |id: u32| {
        move |args: engine::Args<'_>, out: &mut engine::ResultSink<'_>| {
            let found = imports::spi_query(id, text_arg(&args, 0), &[]).map_err(hand_on)?;
            if let Some(value) = found.rows.first().and_then(|row| row.first()) {
                out.value(value.as_ref());
            }
            Ok(())
        }
    };
    load_one(connection, 1, "ask", &["spi.read"], &["spi.read"], spi(1))?;
    load_one(connection, 2, "relay", &["spi.read"], &["spi.read"], spi(2))?;
    assert_eq!(one(connection, "SELECT ask('SELECT relay(''SELECT 40 + 2'')')")?, integer(42));
    let error = fails(one(connection, "SELECT ask('SELECT ask(''SELECT 1'')')"));
    assert_eq!(error.reason, Some(Reason::ReEntered));
    assert_eq!(
        error.message,
        "re-entered: extension `ask`, function `ask`: the extension is already running, and SQL it runs called it again"
    );
    let error = fails(one(connection, "SELECT ask('SELECT relay(''SELECT ask(1)'')')"));
    assert_eq!((error.reason, error.extension.as_deref()), (Some(Reason::ReEntered), Some("ask")));
    assert_eq!(one(connection, "SELECT ask('SELECT 1')")?, integer(1));
    engine::close(connection)
}

#[test]
fn imports_need_their_grant_and_a_running_call() -> Result {
    let connection = open()?;
    load_one(connection, 1, "lucky", &["random", "clock"], &["random"], |args, out| {
        match text_arg(&args, 0) {
            "random" => out.blob(&imports::random_bytes(1, 16).map_err(hand_on)?),
            "much" => out.blob(&imports::random_bytes(1, 65_537).map_err(hand_on)?),
            "clock" => out.integer(imports::clock_now(1).map_err(hand_on)?),
            "read" => drop(imports::spi_query(1, "SELECT 1", &[]).map_err(hand_on)?),
            _ => drop(imports::clock_now(1).is_err()),
        }
        Ok(())
    })?;
    let Value::Blob(random) = one(connection, "SELECT lucky('random')")? else { panic!("a blob") };
    assert_eq!(random.len(), 16);
    assert_ne!(random, [0; 16]);
    assert_eq!(fails(one(connection, "SELECT lucky('much')")).code, 18);
    let error = fails(one(connection, "SELECT lucky('clock')"));
    assert_eq!((error.code, error.reason), (AUTH, Some(Reason::CapabilityDenied)));
    assert!(error.message.starts_with(
        "capability-denied: extension `lucky`, function `lucky`: it uses `clock`, which is not granted; grant it with"
    ));
    let error = fails(one(connection, "SELECT lucky('read')"));
    assert!(error.message.ends_with("it uses `spi.read`, which its manifest does not ask for"));
    // It may do without.
    assert_eq!(one(connection, "SELECT lucky('optional')")?, Value::Null);

    assert_eq!(imports::random_bytes(1, 1).map_err(|error| error.code), Err(MISUSE));
    assert_eq!(imports::random_bytes(99, 1).map_err(|error| error.code), Err(MISUSE));
    engine::close(connection)
}

#[test]
fn the_log_reaches_the_embedder() -> Result {
    let connection = open()?;
    load_one(connection, 1, "chatty", &[], &[], |_, _| {
        imports::log_write(1, Level::Warn, b"hello \xff");
        Ok(())
    })?;
    one(connection, "SELECT chatty()")?;
    imports::log_write(99, Level::Error, b"from nobody");
    let log = native::take_log();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].extension.as_deref(), log[0].level), (Some("chatty"), Level::Warn));
    assert_eq!(log[0].message, "hello \u{fffd}");
    engine::close(connection)
}
