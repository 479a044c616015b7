use std::cell::RefCell;

use sqlink_guest::hooks::{Operation, RowChange};
use sqlink_guest::prelude::*;
use sqlink_guest::testing::preupdate;

use crate::log::{Log, Settings};

fn settings(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
    Settings::read(|key| pairs.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned()))
}

thread_local! {
    static TESTED: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Brings changes to the log under test.
struct Tested;

#[hooks]
impl Hooks for Tested {
    fn preupdate(change: &RowChange<'_>) -> Result<(), Error> {
        TESTED.with_borrow_mut(|log| log.as_mut().map(|log| log.note(change)).ok_or_else(|| "no log".into()))
    }
}

fn start(pairs: &[(&str, &str)], last: i64) {
    TESTED.set(Some(Log::new(settings(pairs).unwrap(), last)));
}

fn change(operation: Operation, table: &str, old: &[Value], new: &[Value]) {
    preupdate::<Tested>(operation, table, old, new).unwrap();
}

fn log<T>(run: impl FnOnce(&mut Log) -> T) -> T {
    TESTED.with_borrow_mut(|log| run(log.as_mut().unwrap()))
}

fn seqs() -> Vec<i64> {
    log(|log| {
        let mut seqs = Vec::new();
        while let Some(change) = log.from(seqs.last().map_or(0, |last| last + 1)) {
            seqs.push(change.seq);
        }
        seqs
    })
}

#[test]
fn only_what_is_committed_counts() {
    start(&[], 40);
    change(Operation::Insert, "t", &[], &[1.into()]);
    assert_eq!(seqs(), []);
    log(Log::rollback);
    change(Operation::Insert, "t", &[], &["a\"\n\u{1}ü".into(), Value::Null, 0.5.into(), Value::Blob(vec![0, 255])]);
    change(Operation::Delete, "t", &[(-3).into(), f64::INFINITY.into(), 2.0.into()], &[]);
    assert_eq!(log(|log| log.commit(Some(7), 1000)), Some(1042));
    change(Operation::Update, "t", &[1.into()], &[2.into()]);
    assert_eq!(log(|log| log.commit(None, 1000)), None);
    assert_eq!(seqs(), [41, 42, 43]);
    log(|log| {
        let first = log.from(0).unwrap();
        assert_eq!((first.transaction, first.at, first.old.as_deref()), (41, Some(7), None));
        assert_eq!(first.new.as_deref(), Some(r#"["a\"\n\u0001ü",null,0.5,{"blob":"00ff"}]"#));
        assert_eq!(log.from(42).unwrap().old.as_deref(), Some("[-3,9e999,2.0]"));
        assert_eq!(log.from(43).unwrap().transaction, 43);
        assert_eq!((log.clear(), log.last()), (3, 43));
    });
    assert_eq!(seqs(), []);
}

#[test]
fn the_log_is_bounded() {
    start(&[("max_entries", "3")], 0);
    for value in 0..5 {
        change(Operation::Insert, "t", &[], &[value.into()]);
        log(|log| log.commit(None, 10));
    }
    assert_eq!(seqs(), [3, 4, 5]);
    // One transaction of more than fits, and a value that is too large to keep.
    for value in 0..10 {
        change(Operation::Insert, "t", &[], &[value.into()]);
    }
    change(Operation::Insert, "t", &[], &[Value::Blob(vec![0; 1 << 20])]);
    log(|log| log.commit(None, 10));
    assert_eq!(seqs(), [6, 7, 8]);
    assert_eq!(log(|log| log.from(8).unwrap().new.clone()), None);
}

#[test]
fn settings_choose() {
    start(&[("tables", "A;b"), ("values", "no")], 0);
    for table in ["a", "B", "c"] {
        change(Operation::Insert, table, &[], &[1.into()]);
    }
    log(|log| log.commit(None, 10));
    assert_eq!(seqs(), [1, 2]);
    assert_eq!(log(|log| log.from(1).unwrap().new.clone()), None);
    for (key, value) in [("max_entries", "0"), ("max_entries", "x"), ("values", "maybe")] {
        let error = settings(&[(key, value)]).unwrap_err();
        assert!(error.code() == Error::MISUSE && error.message().contains(value), "{}", error.message());
    }
}
