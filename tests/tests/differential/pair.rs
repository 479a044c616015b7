//! The two sides, and how they are compared.

use std::env;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult, TestError, TestRunner};
use rusqlite::types::ValueRef;
use sqlink_host_native::{Database, Error, Host, HostOptions, LoadOptions, OpenOptions, Params, Value, read_component};

use crate::{functions, hooks, tables};

/// What a statement came to: rows, with the bits of every value, or the primary result code of its error.
pub type Outcome = Result<Vec<Vec<String>>, i32>;

/// What the callbacks of the native side were told since somebody last asked.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn note(&self, entry: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry.into());
    }

    /// As the kit's `kit_log()` returns it.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).join("; ")
    }
}

/// What the kit's hooks do, beside noting what they are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// The authorizer notes what it is asked.
    pub asks: bool,
    /// It denies this action.
    pub deny: Option<&'static str>,
    /// It ignores this action.
    pub ignore: Option<&'static str>,
    /// The commit hook rolls back.
    pub veto: bool,
}

/// A database on each side.
pub struct Pair {
    native: rusqlite::Connection,
    extended: Database,
}

impl Pair {
    /// Opens the databases, in memory, and registers everything.
    pub fn new() -> Self {
        Self::with_scene(Manners::default(), &[])
    }

    /// As `new`, but first runs statements that no hook hears of.
    pub fn with_scene(manners: Manners, scene: &[&str]) -> Self {
        let mut native = rusqlite::Connection::open_in_memory().expect("a database in memory opens");
        let extended = host().open(OpenOptions::memory()).expect("a database in memory opens");
        // libsqlite3-sys turns foreign keys on.
        for sql in ["PRAGMA foreign_keys = off"].iter().chain(scene) {
            native.execute_batch(sql).unwrap_or_else(|error| panic!("`{sql}` failed natively: {error}"));
            extended.exec(sql).unwrap_or_else(|error| panic!("`{sql}` failed: {error}"));
        }
        let log = Log::default();
        functions::register(&native, &log).expect("functions are registered");
        tables::register(&native, &log).expect("modules are registered");
        hooks::install(&mut native, &log, manners).expect("hooks are installed");
        let settings = [
            ("note", manners.asks.then_some("authorize")),
            ("deny", manners.deny),
            ("ignore", manners.ignore),
            ("veto", manners.veto.then_some("yes")),
        ];
        let config =
            settings.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect();
        let options = LoadOptions { config, ..LoadOptions::default() };
        extended.load_file(&dist("guests/kit.wasm"), &options).expect("the kit loads");
        let pair = Self { native, extended };
        pair.forget();
        pair
    }

    /// Forgets what the callbacks were told so far.
    pub fn forget(&self) {
        drop([self.native("SELECT kit_log()"), self.extended("SELECT kit_log()")]);
    }

    /// Fills the table `d` anew, without rows if there are no values, and compares the answers to queries about it.
    pub fn agree_about(&self, values: Option<String>, queries: Vec<String>) -> Result<(), TestCaseError> {
        self.set("DELETE FROM d");
        if let Some(values) = values {
            self.set(&format!("INSERT INTO d {values}"));
        }
        for query in queries {
            self.agree(&query)?.ok();
        }
        Ok(())
    }

    /// Runs a statement natively.
    pub fn native(&self, sql: &str) -> Outcome {
        let run = || -> rusqlite::Result<_> {
            let mut statement = self.native.prepare(sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|column| Ok(shown(&owned(row.get_ref(column)?))));
                found.push(values.collect::<rusqlite::Result<_>>()?);
            }
            Ok(found)
        };
        run().map_err(|error| match error {
            rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => {
                error.extended_code & 0xff
            }
            other => panic!("`{sql}` failed outside of SQLite: {other}"),
        })
    }

    /// Runs a statement on the host.
    pub fn extended(&self, sql: &str) -> Outcome {
        match self.extended.query(sql, Params::None) {
            Ok(result) => Ok(result.rows.iter().map(|row| row.iter().map(shown).collect()).collect()),
            // What the engine adds to SQLite's errors is not to come up here: none of these extensions misbehaves.
            Err(Error::Sql(error)) if error.reason.is_none() => Err(error.code & 0xff),
            Err(error) => panic!("`{sql}` failed outside of SQLite: {error}"),
        }
    }

    /// Runs a statement that is part of the scene, on both sides.
    pub fn set(&self, sql: &str) {
        for outcome in [self.native(sql), self.extended(sql)] {
            if let Err(code) = outcome {
                panic!("`{sql}` failed with code {code}");
            }
        }
    }

    /// Runs a statement on both sides, which must agree. Returns what it came to.
    pub fn agree(&self, sql: &str) -> Result<Outcome, TestCaseError> {
        let (native, extended) = (self.native(sql), self.extended(sql));
        prop_assert_eq!(&native, &extended, "native and extended differ in `{}`", sql);
        Ok(native)
    }

    /// Checks that both sides were told the same since the log was last read, and returns it.
    pub fn agree_on_log(&self, sql: &str) -> Result<String, TestCaseError> {
        let logs = [self.native("SELECT kit_log()"), self.extended("SELECT kit_log()")];
        let [native, extended] = logs.map(|log| log.unwrap_or_default().concat().concat());
        // The native twin of a table does not tell when it is connected.
        let told = |entry: &&str| !entry.trim_start_matches('"').starts_with("connect ");
        let split = |log: &str| log.split("; ").filter(told).map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(
            split(&native),
            split(&extended),
            "native and extended were told different things of `{}`",
            sql
        );
        Ok(native)
    }
}

impl Drop for Pair {
    /// Closing a connection rolls back: rusqlite must not have dropped what it calls then.
    fn drop(&mut self) {
        drop(self.native.rollback_hook(None::<fn()>));
    }
}

/// A value with its type, and a real number with its bits.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => format!("{value:?} {:016x}", value.to_bits()),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => format!("x{bytes:02x?}"),
    }
}

/// A value of rusqlite's, as the host's.
pub fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// A value of the host's, as rusqlite's.
pub fn lent(value: &Value) -> rusqlite::types::Value {
    match value.clone() {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(value) => rusqlite::types::Value::Integer(value),
        Value::Real(value) => rusqlite::types::Value::Real(value),
        Value::Text(text) => rusqlite::types::Value::Text(text),
        Value::Blob(bytes) => rusqlite::types::Value::Blob(bytes),
    }
}

/// An error with a primary code, as a callback returns it.
pub fn failure(code: i32, message: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(message.into()))
}

fn dist(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist").join(name);
    assert!(path.is_file(), "`{}` is missing: run `cargo xtask build`", path.display());
    path
}

/// The engine, compiled once per test program and kept in the user's cache between them.
fn host() -> Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    let compile = || {
        let bytes = read_component(&dist("host.component.wasm"))?;
        Host::new("host.component.wasm", &bytes, HostOptions::default())
    };
    HOST.get_or_init(|| compile().unwrap_or_else(|error| panic!("{error}"))).clone()
}

/// Runs a test for many cases.
///
/// * `cases` - how many, unless `PROPTEST_CASES` says otherwise.
pub fn check<S: Strategy<Value: Debug>>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> TestCaseResult) {
    let mut config = ProptestConfig::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/differential/regressions"
    ))));
    match TestRunner::new(config).run(strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{reason}\n{case:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}
