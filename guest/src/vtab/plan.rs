//! What SQLite asks a table for, and what the table makes of it.

use super::{Columns, Distinct, Operator, ROWID};
use crate::abi::{Args, RawArgument, RawConstraint, RawOrderTerm, RawText};
use crate::{Error, FromValue, ValueRef};

/// One term of a query's WHERE clause.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Constraint<'a> {
    /// Its place in the query.
    pub(crate) place: usize,
    /// Column on the left-hand side; [`ROWID`] for the rowid, without meaning for LIMIT and OFFSET.
    pub column: usize,
    /// How it is constrained.
    pub operator: Operator,
    /// False when the right-hand side is not known in this plan: the constraint can't be used then.
    pub usable: bool,
    /// The right-hand side is an IN list whose values can be handed over all at once: [`ConstraintUse::in_list`].
    pub in_list: bool,
    /// Name of the collating sequence of the comparison.
    pub collation: &'a str,
    /// The right-hand side, where it is known when the statement is compiled.
    pub constant: Option<ValueRef<'a>>,
}

/// One term of the ORDER BY clause, or of GROUP BY or DISTINCT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    /// Column to order by; [`ROWID`] for the rowid.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

/// What SQLite wants to know a plan for.
///
/// SQLite equivalent: the inputs of `struct sqlite3_index_info`
pub struct IndexQuery<'a> {
    pub(crate) constraints: &'a [RawConstraint<'a>],
    pub(crate) order_by: &'a [RawOrderTerm],
    pub(crate) distinct: Distinct,
    pub(crate) columns: Columns,
}

impl<'a> IndexQuery<'a> {
    /// All constraints, also those that aren't usable.
    pub fn constraints(&self) -> impl ExactSizeIterator<Item = Constraint<'a>> + use<'a> {
        self.constraints.iter().enumerate().map(|(place, raw)| raw.get(place))
    }

    /// The first usable constraint on a column with an operator.
    #[must_use]
    pub fn find(&self, column: usize, operator: Operator) -> Option<Constraint<'a>> {
        self.constraints().find(|c| c.column == column && c.operator == operator && c.usable)
    }

    /// The LIMIT, if it is usable. A plan may use it only if it omits every constraint that drops rows.
    #[must_use]
    pub fn limit(&self) -> Option<Constraint<'a>> {
        self.constraints().find(|c| c.operator == Operator::Limit && c.usable)
    }

    /// The OFFSET, if it is usable. A plan that uses it must omit it, under the same condition.
    #[must_use]
    pub fn offset(&self) -> Option<Constraint<'a>> {
        self.constraints().find(|c| c.operator == Operator::Offset && c.usable)
    }

    /// The wanted order, most significant term first.
    pub fn order_by(&self) -> impl ExactSizeIterator<Item = OrderTerm> + use<'a> {
        self.order_by.iter().map(|raw| raw.get())
    }

    /// Whether the query asks for the order of one column, and nothing else; then the direction, true for descending.
    #[must_use]
    pub fn ordered_by(&self, column: usize) -> Option<bool> {
        let mut terms = self.order_by();
        let term = terms.next().filter(|term| term.column == column && terms.len() == 0)?;
        Some(term.descending)
    }

    /// What the order is for.
    #[must_use]
    pub const fn distinct(&self) -> Distinct {
        self.distinct
    }

    /// Columns that the statement may read.
    #[must_use]
    pub const fn columns(&self) -> Columns {
        self.columns
    }
}

/// A way to answer a query.
///
/// SQLite equivalent: the outputs of `struct sqlite3_index_info`
#[derive(Clone, Debug, PartialEq)]
pub struct IndexPlan {
    pub(crate) uses: Vec<ConstraintUse>,
    arguments: u32,
    /// Handed to [`Table::scan`](super::Table::scan); what it means is the table's business.
    pub number: i32,
    /// Likewise.
    pub name: String,
    /// Rows come in the wanted order: SQLite need not sort.
    pub order_by_consumed: bool,
    /// For comparison with other plans: about the number of disk accesses.
    pub estimated_cost: f64,
    /// How many rows the plan gives.
    pub estimated_rows: i64,
    /// The plan gives at most one row.
    pub unique: bool,
}

