//! Databases: files shared with other programs, statements, interrupts.

mod support;

use sqlink_host_native::{Changes, Column, Error, Limits, OpenOptions, Params, RowSink, Value};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use support::{Folder, Outcome, failure, host, text, value};

#[test]
fn statements_have_columns_rows_and_changes() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    let results = database.query_all(
        "-- nothing\n; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t(name) VALUES ('a'), ('b');
         SELECT id, name, id + 1 AS next FROM t ORDER BY id; ",
    )?;
    assert_eq!(results.len(), 3);
    assert_eq!((results[1].changes.changes, results[1].changes.last_insert_rowid), (2, 2));
    let types: Vec<_> = results[2].columns.iter().map(|column| column.declared_type.as_deref()).collect();
    assert_eq!(types, [Some("INTEGER"), Some("TEXT"), None]);
    assert_eq!(results[2].rows[1], [Value::Integer(2), text("b"), Value::Integer(3)]);
    assert_eq!(results[2].changes.changes, 0);
    Ok(())
}

#[test]
fn parameters_are_bound_by_place_or_name() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    let sql = "SELECT :a || @b || $c";
    let named = |names: [&str; 3]| {
        Params::Named(names.into_iter().zip(["x", "y", "z"]).map(|(name, one)| (name.to_owned(), text(one))).collect())
    };
    for params in
        [Params::Positional(vec![text("x"), text("y"), text("z")]), named([":a", "@b", "$c"]), named(["a", "b", "c"])]
    {
        assert_eq!(database.query(sql, params)?.rows, [[text("xyz")]]);
    }
    for (params, code) in [(Params::Positional(vec![Value::Null; 4]), 25), (named(["a", "b", "d"]), 25)] {
        assert_eq!(database.query(sql, params).err().map(|error| error.code()), Some(code));
    }
    for sql in ["", "-- nothing", "SELECT 1; SELECT 2"] {
        assert_eq!(database.query(sql, Params::None).err().map(|error| error.code()), Some(21), "{sql}");
    }
    Ok(())
}

#[test]
fn errors_have_codes_and_offsets_into_the_whole_text() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    database.exec("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)")?;
    let error = failure(&database, "INSERT INTO t VALUES (1)");
    assert_eq!((error.code, error.extended_name().as_str()), (2067, "SQLITE_CONSTRAINT_UNIQUE"));
    let sql = "SELECT 'ä'; SELECT nope";
    let Err(Error::Sql(error)) = database.query_all(sql) else { panic!("`nope` was found") };
    assert_eq!(error.offset.map(|offset| &sql[offset as usize..]), Some("nope"));
    Ok(())
}

#[test]
fn long_scripts_take_time_with_their_length() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    // Statements longer than what is looked at first, text that could be cut inside a character or a comment, a trigger
    // with semicolons, and 20,000 short statements: 1.3 MB.
    let long = "ä;".repeat(100_000);
    let short = "INSERT INTO t VALUES ('one; two'); /* ; */".repeat(20_000);
    let script = format!(
        "CREATE TABLE t(a); CREATE TABLE n(a); -- {long}
         CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO n VALUES (1); /* {long} */ DELETE FROM n; END;
         BEGIN; INSERT INTO t VALUES ('{long}');{short} COMMIT; SELECT count(*), max(length(a)) FROM t"
    );
    let start = Instant::now();
    let results = database.query_all(&script)?;
    assert_eq!(
        results.last().map(|last| last.rows.clone()),
        Some(vec![vec![Value::Integer(20_001), Value::Integer(200_000)]])
    );
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    let wrong = format!("{short}SELECT '{long}' FROM nowhere WHERE x");
    let Err(Error::Sql(error)) = database.query_all(&wrong) else { panic!("it was compiled") };
    assert!(error.message.contains("nowhere"), "{error}");
    Ok(())
}

#[test]
fn an_interrupt_stops_a_statement_and_nothing_else() -> Outcome {
    let database = Arc::new(host().open(OpenOptions::memory())?);
    let (shared, (started, running)) = (Arc::clone(&database), mpsc::channel());
    let waiting = thread::spawn(move || {
        started.send(()).unwrap_or_default();
        value(&shared, "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r")
    });
    running.recv()?;
    let start = Instant::now();
    // Until it is heard: the statement may not have begun.
    while !waiting.is_finished() && start.elapsed() < Duration::from_secs(30) {
        database.interrupt();
        thread::sleep(Duration::from_millis(20));
    }
    let outcome = waiting.join().map_err(|_| "the waiting thread panicked")?;
    assert_eq!(outcome.err().map(|error| error.code()), Some(9));
    assert_eq!(value(&database, "SELECT 1")?, Value::Integer(1));
    Ok(())
}

#[test]
fn a_timeout_stops_a_statement() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    database.set_limits(Limits { statement_timeout: Some(Duration::from_millis(50)), ..Limits::default() })?;
    let endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r";
    assert_eq!(failure(&database, endless).code, 9);
    assert_eq!(value(&database, "SELECT 1")?, Value::Integer(1));
    Ok(())
}

/// Stops after `most` batches.
struct Stops {
    batches: usize,
    most: usize,
}

impl RowSink for Stops {
    fn start(&mut self, _columns: &[Column]) {}
    fn rows(&mut self, _rows: Vec<Vec<Value>>) -> bool {
        self.batches += 1;
        self.batches < self.most
    }
    fn end(&mut self, _changes: Changes) {}
}

