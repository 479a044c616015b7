//! The VFS on a storage that keeps its files in memory and locks them as SQLite's documentation says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::{Files, Opened, Storage, Store, VFS_NAME, register};
use crate::engine::connection::Connection;
use crate::engine::{self, BUSY, CANTOPEN, Collected, OpenOptions, READONLY, Result, Value};

const IOERR: i32 = 10;
const DELETE_NOENT: i32 = IOERR | 23 << 8;

const SHARED: u8 = 1;
const RESERVED: u8 = 2;
const PENDING: u8 = 3;
const EXCLUSIVE: u8 = 4;

#[derive(Default)]
struct Disk {
    files: HashMap<String, Vec<u8>>,
    handles: HashMap<u32, Handle>,
    last_handle: u32,
    /// Names of the files opened, in order.
    opened: Vec<String>,
    syncs: u32,
    /// Fails writes that would make a file larger than this.
    full_at: Option<usize>,
}

struct Handle {
    name: String,
    lock: u8,
    read_only: bool,
}

/// Serves one process-wide disk: the VFS is registered once.
static DISK: Mutex<Option<Disk>> = Mutex::new(None);
/// Held by each test, because they share the disk.
static TURN: Mutex<()> = Mutex::new(());

fn disk<R>(use_it: impl FnOnce(&mut Disk) -> R) -> R {
    let mut disk = DISK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    use_it(disk.get_or_insert_default())
}

#[derive(Clone, Copy)]
struct Memory;

impl Memory {
    fn file<R>(handle: u32, use_it: impl FnOnce(&mut Vec<u8>, &Handle, Option<usize>) -> R) -> Result<R, i32> {
        disk(|disk| {
            let Disk { files, handles, full_at, .. } = disk;
            let handle = handles.get(&handle).ok_or(IOERR)?;
            Ok(use_it(files.entry(handle.name.clone()).or_default(), handle, *full_at))
        })
    }
}

impl Storage for Memory {
    fn open(&self, name: &str, create: bool, exclusive: bool, read_only: bool) -> Result<Opened, i32> {
        disk(|disk| {
            let exists = disk.files.contains_key(name);
            if (!exists && !create) || (exists && exclusive) {
                return Err(CANTOPEN);
            }
            let read_only = read_only || name.ends_with(".ro");
            disk.files.entry(name.to_owned()).or_default();
            disk.opened.push(name.to_owned());
            disk.last_handle += 1;
            disk.handles.insert(disk.last_handle, Handle { name: name.to_owned(), lock: 0, read_only });
            Ok(Opened { handle: disk.last_handle, read_only })
        })
    }

    fn close(&self, handle: u32) {
        disk(|disk| disk.handles.remove(&handle));
    }

    fn read(&self, handle: u32, offset: u64, out: &mut [u8]) -> Result<usize, i32> {
        Self::file(handle, |bytes, _, _| {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let n = out.len().min(bytes.len() - from);
            out[..n].copy_from_slice(&bytes[from..from + n]);
            n
        })
    }

    fn write(&self, handle: u32, offset: u64, new: &[u8]) -> Result<(), i32> {
        Self::file(handle, |bytes, handle, full_at| {
            let from = usize::try_from(offset).map_err(|_| IOERR)?;
            let end = from + new.len();
            if handle.read_only {
                return Err(READONLY);
            }
            if full_at.is_some_and(|most| end > most) {
                return Err(13);
            }
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[from..end].copy_from_slice(new);
            Ok(())
        })?
    }