impl IndexPlan {
    /// A scan of `rows` rows that uses no constraint yet; the cost is the number of rows.
    #[must_use]
    pub fn scan(rows: i64) -> Self {
        Self {
            uses: Vec::new(),
            arguments: 0,
            number: 0,
            name: String::new(),
            order_by_consumed: false,
            #[allow(clippy::cast_precision_loss, reason = "an estimate")]
            estimated_cost: rows as f64,
            estimated_rows: rows,
            unique: false,
        }
    }

    /// Uses a constraint: its right-hand side becomes the next argument of the scan, the first one with the index 0.
    pub fn take(&mut self, constraint: &Constraint<'_>) -> &mut ConstraintUse {
        self.arguments += 1;
        if self.uses.len() <= constraint.place {
            self.uses.resize(constraint.place + 1, ConstraintUse::NONE);
        }
        let used = &mut self.uses[constraint.place];
        used.argument = self.arguments;
        used
    }
}

impl Default for IndexPlan {
    /// A scan of a million rows.
    fn default() -> Self {
        Self::scan(1_000_000)
    }
}

/// What a plan does with one constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ConstraintUse {
    pub(crate) argument: u32,
    pub(crate) omit: bool,
    pub(crate) in_list: bool,
}

impl ConstraintUse {
    const NONE: Self = Self { argument: 0, omit: false, in_list: false };

    /// The table sees to the constraint completely: SQLite need not check it again.
    pub const fn omit(&mut self) -> &mut Self {
        self.omit = true;
        self
    }

    /// Hand an IN list over as one argument, instead of one scan per value. For a constraint with
    /// [`in_list`](Constraint::in_list) only; [`Scan::list`] has the values.
    pub const fn in_list(&mut self) -> &mut Self {
        self.in_list = true;
        self
    }
}

/// What a scan is to give: the plan that was chosen, and the right-hand sides it asked for.
///
/// SQLite equivalent: the arguments of `xFilter` of `sqlite3_module`
pub struct Scan<'a> {
    pub(crate) number: i32,
    pub(crate) name: RawText<'a>,
    pub(crate) arguments: &'a [RawArgument<'a>],
    pub(crate) columns: Columns,
}

impl<'a> Scan<'a> {
    /// The plan's number.
    #[must_use]
    pub const fn number(&self) -> i32 {
        self.number
    }

    /// The plan's name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name.get()
    }

    /// Number of arguments.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.arguments.len()
    }

    /// True without arguments.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The argument `index`, from 0 in the order of [`IndexPlan::take`]; NULL if there is none.
    #[must_use]
    pub fn value(&self, index: usize) -> ValueRef<'a> {
        self.list(index).at(0)
    }

    /// The values of the argument `index`: those of an IN list, or the one.
    #[must_use]
    pub fn list(&self, index: usize) -> Args<'a> {
        self.arguments.get(index).map_or_else(Args::none, RawArgument::get)
    }

    /// The argument `index`, converted as a function's argument is.
    ///
    /// # Errors
    /// [`Error::MISMATCH`] if it is of another type.
    pub fn get<T: FromValue<'a>>(&self, index: usize) -> Result<T, Error> {
        let value = self.value(index);
        T::from_value(value).ok_or_else(|| {
            let message = ["a constraint's value must be ", T::EXPECTED, ", found ", value.type_name()].concat();
            Error::new(Error::MISMATCH, message)
        })
    }

    /// Columns that the statement reads.
    #[must_use]
    pub const fn columns(&self) -> Columns {
        self.columns
    }
}

/// The error of a [`best_index`](super::Table::best_index) that has no plan with the constraints that are usable: SQLite asks again with others.
#[must_use]
pub fn no_plan() -> Error {
    Error::new(Error::CONSTRAINT, "no plan is possible with the usable constraints")
}

const _: () = assert!(size_of::<ConstraintUse>() == 8 && ROWID == usize::MAX);
