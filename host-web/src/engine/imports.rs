//! What extensions import, with the embedder's number of the extension in front: here the grants are checked.
//!
//! An import works only while a call into its extension is on the stack.
//!
//! Source: wit/log.wit, wit/random.wit, wit/clock.wit, wit/spi.wit

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::engine::connection::Connection;
use crate::engine::error::{ERROR, Error, Reason, Result, TOOBIG};
use crate::engine::extension::Extension;
use crate::engine::platform::{Level, Platform};
use crate::engine::policy::Capability;
use crate::engine::spi;
use crate::engine::value::{Value, ValueRef};
use crate::front::PLATFORM;

/// Longest log message, in bytes; what is longer is cut.
pub const MAX_LOG_MESSAGE: usize = 65_536;
/// Most log messages of one extension in a second; what is more is dropped.
pub const MAX_LOG_RATE: u32 = 1000;
/// Most random bytes in one call.
pub const MAX_RANDOM: u32 = 65_536;

/// The contract's `error`, as an import returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestError {
    /// Extended result code.
    pub code: i32,
    /// For people.
    pub message: String,
}

/// What `spi.query` returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Column names, in order.
    pub columns: Vec<String>,
    /// One list of values per row, as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// How many messages an extension has written in the current second.
#[derive(Default)]
pub(crate) struct LogWindow {
    started: Cell<u64>,
    written: Cell<u32>,
    dropped: Cell<u32>,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is written, after saying that this many were dropped before it.
    Write {
        dropped: u32,
    },
    Drop,
}

impl LogWindow {
    fn admit(&self, now_ms: u64) -> Verdict {
        let fresh = now_ms.saturating_sub(self.started.get()) >= 1000;
        if fresh {
            self.started.set(now_ms);
            self.written.set(0);
        }
        if self.written.get() >= MAX_LOG_RATE {
            self.dropped.set(self.dropped.get().saturating_add(1));
            return Verdict::Drop;
        }
        self.written.set(self.written.get() + 1);
        Verdict::Write { dropped: self.dropped.take() }
    }
}

/// Hands an extension's message to the embedder, at most 1000 a second. Bytes that are not valid UTF-8 become U+FFFD.
/// A message of an extension that is not loaded is dropped.
///
/// Source: wit/log.wit
pub fn log_write(extension: u32, level: Level, message: &[u8]) {
    let Some(extension) = Extension::get(extension) else { return };
    let Verdict::Write { dropped } = extension.log.admit(PLATFORM.monotonic_ms()) else { return };
    let name = Some(extension.name.as_str());
    if dropped > 0 {
        PLATFORM.log(name, Level::Warn, &format!("{dropped} messages were dropped: at most {MAX_LOG_RATE} a second"));
    }
    PLATFORM.log(name, level, &cut(message));
}

fn cut(message: &[u8]) -> Cow<'_, str> {
    let end = message.len().min(MAX_LOG_MESSAGE);
    let mut text = String::from_utf8_lossy(message.get(..end).unwrap_or_default());
    if end < message.len() && text.ends_with('\u{fffd}') {
        // The cut may have gone through a character.
        let kept = text.trim_end_matches('\u{fffd}').to_owned();
        text = Cow::Owned(kept);
    }
    text
}

/// Returns secure random bytes.
///
/// * `len` - bytes, at most 65,536.
///
/// # Errors
///
/// `SQLITE_AUTH` (`capability-denied`) without the grant `random`, `SQLITE_TOOBIG` if `len` is larger, `SQLITE_ERROR` if the
/// platform has none.
///
/// Source: wit/random.wit
pub fn random_bytes(extension: u32, len: u32) -> Result<Vec<u8>, GuestError> {
    import(extension, "random.bytes", Capability::Random, |_| {
        if len > MAX_RANDOM {
            return Err(Error::new(TOOBIG, format!("{len} random bytes are more than the {MAX_RANDOM} of one call")));
        }
        let mut bytes = vec![0; len as usize];
        if !PLATFORM.random(&mut bytes) {
            return Err(Error::new(ERROR, "the platform has no secure random bytes"));
        }
        Ok(bytes)
    })
}

/// Returns milliseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
///
/// `SQLITE_AUTH` (`capability-denied`) without the grant `clock`.
///
/// Source: wit/clock.wit
pub fn clock_now(extension: u32) -> Result<i64, GuestError> {
    import(extension, "clock.now", Capability::Clock, |_| Ok(PLATFORM.now_ms()))
}

