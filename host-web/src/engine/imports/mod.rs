//! What extensions import, with the embedder's number of the extension in front: here the grants are checked.
//!
//! An import works only while a call into its extension is on the stack; `log` and `config` always do.
//!
//! Source: wit/world.wit, world `imports`

mod cache;
mod files;
mod log;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub use self::cache::{CACHE_ENTRY_COST, cache_delete, cache_get, cache_set};
pub use self::files::{MAX_READ, files_list, files_read, files_write};
pub use self::log::{MAX_LOG_MESSAGE, MAX_LOG_RATE, log_write};

use self::cache::Cache;
use self::log::LogWindow;
use crate::contract::config::Versions;
use crate::contract::spi::Opened;
use crate::engine::calls::Numbers;
use crate::engine::connection::{self, Connection};
use crate::engine::error::{ERROR, Error, Part, Reason, Result, TOOBIG};
use crate::engine::extension::{Extension, HandedFile, LoadOptions};
use crate::engine::platform::Platform;
use crate::engine::policy::Capability;
use crate::engine::value::{Value, ValueRef};
use crate::engine::{spi, sqlite};
use crate::front::PLATFORM;

/// Most random bytes in one call.
pub const MAX_RANDOM: u32 = 65_536;

/// Version of the contract, the WIT package `sqlink:extension`.
pub const CONTRACT: &str = "0.1.0";

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

/// What is kept for the imports of one extension, from its load to its unload.
#[derive(Default)]
pub(crate) struct Kept {
    log: LogWindow,
    /// Settings, sorted by key.
    config: Vec<(String, String)>,
    /// Files, sorted by name.
    files: Vec<HandedFile>,
    cache: RefCell<Cache>,
    /// Numbers of its `spi` cursors.
    pub(crate) cursors: Numbers,
    /// What the last import that failed in the running call said, to recognise it if the extension hands it on.
    pub(crate) import_error: Cell<Option<Box<Error>>>,
}

impl Kept {
    /// Takes settings and files over.
    ///
    /// # Errors
    ///
    /// `SQLITE_MISUSE` for a setting or a file that is there twice.
    pub(crate) fn new(extension: &str, options: &LoadOptions) -> Result<Self> {
        let twice = |what: &str, name: &str| {
            Err(Error::misuse(format!("the options of extension `{extension}` have the {what} `{name}` twice")))
        };
        let mut config = options.config.clone();
        config.sort();
        if let Some([(key, _), _]) = config.array_windows().find(|[(a, _), (b, _)]| a == b) {
            return twice("setting", key);
        }
        let mut files = options.files.clone();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some([file, _]) = files.array_windows().find(|[a, b]| a.name == b.name) {
            return twice("file", &file.name);
        }
        Ok(Self { config, files, ..Self::default() })
    }
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
/// `SQLITE_AUTH` (`capability-denied`) without the grant `clock`, here and below.
///
/// Source: wit/clock.wit
pub fn clock_now(extension: u32) -> Result<i64, GuestError> {
    import(extension, "clock.now", Capability::Clock, |_| Ok(PLATFORM.now_ms()))
}

/// Returns milliseconds from an arbitrary start; never goes backwards.
///
/// # Errors
///
/// As [`clock_now`].
///
/// Source: wit/clock.wit
pub fn clock_monotonic(extension: u32) -> Result<u64, GuestError> {
    import(extension, "clock.monotonic", Capability::Clock, |_| Ok(PLATFORM.monotonic_ms()))
}

/// Returns a setting of the embedder; none if there is none, or the extension is not loaded.
///
/// Source: wit/config.wit
#[must_use]
pub fn config_get(extension: u32, key: &str) -> Option<String> {
    if deny_describing(extension, "config.get").is_some() {
        return None;
    }
    let extension = Extension::get(extension)?;
    let config = &extension.kept.config;
    let index = config.binary_search_by(|(other, _)| other.as_str().cmp(key)).ok()?;
    Some(config[index].1.clone())
}

/// Returns the keys of all settings, sorted.
///
/// Source: wit/config.wit
#[must_use]
pub fn config_keys(extension: u32) -> Vec<String> {
    if deny_describing(extension, "config.keys").is_some() {
        return Vec::new();
    }
    Extension::get(extension)
        .map_or_else(Vec::new, |extension| extension.kept.config.iter().map(|(key, _)| key.clone()).collect())
}

/// Returns the versions of the host's parts.
///
/// Source: wit/config.wit
#[must_use]
pub fn config_host(extension: u32) -> Versions {
    // The refusal is reported after `describe`.
    let _ = deny_describing(extension, "config.host");
    Versions {
        contract: CONTRACT.to_owned(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        sqlite: connection::version().sqlite.clone(),
    }
}

/// Runs one read-only statement on the connection that is calling the extension, and returns its rows.
///
/// * `params` - bound to ?1, ?2, … in order.
///
/// # Errors
///
/// As wit/spi.wit says, and `SQLITE_ERROR` (`invalid-text`) for a text that is not valid UTF-8. Here and below.
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
        spi::execute(&Connection::get(extension.connection)?, extension, sql, params)
    })
}

/// Runs any number of statements that may write.
///
/// # Errors
///
/// As wit/spi.wit says.
pub fn spi_batch(extension: u32, sql: &str) -> Result<(), GuestError> {
    import(extension, "spi.batch", Capability::SpiWrite, |extension| {
        spi::batch(&Connection::get(extension.connection)?, extension, sql)
    })
}

