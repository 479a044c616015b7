//! `state`: what extensions remember, in a database of its own that no SQL of the connection reaches.
//!
//! Beside a database in a file of the front's storage it is the file `NAME-sqlink`, opened when it is first needed; the VFS
//! refuses that name to everybody else (see [`storage::is_reserved`](crate::engine::storage::is_reserved)). For all other
//! databases it is in memory, for as long as the connection.
//!
//! A connection that is open for reading only can read the state, not change it: it must leave nothing behind.
//!
//! Source: wit/state.wit

use std::cell::OnceCell;
use std::rc::Rc;

use crate::engine::core::Core;
use crate::engine::error::{CANTOPEN, ERROR, Error, FULL, RANGE, READONLY, Result};
use crate::engine::sqlite::{Database, OpenFlags, Script, Statement, Stepped};
use crate::engine::storage;
use crate::engine::value::{Collected, RowSink as _, Value, ValueRef};

/// What follows a database's name in the name of the file with its extensions' state.
pub const SUFFIX: &str = "-sqlink";

/// Longest key, in bytes.
const MAX_KEY: usize = 1024;

/// Version of [`SCHEMA`], in `user_version`.
const VERSION: i64 = 1;

/// Keys are blobs, so that their order is that of bytes. `usage` holds the bytes of all keys and values of an extension.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS state(extension TEXT, key BLOB, bytes BLOB NOT NULL, PRIMARY KEY(extension, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS usage(extension TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = 1";

/// Where the state of a connection's extensions is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    /// A file of the front's storage, by name.
    Stored(String),
}

/// The state of a connection's extensions.
pub(crate) struct State {
    place: Place,
    read_only: bool,
    store: OnceCell<Store>,
}

/// The database, with its statements.
struct Store {
    get: Statement,
    size: Statement,
    used: Statement,
    put: Statement,
    delete: Statement,
    add: Statement,
    keys: Statement,
    begin: Statement,
    commit: Statement,
    rollback: Statement,
    database: Rc<Database>,
}

impl State {
    /// Opens nothing yet.
    pub(crate) const fn new(place: Place, read_only: bool) -> Self {
        Self { place, read_only, store: OnceCell::new() }
    }

    /// The bytes at `key`.
    pub(crate) fn get(&self, extension: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.with(extension, |store| {
            let Some(store) = store else { return Ok(None) };
            let found = store.run(&store.get, &[text(extension), blob(key)])?;
            Ok(found.into_iter().next().map(|value| match value {
                Value::Blob(bytes) => bytes,
                _ => Vec::new(),
            }))
        })
    }