/// Runs one read-only statement on the connection that is calling the extension, and returns its rows.
///
/// * `params` - bound to ?1, ?2, … in order.
///
/// # Errors
///
/// As wit/spi.wit says, and `SQLITE_ERROR` (`invalid-text`) for a text that is not valid UTF-8.
pub fn spi_query(extension: u32, sql: &str, params: &[ValueRef<'_>]) -> Result<Rows, GuestError> {
    import(extension, "spi.query", Capability::SpiRead, |extension| {
        spi::query(&Connection::get(extension.connection)?, extension, sql, params)
    })
}

/// Runs one statement that may write, on the connection that is calling the extension. Returns the number of rows it
/// changed itself.
///
/// * `params` - bound to ?1, ?2, … in order.
///
/// # Errors
///
/// As wit/spi.wit says.
pub fn spi_execute(extension: u32, sql: &str, params: &[ValueRef<'_>]) -> Result<i64, GuestError> {
    import(extension, "spi.execute", Capability::SpiWrite, |extension| {
        spi::execute(&Connection::get(extension.connection)?, sql, params)
    })
}

// E3 begin
fn later<T>() -> Result<T, GuestError> {
    Err(GuestError { code: ERROR, message: "not available in this engine".into() })
}
pub fn config_get(_: u32, _: &str) -> Option<String> {
    None
}
pub fn config_keys(_: u32) -> Vec<String> {
    Vec::new()
}
pub fn config_host() -> crate::contract::config::Versions {
    crate::contract::config::Versions {
        contract: "0.1.0".into(),
        engine: env!("CARGO_PKG_VERSION").into(),
        sqlite: String::new(),
    }
}
pub fn clock_monotonic(_: u32) -> Result<u64, GuestError> {
    later()
}
pub fn spi_batch(_: u32, _: &str) -> Result<(), GuestError> {
    later()
}
pub fn spi_open(_: u32, _: &str, _: &[ValueRef<'_>]) -> Result<crate::contract::spi::Opened, GuestError> {
    later()
}
pub fn spi_fetch(_: u32, _: u32, _: u32) -> Result<Vec<Vec<Value>>, GuestError> {
    later()
}
pub fn spi_close(_: u32, _: u32) {}
pub fn spi_changes(_: u32) -> Result<i64, GuestError> {
    later()
}
pub fn spi_last_insert_rowid(_: u32) -> Result<i64, GuestError> {
    later()
}
pub fn subtype_get(_: u32, _: u32) -> Result<u8, GuestError> {
    later()
}
pub fn subtype_set(_: u32, _: u8) -> Result<(), GuestError> {
    later()
}
pub fn state_get(_: u32, _: &str) -> Result<Option<Vec<u8>>, GuestError> {
    later()
}
pub fn state_set(_: u32, _: &str, _: &[u8]) -> Result<(), GuestError> {
    later()
}
pub fn state_delete(_: u32, _: &str) -> Result<bool, GuestError> {
    later()
}
pub fn state_keys(_: u32, _: &str) -> Result<Vec<String>, GuestError> {
    later()
}
pub fn cache_get(_: u32, _: &str) -> Result<Option<Vec<u8>>, GuestError> {
    later()
}
pub fn cache_set(_: u32, _: String, _: Vec<u8>, _: u32) -> Result<(), GuestError> {
    later()
}
pub fn cache_delete(_: u32, _: &str) -> Result<bool, GuestError> {
    later()
}
pub fn files_list(_: u32) -> Result<Vec<crate::contract::files::File>, GuestError> {
    later()
}
pub fn files_read(_: u32, _: &str, _: u64, _: u32) -> Result<Vec<u8>, GuestError> {
    later()
}
pub fn files_write(_: u32, _: &str, _: u64, _: &[u8]) -> Result<(), GuestError> {
    later()
}
// E3 end

/// Finds the extension, checks that it runs and may use the capability, and carries the import out.
fn import<T>(
    extension: u32,
    what: &'static str,
    capability: Capability,
    call: impl FnOnce(&Rc<Extension>) -> Result<T>,
) -> Result<T, GuestError> {
    if let Some(error) = deny_describing(extension, what) {
        return Err(GuestError::from(&error));
    }
    let Some(extension) = Extension::get(extension) else {
        return Err(GuestError::from(&Error::misuse(format!("extension number {extension} is not loaded"))));
    };
    if !extension.is_active() {
        return Err(GuestError::from(&Error::misuse(format!(
            "extension `{}` used an import while none of its functions was being called",
            extension.name
        ))));
    }
    extension
        .grants
        .check(capability, &extension.name, extension.active_function())
        .and_then(|()| call(&extension))
        .map_err(|error| {
            let returned = GuestError::from(&error);
            extension.import_error.set(Some(Box::new(error)));
            returned
        })
}

/// An extension whose `describe` runs, and what it tried to call.
struct Describing {
    extension: u32,
    denied: Option<Error>,
}

thread_local! {
    static DESCRIBING: RefCell<Option<Describing>> = const { RefCell::new(None) };
}

/// Runs `describe` with every import of the extension denied. A platform that has an instance of its own for `describe` denies
/// them itself; in a composition the calls come here.
///
/// # Errors
///
/// That of `describe`, and `capability-denied` if the extension called an import, whatever it made of the refusal.
pub(crate) fn while_describing<T>(extension: u32, describe: impl FnOnce() -> Result<T>) -> Result<T> {
    DESCRIBING.replace(Some(Describing { extension, denied: None }));
    let described = describe();
    match DESCRIBING.take().and_then(|describing| describing.denied) {
        Some(denied) => Err(denied),
        None => described,
    }
}

/// Refuses an import of the extension that is being described.
fn deny_describing(extension: u32, what: &str) -> Option<Error> {
    DESCRIBING.with_borrow_mut(|describing| {
        let describing = describing.as_mut().filter(|describing| describing.extension == extension)?;
        let detail = format!("`{what}` can't be called from `describe`");
        let error = Error::failure(Reason::CapabilityDenied, None, Some("describe"), &detail);
        describing.denied = Some(error.clone());
        Some(error)
    })
}

impl From<&Error> for GuestError {
    fn from(error: &Error) -> Self {
        Self { code: error.code, message: error.message.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_limited_and_says_how_much_it_dropped() {
        let window = LogWindow::default();
        for _ in 0..MAX_LOG_RATE {
            assert_eq!(window.admit(5000), Verdict::Write { dropped: 0 });
        }
        assert_eq!(window.admit(5000), Verdict::Drop);
        assert_eq!(window.admit(5999), Verdict::Drop);
        assert_eq!(window.admit(6000), Verdict::Write { dropped: 2 });
        assert_eq!(window.admit(6000), Verdict::Write { dropped: 0 });
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let mut message = "x".repeat(MAX_LOG_MESSAGE - 1);
        message.push('ä');
        assert_eq!(cut(message.as_bytes()), "x".repeat(MAX_LOG_MESSAGE - 1));
        assert_eq!(cut(b"a\xffb"), "a\u{fffd}b");
    }
}
