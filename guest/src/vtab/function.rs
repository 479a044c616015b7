//! Table-valued functions: their arguments are hidden columns.

use super::{Connect, Cursor, IndexPlan, IndexQuery, IntoRowResult, Operator, Row, Scan, Schema, Table, no_plan};
use crate::abi::{Args, OwnedRows};
use crate::extension::unknown;
use crate::{Error, Value};

/// What a table-valued function gave.
#[doc(hidden)]
pub trait Rows {
    fn next(&mut self, row: &mut Row<'_>) -> Option<Result<(), Error>>;
}

impl<I> Rows for I
where
    I: Iterator,
    I::Item: IntoRowResult,
{
    #[inline]
    fn next(&mut self, row: &mut Row<'_>) -> Option<Result<(), Error>> {
        Iterator::next(self).map(|item| item.write_result(row))
    }
}

/// The rows of a function with `WIDTH` columns.
#[doc(hidden)]
pub fn rows<'a, const WIDTH: usize, I>(rows: I) -> Box<dyn Rows + 'a>
where
    I: IntoIterator,
    I::IntoIter: 'a,
    I::Item: IntoRowResult,
{
    const {
        if let Some(width) = <I::Item as IntoRowResult>::WIDTH {
            assert!(width == WIDTH, "the rows have another number of values than `columns` says");
        }
    }
    Box::new(rows.into_iter())
}

/// A function: what is given to it, as a bit for each argument, stands beside the arguments.
#[doc(hidden)]
pub type Call = for<'a> fn(Args<'a>, u32) -> Result<Option<Box<dyn Rows + 'a>>, Error>;

/// What the attribute knows of a function.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct TableFunction {
    /// SQL name.
    pub name: &'static str,
    /// Definitions of all columns, the arguments last.
    pub columns: &'static [&'static str],
    /// Names of the arguments, of which there are at most 31.
    pub arguments: &'static [&'static str],
    /// How many of them have no default.
    pub needed: usize,
    /// Calls the function.
    pub call: Call,
}

