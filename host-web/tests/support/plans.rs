//! The plans of the tables in `tables.rs`, and the scans by them.

use std::cmp::Ordering;

use sqlink_host_web::contract::types::Value;
use sqlink_host_web::contract::vtab::{Argument, Constraint, ConstraintUse, IndexPlan, IndexQuery, Operator};
use sqlink_host_web::engine::CallError;

use super::{Content, Outcome};

/// Operators that the tables see to, with their names in a plan.
const OPERATORS: [(Operator, &str); 10] = [
    (Operator::Eq, "eq"),
    (Operator::Gt, "gt"),
    (Operator::Ge, "ge"),
    (Operator::Lt, "lt"),
    (Operator::Le, "le"),
    (Operator::Ne, "ne"),
    (Operator::Is, "is"),
    (Operator::IsNot, "is-not"),
    (Operator::IsNull, "is-null"),
    (Operator::IsNotNull, "is-not-null"),
];

/// Uses every constraint it can, and sees to order, limit and offset if it may.
pub fn plan_rows(query: &IndexQuery) -> IndexPlan {
    let known = |operator| OPERATORS.iter().find(|(known, _)| *known == operator).map(|(_, name)| *name);
    let is_limit = |operator| matches!(operator, Operator::Limit | Operator::Offset);
    let possible = |constraint: &&Constraint| {
        constraint.usable && constraint.collation == "BINARY" && known(constraint.operator).is_some()
    };
    let all = query.constraints.iter().filter(|constraint| !is_limit(constraint.operator)).all(|one| possible(&one));
    let sorts = query.constraints.iter().filter(|one| possible(one)).all(|one| !one.in_list || all);
    let mut parts = Vec::new();
    let mut uses = Vec::new();
    let mut unique = false;
    for constraint in &query.constraints {
        let argument = u32::try_from(parts.len() + 1).unwrap_or(0);
        if is_limit(constraint.operator) && constraint.usable && all {
            parts.push(if constraint.operator == Operator::Limit { "limit".into() } else { "offset".to_owned() });
        } else if let (true, Some(name)) = (possible(&constraint), known(constraint.operator)) {
            unique |= constraint.column == -1 && name == "eq" && !constraint.in_list;
            parts.push(format!("{name}:{}", constraint.column));
        } else {
            uses.push(ConstraintUse { argument: 0, omit: false, in_list: false });
            continue;
        }
        uses.push(ConstraintUse { argument, omit: true, in_list: constraint.in_list });
    }
    if sorts {
        for term in &query.order_by {
            parts.push(format!("order:{}:{}", term.column, term.descending));
        }
    }
    let cost = if unique { 1.0 } else { 1000.0 / f64::from(u32::try_from(parts.len() + 1).unwrap_or(1)) };
    IndexPlan {
        number: i32::try_from(uses.iter().filter(|usage| usage.argument > 0).count()).unwrap_or(0),
        uses,
        name: parts.join(" "),
        order_by_consumed: sorts && !query.order_by.is_empty(),
        estimated_cost: cost,
        estimated_rows: if unique { 1 } else { 100 },
        unique,
    }
}

pub fn scan_rows(content: &Content, name: &str, args: &[Argument]) -> Vec<(i64, Vec<Value>)> {
    let mut rows: Vec<(i64, Vec<Value>)> = content.rows.iter().map(|(rowid, row)| (*rowid, row.clone())).collect();
    let mut args = args.iter();
    let (mut limit, mut offset) = (usize::MAX, 0);
    let mut order = Vec::new();
    for part in name.split_whitespace() {
        let mut words = part.split(':');
        let word = words.next().unwrap_or_default();
        let column = words.next().and_then(|column| column.parse::<i32>().ok()).unwrap_or(0);
        if word == "order" {
            order.push((column, words.next() == Some("true")));
            continue;
        }
        let arg = args.next().expect("the host hands over every argument");
        match word {
            "limit" => limit = count(arg).unwrap_or(usize::MAX),
            "offset" => offset = count(arg).unwrap_or(0),
            _ => rows.retain(|row| holds(&cell(row, column), word, arg)),
        }
    }
    assert!(args.next().is_none(), "the host hands over no more than was asked for");
    rows.sort_by(|one, other| {
        order.iter().fold(Ordering::Equal, |so_far, (column, descending)| {
            let found = compare(&cell(one, *column), &cell(other, *column));
            so_far.then(if *descending { found.reverse() } else { found })
        })
    });
    rows.into_iter().skip(offset).take(limit).collect()
}

