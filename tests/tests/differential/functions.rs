//! The kit's functions and collations, natively.

use std::cmp::Ordering;
use std::collections::VecDeque;

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags, WindowAggregate};

use crate::Value;
use crate::pair::{Log, failure, lent, owned};
use crate::value::{list, shown};

/// `SQLITE_ERROR`
const ERROR: i32 = 1;

/// Registers all that the tests use.
pub fn register(connection: &Connection, log: &Log) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8;
    let log = log.clone();
    connection.create_scalar_function(c"kit_log", 0, flags, move |_| Ok(log.take()))?;
    connection.create_window_function(c"kit_sum", 1, flags, Sum)?;
    connection.create_aggregate_function(c"kit_total", -1, flags, Total)?;
    connection.create_aggregate_function(c"kit_group", 1, flags, Group)?;
    connection.create_window_function(c"kit_break", 2, flags, Break)?;
    connection.create_window_function(c"kit_rows", -1, flags, Rows)?;
    connection.create_window_function(c"kit_oldest", -1, flags, Oldest)?;
    connection.create_collation(c"kit_reverse", |left, right| right.cmp(left))?;
    connection.create_collation(c"kit_length", by_length)
}

fn by_length(left: &str, right: &str) -> Ordering {
    left.chars().count().cmp(&right.chars().count()).then_with(|| left.cmp(right))
}

fn args(context: &Context<'_>) -> Vec<Value> {
    (0..context.len()).map(|index| owned(context.get_raw(index))).collect()
}

/// The sum of the integers; none before the first.
struct Sum;

fn add(sum: &mut Option<i64>, value: &Value, sign: i64) {
    if let Value::Integer(value) = value {
        *sum = Some(sum.unwrap_or(0).wrapping_add(sign.wrapping_mul(*value)));
    }
}

impl Aggregate<Option<i64>, Option<i64>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<i64>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Option<i64>) -> rusqlite::Result<()> {
        add(sum, &owned(context.get_raw(0)), 1);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<i64>>) -> rusqlite::Result<Option<i64>> {
        Ok(sum.flatten())
    }
}

impl WindowAggregate<Option<i64>, Option<i64>> for Sum {
    fn value(&self, sum: Option<&mut Option<i64>>) -> rusqlite::Result<Option<i64>> {
        Ok(sum.and_then(|sum| *sum))
    }

    fn inverse(&self, context: &mut Context<'_>, sum: &mut Option<i64>) -> rusqlite::Result<()> {
        add(sum, &owned(context.get_raw(0)), -1);
        Ok(())
    }
}

/// How many arguments are not NULL.
struct Total;

impl Aggregate<i64, i64> for Total {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<i64> {
        Ok(0)
    }

    fn step(&self, context: &mut Context<'_>, total: &mut i64) -> rusqlite::Result<()> {
        for value in args(context) {
            *total += i64::from(value != Value::Null);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<i64>) -> rusqlite::Result<i64> {
        Ok(total.unwrap_or(0))
    }
}

/// All rows, with a comma in between.
struct Group;

impl Aggregate<String, Option<String>> for Group {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<String> {
        Ok(String::new())
    }

    fn step(&self, context: &mut Context<'_>, group: &mut String) -> rusqlite::Result<()> {
        if !group.is_empty() {
            group.push(',');
        }
        group.push_str(&shown(&owned(context.get_raw(0))));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, group: Option<String>) -> rusqlite::Result<Option<String>> {
        Ok(group)
    }
}

/// As `Sum`, of the second argument, but fails where the first one says so.
struct Break;

#[derive(Default)]
struct Breaking {
    how: String,
    sum: Option<i64>,
}

impl Breaking {
    fn change(&mut self, context: &Context<'_>, sign: i64, now: &str) -> rusqlite::Result<()> {
        if let [Value::Text(how), value] = args(context).as_slice() {
            self.how.clone_from(how);
            self.check(now)?;
            add(&mut self.sum, value, sign);
        }
        Ok(())
    }

    fn check(&self, now: &str) -> rusqlite::Result<()> {
        if self.how == now { Err(failure(ERROR, format!("{now} fails"))) } else { Ok(()) }
    }
}

impl Aggregate<Breaking, Option<i64>> for Break {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Breaking> {
        Ok(Breaking::default())
    }

    fn step(&self, context: &mut Context<'_>, state: &mut Breaking) -> rusqlite::Result<()> {
        state.change(context, 1, "step")
    }

    fn finalize(&self, _: &mut Context<'_>, state: Option<Breaking>) -> rusqlite::Result<Option<i64>> {
        let state = state.unwrap_or_default();
        state.check("finish")?;
        Ok(state.sum)
    }
}

impl WindowAggregate<Breaking, Option<i64>> for Break {
    fn value(&self, state: Option<&mut Breaking>) -> rusqlite::Result<Option<i64>> {
        let Some(state) = state else { return Ok(None) };
        state.check("current")?;
        Ok(state.sum)
    }

    fn inverse(&self, context: &mut Context<'_>, state: &mut Breaking) -> rusqlite::Result<()> {
        state.change(context, -1, "inverse")
    }
}

/// All rows that are in the frame, oldest first.
struct Rows;

/// The first argument of the oldest row in the frame.
struct Oldest;

type Frame = VecDeque<Vec<Value>>;

fn leave(context: &Context<'_>, frame: &mut Frame) -> rusqlite::Result<()> {
    let leaving = args(context);
    match frame.pop_front() {
        Some(oldest) if oldest == leaving => Ok(()),
        oldest => Err(failure(ERROR, format!("{leaving:?} leaves, not {oldest:?}"))),
    }
}

fn all(frame: &Frame) -> String {
    frame.iter().map(|row| format!("({})", list(row))).collect()
}

fn oldest(frame: &Frame) -> Option<rusqlite::types::Value> {
    frame.front()?.first().map(lent)
}

impl Aggregate<Frame, Option<String>> for Rows {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Frame> {
        Ok(Frame::new())
    }

    fn step(&self, context: &mut Context<'_>, frame: &mut Frame) -> rusqlite::Result<()> {
        frame.push_back(args(context));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, frame: Option<Frame>) -> rusqlite::Result<Option<String>> {
        Ok(frame.as_ref().map(all))
    }
}

impl WindowAggregate<Frame, Option<String>> for Rows {
    fn value(&self, frame: Option<&mut Frame>) -> rusqlite::Result<Option<String>> {
        Ok(frame.map(|frame| all(frame)))
    }

    fn inverse(&self, context: &mut Context<'_>, frame: &mut Frame) -> rusqlite::Result<()> {
        leave(context, frame)
    }
}

impl Aggregate<Frame, Option<rusqlite::types::Value>> for Oldest {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Frame> {
        Ok(Frame::new())
    }

    fn step(&self, context: &mut Context<'_>, frame: &mut Frame) -> rusqlite::Result<()> {
        frame.push_back(args(context));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, frame: Option<Frame>) -> rusqlite::Result<Option<rusqlite::types::Value>> {
        Ok(frame.as_ref().and_then(oldest))
    }
}

impl WindowAggregate<Frame, Option<rusqlite::types::Value>> for Oldest {
    fn value(&self, frame: Option<&mut Frame>) -> rusqlite::Result<Option<rusqlite::types::Value>> {
        Ok(frame.and_then(|frame| oldest(frame)))
    }

    fn inverse(&self, context: &mut Context<'_>, frame: &mut Frame) -> rusqlite::Result<()> {
        leave(context, frame)
    }
}
