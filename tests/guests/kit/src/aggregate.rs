//! Aggregates.

use crate::bindings::exports::sqlink::extension::aggregate::Guest;
use crate::bindings::exports::sqlink::extension::metadata::FunctionFlags;
use crate::state::{note, with};
use crate::value::{list, shown};
use crate::{ERROR, Error, Kit, Value, error};

const NONE: FunctionFlags = FunctionFlags::empty();

/// Name, argument count, whether it is a window function too, and flags.
pub(crate) const AGGREGATES: &[(&str, i32, bool, FunctionFlags)] = &[
    // kit_sum(x): the sum of its integers, NULL without a row.
    ("kit_sum", 1, true, NONE),
    // kit_total(x, …): how many arguments it got that are not NULL, 0 without a row.
    ("kit_total", -1, false, NONE),
    // kit_break(how, x): as kit_sum, but `how` is what goes wrong: `step`, `inverse`, `current` or `finish`, with `-trap` behind
    // it a trap.
    ("kit_break", 2, true, NONE),
    // kit_group(x): its rows as text in the order they came, with a comma in between.
    ("kit_group", 1, false, NONE),
    // As kit_sum, but with flags.
    ("kit_direct_sum", 1, true, FunctionFlags::DIRECT_ONLY),
    ("kit_pure_sum", 1, true, FunctionFlags::DETERMINISTIC.union(FunctionFlags::INNOCUOUS)),
    // kit_rows(x, …): all rows as text, oldest first. kit_oldest(x, …): the first argument of the oldest row. Both fail when a row
    // leaves that is not the oldest.
    ("kit_rows", -1, true, NONE),
    ("kit_oldest", -1, true, NONE),
];

const SUM: u32 = 0;
const TOTAL: u32 = 1;
const BREAK: u32 = 2;
const GROUP: u32 = 3;
const DIRECT: u32 = 4;
const PURE: u32 = 5;
const ROWS: u32 = 6;
const OLDEST: u32 = 7;

/// Fails when `how` is this.
fn check(how: &str, now: &str) -> Result<(), Error> {
    if how == now {
        return Err(error(ERROR, format!("{now} fails")));
    }
    assert_ne!(how.strip_suffix("-trap"), Some(now), "as asked");
    Ok(())
}

fn change(id: u32, context: u32, args: &[Value], sign: i64, now: &str) -> Result<(), Error> {
    match (id, args) {
        (SUM | DIRECT | PURE, [Value::Integer(value)]) => add(context, sign.wrapping_mul(*value)),
        (BREAK, [Value::Text(how), value]) => {
            with(|state| state.breaks.insert(context, how.clone()));
            check(how, now)?;
            if let Value::Integer(value) = value {
                add(context, sign.wrapping_mul(*value));
            }
        }
        (TOTAL, args) => add(context, args.iter().filter(|arg| **arg != Value::Null).count().try_into().unwrap_or(0)),
        (GROUP, [value]) => with(|state| {
            let group = state.groups.entry(context).or_default();
            if !group.is_empty() {
                group.push(',');
            }
            group.push_str(&shown(value));
        }),
        (ROWS | OLDEST, args) => {
            return with(|state| {
                let rows = state.rows.entry(context).or_default();
                if sign > 0 {
                    rows.push_back(args.to_vec());
                    return Ok(());
                }
                match rows.pop_front() {
                    Some(oldest) if oldest == args => Ok(()),
                    oldest => Err(error(ERROR, format!("({}) leaves, not {oldest:?}", list(args)))),
                }
            });
        }
        _ => {}
    }
    Ok(())
}

fn add(context: u32, value: i64) {
    with(|state| {
        let sum = state.sums.entry(context).or_default();
        *sum = sum.wrapping_add(value);
    });
}

fn value(id: u32, context: u32, now: &str) -> Result<Value, Error> {
    if let Some(how) = with(|state| state.breaks.get(&context).cloned()) {
        check(&how, now)?;
    }
    Ok(with(|state| match id {
        GROUP => state.groups.get(&context).map_or(Value::Null, |group| Value::Text(group.clone())),
        ROWS => state
            .rows
            .get(&context)
            .map_or(Value::Null, |rows| Value::Text(rows.iter().map(|row| format!("({})", list(row))).collect())),
        OLDEST => {
            let oldest = state.rows.get(&context).and_then(|rows| rows.front()?.first());
            oldest.cloned().unwrap_or(Value::Null)
        }
        TOTAL => Value::Integer(state.sums.get(&context).copied().unwrap_or(0)),
        _ => state.sums.get(&context).map_or(Value::Null, |sum| Value::Integer(*sum)),
    }))
}

fn forget(context: u32) {
    with(|state| {
        state.sums.remove(&context);
        state.breaks.remove(&context);
        state.groups.remove(&context);
        state.rows.remove(&context);
    });
}

impl Guest for Kit {
    fn step(id: u32, context: u32, args: Vec<Value>) -> Result<(), Error> {
        change(id, context, &args, 1, "step")
    }

    fn inverse(id: u32, context: u32, args: Vec<Value>) -> Result<(), Error> {
        change(id, context, &args, -1, "inverse")
    }

    fn current(id: u32, context: u32) -> Result<Value, Error> {
        value(id, context, "current")
    }

    fn finish(id: u32, context: u32) -> Result<Value, Error> {
        let value = value(id, context, "finish")?;
        forget(context);
        Ok(value)
    }

    fn abandon(_id: u32, context: u32) {
        forget(context);
        note("abandon");
    }
}
