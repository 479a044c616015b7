//! Connections and statements.

mod support;

use sqlink_host_web::engine::{
    self, Changes, Collected, Column, MISUSE, NOTADB, OpenOptions, Prepared, RANGE, Script, Step, Value, ValueRef,
};
use support::{Result, fails, integer, one, open, query, text};

#[test]
fn values_of_all_types_come_back_as_they_went_in() -> Result {
    let connection = open()?;
    let statement = engine::prepare(connection, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8", false)?.statement;
    let values = [
        ValueRef::Null,
        ValueRef::Integer(i64::MIN),
        ValueRef::Real(-0.5),
        ValueRef::Text("ä\0b".as_bytes()),
        ValueRef::Text(b""),
        ValueRef::Blob(&[0, 255]),
        ValueRef::Blob(&[]),
        ValueRef::Real(f64::NAN),
    ];
    for (index, value) in (1..).zip(values) {
        engine::bind(statement, index, value)?;
    }
    let mut rows = Collected::default();
    assert_eq!(engine::step_rows(statement, &mut rows)?, Step::Done);
    let mut expected: Vec<_> = values.into_iter().map(Value::from_lossy).collect();
    expected[7] = Value::Null;
    assert_eq!(rows.rows, [expected]);
    engine::close(connection)
}

#[test]
fn stale_handles_are_errors() -> Result {
    let connection = open()?;
    let statement = engine::prepare(connection, "SELECT 1", false)?.statement;
    engine::finalize(statement)?;
    assert_eq!(fails(engine::finalize(statement)).code, MISUSE);
    assert_eq!(fails(engine::run(statement)).code, MISUSE);
    assert_eq!(fails(engine::columns(0)).code, MISUSE);
    engine::close(connection)?;
    let error = fails(engine::close(connection));
    assert_eq!((error.code, error.message), (MISUSE, format!("connection {connection} is closed, or was never open")));
    assert_eq!(fails(engine::exec(connection, "")).code, MISUSE);
    Ok(())
}

#[test]
fn closing_finalizes_what_is_left() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)")?;
    let statement = engine::prepare(connection, "SELECT a FROM t", false)?.statement;
    assert_eq!(engine::step_rows(statement, &mut Collected::up_to(1))?, Step::More);
    engine::close(connection)?;
    assert_eq!(fails(engine::step_rows(statement, &mut Collected::default())).code, MISUSE);
    Ok(())
}

#[test]
fn preparing_says_how_far_it_read() -> Result {
    let connection = open()?;
    let sql = "SELECT 1; SELECT 2";
    let first = engine::prepare(connection, sql, true)?;
    assert_eq!(first.consumed, 9);
    for nothing in ["", " \n", "-- a comment", "/* another */", ";", " ; "] {
        let prepared = engine::prepare(connection, nothing, false)?;
        assert_eq!(prepared.statement, 0, "{nothing:?}");
    }
    let script = Script::new("SELECT 1; -- between\nSELECT 2; SELECT nope")?;
    let Prepared { consumed, .. } = engine::prepare_from(connection, &script, 0, false)?;
    let second = engine::prepare_from(connection, &script, consumed, false)?;
    let mut rows = Collected::default();
    engine::step_rows(second.statement, &mut rows)?;
    assert_eq!(rows.rows, [[integer(2)]]);
    let error = fails(engine::prepare_from(connection, &script, second.consumed, false));
    assert_eq!(error.message, "no such column: nope");
    assert_eq!(error.offset, Some(38));
    engine::close(connection)
}

#[test]
fn errors_carry_code_message_and_offset() -> Result {
    let connection = open()?;
    let error = fails(engine::prepare(connection, "SELECT 1 FROMM t", false));
    assert_eq!((error.code, error.offset), (1, Some(15)));
    assert_eq!(error.message, "near \"t\": syntax error");
    engine::exec(connection, "CREATE TABLE t(a UNIQUE, b NOT NULL)")?;
    engine::exec(connection, "INSERT INTO t VALUES (1, 1)")?;
    let error = fails(engine::exec(connection, "INSERT INTO t VALUES (1, 1)"));
    assert_eq!((error.code, error.offset), (2067, None));
    assert_eq!(error.message, "UNIQUE constraint failed: t.a");
    let error = fails(engine::exec(connection, "SELECT 1; INSERT INTO t VALUES (2, NULL)"));
    assert_eq!(error.code, 1299);
    engine::close(connection)
}

#[test]
fn exec_runs_up_to_the_error_and_places_it_in_the_whole_script() -> Result {
    let connection = open()?;
    let sql = "CREATE TABLE t(a); ;; -- comment\nINSERT INTO t VALUES (1); SELECT missing; INSERT INTO t VALUES (2)";
    let error = fails(engine::exec(connection, sql));
    assert_eq!(error.message, "no such column: missing");
    assert_eq!(error.offset, sql.find("missing").and_then(|at| u32::try_from(at).ok()));
    assert_eq!(one(connection, "SELECT count(*) FROM t")?, integer(1));
    engine::close(connection)
}

