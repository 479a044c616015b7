//! `sqlink:extension/hooks`.

#![allow(clippy::too_many_arguments, reason = "texts and lists are an address and a length each")]

use crate::abi::entry::{enter, fail, give, give_unit};
use crate::abi::{Args, text_from_host};
use crate::extension::Extension;
use crate::hooks::{Action, Hooks, Operation, Request, RowChange, Verdict};

pub unsafe fn authorize<T: Extension>(
    action: u32,
    has_first: u32,
    first: *const u8,
    first_len: usize,
    has_second: u32,
    second: *const u8,
    second_len: usize,
    has_database: u32,
    database: *const u8,
    database_len: usize,
    has_trigger: u32,
    trigger: *const u8,
    trigger_len: usize,
) -> *const u8 {
    // SAFETY: the host's promise.
    let text = |some: u32, start, len| (some != 0).then(|| unsafe { text_from_host(start, len) }.get());
    // SAFETY: the host's promise; a verdict and an error are owned.
    let result = unsafe {
        enter(|| {
            T::Hooks::authorize(&Request {
                action: Action::_lift(action.to_le_bytes()[0]),
                first: text(has_first, first, first_len),
                second: text(has_second, second, second_len),
                database: text(has_database, database, database_len),
                trigger: text(has_trigger, trigger, trigger_len),
            })
        })
    };
    match result {
        Ok(verdict) => give(verdict as u8),
        Err(error) => fail::<u8>(error),
    }
}

fn operation(number: u32) -> Operation {
    match number {
        0 => Operation::Insert,
        1 => Operation::Update,
        _ => Operation::Delete,
    }
}

pub unsafe fn update<T: Extension>(
    changed: u32,
    database: *const u8,
    database_len: usize,
    table: *const u8,
    table_len: usize,
    rowid: i64,
) -> *const u8 {
    // SAFETY: the host's promise; an error is owned.
    give_unit(unsafe {
        enter(|| {
            let (database, table) = (text_from_host(database, database_len), text_from_host(table, table_len));
            T::Hooks::update(operation(changed), database.get(), table.get(), rowid)
        })
    })
}

pub unsafe fn preupdate<T: Extension>(
    changed: u32,
    database: *const u8,
    database_len: usize,
    table: *const u8,
    table_len: usize,
    depth: i32,
    old_rowid: i64,
    new_rowid: i64,
    old: *const u8,
    old_len: usize,
    new: *const u8,
    new_len: usize,
) -> *const u8 {
    // SAFETY: the host's promise; an error is owned.
    give_unit(unsafe {
        enter(|| {
            T::Hooks::preupdate(&RowChange {
                operation: operation(changed),
                database: text_from_host(database, database_len).get(),
                table: text_from_host(table, table_len).get(),
                depth,
                old_rowid,
                new_rowid,
                old: Args::from_host(old, old_len),
                new: Args::from_host(new, new_len),
            })
        })
    })
}

pub unsafe fn commit<T: Extension>() -> *const u8 {
    // SAFETY: there are no arguments to borrow from.
    match unsafe { enter(T::Hooks::commit) } {
        Ok(go_on) => give(go_on),
        Err(error) => fail::<bool>(error),
    }
}

pub unsafe fn rollback<T: Extension>() {
    // SAFETY: there are no arguments to borrow from.
    unsafe { enter(T::Hooks::rollback) }
}

const _: () = assert!(Verdict::Ignore as u8 == 2);
