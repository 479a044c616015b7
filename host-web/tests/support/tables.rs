//! An extension with virtual tables, written for tests: a writable table whose rows are in its memory, and the table-valued
//! function `series`.
#![allow(dead_code, reason = "each test program uses a part of it")]

#[path = "plans.rs"]
mod plans;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use sqlink_host_web::contract::metadata::{Capability, HookSet, Manifest, Module, ModuleFlags, Nesting};
use sqlink_host_web::contract::types::Value;
use sqlink_host_web::contract::vtab::{Argument, Batch, Conflict, IndexPlan, IndexQuery, TransactionStep};
use sqlink_host_web::engine::{CallError, Reason};
use sqlink_host_web::native::{Guest, Tables};

use plans::{plan_rows, plan_series, scan_rows, scan_series};

type Outcome<T> = Result<T, CallError>;

/// Id of the module `mem`: `CREATE VIRTUAL TABLE t USING mem(columns…)`. An argument `unique` makes the first column unique,
/// `without rowid` makes the table one.
pub const MEM: u32 = 0;
/// Id of the module `series`: `series(start, stop, step)` gives `value`.
pub const SERIES: u32 = 1;

/// What of a table outlives an instance.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub rows: BTreeMap<i64, Vec<Value>>,
}

/// A table of an instance.
struct Open {
    module: u32,
    key: String,
    columns: usize,
    unique: bool,
    /// Content at the begin of the transaction, and at each savepoint.
    begun: Option<Content>,
    savepoints: Vec<Content>,
}

/// A cursor of an instance.
struct Scan {
    table: u32,
    rows: Rows,
    columns: u64,
}

#[derive(Default)]
struct Instance {
    tables: HashMap<u32, Open>,
    cursors: HashMap<u32, Scan>,
}

type Rows = Box<dyn Iterator<Item = (i64, Vec<Value>)>>;
type Intercept = dyn Fn(&str) -> Outcome<()>;
type Planner = dyn Fn(&IndexQuery) -> Outcome<IndexPlan>;
type Batcher = dyn Fn(u32) -> Outcome<Batch>;

/// The extension's state, which tests look at and meddle with.
#[derive(Default)]
pub struct State {
    modules: Vec<Module>,
    /// Content of all tables by `database.name`.
    pub store: RefCell<HashMap<String, Content>>,
    instance: RefCell<Instance>,
    /// Calls so far, each with its most telling argument.
    pub calls: RefCell<Vec<String>>,
    /// Called first in every call, with its name; may fail it.
    pub intercept: RefCell<Option<Rc<Intercept>>>,
    /// Answers `best-index` instead of the table.
    pub planner: RefCell<Option<Rc<Planner>>>,
    /// Answers `next-batch` instead of the table.
    pub batcher: RefCell<Option<Rc<Batcher>>>,
    /// The declaration that `create` and `connect` return, instead of the right one.
    pub declaration: RefCell<Option<String>>,
    /// Sizes of the batches that were asked for.
    pub asked: RefCell<Vec<u32>>,
    /// Questions of `best-index`.
    pub queries: RefCell<Vec<IndexQuery>>,
    /// Whether batches say that they are the last.
    pub says_last: Cell<bool>,
    /// What `integrity` returns.
    pub broken: RefCell<Option<String>>,
}

/// Flags of `mem`: everything.
pub fn all_flags() -> ModuleFlags {
    ModuleFlags::all() - ModuleFlags::EPONYMOUS - ModuleFlags::DIRECT_ONLY - ModuleFlags::INNOCUOUS
}

impl State {
    pub fn new() -> Rc<Self> {
        Self::with(vec![
            Module { id: MEM, name: "mem".into(), flags: all_flags(), shadow_names: vec!["data".into()] },
            Module { id: SERIES, name: "series".into(), flags: ModuleFlags::EPONYMOUS, shadow_names: Vec::new() },
        ])
    }

    pub fn with(modules: Vec<Module>) -> Rc<Self> {
        Rc::new(Self { modules, says_last: Cell::new(true), ..Self::default() })
    }

