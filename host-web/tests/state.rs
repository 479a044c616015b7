//! What extensions remember.

mod support;

#[path = "support/hooked.rs"]
mod hooked;

use hooked::{Shared, load};
use sqlink_host_web::contract::metadata::HookSet;
use sqlink_host_web::engine::imports::{GuestError, state_delete, state_get, state_keys, state_set};
use sqlink_host_web::engine::{self, FULL, Limits, OpenOptions, RANGE, READONLY};
use support::{Result, integer, one, open, query};

fn loaded(connection: u32) -> Result<Shared> {
    let shared = Shared::default();
    load(connection, 1, "keeper", HookSet::empty(), &shared)?;
    Ok(shared)
}

fn run<R: 'static>(connection: u32, shared: &Shared, job: impl FnOnce() -> R + 'static) -> Result<R> {
    shared.run_in(connection, "SELECT keeper()", job)
}

fn code<T>(outcome: Result<T, GuestError>) -> i32 {
    outcome.map_or_else(|error| error.code, |_| 0)
}

#[test]
fn what_is_set_is_there_until_it_is_deleted() -> Result {
    let connection = open()?;
    let keeper = loaded(connection)?;
    run(connection, &keeper, || {
        assert_eq!(state_get(1, "k"), Ok(None));
        assert_eq!(state_set(1, "k", b"\0\xff"), Ok(()));
        assert_eq!(state_set(1, "key", b""), Ok(()));
        assert_eq!(state_get(1, "k"), Ok(Some(b"\0\xff".into())));
        assert_eq!(state_keys(1, ""), Ok(vec!["k".into(), "key".into()]));
        assert_eq!(state_delete(1, "k"), Ok(true));
        assert_eq!(state_delete(1, "k"), Ok(false));
        assert_eq!(state_keys(1, "k"), Ok(vec!["key".into()]));
    })?;
    // It outlives the load.
    engine::unload_extension(connection, 1)?;
    let keeper = loaded(connection)?;
    assert_eq!(run(connection, &keeper, || state_get(1, "key"))?, Ok(Some(Vec::new())));
    // Another connection to memory has its own.
    let other = open()?;
    load(other, 2, "keeper", HookSet::empty(), &keeper)?;
    assert_eq!(run(other, &keeper, || state_keys(2, ""))?, Ok(Vec::new()));
    engine::close(other)?;
    engine::close(connection)
}

#[test]
fn each_extension_has_its_own_keys() -> Result {
    let connection = open()?;
    let keeper = loaded(connection)?;
    let other = Shared::default();
    load(connection, 2, "other", HookSet::empty(), &other)?;
    assert_eq!(run(connection, &keeper, || state_set(1, "k", b"mine"))?, Ok(()));
    assert_eq!(other.run_in(connection, "SELECT other()", || state_keys(2, ""))?, Ok(Vec::new()));
    engine::close(connection)
}

#[test]
fn it_is_no_part_of_the_transaction_and_no_sql_sees_it() -> Result {
    let connection = open()?;
    let keeper = loaded(connection)?;
    engine::exec(connection, "BEGIN; CREATE TABLE t(a)")?;
    assert_eq!(run(connection, &keeper, || state_set(1, "k", b"v"))?, Ok(()));
    engine::exec(connection, "ROLLBACK")?;
    assert_eq!(run(connection, &keeper, || state_get(1, "k"))?, Ok(Some(b"v".into())));
    assert_eq!(query(connection, "SELECT name FROM pragma_database_list")?.len(), 1);
    assert_eq!(one(connection, "SELECT count(*) FROM sqlite_schema")?, integer(0));
    engine::close(connection)
}

#[test]
fn the_quota_and_the_length_of_keys_hold() -> Result {
    let connection = open()?;
    let keeper = loaded(connection)?;
    engine::set_limits(connection, Limits { state_bytes: 10, ..Limits::default() })?;
    assert_eq!(run(connection, &keeper, || state_set(1, "k", &[0; 9]))?, Ok(()));
    let error = run(connection, &keeper, || state_set(1, "l", b""))?.expect_err("full");
    assert_eq!(error.code, FULL);
    assert_eq!(
        error.message,
        "the state of extension `keeper`: it would take 11 bytes, over the 10 that the limit `state-bytes` allows"
    );
    engine::set_limits(connection, Limits { state_bytes: 0, ..Limits::default() })?;
    assert_eq!(run(connection, &keeper, || state_delete(1, "k"))?, Ok(true));
    assert_eq!(code(run(connection, &keeper, || state_set(1, "k", b""))?), FULL);
    assert_eq!(code(run(connection, &keeper, || state_set(1, "", b""))?), RANGE);
    engine::close(connection)
}

#[test]
fn a_connection_for_reading_only_has_it_for_reading_only() -> Result {
    let folder = std::env::temp_dir().join(format!("sqlink-state-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("a.db");
    let name = file.to_str().expect("a path");
    let connection = engine::open(&OpenOptions { name, read_only: false, create: true })?;
    engine::exec(connection, "CREATE TABLE t(a)")?;
    engine::close(connection)?;
    let connection = engine::open(&OpenOptions { name, read_only: true, create: false })?;
    let keeper = loaded(connection)?;
    assert_eq!(run(connection, &keeper, || state_get(1, "k"))?, Ok(None));
    assert_eq!(run(connection, &keeper, || state_keys(1, ""))?, Ok(Vec::new()));
    assert_eq!(code(run(connection, &keeper, || state_set(1, "k", b""))?), READONLY);
    assert_eq!(code(run(connection, &keeper, || state_delete(1, "k"))?), READONLY);
    engine::close(connection)?;
    std::fs::remove_dir_all(folder).expect("the folder is there");
    Ok(())
}
