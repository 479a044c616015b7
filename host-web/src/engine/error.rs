//! Errors: SQLite's, the engine's own, and what an extension's failure turns into.

use std::fmt;

use crate::engine::platform::CallError;

/// `SQLITE_ERROR`.
pub const ERROR: i32 = 1;
/// `SQLITE_BUSY`.
pub const BUSY: i32 = 5;
/// `SQLITE_NOMEM`.
pub const NOMEM: i32 = 7;
/// `SQLITE_READONLY`.
pub const READONLY: i32 = 8;
/// `SQLITE_INTERRUPT`.
pub const INTERRUPT: i32 = 9;
/// `SQLITE_FULL`.
pub const FULL: i32 = 13;
/// `SQLITE_CANTOPEN`.
pub const CANTOPEN: i32 = 14;
/// `SQLITE_TOOBIG`.
pub const TOOBIG: i32 = 18;
/// `SQLITE_MISUSE`.
pub const MISUSE: i32 = 21;
/// `SQLITE_AUTH`.
pub const AUTH: i32 = 23;
/// `SQLITE_RANGE`.
pub const RANGE: i32 = 25;
/// `SQLITE_NOTADB`.
pub const NOTADB: i32 = 26;

/// Longest error message of an extension, in bytes; what is longer is cut.
const MAX_MESSAGE: usize = 65_536;

/// A specialised `Result` for engine calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How a call into an extension ended badly, by name. The names are part of the contract with embedders: they are
/// equal on every host and stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The extension trapped; its instance is gone and the next call gets a fresh one.
    Trapped,
    /// The call used up its fuel.
    FuelExhausted,
    /// The call, or the statement, ran longer than its wall-clock limit.
    DeadlineExceeded,
    /// The extension wanted more memory than it may have.
    MemoryLimit,
    /// SQL that an extension runs called back into an extension that was already on the stack.
    ReEntered,
    /// A capability is missing.
    CapabilityDenied,
    /// Calls between SQL and functions nested too deeply.
    CallDepthExceeded,
    /// A call, or an `spi` query, returned more bytes than the limit allows.
    OutputTooLarge,
    /// A text value on its way into an extension is not valid UTF-8.
    InvalidText,
    /// The extension returned something the contract does not allow.
    InvalidResult,
}

impl Reason {
    /// All reasons, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::Trapped,
        Self::FuelExhausted,
        Self::DeadlineExceeded,
        Self::MemoryLimit,
        Self::ReEntered,
        Self::CapabilityDenied,
        Self::CallDepthExceeded,
        Self::OutputTooLarge,
        Self::InvalidText,
        Self::InvalidResult,
    ];

    /// Returns the name embedders see, for instance `fuel-exhausted`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::FuelExhausted => "fuel-exhausted",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::MemoryLimit => "memory-limit",
            Self::ReEntered => "re-entered",
            Self::CapabilityDenied => "capability-denied",
            Self::CallDepthExceeded => "call-depth-exceeded",
            Self::OutputTooLarge => "output-too-large",
            Self::InvalidText => "invalid-text",
            Self::InvalidResult => "invalid-result",
        }
    }

    /// Finds a reason by the name [`Reason::as_str`] gives.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Returns the result code an error with this reason carries.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::CapabilityDenied => AUTH,
            Self::OutputTooLarge => TOOBIG,
            Self::DeadlineExceeded => INTERRUPT,
            _ => ERROR,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an embedder gets when an engine call fails. The connection stays usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Error {
    /// Extended result code, for instance 2067 (`SQLITE_CONSTRAINT_UNIQUE`).
    ///
    /// Source: <https://sqlite.org/rescode.html>
    pub code: i32,
    /// For people: lower case, no final full stop, as SQLite writes them.
    pub message: String,
    /// 0-based byte offset of the offending token in the SQL the caller gave, where SQLite knows it.
    pub offset: Option<u32>,
    /// How an extension's call, or the statement's deadline, ended it; none for an error the extension returned.
    pub reason: Option<Reason>,
    /// Name of the extension that caused it.
    pub extension: Option<String>,
    /// SQL name of the function or aggregate that caused it.
    pub function: Option<String>,
}

impl Error {
    /// Makes an error with a code and a message only.
    #[must_use]
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), offset: None, reason: None, extension: None, function: None }
    }

    /// Makes a `SQLITE_MISUSE` error.
    #[must_use]
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::new(MISUSE, message)
    }

    /// Makes the error of a named failure: ``REASON: extension `NAME`, function `FN`: detail``.
    #[must_use]
    pub fn failure(reason: Reason, extension: Option<&str>, part: Option<Part<'_>>, detail: &str) -> Self {
        Self {
            code: reason.code(),
            message: failure_message(reason, extension, part, detail),
            offset: None,
            reason: Some(reason),
            extension: extension.map(str::to_owned),
            function: part.and_then(Part::function).map(str::to_owned),
        }
    }

    /// Makes the error of a call that a platform reported.
    pub(crate) fn from_call(error: CallError, extension: Option<&str>, part: Option<Part<'_>>) -> Self {
        match error {
            CallError::Error { code, message } => Self {
                code: guest_code(code),
                message,
                offset: None,
                reason: None,
                extension: extension.map(str::to_owned),
                function: part.and_then(Part::function).map(str::to_owned),
            },
            CallError::Failure { reason, detail } => Self::failure(reason, extension, part, &detail),
        }
    }
}

