//! `xBestIndex`: from SQLite's structure to the contract's records and back.

use std::ffi::{CStr, c_char, c_int, c_uchar};
use std::slice;

use rusqlite::ffi;

use super::value::read;
use super::vtab_table::{complain, table};
use super::vtab_update::copied;
use crate::contract::types::Value;
use crate::contract::vtab::{Constraint, ConstraintUse, DistinctMode, IndexPlan, IndexQuery, Operator, OrderTerm};
use crate::engine::error::{Error, NOMEM, Result};
use crate::engine::vtab::{Handed, Planned};

/// What follows a plan's name and its NUL in `idxStr`: [`Handed`], little-endian.
const TRAILER: usize = 8 + 4;

/// `xBestIndex` of every module.
pub(super) unsafe extern "C" fn best_index(raw: *mut ffi::sqlite3_vtab, info: *mut ffi::sqlite3_index_info) -> c_int {
    // SAFETY: SQLite passes what `construct` made.
    let Some(table) = (unsafe { table(raw) }).map(std::rc::Rc::clone) else { return ffi::SQLITE_MISUSE };
    let core = table.module().core();
    // SAFETY: SQLite passes its structure, valid until this returns.
    let planned = unsafe {
        let query = query(info);
        core.while_compiling(|| table.best_index(query)).and_then(|planned| match planned {
            Planned::Plan(plan, handed) => answer(info, &plan, handed).map(|()| ffi::SQLITE_OK),
            Planned::Impossible => Ok(ffi::SQLITE_CONSTRAINT),
        })
    };
    match planned {
        Ok(code) => code,
        // SAFETY: as above.
        Err(error) => unsafe { complain(raw, core, error) },
    }
}

/// Borrows one of the structure's lists.
///
/// # Safety
///
/// `items` must hold `count` items, which stay as they are until `'a` ends.
unsafe fn list<'a, T>(items: *const T, count: c_int) -> &'a [T] {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller vouches for the list.
    unsafe { if items.is_null() || count == 0 { &[] } else { slice::from_raw_parts(items, count) } }
}

/// Reads the question.
///
/// # Safety
///
/// `info` must be what SQLite passed to the running `xBestIndex`.
///
/// Source: <https://sqlite.org/vtab.html#inputs>
unsafe fn query(info: *mut ffi::sqlite3_index_info) -> IndexQuery {
    // SAFETY: the caller vouches for the structure; SQLite's functions may be asked about it while the callback runs.
    unsafe {
        let constraints = list((*info).aConstraint, (*info).nConstraint);
        let order = list((*info).aOrderBy, (*info).nOrderBy);
        IndexQuery {
            constraints: (0..)
                .zip(constraints)
                .map(|(index, constraint)| {
                    let operator = operator(constraint.op);
                    Constraint {
                        column: constraint.iColumn,
                        operator,
                        usable: constraint.usable != 0 && operator != Operator::Other,
                        in_list: ffi::sqlite3_vtab_in(info, index, -1) != 0,
                        collation: collation(info, index),
                        constant: constant(info, index),
                    }
                })
                .collect(),
            order_by: order.iter().map(|term| OrderTerm { column: term.iColumn, descending: term.desc != 0 }).collect(),
            distinct: match ffi::sqlite3_vtab_distinct(info) {
                1 => DistinctMode::Grouped,
                2 => DistinctMode::Distinct,
                3 => DistinctMode::DistinctSorted,
                _ => DistinctMode::Sorted,
            },
            columns_used: (*info).colUsed,
        }
    }
}

/// Source: <https://sqlite.org/c3ref/c_index_constraint_eq.html>
fn operator(number: c_uchar) -> Operator {
    match c_int::from(number) {
        ffi::SQLITE_INDEX_CONSTRAINT_EQ => Operator::Eq,
        ffi::SQLITE_INDEX_CONSTRAINT_GT => Operator::Gt,
        ffi::SQLITE_INDEX_CONSTRAINT_LE => Operator::Le,
        ffi::SQLITE_INDEX_CONSTRAINT_LT => Operator::Lt,
        ffi::SQLITE_INDEX_CONSTRAINT_GE => Operator::Ge,
        ffi::SQLITE_INDEX_CONSTRAINT_MATCH => Operator::Match,
        ffi::SQLITE_INDEX_CONSTRAINT_LIKE => Operator::Like,
        ffi::SQLITE_INDEX_CONSTRAINT_GLOB => Operator::Glob,
        ffi::SQLITE_INDEX_CONSTRAINT_REGEXP => Operator::Regexp,
        ffi::SQLITE_INDEX_CONSTRAINT_NE => Operator::Ne,
        ffi::SQLITE_INDEX_CONSTRAINT_ISNOT => Operator::IsNot,
        ffi::SQLITE_INDEX_CONSTRAINT_ISNOTNULL => Operator::IsNotNull,
        ffi::SQLITE_INDEX_CONSTRAINT_ISNULL => Operator::IsNull,
        ffi::SQLITE_INDEX_CONSTRAINT_IS => Operator::Is,
        ffi::SQLITE_INDEX_CONSTRAINT_LIMIT => Operator::Limit,
        ffi::SQLITE_INDEX_CONSTRAINT_OFFSET => Operator::Offset,
        _ => Operator::Other,
    }
}