/// Starts one read-only statement, whose rows [`spi_fetch`] gives.
///
/// * `params` - bound to ?1, ?2, … in order.
///
/// # Errors
///
/// As wit/spi.wit says.
pub fn spi_open(extension: u32, sql: &str, params: &[ValueRef<'_>]) -> Result<Opened, GuestError> {
    import(extension, "spi.open", Capability::SpiRead, |extension| {
        spi::open(&Connection::get(extension.connection)?, extension, sql, params)
    })
}

/// Returns the next rows of a cursor.
///
/// * `max_rows` - at least 1.
///
/// # Errors
///
/// As wit/spi.wit says.
pub fn spi_fetch(extension: u32, cursor: u32, max_rows: u32) -> Result<Vec<Vec<Value>>, GuestError> {
    import(extension, "spi.fetch", Capability::SpiRead, |extension| {
        spi::fetch(&Connection::get(extension.connection)?, extension, cursor, max_rows)
    })
}

/// Ends a cursor. Without effect on one that is not there.
///
/// Source: wit/spi.wit
pub fn spi_close(extension: u32, cursor: u32) {
    // Without the grant there is none.
    let _ = import(extension, "spi.close", Capability::SpiRead, |extension| {
        spi::close(&Connection::get(extension.connection)?, extension, cursor)
    });
}

/// Returns the number of rows that the connection's last statement changed itself.
///
/// # Errors
///
/// As wit/spi.wit says.
pub fn spi_changes(extension: u32) -> Result<i64, GuestError> {
    import(extension, "spi.changes", Capability::SpiRead, |extension| {
        spi::changes(&*Connection::get(extension.connection)?)
    })
}

/// Returns the rowid of the connection's last successful INSERT; 0 if there was none.
///
/// # Errors
///
/// As wit/spi.wit says.
pub fn spi_last_insert_rowid(extension: u32) -> Result<i64, GuestError> {
    import(extension, "spi.last-insert-rowid", Capability::SpiRead, |extension| {
        spi::last_insert_rowid(&*Connection::get(extension.connection)?)
    })
}

/// Returns the subtype of an argument, by its 0-based index, of the running function.
///
/// # Errors
///
/// As wit/subtype.wit says, here and below.
pub fn subtype_get(extension: u32, argument: u32) -> Result<u8, GuestError> {
    ungranted(extension, "subtype.get", |_| sqlite::subtype_of(argument))
}

/// Sets the subtype of the running function's result.
///
/// # Errors
///
/// As wit/subtype.wit says.
pub fn subtype_set(extension: u32, subtype: u8) -> Result<(), GuestError> {
    ungranted(extension, "subtype.set", |_| sqlite::set_subtype(subtype))
}

/// Returns the bytes at `key`.
///
/// # Errors
///
/// As wit/state.wit says, here and below.
pub fn state_get(extension: u32, key: &str) -> Result<Option<Vec<u8>>, GuestError> {
    import(extension, "state.get", Capability::State, |extension| {
        Connection::get(extension.connection)?.state.get(&extension.name, key)
    })
}

/// Stores `bytes` at `key`.
///
/// # Errors
///
/// As wit/state.wit says.
pub fn state_set(extension: u32, key: &str, bytes: &[u8]) -> Result<(), GuestError> {
    import(extension, "state.set", Capability::State, |extension| {
        let connection = Connection::get(extension.connection)?;
        let quota = connection.core.limits.get().state_bytes;
        connection.state.set(&extension.name, key, bytes, quota)
    })
}

/// Deletes `key`; false if it was not there.
///
/// # Errors
///
/// As wit/state.wit says.
pub fn state_delete(extension: u32, key: &str) -> Result<bool, GuestError> {
    import(extension, "state.delete", Capability::State, |extension| {
        Connection::get(extension.connection)?.state.delete(&extension.name, key)
    })
}

/// Returns the keys that begin with `prefix`, in byte order.
///
/// # Errors
///
/// As wit/state.wit says.
pub fn state_keys(extension: u32, prefix: &str) -> Result<Vec<String>, GuestError> {
    import(extension, "state.keys", Capability::State, |extension| {
        Connection::get(extension.connection)?.state.keys(&extension.name, prefix)
    })
}

/// Finds the extension, checks that it runs and may use the capability, and carries the import out.
fn import<T>(
    extension: u32,
    what: &'static str,
    capability: Capability,
    call: impl FnOnce(&Rc<Extension>) -> Result<T>,
) -> Result<T, GuestError> {
    ungranted(extension, what, |extension| {
        extension.grants.check(capability, &extension.name, extension.running())?;
        call(extension)
    })
}

/// Finds the extension, checks that it runs, and carries out an import that nobody has to grant.
fn ungranted<T>(
    extension: u32,
    what: &'static str,
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
    call(&extension).map_err(|error| {
        let returned = GuestError::from(&error);
        extension.kept.import_error.set(Some(Box::new(error)));
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
        let error = Error::failure(Reason::CapabilityDenied, None, Some(Part::Function("describe")), &detail);
        describing.denied = Some(error.clone());
        Some(error)
    })
}

impl From<&Error> for GuestError {
    fn from(error: &Error) -> Self {
        Self { code: error.code, message: error.message.clone() }
    }
}
