//! Plans that use all of a query that a table can use, and their scans. The differential tests compile this file too: what a
//! table answers must not depend on who carried the question.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::Value;
use crate::value::{compare, shown};

/// Values by rowid.
pub(crate) type Rows = BTreeMap<i64, Vec<Value>>;

/// A term of the WHERE clause.
pub(crate) struct Term {
    pub(crate) column: i32,
    /// One of `OPERATORS`, or another letter for what no plan uses.
    pub(crate) operator: char,
    pub(crate) usable: bool,
    pub(crate) in_list: bool,
    pub(crate) collation: String,
    pub(crate) constant: Option<Value>,
}

/// Operators that a scan sees to: `=`, `>`, `>=`, `<`, `<=`, `<>`, `IS`, `IS NOT`, `IS NULL`, `IS NOT NULL`.
const OPERATORS: &str = "=>g<l!snNT";
/// LIMIT.
const LIMIT: char = 'L';
/// OFFSET.
const OFFSET: char = 'O';
/// LIKE: handed over, but left to SQLite.
const LIKE: char = 'k';
/// The values of an IN list, all at once.
pub(crate) const IN: char = 'i';
/// Rows that are equal in all columns of the set behind it are given once.
const DISTINCT: char = 'D';

/// What SQLite asks.
pub(crate) struct Question {
    pub(crate) terms: Vec<Term>,
    /// Columns, and whether they are descending.
    pub(crate) order: Vec<(i32, bool)>,
    /// As `sqlite3_vtab_distinct` tells it.
    pub(crate) distinct: u8,
    pub(crate) columns: u64,
}

impl Question {
    /// All of it in a line.
    pub(crate) fn shown(&self) -> String {
        let term = |term: &Term| {
            let Term { column, operator, usable, in_list, collation, constant } = term;
            let constant = constant.as_ref().map_or("?".into(), shown);
            let usable = if *usable { "" } else { " unusable" };
            let list = if *in_list { " list" } else { "" };
            format!("{operator}{column} {constant} {collation}{list}{usable}")
        };
        let terms = self.terms.iter().map(term).collect::<Vec<_>>().join(", ");
        format!("plan [{terms}] {:?} {} {:b}", self.order, self.distinct, self.columns)
    }
}

/// What becomes of a term.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// From 1; 0 if it is not used.
    pub(crate) argument: u32,
    pub(crate) omit: bool,
    pub(crate) in_list: bool,
}

/// An answer.
pub(crate) struct Plan {
    pub(crate) uses: Vec<Usage>,
    /// For `scan`: a letter and a column for every argument; then the order; then the columns in which rows are distinct.
    pub(crate) name: String,
    pub(crate) rows: u32,
    pub(crate) unique: bool,
}

/// The plan for a question: whatever can be used is, and the order is always right.
pub(crate) fn plan(question: &Question) -> Plan {
    let limits = |term: &Term| matches!(term.operator, LIMIT | OFFSET);
    let answers = |term: &Term| term.usable && term.collation == "BINARY" && OPERATORS.contains(term.operator);
    let complete = question.terms.iter().all(|term| if limits(term) { term.usable } else { answers(term) });
    let (mut name, mut argument, mut rows) = (String::new(), 0, 1000);
    let mut uses = Vec::new();
    for term in &question.terms {
        let letter = match term.operator {
            LIMIT | OFFSET if !complete => None,
            LIKE if !term.usable => None,
            LIMIT | OFFSET | LIKE => Some(term.operator),
            _ if !answers(term) => None,
            _ if term.in_list => Some(IN),
            operator => Some(operator),
        };
        let Some(letter) = letter else {
            uses.push(Usage::default());
            continue;
        };
        argument += 1;
        uses.push(Usage { argument, omit: letter != LIKE, in_list: letter == IN });
        name.push_str(&format!("{letter}{} ", term.column));
        if matches!(letter, '=' | 's') {
            rows = (rows / 10).max(1);
        }
    }
    for (column, descending) in &question.order {
        name.push_str(&format!("{}{column} ", if *descending { "d" } else { "a" }));
    }
    if complete && question.distinct >= 2 {
        name.push_str(&format!("{DISTINCT}{}", question.columns));
    }
    let unique =
        question.terms.iter().any(|term| term.column < 0 && term.operator == '=' && answers(term) && !term.in_list);
    Plan { uses, name: name.trim_end().into(), rows, unique }
}

