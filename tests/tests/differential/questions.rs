//! What SQLite asks a table natively, in the words of `plan`.

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::vtab::IndexConstraintOp as Op;
use rusqlite::vtab::{DistinctMode, Filters, IndexInfo};

use crate::Value;
use crate::pair::owned;
use crate::plan::{IN, Question, Term};

/// Reads the question.
///
/// * `columns` - how many the table has.
pub fn read(info: &IndexInfo, columns: usize) -> rusqlite::Result<Question> {
    let term = |(index, constraint): (usize, rusqlite::vtab::IndexConstraint<'_>)| {
        Ok(Term {
            column: constraint.column(),
            operator: letter(&constraint.operator()),
            usable: constraint.is_usable(),
            in_list: info.is_in_constraint(index)?,
            collation: info.collation(index)?.to_owned(),
            constant: info.rhs_value(index)?.map(owned),
        })
    };
    Ok(Question {
        terms: info.constraints().enumerate().map(term).collect::<rusqlite::Result<_>>()?,
        order: info.order_bys().map(|term| (term.column(), term.is_order_by_desc())).collect(),
        distinct: match info.distinct() {
            DistinctMode::Grouped => 1,
            DistinctMode::Distinct => 2,
            DistinctMode::DistinctOrdered => 3,
            _ => 0,
        },
        // SQLite may set bits of columns that are not there.
        columns: info.col_used() & ((1 << columns) - 1),
    })
}

fn letter(operator: &Op) -> char {
    match operator {
        Op::SQLITE_INDEX_CONSTRAINT_EQ => '=',
        Op::SQLITE_INDEX_CONSTRAINT_GT => '>',
        Op::SQLITE_INDEX_CONSTRAINT_LE => 'l',
        Op::SQLITE_INDEX_CONSTRAINT_LT => '<',
        Op::SQLITE_INDEX_CONSTRAINT_GE => 'g',
        Op::SQLITE_INDEX_CONSTRAINT_MATCH => 'm',
        Op::SQLITE_INDEX_CONSTRAINT_LIKE => 'k',
        Op::SQLITE_INDEX_CONSTRAINT_GLOB => 'b',
        Op::SQLITE_INDEX_CONSTRAINT_REGEXP => 'r',
        Op::SQLITE_INDEX_CONSTRAINT_NE => '!',
        Op::SQLITE_INDEX_CONSTRAINT_ISNOT => 'n',
        Op::SQLITE_INDEX_CONSTRAINT_ISNOTNULL => 'T',
        Op::SQLITE_INDEX_CONSTRAINT_ISNULL => 'N',
        Op::SQLITE_INDEX_CONSTRAINT_IS => 's',
        Op::SQLITE_INDEX_CONSTRAINT_LIMIT => 'L',
        Op::SQLITE_INDEX_CONSTRAINT_OFFSET => 'O',
        Op::SQLITE_INDEX_CONSTRAINT_FUNCTION(_) => '?',
    }
}

/// The arguments of a scan by a plan of `plan`, each as the values it may have.
pub fn arguments(name: &str, args: &Filters<'_>) -> rusqlite::Result<Vec<Vec<Value>>> {
    let words = name.split(' ').filter(|word| !word.is_empty());
    let values = |(index, (word, value)): (usize, (&str, rusqlite::types::ValueRef<'_>))| {
        if word.starts_with(IN) {
            args.in_values(index)?.map(|value| Ok(owned(value))).collect()
        } else {
            Ok(vec![owned(value)])
        }
    };
    words.zip(args.iter()).enumerate().map(values).collect()
}
