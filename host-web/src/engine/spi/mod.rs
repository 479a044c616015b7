//! SQL that extensions run on the connection that is calling them.

mod cursors;
mod prepared;

use std::cell::Cell;
use std::rc::Rc;

pub(crate) use self::cursors::{Cursors, close, fetch, open};
pub(crate) use self::prepared::KeptStatements;
use self::prepared::{Prepared, compile};

use crate::contract::hooks::Action;
use crate::engine::connection::Connection;
use crate::engine::core::no_sql_in;
use crate::engine::error::{Error, RANGE, READONLY, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::hooks::Request;
use crate::engine::imports::Rows;
use crate::engine::sqlite::{Compiled, Script, Statement, Stepped};
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
pub(crate) fn refusal(action: Action, request: &Request<'_>) -> Option<String> {
    let name = request.first.unwrap_or_default();
    let listed = |list: &[&str]| list.iter().any(|item| item.eq_ignore_ascii_case(name));
    match action {
        Action::Transaction => Some("BEGIN, COMMIT and ROLLBACK are".into()),
        Action::Savepoint => Some("SAVEPOINT, RELEASE and ROLLBACK TO are".into()),
        // VACUUM INTO attaches too.
        Action::Attach => Some("ATTACH is".into()),
        Action::Detach => Some("DETACH is".into()),
        Action::Pragma if listed(PRAGMAS) => None,
        Action::Pragma if listed(READABLE_PRAGMAS) => {
            request.second.is_some().then(|| format!("setting PRAGMA {name} is"))
        }
        Action::Pragma => Some(format!("PRAGMA {name} is")),
        Action::Insert | Action::Update | Action::Delete if listed(RAW_TABLES) => {
            Some(format!("writing to `{name}` is"))
        }
        _ => None,
    }
}

/// `spi.query`.
pub(crate) fn query(
    connection: &Rc<Connection>,
    extension: &Extension,
    sql: &str,
    params: &[ValueRef<'_>],
) -> Result<Rows> {
    connection.core.with_spi(Some(extension.id), || {
        let statement = Prepared::new(connection, extension.id, sql)?;
        must_read(&statement, "spi.query")?;
        bind(connection, &statement, params)?;
        let mut sink = Output::new(connection, "spi.query");
        run(connection, &statement, |statement| {
            statement.row(&mut sink).map_err(|code| connection.error(code, 0))?;
            if !sink.end_row() {
                return Err(sink.error(extension));
            }
            Ok(())
        })?;
        let columns = (0..statement.column_count()).map(|index| statement.column_name(index)).collect();
        statement.keep(connection);
        Ok(Rows { columns, rows: sink.rows })
    })
}

fn must_read(statement: &Statement, what: &str) -> Result<()> {
    if statement.is_read_only() {
        return Ok(());
    }
    Err(Error::new(READONLY, format!("`{what}` runs read-only statements: use `spi.execute` for one that writes")))
}

/// `spi.execute`.
pub(crate) fn execute(
    connection: &Rc<Connection>,
    extension: &Extension,
    sql: &str,
    params: &[ValueRef<'_>],
) -> Result<i64> {
    may_write(connection, "spi.execute")?;
    connection.core.with_spi(Some(extension.id), || {
        let statement = Prepared::new(connection, extension.id, sql)?;
        bind(connection, &statement, params)?;
        let before = connection.database.total_changes();
        run(connection, &statement, |_| Ok(()))?;
        let changed = connection.database.total_changes() != before;
        statement.keep(connection);
        Ok(if changed { connection.database.changes() } else { 0 })
    })
}

/// `spi.batch`.
pub(crate) fn batch(connection: &Rc<Connection>, extension: &Extension, sql: &str) -> Result<()> {
    may_write(connection, "spi.batch")?;
    connection.core.with_spi(Some(extension.id), || {
        let script = Script::new(sql)?;
        let mut from = 0;
        while from < script.len() {
            let Compiled { statement, end } = connection.compile(&script, from, false)?;
            if let Some(statement) = statement {
                run(connection, &statement, |_| Ok(()))?;
            }
            from = end.max(from + 1);
        }
        Ok(())
    })
}

/// Fails while SQLite compiles a statement, which holds on to what is in the schema: a change would pull it away.
fn may_write(connection: &Connection, what: &str) -> Result<()> {
    if connection.core.is_compiling() {
        return Err(Error::misuse(format!(
            "`{what}` can't be called while a statement is being compiled (`best-index`, `connect`)"
        )));
    }
    Ok(())
}

/// `spi.changes`.
pub(crate) fn changes(connection: &Connection) -> Result<i64> {
    may_ask(connection)?;
    Ok(connection.database.changes())
}

/// `spi.last-insert-rowid`.
pub(crate) fn last_insert_rowid(connection: &Connection) -> Result<i64> {
    may_ask(connection)?;
    Ok(connection.database.last_insert_rowid())
}

/// Fails inside a callback from which SQLite allows no use of the connection.
fn may_ask(connection: &Connection) -> Result<()> {
    connection.core.barred().map_or(Ok(()), |callback| Err(no_sql_in(callback)))
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
            Err(code) => return Err(connection.error(code, 0)),
        }
    }
}

/// Collects rows up to the output limit.
struct Output {
    /// The import that returns them.
    what: &'static str,
    rows: Vec<Vec<Value>>,
    row: Vec<Value>,
    bytes: usize,
    limit: usize,
    /// 0-based column of a text that is not valid UTF-8.
    invalid: Option<usize>,
}

impl Output {
    fn new(connection: &Connection, what: &'static str) -> Self {
        let limit = connection.core.limits.get().output_bytes as usize;
        Self { what, rows: Vec::new(), row: Vec::new(), bytes: 0, limit, invalid: None }
    }

    /// Counts a value; false if there is no room for it.
    fn admit(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(VALUE_COST);
        self.bytes <= self.limit
    }

    fn error(&self, extension: &Extension) -> Error {
        let Self { what, limit, .. } = self;
        let (reason, detail) = match self.invalid {
            Some(column) => (
                Reason::InvalidText,
                format!("column {} of a row that `{what}` returned is a text that is not valid UTF-8", column + 1),
            ),
            None => (Reason::OutputTooLarge, format!("`{what}` returned more than the limit of {limit} bytes")),
        };
        Error::failure(reason, Some(&extension.name), extension.running(), &detail)
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
        let refused = |action, first, second| {
            refusal(action, &Request { first: Some(first), second, database: None, trigger: None }).is_some()
        };
        for (name, argument, expected) in [
            ("table_info", Some("t"), false),
            ("TABLE_INFO", Some("t"), false),
            ("user_version", None, false),
            ("user_version", Some("1"), true),
            ("writable_schema", None, true),
            ("journal_mode", None, true),
            ("", None, true),
        ] {
            assert_eq!(refused(Action::Pragma, name, argument), expected, "{name}");
        }
        assert!(refused(Action::Update, "sqlite_dbpage", None));
        assert!(!refused(Action::Update, "t", None));
    }
}
