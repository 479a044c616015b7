//! Connections: opening and closing, and running scripts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;

pub(crate) use crate::engine::core::Core;
use crate::engine::core::{Running, Timed};
use crate::engine::error::{BUSY, CANTOPEN, Error, NOTADB, Result};
use crate::engine::extension::Extension;
use crate::engine::handles::Handles;
use crate::engine::limits::Limits;
use crate::engine::load;
use crate::engine::names::Names;
use crate::engine::spi::KeptStatements;
use crate::engine::sqlite::{self, Compiled, Database, OpenFlags, Script, Statement, Stepped};
use crate::engine::state::{self, Place, State};
use crate::engine::statement;
use crate::engine::storage;
use crate::front;

thread_local! {
    static CONNECTIONS: RefCell<Handles<Connection>> = const { RefCell::new(Handles::new()) };
}

/// Why a database in WAL mode can't be opened.
const NO_WAL: &str = "the database is in WAL mode, which needs shared memory that there is none of here; set `PRAGMA \
     locking_mode = exclusive` before its first use, or turn it to rollback mode with another SQLite (`PRAGMA journal_mode = \
     delete`)";

/// An open connection.
pub(crate) struct Connection {
    pub(crate) database: Rc<Database>,
    pub(crate) core: Rc<Core>,
    /// Extensions in load order.
    pub(crate) extensions: RefCell<Vec<Rc<Extension>>>,
    /// Who registered which function, collation and module.
    pub(crate) names: RefCell<Names>,
    /// What its extensions remember.
    pub(crate) state: State,
    /// Handles of its statements.
    pub(crate) statements: RefCell<Vec<u32>>,
    /// Statements that extensions will run again.
    pub(crate) kept_statements: KeptStatements,
}

impl Connection {
    /// Finds an open connection.
    pub(crate) fn get(handle: u32) -> Result<Rc<Self>> {
        CONNECTIONS.with_borrow(|connections| connections.get(handle).cloned()).ok_or_else(|| stale(handle))
    }

    /// Marks the connection as in use by a call into SQLite.
    pub(crate) fn enter(&self) -> Running<'_> {
        self.core.enter()
    }

    /// Starts the clock of a statement that has run for `spent` milliseconds already.
    #[inline]
    pub(crate) fn time<'a>(&'a self, spent: &'a Cell<u64>) -> Timed<'a> {
        self.core.time(spent)
    }

    /// Finalizes all its statements.
    fn forget_statements(&self) {
        for statement in self.statements.take() {
            statement::forget(statement);
        }
        self.kept_statements.clear();
    }

    /// Makes the error of a call into SQLite that has just failed with `code`.
    ///
    /// * `base` - byte offset, in the SQL the caller gave, of the SQL that was compiled.
    pub(crate) fn error(&self, code: i32, base: usize) -> Error {
        let mut error = self.database.error(code);
        error.offset = error.offset.and_then(|offset| offset.checked_add(u32::try_from(base).ok()?));
        let error = self.core.explain(error);
        if error.code == CANTOPEN && self.database.file_in(storage::VFS_NAME).is_some() && self.database.is_wal() {
            return Error { message: format!("{}: {NO_WAL}", error.message), ..error };
        }
        error
    }

    /// Compiles the statement that begins at byte `from`.
    pub(crate) fn compile(&self, script: &Script, from: usize, persistent: bool) -> Result<Compiled> {
        let _running = self.enter();
        Statement::prepare(&self.database, script, from, persistent).map_err(|code| self.error(code, from))
    }

    /// Fails if a call on this connection is on the stack.
    pub(crate) fn must_be_idle(&self, what: &str) -> Result<()> {
        if self.core.is_running() {
            return Err(Error::misuse(format!(
                "{what} is not possible from inside a function that a statement of the same connection is calling"
            )));
        }
        Ok(())
    }

    /// Fails if a statement of this connection has started and neither finished nor been reset.
    pub(crate) fn must_have_no_running_statement(&self, what: &str) -> Result<()> {
        if self.database.has_running_statement() {
            return Err(Error::new(
                BUSY,
                format!("{what} is not possible while a statement is running: finish or reset it first"),
            ));
        }
        Ok(())
    }
}

fn stale(handle: u32) -> Error {
    Error::misuse(format!("connection {handle} is closed, or was never open"))
}

/// How to open a connection.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions<'a> {
    /// File name; `:memory:` or empty for a database in memory. A `file:` URI works too.
    ///
    /// Source: <https://sqlite.org/uri.html>
    pub name: &'a str,
    /// Opens for reading only.
    pub read_only: bool,
    /// Creates the database if there is none. Without effect together with `read_only`.
    pub create: bool,
}

impl OpenOptions<'_> {
    /// Describes a new database in memory.
    #[must_use]
    pub const fn memory() -> Self {
        Self { name: ":memory:", read_only: false, create: true }
    }
}

