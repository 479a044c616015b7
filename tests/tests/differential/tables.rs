//! The kit's tables, natively: `kit_series`, which here checks nothing itself, and the writable tables.
#![allow(
    unsafe_code,
    reason = "SQLite's structures begin a table's and a cursor's, and rusqlite has no savepoints for tables"
)]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, CString, c_int};
use std::marker::PhantomData;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::vtab::{
    ConflictMode, Context, CreateVTab, Filters, IndexFlags, IndexInfo, Inserts, Module, TransactionVTab, UpdateVTab,
    Updates, VTab, VTabConfig, VTabConnection, VTabCursor, VTabKind, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, ffi};

use crate::Value;
use crate::pair::{Log, failure, lent, owned};
use crate::plan::{self, Rows};
use crate::questions;
use crate::value::list;

/// `SQLITE_ERROR`
const ERROR: i32 = 1;
/// `SQLITE_CONSTRAINT`
const CONSTRAINT: i32 = 19;
/// `SQLITE_MISMATCH`
const MISMATCH: i32 = 20;

/// What the tables of a connection hold, by name.
type Contents = Arc<Mutex<HashMap<String, Rows>>>;

/// Registers the modules.
pub fn register(connection: &Connection, log: &Log) -> rusqlite::Result<()> {
    let contents = Contents::default();
    for (name, conflicts, plans) in
        [(c"kit_table", false, false), (c"kit_conflicts", true, false), (c"kit_planned", true, true)]
    {
        let stored = Stored { contents: Arc::clone(&contents), log: log.clone(), conflicts, plans };
        connection.create_module(name, with_savepoints(), Some(stored))?;
    }
    let series: &'static Module<'static, Series> = Box::leak(Box::new(Module::eponymous_only_module()));
    connection.create_module(c"kit_series", series, None)
}

/// A module whose tables also hear of savepoints.
fn with_savepoints() -> &'static Module<'static, Table> {
    let module: Module<'static, Table> = Module::update_module_with_tx();
    // SAFETY: `Module` is a transparent wrapper of `sqlite3_module`. The callbacks get what rusqlite's `xConnect` made: a
    // `Table`, which SQLite hands to one callback at a time.
    let module = unsafe {
        let mut raw: ffi::sqlite3_module = mem::transmute(module);
        raw.iVersion = 2;
        raw.xSavepoint = Some(savepoint);
        raw.xRelease = Some(release);
        raw.xRollbackTo = Some(rollback_to);
        mem::transmute::<ffi::sqlite3_module, Module<'static, Table>>(raw)
    };
    Box::leak(Box::new(module))
}

unsafe extern "C" fn savepoint(table: *mut sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: as `with_savepoints` says.
    let table = unsafe { &mut *table.cast::<Table>() };
    let rows = table.rows().clone();
    table.savepoints.insert(number, rows);
    ffi::SQLITE_OK
}

unsafe extern "C" fn release(table: *mut sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: as `with_savepoints` says.
    let table = unsafe { &mut *table.cast::<Table>() };
    drop(table.savepoints.split_off(&number));
    ffi::SQLITE_OK
}

unsafe extern "C" fn rollback_to(table: *mut sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: as `with_savepoints` says.
    let table = unsafe { &mut *table.cast::<Table>() };
    // A savepoint that the table was not told of is from before it joined the transaction.
    let saved = table.savepoints.get(&number).unwrap_or(&table.begun).clone();
    drop(table.savepoints.split_off(&number));
    *table.rows() = saved.clone();
    table.savepoints.insert(number, saved);
    ffi::SQLITE_OK
}

/// What a module knows.
pub struct Stored {
    contents: Contents,
    log: Log,
    conflicts: bool,
    plans: bool,
}

/// A writable table.
#[repr(C)]
struct Table {
    base: sqlite3_vtab,
    db: *mut ffi::sqlite3,
    name: String,
    columns: usize,
    contents: Contents,
    log: Log,
    conflicts: bool,
    plans: bool,
    begun: Rows,
    savepoints: BTreeMap<c_int, Rows>,
}

/// A table's rows, for as long as nobody else needs any.
struct Content<'a>(MutexGuard<'a, HashMap<String, Rows>>, &'a str);

impl std::ops::Deref for Content<'_> {
    type Target = Rows;

    fn deref(&self) -> &Rows {
        &self.0[self.1]
    }
}

impl std::ops::DerefMut for Content<'_> {
    fn deref_mut(&mut self) -> &mut Rows {
        self.0.entry(self.1.to_owned()).or_default()
    }
}

impl Table {
    fn rows(&self) -> Content<'_> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.entry(self.name.clone()).or_default();
        Content(contents, &self.name)
    }

    fn put(&self, rowid: i64, values: Vec<Value>, conflict: &ConflictMode) -> rusqlite::Result<()> {
        let replaces = self.conflicts && *conflict == ConflictMode::Replace;
        if self.rows().contains_key(&rowid) && !replaces {
            return Err(failure(CONSTRAINT, format!("row {rowid} is there already")));
        }
        self.rows().insert(rowid, values);
        Ok(())
    }
}

