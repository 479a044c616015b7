//! Virtual tables: reading them.

mod support;
#[path = "support/tables.rs"]
mod tables;

use std::rc::Rc;

use sqlink_host_web::contract::types;
use sqlink_host_web::contract::vtab::{Batch, ConstraintUse, DistinctMode, IndexPlan, IndexQuery, Operator};
use sqlink_host_web::engine::{self, ERROR, Limits, LoadOptions, Reason, TOOBIG, Value};
use sqlink_host_web::native;
use support::{Result, fails, integer, one, open, query, text};
use tables::{Memory, State};

const ID: u32 = 1;

/// Opens a connection with the extension.
fn loaded() -> Result<(u32, Rc<State>)> {
    let connection = open()?;
    let state = State::new();
    native::add_guest(ID, Memory(Rc::clone(&state)));
    engine::load_extension(connection, ID, "", LoadOptions::default())?;
    Ok((connection, state))
}

/// As [`loaded`], with a table `t(a, b, c)` of a few rows, and the same in an ordinary table `o`.
fn filled() -> Result<(u32, Rc<State>)> {
    let (connection, state) = loaded()?;
    engine::exec(
        connection,
        "CREATE VIRTUAL TABLE t USING mem(a, b, c); CREATE TABLE o(a, b, c);
         INSERT INTO o VALUES (1, 'one', NULL), (2, 'two', x'00ff'), (3, 'three', 0.5), (3, NULL, 7), (NULL, 'z', 'ä');
         INSERT INTO t SELECT * FROM o;",
    )?;
    state.take_calls();
    Ok((connection, state))
}

#[test]
fn rows_come_out_as_they_went_in() -> Result {
    let (connection, _) = filled()?;
    let rows = query(connection, "SELECT rowid, * FROM t")?;
    assert_eq!(rows, query(connection, "SELECT rowid, * FROM o")?);
    assert_eq!(rows[1], [integer(2), integer(2), text("two"), Value::Blob(vec![0, 0xff])]);
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(5));
    engine::close(connection)
}

#[test]
fn every_kind_of_query_agrees_with_an_ordinary_table() -> Result {
    let (connection, _) = filled()?;
    for sql in [
        "SELECT * FROM {} WHERE rowid = 3",
        "SELECT * FROM {} WHERE rowid IN (1, 3, 99)",
        "SELECT c FROM {} WHERE a = 3",
        "SELECT a, b FROM {} WHERE a IN (1, 3, NULL) ORDER BY a DESC, b",
        "SELECT b FROM {} WHERE a IN (SELECT a FROM o WHERE b > 'o') ORDER BY b",
        "SELECT a FROM {} WHERE a > 1 AND a <= 3 AND b >= 'o'",
        "SELECT a FROM {} WHERE a IS NULL",
        "SELECT a FROM {} WHERE b IS NOT NULL AND a <> 2",
        "SELECT a FROM {} WHERE b IS 'two' OR c IS NULL",
        "SELECT a FROM {} WHERE b LIKE 't%'",
        "SELECT a FROM {} WHERE b GLOB 't*e'",
        "SELECT a FROM {} WHERE b = 'TWO' COLLATE NOCASE",
        "SELECT a, b FROM {} ORDER BY b LIMIT 2",
        "SELECT a, b FROM {} ORDER BY b DESC LIMIT 2 OFFSET 1",
        "SELECT a FROM {} WHERE a > 1 LIMIT 1 OFFSET 1",
        "SELECT a FROM {} WHERE a > 1 AND a + 0 > 2 LIMIT 1",
        "SELECT a FROM {} WHERE a IN (1, 2, 3) AND b > 'a' ORDER BY a LIMIT 2",
        "SELECT count(*), sum(a) FROM (SELECT DISTINCT a FROM {})",
        "SELECT DISTINCT a FROM {} ORDER BY a DESC",
        "SELECT a, count(*), max(b) FROM {} GROUP BY a",
        "SELECT a, count(*) FROM {} GROUP BY a ORDER BY a DESC",
        "SELECT x.a, y.b FROM {} AS x JOIN {} AS y ON x.a = y.a ORDER BY x.a, y.b",
        "SELECT x.a, y.b FROM o AS x LEFT JOIN {} AS y ON x.a = y.a AND y.b < 'p' ORDER BY 1, 2",
        "SELECT x.a, y.b FROM {} AS x RIGHT JOIN o AS y ON x.a = y.a AND y.b < 'p' ORDER BY 1, 2",
        "SELECT x.a, y.b FROM {} AS x FULL JOIN o AS y ON x.rowid = y.rowid + 1 ORDER BY 1, 2",
        "SELECT a, (SELECT count(*) FROM {} AS y WHERE y.a < x.a) FROM {} AS x",
        "SELECT a FROM o WHERE EXISTS (SELECT 1 FROM {} AS y WHERE y.rowid = o.rowid AND y.b IS o.b)",
        "WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w, {} AS y WHERE y.rowid = n) SELECT n FROM w",
        "SELECT a, sum(a) OVER (ORDER BY rowid) FROM {}",
        "SELECT a FROM {} UNION SELECT rowid FROM {} ORDER BY 1",
        "SELECT (a, b) IN (SELECT a, b FROM {}) FROM o",
        "SELECT a FROM {} WHERE (a, b) > (2, 'a') ORDER BY a",
        "SELECT a, b FROM {} WHERE a = 3 AND b = 'three' OR rowid = 1 ORDER BY 1",
    ] {
        let virtual_rows = query(connection, &sql.replace("{}", "t"))?;
        assert_eq!(virtual_rows, query(connection, &sql.replace("{}", "o"))?, "{sql}");
    }
    engine::close(connection)
}