    /// Takes the calls so far.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.borrow_mut())
    }

    /// Ends the instance: everything that is not stored is gone.
    pub fn end_instance(&self) {
        self.instance.take();
    }

    /// Makes calls named `name` do something first.
    pub fn on(&self, name: &'static str, act: impl Fn() -> Outcome<()> + 'static) {
        *self.intercept.borrow_mut() = Some(Rc::new(move |called| if called == name { act() } else { Ok(()) }));
    }

    /// Makes the next call named `name` end the instance.
    pub fn trap_once(self: &Rc<Self>, name: &'static str) {
        let state = Rc::downgrade(self);
        let armed = Cell::new(true);
        self.on(name, move || {
            if !armed.replace(false) {
                return Ok(());
            }
            if let Some(state) = state.upgrade() {
                state.end_instance();
            }
            Err(CallError::Failure { reason: Reason::Trapped, detail: "unreachable".into() })
        });
    }

    pub fn calm(&self) {
        self.intercept.take();
        self.planner.take();
        self.batcher.take();
        self.declaration.take();
    }

    fn enter(&self, name: &str, detail: impl std::fmt::Display) -> Outcome<()> {
        self.calls.borrow_mut().push(format!("{name} {detail}").trim_end().to_owned());
        let intercept = self.intercept.borrow().clone();
        intercept.map_or(Ok(()), |intercept| intercept(name))
    }

    fn open_table(&self, module: u32, table: u32, database: &str, name: &str, arguments: &[String]) -> Outcome<String> {
        if module == SERIES {
            let open =
                Open { module, key: String::new(), columns: 4, unique: false, begun: None, savepoints: Vec::new() };
            self.instance.borrow_mut().tables.insert(table, open);
            return Ok("CREATE TABLE x(value, start HIDDEN, stop HIDDEN, step HIDDEN)".into());
        }
        let mut columns: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let unique = columns.contains(&"unique");
        let without_rowid = columns.contains(&"without rowid");
        columns.retain(|argument| !["unique", "without rowid"].contains(argument));
        let open = Open {
            module,
            key: format!("{database}.{name}"),
            columns: columns.len(),
            unique,
            begun: None,
            savepoints: Vec::new(),
        };
        self.instance.borrow_mut().tables.insert(table, open);
        let tail = if without_rowid { " WITHOUT ROWID" } else { "" };
        let declared = format!("CREATE TABLE x({}){tail}", columns.join(", "));
        Ok(self.declaration.borrow().clone().unwrap_or(declared))
    }

    /// Runs something on a table and its content.
    fn with_table<T>(&self, table: u32, run: impl FnOnce(&mut Open, &mut Content) -> Outcome<T>) -> Outcome<T> {
        let mut instance = self.instance.borrow_mut();
        let open = instance.tables.get_mut(&table).ok_or_else(|| unknown("table", table))?;
        let mut store = self.store.borrow_mut();
        let content = store.entry(open.key.clone()).or_default();
        run(open, content)
    }
}

fn unknown(what: &str, id: u32) -> CallError {
    CallError::message(format!("there is no {what} {id} in this instance"))
}

/// The extension.
pub struct Memory(pub Rc<State>);

impl Guest for Memory {
    fn describe(&self) -> Manifest {
        Manifest {
            name: "memory".into(),
            version: "1.0.0".into(),
            description: "tables in memory".into(),
            functions: Vec::new(),
            aggregates: Vec::new(),
            collations: Vec::new(),
            modules: self.0.modules.clone(),
            hooks: HookSet::empty(),
            required: Vec::new(),
            optional: ["spi.read", "spi.write"]
                .map(|name| Capability { name: name.into(), reason: "for a test".into() })
                .into(),
            nesting: Nesting::Refuse,
            http: None,
        }
    }

    fn vtab(&self) -> Option<&dyn Tables> {
        Some(&*self.0)
    }

