//! A host for virtual tables in miniature.

use super::query::{Query, Right, Term, TestRow};
use crate::abi::{Args, RawArgument, RawConstraint, RawOrderTerm, RawText, RawValue};
use crate::vtab::{
    AnyTable, Batch, Columns, Conflict, Connect, Constraint, Distinct, IndexPlan, IndexQuery, Make, Operator, Scan,
    TableModule, TransactionStep,
};
use crate::{Error, Value};

/// A virtual table as SQLite uses it: asks it for a plan, scans it in batches, and checks, sorts and cuts what the plan
/// leaves to SQLite.
///
/// ```
/// use sqlink_guest::{prelude::*, testing::{Query, VirtualTable}};
///
/// #[table_function(columns(letter TEXT))]
/// fn letters(text: &str) -> impl Iterator<Item = String> { text.chars().map(String::from) }
///
/// let mut table = VirtualTable::connect::<letters>(&[])?;
/// // SELECT * FROM letters WHERE text = 'abc' AND letter > 'a', `text` being the hidden column 1
/// let rows = table.select(&[(1, Operator::Eq, "abc".into()), (0, Operator::Gt, "a".into())])?;
/// assert_eq!(rows, [["b", "abc"], ["c", "abc"]].map(|row| row.map(Value::from)));
///
/// let query = Query::new().and(1, Operator::Eq, "abc").and_in(0, ["a", "c"]).order_by(0, true).limit(1);
/// assert_eq!(table.query(&query)?, [["c", "abc"].map(Value::from)]);
/// # Ok::<(), Error>(())
/// ```
pub struct VirtualTable {
    table: Box<dyn AnyTable>,
    declaration: String,
    width: usize,
    cursors: u32,
}

impl VirtualTable {
    /// `CREATE VIRTUAL TABLE main.t USING M(arguments)`.
    ///
    /// # Errors
    /// The table's own.
    pub fn create<M: TableModule>(arguments: &[&str]) -> Result<Self, Error> {
        Self::make(arguments, M::MODULE.create)
    }

    /// A table that exists, or that of an eponymous module.
    ///
    /// # Errors
    /// The table's own.
    pub fn connect<M: TableModule>(arguments: &[&str]) -> Result<Self, Error> {
        Self::make(arguments, M::MODULE.connect)
    }

    fn make(arguments: &[&str], make: Make) -> Result<Self, Error> {
        let arguments: Vec<RawText<'_>> = arguments.iter().map(|text| RawText::borrow(text)).collect();
        let (database, name) = (RawText::borrow("main"), RawText::borrow("t"));
        let (table, declaration) = make(&Connect { database, name, arguments: &arguments })?;
        let width = columns(&declaration);
        Ok(Self { table, declaration, width, cursors: 0 })
    }

    /// The `CREATE TABLE` that SQLite gets.
    #[must_use]
    pub fn declaration(&self) -> &str {
        &self.declaration
    }

    /// All columns of the rows that fit all of the terms: a column, an operator and the right-hand side each.
    ///
    /// # Errors
    /// The table's own; [`Error::MISUSE`] for a plan that SQLite would refuse.
    pub fn select(&mut self, terms: &[(usize, Operator, Value)]) -> Result<Vec<Vec<Value>>, Error> {
        self.query(&all(terms))
    }

    /// As [`Self::select`], with the rowids.
    ///
    /// # Errors
    /// As for [`Self::select`].
    pub fn rows(&mut self, terms: &[(usize, Operator, Value)]) -> Result<Vec<(i64, Vec<Value>)>, Error> {
        self.run(&all(terms))
    }

    /// All columns of the rows that a query gives.
    ///
    /// # Errors
    /// As for [`Self::select`].
    pub fn query(&mut self, query: &Query) -> Result<Vec<Vec<Value>>, Error> {
        Ok(self.run(query)?.into_iter().map(|(_, values)| values).collect())
    }

