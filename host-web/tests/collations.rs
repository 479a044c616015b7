//! Collating sequences of extensions.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sqlink_host_web::contract::metadata::Collation;
use sqlink_host_web::engine::{self, BUSY, CallError, Collected, LoadOptions, MISUSE, Manifest, Reason, imports};
use sqlink_host_web::native::{self, Guest};
use support::{Result, capabilities, fails, grants, integer, manifest, one, open, query, text};

type Compare = dyn Fn(&str, &str) -> std::result::Result<i32, CallError>;

/// An extension with the collations `backwards` and `odd`, which the test defines.
#[derive(Clone)]
struct Orders {
    odd: Rc<RefCell<Rc<Compare>>>,
    calls: Rc<Cell<u32>>,
}

impl Guest for Orders {
    fn describe(&self) -> Manifest {
        Manifest {
            collations: vec![Collation { id: 4, name: "backwards".into() }, Collation { id: 5, name: "odd".into() }],
            optional: capabilities(&["spi.read"]),
            ..manifest("orders", &[("relay", 1)])
        }
    }

    fn call(
        &self,
        _: u32,
        args: engine::Args<'_>,
        out: &mut engine::ResultSink<'_>,
    ) -> std::result::Result<(), CallError> {
        let sql = support::text_arg(&args, 0);
        let rows = imports::spi_query(1, sql, &[]).map_err(support::hand_on)?;
        out.integer(i64::try_from(rows.rows.len()).unwrap_or(0));
        Ok(())
    }

    fn compare(&self, id: u32, left: &str, right: &str) -> std::result::Result<i32, CallError> {
        self.calls.set(self.calls.get() + 1);
        if id == 4 {
            return Ok(right.cmp(left) as i32 * 1000);
        }
        let odd = Rc::clone(&self.odd.borrow());
        odd(left, right)
    }
}

impl Orders {
    fn be(&self, compare: impl Fn(&str, &str) -> std::result::Result<i32, CallError> + 'static) {
        *self.odd.borrow_mut() = Rc::new(compare);
    }

    fn be_plain(&self) {
        self.be(|left, right| Ok(left.cmp(right) as i32));
    }
}

fn load() -> Result<(u32, Orders)> {
    let connection = open()?;
    let orders = Orders { odd: Rc::new(RefCell::new(Rc::new(|_: &str, _: &str| Ok(0)))), calls: Rc::default() };
    orders.be_plain();
    native::add_guest(1, orders.clone());
    engine::load_extension(connection, 1, "", grants(&["spi.read"]))?;
    Ok((connection, orders))
}

fn trap() -> CallError {
    CallError::Failure { reason: Reason::Trapped, detail: "unreachable".into() }
}

fn integrity(connection: u32) -> Result {
    assert_eq!(one(connection, "PRAGMA integrity_check")?, text("ok"));
    Ok(())
}

#[test]
fn texts_are_ordered_and_found() -> Result {
    let (connection, _) = load()?;
    assert_eq!(engine::extensions(connection)?[0].collations, ["backwards", "odd"]);
    engine::exec(
        connection,
        "CREATE TABLE t(a TEXT COLLATE BackWards UNIQUE);
         INSERT INTO t VALUES ('b'), ('a'), (''), ('ä'), ('c'), (NULL), (5)",
    )?;
    let sorted = query(connection, "SELECT a FROM t WHERE a > 'a' ORDER BY a")?;
    assert_eq!(sorted, [[text("5")], [text("")]]);
    assert_eq!(one(connection, "SELECT group_concat(a, '') FROM (SELECT a FROM t ORDER BY a)")?, text("äcba5"));
    assert_eq!(one(connection, "SELECT max(a) FROM t")?, text(""));
    assert_eq!(one(connection, "SELECT count(*) FROM t WHERE a IN ('b', 'z', 'a')")?, integer(2));
    assert_eq!(fails(engine::exec(connection, "INSERT INTO t VALUES ('c')")).code, 2067);
    integrity(connection)?;
    // Bytes after U+0000 count, and blobs do not come here.
    let sql = "SELECT 'a' || char(0) || 'b' < 'a' || char(0) || 'c' COLLATE backwards, x'61' < x'62' COLLATE backwards";
    assert_eq!(query(connection, sql)?, [[integer(0), integer(1)]]);
    engine::close(connection)
}

