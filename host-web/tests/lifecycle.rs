//! `on-load`, `on-unload`, and extensions that nest.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sqlink_host_web::contract::dispatch::Interfaces;
use sqlink_host_web::contract::metadata::Nesting;
use sqlink_host_web::engine::{
    self, Args, CallError, Level, Limits, LoadOptions, MISUSE, Manifest, Reason, ResultSink, Value, ValueRef, imports,
};
use sqlink_host_web::native::{self, Guest};
use support::{Result, capabilities, fails, grants, hand_on, integer, manifest, one, open, query, text};

type Step = dyn Fn() -> Result<(), CallError>;

/// An extension whose lifecycle the test defines.
struct Alive {
    load: Box<Step>,
    unload: Box<Step>,
}

impl Guest for Alive {
    fn describe(&self) -> Manifest {
        Manifest { optional: capabilities(&["spi.read", "spi.write", "state"]), ..manifest("alive", &[("alive", 0)]) }
    }
    fn call(&self, _: u32, _: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        out.integer(1);
        Ok(())
    }
    fn on_load(&self) -> Result<(), CallError> {
        (self.load)()
    }
    fn on_unload(&self) -> Result<(), CallError> {
        (self.unload)()
    }
}

fn load(
    connection: u32,
    load: impl Fn() -> Result<(), CallError> + 'static,
    unload: impl Fn() -> Result<(), CallError> + 'static,
) -> Result {
    native::add_guest(1, Alive { load: Box::new(load), unload: Box::new(unload) });
    engine::load_extension(connection, 1, "", grants(&["spi.read", "spi.write"])).map(drop)
}

fn write(sql: &str) -> Result<(), CallError> {
    imports::spi_execute(1, sql, &[]).map(drop).map_err(hand_on)
}

#[test]
fn both_are_called_once_and_may_use_imports() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE seen(what)")?;
    let calls = Rc::new(RefCell::new(Vec::new()));
    let (first, second) = (Rc::clone(&calls), Rc::clone(&calls));
    load(
        connection,
        move || {
            first.borrow_mut().push("load");
            // What it registers is there, but it is on the stack.
            let error = imports::spi_query(1, "SELECT alive()", &[]).expect_err("re-entered");
            assert!(error.message.starts_with("re-entered: "), "{}", error.message);
            write("INSERT INTO seen VALUES ('load')")
        },
        move || {
            second.borrow_mut().push("unload");
            write("INSERT INTO seen VALUES ('unload')")
        },
    )?;
    assert_eq!(one(connection, "SELECT alive()")?, integer(1));
    assert_eq!(*calls.borrow(), ["load"]);
    engine::unload_extension(connection, 1)?;
    assert_eq!(*calls.borrow(), ["load", "unload"]);
    assert_eq!(query(connection, "SELECT what FROM seen")?, [[text("load")], [text("unload")]]);
    engine::close(connection)?;
    assert_eq!(calls.borrow().len(), 2);
    Ok(())
}

#[test]
fn a_load_that_is_refused_leaves_nothing_behind() -> Result {
    let connection = open()?;
    let refuse = |outcome: fn() -> Result<(), CallError>| {
        fails(load(
            connection,
            move || {
                write("CREATE TABLE debris(a)")?;
                outcome()
            },
            || panic!("it was never loaded"),
        ))
    };
    for begin in ["", "BEGIN; CREATE TABLE kept(a)"] {
        engine::exec(connection, begin)?;
        let error = refuse(|| Err(CallError::Error { code: 19, message: "not here".into() }));
        assert_eq!((error.code, error.message.as_str()), (19, "not here"));
        assert_eq!((error.extension.as_deref(), error.reason), (Some("alive"), None));
        let error = refuse(|| Err(CallError::Failure { reason: Reason::Trapped, detail: "unreachable".into() }));
        assert_eq!(error.message, "trapped: extension `alive`, `on-load`: unreachable");
        assert_eq!((error.reason, error.function), (Some(Reason::Trapped), None));
        assert!(engine::extensions(connection)?.is_empty());
        assert!(native::has_extension(1), "the embedder keeps it");
        assert_eq!(fails(one(connection, "SELECT alive()")).message, "no such function: alive");
        assert_eq!(fails(query(connection, "SELECT * FROM debris")).message, "no such table: debris");
        assert_eq!(engine::in_transaction(connection)?, !begin.is_empty());
    }
    engine::exec(connection, "COMMIT")?;
    assert!(query(connection, "SELECT * FROM kept")?.is_empty());
    assert_eq!(imports::random_bytes(1, 1).map_err(|error| error.code), Err(MISUSE), "it is not loaded");
    load(connection, || Ok(()), || Ok(()))?;
    assert_eq!(one(connection, "SELECT alive()")?, integer(1));
    engine::close(connection)
}