    /// Stores `bytes` at `key`, if keys and bytes of the extension are at most `quota` then.
    pub(crate) fn set(&self, extension: &str, key: &str, bytes: &[u8], quota: u32) -> Result<()> {
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Error::new(
                RANGE,
                format!("a key of `state` has 1 to {MAX_KEY} bytes, but this one has {}", key.len()),
            ));
        }
        self.must_be_writable()?;
        self.with(extension, |store| {
            let Some(store) = store else { return Ok(()) };
            store.in_transaction(|| {
                let entry = [text(extension), blob(key)];
                let before = store.integer(&store.size, &entry)?;
                let used = store.integer(&store.used, &entry[..1])?;
                let size = i64::try_from(key.len() + bytes.len()).unwrap_or(i64::MAX);
                let after = used.saturating_sub(before).saturating_add(size);
                if after > i64::from(quota) {
                    return Err(Error::new(
                        FULL,
                        format!("it would take {after} bytes, over the {quota} that the limit `state-bytes` allows"),
                    ));
                }
                store.run(&store.put, &[entry[0], entry[1], ValueRef::Blob(bytes)])?;
                store.run(&store.add, &[entry[0], ValueRef::Integer(size.saturating_sub(before))])?;
                Ok(())
            })
        })
    }

    /// Deletes `key`; false if it was not there.
    pub(crate) fn delete(&self, extension: &str, key: &str) -> Result<bool> {
        self.must_be_writable()?;
        self.with(extension, |store| {
            let Some(store) = store else { return Ok(false) };
            store.in_transaction(|| {
                let entry = [text(extension), blob(key)];
                let size = store.integer(&store.size, &entry)?;
                if size == 0 {
                    return Ok(false);
                }
                store.run(&store.delete, &entry)?;
                store.run(&store.add, &[entry[0], ValueRef::Integer(-size)])?;
                Ok(true)
            })
        })
    }

    /// The keys that begin with `prefix`, in byte order.
    pub(crate) fn keys(&self, extension: &str, prefix: &str) -> Result<Vec<String>> {
        self.with(extension, |store| {
            let Some(store) = store else { return Ok(Vec::new()) };
            // The first key that is larger than all with the prefix; 255 is no byte of UTF-8.
            let mut end = prefix.as_bytes().to_vec();
            if let Some(last) = end.last_mut() {
                *last = last.saturating_add(1);
            }
            let end = if end.is_empty() { ValueRef::Null } else { ValueRef::Blob(&end) };
            let found = store.run(&store.keys, &[text(extension), blob(prefix), end])?;
            Ok(found
                .into_iter()
                .filter_map(|value| match value {
                    Value::Blob(bytes) => String::from_utf8(bytes).ok(),
                    _ => None,
                })
                .collect())
        })
    }

    fn must_be_writable(&self) -> Result<()> {
        if self.read_only {
            return Err(Error::new(
                READONLY,
                "the connection is open for reading only, and so is the state of extensions",
            ));
        }
        Ok(())
    }

    /// Opens the database if it isn't open, and uses it. It is not there if it can only be read and was never written.
    fn with<T>(&self, extension: &str, call: impl FnOnce(Option<&Store>) -> Result<T>) -> Result<T> {
        let used = storage::as_engine(|| match self.store.get() {
            Some(store) => call(Some(store)),
            None => {
                let opened = self.open()?;
                call(match opened {
                    Some(store) => Some(self.store.get_or_init(|| store)),
                    None => None,
                })
            }
        });
        used.map_err(|error| Error {
            message: format!("the state of extension `{extension}`: {}", error.message),
            ..error
        })
    }

    fn open(&self) -> Result<Option<Store>> {
        let (name, vfs) = match &self.place {
            Place::Memory if self.read_only => return Ok(None),
            Place::Memory => (":memory:", None),
            Place::Stored(name) => (name.as_str(), Some(storage::VFS_NAME)),
        };
        let flags = OpenFlags { name, read_only: self.read_only, create: true, uri: false, vfs };
        let database = match Database::open(flags, Rc::new(Core::new(0))) {
            Err(error) if self.read_only && error.code & 0xff == CANTOPEN => return Ok(None),
            opened => opened?,
        };
        database.defend()?;
        match version(&database)? {
            VERSION => {}
            0 if self.read_only => return Ok(None),
            0 => {
                exec(&database, "BEGIN IMMEDIATE")?;
                exec(&database, SCHEMA)?;
                exec(&database, "COMMIT")?;
            }
            other => {
                return Err(Error::new(
                    ERROR,
                    format!("its database was written by a newer version of SQLink (version {other} of its schema)"),
                ));
            }
        }
        Store::new(database).map(Some)
    }
}

const fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

const fn blob(text: &str) -> ValueRef<'_> {
    ValueRef::Blob(text.as_bytes())
}

fn version(database: &Rc<Database>) -> Result<i64> {
    let statement = prepare(database, "PRAGMA user_version")?;
    let found = run(database, &statement, &[])?;
    Ok(match found.first() {
        Some(Value::Integer(version)) => *version,
        _ => 0,
    })
}

/// Runs statements without parameters.
fn exec(database: &Rc<Database>, sql: &str) -> Result<()> {
    let script = Script::new(sql)?;
    let mut from = 0;
    while from < script.len() {
        let compiled = Statement::prepare(database, &script, from, false).map_err(|code| database.error(code))?;
        if let Some(statement) = compiled.statement {
            run(database, &statement, &[])?;
        }
        from = compiled.end.max(from + 1);
    }
    Ok(())
}

fn prepare(database: &Rc<Database>, sql: &str) -> Result<Statement> {
    let compiled = Statement::prepare(database, &Script::new(sql)?, 0, true).map_err(|code| database.error(code))?;
    compiled.statement.ok_or_else(|| Error::misuse("no statement"))
}

