//! Virtual tables and table-valued functions.
//!
//! A table is a type with [`Table`] and the attribute [`table`](macro@crate::table). Its cursor gives one row after the other; the
//! SDK packs them into batches with only the columns that the statement reads. A function that gives rows is a
//! table with the attribute [`table_function`](macro@crate::table_function) alone.
//!
//! ```
//! use sqlink_guest::prelude::*;
//!
//! /// The words of a list: `CREATE VIRTUAL TABLE w USING words(apple, pear)`.
//! struct Words(Vec<String>);
//!
//! const WORD: usize = 0;
//!
//! #[table(creatable, innocuous)]
//! impl Table for Words {
//!     type Cursor = std::vec::IntoIter<Rowid<(String, u32)>>;
//!
//!     fn connect(at: &Connect<'_>) -> Result<Self, Error> {
//!         Ok(Self(at.arguments().map(str::to_owned).collect()))
//!     }
//!
//!     fn schema(&self) -> Schema {
//!         Schema::new(["word TEXT", "len INTEGER"])
//!     }
//!
//!     // With `word = ?` there is a shorter way than to look at all rows.
//!     fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
//!         let mut plan = IndexPlan::scan(self.0.len() as i64);
//!         if let Some(constraint) = query.find(WORD, Operator::Eq) {
//!             plan.take(&constraint).omit();
//!             plan.number = 1;
//!             plan.estimated_cost = 1.0;
//!         }
//!         Ok(plan)
//!     }
//!
//!     fn scan(&self, scan: &Scan<'_>) -> Result<Self::Cursor, Error> {
//!         let rows = (1..).zip(&self.0);
//!         let rows = rows.map(|(rowid, word)| Rowid(rowid, (word.clone(), word.len() as u32)));
//!         let wanted: Option<&str> = if scan.number() == 1 { scan.get(0)? } else { None };
//!         let rows: Vec<_> = rows.filter(|row| wanted.is_none_or(|wanted| row.1.0 == wanted)).collect();
//!         Ok(rows.into_iter())
//!     }
//! }
//!
//! extension! {
//!     name: "words",
//!     description: "Lists of words as tables.",
//!     tables: [Words],
//! }
//! # fn main() -> Result<(), Error> {
//! # use sqlink_guest::testing::VirtualTable;
//! let table = &mut VirtualTable::create::<Words>(&["apple", "pear"])?;
//! assert_eq!(table.select(&[])?, [["apple".into(), Value::Integer(5)], ["pear".into(), 4.into()]]);
//! assert_eq!(table.select(&[(WORD, Operator::Eq, "pear".into())])?, [["pear".into(), Value::Integer(4)]]);
//! # Ok(())
//! # }
//! ```
//!
//! Source: <https://sqlite.org/vtab.html> · `wit/vtab.wit`

mod function;
mod module;
mod open;
mod plan;
mod row;
mod schema;
#[cfg(test)]
mod tests;

use crate::Error;
use crate::abi::Args;

pub use crate::bindings::vtab::exports::sqlink::extension::vtab::{
    Conflict, DistinctMode as Distinct, Operator, TransactionStep,
};
#[doc(hidden)]
pub use function::{Call, FunctionTable, Rows, TableFunction, rows};
pub(crate) use module::Make;
pub use module::{Module, ModuleFlags, TableModule};
#[cfg(any(target_family = "wasm", test))]
pub(crate) use open::Tables;
#[doc(hidden)]
pub use open::{AnyTable, open};
pub use plan::{Constraint, ConstraintUse, IndexPlan, IndexQuery, OrderTerm, Scan, no_plan};
#[doc(hidden)]
pub use row::Batch;
pub use row::{Columns, IntoRow, IntoRowResult, Row, Rowid};
pub use schema::{Connect, Schema, shadow, unquote};

/// Stands for the rowid where a column is asked for.
pub const ROWID: usize = usize::MAX;