#[test]
fn it_works_in_a_utf16_database() -> Result {
    let connection = open()?;
    engine::exec(connection, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a); INSERT INTO t VALUES ('ä€😀'), ('b')")?;
    let orders = Orders { odd: Rc::new(RefCell::new(Rc::new(|_: &str, _: &str| Ok(0)))), calls: Rc::default() };
    native::add_guest(1, orders);
    engine::load_extension(connection, 1, "", LoadOptions::default())?;
    assert_eq!(query(connection, "SELECT a FROM t ORDER BY a COLLATE backwards")?, [[text("ä€😀")], [text("b")]]);
    engine::unload_extension(connection, 1)?;
    let error = fails(query(connection, "SELECT a FROM t ORDER BY a COLLATE backwards"));
    assert_eq!(error.message, "no such collation sequence: backwards");
    engine::close(connection)
}

#[test]
fn it_is_gone_after_the_unload_and_back_after_the_next_load() -> Result {
    let (connection, orders) = load()?;
    engine::exec(connection, "CREATE TABLE t(a); CREATE INDEX i ON t(a COLLATE odd); INSERT INTO t VALUES ('x')")?;
    let running = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
    engine::step_rows(running, &mut Collected::up_to(1))?;
    assert_eq!(fails(engine::unload_extension(connection, 1)).code, BUSY);
    engine::finalize(running)?;
    engine::unload_extension(connection, 1)?;
    for sql in ["INSERT INTO t VALUES ('y')", "SELECT * FROM t ORDER BY a COLLATE odd", "REINDEX"] {
        assert_eq!(fails(engine::exec(connection, sql)).message, "no such collation sequence: odd", "{sql}");
    }
    native::add_guest(1, orders);
    engine::load_extension(connection, 1, "", LoadOptions::default())?;
    engine::exec(connection, "INSERT INTO t VALUES ('y'); REINDEX")?;
    integrity(connection)?;
    engine::close(connection)
}

#[test]
fn a_trap_leaves_no_wrong_index() -> Result {
    let (connection, orders) = load()?;
    engine::exec(connection, "CREATE TABLE t(a UNIQUE COLLATE odd, b); INSERT INTO t VALUES ('b', 1)")?;
    let count = |expected| -> Result {
        orders.be_plain();
        assert!(!engine::in_transaction(connection)?);
        assert_eq!(query(connection, "SELECT a FROM t ORDER BY a COLLATE odd")?.len(), expected);
        integrity(connection)
    };
    // One comparison, after which SQLite has nothing left to do but to commit.
    for sql in [
        "INSERT INTO t VALUES ('a', 2)",
        "INSERT INTO t VALUES ('a', 2) RETURNING a",
        "REPLACE INTO t VALUES ('c', 2)",
        "UPDATE t SET a = 'z' WHERE rowid = 1; SELECT 1",
        "BEGIN; INSERT INTO t VALUES ('a', 2)",
        "SAVEPOINT s; INSERT INTO t VALUES ('a', 2) RETURNING a",
        "CREATE INDEX i ON t(a COLLATE odd)",
        "REINDEX",
        "DELETE FROM t WHERE a = 'q'",
        "SELECT a FROM t WHERE a > 'x'",
        "SELECT * FROM t ORDER BY b || a COLLATE odd, a || b COLLATE odd LIMIT 1",
    ] {
        orders.be_plain();
        engine::exec(connection, "DELETE FROM t; INSERT INTO t VALUES ('b', 1), ('bb', 1)")?;
        orders.be(|_, _| Err(trap()));
        let error = fails(engine::exec(connection, sql));
        assert!(
            error.message.starts_with("trapped: extension `orders`, collation `odd`: unreachable"),
            "{sql}: {error}"
        );
        assert_eq!((error.code, error.reason), (1, Some(Reason::Trapped)), "{sql}");
        assert_eq!((error.extension.as_deref(), error.function.as_deref()), (Some("orders"), None));
        count(2)?;
    }
    engine::exec(connection, "INSERT INTO t VALUES ('c', 3)")?;
    assert_eq!(one(connection, "SELECT b FROM t WHERE a = 'c'")?, integer(3));
    engine::close(connection)
}

