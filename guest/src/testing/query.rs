//! What a test asks of a virtual table, and what SQLite itself does with the answer.

use core::cmp::Ordering;

use crate::vtab::{Operator, OrderTerm, ROWID};
use crate::{Error, Value, ValueRef};

/// `SELECT * FROM t WHERE … ORDER BY … LIMIT … OFFSET …`.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub(super) terms: Vec<Term>,
    pub(super) order_by: Vec<OrderTerm>,
    pub(super) limit: Option<usize>,
    pub(super) offset: Option<usize>,
}

/// One term of the WHERE clause, or LIMIT or OFFSET.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) column: usize,
    pub(super) operator: Operator,
    pub(super) right: Right,
}

#[derive(Clone, Debug)]
pub(super) enum Right {
    One(Value),
    List(Vec<Value>),
}

/// A row with its rowid.
pub(super) type TestRow = (i64, Vec<Value>);

impl Query {
    /// All rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `AND column operator right`.
    #[must_use]
    pub fn and(mut self, column: usize, operator: Operator, right: impl Into<Value>) -> Self {
        self.terms.push(Term { column, operator, right: Right::One(right.into()) });
        self
    }

    /// `AND column IN (values)`.
    #[must_use]
    pub fn and_in(mut self, column: usize, values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        let right = Right::List(values.into_iter().map(Into::into).collect());
        self.terms.push(Term { column, operator: Operator::Eq, right });
        self
    }

    /// The next term of `ORDER BY`.
    #[must_use]
    pub fn order_by(mut self, column: usize, descending: bool) -> Self {
        self.order_by.push(OrderTerm { column, descending });
        self
    }

    /// `LIMIT limit`.
    #[must_use]
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// `OFFSET offset`.
    #[must_use]
    pub const fn offset(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    /// All terms as the table gets them.
    pub(super) fn all_terms(&self) -> Result<Vec<Term>, Error> {
        let mut terms = self.terms.clone();
        for (operator, number) in [(Operator::Limit, self.limit), (Operator::Offset, self.offset)] {
            if let Some(number) = number {
                let right = Right::One(Value::Integer(i64::try_from(number)?));
                terms.push(Term { column: 0, operator, right });
            }
        }
        Ok(terms)
    }

    /// Sorts as SQLite does where the plan does not.
    pub(super) fn sort(&self, rows: &mut [TestRow]) {
        rows.sort_by(|left, right| {
            self.order_by.iter().fold(Ordering::Equal, |order, term| {
                let next = compare(cell(left, term.column), cell(right, term.column));
                order.then(if term.descending { next.reverse() } else { next })
            })
        });
    }
}

/// A column of a row, or its rowid.
pub(super) fn cell((rowid, values): &TestRow, column: usize) -> ValueRef<'_> {
    if column == ROWID { ValueRef::Integer(*rowid) } else { values.get(column).map_or(ValueRef::Null, Value::as_ref) }
}

impl Term {
    /// Whether the term is true, as SQLite checks it where the plan does not omit it.
    pub(super) fn holds(&self, row: &TestRow) -> Result<bool, Error> {
        let left = cell(row, self.column);
        let values = match &self.right {
            Right::List(values) => values.as_slice(),
            Right::One(value) => core::slice::from_ref(value),
        };
        for value in values {
            if holds(left, self.operator, value.as_ref())? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn holds(left: ValueRef<'_>, operator: Operator, right: ValueRef<'_>) -> Result<bool, Error> {
    let order = compare(left, right);
    let known = !left.is_null() && !right.is_null();
    Ok(match operator {
        Operator::Eq => known && order.is_eq(),
        Operator::Ne => known && order.is_ne(),
        Operator::Gt => known && order.is_gt(),
        Operator::Ge => known && order.is_ge(),
        Operator::Lt => known && order.is_lt(),
        Operator::Le => known && order.is_le(),
        Operator::Is => order.is_eq(),
        Operator::IsNot => order.is_ne(),
        Operator::IsNull => left.is_null(),
        Operator::IsNotNull => !left.is_null(),
        Operator::Limit | Operator::Offset => true,
        other => {
            let message = format!("{other:?} is checked by SQLite only: the plan must omit it here");
            return Err(Error::new(Error::MISUSE, message));
        }
    })
}

/// SQLite's order of values.
fn compare(left: ValueRef<'_>, right: ValueRef<'_>) -> Ordering {
    let class = |value: ValueRef<'_>| match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    };
    match (left, right) {
        (ValueRef::Integer(left), ValueRef::Integer(right)) => left.cmp(&right),
        (ValueRef::Real(left), ValueRef::Real(right)) => left.total_cmp(&right),
        #[allow(clippy::cast_precision_loss, reason = "near enough for a test")]
        (ValueRef::Integer(left), ValueRef::Real(right)) => (left as f64).total_cmp(&right),
        #[allow(clippy::cast_precision_loss, reason = "near enough for a test")]
        (ValueRef::Real(left), ValueRef::Integer(right)) => left.total_cmp(&(right as f64)),
        (ValueRef::Text(left), ValueRef::Text(right)) => left.cmp(right),
        (ValueRef::Blob(left), ValueRef::Blob(right)) => left.cmp(right),
        (left, right) => class(left).cmp(&class(right)),
    }
}