fn rowid(value: ValueRef<'_>) -> rusqlite::Result<Option<i64>> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(rowid) => Ok(Some(rowid)),
        _ => Err(failure(MISMATCH, "a rowid must be an integer")),
    }
}

fn needed(value: ValueRef<'_>) -> rusqlite::Result<i64> {
    rowid(value)?.ok_or_else(|| failure(MISMATCH, "a rowid must not be NULL"))
}

// SAFETY: it is `repr(C)`, and SQLite's structure comes first.
unsafe impl VTab<'_> for Table {
    type Aux = Stored;
    type Cursor = Cursor<'static>;

    fn connect(
        db: &mut VTabConnection,
        aux: Option<&Stored>,
        _module: &[u8],
        _database: &[u8],
        name: &[u8],
        args: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, Self)> {
        let aux = aux.ok_or_else(|| failure(ERROR, "the module knows nothing"))?;
        if aux.conflicts {
            db.config(VTabConfig::ConstraintSupport)?;
        }
        let columns: Vec<_> = args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
        let table = Self {
            base: sqlite3_vtab::default(),
            // SAFETY: the handle is asked for the conflict mode only, while SQLite calls the table.
            db: unsafe { db.handle() },
            name: String::from_utf8_lossy(name).into_owned(),
            columns: columns.len(),
            contents: Arc::clone(&aux.contents),
            log: aux.log.clone(),
            conflicts: aux.conflicts,
            plans: aux.plans,
            begun: Rows::new(),
            savepoints: BTreeMap::new(),
        };
        let declaration = CString::new(format!("CREATE TABLE x({})", columns.join(",")))
            .map_err(|error| failure(ERROR, error.to_string()))?;
        Ok((Cow::Owned(declaration), table))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        if !self.plans {
            return Ok(true);
        }
        let question = questions::read(info, self.columns)?;
        self.log.note(question.shown());
        let found = plan::plan(&question);
        for (index, usage) in found.uses.iter().enumerate() {
            let argument = c_int::try_from(usage.argument).unwrap_or(0);
            info.constraint_usage(index).set_argv_index(argument);
            info.constraint_usage(index).set_omit(usage.omit);
            if usage.in_list {
                info.set_in_constraint(index, true)?;
            }
        }
        info.set_idx_str(&found.name);
        info.set_order_by_consumed(true);
        info.set_estimated_cost(found.rows.into());
        info.set_estimated_rows(found.rows.into());
        info.set_idx_flags(if found.unique { IndexFlags::SQLITE_INDEX_SCAN_UNIQUE } else { IndexFlags::NONE });
        Ok(true)
    }

    fn open(&mut self) -> rusqlite::Result<Cursor<'static>> {
        Ok(Cursor::new(Source::Table {
            contents: Arc::clone(&self.contents),
            name: self.name.clone(),
            log: self.log.clone(),
            plans: self.plans,
        }))
    }
}

impl CreateVTab<'_> for Table {
    const KIND: VTabKind = VTabKind::Default;

    fn destroy(&self) -> rusqlite::Result<()> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
        Ok(())
    }
}

impl UpdateVTab<'_> for Table {
    fn delete(&mut self, at: ValueRef<'_>) -> rusqlite::Result<()> {
        let at = needed(at)?;
        self.rows().remove(&at);
        Ok(())
    }

    fn insert(&mut self, args: &Inserts<'_>) -> rusqlite::Result<i64> {
        // SAFETY: the handle is that of the connection that calls.
        let conflict = unsafe { args.on_conflict(self.db) };
        let mut values = args.iter().skip(1);
        let asked = values.next().map(rowid).transpose()?.flatten();
        let rowid = asked.unwrap_or_else(|| self.rows().last_key_value().map_or(1, |(last, _)| last.wrapping_add(1)));
        self.put(rowid, values.map(owned).collect(), &conflict)?;
        Ok(rowid)
    }

    fn update(&mut self, args: &Updates<'_>) -> rusqlite::Result<()> {
        // SAFETY: the handle is that of the connection that calls.
        let conflict = unsafe { args.on_conflict(self.db) };
        let mut values = args.iter();
        let old = values.next().map_or(Ok(0), needed)?;
        let new = values.next().map_or(Ok(0), needed)?;
        let before = self.rows().remove(&old);
        let result = self.put(new, values.map(owned).collect(), &conflict);
        if let (Err(_), Some(before)) = (&result, before) {
            self.rows().insert(old, before);
        }
        result
    }
}