#[test]
fn a_nul_in_sql_is_an_error_before_anything_runs() -> Result {
    let connection = open()?;
    let error = fails(engine::exec(connection, "CREATE TABLE t(a); \0"));
    assert_eq!((error.code, error.offset), (1, Some(19)));
    assert_eq!(fails(engine::prepare(connection, "SELECT '\0'", false)).offset, Some(8));
    assert_eq!(one(connection, "SELECT count(*) FROM sqlite_schema")?, integer(0));
    engine::close(connection)
}

#[test]
fn a_long_script_is_not_copied_for_every_statement() -> Result {
    let connection = open()?;
    let script = "SELECT 1;".repeat(200_000);
    let start = std::time::Instant::now();
    engine::exec(connection, &script)?;
    // Copying the rest each time would move 180 GB.
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
    engine::close(connection)
}

#[test]
fn columns_have_names_and_declared_types() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a VARCHAR(10), b)")?;
    let statement = engine::prepare(connection, "SELECT a, b AS c, a||b FROM t", false)?.statement;
    let column =
        |name: &str, declared: Option<&str>| Column { name: name.into(), declared_type: declared.map(str::to_owned) };
    assert_eq!(
        engine::columns(statement)?,
        [column("a", Some("VARCHAR(10)")), column("c", None), column("a||b", None)]
    );
    assert_eq!(engine::column_count(statement)?, 3);
    let insert = engine::prepare(connection, "INSERT INTO t VALUES (1, 2)", false)?.statement;
    assert_eq!(engine::column_count(insert)?, 0);
    assert!(engine::read_only(statement)? && !engine::read_only(insert)?);
    engine::close(connection)
}

#[test]
fn parameters_are_found_by_name() -> Result {
    let connection = open()?;
    let statement = engine::prepare(connection, "SELECT :a, @b, $c, ?7, ?", false)?.statement;
    assert_eq!(engine::parameter_count(statement)?, 8);
    assert_eq!(engine::parameter_index(statement, ":a")?, 1);
    assert_eq!(engine::parameter_index(statement, "$c")?, 3);
    assert_eq!(engine::parameter_index(statement, "a")?, 0);
    assert_eq!(engine::parameter_index(statement, "a\0")?, 0);
    assert_eq!(engine::parameter_name(statement, 2)?.as_deref(), Some("@b"));
    assert_eq!(engine::parameter_name(statement, 8)?, None);
    assert_eq!(engine::parameter_name(statement, 99)?, None);
    for index in [0, 9, u32::MAX] {
        let error = fails(engine::bind(statement, index, ValueRef::Null));
        assert_eq!(error.code, RANGE);
        assert!(error.message.contains("the statement has 8"), "{}", error.message);
    }
    engine::close(connection)
}

#[test]
fn a_statement_stays_at_its_end_until_it_is_reset() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    let statement = engine::prepare(connection, "INSERT INTO t VALUES (?) RETURNING a", true)?.statement;
    engine::bind(statement, 1, ValueRef::Integer(1))?;
    let mut rows = Collected::default();
    assert_eq!(engine::step_rows(statement, &mut rows)?, Step::Done);
    assert_eq!(engine::step_rows(statement, &mut rows)?, Step::Done);
    assert_eq!(rows.rows.len(), 1);
    engine::reset(statement)?;
    assert_eq!(engine::step_rows(statement, &mut rows)?, Step::Done);
    assert_eq!(rows.rows, [[integer(1)], [integer(1)]]);
    engine::clear_bindings(statement)?;
    engine::run(statement)?;
    assert_eq!(one(connection, "SELECT count(*) FROM t WHERE a IS NULL")?, integer(1));
    engine::close(connection)
}

#[test]
fn rows_come_in_batches() -> Result {
    let connection = open()?;
    let statement = engine::prepare(connection, "VALUES (1), (2), (3), (4)", false)?.statement;
    let mut sizes = Vec::new();
    loop {
        let mut rows = Collected::up_to(2);
        let step = engine::step_rows(statement, &mut rows)?;
        sizes.push(rows.rows.len());
        if step == Step::Done {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 0]);
    engine::close(connection)
}

#[test]
fn rows_before_an_error_are_delivered_and_the_statement_can_run_again() -> Result {
    let connection = open()?;
    let sql = "SELECT abs(column1) FROM (VALUES (-1), (-2), (-9223372036854775808), (-4))";
    let statement = engine::prepare(connection, sql, false)?.statement;
    for _ in 0..2 {
        let mut rows = Collected::default();
        let error = fails(engine::step_rows(statement, &mut rows));
        assert_eq!(error.message, "integer overflow");
        assert_eq!(rows.rows, [[integer(1)], [integer(2)]]);
    }
    engine::close(connection)
}