/// Opens a connection and returns its handle.
///
/// Files are reached through the front's storage where it has one, else through the build's default VFS, which on
/// wasm32 keeps them in memory.
///
/// # Errors
///
/// SQLite's, for instance `SQLITE_CANTOPEN`; `SQLITE_MISUSE` for a name with U+0000.
///
/// Source: <https://sqlite.org/c3ref/open.html>
pub fn open(options: &OpenOptions<'_>) -> Result<u32> {
    let vfs = front::file_vfs()?;
    let flags = OpenFlags {
        // The empty name would be a temporary file, not a database in memory.
        name: if options.name.is_empty() { ":memory:" } else { options.name },
        read_only: options.read_only,
        create: options.create,
        uri: true,
        // For `:memory:` too: ATTACH and VACUUM INTO use the main database's VFS.
        vfs,
    };
    let handle = CONNECTIONS.with_borrow_mut(Handles::reserve)?;
    let core = Rc::new(Core::new(handle));
    match Database::open(flags, Rc::clone(&core)) {
        Ok(database) => {
            database.install_callbacks();
            let place = match database.file_in(storage::VFS_NAME) {
                Some(name) => Place::Stored(format!("{name}{}", state::SUFFIX)),
                None => Place::Memory,
            };
            let connection = Rc::new(Connection {
                database,
                core,
                state: State::new(place, options.read_only),
                extensions: RefCell::new(Vec::new()),
                names: RefCell::new(Names::default()),
                statements: RefCell::new(Vec::new()),
                kept_statements: KeptStatements::default(),
            });
            CONNECTIONS.with_borrow_mut(|connections| connections.fill(handle, connection));
            Ok(handle)
        }
        Err(error) => {
            CONNECTIONS.with_borrow_mut(|connections| connections.cancel(handle));
            if vfs.is_some() && error.code & 0xff == CANTOPEN && storage::is_reserved(options.name) {
                return Err(Error { message: format!("{}: {}", error.message, storage::RESERVED), ..error });
            }
            Err(error)
        }
    }
}

/// Closes a connection. Finalizes the statements that are left, rolls back an open transaction, runs the `on-unload` of its
/// extensions, and releases them and the functions.
///
/// # Errors
///
/// `SQLITE_MISUSE` from inside a function that a statement of this connection is calling; the connection stays open.
///
/// Source: <https://sqlite.org/c3ref/close.html>
pub fn close(connection: u32) -> Result<()> {
    let found = Connection::get(connection)?;
    found.must_be_idle("closing the connection")?;
    found.forget_statements();
    load::unload_all(&found);
    // `on-unload` may have left some.
    found.forget_statements();
    drop(found);
    let removed = CONNECTIONS.with_borrow_mut(|connections| connections.remove(connection));
    let Some(found) = removed.and_then(Rc::into_inner) else {
        return Err(stale(connection));
    };
    let Connection { database, extensions, .. } = found;
    let closed = match Rc::into_inner(database) {
        Some(database) => database.close(),
        None => Ok(()),
    };
    for extension in extensions.into_inner() {
        load::release(&extension);
    }
    closed
}

/// Runs any number of statements, one after the other, and discards their rows. Stops at the first error; what ran
/// before it stays done.
///
/// # Errors
///
/// SQLite's, with a byte offset into `sql`; U+0000 in the SQL is an error before anything runs.
///
/// SQLite equivalent: `sqlite3_exec`
pub fn exec(connection: u32, sql: &str) -> Result<()> {
    let connection = Connection::get(connection)?;
    let script = Script::new(sql)?;
    let mut from = 0;
    while from < script.len() {
        let Compiled { statement, end } = connection.compile(&script, from, false)?;
        if let Some(statement) = statement {
            let _running = connection.enter();
            let spent = Cell::new(0);
            let _timed = connection.time(&spent);
            loop {
                match statement.step() {
                    Ok(Stepped::Row) => {}
                    Ok(Stepped::Done) => break,
                    Err(code) => return Err(connection.error(code, from)),
                }
            }
        }
        // Every statement has at least one byte; without progress there would be no end.
        from = end.max(from + 1);
    }
    Ok(())
}

/// Returns the connection's limits.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a stale handle.
pub fn limits(connection: u32) -> Result<Limits> {
    Ok(Connection::get(connection)?.core.limits.get())
}

/// Sets the connection's limits, all of them. They apply from the next call on.
///
/// # Errors
///
/// `SQLITE_RANGE` for a value out of range; nothing is changed then.
pub fn set_limits(connection: u32, limits: Limits) -> Result<()> {
    let connection = Connection::get(connection)?;
    limits.validate()?;
    let to_c = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    connection.database.set_lengths(to_c(limits.value_bytes), to_c(limits.sql_bytes))?;
    connection.core.limits.set(limits);
    Ok(())
}

/// Returns the number of rows that the last finished INSERT, UPDATE or DELETE changed itself.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a stale handle, here and in the next four.
///
/// SQLite equivalent: `sqlite3_changes64`
pub fn changes(connection: u32) -> Result<i64> {
    Ok(Connection::get(connection)?.database.changes())
}

