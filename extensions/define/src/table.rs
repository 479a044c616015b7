//! Table-valued functions: virtual tables whose rows a SELECT gives, and whose hidden columns are its parameters.

use sqlink_guest::prelude::*;
use sqlink_guest::vtab::no_plan;

use crate::INTERRUPT;
use crate::parameters::parameters;

/// Column of a table that can't be used. No parameter has that name.
const NO_COLUMN: &str = "?";

/// A table-valued function.
pub struct Define {
    name: String,
    body: String,
    /// Names, with the character that makes them parameters.
    parameters: Vec<String>,
    /// Names, or why it can't be used.
    columns: Result<Vec<String>, Error>,
}

impl Define {
    /// Finds columns and parameters of the table.
    ///
    /// # Errors
    /// Arguments that are something else than a SELECT in parentheses.
    fn open(at: &Connect<'_>) -> Result<Self, Error> {
        let name = at.name();
        let mut arguments = at.arguments();
        let argument = if arguments.len() == 1 { arguments.next() } else { None };
        let body = argument.and_then(|argument| argument.strip_prefix('(')?.strip_suffix(')')).ok_or_else(|| {
            Error::from(format!(
                "table `{name}`: expected a SELECT in parentheses of its own: USING define((SELECT …))"
            ))
        })?;
        // First, because SQLite checks the numbers of parameters.
        let columns = spi::open(body, &[]).map(|rows| rows.columns().to_vec()).map_err(|error| match error.code() {
            Error::READONLY => Error::new(error.code(), "the statement would write, expected a SELECT"),
            _ => error,
        });
        let parameters = parameters(body);
        let columns = columns.and_then(|columns| check(columns, &parameters)).map_err(|error| in_table(name, error));
        Ok(Self { name: name.to_owned(), body: body.to_owned(), parameters, columns })
    }

    /// Names of the hidden columns.
    fn hidden(&self) -> impl Iterator<Item = &str> {
        hidden(&self.parameters)
    }
}

fn hidden(parameters: &[String]) -> impl Iterator<Item = &str> {
    parameters.iter().map(|parameter| &parameter[1..])
}

/// Refuses columns that a table can't have.
fn check(columns: Vec<String>, parameters: &[String]) -> Result<Vec<String>, Error> {
    if columns.is_empty() {
        return Err(Error::from("the statement gives no columns, expected a SELECT"));
    }
    let mut names: Vec<&str> = columns.iter().map(String::as_str).chain(hidden(parameters)).collect();
    names.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    if let Some([name, _]) = names.array_windows().find(|[a, b]| a.eq_ignore_ascii_case(b)) {
        let message = format!("two columns or parameters are named `{name}`: rename one, a column with AS");
        return Err(Error::from(message));
    }
    Ok(columns)
}

/// An error that names the table; an interrupt is none of it.
fn in_table(name: &str, error: Error) -> Error {
    if error.code() == INTERRUPT {
        return error;
    }
    Error::new(error.code(), ["table `", name, "`: ", error.message()].concat())
}

/// A scan.
pub struct Rows {
    rows: spi::Cursor,
    arguments: Vec<Value>,
}

impl Cursor<Define> for Rows {
    fn advance(&mut self, table: &Define, row: &mut Row<'_>) -> Result<bool, Error> {
        let Some(found) = self.rows.next() else { return Ok(false) };
        let found = found.map_err(|error| in_table(&table.name, error))?;
        let width = found.len();
        for (column, value) in found.into_iter().enumerate() {
            row.set(column, value);
        }
        for (index, argument) in self.arguments.iter().enumerate() {
            row.set(width + index, argument.as_ref());
        }
        Ok(true)
    }
}

#[table(creatable, direct_only)]
impl Table for Define {
    type Cursor = Rows;

    /// A SELECT that SQLite can't compile any more, since a table of it is gone, is no reason to fail: nobody could DROP this table.
    fn connect(at: &Connect<'_>) -> Result<Self, Error> {
        let table = Self::open(at)?;
        match &table.columns {
            Err(error) if error.code() != Error::ERROR => Err(error.clone()),
            _ => Ok(table),
        }
    }

    fn create(at: &Connect<'_>) -> Result<Self, Error> {
        let table = Self::open(at)?;
        match &table.columns {
            Err(error) => Err(error.clone()),
            Ok(_) => Ok(table),
        }
    }

    fn schema(&self) -> Schema {
        let quoted = |name: &str| ["\"", &name.replace('"', "\"\""), "\""].concat();
        let columns = match &self.columns {
            Ok(columns) => columns.iter().map(|name| quoted(name)).collect(),
            Err(_) => vec![quoted(NO_COLUMN)],
        };
        Schema::new(columns.into_iter().chain(self.hidden().map(|name| quoted(name) + " HIDDEN")))
    }

    fn best_index(&self, query: &IndexQuery<'_>) -> Result<IndexPlan, Error> {
        let columns = self.columns.as_ref().map_err(Error::clone)?;
        let mut plan = IndexPlan::scan(1000);
        for (column, name) in (columns.len()..).zip(self.hidden()) {
            if let Some(constraint) = query.find(column, Operator::Eq) {
                plan.take(&constraint).omit();
            } else if query.constraints().any(|c| c.column == column && c.operator == Operator::Eq) {
                // Given, but not known before another table is read.
                return Err(no_plan());
            } else {
                let (table, all) = (&self.name, self.hidden().collect::<Vec<_>>().join(", "));
                let message = format!("table `{table}`: no value for the parameter `{name}`: use it as {table}({all})");
                return Err(Error::from(message));
            }
        }
        Ok(plan)
    }

    fn scan(&self, scan: &Scan<'_>) -> Result<Rows, Error> {
        let arguments: Vec<Value> = (0..scan.len()).map(|index| scan.value(index).to_value()).collect();
        let rows = spi::open(&self.body, &arguments).map_err(|error| in_table(&self.name, error))?;
        if self.columns.as_deref() != Ok(rows.columns()) {
            return Err(in_table(
                &self.name,
                Error::from("its columns have changed: open the database again, or create it again"),
            ));
        }
        Ok(Rows { rows, arguments })
    }

    fn rename(&mut self, new_name: &str) -> Result<(), Error> {
        new_name.clone_into(&mut self.name);
        Ok(())
    }
}