#[test]
fn a_vacuum_that_fails_changes_nothing() -> Result {
    let (connection, orders) = load()?;
    engine::exec(connection, "CREATE TABLE t(a UNIQUE COLLATE odd); INSERT INTO t VALUES ('b'), ('a'), ('c')")?;
    orders.be(|_, _| Err(trap()));
    assert_eq!(fails(engine::exec(connection, "VACUUM")).reason, Some(Reason::Trapped));
    orders.be_plain();
    integrity(connection)?;
    assert_eq!(one(connection, "SELECT group_concat(a, '') FROM (SELECT a FROM t ORDER BY a)")?, text("abc"));
    engine::exec(connection, "VACUUM")?;
    integrity(connection)?;
    engine::close(connection)
}

#[test]
fn a_failure_is_that_of_its_statement_only() -> Result {
    let (connection, orders) = load()?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES ('b'), ('a'), ('c')")?;
    let running = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
    let mut rows = Collected::up_to(1);
    engine::step_rows(running, &mut rows)?;
    orders.be(|_, _| Err(trap()));
    assert!(query(connection, "SELECT a FROM t ORDER BY a COLLATE odd").is_err());
    // Another statement goes on, and new ones run.
    rows.max_rows = 9;
    engine::step_rows(running, &mut rows)?;
    assert_eq!(rows.rows, [[text("b")], [text("a")], [text("c")]]);
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(3));
    engine::finalize(running)?;
    // A query changes nothing: the transaction goes on.
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES ('d')")?;
    assert!(query(connection, "SELECT a FROM t ORDER BY a COLLATE odd").is_err());
    assert!(engine::in_transaction(connection)?);
    engine::exec(connection, "COMMIT")?;
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(4));
    // A change that fails takes the transaction with it, and says so.
    engine::exec(connection, "CREATE INDEX i ON t(a); BEGIN; INSERT INTO t VALUES ('e')")?;
    let error = fails(engine::exec(connection, "CREATE INDEX j ON t(a COLLATE odd)"));
    assert_eq!(
        error.message,
        "trapped: extension `orders`, collation `odd`: unreachable; the transaction was rolled back"
    );
    assert!(!engine::in_transaction(connection)?);
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(4));
    integrity(connection)?;
    engine::close(connection)
}

#[test]
fn what_is_no_order_is_found_out() -> Result {
    let (connection, orders) = load()?;
    engine::exec(connection, "CREATE TABLE t(a UNIQUE COLLATE odd)")?;
    let state = Rc::new(Cell::new(1_u32));
    // Each beats the next two.
    let hands = ["rock", "lizard", "scissors", "spock", "paper"];
    type Compare = Box<dyn Fn(&str, &str) -> std::result::Result<i32, CallError>>;
    let cases: [(&str, Compare); 5] = [
        ("sorts before", Box::new(|_, _| Ok(-1))),
        ("sorts after", Box::new(|_, _| Ok(1))),
        // Only equal texts give it away.
        ("sorts after", Box::new(|left, right| Ok(if left < right { -1 } else { 1 }))),
        (
            "",
            Box::new(move |_, _| {
                // A linear congruential generator.
                state.set(state.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
                Ok(i32::try_from(state.get() >> 30).unwrap_or(0) - 1)
            }),
        ),
        (
            "",
            Box::new(move |left, right| {
                let place = |text: &str| hands.iter().position(|hand| *hand == text).unwrap_or(0);
                Ok([0, 1, 1, -1, -1][(place(left) + 5 - place(right)) % 5])
            }),
        ),
    ];
    for (number, (expected, compare)) in cases.into_iter().enumerate() {
        orders.be(compare);
        let insert = "INSERT INTO t VALUES ('rock'), ('paper'), ('scissors'), ('spock'), ('lizard')";
        let error = fails(engine::exec(connection, insert));
        assert_eq!(error.reason, Some(Reason::InvalidResult), "{number}: {error}");
        let begin = "invalid-result: extension `orders`, collation `odd`: it is not an order: ";
        assert!(error.message.starts_with(begin) && error.message.contains(expected), "{number}: {error}");
        assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(0), "{number}");
        integrity(connection)?;
    }
    orders.be_plain();
    assert_eq!(engine::extensions(connection)?[0].traps, 0);
    engine::close(connection)
}