/// A virtual table.
///
/// `connect`, `schema`, `scan` and the cursor are all that a table needs. What else it implements is what it can do: the attribute
/// [`table`](macro@crate::table) looks at which methods there are. With one of `insert`, `update` and `delete` it accepts changes;
/// with `begin`, `sync`, `commit` or `rollback` it takes part in transactions, with `savepoint`, `release` or `rollback_to` in
/// savepoints; with `rename` in ALTER TABLE, with `integrity` in PRAGMA integrity_check.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no virtual table",
    label = "put `#[table(…)]` on an `impl Table` for it"
)]
pub trait Table: Sized + 'static {
    /// Where a scan stands. Every iterator over rows ([`IntoRow`], or a `Result` of it) is one.
    type Cursor: Cursor<Self>;

    /// Opens a table that exists.
    ///
    /// # Errors
    /// The table's own: the statement that uses it fails.
    fn connect(at: &Connect<'_>) -> Result<Self, Error>;

    /// Makes a new table, for CREATE VIRTUAL TABLE; may make ordinary tables for its content through [`spi`](crate::spi). Never called if
    /// the table is eponymous too.
    ///
    /// # Errors
    /// The table's own: it is not created.
    fn create(at: &Connect<'_>) -> Result<Self, Error> {
        Self::connect(at)
    }

    /// Removes what the table stored, for DROP TABLE.
    ///
    /// # Errors
    /// The table's own: the table stays.
    fn destroy(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The table's columns. Asked once, after `connect` or `create`.
    fn schema(&self) -> Schema;

    /// Chooses how to answer a query. Called while a statement is compiled, often several times with different usable
    /// constraints.
    ///
    /// # Errors
    /// [`no_plan`] if there is none with these constraints; else the table's own.
    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let _ = query;
        Ok(IndexPlan::default())
    }

    /// Starts a scan, at its first row.
    ///
    /// # Errors
    /// The table's own.
    fn scan(&self, scan: &Scan<'_>) -> Result<Self::Cursor, Error>;

    /// Starts a scan anew with a cursor that was used before, as for the inner table of a join.
    ///
    /// # Errors
    /// The table's own.
    fn rescan(&self, cursor: &mut Self::Cursor, scan: &Scan<'_>) -> Result<(), Error> {
        *cursor = self.scan(scan)?;
        Ok(())
    }

    /// Inserts a row and returns its rowid.
    ///
    /// * `rowid` - the wanted one; without it the table chooses
    /// * `values` - one per column
    ///
    /// # Errors
    /// [`Error::CONSTRAINT`] for a row that is in the way, else the table's own.
    fn insert(&mut self, rowid: Option<i64>, values: Args<'_>, on_conflict: Conflict) -> Result<i64, Error> {
        let _ = (rowid, values, on_conflict);
        Err(read_only("INSERT"))
    }

    /// Replaces the row `rowid`, which gets the rowid `new_rowid`, most often the same.
    ///
    /// # Errors
    /// As for `insert`.
    fn update(&mut self, rowid: i64, new_rowid: i64, values: Args<'_>, on_conflict: Conflict) -> Result<(), Error> {
        let _ = (rowid, new_rowid, values, on_conflict);
        Err(read_only("UPDATE"))
    }

    /// Deletes the row `rowid`.
    ///
    /// # Errors
    /// The table's own.
    fn delete(&mut self, rowid: i64) -> Result<(), Error> {
        let _ = rowid;
        Err(read_only("DELETE"))
    }

    /// A transaction begins.
    ///
    /// # Errors
    /// The table's own.
    fn begin(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// First half of a commit.
    ///
    /// # Errors
    /// The table's own: the transaction is rolled back.
    fn sync(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Second half of a commit, which can't be stopped any more.
    fn commit(&mut self) {}

    /// The transaction is undone.
    ///
    /// # Errors
    /// The table's own.
    fn rollback(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Begins the savepoint `number`.
    ///
    /// # Errors
    /// The table's own.
    fn savepoint(&mut self, number: i32) -> Result<(), Error> {
        let _ = number;
        Ok(())
    }

    /// Forgets the savepoint `number` and those above it; what was done stays.
    ///
    /// # Errors
    /// The table's own.
    fn release(&mut self, number: i32) -> Result<(), Error> {
        let _ = number;
        Ok(())
    }

    /// Goes back to the state at the savepoint `number`, which stays.
    ///
    /// # Errors
    /// The table's own.
    fn rollback_to(&mut self, number: i32) -> Result<(), Error> {
        let _ = number;
        Ok(())
    }

    /// The table gets a new name.
    ///
    /// # Errors
    /// The table's own: it keeps its name.
    fn rename(&mut self, new_name: &str) -> Result<(), Error> {
        let _ = new_name;
        Err(read_only("ALTER TABLE … RENAME"))
    }

    /// Checks the table, quickly for PRAGMA quick_check. Returns what is wrong with it, in a sentence.
    ///
    /// # Errors
    /// The table's own, if it can't be checked.
    fn integrity(&self, quick: bool) -> Result<Option<String>, Error> {
        let _ = quick;
        Ok(None)
    }
}

/// Gives the rows of a scan, one after the other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no cursor of this table",
    label = "it gives no rows",
    note = "implement `Cursor`, or use an iterator over tuples of SQL values or over `Result`s of these"
)]
pub trait Cursor<T>: 'static {
    /// Fills in the next row. False if there is none: then it is not called again, and `row` does not count.
    ///
    /// # Errors
    /// The cursor's own: the statement fails.
    fn advance(&mut self, table: &T, row: &mut Row<'_>) -> Result<bool, Error>;
}

impl<T, I> Cursor<T> for I
where
    I: Iterator + 'static,
    I::Item: IntoRowResult,
{
    #[inline]
    fn advance(&mut self, _: &T, row: &mut Row<'_>) -> Result<bool, Error> {
        match Iterator::next(self) {
            Some(item) => item.write_result(row).map(|()| true),
            None => Ok(false),
        }
    }
}

/// The contract's operators, by their number in it.
pub(crate) fn operator(number: u8) -> Operator {
    const ALL: [Operator; 17] = [
        Operator::Eq,
        Operator::Gt,
        Operator::Le,
        Operator::Lt,
        Operator::Ge,
        Operator::Match,
        Operator::Like,
        Operator::Glob,
        Operator::Regexp,
        Operator::Ne,
        Operator::IsNot,
        Operator::IsNotNull,
        Operator::IsNull,
        Operator::Is,
        Operator::Limit,
        Operator::Offset,
        Operator::Other,
    ];
    ALL.get(usize::from(number)).copied().unwrap_or(Operator::Other)
}

#[cold]
fn read_only(statement: &str) -> Error {
    Error::new(Error::READONLY, ["the virtual table accepts no ", statement].concat())
}