    fn truncate(&self, handle: u32, size: u64) -> Result<(), i32> {
        Self::file(handle, |bytes, _, _| bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX)))
    }

    fn sync(&self, _handle: u32) -> Result<(), i32> {
        disk(|disk| disk.syncs += 1);
        Ok(())
    }

    fn size(&self, handle: u32) -> Result<u64, i32> {
        Self::file(handle, |bytes, _, _| bytes.len() as u64)
    }

    fn lock(&self, handle: u32, level: u8) -> Result<(), i32> {
        disk(|disk| {
            let own = disk.handles.get(&handle).ok_or(IOERR)?;
            let others = disk
                .handles
                .iter()
                .filter(|(other, found)| **other != handle && found.name == own.name)
                .map(|(_, found)| found.lock)
                .max()
                .unwrap_or(0);
            let allowed = match level {
                SHARED => others < PENDING,
                RESERVED => others < RESERVED,
                PENDING => others < PENDING,
                EXCLUSIVE => others == 0,
                _ => return Err(IOERR),
            };
            let own = disk.handles.get_mut(&handle).ok_or(IOERR)?;
            if allowed {
                own.lock = own.lock.max(level);
                return Ok(());
            }
            if level == EXCLUSIVE && others < PENDING {
                own.lock = own.lock.max(PENDING);
            }
            Err(BUSY)
        })
    }

    fn unlock(&self, handle: u32, level: u8) -> Result<(), i32> {
        disk(|disk| {
            let own = disk.handles.get_mut(&handle).ok_or(IOERR)?;
            own.lock = own.lock.min(level);
            Ok(())
        })
    }

    fn check_reserved(&self, handle: u32) -> Result<bool, i32> {
        disk(|disk| {
            let name = &disk.handles.get(&handle).ok_or(IOERR)?.name;
            Ok(disk.handles.values().any(|found| found.name == *name && found.lock >= RESERVED))
        })
    }

    fn delete(&self, name: &str, _sync_directory: bool) -> Result<(), i32> {
        disk(|disk| disk.files.remove(name).map(drop).ok_or(DELETE_NOENT))
    }

    fn exists(&self, name: &str) -> Result<bool, i32> {
        Ok(disk(|disk| disk.files.contains_key(name)))
    }
}

/// Takes the disk for one test, empty.
fn turn() -> Result<MutexGuard<'static, ()>> {
    let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    disk(|disk| *disk = Disk::default());
    assert_eq!(register(Memory)?, VFS_NAME);
    assert_eq!(register(Memory)?, VFS_NAME, "a second time does nothing");
    Ok(turn)
}

fn open(name: &str) -> Result<u32> {
    open_with(name, false, true)
}

fn open_with(name: &str, read_only: bool, create: bool) -> Result<u32> {
    let name = format!("file:{name}?vfs={VFS_NAME}");
    let connection = engine::open(&OpenOptions { name: &name, read_only, create })?;
    engine::exec(connection, "PRAGMA busy_timeout = 0")?;
    Ok(connection)
}

fn one(connection: u32, sql: &str) -> Result<Value> {
    let statement = engine::prepare(connection, sql, false)?.statement;
    let mut rows = Collected::default();
    let outcome = engine::step_rows(statement, &mut rows);
    engine::finalize(statement)?;
    outcome?;
    Ok(rows.rows.into_iter().flatten().next().unwrap_or(Value::Null))
}

#[test]
fn the_suite_of_the_vfs_crate() {
    let _turn = turn().expect("registers");
    let data = rsqlite_vfs::VfsAppData::new(Files::new(Memory));
    rsqlite_vfs::test_suite::test_vfs_store::<Store<Memory>>(data).expect("the store does what it must");
}

#[test]
fn a_database_outlives_its_connection() -> Result<()> {
    let _turn = turn()?;
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES (randomblob(200000)), (2)")?;
    engine::close(connection)?;
    assert!(disk(|disk| disk.handles.is_empty()), "every file is closed");
    assert_eq!(disk(|disk| disk.files.keys().cloned().collect::<Vec<_>>()), ["/a.db"], "the journal is deleted");
    assert!(disk(|disk| disk.opened.iter().any(|name| name == "/a.db-journal")));
    assert!(disk(|disk| disk.syncs) >= 2);
    let connection = open("/a.db")?;
    assert_eq!(one(connection, "SELECT sum(length(a)) FROM t")?, Value::Integer(200_001));
    assert_eq!(one(connection, "PRAGMA integrity_check")?, Value::Text("ok".into()));
    engine::close(connection)
}