/// Random queries, with the table's own plan for each.
#[test]
fn random_queries_agree_with_an_ordinary_table() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(
        connection,
        "CREATE VIRTUAL TABLE t USING mem(a, b, c); CREATE TABLE o(a, b, c);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO o SELECT i * 7 % 10, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 't' || i % 6 ELSE i % 5 END, i FROM n;
         INSERT INTO t SELECT * FROM o;",
    )?;
    let mut seed = 12345_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as usize % below
    };
    for _ in 0..400 {
        let mut terms = Vec::new();
        for _ in 0..random(4) {
            let column = ["a", "b", "c", "rowid"][random(4)];
            let value = ["1", "2", "'t1'", "NULL", "150", "4.0", "x'00'"][random(7)];
            terms.push(match random(7) {
                0 => format!("{column} IN ({value}, 3, 't3', 200)"),
                1 => format!("{column} IS NOT {value}"),
                2 => format!("{column} IN (SELECT b FROM o WHERE c < 20)"),
                n => format!("{column} {} {value}", ["=", "<", ">=", "<>", "IS"][n - 3 + usize::from(n == 6)]),
            });
        }
        let filter = if terms.is_empty() { String::new() } else { format!(" WHERE {}", terms.join(" AND ")) };
        let columns = ["*", "a", "b, c", "count(*)", "rowid, b", "DISTINCT a", "DISTINCT b, a"][random(7)];
        let order = ["a, b, c", "b DESC, c", "c DESC", "rowid", "a DESC, rowid"][random(5)];
        let order = if columns.starts_with("DISTINCT") { "1" } else { order };
        let limit = ["", " LIMIT 7", " LIMIT 5 OFFSET 3", " LIMIT -1 OFFSET 10"][random(4)];
        let limit = if columns.starts_with("DISTINCT b") { "" } else { limit };
        state.says_last.set(random(2) == 0);
        let sql = |table| format!("SELECT {columns} FROM {table}{filter} ORDER BY {order}{limit}");
        let mut found = query(connection, &sql("t"))?;
        let mut expected = query(connection, &sql("o"))?;
        if columns == "DISTINCT b, a" {
            // Ordered by one of two columns.
            let text = |row: &Vec<Value>| format!("{row:?}");
            found.sort_by_key(text);
            expected.sort_by_key(text);
        }
        assert_eq!(found, expected, "{}", sql("t"));
    }
    engine::close(connection)
}

#[test]
fn only_used_columns_travel() -> Result {
    let (connection, state) = filled()?;
    query(connection, "SELECT c FROM t WHERE a = 3 AND b = b")?;
    assert_eq!(state.queries.borrow().last().map(|query| query.columns_used), Some(0b111));
    query(connection, "SELECT b FROM t")?;
    assert_eq!(state.queries.borrow().last().map(|query| query.columns_used), Some(0b010));
    query(connection, "SELECT count(*), max(rowid) FROM t")?;
    assert_eq!(state.queries.borrow().last().map(|query| query.columns_used), Some(0));
    engine::exec(connection, "UPDATE t SET a = 9 WHERE rowid = 1")?;
    assert_eq!(state.queries.borrow().last().map(|query| query.columns_used), Some(0b111), "only columns it has");
    engine::close(connection)
}

