//! SQLink extension `series`: sequences of integers as a table-valued function, with bounds taken from the query.
//!
//! `generate_series(start, stop, step)` is that of SQLite's shell: hidden columns, ORDER BY either way, and constraints on
//! `value` that narrow the sequence instead of filtering it. Deterministic, innocuous, imports nothing but the log.
#![forbid(unsafe_code)]

mod range;

use range::Range;
use sqlink_guest::{exact_integer, prelude::*};

/// Columns: the number, then the arguments, which are hidden.
const VALUE: usize = 0;
const START: usize = 1;
const STOP: usize = 2;
const STEP: usize = 3;

/// The function as a table.
struct GenerateSeries;

/// What the arguments of a scan are, by the letters of the plan's name.
mod part {
    pub const START: char = 's';
    pub const STOP: char = 'e';
    pub const STEP: char = 't';
    pub const EQ: char = '=';
    pub const AT_LEAST: char = 'g';
    pub const ABOVE: char = '>';
    pub const AT_MOST: char = 'l';
    pub const BELOW: char = '<';
    pub const LIMIT: char = 'n';
    pub const OFFSET: char = 'o';
    pub const DESCENDING: char = 'd';
    pub const ASCENDING: char = 'a';
}

#[table(eponymous, innocuous)]
impl Table for GenerateSeries {
    type Cursor = Numbers;

    fn connect(_: &Connect<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        Schema::new(["value INTEGER", "start HIDDEN", "stop HIDDEN", "step HIDDEN"])
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let unusable =
            query.constraints().any(|c| (START..=STEP).contains(&c.column) && c.operator == Operator::Eq && !c.usable);
        if unusable {
            // An argument that this plan does not know yet.
            return Err(sqlink_guest::vtab::no_plan());
        }
        let mut plan = IndexPlan::scan(i64::MAX);
        let mut complete = true;
        let mut has_start = false;
        for constraint in query.constraints().filter(|c| c.usable) {
            let letter = match (constraint.column, constraint.operator) {
                (_, Operator::Limit | Operator::Offset) => continue,
                (START, Operator::Eq) => {
                    has_start = true;
                    part::START
                }
                (STOP, Operator::Eq) => part::STOP,
                (STEP, Operator::Eq) => part::STEP,
                (VALUE, Operator::Eq) => part::EQ,
                (VALUE, Operator::Ge) => part::AT_LEAST,
                (VALUE, Operator::Gt) => part::ABOVE,
                (VALUE, Operator::Le) => part::AT_MOST,
                (VALUE, Operator::Lt) => part::BELOW,
                _ => {
                    complete = false;
                    continue;
                }
            };
            // SQLite compares `value` again: a bound may be a text or a NULL.
            let used = plan.take(&constraint);
            if constraint.column != VALUE {
                used.omit();
            } else {
                complete = false;
            }
            plan.name.push(letter);
        }
        if !has_start {
            return Err(Error::new(
                Error::ERROR,
                "generate_series: the first argument `start` is missing: generate_series(start, stop, step)",
            ));
        }
        if let Some(descending) = query.ordered_by(VALUE) {
            plan.order_by_consumed = true;
            plan.name.push(if descending { part::DESCENDING } else { part::ASCENDING });
        }
        // With nothing left to filter, LIMIT and OFFSET are the sequence's own ends.
        if complete && query.constraints().all(|c| c.usable) && (query.order_by().len() == 0 || plan.order_by_consumed)
        {
            for (constraint, letter) in [(query.limit(), part::LIMIT), (query.offset(), part::OFFSET)] {
                if let Some(constraint) = constraint {
                    plan.take(&constraint).omit();
                    plan.name.push(letter);
                }
            }
        }
        let bounded = plan.name.contains([part::STOP, part::EQ, part::AT_MOST, part::BELOW]);
        (plan.estimated_cost, plan.estimated_rows) = if bounded { (1000.0, 1000) } else { (1e15, i64::MAX) };
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Numbers, Error> {
        let letters = scan.name().chars().filter(|letter| !matches!(*letter, part::DESCENDING | part::ASCENDING));
        let (mut start, mut stop, mut step) = (0, u32::MAX.into(), 1);
        let mut bounds = Vec::new();
        let (mut limit, mut offset) = (None, 0);
        for (index, letter) in letters.enumerate() {
            let value = scan.value(index);
            match letter {
                part::START | part::STOP | part::STEP => {
                    // As in the shell: a NULL argument gives no rows.
                    let Some(integer) = argument(letter, value)? else { return Ok(Numbers::none()) };
                    match letter {
                        part::START => start = integer,
                        part::STOP => stop = integer,
                        _ => step = integer,
                    }
                }
                part::LIMIT => limit = i64::from_value(value).and_then(|limit| u64::try_from(limit).ok()),
                part::OFFSET => offset = i64::from_value(value).map_or(0, |offset| offset.max(0).unsigned_abs()),
                _ => bounds.push((letter, value)),
            }
        }
        let mut range = Range::new(start, stop, step);
        for (letter, bound) in bounds {
            // `value` is an INTEGER column: SQLite compares a text that is a number as one.
            let bound = match bound {
                ValueRef::Text(text) => number(text).map_or(bound, ValueRef::Real),
                other => other,
            };
            match bound {
                ValueRef::Integer(bound) => narrow(&mut range, letter, bound),
                ValueRef::Real(bound) => narrow_by_real(&mut range, letter, bound),
                // Nothing equals or is on a side of NULL; text and blobs come after all numbers.
                ValueRef::Null => range.clear(),
                ValueRef::Text(_) | ValueRef::Blob(_) => {
                    if matches!(letter, part::EQ | part::AT_LEAST | part::ABOVE) {
                        range.clear();
                    }
                }
            }
        }
        if scan.name().contains(part::DESCENDING) {
            range.descend();
        } else if scan.name().contains(part::ASCENDING) {
            range.ascend();
        }
        range.skip(offset);
        if let Some(limit) = limit {
            range.take(limit);
        }
        Ok(Numbers { range, start, stop, step })
    }
}

fn argument(letter: char, value: ValueRef<'_>) -> Result<Option<i64>, Error> {
    let name = match letter {
        part::START => "start",
        part::STOP => "stop",
        _ => "step",
    };
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(integer) => Ok(Some(integer)),
        ValueRef::Real(real) if exact_integer(real).is_some() => Ok(exact_integer(real)),
        other => Err(Error::new(
            Error::MISMATCH,
            format!("generate_series: `{name}` must be an integer, found {}", other.type_name()),
        )),
    }
}