    fn next_batch(&self, cursor: u32, max_rows: u32) -> Outcome<Batch> {
        let state = &self.0;
        state.asked.borrow_mut().push(max_rows);
        state.enter("next-batch", max_rows)?;
        let batcher = state.batcher.borrow().clone();
        if let Some(batcher) = batcher {
            return batcher(max_rows);
        }
        let mut instance = state.instance.borrow_mut();
        let scan = instance.cursors.get_mut(&cursor).ok_or_else(|| unknown("cursor", cursor))?;
        let mut batch = Batch { rowids: Vec::new(), values: Vec::new(), last: false };
        let mut ended = false;
        for _ in 0..max_rows {
            let Some((rowid, row)) = scan.rows.next() else {
                ended = true;
                break;
            };
            batch.rowids.push(rowid);
            for (index, value) in row.into_iter().enumerate() {
                if scan.columns & (1 << index.min(63)) != 0 {
                    batch.values.push(value);
                }
            }
        }
        batch.last = ended && state.says_last.get();
        Ok(batch)
    }
}

impl Tables for State {
    fn create(&self, module: u32, table: u32, database: &str, name: &str, arguments: &[String]) -> Outcome<String> {
        self.enter("create", format!("{database}.{name}({})", arguments.join("|")))?;
        self.store.borrow_mut().insert(format!("{database}.{name}"), Content::default());
        self.open_table(module, table, database, name, arguments)
    }

    fn connect(&self, module: u32, table: u32, database: &str, name: &str, arguments: &[String]) -> Outcome<String> {
        self.enter("connect", format!("{database}.{name}({})", arguments.join("|")))?;
        self.open_table(module, table, database, name, arguments)
    }

    fn disconnect(&self, table: u32) -> Outcome<()> {
        self.enter("disconnect", "")?;
        self.instance.borrow_mut().tables.remove(&table).map(drop).ok_or_else(|| unknown("table", table))
    }

    fn destroy(&self, table: u32) -> Outcome<()> {
        self.enter("destroy", "")?;
        let key = self.with_table(table, |open, _| Ok(open.key.clone()))?;
        self.store.borrow_mut().remove(&key);
        self.instance.borrow_mut().tables.remove(&table);
        Ok(())
    }

    fn best_index(&self, table: u32, query: &IndexQuery) -> Outcome<IndexPlan> {
        self.enter("best-index", "")?;
        self.queries.borrow_mut().push(query.clone());
        let planner = self.planner.borrow().clone();
        if let Some(planner) = planner {
            return planner(query);
        }
        let module = self.with_table(table, |open, _| Ok(open.module))?;
        if module == SERIES { plan_series(query) } else { Ok(plan_rows(query)) }
    }

    fn open(&self, table: u32, cursor: u32) -> Outcome<()> {
        self.enter("open", "")?;
        self.with_table(table, |_, _| Ok(()))?;
        let scan = Scan { table, rows: Box::new(std::iter::empty()), columns: 0 };
        self.instance.borrow_mut().cursors.insert(cursor, scan);
        Ok(())
    }

    fn filter(&self, cursor: u32, number: i32, name: &str, args: &[Argument], columns: u64) -> Outcome<()> {
        self.enter("filter", format!("{number} {name}"))?;
        let table = self.instance.borrow().cursors.get(&cursor).map(|scan| scan.table);
        let table = table.ok_or_else(|| unknown("cursor", cursor))?;
        let rows = self.with_table(table, |open, content| {
            let rows: Rows = if open.module == SERIES {
                Box::new(scan_series(number, args))
            } else {
                Box::new(scan_rows(content, name, args).into_iter())
            };
            Ok(rows)
        })?;
        self.instance.borrow_mut().cursors.insert(cursor, Scan { table, rows, columns });
        Ok(())
    }

    fn close(&self, cursor: u32) -> Outcome<()> {
        self.enter("close", "")?;
        self.instance.borrow_mut().cursors.remove(&cursor).map(drop).ok_or_else(|| unknown("cursor", cursor))
    }

    fn insert(&self, table: u32, rowid: Option<i64>, values: &[Value], on_conflict: Conflict) -> Outcome<i64> {
        let conflict = format!("{on_conflict:?}").to_lowercase();
        self.enter("insert", conflict.trim_start_matches("conflict::"))?;
        self.with_table(table, |open, content| {
            let last = content.rows.last_key_value().map_or(0, |(rowid, _)| *rowid);
            let rowid = rowid.unwrap_or(last + 1);
            make_room(open, content, None, rowid, values, on_conflict)?;
            content.rows.insert(rowid, values.to_vec());
            Ok(rowid)
        })
    }