/// Runs a statement to its end and returns the values of all rows, one after the other.
fn run(database: &Database, statement: &Statement, params: &[ValueRef<'_>]) -> Result<Vec<Value>> {
    let outcome = (|| {
        for (index, value) in (1..).zip(params) {
            statement.bind(index, *value)?;
        }
        let mut rows = Collected::default();
        while let Stepped::Row = statement.step()? {
            statement.row(&mut rows)?;
            rows.end_row();
        }
        Ok(rows.rows.into_iter().flatten().collect())
    })();
    let outcome = outcome.map_err(|code| database.error(code));
    // Its code is that of the step.
    let _ = statement.reset();
    statement.clear_bindings();
    outcome
}

impl Store {
    fn new(database: Rc<Database>) -> Result<Self> {
        let prepare = |sql| prepare(&database, sql);
        Ok(Self {
            get: prepare("SELECT bytes FROM state WHERE extension = ?1 AND key = ?2")?,
            size: prepare("SELECT length(key) + length(bytes) FROM state WHERE extension = ?1 AND key = ?2")?,
            used: prepare("SELECT bytes FROM usage WHERE extension = ?1")?,
            put: prepare(
                "INSERT INTO state VALUES (?1, ?2, ?3) ON CONFLICT (extension, key) DO UPDATE SET bytes = excluded.bytes",
            )?,
            delete: prepare("DELETE FROM state WHERE extension = ?1 AND key = ?2")?,
            add: prepare(
                "INSERT INTO usage VALUES (?1, ?2) ON CONFLICT (extension) DO UPDATE SET bytes = bytes + excluded.bytes",
            )?,
            keys: prepare(
                "SELECT key FROM state WHERE extension = ?1 AND key >= ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key",
            )?,
            begin: prepare("BEGIN IMMEDIATE")?,
            commit: prepare("COMMIT")?,
            rollback: prepare("ROLLBACK")?,
            database,
        })
    }

    fn run(&self, statement: &Statement, params: &[ValueRef<'_>]) -> Result<Vec<Value>> {
        run(&self.database, statement, params)
    }

    /// Runs a query for one integer; 0 if it gives none.
    fn integer(&self, statement: &Statement, params: &[ValueRef<'_>]) -> Result<i64> {
        Ok(match self.run(statement, params)?.first() {
            Some(Value::Integer(value)) => *value,
            _ => 0,
        })
    }

    fn in_transaction<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        self.run(&self.begin, &[])?;
        let outcome = call().and_then(|value| self.run(&self.commit, &[]).map(|_| value));
        if outcome.is_err() && !self.database.is_autocommit() {
            // The error that matters is the one before.
            let _ = self.run(&self.rollback, &[]);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: u32 = 100;

    fn memory() -> State {
        State::new(Place::Memory, false)
    }

    #[test]
    fn keys_and_bytes_come_back() -> Result<()> {
        let state = memory();
        assert_eq!(state.get("a", "k")?, None);
        state.set("a", "k", b"one", QUOTA)?;
        state.set("a", "k", b"two", QUOTA)?;
        state.set("b", "k", b"", QUOTA)?;
        assert_eq!(state.get("a", "k")?.as_deref(), Some(&b"two"[..]));
        assert_eq!(state.get("b", "k")?.as_deref(), Some(&b""[..]));
        assert!(state.delete("a", "k")?);
        assert!(!state.delete("a", "k")?);
        assert_eq!(state.get("a", "k")?, None);
        assert!(state.delete("b", "k")?);
        Ok(())
    }

    #[test]
    fn keys_are_listed_by_prefix_in_byte_order() -> Result<()> {
        let state = memory();
        for key in ["b", "a\0", "a", "ä", "a\u{10ffff}x", "B", "aa"] {
            state.set("e", key, b"", QUOTA)?;
        }
        assert_eq!(state.keys("e", "")?, ["B", "a", "a\0", "aa", "a\u{10ffff}x", "b", "ä"]);
        assert_eq!(state.keys("e", "a")?, ["a", "a\0", "aa", "a\u{10ffff}x"]);
        assert_eq!(state.keys("e", "a\u{10ffff}")?, ["a\u{10ffff}x"]);
        assert_eq!(state.keys("other", "")?, [""; 0]);
        Ok(())
    }

    #[test]
    fn the_quota_counts_keys_and_bytes_of_one_extension() -> Result<()> {
        let state = memory();
        state.set("a", "k", &[0; 99], QUOTA)?;
        let error = state.set("a", "l", b"", QUOTA).expect_err("full");
        assert_eq!(error.code, FULL);
        assert_eq!(
            error.message,
            "the state of extension `a`: it would take 101 bytes, over the 100 that the limit `state-bytes` allows"
        );
        assert_eq!(state.get("a", "l")?, None);
        state.set("b", "k", &[0; 99], QUOTA)?;
        state.set("a", "k", &[0; 98], QUOTA)?;
        state.set("a", "l", b"", QUOTA)?;
        assert!(state.delete("a", "k")?);
        state.set("a", "m", &[0; 98], QUOTA)?;
        Ok(())
    }

    #[test]
    fn keys_have_a_length() -> Result<()> {
        let state = memory();
        for key in [String::new(), "x".repeat(1025)] {
            assert_eq!(state.set("a", &key, b"", u32::MAX).expect_err("its length").code, RANGE);
        }
        state.set("a", &"x".repeat(1024), b"", u32::MAX)
    }

    #[test]
    fn a_connection_for_reading_only_changes_nothing() -> Result<()> {
        let state = State::new(Place::Memory, true);
        assert_eq!(state.get("a", "k")?, None);
        assert_eq!(state.keys("a", "")?, [""; 0]);
        assert_eq!(state.set("a", "k", b"", QUOTA).expect_err("read-only").code, READONLY);
        assert_eq!(state.delete("a", "k").expect_err("read-only").code, READONLY);
        Ok(())
    }
}
