//! Statements: compiling, binding, running.

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::rc::Rc;

use crate::engine::connection::Connection;
use crate::engine::core::{Running, Timed, no_sql_in};
use crate::engine::error::{Error, RANGE, Result};
use crate::engine::handles::Handles;
use crate::engine::sqlite::{Args, Compiled, Script, Statement as Compile, Stepped};
use crate::engine::value::{RowSink, ValueRef};

thread_local! {
    static STATEMENTS: RefCell<Handles<Statement>> = const { RefCell::new(Handles::new()) };
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before its first row.
    Ready,
    /// Started, not at its end.
    Running,
    /// At its end; it stays there until it is reset.
    Done,
}

/// A compiled statement.
struct Statement {
    handle: u32,
    // Dropped before the connection: finalizing needs it open.
    compiled: Compile,
    connection: Rc<Connection>,
    /// Byte offset of its SQL in the SQL the caller gave.
    base: u32,
    state: Cell<State>,
    /// A call that uses it is on the stack.
    in_use: Cell<bool>,
    /// Milliseconds it has run, while there is a timeout.
    spent: Cell<u64>,
}

/// A call that uses a statement.
struct Use<'a> {
    in_use: &'a Cell<bool>,
    _running: Running<'a>,
}

impl Drop for Use<'_> {
    fn drop(&mut self) {
        self.in_use.set(false);
    }
}

impl Statement {
    fn get(handle: u32) -> Result<Rc<Self>> {
        STATEMENTS.with_borrow(|statements| statements.get(handle).cloned()).ok_or_else(|| stale(handle))
    }

    /// Takes the statement for a call.
    fn take(&self) -> Result<Use<'_>> {
        if let Some(callback) = self.connection.core.barred() {
            return Err(no_sql_in(callback));
        }
        if self.in_use.replace(true) {
            return Err(Error::misuse(format!(
                "statement {} is running: the function it is calling must not use it",
                self.handle
            )));
        }
        Ok(Use { in_use: &self.in_use, _running: self.connection.enter() })
    }

    fn clock(&self) -> Timed<'_> {
        self.connection.time(&self.spent)
    }

    /// Goes back to before the first row.
    ///
    /// # Errors
    ///
    /// That of ending what it had begun: a statement that is given up halfway can be the one that commits.
    fn rewind(&self) -> Result<()> {
        self.spent.set(0);
        let before = self.state.replace(State::Ready);
        match self.compiled.reset() {
            Err(code) if before == State::Running => Err(self.connection.error(code, self.base as usize)),
            _ => Ok(()),
        }
    }

    /// Steps once; a failure resets the statement, so that it does not hold the transaction.
    #[inline]
    fn step(&self) -> Result<Stepped> {
        self.state.set(State::Running);
        match self.compiled.step() {
            Ok(Stepped::Row) => Ok(Stepped::Row),
            Ok(Stepped::Done) => {
                self.state.set(State::Done);
                // It is at its end: there is nothing left to fail.
                let _ = self.compiled.reset();
                Ok(Stepped::Done)
            }
            Err(code) => Err(self.fail(code)),
        }
    }

    fn fail(&self, code: i32) -> Error {
        let error = self.connection.error(code, self.base as usize);
        self.state.set(State::Ready);
        // The code is that of the step.
        let _ = self.compiled.reset();
        self.spent.set(0);
        error
    }

    fn bind(&self, index: u32, value: ValueRef<'_>) -> Result<()> {
        let bound = i32::try_from(index).map_err(|_| RANGE).and_then(|c| self.compiled.bind(c, value));
        bound.map_err(|code| {
            if code == RANGE {
                Error::new(
                    RANGE,
                    format!(
                        "parameter {index} is out of range: the statement has {} (the first is 1)",
                        self.compiled.parameter_count()
                    ),
                )
            } else {
                self.connection.error(code, self.base as usize)
            }
        })
    }
}

fn stale(handle: u32) -> Error {
    Error::misuse(format!("statement {handle} is finalized, or was never prepared"))
}

fn to_u32(count: i32) -> u32 {
    u32::try_from(count).unwrap_or(0)
}

/// What [`prepare`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The statement's handle; 0 if there was only white space or comment.
    pub statement: u32,
    /// Byte offset after the statement's end. What follows may be more statements.
    pub consumed: u32,
}

