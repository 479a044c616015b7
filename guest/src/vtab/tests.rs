//! A table that does everything, used as a host uses it.

use std::collections::BTreeMap;

use super::{Batch, Columns, ModuleFlags, ROWID, TableModule, Tables, TransactionStep};
use crate::abi::RawText;
use crate::prelude::*;
use crate::testing::{Query, VirtualTable};

type Rows = BTreeMap<i64, (String, i64)>;

/// Notes in memory.
struct Notes {
    rows: Rows,
    savepoints: Vec<(i32, Rows)>,
}

const TEXT: usize = 0;
const WEIGHT: usize = 1;

impl Notes {
    fn put(&mut self, rowid: i64, values: Args<'_>) -> Result<(), Error> {
        let (ValueRef::Text(text), ValueRef::Integer(weight)) = (values.at(TEXT), values.at(WEIGHT)) else {
            return Err(Error::new(Error::MISMATCH, "a note is a text and an integer"));
        };
        self.rows.insert(rowid, (text.to_owned(), weight));
        Ok(())
    }
}

/// Where a scan stands: rowids in reverse.
struct Reading(Vec<i64>);

impl Cursor<Notes> for Reading {
    fn advance(&mut self, table: &Notes, row: &mut Row<'_>) -> Result<bool, Error> {
        let Some(rowid) = self.0.pop() else { return Ok(false) };
        let Some((text, weight)) = table.rows.get(&rowid) else { return Err(Error::from("a row is gone")) };
        row.set_rowid(rowid);
        row.set(TEXT, text.as_str());
        row.set(WEIGHT, *weight);
        Ok(true)
    }
}

#[table(creatable, innocuous, shadow("data", "log"), name = "notes")]
impl Table for Notes {
    type Cursor = Reading;

    fn connect(at: &Connect<'_>) -> Result<Self, Error> {
        let rows = (1..).zip(at.arguments().map(|text| (text.to_owned(), 0))).collect();
        Ok(Self { rows, savepoints: Vec::new() })
    }

    fn schema(&self) -> Schema {
        Schema::new(["text TEXT", "weight INTEGER"])
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let mut plan = IndexPlan::scan(100);
        if let Some(constraint) = query.find(ROWID, Operator::Eq) {
            let used = plan.take(&constraint).omit();
            if constraint.in_list {
                used.in_list();
            }
            plan.number = 1;
            plan.unique = !constraint.in_list;
        }
        plan.order_by_consumed = query.ordered_by(ROWID) == Some(false);
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Reading, Error> {
        let mut rowids: Vec<i64> = if scan.number() == 1 {
            let wanted = scan.list(0).iter().filter_map(i64::from_value);
            wanted.filter(|rowid| self.rows.contains_key(rowid)).collect()
        } else {
            self.rows.keys().copied().collect()
        };
        rowids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Reading(rowids))
    }

    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, _: Conflict) -> Result<i64, Error> {
        let rowid = rowid.unwrap_or_else(|| self.rows.last_key_value().map_or(1, |(last, _)| last + 1));
        if self.rows.contains_key(&rowid) {
            return Err(Error::new(Error::CONSTRAINT, "the rowid is taken"));
        }
        self.put(rowid, values).map(|()| rowid)
    }

    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, _: Conflict) -> Result<(), Error> {
        self.put(new_rowid, values)?;
        if rowid != new_rowid {
            self.rows.remove(&rowid);
        }
        Ok(())
    }

    fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        self.rows.remove(&rowid);
        Ok(())
    }

    fn savepoint(&mut self, number: i32) -> Result<(), Error> {
        self.savepoints.push((number, self.rows.clone()));
        Ok(())
    }

    fn rollback_to(&mut self, number: i32) -> Result<(), Error> {
        self.savepoints.retain(|(other, _)| *other <= number);
        self.rows = self.savepoints.last().map(|(_, rows)| rows.clone()).unwrap_or_default();
        Ok(())
    }

    fn integrity(&self, _: bool) -> Result<Option<String>, Error> {
        Ok(self.rows.values().any(|(text, _)| text.is_empty()).then(|| "a note is empty".to_owned()))
    }
}

fn note(text: &str, weight: i64) -> Vec<Value> {
    vec![text.into(), weight.into()]
}

#[test]
fn flags_follow_from_the_methods() {
    let module = Notes::MODULE;
    let flags = module.flags();
    for flag in [ModuleFlags::CREATABLE, ModuleFlags::WRITABLE, ModuleFlags::SAVEPOINTS, ModuleFlags::INTEGRITY] {
        assert!(flags.contains(flag));
    }
    for flag in [ModuleFlags::EPONYMOUS, ModuleFlags::RENAMABLE, ModuleFlags::TRANSACTIONAL, ModuleFlags::CONFLICTS] {
        assert!(!flags.contains(flag));
    }
    assert_eq!((module.name(), module.shadow_names()), ("notes", &["data", "log"][..]));
}

#[test]
fn rows_are_changed_and_taken_back() {
    let mut table = VirtualTable::create::<Notes>(&[]).unwrap();
    assert_eq!(table.insert(None, &note("a", 1)), Ok(1));
    assert_eq!(table.insert(Some(7), &note("b", 2)), Ok(7));
    assert_eq!(table.insert(Some(7), &note("c", 2)).unwrap_err().code(), Error::CONSTRAINT);
    table.transaction(TransactionStep::Begin).unwrap();
    table.transaction(TransactionStep::Savepoint(0)).unwrap();
    table.update(7, 8, &note("", 3)).unwrap();
    table.delete(1).unwrap();
    assert_eq!(table.rows(&[]), Ok(vec![(8, note("", 3))]));
    assert_eq!(table.integrity(), Ok(Some("a note is empty".to_owned())));
    table.transaction(TransactionStep::RollbackTo(0)).unwrap();
    assert_eq!(table.rows(&[]), Ok(vec![(1, note("a", 1)), (7, note("b", 2))]));
    assert_eq!(table.integrity(), Ok(None));
    assert_eq!(table.rename("other").unwrap_err().code(), Error::READONLY);
    table.destroy().unwrap();
}