#[test]
fn the_last_columns_share_a_bit() -> Result {
    let (connection, state) = loaded()?;
    for count in [62, 63, 64, 65, 70] {
        let names: Vec<_> = (0..count).map(|n| format!("c{n}")).collect();
        let numbers: Vec<_> = (0..count).map(|n| n.to_string()).collect();
        let (names, numbers) = (names.join(", "), numbers.join(", "));
        engine::exec(
            connection,
            &format!("CREATE VIRTUAL TABLE wide USING mem({names}); INSERT INTO wide VALUES ({numbers})"),
        )?;
        let whole = query(connection, "SELECT * FROM wide")?;
        assert_eq!(whole, [(0..count).map(integer).collect::<Vec<_>>()]);
        let last = count - 1;
        assert_eq!(
            query(connection, &format!("SELECT c{last}, c0, c61 FROM wide"))?,
            [[integer(last), integer(0), integer(61)]]
        );
        let used = state.queries.borrow().last().map(|query| query.columns_used);
        assert_eq!(used, Some(1 | 1 << 61 | 1 << last.min(63)));
        engine::exec(connection, &format!("UPDATE wide SET c{last} = 'new'"))?;
        assert_eq!(query(connection, &format!("SELECT c0, c{last} FROM wide"))?, [[integer(0), text("new")]]);
        engine::exec(connection, "DROP TABLE wide")?;
    }
    engine::close(connection)
}

#[test]
fn a_table_valued_function_takes_its_arguments_from_anywhere() -> Result {
    let (connection, state) = loaded()?;
    let numbers = |sql: &str| -> Result<Vec<Value>> { Ok(query(connection, sql)?.into_iter().flatten().collect()) };
    assert_eq!(numbers("SELECT value FROM series(2, 4)")?, [2, 3, 4].map(integer));
    assert_eq!(numbers("SELECT value FROM series WHERE start = 7")?, [7, 8, 9].map(integer));
    assert_eq!(numbers("SELECT value FROM series(1, 9, 4) WHERE value > 1")?, [5, 9].map(integer));
    assert_eq!(
        numbers("SELECT o.value * 10 + i.value FROM series(1, 3) AS o, series(o.value, 3) AS i")?,
        [11, 12, 13, 22, 23, 33].map(integer)
    );
    assert_eq!(numbers("SELECT i.value FROM (SELECT 8 AS n) AS x JOIN series(x.n) AS i")?, [8, 9].map(integer));
    assert_eq!(
        numbers("SELECT (SELECT max(value) FROM series(1, o.value)) FROM series(3, 4) AS o")?,
        [3, 4].map(integer)
    );
    assert_eq!(numbers("SELECT value FROM series(5, 4)")?, []);
    let error = fails(numbers("SELECT value FROM series"));
    assert_eq!((error.message.as_str(), error.code), ("series needs a start", ERROR));
    assert_eq!(error.extension.as_deref(), Some("memory"));
    let error = fails(numbers("SELECT a.value FROM series(b.value) AS a, series(a.value) AS b"));
    assert_eq!(error.message, "no query solution", "what SQLite says when a table finds no plan");
    let error = fails(numbers("SELECT value FROM series(1, 2, 3, 4)"));
    assert_eq!(error.message, "too many arguments on series() - max 3");
    let error = fails(query(connection, "CREATE VIRTUAL TABLE s USING series"));
    assert_eq!(error.message, "no such module: series");
    let error = fails(query(connection, "INSERT INTO series VALUES (1)"));
    assert_eq!(error.message, "table series may not be modified");
    assert!(state.take_calls().iter().all(|call| !call.starts_with("create")));
    engine::close(connection)
}

#[test]
fn batches_grow_and_the_last_saves_a_call() -> Result {
    let (connection, state) = loaded()?;
    let asked = |sql: &str| -> Result<Vec<u32>> {
        state.asked.take();
        query(connection, sql)?;
        Ok(state.asked.take())
    };
    assert_eq!(asked("SELECT value FROM series(1, 3)")?, [8]);
    assert_eq!(asked("SELECT value FROM series(1, 1000)")?, [8, 32, 128, 256, 256, 256, 256]);
    assert_eq!(asked("SELECT value FROM series(1, 1000) LIMIT 9")?, [8, 32]);
    // An inner loop starts where the one before ended.
    assert_eq!(
        asked("SELECT i.value FROM series(1, 3) AS o, series(1, 100 + o.value) AS i")?,
        [8, 8, 32, 128, 101, 256, 102, 256]
    );
    state.says_last.set(false);
    assert_eq!(asked("SELECT value FROM series(1, 3)")?, [8, 32]);
    engine::close(connection)
}