/// Compiles the first statement of `sql`.
///
/// * `persistent` - the statement will be kept and used often.
///
/// # Errors
///
/// SQLite's, with a byte offset into `sql` where it knows one; U+0000 anywhere in the SQL is an error.
///
/// SQLite equivalent: `sqlite3_prepare_v3`
pub fn prepare(connection: u32, sql: &str, persistent: bool) -> Result<Prepared> {
    prepare_from(connection, &Script::new(sql)?, 0, persistent)
}

/// Compiles the first statement from byte `from` of a script on.
///
/// [`Prepared::consumed`], and the offset of an error, count from the script's start.
///
/// # Errors
///
/// As [`prepare`].
pub fn prepare_from(connection: u32, script: &Script, from: u32, persistent: bool) -> Result<Prepared> {
    let connection = Connection::get(connection)?;
    let Compiled { statement, end } = connection.compile(script, from as usize, persistent)?;
    let consumed = u32::try_from(end).map_err(|_| Error::misuse("the SQL is over 4 GiB long"))?;
    let Some(compiled) = statement else {
        return Ok(Prepared { statement: 0, consumed });
    };
    let statement = STATEMENTS.with_borrow_mut(Handles::reserve)?;
    let item = Rc::new(Statement {
        handle: statement,
        compiled,
        connection: Rc::clone(&connection),
        base: from,
        state: Cell::new(State::Ready),
        in_use: Cell::new(false),
        spent: Cell::new(0),
    });
    STATEMENTS.with_borrow_mut(|statements| statements.fill(statement, item));
    connection.statements.borrow_mut().push(statement);
    Ok(Prepared { statement, consumed })
}

/// A result column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The AS clause, or what SQLite makes of the expression.
    pub name: String,
    /// As written in CREATE TABLE; none for an expression.
    pub declared_type: Option<String>,
}

/// Returns the statement's columns, as of when it was last compiled.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a stale handle, here and in the other functions that only ask.
///
/// SQLite equivalent: `sqlite3_column_name`, `sqlite3_column_decltype`
pub fn columns(statement: u32) -> Result<Vec<Column>> {
    let statement = Statement::get(statement)?;
    let compiled = &statement.compiled;
    Ok((0..compiled.column_count())
        .map(|index| Column { name: compiled.column_name(index), declared_type: compiled.column_decltype(index) })
        .collect())
}

/// Returns the number of columns; 0 for a statement that returns no rows.
///
/// # Errors
///
/// As [`columns`].
pub fn column_count(statement: u32) -> Result<u32> {
    Ok(to_u32(Statement::get(statement)?.compiled.column_count()))
}

/// Returns the number of the largest parameter; 0 if there is none.
///
/// # Errors
///
/// As [`columns`].
pub fn parameter_count(statement: u32) -> Result<u32> {
    Ok(to_u32(Statement::get(statement)?.compiled.parameter_count()))
}

/// Returns the 1-based index of a named parameter, 0 if there is none.
///
/// * `name` - with its prefix: `:a`, `@a`, `$a` or `?1`.
///
/// # Errors
///
/// As [`columns`].
pub fn parameter_index(statement: u32, name: &str) -> Result<u32> {
    let statement = Statement::get(statement)?;
    let Ok(name) = CString::new(name) else { return Ok(0) };
    Ok(to_u32(statement.compiled.parameter_index(&name)))
}

/// Returns the name of a parameter by its 1-based index, prefix included; none if it has none or is not there.
///
/// # Errors
///
/// As [`columns`].
pub fn parameter_name(statement: u32, index: u32) -> Result<Option<String>> {
    let statement = Statement::get(statement)?;
    Ok(i32::try_from(index).ok().and_then(|index| statement.compiled.parameter_name(index)))
}

/// Returns whether the statement makes no direct change to a database file.
///
/// # Errors
///
/// As [`columns`].
///
/// SQLite equivalent: `sqlite3_stmt_readonly`
pub fn read_only(statement: u32) -> Result<bool> {
    Ok(Statement::get(statement)?.compiled.is_read_only())
}

/// Returns how often SQLite has compiled the statement again because the schema changed. After that its columns may have
/// changed too.
///
/// # Errors
///
/// As [`columns`].
///
/// SQLite equivalent: `SQLITE_STMTSTATUS_REPREPARE`
pub fn reprepare_count(statement: u32) -> Result<u32> {
    Ok(to_u32(Statement::get(statement)?.compiled.reprepare_count()))
}

