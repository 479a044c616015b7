//! SQLink extension `audit`: the last changes of a connection's rows as a table, `audit_log`, with the values before and after.
//!
//! The preupdate hook notes each change; the commit hook gives those of a transaction their numbers and makes them visible, the
//! rollback hook forgets them. The log is bounded, and lives in the extension's memory; the numbers go on from one load to
//! the next where `state` is granted.
//!
//! Source: <https://sqlite.org/c3ref/preupdate_blobwrite.html>
#![forbid(unsafe_code)]

mod json;
mod log;

use std::cell::RefCell;

use sqlink_guest::hooks::{Operation, RowChange};
use sqlink_guest::prelude::*;
use sqlink_guest::vtab::ROWID;

use crate::log::{Change, Log, Settings};

/// Where the last number is kept.
const STATE: &str = "seq";
/// Numbers are taken from the state in blocks: one write serves so many commits, and a crash skips at most as many.
const BLOCK: i64 = 1000;

thread_local! {
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// The log, which begins with the settings and the number where the last one stopped.
fn with_log<T>(run: impl FnOnce(&mut Log) -> T) -> Result<T, Error> {
    LOG.with_borrow_mut(|kept| {
        if kept.is_none() {
            let settings = Settings::read(config::get)?;
            let last = granted(state::get(STATE))?.flatten();
            let last = last.and_then(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?))).unwrap_or(0);
            *kept = Some(Log::new(settings, last));
        }
        kept.as_mut().map(run).ok_or_else(|| Error::from("the log is not there"))
    })
}

/// None without the capability: it is optional.
fn granted<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.code() == Error::AUTH => Ok(None),
        answer => answer.map(Some),
    }
}

fn keep(last: i64) -> Result<(), Error> {
    granted(state::set(STATE, &last.to_le_bytes())).map(|_| ())
}

struct Watch;

#[hooks]
impl Hooks for Watch {
    fn preupdate(change: &RowChange<'_>) -> Result<(), Error> {
        with_log(|log| log.note(change))
    }

    fn commit() -> Result<bool, Error> {
        let at = granted(clock::now())?;
        let beyond = with_log(|log| log.commit(at, BLOCK))?;
        if let Some(last) = beyond {
            keep(last)?;
        }
        Ok(true)
    }

    fn rollback() {
        // Without a log there is nothing to forget.
        let _ = with_log(Log::rollback);
    }
}

/// Empties the log and returns how many changes it had.
#[scalar(direct_only)]
fn audit_clear() -> Result<i64, Error> {
    Ok(i64::try_from(with_log(Log::clear)?)?)
}

const SEQ: usize = 0;

/// The table `audit_log`.
struct AuditLog;

/// Where a scan stands: the number of the next change, and the last one that is wanted.
struct Reading {
    next: i64,
    last: i64,
}

impl Cursor<AuditLog> for Reading {
    fn advance(&mut self, _: &AuditLog, row: &mut Row<'_>) -> Result<bool, Error> {
        with_log(|log| {
            let Some(change) = log.from(self.next).filter(|change| change.seq <= self.last) else {
                return false;
            };
            row.set_rowid(change.seq);
            let Change { operation, database, table, rowid, old, new, .. } = change;
            row.set(SEQ, change.seq);
            row.set(1, change.transaction);
            row.set(2, change.at);
            row.set(3, operation.as_str());
            row.set(4, database.as_str());
            row.set(5, table.as_str());
            row.set(6, *rowid);
            row.set(7, old.as_deref());
            row.set(8, new.as_deref());
            row.set(9, change.depth);
            self.next = change.seq.saturating_add(1);
            true
        })
    }
}

#[table(eponymous, name = "audit_log")]
impl Table for AuditLog {
    type Cursor = Reading;

    fn connect(_: &Connect<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        Schema::new([
            "seq INTEGER",
            "tx INTEGER",
            "at INTEGER",
            "operation TEXT",
            "database TEXT",
            "\"table\" TEXT",
            "row INTEGER",
            "old TEXT",
            "new TEXT",
            "depth INTEGER",
        ])
    }

    /// Changes are in the order of their numbers: bounds on `seq` and its order cost nothing.
    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let mut plan = IndexPlan::scan(1000);
        for (bit, operators) in [(1, [Operator::Ge, Operator::Gt]), (2, [Operator::Le, Operator::Lt])] {
            let mut bounds = operators.iter().filter_map(|operator| query.find(SEQ, *operator));
            if let Some(bound) = bounds.next() {
                plan.take(&bound);
                plan.number |= bit;
                plan.estimated_cost /= 4.0;
            }
        }
        plan.order_by_consumed = [SEQ, ROWID].iter().any(|column| query.ordered_by(*column) == Some(false));
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Reading, Error> {
        let mut reading = Reading { next: 0, last: i64::MAX };
        // SQLite checks the bounds again: one that is no integer narrows nothing.
        if scan.number() & 1 != 0
            && let ValueRef::Integer(first) = scan.value(0)
        {
            reading.next = first;
        }
        if scan.number() & 2 != 0
            && let ValueRef::Integer(last) = scan.value(scan.len() - 1)
        {
            reading.last = last;
        }
        Ok(reading)
    }
}

fn load() -> Result<(), Error> {
    with_log(|_| ())
}

fn unload() -> Result<(), Error> {
    keep(with_log(|log| log.last())?)
}

/// What SQL calls it.
const fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::Delete => "delete",
    }
}

extension! {
    name: "audit",
    description: "A log of changed rows, with the values before and after.",
    functions: [audit_clear],
    tables: [AuditLog],
    hooks: Watch,
    on_load: load,
    on_unload: unload,
    optional: {
        "clock": "the column `at` says when a change was committed",
        "state": "numbers go on where they stopped when the extension was loaded before",
    },
}

#[cfg(test)]
mod tests;