#[test]
fn a_hot_journal_is_rolled_back() -> Result<()> {
    let _turn = turn()?;
    let first = open("/a.db")?;
    engine::exec(first, "CREATE TABLE t(a); INSERT INTO t VALUES (1); PRAGMA cache_size = 1; BEGIN")?;
    // More than the cache holds, so that changed pages reach the file before the commit.
    engine::exec(first, "INSERT INTO t SELECT randomblob(3000) FROM pragma_function_list")?;
    // The machine dies: the files are as they are, and the locks are gone.
    let files = disk(|disk| disk.files.clone());
    assert!(files.get("/a.db-journal").is_some_and(|journal| !journal.is_empty()));
    engine::close(first)?;
    disk(|disk| disk.files = files);

    let second = open("/a.db")?;
    assert_eq!(one(second, "SELECT count(*) FROM t")?, Value::Integer(1));
    assert_eq!(one(second, "PRAGMA integrity_check")?, Value::Text("ok".into()));
    assert!(disk(|disk| !disk.files.contains_key("/a.db-journal")));
    engine::close(second)
}

#[test]
fn two_connections_lock_each_other_out() -> Result<()> {
    let _turn = turn()?;
    let writer = open("/a.db")?;
    engine::exec(writer, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")?;
    let reader = open("/a.db")?;
    engine::exec(writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES (2)")?;
    assert_eq!(one(reader, "SELECT count(*) FROM t")?, Value::Integer(1));
    let error = engine::exec(reader, "INSERT INTO t VALUES (3)").expect_err("the other has a reserved lock");
    assert_eq!(error.code, BUSY);
    engine::exec(reader, "BEGIN; SELECT count(*) FROM t")?;
    let error = engine::exec(writer, "COMMIT").expect_err("the other reads");
    assert_eq!(error.code, BUSY);
    engine::exec(reader, "COMMIT")?;
    engine::exec(writer, "COMMIT")?;
    assert_eq!(one(reader, "SELECT count(*) FROM t")?, Value::Integer(2));
    engine::close(reader)?;
    engine::close(writer)
}

#[test]
fn opening_respects_what_is_asked_for() -> Result<()> {
    let _turn = turn()?;
    assert_eq!(open_with("/none.db", false, false).map_err(|error| error.code), Err(CANTOPEN));
    assert_eq!(open_with("/none.db", true, true).map_err(|error| error.code), Err(CANTOPEN));
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    engine::close(connection)?;
    let connection = open_with("/a.db", true, false)?;
    let error = engine::exec(connection, "INSERT INTO t VALUES (1)").expect_err("it is read-only");
    assert_eq!(error.code, READONLY);
    engine::close(connection)?;
    // The storage itself may say that a file can only be read.
    disk(|disk| {
        let bytes = disk.files["/a.db"].clone();
        disk.files.insert("/a.ro".into(), bytes);
    });
    let connection = open("/a.ro")?;
    let error = engine::exec(connection, "INSERT INTO t VALUES (1)").expect_err("it is read-only");
    assert_eq!(error.code, READONLY);
    engine::close(connection)
}

#[test]
fn the_storages_code_reaches_the_caller() -> Result<()> {
    let _turn = turn()?;
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    disk(|disk| disk.full_at = Some(20_000));
    let error = engine::exec(connection, "INSERT INTO t VALUES (zeroblob(100000))").expect_err("full");
    assert_eq!(error.code, 13);
    assert_eq!(error.message, "database or disk is full");
    disk(|disk| disk.full_at = None);
    engine::exec(connection, "INSERT INTO t VALUES (1)")?;
    engine::close(connection)
}

/// What an extension remembers, through a connection.
fn remembered(connection: u32, key: &str) -> Result<Option<Vec<u8>>> {
    Connection::get(connection)?.state.get("extension", key)
}

fn remember(connection: u32, key: &str, bytes: &[u8]) -> Result<()> {
    Connection::get(connection)?.state.set("extension", key, bytes, 1000)
}

#[test]
fn state_is_a_file_beside_the_database() -> Result<()> {
    let _turn = turn()?;
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    assert!(disk(|disk| !disk.files.contains_key("/a.db-sqlink")), "it is made when it is needed");
    engine::exec(connection, "BEGIN; INSERT INTO t VALUES (1)")?;
    remember(connection, "k", b"v")?;
    engine::exec(connection, "ROLLBACK")?;
    let other = open("/a.db")?;
    assert_eq!(remembered(other, "k")?, Some(b"v".into()), "it is durable at once, and no part of the transaction");
    engine::close(other)?;
    engine::close(connection)?;
    assert!(disk(|disk| disk.handles.is_empty()), "every file is closed");
    let connection = open("/a.db")?;
    assert_eq!(remembered(connection, "k")?, Some(b"v".into()));
    let other = open("/b.db")?;
    assert_eq!(remembered(other, "k")?, None);
    engine::close(other)?;
    engine::close(connection)?;
    let mut names = disk(|disk| disk.files.keys().cloned().collect::<Vec<_>>());
    names.sort();
    assert_eq!(names, ["/a.db", "/a.db-sqlink", "/b.db", "/b.db-sqlink"]);
    Ok(())
}

#[test]
fn no_sql_reaches_the_state() -> Result<()> {
    let _turn = turn()?;
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    remember(connection, "k", b"v")?;
    let before = disk(|disk| disk.files["/a.db-sqlink"].clone());
    for name in [
        "/a.db-sqlink",
        "/./a.db-sqlink",
        "//a.db-SQLINK",
        "/a.db-\u{17f}qlin\u{212a}",
        "/a.db-sq\u{200d}link",
        "/a.db-sqlink.",
        "/a.db-sqlink/",
        "/a.db-sqlink-journal",
        "/a.db-sqlink-wal",
        "\\a.db-sqlink::$DATA",
        "file:/a.db-sqlink",
        "file:///a.db%2dsqlink",
        "file:/a.db-sqlink?mode=ro",
        "file:/a.db-sqlink?immutable=1",
        "file:/new.db-sqlink",
        "other:x-sqlink",
    ] {
        for sql in [format!("ATTACH '{name}' AS x"), format!("VACUUM INTO '{name}'")] {
            let error = engine::exec(connection, &sql).expect_err(&sql);
            assert_eq!(error.code, CANTOPEN, "{sql}: {error}");
        }
    }
    assert_eq!(open("/a.db-sqlink").map_err(|error| error.code), Err(CANTOPEN));
    assert_eq!(disk(|disk| disk.files["/a.db-sqlink"].clone()), before);
    engine::exec(connection, "ATTACH '/a-sqlink.db' AS x; CREATE TABLE x.t(a); DETACH x; VACUUM INTO '/sqlink'")?;
    assert_eq!(remembered(connection, "k")?, Some(b"v".into()));
    engine::close(connection)
}

#[test]
fn a_connection_for_reading_only_reads_the_state() -> Result<()> {
    let _turn = turn()?;
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    let reader = open_with("/a.db", true, false)?;
    assert_eq!(remembered(reader, "k")?, None);
    remember(connection, "k", b"v")?;
    assert_eq!(remembered(reader, "k")?, Some(b"v".into()));
    let error = remember(reader, "k", b"w").expect_err("it is read-only");
    assert_eq!(error.code, READONLY);
    assert_eq!(error.message, "the connection is open for reading only, and so is the state of extensions");
    engine::close(reader)?;
    engine::close(connection)
}

#[test]
fn a_state_file_that_is_none_is_an_error() -> Result<()> {
    let _turn = turn()?;
    let other = b"something else, and long enough to be looked at".repeat(100);
    disk(|disk| disk.files.insert("/a.db-sqlink".into(), other));
    let connection = open("/a.db")?;
    let error = remembered(connection, "k").expect_err("not a database");
    assert_eq!(error.code, 26);
    assert_eq!(error.message, "the state of extension `extension`: file is not a database");
    engine::exec(connection, "CREATE TABLE t(a)")?;
    disk(|disk| disk.files.remove("/a.db-sqlink"));
    remember(connection, "k", b"v")?;
    engine::close(connection)
}

#[test]
fn a_database_in_wal_mode_says_why_it_cannot_be_opened() -> Result<()> {
    let _turn = turn()?;
    let connection = open("/a.db")?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    engine::close(connection)?;
    disk(|disk| {
        if let Some(versions) = disk.files.get_mut("/a.db").and_then(|bytes| bytes.get_mut(18..20)) {
            versions.fill(2);
        }
    });
    let connection = open("/a.db")?;
    let error = engine::exec(connection, "SELECT * FROM t").expect_err("there is no shared memory");
    assert_eq!(error.code, CANTOPEN);
    assert!(error.message.starts_with("unable to open database file: the database is in WAL mode"), "{error}");
    engine::exec(connection, "PRAGMA locking_mode = exclusive; SELECT * FROM t")?;
    engine::close(connection)
}