/// Returns the number of rows changed since the connection was opened, those by triggers and foreign keys included.
///
/// # Errors
///
/// As [`changes`].
///
/// SQLite equivalent: `sqlite3_total_changes64`
pub fn total_changes(connection: u32) -> Result<i64> {
    Ok(Connection::get(connection)?.database.total_changes())
}

/// Returns the rowid of the last successful INSERT into a rowid table; 0 if there was none.
///
/// # Errors
///
/// As [`changes`].
///
/// SQLite equivalent: `sqlite3_last_insert_rowid`
pub fn last_insert_rowid(connection: u32) -> Result<i64> {
    Ok(Connection::get(connection)?.database.last_insert_rowid())
}

/// Returns whether a transaction is open.
///
/// # Errors
///
/// As [`changes`].
///
/// SQLite equivalent: `sqlite3_get_autocommit`, negated
pub fn in_transaction(connection: u32) -> Result<bool> {
    Ok(!Connection::get(connection)?.database.is_autocommit())
}

/// Asks the running statements to stop with `SQLITE_INTERRUPT`. Without a running statement it does nothing.
///
/// # Errors
///
/// As [`changes`].
///
/// SQLite equivalent: `sqlite3_interrupt`
pub fn interrupt(connection: u32) -> Result<()> {
    Connection::get(connection)?.database.interrupt();
    Ok(())
}

/// Hands the database file of a schema, as bytes, to `take`, which must not use the engine.
///
/// * `schema` - `main`, `temp` or the name of an attached database.
///
/// # Errors
///
/// `SQLITE_ERROR` for an unknown schema; `SQLITE_MISUSE` from inside a running function.
///
/// SQLite equivalent: `sqlite3_serialize`
pub fn serialize<R>(connection: u32, schema: &str, take: impl FnOnce(&[u8]) -> R) -> Result<R> {
    let connection = Connection::get(connection)?;
    connection.must_be_idle("serializing")?;
    let _running = connection.enter();
    // SQLite runs SQL of its own for this, here and in `deserialize`.
    connection.core.internally(|| connection.database.serialize(schema, take))
}

/// Replaces a schema's database with one in memory whose content is `bytes`, which are copied.
/// No bytes give an empty database. A database in WAL mode is turned to rollback mode, since one in memory has no WAL.
///
/// # Errors
///
/// `SQLITE_NOTADB` if the bytes are not a database, `SQLITE_CORRUPT` if its schema is malformed; `SQLITE_BUSY` while
/// a statement runs or a transaction is open. After `SQLITE_CORRUPT` the schema's database is the broken one.
///
/// SQLite equivalent: `sqlite3_deserialize`
pub fn deserialize(connection: u32, schema: &str, bytes: &[u8]) -> Result<()> {
    /// How every database file begins.
    const MAGIC: &[u8] = b"SQLite format 3\0";
    /// Offset of the file format's write and read versions: 1 rollback, 2 WAL.
    /// Source: <https://sqlite.org/fileformat2.html#the_database_header>
    const VERSIONS: std::ops::Range<usize> = 18..20;

    let connection = Connection::get(connection)?;
    connection.must_be_idle("deserializing")?;
    connection.must_have_no_running_statement("deserializing")?;
    if !connection.database.is_autocommit() {
        return Err(Error::new(BUSY, "deserializing is not possible inside a transaction"));
    }
    if !bytes.is_empty() && !bytes.starts_with(MAGIC) {
        return Err(Error::new(NOTADB, "the bytes are not a database: a SQLite file begins with `SQLite format 3`"));
    }
    connection.kept_statements.clear();
    let _running = connection.enter();
    let deserialize = || {
        connection.database.deserialize(schema, bytes, |bytes| {
            if let Some(versions @ [2, 2]) = bytes.get_mut(VERSIONS) {
                versions.fill(1);
            }
        })
    };
    connection.core.internally(deserialize)?;
    // SQLite reads the schema only when it is needed; a malformed one is better found here.
    let quoted = schema.replace('"', "\"\"");
    let script = Script::new(&format!("SELECT count(*) FROM \"{quoted}\".sqlite_schema"))?;
    connection.core.internally(|| {
        if let Some(statement) = connection.compile(&script, 0, false)?.statement {
            statement.step().map_err(|code| connection.error(code, 0))?;
        }
        Ok(())
    })
}

/// What SQLite this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// For instance `3.53.4`.
    pub sqlite: String,
    /// Date and hash of the sources.
    pub source_id: String,
    /// Options it was compiled with, without `SQLITE_`.
    pub compile_options: Vec<String>,
}

/// Returns SQLite's version and how it was compiled.
pub fn version() -> &'static Version {
    static VERSION: OnceLock<Version> = OnceLock::new();
    VERSION.get_or_init(|| {
        let (sqlite, source_id, compile_options) = sqlite::version();
        Version { sqlite, source_id, compile_options }
    })
}