/// # Safety
///
/// As [`query`].
unsafe fn collation(info: *mut ffi::sqlite3_index_info, index: c_int) -> String {
    // SAFETY: the caller vouches for the structure; the name lives until the callback returns and is copied.
    unsafe {
        let name = ffi::sqlite3_vtab_collation(info, index);
        if name.is_null() { "BINARY".to_owned() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
}

/// The right-hand side of a constraint, where it is known, and a value that extensions may get.
///
/// # Safety
///
/// As [`query`].
unsafe fn constant(info: *mut ffi::sqlite3_index_info, index: c_int) -> Option<Value> {
    let mut value = std::ptr::null_mut();
    // SAFETY: the caller vouches for the structure; the value is protected and lives until the callback returns.
    unsafe {
        if ffi::sqlite3_vtab_rhs_value(info, index, &raw mut value) != ffi::SQLITE_OK || value.is_null() {
            return None;
        }
        copied(read(value).ok()?.get()).ok()
    }
}

/// Writes a plan that was checked against the question.
///
/// # Errors
///
/// `SQLITE_NOMEM`.
///
/// # Safety
///
/// As [`query`].
///
/// Source: <https://sqlite.org/vtab.html#outputs>
unsafe fn answer(info: *mut ffi::sqlite3_index_info, plan: &IndexPlan, handed: Handed) -> Result<()> {
    // SAFETY: the caller vouches for the structure, whose list of usages has an item for each constraint, and the plan has no
    // more. SQLite frees the string.
    unsafe {
        for (index, &ConstraintUse { argument, omit, in_list }) in (0..).zip(&plan.uses) {
            let usage = (*info).aConstraintUsage.offset(index);
            (*usage).argvIndex = c_int::try_from(argument).unwrap_or(0);
            (*usage).omit = c_uchar::from(omit && argument != 0);
            if in_list && argument != 0 {
                ffi::sqlite3_vtab_in(info, c_int::try_from(index).unwrap_or(-1), 1);
            }
        }
        (*info).idxNum = plan.number;
        (*info).idxStr = write_string(&plan.name, handed).ok_or_else(|| Error::new(NOMEM, "out of memory"))?;
        (*info).needToFreeIdxStr = 1;
        (*info).orderByConsumed = c_int::from(plan.order_by_consumed);
        (*info).estimatedCost = plan.estimated_cost;
        (*info).estimatedRows = plan.estimated_rows;
        (*info).idxFlags = if plan.unique { ffi::SQLITE_INDEX_SCAN_UNIQUE } else { 0 };
    }
    Ok(())
}

/// Writes what `filter` must get to a string of SQLite's: the name comes first, so that EXPLAIN QUERY PLAN shows it.
fn write_string(name: &str, handed: Handed) -> Option<*mut c_char> {
    let len = name.len() + 1;
    // SAFETY: the allocation holds the name, its NUL and the trailer, all of which is written.
    unsafe {
        let string = ffi::sqlite3_malloc64((len + TRAILER) as u64).cast::<u8>();
        if string.is_null() {
            return None;
        }
        string.copy_from_nonoverlapping(name.as_ptr(), name.len());
        string.add(name.len()).write(0);
        let trailer = string.add(len);
        trailer.copy_from_nonoverlapping(handed.columns.to_le_bytes().as_ptr(), 8);
        trailer.add(8).copy_from_nonoverlapping(handed.lists.to_le_bytes().as_ptr(), 4);
        Some(string.cast())
    }
}

/// Reads what [`write_string`] wrote.
///
/// # Safety
///
/// `string` must be null or what `write_string` made, and stay until `'a` ends.
pub(super) unsafe fn read_string<'a>(string: *const c_char) -> (&'a str, Handed) {
    if string.is_null() {
        return ("", Handed::default());
    }
    // SAFETY: the caller vouches for the string, behind whose NUL there is the trailer.
    unsafe {
        let name = CStr::from_ptr(string).to_bytes_with_nul();
        let trailer = slice::from_raw_parts(string.cast::<u8>().add(name.len()), TRAILER);
        let (columns, lists) = trailer.split_at(8);
        let handed = Handed {
            columns: columns.try_into().map_or(0, u64::from_le_bytes),
            lists: lists.try_into().map_or(0, u32::from_le_bytes),
        };
        (std::str::from_utf8(&name[..name.len() - 1]).unwrap_or(""), handed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_filter_gets_survives_the_string() {
        for name in ["", "by rowid", "ä"] {
            let handed = Handed { columns: 0x8000_0000_0000_0005, lists: 0xffff_0000 };
            let string = write_string(name, handed).expect("there is memory");
            // SAFETY: the string is the one that was made, and is freed once.
            unsafe {
                assert_eq!(read_string(string), (name, handed));
                ffi::sqlite3_free(string.cast());
            }
        }
        // SAFETY: null is allowed.
        assert_eq!(unsafe { read_string(std::ptr::null()) }, ("", Handed::default()));
    }
}
