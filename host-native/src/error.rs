//! What can go wrong.

use crate::codes;
use crate::contract::exports::sqlink::host::database::DatabaseError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// An error of the engine: SQL that is wrong, a constraint that does not hold, an extension that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqlError {
    /// SQLite's extended result code, for instance 2067.
    pub code: i32,
    /// For people.
    pub message: String,
    /// 0-based byte offset of the offending token in the SQL that was given.
    pub offset: Option<u32>,
    /// `trapped`, `fuel-exhausted`, `capability-denied`, …; `None` for an error that SQLite or the extension itself
    /// returned.
    pub reason: Option<String>,
    /// The extension that caused it.
    pub extension: Option<String>,
    /// The SQL function that caused it.
    pub function: Option<String>,
}

impl SqlError {
    /// Name of the primary code, as `SQLITE_CONSTRAINT`.
    #[must_use]
    pub fn primary_name(&self) -> &'static str {
        codes::primary_name(self.code)
    }

    /// Name of the extended code, as `SQLITE_CONSTRAINT_UNIQUE`.
    #[must_use]
    pub fn extended_name(&self) -> String {
        codes::extended_name(self.code)
    }

    /// The same error, of a statement that starts `bytes` into the SQL that was given.
    pub(crate) fn moved_by(mut self, bytes: usize) -> Self {
        let moved =
            |offset: u32| usize::try_from(offset).ok()?.checked_add(bytes).and_then(|sum| u32::try_from(sum).ok());
        self.offset = self.offset.and_then(moved);
        self
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.extended_name(), self.message)
    }
}

impl std::error::Error for SqlError {}

impl From<DatabaseError> for SqlError {
    fn from(error: DatabaseError) -> Self {
        let DatabaseError { code, message, offset, reason, extension, function } = error;
        Self { code, message, offset, reason, extension, function }
    }
}

/// Any error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine reported an error. The database is in order.
    #[error(transparent)]
    Sql(Box<SqlError>),
    /// An extension's file is not what it should be. The database is untouched.
    #[error(transparent)]
    Refused(Box<sqlink_compose::LinkError>),
    /// A file could not be read.
    #[error("`{}` can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file can't be handed over to an extension.
    #[error("`{}` can't be handed over as `{name}`: {source}", path.display())]
    HandedFile {
        /// The extension's name for it.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no engine where one is looked for.
    #[error("no engine found, looked for {looked}: build it with `cargo xtask build`, or name it with `--engine PATH`")]
    NoEngine {
        /// The places, in order, in backticks.
        looked: String,
    },
    /// A component can't be run: it is no engine, or not one of this version, or an extension that wasmtime refuses.
    #[error("`{file}` can't be used as {role}: {message}")]
    Component {
        /// The file, as the caller named it.
        file: String,
        /// What it was to be: `an engine`, `an extension`.
        role: &'static str,
        /// What wasmtime says.
        message: String,
    },
    /// An extension failed when it was asked what it is.
    #[error("{reason}: extension `{file}`, `describe`: {message}")]
    Describe {
        /// The file, as the caller named it.
        file: String,
        /// `trapped`, `fuel-exhausted`, …
        reason: &'static str,
        /// The trap or the panic's message.
        message: String,
    },
    /// An extension that is not inside the composition.
    #[error("the engine has no extension `{name}` inside, found {found}")]
    NotInside {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        found: String,
    },
    /// A call that this kind of database doesn't have: a composition has its extensions inside.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The engine trapped, in this call or an earlier one. The database can only be closed.
    #[error("the database ended: {message}")]
    Ended {
        /// The trap.
        message: String,
    },
    /// The system gave no thread for the database, or its runtime could not be set up.
    #[error("no database could be started: {message}")]
    Start {
        /// Why.
        message: String,
    },
}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        Self::Sql(Box::new(error))
    }
}

impl From<sqlink_compose::LinkError> for Error {
    fn from(error: sqlink_compose::LinkError) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl Error {
    /// SQLite's extended result code for this error: the engine's own, or 1 (SQLITE_ERROR).
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Sql(error) => error.code,
            Self::Ended { .. } => 2, // SQLITE_INTERNAL
            _ => 1,
        }
    }

    /// The engine's error, if it is one.
    #[must_use]
    pub fn as_sql(&self) -> Option<&SqlError> {
        match self {
            Self::Sql(error) => Some(error),
            _ => None,
        }
    }
}