impl TransactionVTab<'_> for Table {
    fn begin(&mut self) -> rusqlite::Result<()> {
        let rows = self.rows().clone();
        self.begun = rows;
        self.savepoints.clear();
        Ok(())
    }

    fn commit(&mut self) -> rusqlite::Result<()> {
        self.savepoints.clear();
        Ok(())
    }

    fn rollback(&mut self) -> rusqlite::Result<()> {
        self.savepoints.clear();
        let begun = mem::take(&mut self.begun);
        *self.rows() = begun;
        Ok(())
    }
}

/// `kit_series(start, stop)`: the numbers from one to the other, in three columns.
#[repr(C)]
struct Series {
    base: sqlite3_vtab,
}

/// The first of the two columns that are arguments.
const START: c_int = 3;

// SAFETY: it is `repr(C)`, and SQLite's structure comes first.
unsafe impl VTab<'_> for Series {
    type Aux = ();
    type Cursor = Cursor<'static>;

    fn connect(
        _db: &mut VTabConnection,
        _aux: Option<&()>,
        _module: &[u8],
        _database: &[u8],
        _name: &[u8],
        _args: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, Self)> {
        let declaration = c"CREATE TABLE x(n INTEGER, r REAL, s TEXT, start HIDDEN, stop HIDDEN)";
        Ok((Cow::Borrowed(declaration), Self { base: sqlite3_vtab::default() }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        let (mut name, mut argument) = (String::new(), 0);
        for (constraint, mut usage) in info.constraints_and_usages() {
            let hidden = constraint.column() >= START;
            if hidden && !constraint.is_usable() {
                return Ok(false);
            }
            if hidden && matches!(constraint.operator(), rusqlite::vtab::IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ)
            {
                argument += 1;
                usage.set_argv_index(argument);
                usage.set_omit(true);
                name.push(if constraint.column() == START { 'a' } else { 'z' });
            }
        }
        info.set_idx_str(&name);
        info.set_estimated_cost(if argument == 2 { 10.0 } else { 1000.0 });
        Ok(true)
    }

    fn open(&mut self) -> rusqlite::Result<Cursor<'static>> {
        Ok(Cursor::new(Source::Series))
    }
}

/// What a cursor goes over.
enum Source {
    Table { contents: Contents, name: String, log: Log, plans: bool },
    Series,
}

/// A scan of either.
#[repr(C)]
struct Cursor<'vtab> {
    base: sqlite3_vtab_cursor,
    source: Source,
    rows: Vec<(i64, Vec<Value>)>,
    at: usize,
    table: PhantomData<&'vtab ()>,
}

impl Cursor<'_> {
    fn new(source: Source) -> Self {
        Self { base: sqlite3_vtab_cursor::default(), source, rows: Vec::new(), at: 0, table: PhantomData }
    }
}

fn numbers(name: &str, args: &Filters<'_>) -> rusqlite::Result<Vec<(i64, Vec<Value>)>> {
    let (mut start, mut stop, mut none) = (1, 10, false);
    for (letter, value) in name.chars().zip(args.iter()) {
        match (letter, value) {
            ('a', ValueRef::Integer(n)) => start = n,
            (_, ValueRef::Integer(n)) => stop = n,
            (_, ValueRef::Null) => none = true,
            _ => return Err(failure(ERROR, "start and stop must be integers")),
        }
    }
    let row = |n: i64| {
        #[allow(clippy::cast_precision_loss, reason = "tests use small numbers")]
        let half = n as f64 / 2.0;
        let text = Value::Text(format!("row number {n:05}"));
        (n, vec![Value::Integer(n), Value::Real(half), text, Value::Integer(start), Value::Integer(stop)])
    };
    Ok(if none { Vec::new() } else { (start..=stop).map(row).collect() })
}

// SAFETY: it is `repr(C)`, and SQLite's structure comes first.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, _number: c_int, name: Option<&str>, args: &Filters<'_>) -> rusqlite::Result<()> {
        let name = name.unwrap_or_default();
        self.at = 0;
        self.rows = match &self.source {
            Source::Series => numbers(name, args)?,
            Source::Table { contents, name: table, log, plans } => {
                let rows =
                    contents.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned().unwrap_or_default();
                if *plans {
                    let args = questions::arguments(name, args)?;
                    let shown: String = args.iter().map(|values| format!("({})", list(values))).collect();
                    log.note(format!("scan {name:?} {shown}"));
                    plan::scan(&rows, name, &args)
                } else {
                    rows.into_iter().collect()
                }
            }
        };
        Ok(())
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        self.at += 1;
        Ok(())
    }

    fn eof(&self) -> bool {
        self.at >= self.rows.len()
    }

    fn column(&self, context: &mut Context, column: c_int) -> rusqlite::Result<()> {
        let value = usize::try_from(column).ok().and_then(|column| self.rows.get(self.at)?.1.get(column));
        context.set_result(value.map(lent))
    }

    fn rowid(&self) -> rusqlite::Result<i64> {
        Ok(self.rows.get(self.at).map_or(0, |(rowid, _)| *rowid))
    }
}