impl Error {
    /// Makes the message one that SQLite can take: it ends one at U+0000, and keeps what an extension says however long it
    /// is.
    pub(crate) fn clean(&mut self) {
        let message = &mut self.message;
        if message.len() > MAX_MESSAGE {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        }
        if message.contains('\0') {
            *message = message.replace('\0', "\u{fffd}");
        }
    }
}

/// A part of an extension that can be called, by its SQL name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A scalar function.
    Function(&'a str),
    /// An aggregate or window function.
    Aggregate(&'a str),
    /// A collating sequence.
    Collation(&'a str),
    /// A virtual table module.
    Module(&'a str),
    /// A hook: `authorizer`, `update`, `preupdate`, `commit` or `rollback`.
    Hook(&'a str),
    /// `on-load` or `on-unload`.
    Lifecycle(&'a str),
}

impl<'a> Part<'a> {
    /// Its name, if it is a SQL function.
    fn function(self) -> Option<&'a str> {
        match self {
            Self::Function(name) | Self::Aggregate(name) => Some(name),
            Self::Collation(_) | Self::Module(_) | Self::Hook(_) | Self::Lifecycle(_) => None,
        }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(name) => write!(f, "function `{name}`"),
            Self::Aggregate(name) => write!(f, "aggregate `{name}`"),
            Self::Collation(name) => write!(f, "collation `{name}`"),
            Self::Module(name) => write!(f, "module `{name}`"),
            Self::Hook(name) => write!(f, "hook `{name}`"),
            Self::Lifecycle(name) => write!(f, "`{name}`"),
        }
    }
}

/// Writes ``REASON: extension `NAME`, function `FN`: detail``, leaving out what is not known.
fn failure_message(reason: Reason, extension: Option<&str>, part: Option<Part<'_>>, detail: &str) -> String {
    let mut message = reason.as_str().to_owned();
    match extension {
        Some(name) => message.push_str(&format!(": extension `{name}`")),
        None => message.push_str(": extension"),
    }
    if let Some(part) = part {
        message.push_str(&format!(", {part}"));
    }
    if !detail.is_empty() {
        message.push_str(": ");
        message.push_str(detail);
    }
    message
}

/// Normalises the code of an error an extension or a host function returned: what is not an error code becomes
/// `SQLITE_ERROR`, as `wit/types.wit` says.
pub(crate) fn guest_code(code: i32) -> i32 {
    let primary = code & 0xff;
    if code < 0 || !(ERROR..=NOTADB).contains(&primary) { ERROR } else { code }
}

/// Returns what SQLite itself is told when a function fails with `code`.
///
/// SQLite acts on some codes: it re-prepares and re-runs on `SQLITE_SCHEMA`, rolls the whole transaction back on
/// `SQLITE_NOMEM`, `SQLITE_IOERR`, `SQLITE_INTERRUPT` and `SQLITE_FULL`, and makes the connection read-only on
/// `SQLITE_CORRUPT`. An extension must not be able to cause that by returning a number, so SQLite sees
/// `SQLITE_ERROR` for them; the engine's [`Error`] still carries the extension's code.
pub(crate) fn code_for_sqlite(code: i32) -> i32 {
    const INTERNAL: i32 = 2;
    const IOERR: i32 = 10;
    const CORRUPT: i32 = 11;
    const SCHEMA: i32 = 17;
    match code & 0xff {
        INTERNAL | NOMEM | INTERRUPT | IOERR | CORRUPT | FULL | SCHEMA | MISUSE | NOTADB => ERROR,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_name(reason.as_str()), Some(reason));
        }
        assert_eq!(Reason::from_name("Trapped"), None);
    }

    #[test]
    fn failure_messages_name_what_is_known() {
        let message = |extension, part, detail| Error::failure(Reason::Trapped, extension, part, detail).message;
        let f = Some(Part::Function("f"));
        assert_eq!(message(Some("a"), f, "unreachable"), "trapped: extension `a`, function `f`: unreachable");
        assert_eq!(message(None, Some(Part::Function("describe")), ""), "trapped: extension, function `describe`");
        for (part, text) in [
            (Part::Aggregate("p"), "aggregate `p`"),
            (Part::Collation("p"), "collation `p`"),
            (Part::Module("p"), "module `p`"),
            (Part::Hook("commit"), "hook `commit`"),
            (Part::Lifecycle("on-load"), "`on-load`"),
        ] {
            assert_eq!(message(Some("a"), Some(part), "x"), format!("trapped: extension `a`, {text}: x"));
        }
    }

    #[test]
    fn codes_that_are_not_errors_become_error() {
        for code in [0, 100, 101, -1, 256, i32::MIN, 27, 28] {
            assert_eq!(guest_code(code), ERROR, "{code}");
        }
        for code in [1, 19, 2067, 23, 18, 17] {
            assert_eq!(guest_code(code), code);
        }
    }

    #[test]
    fn codes_sqlite_acts_on_are_hidden_from_it() {
        for code in [7, 9, 10, 10 | 12 << 8, 11, 13, 17] {
            assert_eq!(code_for_sqlite(code), ERROR, "{code}");
        }
        for code in [1, 18, 19, 23, 2067] {
            assert_eq!(code_for_sqlite(code), code);
        }
    }
}