/// Binds a value, which is copied, to one parameter. The statement is reset first if it has started.
///
/// * `index` - 1-based.
///
/// # Errors
///
/// `SQLITE_RANGE` for an index that is not there, `SQLITE_TOOBIG`; `SQLITE_MISUSE` from a function the statement is
/// calling.
///
/// SQLite equivalent: `sqlite3_bind_*`
pub fn bind(statement: u32, index: u32, value: ValueRef<'_>) -> Result<()> {
    let statement = Statement::get(statement)?;
    let _use = statement.take()?;
    if statement.state.get() != State::Ready {
        statement.rewind()?;
    }
    statement.bind(index, value)
}

/// Resets the statement, sets all parameters to NULL and binds `values`, which are copied, to the first ones, in order.
///
/// # Errors
///
/// As [`bind`].
pub fn bind_all(statement: u32, values: Args<'_>) -> Result<()> {
    let statement = Statement::get(statement)?;
    let _use = statement.take()?;
    statement.rewind()?;
    statement.compiled.clear_bindings();
    for (index, value) in (1..).zip(values.iter()) {
        statement.bind(index, value)?;
    }
    Ok(())
}

/// Whether there may be more rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The sink stopped it.
    More,
    /// The statement is at its end.
    Done,
}

/// Runs on and hands rows to the sink until it stops, or the statement ends. At the end it stays there, until it
/// is reset: another call gives [`Step::Done`] again.
///
/// # Errors
///
/// SQLite's. The rows before the error are in the sink, and the statement is reset.
///
/// SQLite equivalent: `sqlite3_step`, `sqlite3_column_*`
pub fn step_rows<S: RowSink>(statement: u32, sink: &mut S) -> Result<Step> {
    let statement = Statement::get(statement)?;
    let _use = statement.take()?;
    if statement.state.get() == State::Done {
        return Ok(Step::Done);
    }
    let _clock = statement.clock();
    loop {
        match statement.step()? {
            Stepped::Done => return Ok(Step::Done),
            Stepped::Row => {
                statement.compiled.row(sink).map_err(|code| statement.fail(code))?;
                if !sink.end_row() {
                    return Ok(Step::More);
                }
            }
        }
    }
}

/// What [`run`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Rows the statement itself inserted, updated or deleted; 0 for one that does not change rows.
    pub changes: i64,
    /// Rowid of the connection's last successful INSERT.
    pub last_insert_rowid: i64,
}

/// Runs the statement from its start to its end, discards its rows and resets it.
///
/// # Errors
///
/// SQLite's; the statement is reset.
pub fn run(statement: u32) -> Result<Changes> {
    let statement = Statement::get(statement)?;
    let _use = statement.take()?;
    statement.rewind()?;
    let before = statement.compiled.database().total_changes();
    {
        let _clock = statement.clock();
        while let Stepped::Row = statement.step()? {}
    }
    statement.rewind()?;
    let database = statement.compiled.database();
    Ok(Changes {
        changes: if database.total_changes() == before { 0 } else { database.changes() },
        last_insert_rowid: database.last_insert_rowid(),
    })
}

/// Goes back to before the first row. Bindings stay.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a stale handle, and from a function the statement is calling; SQLite's, if the statement was not at its
/// end and ending it failed, for instance because it would have committed. Here and in the next two.
///
/// SQLite equivalent: `sqlite3_reset`
pub fn reset(statement: u32) -> Result<()> {
    let statement = Statement::get(statement)?;
    let _use = statement.take()?;
    statement.rewind()?;
    Ok(())
}

/// Sets all parameters to NULL, and resets the statement.
///
/// # Errors
///
/// As [`reset`].
///
/// SQLite equivalent: `sqlite3_clear_bindings`
pub fn clear_bindings(statement: u32) -> Result<()> {
    let statement = Statement::get(statement)?;
    let _use = statement.take()?;
    statement.rewind()?;
    statement.compiled.clear_bindings();
    Ok(())
}

/// Finalizes the statement: its handle is stale from here on.
///
/// # Errors
///
/// As [`reset`].
///
/// SQLite equivalent: `sqlite3_finalize`
pub fn finalize(statement: u32) -> Result<()> {
    let found = Statement::get(statement)?;
    let in_use = found.take()?;
    let ended = found.rewind();
    let mut list = found.connection.statements.borrow_mut();
    if let Some(position) = list.iter().rposition(|other| *other == statement) {
        list.swap_remove(position);
    }
    drop(list);
    forget(statement);
    drop(in_use);
    ended
}

/// Takes a statement out of the table; it is finalized when nobody uses it.
pub(crate) fn forget(statement: u32) {
    let removed = STATEMENTS.with_borrow_mut(|statements| statements.remove(statement));
    // Outside of the borrow: finalizing calls SQLite.
    drop(removed);
}
