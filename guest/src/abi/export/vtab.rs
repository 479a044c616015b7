//! `sqlink:extension/vtab`.

#![allow(clippy::too_many_arguments, reason = "texts and lists are an address and a length each")]

use std::cell::RefCell;

use crate::abi::entry::{enter, fail, give, give_unit, keep_text};
use crate::abi::{
    Args, RawArgument, RawConstraint, RawList, RawOption, RawOrderTerm, RawText, RawValue, list, text_from_host,
};
use crate::extension::Extension;
use crate::vtab::{
    Batch, Columns, Conflict, Connect, ConstraintUse, Distinct, IndexPlan, IndexQuery, Scan, Tables, TransactionStep,
};

thread_local! {
    static TABLES: RefCell<Tables> = const { RefCell::new(Tables::new()) };
    /// The host reads these after the call.
    static BATCH: RefCell<Batch> = const { RefCell::new(Batch::new()) };
    static PLAN: RefCell<Option<IndexPlan>> = const { RefCell::new(None) };
}

/// Runs one call.
///
/// # Safety
/// As for [`enter`].
unsafe fn with<R>(run: impl FnOnce(&mut Tables) -> R) -> R {
    // SAFETY: the caller's promise.
    unsafe { enter(|| TABLES.with_borrow_mut(run)) }
}

unsafe fn make<T: Extension>(
    create: bool,
    module: u32,
    table: u32,
    [database, name]: [(*const u8, usize); 2],
    arguments: *const u8,
    arguments_len: usize,
) -> *const u8 {
    // SAFETY: the host's promise; the declaration is owned.
    let result = unsafe {
        with(|tables| {
            let at = Connect {
                database: text_from_host(database.0, database.1),
                name: text_from_host(name.0, name.1),
                arguments: list(arguments.cast(), arguments_len),
            };
            tables.make(T::MODULES.get(module as usize), create, table, &at)
        })
    };
    match result {
        Ok(declaration) => give(keep_text(declaration)),
        Err(error) => fail::<RawText<'_>>(error),
    }
}

pub unsafe fn create<T: Extension>(
    module: u32,
    table: u32,
    database: *const u8,
    database_len: usize,
    name: *const u8,
    name_len: usize,
    arguments: *const u8,
    arguments_len: usize,
) -> *const u8 {
    let names = [(database, database_len), (name, name_len)];
    // SAFETY: the host's promise.
    unsafe { make::<T>(true, module, table, names, arguments, arguments_len) }
}

pub unsafe fn connect<T: Extension>(
    module: u32,
    table: u32,
    database: *const u8,
    database_len: usize,
    name: *const u8,
    name_len: usize,
    arguments: *const u8,
    arguments_len: usize,
) -> *const u8 {
    let names = [(database, database_len), (name, name_len)];
    // SAFETY: the host's promise.
    unsafe { make::<T>(false, module, table, names, arguments, arguments_len) }
}

pub unsafe fn disconnect<T: Extension>(table: u32) {
    // SAFETY: there are no arguments to borrow from. That goes for all calls below that take numbers only.
    unsafe { with(|tables| tables.disconnect(table)) }
}

pub unsafe fn destroy<T: Extension>(table: u32) -> *const u8 {
    // SAFETY: as above.
    give_unit(unsafe { with(|tables| tables.destroy(table)) })
}

/// `index-plan`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawPlan<'a> {
    uses: RawList<'a, ConstraintUse>,
    number: i32,
    name: RawText<'a>,
    order_by_consumed: bool,
    estimated_cost: f64,
    estimated_rows: i64,
    unique: bool,
}

pub unsafe fn best_index<T: Extension>(
    table: u32,
    constraints: *const u8,
    constraints_len: usize,
    order_by: *const u8,
    order_by_len: usize,
    distinct: u32,
    columns: u64,
) -> *const u8 {
    // SAFETY: the host's promise; a plan is owned.
    let result = unsafe {
        with(|tables| {
            tables.table(table)?.best_index(&IndexQuery {
                constraints: list::<RawConstraint<'_>>(constraints.cast(), constraints_len),
                order_by: list::<RawOrderTerm>(order_by.cast(), order_by_len),
                distinct: match distinct {
                    0 => Distinct::Sorted,
                    1 => Distinct::Grouped,
                    2 => Distinct::Distinct,
                    _ => Distinct::DistinctSorted,
                },
                columns: Columns(columns),
            })
        })
    };
    match result {
        Ok(plan) => PLAN.with_borrow_mut(|kept| {
            let plan = kept.insert(plan);
            give(RawPlan {
                uses: RawList::borrow(&plan.uses),
                number: plan.number,
                name: RawText::borrow(&plan.name),
                order_by_consumed: plan.order_by_consumed,
                estimated_cost: plan.estimated_cost,
                estimated_rows: plan.estimated_rows,
                unique: plan.unique,
            })
        }),
        Err(error) => fail::<RawPlan<'_>>(error),
    }
}