#[test]
fn a_cursor_left_open_holds_nothing_up() -> Result {
    let connection = open()?;
    let leave = || {
        imports::spi_open(1, "VALUES (1), (2)", &[])
            .and_then(|opened| imports::spi_fetch(1, opened.cursor, 1))
            .map(drop)
            .map_err(hand_on)
    };
    let fail = move || {
        leave()?;
        Err(CallError::message("no"))
    };
    assert_eq!(fails(load(connection, fail, || Ok(()))).message, "no");
    assert_eq!(fails(one(connection, "SELECT alive()")).message, "no such function: alive");
    load(connection, leave, leave)?;
    assert_eq!(one(connection, "SELECT alive()")?, integer(1));
    engine::unload_extension(connection, 1)?;
    assert_eq!(fails(one(connection, "SELECT alive()")).message, "no such function: alive");
    load(connection, leave, leave)?;
    engine::close(connection)
}

#[test]
fn an_error_at_the_end_is_logged() -> Result {
    let connection = open()?;
    drop(native::take_log());
    load(connection, || Ok(()), || Err(CallError::message("the end went wrong")))?;
    engine::unload_extension(connection, 1)?;
    let trap = || Err(CallError::Failure { reason: Reason::FuelExhausted, detail: "used up".into() });
    load(connection, || Ok(()), trap)?;
    engine::close(connection)?;
    assert!(!native::has_extension(1));
    let log: Vec<_> = native::take_log().into_iter().map(|entry| (entry.level, entry.message)).collect();
    assert_eq!(
        log,
        [
            (Level::Error, "the end went wrong".to_owned()),
            (Level::Error, "fuel-exhausted: extension `alive`, `on-unload`: used up".to_owned())
        ]
    );
    Ok(())
}

#[test]
fn closing_unloads_the_last_one_first() -> Result {
    let connection = open()?;
    let order = Rc::new(RefCell::new(Vec::new()));
    for (id, name) in [(1, "one"), (2, "two"), (3, "three")] {
        struct Named(&'static str, Rc<RefCell<Vec<&'static str>>>, u32);
        impl Guest for Named {
            fn describe(&self) -> Manifest {
                Manifest { optional: capabilities(&["spi.read"]), ..manifest(self.0, &[]) }
            }
            fn on_unload(&self) -> Result<(), CallError> {
                let rows = imports::spi_query(self.2, "SELECT count(*) FROM t", &[]).map_err(hand_on)?.rows;
                assert_eq!(rows, [[integer(0)]], "the open transaction is rolled back");
                self.1.borrow_mut().push(self.0);
                Ok(())
            }
        }
        native::add_guest(id, Named(name, Rc::clone(&order), id));
        engine::load_extension(connection, id, "", grants(&["spi.read"]))?;
    }
    engine::exec(connection, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)")?;
    engine::prepare(connection, "SELECT 1", false)?;
    engine::close(connection)?;
    assert_eq!(*order.borrow(), ["three", "two", "one"]);
    assert!((1..=3).all(|id| !native::has_extension(id)));
    Ok(())
}

#[test]
fn the_connection_is_in_use_meanwhile() -> Result {
    let connection = open()?;
    let codes = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&codes);
    let meddle = move || {
        let mut seen = seen.borrow_mut();
        seen.push(fails(engine::close(connection)).code);
        seen.push(fails(engine::unload_extension(connection, 1)).code);
        seen.push(fails(engine::load_extension(connection, 1, "", LoadOptions::default())).code);
        Ok(())
    };
    load(connection, meddle.clone(), meddle)?;
    engine::close(connection)?;
    assert_eq!(*codes.borrow(), [MISUSE; 6]);
    Ok(())
}