#[test]
fn a_plan_takes_what_it_can() {
    let mut table = VirtualTable::create::<Notes>(&["a", "b", "c", "d"]).unwrap();
    let texts = |rows: Result<Vec<Vec<Value>>, Error>| {
        rows.unwrap().iter().map(|row| row[0].as_ref().to_string()).collect::<String>()
    };
    assert_eq!(texts(table.select(&[(ROWID, Operator::Eq, 2.into())])), "b");
    assert_eq!(texts(table.select(&[(TEXT, Operator::Ge, "c".into()), (WEIGHT, Operator::Lt, 1.into())])), "cd");
    let list = Query::new().and_in(ROWID, [4, 9, 1]);
    assert!(table.plan(&list).unwrap().uses[0].in_list);
    assert_eq!(texts(table.query(&list)), "ad");
    assert!(table.plan(&list.clone().order_by(ROWID, false)).unwrap().order_by_consumed);
    assert_eq!(texts(table.query(&list.order_by(ROWID, true))), "da");
    assert_eq!(texts(table.query(&Query::new().and_in(TEXT, ["d", "b"]))), "bd");
    assert_eq!(texts(table.query(&Query::new().order_by(TEXT, true).limit(2).offset(1))), "cb");
}

#[test]
fn batches_go_on_where_they_stopped() {
    let mut tables = Tables::new();
    let arguments = ["a", "b", "c"].map(RawText::borrow);
    let at = |arguments| Connect { database: RawText::borrow("main"), name: RawText::borrow("t"), arguments };
    tables.make(Some(&Notes::MODULE), true, 1, &at(&arguments)).unwrap();
    tables.make(Some(&Notes::MODULE), false, 2, &at(&[])).unwrap();
    tables.open(1, 10).unwrap();
    tables.open(1, 11).unwrap();
    let scan = Scan { number: 0, name: RawText::borrow(""), arguments: &[], columns: Columns(1) };
    let mut batch = Batch::new();
    let mut next = |tables: &mut Tables, cursor, max| {
        let last = tables.of(cursor).and_then(|table| table.next_batch(cursor, max, &mut batch))?;
        let (rowids, values) = batch.seal();
        assert_eq!(rowids.len(), values.len());
        let rows: String = values.iter().map(|value| value.get().to_string()).collect();
        Ok::<_, Error>((rows, last))
    };
    // Not filtered yet.
    assert_eq!(next(&mut tables, 10, 5), Ok((String::new(), true)));
    for cursor in [10, 11] {
        tables.of(cursor).unwrap().filter(cursor, &scan).unwrap();
    }
    assert_eq!(next(&mut tables, 10, 2), Ok(("ab".to_owned(), false)));
    assert_eq!(next(&mut tables, 11, 1), Ok(("a".to_owned(), false)));
    assert_eq!(next(&mut tables, 10, 2), Ok(("c".to_owned(), true)));
    assert_eq!(next(&mut tables, 10, 2), Ok((String::new(), true)));
    // An error comes after the rows before it, once.
    tables.table(1).unwrap().delete(3).unwrap();
    assert_eq!(next(&mut tables, 11, 9), Ok(("b".to_owned(), false)));
    assert_eq!(next(&mut tables, 11, 9).unwrap_err().message(), "a row is gone");
    assert_eq!(next(&mut tables, 11, 9), Ok((String::new(), true)));
    // Again from the start.
    tables.of(11).unwrap().filter(11, &scan).unwrap();
    assert_eq!(next(&mut tables, 11, 9), Ok(("ab".to_owned(), true)));
    tables.close(10);
    assert_eq!(next(&mut tables, 10, 1).unwrap_err().code(), Error::MISUSE);
    tables.destroy(1).unwrap();
    assert_eq!(next(&mut tables, 11, 1).unwrap_err().code(), Error::MISUSE);
    assert!(tables.table(1).is_err() && tables.table(2).is_ok());
    tables.disconnect(2);
    assert!(tables.table(2).is_err() && tables.make(None, true, 3, &at(&[])).is_err());
}

#[test]
fn a_batch_of_long_texts_is_short() {
    let long = "x".repeat(100_000);
    let (mut table, _) = super::open(Notes { rows: Rows::new(), savepoints: Vec::new() }).unwrap();
    for rowid in 0..10 {
        let raw =
            [crate::abi::RawValue::borrow(ValueRef::Text(&long)), crate::abi::RawValue::borrow(ValueRef::Integer(0))];
        table.insert(Some(rowid), Args::borrow(&raw), Conflict::Abort).unwrap();
    }
    table.open(1);
    table.filter(1, &Scan { number: 0, name: RawText::borrow(""), arguments: &[], columns: Columns::ALL }).unwrap();
    let mut batch = Batch::new();
    let mut sizes = Vec::new();
    while !table.next_batch(1, 256, &mut batch).unwrap() {
        sizes.push(batch.len());
    }
    assert_eq!((sizes, batch.len()), (vec![3, 3, 3], 1));
}