pub unsafe fn open<T: Extension>(table: u32, cursor: u32) -> *const u8 {
    // SAFETY: numbers only.
    give_unit(unsafe { with(|tables| tables.open(table, cursor)) })
}

pub unsafe fn filter<T: Extension>(
    cursor: u32,
    number: i32,
    name: *const u8,
    name_len: usize,
    args: *const u8,
    args_len: usize,
    columns: u64,
) -> *const u8 {
    // SAFETY: the host's promise; an error is owned, and a cursor borrows nothing.
    give_unit(unsafe {
        with(|tables| {
            let scan = Scan {
                number,
                name: text_from_host(name, name_len),
                arguments: list::<RawArgument<'_>>(args.cast(), args_len),
                columns: Columns(columns),
            };
            tables.of(cursor)?.filter(cursor, &scan)
        })
    })
}

/// `batch`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawBatch<'a> {
    rowids: RawList<'a, i64>,
    values: RawList<'a, RawValue<'a>>,
    last: bool,
}

pub unsafe fn next_batch<T: Extension>(cursor: u32, max_rows: u32) -> *const u8 {
    BATCH.with_borrow_mut(|batch| {
        // SAFETY: numbers only.
        let result = unsafe { with(|tables| tables.of(cursor)?.next_batch(cursor, max_rows, batch)) };
        match result {
            Ok(last) => {
                let (rowids, values) = batch.seal();
                give(RawBatch { rowids: RawList::borrow(rowids), values: RawList::borrow(values), last })
            }
            Err(error) => fail::<RawBatch<'_>>(error),
        }
    })
}

pub unsafe fn close<T: Extension>(cursor: u32) {
    // SAFETY: numbers only.
    unsafe { with(|tables| tables.close(cursor)) }
}

fn conflict(number: u32) -> Conflict {
    match number {
        0 => Conflict::Rollback,
        1 => Conflict::Ignore,
        2 => Conflict::Fail,
        3 => Conflict::Abort,
        _ => Conflict::Replace,
    }
}

pub unsafe fn insert<T: Extension>(
    table: u32,
    has_rowid: u32,
    rowid: i64,
    values: *const u8,
    values_len: usize,
    on_conflict: u32,
) -> *const u8 {
    let rowid = (has_rowid != 0).then_some(rowid);
    // SAFETY: the host's promise; a rowid and an error are owned.
    let result = unsafe {
        with(|tables| {
            let values = Args::from_host(values, values_len);
            tables.table(table)?.insert(rowid, values, conflict(on_conflict))
        })
    };
    match result {
        Ok(rowid) => give(rowid),
        Err(error) => fail::<i64>(error),
    }
}

pub unsafe fn update<T: Extension>(
    table: u32,
    rowid: i64,
    new_rowid: i64,
    values: *const u8,
    values_len: usize,
    on_conflict: u32,
) -> *const u8 {
    // SAFETY: the host's promise; an error is owned.
    give_unit(unsafe {
        with(|tables| {
            let values = Args::from_host(values, values_len);
            tables.table(table)?.update(rowid, new_rowid, values, conflict(on_conflict))
        })
    })
}

pub unsafe fn delete<T: Extension>(table: u32, rowid: i64) -> *const u8 {
    // SAFETY: numbers only.
    give_unit(unsafe { with(|tables| tables.table(table)?.delete(rowid)) })
}

pub unsafe fn transaction<T: Extension>(table: u32, step: u32, number: i32) -> *const u8 {
    let step = match step {
        0 => TransactionStep::Begin,
        1 => TransactionStep::Sync,
        2 => TransactionStep::Commit,
        3 => TransactionStep::Rollback,
        4 => TransactionStep::Savepoint(number),
        5 => TransactionStep::Release(number),
        _ => TransactionStep::RollbackTo(number),
    };
    // SAFETY: numbers only.
    give_unit(unsafe { with(|tables| tables.table(table)?.transaction(step)) })
}

pub unsafe fn rename<T: Extension>(table: u32, name: *const u8, name_len: usize) -> *const u8 {
    // SAFETY: the host's promise; an error is owned.
    give_unit(unsafe { with(|tables| tables.table(table)?.rename(text_from_host(name, name_len).get())) })
}

pub unsafe fn integrity<T: Extension>(table: u32, quick: u32) -> *const u8 {
    // SAFETY: numbers only.
    let result = unsafe { with(|tables| tables.table(table)?.integrity(quick != 0)) };
    match result {
        Ok(report) => give(RawOption::new(report.map(keep_text))),
        Err(error) => fail::<RawOption<RawText<'_>>>(error),
    }
}
