//! Hooks that do what they are told, and the beginning and the end.

use std::cell::RefCell;

use sqlink_guest::hooks::{Action, Operation, Request, RowChange, Verdict};
use sqlink_guest::prelude::*;

use crate::note;

thread_local! {
    static SETTING: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What the hooks do from now on: see the front page.
#[scalar]
pub fn kinds_hooks(setting: &str) {
    SETTING.set(setting.to_owned());
}

fn set(setting: &str) -> bool {
    SETTING.with_borrow(|current| current == setting)
}

fn fail_if(setting: &str) -> Result<(), Error> {
    if set(setting) { Err(Error::new(Error::CONSTRAINT, format!("told to {setting}"))) } else { Ok(()) }
}

/// The hooks.
pub struct Guard;

#[hooks]
impl Hooks for Guard {
    fn authorize(request: &Request<'_>) -> Result<Verdict, Error> {
        let denied = SETTING.with_borrow(|setting| setting.strip_prefix("deny ").map(str::to_owned));
        Ok(match (request.action, request.first) {
            (Action::Read, Some(table)) if denied.as_deref() == Some(table) => Verdict::Deny,
            (Action::Pragma, Some("user_version")) if set("log") => {
                note(format!("authorize pragma {:?} {:?} {:?}", request.second, request.database, request.trigger));
                Verdict::Ignore
            }
            _ => Verdict::Allow,
        })
    }

    fn update(operation: Operation, database: &str, table: &str, rowid: i64) -> Result<(), Error> {
        if set("log") {
            note(format!("{} {database}.{table} {rowid}", verb(operation)));
        }
        fail_if("fail update")
    }

    fn preupdate(change: &RowChange<'_>) -> Result<(), Error> {
        if set("log") {
            let row = |row: Args<'_>| row.iter().map(|value| value.to_string()).collect::<Vec<_>>().join(",");
            let RowChange { operation, table, depth, old_rowid, new_rowid, old, new, .. } = *change;
            note(match operation {
                Operation::Insert => format!("before insert {table} {depth} {new_rowid}({})", row(new)),
                Operation::Delete => format!("before delete {table} {depth} {old_rowid}({})", row(old)),
                Operation::Update => {
                    format!("before update {table} {depth} {old_rowid}({}) {new_rowid}({})", row(old), row(new))
                }
            });
        }
        fail_if("fail preupdate")
    }

    fn commit() -> Result<bool, Error> {
        if set("log") {
            note("commit");
        }
        Ok(!set("veto"))
    }

    fn rollback() {
        if set("log") {
            note("rollback");
        }
    }
}

fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::Delete => "delete",
    }
}

/// `on-load`
pub fn load() -> Result<(), Error> {
    note("load");
    match config::get("refuse") {
        Some(reason) => Err(Error::new(Error::AUTH, reason)),
        None => Ok(()),
    }
}

/// `on-unload`
pub fn unload() -> Result<(), Error> {
    state::set("unloaded", b"yes")
}