#[test]
fn batches_of_large_rows_stay_small() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(
        connection,
        "CREATE VIRTUAL TABLE t USING mem(a);
         INSERT INTO t SELECT zeroblob(50000) FROM series(1, 30)",
    )?;
    state.asked.take();
    assert_eq!(one(connection, "SELECT sum(length(a)) FROM t")?, integer(1_500_000));
    assert_eq!(state.asked.take(), [8, 5, 5, 5, 5, 5]);
    engine::close(connection)
}

#[test]
fn cursors_are_opened_when_they_are_used_and_closed_again() -> Result {
    let (connection, state) = filled()?;
    query(connection, "SELECT 1 WHERE 0 AND EXISTS (SELECT 1 FROM t)")?;
    assert!(!state.take_calls().iter().any(|call| call == "open"), "nothing was scanned");
    query(connection, "SELECT o.a, t.a FROM o CROSS JOIN t ON t.rowid = o.rowid")?;
    let calls = state.take_calls();
    let count = |name: &str| calls.iter().filter(|call| call.split(' ').next() == Some(name)).count();
    assert_eq!((count("open"), count("filter"), count("next-batch"), count("close")), (1, 5, 5, 1));
    engine::set_limits(connection, Limits { open_handles: 1, ..Limits::default() })?;
    let error = fails(query(connection, "SELECT * FROM t AS x, t AS y"));
    assert_eq!(error.code, TOOBIG);
    assert_eq!(
        error.message,
        "extension `memory`, module `mem`: it has 1 cursors of virtual tables open, as many as the limit `open-handles` allows"
    );
    assert_eq!(query(connection, "SELECT * FROM t")?.len(), 5, "none stays open after an error");
    engine::close(connection)
}

fn plan(uses: Vec<ConstraintUse>) -> IndexPlan {
    IndexPlan {
        uses,
        number: 0,
        name: String::new(),
        order_by_consumed: false,
        estimated_cost: 1.0,
        estimated_rows: 1,
        unique: false,
    }
}

const fn usage(argument: u32, in_list: bool) -> ConstraintUse {
    ConstraintUse { argument, omit: true, in_list }
}

#[test]
fn the_question_is_complete() -> Result {
    let (connection, state) = filled()?;
    let ask = |sql: &str| -> Result<IndexQuery> {
        state.queries.take();
        query(connection, sql)?;
        Ok(state.queries.borrow()[0].clone())
    };
    let asked = ask(
        "SELECT a FROM t WHERE a = 5 AND b COLLATE NOCASE > 'x' AND c IN (1, 2) ORDER BY b DESC, rowid LIMIT 3 OFFSET 1",
    )?;
    let described: Vec<_> = asked
        .constraints
        .iter()
        .map(|one| (one.column, one.operator, one.usable, one.in_list, one.collation.as_str(), one.constant.clone()))
        .collect();
    assert_eq!(
        described,
        [
            (0, Operator::Eq, true, false, "BINARY", Some(types::Value::Integer(5))),
            (1, Operator::Gt, true, false, "NOCASE", Some(types::Value::Text("x".into()))),
            (2, Operator::Eq, true, true, "BINARY", None),
            (0, Operator::Offset, true, false, "BINARY", Some(types::Value::Integer(1))),
            (0, Operator::Limit, true, false, "BINARY", Some(types::Value::Integer(3))),
        ]
    );
    let order: Vec<_> = asked.order_by.iter().map(|term| (term.column, term.descending)).collect();
    assert_eq!(order, [(1, true), (-1, false)]);
    assert_eq!(asked.distinct, DistinctMode::Sorted);
    assert_eq!(ask("SELECT DISTINCT a FROM t")?.distinct, DistinctMode::Distinct);
    assert_eq!(ask("SELECT a FROM t GROUP BY a")?.distinct, DistinctMode::Grouped);
    assert_eq!(ask("SELECT DISTINCT a FROM t ORDER BY a")?.distinct, DistinctMode::DistinctSorted);
    let asked = ask(
        "SELECT a FROM t WHERE a IS NULL AND b IS NOT 3 AND c LIKE 'x' AND c GLOB 'x' AND b IS NOT NULL AND a <> 1",
    )?;
    let operators: Vec<_> = asked.constraints.iter().map(|one| one.operator).collect();
    for operator in
        [Operator::IsNull, Operator::IsNot, Operator::Like, Operator::Glob, Operator::IsNotNull, Operator::Ne]
    {
        assert!(operators.contains(&operator), "{operator:?} in {operators:?}");
    }
    let asked = ask("SELECT t.a FROM o CROSS JOIN t ON t.a = o.a")?;
    assert_eq!(asked.constraints[0].constant, None);
    state.queries.take();
    query(connection, "SELECT t.a FROM o, t WHERE t.a = o.a")?;
    assert!(state.queries.borrow().iter().any(|asked| !asked.constraints[0].usable), "asked without the other table");
    engine::close(connection)
}