/// A column, or the rowid.
fn column((rowid, values): &(i64, Vec<Value>), column: i32) -> Value {
    match usize::try_from(column) {
        Ok(column) => values.get(column).cloned().unwrap_or(Value::Null),
        Err(_) => Value::Integer(*rowid),
    }
}

/// A value as SQLite compares an INTEGER with it: a text of digits is a number. SQLite leaves that to the table.
pub(crate) fn numeric(value: &Value) -> Value {
    match value {
        Value::Text(text) => text.parse().map_or_else(|_| value.clone(), Value::Integer),
        _ => value.clone(),
    }
}

/// Whether a comparison with one value holds.
fn holds(operator: char, left: &Value, right: &Value) -> bool {
    let order = compare(left, right);
    match operator {
        's' => order.is_eq(),
        'n' => order.is_ne(),
        'N' => *left == Value::Null,
        'T' => *left != Value::Null,
        _ if *left == Value::Null || *right == Value::Null => false,
        '=' | IN => order.is_eq(),
        '!' => order.is_ne(),
        '>' => order.is_gt(),
        'g' => order.is_ge(),
        '<' => order.is_lt(),
        _ => order.is_le(),
    }
}

/// The rows of a plan's scan.
pub(crate) fn scan(rows: &Rows, name: &str, args: &[Vec<Value>]) -> Vec<(i64, Vec<Value>)> {
    let mut found: Vec<_> = rows.iter().map(|(rowid, values)| (*rowid, values.clone())).collect();
    let mut order = Vec::new();
    let (mut skip, mut most, mut distinct) = (0, usize::MAX, None);
    let mut args = args.iter();
    for word in name.split(' ').filter(|word| !word.is_empty()) {
        let letter = word.chars().next().unwrap_or_default();
        let on: i32 = word.get(1..).and_then(|number| number.parse().ok()).unwrap_or(0);
        match letter {
            'a' | 'd' => order.push((on, letter == 'd')),
            DISTINCT => distinct = word.get(1..).and_then(|columns| columns.parse::<u64>().ok()),
            _ => {
                let values = args.next().map(Vec::as_slice).unwrap_or_default();
                match (letter, values) {
                    (LIKE, _) => {}
                    (OFFSET, [Value::Integer(n)]) => skip = usize::try_from(*n).unwrap_or(0),
                    // A negative limit is none.
                    (LIMIT, [Value::Integer(n)]) => most = usize::try_from(*n).unwrap_or(usize::MAX),
                    _ if on < 0 => {
                        let values: Vec<_> = values.iter().map(numeric).collect();
                        found.retain(|row| values.iter().any(|value| holds(letter, &column(row, on), value)));
                    }
                    _ => found.retain(|row| values.iter().any(|value| holds(letter, &column(row, on), value))),
                }
            }
        }
    }
    let by_terms = |left: &(i64, Vec<Value>), right: &(i64, Vec<Value>)| {
        order.iter().fold(Ordering::Equal, |sorted, (on, descending)| {
            let order = compare(&column(left, *on), &column(right, *on));
            sorted.then(if *descending { order.reverse() } else { order })
        })
    };
    found.sort_by(by_terms);
    if let Some(columns) = distinct {
        let used: Vec<i32> = (0..63).filter(|column| columns >> column & 1 == 1).collect();
        let mut kept: Vec<(i64, Vec<Value>)> = Vec::new();
        for row in found {
            let same = |other| used.iter().all(|on| compare(&column(&row, *on), &column(other, *on)).is_eq());
            if !kept.iter().any(same) {
                kept.push(row);
            }
        }
        found = kept;
    }
    found.into_iter().skip(skip).take(most).collect()
}
