//! What the engine needs of the front it is built with.

use crate::contract::dispatch;
use crate::engine::batch::Batch;
use crate::engine::error::Reason;
use crate::engine::sqlite::{Args, ResultSink};

/// How much a log message matters, most first.
///
/// Source: wit/log.wit
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// The extension can't do its work.
    Error = 0,
    /// Something the embedder should look at.
    Warn = 1,
    /// Normal operation.
    Info = 2,
    /// For the extension's author.
    Debug = 3,
}

impl Level {
    /// Finds a level by its number in `wit/log.wit`; anything above 3 is [`Level::Debug`].
    #[must_use]
    pub const fn from_u8(level: u8) -> Self {
        match level {
            0 => Self::Error,
            1 => Self::Warn,
            2 => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// How a call of an extension or of a host function failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The function returned an error; its instance stays in use.
    Error {
        /// Extended result code, not checked yet.
        code: i32,
        /// For people.
        message: String,
    },
    /// The call ended without the function's consent. The platform has dropped the instance.
    Failure {
        /// Which way.
        reason: Reason,
        /// The trap by its canonical short name, or the panic's message; never empty where something is known.
        detail: String,
    },
}

impl CallError {
    /// Makes the error of a function that failed with `SQLITE_ERROR`.
    #[must_use]
    pub fn message(message: impl Into<String>) -> Self {
        Self::Error { code: crate::engine::error::ERROR, message: message.into() }
    }
}

/// What a front provides. It is chosen at compile time, so that calls are static.
///
/// No method may unwind: a front catches everything (a JavaScript exception, a trap) and returns it as a value.
pub trait Platform {
    /// Returns milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Returns milliseconds from an arbitrary start; never goes backwards.
    fn monotonic_ms(&self) -> u64;

    /// Fills `out` with cryptographically secure random bytes; false if there are none to be had.
    fn random(&self, out: &mut [u8]) -> bool;

    /// Returns local time minus UTC at the given Unix time, both in seconds; none if the time zone is unknown.
    fn local_offset(&self, unix_seconds: i64) -> Option<i32>;

    /// Sleeps; used by SQLite's busy handler. May return at once where sleeping is impossible.
    fn sleep_ms(&self, milliseconds: u32);

    /// Returns true when the embedder wants the statement that runs on `connection` to stop.
    /// The progress handler polls it every 1000 virtual machine operations.
    fn interrupted(&self, connection: u32) -> bool;

    /// Hands a message of an extension, or of the engine itself when `extension` is none, to the embedder.
    fn log(&self, extension: Option<&str>, level: Level, message: &str);

    /// Calls an extension's `scalar.call`. This and the other calls of extensions here are the hot paths; all others go through
    /// `front::dispatch`.
    ///
    /// The engine has checked that the extension is not on the stack and that text arguments are valid UTF-8; it checks
    /// the result's size and encoding when `out` gets it.
    ///
    /// # Errors
    ///
    /// [`CallError::Error`] if the extension returned an error, [`CallError::Failure`] if the call ended its instance.
    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError>;

    /// Calls an extension's `aggregate.step`.
    ///
    /// # Errors
    ///
    /// As [`Platform::call_scalar`], and so for all that follow.
    fn aggregate_step(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError>;

    /// Calls an extension's `aggregate.inverse`.
    #[allow(clippy::missing_errors_doc, reason = "as above")]
    fn aggregate_inverse(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError>;

    /// Calls an extension's `aggregate.current`.
    #[allow(clippy::missing_errors_doc, reason = "as above")]
    fn aggregate_current(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError>;

    /// Calls an extension's `aggregate.finish`.
    #[allow(clippy::missing_errors_doc, reason = "as above")]
    fn aggregate_finish(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError>;

    /// Calls an extension's `collation.compare`.
    #[allow(clippy::missing_errors_doc, reason = "as above")]
    fn compare(&self, extension: u32, id: u32, left: &str, right: &str) -> Result<i32, CallError>;

    /// Calls an extension's `vtab.next-batch`. What is in `out` afterwards is as the extension gave it: the engine checks
    /// the number of rows and cells, and texts.
    #[allow(clippy::missing_errors_doc, reason = "as above")]
    fn next_batch(&self, extension: u32, cursor: u32, max_rows: u32, out: &mut Batch) -> Result<(), CallError>;

    /// Calls a function of the embedder itself. Text arguments are not checked for UTF-8.
    ///
    /// # Errors
    ///
    /// [`CallError::Error`] if the function failed.
    fn call_host_function(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError>;

    /// Tells that a host function is no longer registered: replaced, removed, or its connection closed.
    fn release_host_function(&self, id: u32);
}

impl From<dispatch::CallError> for CallError {
    fn from(error: dispatch::CallError) -> Self {
        match error {
            dispatch::CallError::Error(error) => Self::Error { code: error.code, message: error.message },
            dispatch::CallError::Failure(failure) => {
                Self::Failure { reason: Reason::from(failure.kind), detail: failure.message }
            }
        }
    }
}

impl From<dispatch::FailureKind> for Reason {
    fn from(kind: dispatch::FailureKind) -> Self {
        match kind {
            dispatch::FailureKind::Trapped => Self::Trapped,
            dispatch::FailureKind::FuelExhausted => Self::FuelExhausted,
            dispatch::FailureKind::DeadlineExceeded => Self::DeadlineExceeded,
            dispatch::FailureKind::MemoryLimit => Self::MemoryLimit,
            dispatch::FailureKind::CapabilityDenied => Self::CapabilityDenied,
            dispatch::FailureKind::InvalidResult => Self::InvalidResult,
        }
    }
}