    /// The plan for a query.
    ///
    /// # Errors
    /// As for [`Self::select`].
    pub fn plan(&self, query: &Query) -> Result<IndexPlan, Error> {
        let terms = query.all_terms()?;
        let constraints: Vec<RawConstraint<'_>> = terms
            .iter()
            .map(|term| {
                let (constant, in_list) = match &term.right {
                    Right::One(value) => (Some(value.as_ref()), false),
                    Right::List(_) => (None, true),
                };
                RawConstraint::borrow(&Constraint {
                    place: 0,
                    column: term.column,
                    operator: term.operator,
                    usable: true,
                    in_list,
                    collation: "BINARY",
                    constant,
                })
            })
            .collect();
        let order_by: Vec<RawOrderTerm> = query.order_by.iter().copied().map(RawOrderTerm::new).collect();
        let plan = self.table.best_index(&IndexQuery {
            constraints: &constraints,
            order_by: &order_by,
            distinct: Distinct::Sorted,
            columns: Columns::ALL,
        })?;
        let mut arguments: Vec<u32> = plan.uses.iter().map(|used| used.argument).filter(|place| *place > 0).collect();
        arguments.sort_unstable();
        if plan.uses.len() > terms.len() || !arguments.iter().copied().eq(1..=u32::try_from(arguments.len())?) {
            return Err(Error::new(Error::MISUSE, "the plan uses constraints that were not given, or one twice"));
        }
        Ok(plan)
    }

    fn run(&mut self, query: &Query) -> Result<Vec<TestRow>, Error> {
        let plan = self.plan(query)?;
        let terms = query.all_terms()?;
        let mut used: Vec<_> = plan.uses.iter().zip(&terms).filter(|(used, _)| used.argument > 0).collect();
        used.sort_by_key(|(used, _)| used.argument);
        // One scan, or one for each value of an IN list that the plan takes one by one.
        let mut scans: Vec<Vec<Right>> = vec![Vec::new()];
        for (used, term) in &used {
            let rights = match &term.right {
                Right::List(values) if !used.in_list => values.iter().cloned().map(Right::One).collect(),
                right => vec![right.clone()],
            };
            scans = scans
                .iter()
                .flat_map(|scan| rights.iter().map(move |right| scan.iter().chain([right]).cloned().collect()))
                .collect();
        }
        let offset_is_omitted =
            plan.uses.iter().zip(&terms).any(|(used, term)| used.omit && term.operator == Operator::Offset);
        let offset = if offset_is_omitted { 0 } else { query.offset.unwrap_or(0) };
        let limit = query.limit.unwrap_or(usize::MAX);
        let sorted = plan.order_by_consumed || query.order_by.is_empty();
        let enough = if sorted { limit.saturating_add(offset) } else { usize::MAX };

        self.cursors += 1;
        let cursor = self.cursors;
        self.table.open(cursor);
        let mut rows = Vec::new();
        let result = scans.iter().try_for_each(|scan| {
            let lists: Vec<Vec<RawValue<'_>>> = scan.iter().map(raw).collect();
            let arguments: Vec<RawArgument<'_>> = scan.iter().zip(&lists).map(argument).collect();
            let name = RawText::borrow(&plan.name);
            let scan = Scan { number: plan.number, name, arguments: &arguments, columns: Columns::ALL };
            self.table.filter(cursor, &scan)?;
            self.fetch(cursor, &plan, &terms, enough, &mut rows)
        });
        self.table.close(cursor);
        result?;
        if !sorted {
            query.sort(&mut rows);
        }
        Ok(rows.into_iter().skip(offset).take(limit).collect())
    }

    /// Reads a scan in batches as a host does, and keeps the rows that fit.
    fn fetch(
        &mut self,
        cursor: u32,
        plan: &IndexPlan,
        terms: &[Term],
        enough: usize,
        rows: &mut Vec<TestRow>,
    ) -> Result<(), Error> {
        let mut batch = Batch::new();
        let mut size = 1;
        while rows.len() < enough {
            let last = self.table.next_batch(cursor, size, &mut batch)?;
            let (rowids, values) = batch.seal();
            for (index, rowid) in rowids.iter().enumerate() {
                let values = Args::borrow(&values[index * self.width..][..self.width]);
                let row = (*rowid, values.iter().map(|value| value.to_value()).collect());
                let mut fits = true;
                for (place, term) in terms.iter().enumerate() {
                    fits &= plan.uses.get(place).is_some_and(|used| used.omit) || term.holds(&row)?;
                }
                if fits && rows.len() < enough {
                    rows.push(row);
                }
            }
            if last || rowids.is_empty() {
                break;
            }
            size = (size * 4).min(256);
        }
        Ok(())
    }