fn count(arg: &Argument) -> Option<usize> {
    match arg {
        Argument::Single(Value::Integer(count)) => usize::try_from(*count).ok(),
        _ => None,
    }
}

fn cell(row: &(i64, Vec<Value>), column: i32) -> Value {
    match usize::try_from(column) {
        Ok(column) => row.1[column].clone(),
        Err(_) => Value::Integer(row.0),
    }
}

fn holds(left: &Value, operator: &str, arg: &Argument) -> bool {
    let right = match arg {
        Argument::Many(list) => {
            return list.iter().any(|right| holds(left, "eq", &Argument::Single(right.clone())));
        }
        Argument::Single(right) => right,
    };
    let either_null = matches!(left, Value::Null) || matches!(right, Value::Null);
    let found = compare(left, right);
    match operator {
        "is-null" => matches!(left, Value::Null),
        "is-not-null" => !matches!(left, Value::Null),
        "is" => found == Ordering::Equal,
        "is-not" => found != Ordering::Equal,
        _ if either_null => false,
        "eq" => found == Ordering::Equal,
        "ne" => found != Ordering::Equal,
        "gt" => found == Ordering::Greater,
        "ge" => found != Ordering::Less,
        "lt" => found == Ordering::Less,
        _ => found != Ordering::Greater,
    }
}

/// Compares as SQLite does, with the collation BINARY.
fn compare(one: &Value, other: &Value) -> Ordering {
    let class = |value: &Value| match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    #[allow(clippy::cast_precision_loss, reason = "tests use small numbers")]
    let number = |value: &Value| match value {
        Value::Integer(value) => *value as f64,
        Value::Real(value) => *value,
        _ => 0.0,
    };
    match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Blob(one), Value::Blob(other)) => one.cmp(other),
        _ => class(one).cmp(&class(other)).then(number(one).total_cmp(&number(other))),
    }
}

/// `start` is needed; `stop` and `step` are 9 and 1 without.
pub fn plan_series(query: &IndexQuery) -> Outcome<IndexPlan> {
    let mut uses = vec![ConstraintUse { argument: 0, omit: false, in_list: false }; query.constraints.len()];
    let mut number = 0;
    let mut argument = 0;
    for (column, bit) in [(1, 1), (2, 2), (3, 4)] {
        let given = query.constraints.iter().position(|constraint| {
            constraint.usable && constraint.operator == Operator::Eq && constraint.column == column
        });
        if let Some(index) = given {
            argument += 1;
            number |= bit;
            uses[index] = ConstraintUse { argument, omit: true, in_list: false };
        }
    }
    let unknown = |constraint: &Constraint| !constraint.usable && (1..=3).contains(&constraint.column);
    if query.constraints.iter().any(unknown) {
        return Err(CallError::Error { code: 19, message: "an argument is not known".into() });
    }
    if number & 1 == 0 {
        return Err(CallError::message("series needs a start"));
    }
    Ok(IndexPlan {
        uses,
        number,
        name: String::new(),
        order_by_consumed: false,
        estimated_cost: 10.0,
        estimated_rows: 10,
        unique: false,
    })
}

pub fn scan_series(number: i32, args: &[Argument]) -> impl Iterator<Item = (i64, Vec<Value>)> + use<> {
    let integer = |arg: &Argument| match arg {
        Argument::Single(Value::Integer(value)) => *value,
        _ => 0,
    };
    let mut given = args.iter().map(integer);
    let mut next = |bit: i32, default: i64| if number & bit == 0 { default } else { given.next().unwrap_or(default) };
    let (start, stop, step) = (next(1, 0), next(2, 9), next(4, 1).max(1));
    let steps = usize::try_from(step).unwrap_or(1);
    (start..=stop).step_by(steps).map(move |value| {
        (value, vec![Value::Integer(value), Value::Integer(start), Value::Integer(stop), Value::Integer(step)])
    })
}