#[test]
fn rows_come_as_they_are_made() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    let endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r";
    let (sink, failed) = database.stream(endless, Params::None, Stops { batches: 0, most: 3 })?;
    assert!(failed.is_none());
    assert_eq!(sink.batches, 3);
    Ok(())
}

#[test]
fn a_database_is_written_out_and_read_back() -> Outcome {
    let database = host().open(OpenOptions::memory())?;
    database.exec("CREATE TABLE t(a); INSERT INTO t VALUES (x'00ff')")?;
    let bytes = database.serialize("main")?;
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    let other = host().open(OpenOptions::memory())?;
    other.deserialize("main", bytes)?;
    assert_eq!(value(&other, "SELECT a FROM t")?, Value::Blob(vec![0, 255]));
    Ok(())
}

#[test]
fn a_file_outlives_its_connection() -> Outcome {
    let folder = Folder::new("outlives")?;
    let file = OpenOptions::file(&folder.file("a.db"));
    let database = host().open(file.clone())?;
    database.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2)")?;
    drop(database);
    let database = host().open(file.clone())?;
    assert_eq!(value(&database, "SELECT count(*) FROM t")?, Value::Integer(1), "the open transaction is undone");
    database.close()?;
    let names: Vec<_> = std::fs::read_dir(&folder.0)?.map(|entry| entry.map(|entry| entry.file_name())).collect();
    assert_eq!(names.len(), 1, "{names:?}");

    let read_only = host().open(OpenOptions { read_only: true, ..file })?;
    assert_eq!(failure(&read_only, "INSERT INTO t VALUES (3)").primary_name(), "SQLITE_READONLY");
    let missing = OpenOptions { create: false, ..OpenOptions::file(&folder.file("none.db")) };
    assert_eq!(host().open(missing).err().map(|error| error.code()), Some(14));
    Ok(())
}

#[test]
fn two_connections_of_one_process_keep_out_of_each_others_way() -> Outcome {
    let folder = Folder::new("two")?;
    let file = OpenOptions::file(&folder.file("a.db"));
    let (one, two) = (host().open(file.clone())?, host().open(file)?);
    two.exec("PRAGMA busy_timeout = 0")?;
    one.exec("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")?;
    assert_eq!(failure(&two, "INSERT INTO t VALUES (2)").code, 5);
    assert_eq!(value(&two, "SELECT count(*) FROM t")?, Value::Integer(0));
    one.exec("COMMIT")?;
    two.exec("INSERT INTO t VALUES (2)")?;
    assert_eq!(value(&one, "SELECT count(*) FROM t")?, Value::Integer(2));
    Ok(())
}

/// SQLite itself, in another process: the one inside Node, with its own unix VFS.
const OTHER: &str = "
    const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync(process.argv[1]);
    require('node:readline').createInterface({ input: process.stdin }).on('line', (sql) => {
        try { console.log(JSON.stringify(db.prepare(sql).all())); } catch (e) { console.log(`${e.errcode}`); }
    });
";

#[test]
fn a_file_is_shared_with_sqlite_in_another_process() -> Outcome {
    let folder = Folder::new("shared")?;
    let name = folder.file("a.db");
    let node = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/node/bin/node");
    assert!(node.is_file(), "`{}` is missing: run `npm ci`", node.display());
    let database = host().open(OpenOptions::file(&name))?;
    database.exec("PRAGMA busy_timeout = 0; CREATE TABLE t(a)")?;

    let mut child = Command::new(node)
        .args(["--no-warnings", "-e", OTHER, &name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut to_child = child.stdin.take().ok_or("no input")?;
    let mut from_child = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let mut other = |sql: &str| -> Result<String, Box<dyn std::error::Error>> {
        writeln!(to_child, "{sql}")?;
        Ok(from_child.next().ok_or("the other process ended")??)
    };

    // Theirs first: a reserved lock, then an exclusive one.
    other("BEGIN IMMEDIATE")?;
    other("INSERT INTO t VALUES (1)")?;
    assert_eq!(value(&database, "SELECT count(*) FROM t")?, Value::Integer(0));
    assert_eq!(failure(&database, "INSERT INTO t VALUES (2)").code, 5);
    other("COMMIT")?;
    assert_eq!(value(&database, "SELECT count(*) FROM t")?, Value::Integer(1));
    other("BEGIN EXCLUSIVE")?;
    assert_eq!(failure(&database, "SELECT count(*) FROM t").code, 5);
    other("COMMIT")?;

    // Then ours, while another handle of this process comes and goes.
    database.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)")?;
    host().open(OpenOptions::file(&name))?.query("SELECT count(*) FROM t", Params::None)?;
    assert_eq!(other("SELECT count(*) AS n FROM t")?, r#"[{"n":1}]"#);
    assert_eq!(other("INSERT INTO t VALUES (3)")?, "5");
    database.exec("COMMIT; BEGIN EXCLUSIVE")?;
    assert_eq!(other("SELECT count(*) AS n FROM t")?, "5");
    database.exec("COMMIT")?;
    assert_eq!(other("SELECT count(*) AS n FROM t")?, r#"[{"n":2}]"#);
    assert_eq!(other("PRAGMA integrity_check")?, r#"[{"integrity_check":"ok"}]"#);
    drop(to_child);
    child.wait()?;
    Ok(())
}