    /// `INSERT INTO t VALUES (values)`; returns the rowid.
    ///
    /// # Errors
    /// The table's own.
    pub fn insert(&mut self, rowid: Option<i64>, values: &[Value]) -> Result<i64, Error> {
        super::with_args(values, |values| self.table.insert(rowid, values, Conflict::Abort))
    }

    /// `UPDATE t SET … WHERE rowid = …`.
    ///
    /// # Errors
    /// The table's own.
    pub fn update(&mut self, rowid: i64, new_rowid: i64, values: &[Value]) -> Result<(), Error> {
        super::with_args(values, |values| self.table.update(rowid, new_rowid, values, Conflict::Abort))
    }

    /// `DELETE FROM t WHERE rowid = …`.
    ///
    /// # Errors
    /// The table's own.
    pub fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        self.table.delete(rowid)
    }

    /// A step of a transaction.
    ///
    /// # Errors
    /// The table's own.
    pub fn transaction(&mut self, step: TransactionStep) -> Result<(), Error> {
        self.table.transaction(step)
    }

    /// `ALTER TABLE t RENAME TO new_name`.
    ///
    /// # Errors
    /// The table's own.
    pub fn rename(&mut self, new_name: &str) -> Result<(), Error> {
        self.table.rename(new_name)
    }

    /// `PRAGMA integrity_check`.
    ///
    /// # Errors
    /// The table's own.
    pub fn integrity(&self) -> Result<Option<String>, Error> {
        self.table.integrity(false)
    }

    /// `DROP TABLE t`.
    ///
    /// # Errors
    /// The table's own.
    pub fn destroy(mut self) -> Result<(), Error> {
        self.table.destroy()
    }
}

/// Calls the table-valued function `F` and gives its rows, without the hidden columns.
///
/// ```
/// use sqlink_guest::{prelude::*, testing::table_function};
///
/// #[table_function(columns(n INTEGER, square INTEGER))]
/// fn squares(up_to: i64) -> impl Iterator<Item = (i64, i64)> { (1..=up_to).map(|n| (n, n * n)) }
///
/// assert_eq!(table_function::<squares>(&[2.into()])?, [[1, 1], [2, 4]].map(|row| row.map(Value::from)));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The function's own, and those of argument conversion.
pub fn table_function<F: TableModule>(args: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
    let mut table = VirtualTable::connect::<F>(&[])?;
    let hidden = table.declaration.matches(" HIDDEN").count();
    let visible = table.width - hidden;
    if args.len() > hidden {
        return Err(Error::new(Error::ERROR, format!("too many arguments on {}() - max {hidden}", F::MODULE.name())));
    }
    let given = args.iter().zip(visible..);
    let query = given.fold(Query::new(), |query, (value, column)| query.and(column, Operator::Eq, value.clone()));
    let mut rows = table.query(&query)?;
    for row in &mut rows {
        row.truncate(visible);
    }
    Ok(rows)
}

fn all(terms: &[(usize, Operator, Value)]) -> Query {
    terms.iter().fold(Query::new(), |query, (column, operator, right)| query.and(*column, *operator, right.clone()))
}

fn raw(right: &Right) -> Vec<RawValue<'_>> {
    let values = match right {
        Right::One(_) => &[],
        Right::List(values) => values.as_slice(),
    };
    values.iter().map(|value| RawValue::borrow(value.as_ref())).collect()
}

fn argument<'a>((right, list): (&'a Right, &'a Vec<RawValue<'a>>)) -> RawArgument<'a> {
    match right {
        Right::One(value) => RawArgument::single(value.as_ref()),
        Right::List(_) => RawArgument::many(list),
    }
}

/// How many columns a declaration has: its commas outside of quotes and inner parentheses, and one.
fn columns(declaration: &str) -> usize {
    let (mut count, mut depth, mut quote) = (1, 0, None);
    for c in declaration.chars() {
        match (quote, c) {
            (Some(close), _) => quote = (close != c).then_some(close),
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 1 => count += 1,
            (None, _) => {}
        }
    }
    count
}