    fn update(&self, table: u32, rowid: i64, new: i64, values: &[Value], on_conflict: Conflict) -> Outcome<()> {
        self.enter("update", format!("{rowid} {new}"))?;
        self.with_table(table, |open, content| {
            make_room(open, content, Some(rowid), new, values, on_conflict)?;
            content.rows.remove(&rowid);
            content.rows.insert(new, values.to_vec());
            Ok(())
        })
    }

    fn delete(&self, table: u32, rowid: i64) -> Outcome<()> {
        self.enter("delete", rowid)?;
        self.with_table(table, |_, content| {
            content.rows.remove(&rowid);
            Ok(())
        })
    }

    fn transaction(&self, table: u32, step: TransactionStep) -> Outcome<()> {
        let name = match step {
            TransactionStep::Begin => "begin".into(),
            TransactionStep::Sync => "sync".into(),
            TransactionStep::Commit => "commit".into(),
            TransactionStep::Rollback => "rollback".into(),
            TransactionStep::Savepoint(number) => format!("savepoint {number}"),
            TransactionStep::Release(number) => format!("release {number}"),
            TransactionStep::RollbackTo(number) => format!("rollback-to {number}"),
        };
        let (word, number) = name.split_once(' ').unwrap_or((&name, ""));
        self.enter(word, number)?;
        self.with_table(table, |open, content| {
            let wrong = |what: &str| Err(CallError::message(format!("`{name}` {what}")));
            let at = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
            match step {
                TransactionStep::Begin if open.begun.is_some() => return wrong("in a transaction"),
                TransactionStep::Begin => open.begun = Some(content.clone()),
                _ if open.begun.is_none() => return wrong("outside of a transaction"),
                TransactionStep::Sync => {}
                TransactionStep::Commit => {
                    open.begun = None;
                    open.savepoints.clear();
                }
                TransactionStep::Rollback => {
                    *content = open.begun.take().unwrap_or_default();
                    open.savepoints.clear();
                }
                TransactionStep::Savepoint(number) if at(number) != open.savepoints.len() => {
                    return wrong("leaves a gap");
                }
                TransactionStep::Savepoint(_) => open.savepoints.push(content.clone()),
                TransactionStep::Release(number) | TransactionStep::RollbackTo(number)
                    if at(number) >= open.savepoints.len() =>
                {
                    return wrong("is not known");
                }
                TransactionStep::Release(number) => open.savepoints.truncate(at(number)),
                TransactionStep::RollbackTo(number) => {
                    open.savepoints.truncate(at(number) + 1);
                    *content = open.savepoints[at(number)].clone();
                }
            }
            Ok(())
        })
    }

    fn rename(&self, table: u32, new_name: &str) -> Outcome<()> {
        self.enter("rename", new_name)?;
        let old = self.with_table(table, |open, _| {
            let database = open.key.split('.').next().unwrap_or_default();
            let new = format!("{database}.{new_name}");
            Ok(std::mem::replace(&mut open.key, new))
        })?;
        let mut store = self.store.borrow_mut();
        let content = store.remove(&old).unwrap_or_default();
        let database = old.split('.').next().unwrap_or_default();
        store.insert(format!("{database}.{new_name}"), content);
        Ok(())
    }

    fn integrity(&self, _table: u32, quick: bool) -> Outcome<Option<String>> {
        self.enter("integrity", if quick { "quick" } else { "" })?;
        Ok(self.broken.borrow().clone())
    }
}

/// Sees to rows that are in the way of a new one.
fn make_room(
    open: &Open,
    content: &mut Content,
    old: Option<i64>,
    rowid: i64,
    values: &[Value],
    on_conflict: Conflict,
) -> Outcome<()> {
    let same = |row: &[Value]| open.unique && row.first() == values.first() && row.first() != Some(&Value::Null);
    let in_the_way: Vec<i64> = content
        .rows
        .iter()
        .filter(|(other, row)| Some(**other) != old && (**other == rowid || same(row)))
        .map(|(other, _)| *other)
        .collect();
    if let Some(other) = in_the_way.first()
        && on_conflict != Conflict::Replace
    {
        return Err(CallError::Error { code: 2067, message: format!("row {other} is in the way") });
    }
    for other in in_the_way {
        content.rows.remove(&other);
    }
    Ok(())
}
