//! SQL that extensions run on the connection that is calling them.

use std::cell::Cell;
use std::rc::Rc;

use crate::engine::connection::Connection;
use crate::engine::error::{AUTH, Error, MISUSE, RANGE, READONLY, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::imports::Rows;
use crate::engine::sqlite::{Action, Compiled, Script, Statement, Stepped};
use crate::engine::value::{RowSink, Value, ValueRef};

/// PRAGMAs an extension may use: they only tell, whatever their argument is.
const PRAGMAS: &[&str] = &[
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "page_count",
    "pragma_list",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// PRAGMAs an extension may read, but not set.
const READABLE_PRAGMAS: &[&str] = &[
    "application_id",
    "encoding",
    "foreign_keys",
    "page_size",
    "query_only",
    "recursive_triggers",
    "schema_version",
    "user_version",
];

/// Virtual tables over the raw database file; writing there would corrupt it.
const RAW_TABLES: &[&str] = &["sqlite_dbpage"];

/// Bytes a value counts for against the output limit, beside its text or blob: what it takes to hand it over.
const VALUE_COST: usize = 16;

/// Says why an extension's SQL must not do this; none if it may.
pub(crate) fn refusal(action: Action<'_>) -> Option<String> {
    let listed = |list: &[&str], name: &str| list.iter().any(|item| item.eq_ignore_ascii_case(name));
    match action {
        Action::Transaction => Some("BEGIN, COMMIT and ROLLBACK are".into()),
        Action::Savepoint => Some("SAVEPOINT, RELEASE and ROLLBACK TO are".into()),
        Action::Attach => Some("ATTACH is".into()),
        Action::Detach => Some("DETACH is".into()),
        Action::Pragma(name, _) if listed(PRAGMAS, name) => None,
        Action::Pragma(name, false) if listed(READABLE_PRAGMAS, name) => None,
        Action::Pragma(name, true) if listed(READABLE_PRAGMAS, name) => Some(format!("setting PRAGMA {name} is")),
        Action::Pragma(name, _) => Some(format!("PRAGMA {name} is")),
        Action::Write(table) if listed(RAW_TABLES, table) => Some(format!("writing to `{table}` is")),
        Action::Write(_) | Action::Other => None,
    }
}

/// `spi.query`.
pub(crate) fn query(
    connection: &Rc<Connection>,
    extension: &Extension,
    sql: &str,
    params: &[ValueRef<'_>],
) -> Result<Rows> {
    connection.core.with_spi(true, || {
        let statement = compile(connection, sql)?;
        if !statement.is_read_only() {
            return Err(Error::new(
                READONLY,
                "`spi.query` runs read-only statements: use `spi.execute` for one that writes",
            ));
        }
        bind(connection, &statement, params)?;
        let mut sink = Output {
            rows: Vec::new(),
            row: Vec::new(),
            bytes: 0,
            limit: connection.core.limits.get().output_bytes as usize,
            invalid: None,
        };
        run(connection, &statement, |statement| {
            statement.row(&mut sink).map_err(|code| connection.error(code, 0))?;
            if !sink.end_row() {
                return Err(sink.error(extension));
            }
            Ok(())
        })?;
        let columns = (0..statement.column_count()).map(|index| statement.column_name(index)).collect();
        Ok(Rows { columns, rows: sink.rows })
    })
}

/// `spi.execute`.
pub(crate) fn execute(connection: &Rc<Connection>, sql: &str, params: &[ValueRef<'_>]) -> Result<i64> {
    connection.core.with_spi(true, || {
        let statement = compile(connection, sql)?;
        bind(connection, &statement, params)?;
        let before = connection.database.total_changes();
        run(connection, &statement, |_| Ok(()))?;
        let changed = connection.database.total_changes() != before;
        Ok(if changed { connection.database.changes() } else { 0 })
    })
}

/// Compiles the one statement of `sql`.
fn compile(connection: &Rc<Connection>, sql: &str) -> Result<Statement> {
    let script = Script::new(sql)?;
    let Compiled { statement, end } = compile_at(connection, &script, 0)?;
    let mut from = end;
    while from < script.len() {
        let Compiled { statement: more, end } = compile_at(connection, &script, from)?;
        if more.is_some() {
            return Err(Error::new(MISUSE, "the SQL holds more than one statement"));
        }
        from = end.max(from + 1);
    }
    statement.ok_or_else(|| Error::new(MISUSE, "the SQL holds no statement"))
}

fn compile_at(connection: &Connection, script: &Script, from: usize) -> Result<Compiled> {
    connection.core.take_refusal();
    connection.compile(script, from, false).map_err(|error| refused(connection, error))
}

/// Says what SQLite's "not authorized" was about.
fn refused(connection: &Connection, error: Error) -> Error {
    match connection.core.take_refusal() {
        Some(what) if error.code & 0xff == AUTH => {
            Error::new(AUTH, format!("not authorized: {what} not allowed in SQL that an extension runs"))
        }
        _ => error,
    }
}

fn bind(connection: &Connection, statement: &Statement, params: &[ValueRef<'_>]) -> Result<()> {
    let count = usize::try_from(statement.parameter_count()).unwrap_or(0);
    if params.len() > count {
        return Err(Error::new(
            RANGE,
            format!("{} params were given, but the statement has {count} parameters", params.len()),
        ));
    }
    for (index, value) in (1..).zip(params) {
        statement.bind(index, *value).map_err(|code| connection.error(code, 0))?;
    }
    Ok(())
}

/// Steps to the end.
fn run(connection: &Connection, statement: &Statement, mut row: impl FnMut(&Statement) -> Result<()>) -> Result<()> {
    let _running = connection.enter();
    let spent = Cell::new(0);
    let _timed = connection.time(&spent);
    loop {
        match statement.step() {
            Ok(Stepped::Row) => row(statement)?,
            Ok(Stepped::Done) => return Ok(()),
            Err(code) => return Err(refused(connection, connection.error(code, 0))),
        }
    }
}

/// Collects rows up to the output limit.
struct Output {
    rows: Vec<Vec<Value>>,
    row: Vec<Value>,
    bytes: usize,
    limit: usize,
    /// 0-based column of a text that is not valid UTF-8.
    invalid: Option<usize>,
}

impl Output {
    /// Counts a value; false if there is no room for it.
    fn admit(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(VALUE_COST);
        self.bytes <= self.limit
    }

    fn error(&self, extension: &Extension) -> Error {
        let (reason, detail) = match self.invalid {
            Some(column) => (
                Reason::InvalidText,
                format!("column {} of a row that `spi.query` returned is a text that is not valid UTF-8", column + 1),
            ),
            None => {
                (Reason::OutputTooLarge, format!("`spi.query` returned more than the limit of {} bytes", self.limit))
            }
        };
        Error::failure(reason, Some(&extension.name), extension.active_function(), &detail)
    }
}

impl RowSink for Output {
    fn null(&mut self) {
        self.admit(0);
        self.row.push(Value::Null);
    }

    fn integer(&mut self, value: i64) {
        self.admit(0);
        self.row.push(Value::Integer(value));
    }

    fn real(&mut self, value: f64) {
        self.admit(0);
        self.row.push(Value::Real(value));
    }

    fn text(&mut self, utf8: &[u8]) {
        if !self.admit(utf8.len()) {
            return;
        }
        match std::str::from_utf8(utf8) {
            Ok(text) => self.row.push(Value::Text(text.to_owned())),
            Err(_) => self.invalid = self.invalid.or(Some(self.row.len())),
        }
    }

    fn blob(&mut self, bytes: &[u8]) {
        if self.admit(bytes.len()) {
            self.row.push(Value::Blob(bytes.to_vec()));
        }
    }

    fn end_row(&mut self) -> bool {
        let capacity = self.row.len();
        self.rows.push(std::mem::replace(&mut self.row, Vec::with_capacity(capacity)));
        self.invalid.is_none() && self.bytes <= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_disjoint() {
        assert!(PRAGMAS.is_sorted());
        assert!(READABLE_PRAGMAS.is_sorted());
        assert!(PRAGMAS.iter().all(|name| !READABLE_PRAGMAS.contains(name)));
    }

    #[test]
    fn pragmas_are_refused_unless_listed() {
        for (name, argument, allowed) in [
            ("table_info", true, true),
            ("TABLE_INFO", true, true),
            ("user_version", false, true),
            ("user_version", true, false),
            ("writable_schema", false, false),
            ("journal_mode", false, false),
            ("", false, false),
        ] {
            assert_eq!(refusal(Action::Pragma(name, argument)).is_none(), allowed, "{name}");
        }
        assert!(refusal(Action::Write("sqlite_dbpage")).is_some());
        assert!(refusal(Action::Write("t")).is_none());
    }
}