/// The number that a text is, as an INTEGER column compares it: in decimal digits, with blanks around it or not.
fn number(text: &str) -> Option<f64> {
    let text = text.trim_ascii();
    // Rust would take `inf` and `nan` too.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|_| digits)
}

fn narrow(range: &mut Range, letter: char, bound: i64) {
    match letter {
        part::EQ => {
            range.at_least(bound);
            range.at_most(bound);
        }
        part::AT_LEAST => range.at_least(bound),
        part::AT_MOST => range.at_most(bound),
        part::ABOVE => match bound.checked_add(1) {
            Some(bound) => range.at_least(bound),
            None => range.clear(),
        },
        _ => match bound.checked_sub(1) {
            Some(bound) => range.at_most(bound),
            None => range.clear(),
        },
    }
}

fn narrow_by_real(range: &mut Range, letter: char, bound: f64) {
    if let Some(whole) = exact_integer(bound) {
        return narrow(range, letter, whole);
    }
    match letter {
        part::EQ => range.clear(),
        part::AT_LEAST | part::ABOVE => match exact_integer(bound.ceil()) {
            Some(bound) => range.at_least(bound),
            None if bound > 0.0 => range.clear(),
            None => {}
        },
        _ => match exact_integer(bound.floor()) {
            Some(bound) => range.at_most(bound),
            None if bound < 0.0 => range.clear(),
            None => {}
        },
    }
}

/// Where a scan stands.
struct Numbers {
    range: Range,
    start: i64,
    stop: i64,
    step: i64,
}

impl Numbers {
    const fn none() -> Self {
        Self { range: Range::empty(), start: 0, stop: 0, step: 1 }
    }
}

impl Cursor<GenerateSeries> for Numbers {
    fn advance(&mut self, _: &GenerateSeries, row: &mut Row<'_>) -> Result<bool, Error> {
        let Some(value) = self.range.advance() else { return Ok(false) };
        row.set_rowid(value);
        row.set(VALUE, value);
        row.set(START, self.start);
        row.set(STOP, self.stop);
        row.set(STEP, self.step);
        Ok(true)
    }
}

extension! {
    name: "series",
    description: "Sequences of integers as a table: generate_series(start, stop, step).",
    tables: [GenerateSeries],
}

#[cfg(test)]
mod tests;
