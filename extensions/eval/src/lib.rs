//! SQLink extension `eval`: runs SQL that is in a text, and gives the values as one text.
//!
//! Source: SQLite's `ext/misc/eval.c`, whose function this is, within what an extension may do on its connection
#![forbid(unsafe_code)]

mod statements;

use sqlink_guest::prelude::*;

use crate::statements::statements;

/// Most bytes of a result.
const MAX_RESULT: usize = 16 << 20;

/// Values with separators between them; none before the first one.
struct Joined<'a> {
    text: Option<String>,
    separator: &'a str,
}

impl Joined<'_> {
    fn add(&mut self, value: &str) -> Result<(), Error> {
        let len = self.text.as_ref().map_or(0, |text| text.len().saturating_add(self.separator.len()));
        if len.saturating_add(value.len()) > MAX_RESULT {
            return Err(Error::new(
                Error::TOOBIG,
                format!("the result is over {MAX_RESULT} bytes: select less, or use a table"),
            ));
        }
        match &mut self.text {
            None => self.text = Some(value.to_owned()),
            Some(text) => text.extend([self.separator, value]),
        }
        Ok(())
    }

    fn add_row(&mut self, row: &[Value]) -> Result<(), Error> {
        let mut reals = reals(row)?.into_iter();
        for value in row {
            match value {
                Value::Real(_) => self.add(&reals.next().unwrap_or_default())?,
                value => self.add(&value.as_ref().to_string())?,
            }
        }
        Ok(())
    }
}

/// The reals of a row as texts, which SQLite knows best how to write.
fn reals(row: &[Value]) -> Result<Vec<String>, Error> {
    let reals: Vec<Value> = row.iter().filter(|value| matches!(value, Value::Real(_))).cloned().collect();
    if reals.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {}", vec!["CAST(? AS TEXT)"; reals.len()].join(", "));
    let texts = spi::query(&sql, &reals)?.rows.into_iter().flatten();
    Ok(texts.map(|text| text.as_ref().to_string()).collect())
}

/// Runs one statement. Whether it writes is known before any of it has run.
fn run(statement: &str, joined: &mut Joined<'_>) -> Result<(), Error> {
    match spi::open(statement, &[]) {
        Ok(mut rows) => rows.try_for_each(|row| joined.add_row(&row?)),
        Err(error) if error.code() == Error::READONLY => spi::execute(statement, &[]).map(|_| ()),
        Err(error) => Err(error),
    }
}

/// SQLITE_INTERRUPT: the application or its time limit ended the statement.
const INTERRUPT: i32 = 9;

/// An error that names the function. The host's own do so already, and so do those of an inner `eval`; an interrupt is no error of
/// the function.
fn named(error: Error) -> Error {
    if error.code() == INTERRUPT || error.message().contains("function `eval`") {
        return error;
    }
    Error::new(error.code(), ["function `eval`: ", error.message()].concat())
}

/// Runs the statements of `sql` and joins all values they give.
#[scalar(direct_only)]
fn eval(sql: &str, #[default(" ")] separator: &str) -> Result<Option<String>, Error> {
    let mut joined = Joined { text: None, separator };
    statements(sql).try_for_each(|statement| run(statement, &mut joined)).map_err(named)?;
    Ok(joined.text)
}

extension! {
    name: "eval",
    description: "Runs SQL that is in a text.",
    functions: [eval],
    nesting: fresh_instance,
    required: { "spi.read": "it runs the SQL it is given" },
    optional: { "spi.write": "so that the SQL may write" },
}

#[cfg(test)]
mod tests;