#[test]
fn match_and_regexp_reach_the_table() -> Result {
    let (connection, state) = filled()?;
    *state.planner.borrow_mut() = Some(Rc::new(|query: &IndexQuery| {
        assert_eq!(query.constraints[0].operator, Operator::Match);
        Ok(IndexPlan { name: String::new(), ..plan(vec![usage(1, false)]) })
    }));
    *state.batcher.borrow_mut() =
        Some(Rc::new(|_| Ok(Batch { rowids: vec![1], values: vec![types::Value::Integer(42)], last: true })));
    state.on("filter", || Err(engine::CallError::message("searched")));
    assert_eq!(fails(query(connection, "SELECT a FROM t WHERE b MATCH 'x'")).message, "searched");
    state.calm();
    let error = fails(query(connection, "SELECT a FROM t WHERE b MATCH 'x'"));
    assert_eq!(error.message, "unable to use function MATCH in the requested context", "the table does not see to it");
    engine::close(connection)
}

#[test]
fn plans_that_make_no_sense_are_refused_by_name() -> Result {
    let (connection, state) = filled()?;
    let refused = |sql: &str, plan: IndexPlan| {
        *state.planner.borrow_mut() = Some(Rc::new(move |_: &IndexQuery| Ok(plan.clone())));
        let error = fails(query(connection, sql));
        assert_eq!(error.reason, Some(Reason::InvalidResult), "{error:?}");
        assert_eq!(error.extension.as_deref(), Some("memory"));
        let prefix = "invalid-result: extension `memory`, module `mem`: table `t`: ";
        error.message.strip_prefix(prefix).unwrap_or(&error.message).to_owned()
    };
    let sql = "SELECT a FROM t WHERE a = 1 AND b < 'x'";
    assert_eq!(refused(sql, plan(vec![usage(1, false); 3])), "the plan uses 3 constraints, but 2 were given");
    assert_eq!(
        refused(sql, plan(vec![usage(2, false)])),
        "the plan hands constraint 0 (column 0, eq) over as argument 2, but it uses 1 constraints, and arguments have no gaps"
    );
    assert_eq!(
        refused(sql, plan(vec![usage(1, true)])),
        "the plan wants constraint 0 (column 0, eq) as a list, which is no IN list"
    );
    assert_eq!(
        refused(sql, IndexPlan { estimated_cost: f64::NAN, ..plan(Vec::new()) }),
        "the plan's estimated cost is not a number"
    );
    assert_eq!(refused(sql, IndexPlan { name: "\0".into(), ..plan(Vec::new()) }), "the plan's name contains U+0000");
    let join = "SELECT t.a FROM t CROSS JOIN o ON t.a = o.a";
    *state.planner.borrow_mut() =
        Some(Rc::new(|query: &IndexQuery| Ok(plan(vec![usage(1, false); query.constraints.len().min(1)]))));
    assert_eq!(query(connection, join)?.len(), 6, "SQLite does not offer it there");
    let error = fails(query(connection, "SELECT t.a FROM t, o WHERE t.a = o.a AND t.b = o.b"));
    assert!(error.message.contains("which is not usable") || error.message.contains("hands"), "{}", error.message);
    let offset = IndexPlan { uses: vec![ConstraintUse { omit: false, ..usage(1, false) }], ..plan(Vec::new()) };
    assert_eq!(
        refused("SELECT a FROM t LIMIT -1 OFFSET 1", offset),
        "the plan uses constraint 0 (offset), but does not omit constraint 0 (offset): rows would be dropped that the table has counted"
    );
    state.calm();
    assert_eq!(query(connection, sql)?.len(), 1);
    engine::close(connection)
}