#[test]
fn checks_cost_little() -> Result {
    let (connection, orders) = load()?;
    engine::exec(
        connection,
        "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO t SELECT hex(i * 7919 % 1000) FROM n",
    )?;
    let counted = Rc::new(Cell::new(0));
    orders.calls.set(0);
    query(connection, "SELECT a FROM t ORDER BY a COLLATE backwards")?;
    let calls = orders.calls.get();
    counted.set(calls);
    // 1000 different texts take about 8700 comparisons.
    assert!((8000..9600).contains(&calls), "{calls} calls");
    engine::close(connection)
}

#[test]
fn text_that_is_not_utf8_is_refused() -> Result {
    let (connection, orders) = load()?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES ('fine'), (CAST(x'61ff' AS TEXT))")?;
    orders.calls.set(0);
    let error = fails(query(connection, "SELECT a FROM t ORDER BY a COLLATE backwards"));
    assert_eq!(
        error.message,
        "invalid-text: extension `orders`, collation `backwards`: it was to compare a text that is not valid UTF-8 at byte 1"
    );
    assert_eq!(orders.calls.get(), 0);
    engine::close(connection)
}

#[test]
fn it_may_not_use_the_connection() -> Result {
    let (connection, orders) = load()?;
    let code = Rc::new(Cell::new(0));
    let seen = Rc::clone(&code);
    orders.be(move |left, right| {
        if let Err(error) = imports::spi_query(1, "SELECT 1", &[]) {
            seen.set(error.code);
        }
        Ok(left.cmp(right) as i32)
    });
    assert_eq!(one(connection, "SELECT 'a' < 'b' COLLATE odd")?, integer(1));
    assert_eq!(code.get(), MISUSE);
    engine::close(connection)
}

#[test]
fn it_is_not_re_entered() -> Result {
    let (connection, _) = load()?;
    let error = fails(one(connection, "SELECT relay('SELECT ''a'' < ''b'' COLLATE odd')"));
    assert_eq!(
        error.message,
        "re-entered: extension `orders`, collation `odd`: the extension is already running, and SQL it runs called it again"
    );
    assert_eq!(one(connection, "SELECT 'a' < 'b' COLLATE odd")?, integer(1));
    engine::close(connection)
}

#[test]
fn a_failure_inside_another_statement_fails_both() -> Result {
    let (connection, orders) = load()?;
    native::add_extension(
        2,
        Manifest { optional: capabilities(&["spi.write"]), ..manifest("writer", &[("run", 1)]) },
        |_, args, out| {
            // What goes wrong, it does not tell.
            let done = imports::spi_execute(2, support::text_arg(&args, 0), &[]).is_ok();
            out.integer(done.into());
            Ok(())
        },
    );
    engine::load_extension(connection, 2, "", grants(&["spi.write"]))?;
    engine::exec(connection, "CREATE TABLE t(a UNIQUE COLLATE odd); CREATE TABLE u(b); INSERT INTO t VALUES ('b')")?;
    for outer in [
        "SELECT run('INSERT INTO t VALUES (''a'')')",
        "INSERT INTO u SELECT run('INSERT INTO t VALUES (''a'')')",
        "BEGIN; SELECT run('INSERT INTO t VALUES (''a'')')",
    ] {
        orders.be(|_, _| Err(trap()));
        let error = fails(engine::exec(connection, outer));
        assert_eq!(error.reason, Some(Reason::Trapped), "{outer}: {error}");
        orders.be_plain();
        assert!(!engine::in_transaction(connection)?, "{outer}");
        assert_eq!(query(connection, "SELECT a FROM t, (SELECT count(*) AS n FROM u) WHERE n = 0")?, [[text("b")]]);
        integrity(connection)?;
    }
    engine::close(connection)
}