#[test]
fn without_the_interface_nothing_is_called() -> Result {
    struct Plain;
    impl Guest for Plain {
        fn exports(&self) -> Interfaces {
            Interfaces::SCALAR
        }
        fn describe(&self) -> Manifest {
            manifest("plain", &[("plain", 0)])
        }
        fn on_load(&self) -> Result<(), CallError> {
            panic!("it does not export it");
        }
        fn on_unload(&self) -> Result<(), CallError> {
            panic!("it does not export it");
        }
    }
    let connection = open()?;
    native::add_guest(1, Plain);
    engine::load_extension(connection, 1, "", LoadOptions::default())?;
    engine::unload_extension(connection, 1)?;
    engine::close(connection)
}

/// Computes a factorial by SQL that calls the function again.
struct Nested {
    nesting: Nesting,
    instances: bool,
    deepest: Rc<Cell<i64>>,
    depth: Cell<i64>,
}

impl Guest for Nested {
    fn exports(&self) -> Interfaces {
        let exports = Interfaces::SCALAR;
        if self.instances { exports | Interfaces::FRESH_INSTANCES } else { exports }
    }
    fn describe(&self) -> Manifest {
        Manifest {
            nesting: self.nesting,
            optional: capabilities(&["spi.read"]),
            ..manifest("nested", &[("factorial", 1)])
        }
    }
    fn call(&self, _: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let ValueRef::Integer(n) = args.get(0) else {
            return Err(CallError::Failure { reason: Reason::Trapped, detail: "unreachable".into() });
        };
        if n <= 1 {
            out.integer(1);
            return Ok(());
        }
        self.depth.set(self.depth.get() + 1);
        self.deepest.set(self.deepest.get().max(self.depth.get()));
        let sql = if n == 13 { "SELECT factorial(?1 || '')" } else { "SELECT ?1 * factorial(?1 - 1)" };
        let found = imports::spi_query(1, sql, &[ValueRef::Integer(n)]);
        self.depth.set(self.depth.get() - 1);
        match found.map_err(hand_on)?.rows[0][0] {
            Value::Integer(value) => out.integer(value),
            _ => out.null(),
        }
        // The call goes on after the nested one: it is still this extension's turn.
        imports::log_write(1, Level::Debug, b"done");
        imports::spi_query(1, "SELECT 1", &[]).map(drop).map_err(hand_on)
    }
}

fn load_nested(nesting: Nesting, instances: bool) -> Result<(u32, Rc<Cell<i64>>)> {
    let connection = open()?;
    let deepest = Rc::new(Cell::new(0));
    native::add_guest(1, Nested { nesting, instances, deepest: Rc::clone(&deepest), depth: Cell::new(0) });
    engine::load_extension(connection, 1, "", grants(&["spi.read"]))?;
    Ok((connection, deepest))
}

#[test]
fn an_extension_that_wants_to_nest_may() -> Result {
    let (connection, deepest) = load_nested(Nesting::FreshInstance, true)?;
    assert_eq!(one(connection, "SELECT factorial(10)")?, integer(3_628_800));
    assert_eq!(deepest.get(), 9);
    engine::set_limits(connection, Limits { call_depth: 5, ..Limits::default() })?;
    assert_eq!(one(connection, "SELECT factorial(5)")?, integer(120));
    let error = fails(one(connection, "SELECT factorial(6)"));
    assert_eq!(
        error.message,
        "call-depth-exceeded: extension `nested`, function `factorial`: calls between SQL and functions nest deeper than 5"
    );
    // A nested call that fails ends its own instance only.
    let error = fails(one(connection, "SELECT factorial(13)"));
    assert_eq!(error.message, "trapped: extension `nested`, function `factorial`: unreachable");
    assert_eq!(engine::extensions(connection)?[0].traps, 1);
    assert_eq!(one(connection, "SELECT factorial(3)")?, integer(6));
    engine::close(connection)
}

#[test]
fn others_may_not() -> Result {
    for (nesting, instances) in [(Nesting::Refuse, true), (Nesting::FreshInstance, false)] {
        let (connection, _) = load_nested(nesting, instances)?;
        assert_eq!(one(connection, "SELECT factorial(1)")?, integer(1));
        let error = fails(one(connection, "SELECT factorial(2)"));
        assert_eq!((error.reason, error.function.as_deref()), (Some(Reason::ReEntered), Some("factorial")));
        engine::close(connection)?;
    }
    Ok(())
}
