//! Runs the records of a script and judges what they gave.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use sqllogictest::{DB as _, DBOutput, Normalizer, Runner, TestErrorKind};

use crate::Driver;
use crate::protocol::{Reply, Request};
use crate::script::Script;
use crate::session::Session;
use crate::value::Class;

/// A file that fails more often than this is given up.
const MOST_FAILURES: usize = 5;

/// Where things are that a script names.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Its extensions, by name.
    pub extensions: HashMap<String, PathBuf>,
    /// The folder of the files that it hands over.
    pub data: PathBuf,
}

/// Runs a script on the host `host`, which is what `onlyif` and `skipif` ask for. Returns what went wrong, each with its
/// place, the SQL, what was expected and what came. `called` gets the functions of the contract that were called, where the
/// host can tell.
pub fn run(
    host: &str,
    driver: &Arc<Mutex<dyn Driver>>,
    script: &Script,
    surroundings: Surroundings,
    called: &mut BTreeSet<String>,
) -> Vec<String> {
    let session = Arc::new(Mutex::new(Session::new(Arc::clone(driver), script, surroundings)));
    let mut runner = Runner::new(|| async { Session::open(&session) });
    runner.add_label(host);
    runner.with_validator(exact);
    runner.with_column_validator(same_classes);
    let mut failures = Vec::new();
    for record in &script.records {
        let result = runner.run(record.clone());
        if let Err(error) = result {
            failures.push(describe(&error.location().to_string(), &error.kind()));
        }
        if let Some(fault) = session.lock().unwrap_or_else(PoisonError::into_inner).fault() {
            // A record that expects an error may have taken the fault for it.
            if failures.is_empty() {
                failures.push(format!("{}: {fault}", script.name));
            }
            return failures;
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    drop(runner);
    if failures.is_empty()
        && let Err(error) = still_sound(&session)
    {
        failures.push(format!("{}: after the last record: {error:#}", script.name));
    }
    let reset = driver.lock().unwrap_or_else(PoisonError::into_inner).request(&Request::Reset);
    match reset {
        Ok(Reply::Ok(output)) => called.extend(output.called),
        Ok(_) => {}
        Err(failure) => failures.push(format!("{}: on closing: {failure}", script.name)),
    }
    failures
}

/// Whatever a script did, a new connection of the same host works, and so does the first one, unhurt.
fn still_sound(session: &Arc<Mutex<Session>>) -> Result<()> {
    let mut fresh = Session::open(session).context("a new connection")?;
    for sql in ["CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)", "SELECT sum(a) FROM t"] {
        let output = fresh.run(sql).with_context(|| format!("`{sql}` on a new connection"))?;
        if let DBOutput::Rows { rows, .. } = output {
            anyhow::ensure!(rows == [["3"]], "`{sql}` gives {rows:?} on a new connection");
        }
    }
    let mut first = Session::existing(session, "c1");
    let sql = "PRAGMA integrity_check";
    match first.run(sql).context("`PRAGMA integrity_check`")? {
        DBOutput::Rows { rows, .. } => anyhow::ensure!(rows == [["ok"]], "`{sql}` gives {rows:?}"),
        _ => anyhow::bail!("`{sql}` gives no rows"),
    }
    Ok(())
}

/// Compares rows as they are, columns separated by one space. sqllogictest's own comparison ignores white space.
pub fn exact(_: Normalizer, actual: &[Vec<String>], expected: &[String]) -> bool {
    actual.len() == expected.len() && actual.iter().zip(expected).all(|(row, line)| row.join(" ") == *line)
}

/// Compares storage classes; see [`Class`].
#[expect(clippy::ptr_arg, reason = "sqllogictest's type of a column validator")]
pub fn same_classes(actual: &Vec<Class>, expected: &Vec<Class>) -> bool {
    actual.len() == expected.len()
        && actual
            .iter()
            .zip(expected)
            .all(|(actual, expected)| actual == expected || *actual == Class::Null || *expected == Class::Any)
}

/// `FILE:LINE: what happened`, then the SQL, what was expected and what came.
fn describe(location: &str, kind: &TestErrorKind) -> String {
    let (what, sql, expected, actual) = match kind {
        TestErrorKind::Ok { sql, .. } => ("should have failed", sql, None, None),
        TestErrorKind::Fail { sql, err, .. } => ("failed", sql, None, Some(err.to_string())),
        TestErrorKind::ErrorMismatch { sql, err, expected_err, .. } => {
            ("failed with another error", sql, Some(expected_err.clone()), Some(err.to_string()))
        }
        TestErrorKind::StatementResultMismatch { sql, expected, actual } => {
            ("changed another number of rows", sql, Some(expected.to_string()), Some(actual.clone()))
        }
        TestErrorKind::QueryResultMismatch { sql, expected, actual } => {
            ("gave other rows", sql, Some(expected.clone()), Some(actual.clone()))
        }
        TestErrorKind::QueryResultColumnsMismatch { sql, expected, actual } => {
            ("gave other storage classes", sql, Some(expected.clone()), Some(actual.clone()))
        }
        other => return format!("{location}: {other}"),
    };
    let mut text = format!("{location}: {what}");
    for (label, part) in [("SQL", Some(sql.clone())), ("expected", expected), ("got", actual)] {
        if let Some(part) = part {
            text.push_str(&format!("\n  {label}:"));
            for line in shorten(&part).lines() {
                text.push_str("\n    ");
                text.push_str(line);
            }
        }
    }
    text
}

/// The first 40 lines, of at most 400 characters each.
fn shorten(text: &str) -> String {
    let lines = text.lines().take(40).map(|line| line.chars().take(400).collect::<String>());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn compares_exactly() {
        let rows = [strings(&["1", "a  b"]), strings(&["NULL", "c"])];
        assert!(exact(sqllogictest::default_normalizer, &rows, &strings(&["1 a  b", "NULL c"])));
        assert!(!exact(sqllogictest::default_normalizer, &rows, &strings(&["1 a b", "NULL c"])));
        assert!(!exact(sqllogictest::default_normalizer, &rows, &strings(&["1 a  b"])));
    }

    #[test]
    fn compares_classes() {
        use Class::{Any, Integer, Null, Text};
        assert!(same_classes(&vec![Integer, Null, Any], &vec![Integer, Text, Any]));
        assert!(!same_classes(&vec![Integer], &vec![Text]));
        assert!(!same_classes(&vec![Any], &vec![Text]));
        assert!(!same_classes(&vec![Text], &vec![Text, Text]));
    }
}
