//! Virtual tables that keep their content in ordinary tables.

mod support;
#[path = "support/tables.rs"]
mod tables;

use std::rc::Rc;

use sqlink_host_web::engine::imports::{GuestError, spi_execute, spi_query};
use sqlink_host_web::engine::{self, CallError, Value};
use sqlink_host_web::native;
use support::{Result, fails, grants, hand_on, integer, one, open, query, text};
use tables::{Memory, State};

const ID: u32 = 1;

/// Opens a connection with the extension, which keeps a count of what happened in `s_data` or, after a renaming, `u_data`.
fn loaded() -> Result<(u32, Rc<State>)> {
    let connection = open()?;
    let state = State::new();
    native::add_guest(ID, Memory(Rc::clone(&state)));
    engine::load_extension(connection, ID, "", grants(&["spi.read", "spi.write"]))?;
    *state.intercept.borrow_mut() = Some(Rc::new(|name: &str| {
        let sql = match name {
            "create" => "CREATE TABLE main.s_data(what)",
            "insert" | "delete" => "INSERT INTO s_data VALUES (1)",
            "rename" => "ALTER TABLE s_data RENAME TO u_data",
            "destroy" => "DROP TABLE s_data",
            _ => return Ok(()),
        };
        spi_execute(ID, sql, &[]).map(drop).map_err(hand_on)
    }));
    Ok((connection, state))
}

fn tables(connection: u32) -> Result<Value> {
    one(connection, "SELECT coalesce(group_concat(name, ' '), '') FROM (SELECT name FROM sqlite_schema ORDER BY name)")
}

#[test]
fn they_come_and_go_with_the_table() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(connection, "CREATE VIRTUAL TABLE s USING mem(a)")?;
    assert_eq!(tables(connection)?, text("s s_data"));
    assert_eq!(one(connection, "SELECT type FROM pragma_table_list WHERE name = 's_data'")?, text("shadow"));
    engine::exec(connection, "INSERT INTO s VALUES (1), (2), (3); DELETE FROM s WHERE a = 2")?;
    assert_eq!(one(connection, "SELECT count(*) FROM s_data")?, integer(4));
    assert_eq!(engine::last_insert_rowid(connection)?, 3);
    assert_eq!(engine::changes(connection)?, 1);
    engine::exec(connection, "DROP TABLE s")?;
    assert_eq!(tables(connection)?, text(""));
    engine::exec(connection, "CREATE VIRTUAL TABLE s USING mem(a); ALTER TABLE s RENAME TO u")?;
    assert_eq!(tables(connection)?, text("u u_data"));
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    engine::close(connection)
}

#[test]
fn they_are_undone_with_the_statement() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "BEGIN; CREATE VIRTUAL TABLE s USING mem(a); INSERT INTO s VALUES (1); ROLLBACK")?;
    assert_eq!(tables(connection)?, text(""));
    // The declaration is bad: the extension has made its table already.
    *state.declaration.borrow_mut() = Some("CREATE TABLE x(".into());
    assert!(query(connection, "CREATE VIRTUAL TABLE s USING mem(a)").is_err());
    assert_eq!(tables(connection)?, text(""));
    state.declaration.take();
    engine::exec(connection, "CREATE VIRTUAL TABLE s USING mem(a); INSERT INTO s VALUES (1)")?;
    engine::exec(connection, "CREATE TABLE o(x CHECK (x < 3))")?;
    engine::exec(connection, "CREATE TRIGGER o_in AFTER INSERT ON o BEGIN INSERT INTO s VALUES (new.x); END")?;
    assert!(query(connection, "INSERT INTO o VALUES (1), (2), (3)").is_err());
    assert_eq!(one(connection, "SELECT count(*) FROM s_data")?, integer(1));
    assert_eq!(one(connection, "SELECT count(*) FROM s")?, integer(1));
    assert_eq!(query(connection, "PRAGMA integrity_check")?, [[text("ok")]]);
    engine::close(connection)
}

#[test]
fn a_refusal_keeps_its_reason_on_the_way_through_the_table() -> Result {
    let connection = open()?;
    let state = State::new();
    native::add_guest(ID, Memory(Rc::clone(&state)));
    engine::load_extension(connection, ID, "", grants(&[]))?;
    state.on("create", || spi_execute(ID, "CREATE TABLE x(a)", &[]).map(drop).map_err(hand_on));
    let error = fails(query(connection, "CREATE VIRTUAL TABLE s USING mem(a)"));
    assert_eq!(error.reason, Some(engine::Reason::CapabilityDenied));
    assert!(error.message.starts_with("capability-denied: extension `memory`, module `mem`: "), "{}", error.message);
    engine::close(connection)
}

#[test]
fn a_constructor_can_not_use_its_own_table() -> Result {
    let (connection, state) = loaded()?;
    engine::exec(connection, "CREATE VIRTUAL TABLE s USING mem(a)")?;
    let seen: Rc<std::cell::RefCell<Vec<GuestError>>> = Rc::default();
    let kept = Rc::clone(&seen);
    state.on("connect", move || {
        kept.borrow_mut().extend(spi_query(ID, "SELECT * FROM s", &[]).err());
        Ok(())
    });
    engine::exec(connection, "BEGIN; CREATE TABLE q(x); ROLLBACK; SELECT * FROM s")?;
    assert_eq!(seen.borrow()[0].message, "vtable constructor called recursively: s");
    state.on("connect", || Err(CallError::message("lost")));
    engine::exec(connection, "BEGIN; CREATE TABLE q(x); ROLLBACK")?;
    for sql in ["SELECT * FROM s", "INSERT INTO s VALUES (1)", "DROP TABLE s", "PRAGMA table_info(s)"] {
        assert_eq!(fails(query(connection, sql)).message, "lost", "{sql}");
    }
    state.calm();
    engine::exec(connection, "SELECT * FROM s; DROP TABLE s")?;
    engine::close(connection)
}

#[test]
fn long_lists_arrive_whole() -> Result {
    let (connection, _) = loaded()?;
    engine::exec(
        connection,
        "CREATE VIRTUAL TABLE s USING mem(a); CREATE TABLE o(x);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO o SELECT i FROM n;
         INSERT INTO s VALUES (5), (1999), (2001), (NULL), ('5'), (x'')",
    )?;
    assert_eq!(one(connection, "SELECT group_concat(a) FROM s WHERE a IN (SELECT x FROM o)")?, text("5,1999"));
    assert_eq!(one(connection, "SELECT count(*) FROM s WHERE a IN (x'', NULL, '5')")?, integer(2));
    assert_eq!(one(connection, "SELECT count(*) FROM s WHERE a IN ()")?, integer(0));
    engine::close(connection)
}