/// The one table of a function.
#[doc(hidden)]
pub struct FunctionTable(pub &'static TableFunction);

impl FunctionTable {
    /// The first hidden column.
    const fn hidden(&self) -> usize {
        self.0.columns.len() - self.0.arguments.len()
    }
}

impl Table for FunctionTable {
    type Cursor = OwnedRows;

    fn connect(_: &Connect<'_>) -> Result<Self, Error> {
        Err(unknown("table"))
    }

    fn schema(&self) -> Schema {
        Schema::new(self.0.columns)
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let mut plan = IndexPlan::scan(1000);
        for (index, argument) in self.0.arguments.iter().enumerate() {
            let column = self.hidden() + index;
            if let Some(constraint) = query.find(column, Operator::Eq) {
                plan.take(&constraint).omit();
                plan.number |= 1 << index;
            } else if query.constraints().any(|c| c.column == column && c.operator == Operator::Eq) {
                // Given, but not known before another table is read.
                return Err(no_plan());
            } else if index < self.0.needed {
                let message = ["table function `", self.0.name, "` needs the argument `", argument, "`"].concat();
                return Err(Error::new(Error::ERROR, message));
            }
        }
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Self::Cursor, Error> {
        let given = scan.number().cast_unsigned();
        let mut next = 0;
        let values = (0..self.0.arguments.len()).map(|index| {
            if given & 1 << index == 0 {
                return Value::Null;
            }
            next += 1;
            scan.value(next - 1).to_value()
        });
        OwnedRows::call(values.collect(), given, self.0.call)
    }
}

impl Cursor<FunctionTable> for OwnedRows {
    fn advance(&mut self, table: &FunctionTable, row: &mut Row<'_>) -> Result<bool, Error> {
        let Some(result) = self.rows().and_then(|rows| rows.next(row)) else {
            return Ok(false);
        };
        result?;
        for (index, value) in self.values().iter().enumerate() {
            row.set(table.hidden() + index, value.as_ref());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{Query, VirtualTable, table_function};

    #[table_function(columns(value INTEGER), innocuous)]
    fn series(start: i64, stop: i64, #[default(1)] step: i64) -> Result<impl Iterator<Item = i64>, Error> {
        let step = usize::try_from(step).ok().filter(|step| *step > 0).ok_or("`series`: the step must be positive")?;
        Ok((start..=stop).step_by(step))
    }

    /// Borrows from its arguments.
    #[table_function(columns(part TEXT, "at" INTEGER))]
    fn split<'a>(text: &'a str, separator: Option<&'a str>) -> impl Iterator<Item = (&'a str, i64)> {
        text.split(separator.unwrap_or(",")).zip(1..)
    }

    #[table_function(name = "fails", columns(n))]
    fn failing(rows: i64) -> impl Iterator<Item = Result<i64, &'static str>> {
        (0..=rows).map(move |n| if n < rows { Ok(n) } else { Err("no more") })
    }

    #[test]
    fn arguments_are_converted_and_defaulted() {
        let int = |values: &[i64]| values.iter().map(|v| vec![Value::Integer(*v)]).collect::<Vec<_>>();
        assert_eq!(table_function::<series>(&[1.into(), 3.into()]), Ok(int(&[1, 2, 3])));
        assert_eq!(table_function::<series>(&[1.into(), 9.into(), 4.into()]), Ok(int(&[1, 5, 9])));
        assert_eq!(table_function::<series>(&[1.into(), Value::Null]), Ok(vec![]));
        assert_eq!(
            table_function::<split>(&["a b".into(), " ".into()]),
            Ok(vec![vec!["a".into(), 1.into()], vec!["b".into(), 2.into()]])
        );
        assert_eq!(table_function::<split>(&["a".into(), Value::Null]), Ok(vec![vec!["a".into(), 1.into()]]));
        for (arguments, message) in [
            (&[1.into()][..], "table function `series` needs the argument `stop`"),
            (&["a".into(), 3.into()], "function `series`: argument 1 must be an integer, found text"),
            (&[1.into(), 3.into(), 0.into()], "`series`: the step must be positive"),
        ] {
            assert_eq!(table_function::<series>(arguments).unwrap_err().message(), message);
        }
    }

    #[test]
    fn arguments_are_hidden_columns() {
        let mut table = VirtualTable::connect::<series>(&[]).unwrap();
        assert_eq!(
            table.declaration(),
            "CREATE TABLE x(\"value\" INTEGER, \"start\" HIDDEN, \"stop\" HIDDEN, \"step\" HIDDEN)"
        );
        let rows = table.select(&[(2, Operator::Eq, 2.into()), (1, Operator::Eq, 2.into())]);
        assert_eq!(rows, Ok(vec![vec![2.into(), 2.into(), 2.into(), Value::Null]]));
        // A second constraint on an argument is checked by SQLite, and so is one on a value.
        let both = [(1, Operator::Eq, 1.into()), (2, Operator::Eq, 5.into()), (1, Operator::Gt, 1.into())];
        assert_eq!(table.select(&both), Ok(vec![]));
        let bound = [(1, Operator::Eq, 1.into()), (2, Operator::Eq, 5.into()), (0, Operator::Gt, 3.into())];
        assert_eq!(table.select(&bound).map(|rows| rows.len()), Ok(2));
    }

    #[test]
    fn an_error_comes_after_the_rows_before_it() {
        let mut table = VirtualTable::connect::<failing>(&[]).unwrap();
        let query = Query::new().and(1, Operator::Eq, 3);
        assert_eq!(table.query(&query.clone().limit(3)).map(|rows| rows.len()), Ok(3));
        assert_eq!(table.query(&query.limit(4)).unwrap_err().message(), "no more");
        assert_eq!(table.select(&[(1, Operator::Eq, 0.into())]).unwrap_err().message(), "no more");
    }
}