#[test]
fn running_counts_only_what_the_statement_changed() -> Result {
    let connection = open()?;
    engine::exec(
        connection,
        "CREATE TABLE t(a); CREATE TABLE log(a);
        CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
    )?;
    let run = |sql: &str| engine::run(engine::prepare(connection, sql, false)?.statement);
    assert_eq!(run("INSERT INTO t VALUES (1), (2)")?, Changes { changes: 2, last_insert_rowid: 2 });
    assert_eq!(run("CREATE TABLE u(a)")?.changes, 0);
    assert_eq!(run("SELECT 1")?.changes, 0);
    assert_eq!(run("UPDATE t SET a = 3 WHERE a > 5")?.changes, 0);
    assert_eq!(run("DELETE FROM t")?.changes, 2);
    assert_eq!(engine::changes(connection)?, 2);
    assert_eq!(engine::total_changes(connection)?, 6);
    assert_eq!(engine::last_insert_rowid(connection)?, 2);
    engine::close(connection)
}

#[test]
fn transactions() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    assert!(!engine::in_transaction(connection)?);
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (1)")?;
    assert!(engine::in_transaction(connection)?);
    engine::exec(connection, "SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; COMMIT")?;
    assert_eq!(query(connection, "SELECT a FROM t")?, [[integer(1)]]);
    engine::close(connection)
}

#[test]
fn a_schema_change_is_noticed() -> Result {
    let connection = open()?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")?;
    let statement = engine::prepare(connection, "SELECT * FROM t", true)?.statement;
    assert_eq!(engine::reprepare_count(statement)?, 0);
    engine::exec(connection, "ALTER TABLE t ADD COLUMN b DEFAULT 'x'")?;
    let mut rows = Collected::default();
    engine::step_rows(statement, &mut rows)?;
    assert_eq!(rows.rows, [[integer(1), text("x")]]);
    assert_eq!(engine::reprepare_count(statement)?, 1);
    assert_eq!(engine::columns(statement)?.len(), 2);
    engine::close(connection)
}

#[test]
fn a_database_goes_through_bytes() -> Result {
    let first = open()?;
    engine::exec(first, "CREATE TABLE t(a); INSERT INTO t VALUES ('kept')")?;
    let bytes = engine::serialize(first, "main", <[u8]>::to_vec)?;
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    assert!(engine::serialize(first, "nope", <[u8]>::len).is_err());

    let second = open()?;
    engine::deserialize(second, "main", &bytes)?;
    assert_eq!(one(second, "SELECT a FROM t")?, text("kept"));
    // It can grow.
    engine::exec(second, "INSERT INTO t SELECT randomblob(100000) FROM t, t, t")?;
    engine::deserialize(second, "main", &[])?;
    assert_eq!(one(second, "SELECT count(*) FROM sqlite_schema")?, integer(0));
    engine::exec(second, "CREATE TABLE fresh(a)")?;

    // A database in WAL mode: both versions in the header are 2.
    let mut wal = bytes.clone();
    wal[18..20].copy_from_slice(&[2, 2]);
    engine::deserialize(second, "main", &wal)?;
    assert_eq!(one(second, "SELECT a FROM t")?, text("kept"));

    assert_eq!(fails(engine::deserialize(second, "main", b"not a database")).code, NOTADB);
    assert_eq!(one(second, "SELECT a FROM t")?, text("kept"));
    engine::exec(second, "BEGIN")?;
    assert_eq!(fails(engine::deserialize(second, "main", &bytes)).code, engine::BUSY);
    engine::close(first)?;
    engine::close(second)
}

#[test]
fn an_empty_database_has_bytes_too() -> Result {
    let connection = open()?;
    let length = engine::serialize(connection, "main", <[u8]>::len)?;
    assert_eq!(length % 512, 0);
    engine::close(connection)
}

#[test]
fn a_file_that_cannot_be_opened() {
    let error = fails(engine::open(&OpenOptions { name: "/nonexistent/folder/x.db", read_only: false, create: true }));
    assert_eq!(error.code & 0xff, engine::CANTOPEN);
    assert!(error.message.contains("/nonexistent/folder/x.db"), "{}", error.message);
    assert_eq!(fails(engine::open(&OpenOptions { name: "a\0b", read_only: false, create: true })).code, MISUSE);
}

#[test]
fn the_version_is_known() {
    let version = engine::version();
    assert!(version.sqlite.starts_with("3."));
    assert!(version.compile_options.iter().any(|option| option.starts_with("ENABLE_FTS5")));
}
