//! The bounded log.

use std::collections::VecDeque;

use sqlink_guest::hooks::{Operation, RowChange};
use sqlink_guest::{Args, Error, ValueRef};

use crate::{json, verb};

/// Changes that are kept if the embedder does not say.
const ENTRIES: usize = 1000;
/// The most the embedder may ask for.
const MOST_ENTRIES: usize = 1_000_000;
/// Bytes of values that are kept, whatever the number of changes.
const BYTES: usize = 8 * 1024 * 1024;

/// What the embedder wants.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    entries: usize,
    /// Empty for all.
    tables: Vec<String>,
    values: bool,
}

impl Settings {
    /// * `get` - a setting by its key
    ///
    /// # Errors
    /// With [`Error::MISUSE`] for a setting that makes no sense.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let refuse = |key: &str, value: &str, expected: &str| {
            Err(Error::new(Error::MISUSE, format!("setting `{key}`: expected {expected}, found `{value}`")))
        };
        let entries = match get("max_entries") {
            None => ENTRIES,
            Some(text) => match text.trim().parse() {
                Ok(entries) if (1..=MOST_ENTRIES).contains(&entries) => entries,
                _ => return refuse("max_entries", &text, "a number from 1 to 1000000"),
            },
        };
        let values = match get("values").as_deref() {
            None | Some("yes") => true,
            Some("no") => false,
            Some(other) => return refuse("values", other, "`yes` or `no`"),
        };
        let tables = get("tables").unwrap_or_default();
        let names = tables.split([',', ';', ' ']).filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Self { entries, tables: names.collect(), values })
    }
}

/// A changed row.
#[derive(Debug)]
pub struct Change {
    pub seq: i64,
    pub transaction: i64,
    /// Milliseconds since 1970.
    pub at: Option<i64>,
    pub operation: String,
    pub database: String,
    pub table: String,
    /// Its rowid after the change, or before a delete.
    pub rowid: i64,
    pub old: Option<String>,
    pub new: Option<String>,
    pub depth: i32,
}

impl Change {
    fn bytes(&self) -> usize {
        let values = [&self.old, &self.new].into_iter().flatten().map(String::len).sum::<usize>();
        values + self.database.len() + self.table.len()
    }
}

/// Changes, oldest first, within bounds.
#[derive(Debug, Default)]
struct Changes {
    list: VecDeque<Change>,
    bytes: usize,
}

impl Changes {
    fn push(&mut self, change: Change, most: usize) {
        self.bytes += change.bytes();
        self.list.push_back(change);
        while self.list.len() > most || self.bytes > BYTES {
            let Some(oldest) = self.list.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }
}

/// What was committed, and what may be.
#[derive(Debug)]
pub struct Log {
    settings: Settings,
    committed: Changes,
    pending: Changes,
    /// The last number given.
    last: i64,
    /// Up to where numbers are taken from the state.
    reserved: i64,
}

impl Log {
    /// * `last` - the last number that an earlier load may have given
    pub fn new(settings: Settings, last: i64) -> Self {
        Self { settings, committed: Changes::default(), pending: Changes::default(), last, reserved: last }
    }

    /// Notes a change of the running transaction.
    pub fn note(&mut self, change: &RowChange<'_>) {
        let tables = &self.settings.tables;
        if !tables.is_empty() && !tables.iter().any(|name| name.eq_ignore_ascii_case(change.table)) {
            return;
        }
        let has = |there: bool| there && self.settings.values;
        let inserted = change.operation == Operation::Insert;
        let deleted = change.operation == Operation::Delete;
        let json = |row: Args<'_>| {
            // What would push everything else out is not kept.
            let bytes: usize = row.iter().map(size).sum();
            (bytes <= BYTES / 16).then(|| json::array(row))
        };
        let change = Change {
            seq: 0,
            transaction: 0,
            at: None,
            operation: verb(change.operation).to_owned(),
            database: change.database.to_owned(),
            table: change.table.to_owned(),
            rowid: if deleted { change.old_rowid } else { change.new_rowid },
            old: has(!inserted).then(|| json(change.old)).flatten(),
            new: has(!deleted).then(|| json(change.new)).flatten(),
            depth: change.depth,
        };
        self.pending.push(change, self.settings.entries);
    }

    /// Numbers the transaction's changes; the first number is that of the transaction too. Returns the number up to which the state
    /// must say that numbers are taken, if that is a new one.
    pub fn commit(&mut self, at: Option<i64>, block: i64) -> Option<i64> {
        let transaction = self.last.saturating_add(1);
        for change in std::mem::take(&mut self.pending).list {
            self.last = self.last.saturating_add(1);
            self.committed.push(Change { seq: self.last, transaction, at, ..change }, self.settings.entries);
        }
        (self.last > self.reserved).then(|| {
            self.reserved = self.last.saturating_add(block);
            self.reserved
        })
    }

    /// Forgets the transaction's changes.
    pub fn rollback(&mut self) {
        self.pending = Changes::default();
    }

    /// Forgets all that was committed.
    pub fn clear(&mut self) -> usize {
        std::mem::take(&mut self.committed).list.len()
    }

    /// The first change with this number or a higher one.
    pub fn from(&self, seq: i64) -> Option<&Change> {
        let list = &self.committed.list;
        list.get(list.partition_point(|change| change.seq < seq))
    }

    /// The last number given.
    pub fn last(&self) -> i64 {
        self.last
    }
}

/// Bytes that a value takes in JSON, about.
fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(text) => text.len(),
        ValueRef::Blob(blob) => 2 * blob.len(),
        _ => 8,
    }
}