#[test]
fn batches_that_break_the_contract_are_refused() -> Result {
    let (connection, state) = filled()?;
    let refused = |batch: Batch| {
        *state.batcher.borrow_mut() = Some(Rc::new(move |_| Ok(batch.clone())));
        let error = fails(query(connection, "SELECT a, b FROM t"));
        assert_eq!(error.extension.as_deref(), Some("memory"));
        (error.reason, error.message.split("module `mem`: ").nth(1).unwrap_or_default().to_owned())
    };
    let null = types::Value::Null;
    let batch =
        |rows: usize, values: usize| Batch { rowids: vec![1; rows], values: vec![null.clone(); values], last: false };
    let invalid = Some(Reason::InvalidResult);
    assert_eq!(refused(batch(9, 18)), (invalid, "it returned 9 rows, when at most 8 were asked for".into()));
    assert_eq!(refused(batch(2, 3)), (invalid, "it returned 3 values for 2 rows of 2 columns, which must be 4".into()));
    assert_eq!(refused(batch(0, 1)), (invalid, "it returned 1 values for 0 rows of 2 columns, which must be 0".into()));
    engine::set_limits(connection, Limits { output_bytes: 10, ..Limits::default() })?;
    let long = Batch { rowids: vec![1], values: vec![types::Value::Text("x".repeat(11)), null], last: true };
    assert_eq!(
        refused(long),
        (Some(Reason::OutputTooLarge), "it returned rows of 11 bytes, over the limit of 10".into())
    );
    state.calm();
    assert_eq!(query(connection, "SELECT a FROM t")?.len(), 5);
    engine::close(connection)
}

#[test]
fn errors_name_the_extension_wherever_they_come_from() -> Result {
    let (connection, state) = filled()?;
    for name in ["best-index", "open", "filter", "next-batch"] {
        state.on(name, || Err(engine::CallError::Error { code: 8, message: "not\0today".into() }));
        let error = fails(query(connection, "SELECT a FROM t"));
        assert_eq!((error.code, error.message.as_str()), (8, "not\u{fffd}today"), "{name}");
        assert_eq!(error.extension.as_deref(), Some("memory"), "{name}");
        state.calm();
        assert_eq!(query(connection, "SELECT a FROM t")?.len(), 5, "after {name}");
    }
    // Codes that SQLite would act on do not reach it, but the embedder.
    for code in [7, 9, 10, 11, 17, 0, 101] {
        state.on("filter", move || Err(engine::CallError::Error { code, message: "odd".into() }));
        let error = fails(query(connection, "SELECT a FROM t"));
        assert_eq!((error.code, error.message.as_str()), (if code % 101 == 0 { 1 } else { code }, "odd"));
        state.calm();
    }
    // The third batch.
    let (count, state2) = (Rc::new(std::cell::Cell::new(0)), Rc::clone(&state));
    engine::exec(connection, "INSERT INTO t SELECT value, 0, 0 FROM series(1, 300)")?;
    state2.on("next-batch", move || {
        count.set(count.get() + 1);
        if count.get() == 3 { Err(engine::CallError::message("late")) } else { Ok(()) }
    });
    assert_eq!(fails(query(connection, "SELECT a FROM t")).message, "late");
    engine::close(connection)
}

#[test]
fn texts_that_are_not_utf8_do_not_reach_the_extension() -> Result {
    let (connection, _) = filled()?;
    let error = fails(query(connection, "SELECT a FROM t WHERE b = CAST(x'61ff' AS TEXT)"));
    assert_eq!(error.reason, Some(Reason::InvalidText));
    assert_eq!(
        error.message,
        "invalid-text: extension `memory`, module `mem`: the value of a constraint, argument 1, is a text that is not valid UTF-8 at byte 1"
    );
    let error = fails(query(connection, "SELECT a FROM t WHERE b IN ('a', CAST(x'ff' AS TEXT))"));
    assert_eq!(error.reason, Some(Reason::InvalidText));
    let error = fails(query(connection, "INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT), 2)"));
    assert_eq!(
        error.message,
        "invalid-text: extension `memory`, module `mem`: column 2 is a text that is not valid UTF-8 at byte 0"
    );
    engine::close(connection)
}

#[test]
fn explain_shows_the_plan() -> Result {
    let (connection, _) = filled()?;
    let rows = query(connection, "EXPLAIN QUERY PLAN SELECT a FROM t WHERE a = 1")?;
    assert_eq!(rows[0][3], text("SCAN t VIRTUAL TABLE INDEX 1:eq:0"));
    engine::close(connection)
}
