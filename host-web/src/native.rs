//! The front for Rust programs: extensions and functions are Rust closures, the rest is the standard library.
//!
//! The crate's own tests drive the engine through it. Everything belongs to the thread that set it up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::contract::types::{Error, Value};
use crate::contract::{hooks as hook_types, metadata, vtab as vtab_types};
use crate::engine::{Args, Batch, CallError, Level, Platform, Reason, ResultSink};

/// A function of the embedder, or the `scalar.call` of an extension: gets the function's id, arguments, and where the
/// result goes.
pub type Call = dyn Fn(u32, Args<'_>, &mut ResultSink<'_>) -> Result<(), CallError>;

/// A log message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Name of the extension; none for the engine itself.
    pub extension: Option<String>,
    /// How much it matters.
    pub level: Level,
    /// The text.
    pub message: String,
}

/// An extension written in Rust. Its methods are the functions a component exports; what it does not export fails.
///
/// Source: wit/world.wit
#[allow(unused_variables, reason = "the defaults do nothing")]
#[allow(clippy::missing_errors_doc, reason = "each fails as the function of the contract does")]
pub trait Guest {
    /// Which interfaces it exports.
    fn exports(&self) -> dispatch::Interfaces {
        dispatch::Interfaces::all()
    }
    /// `metadata.describe`.
    fn describe(&self) -> metadata::Manifest;
    /// `scalar.call`.
    fn call(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        not_exported("scalar.call")
    }
    /// `aggregate.step`.
    fn step(&self, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        not_exported("aggregate.step")
    }
    /// `aggregate.inverse`.
    fn inverse(&self, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        not_exported("aggregate.inverse")
    }
    /// `aggregate.current`.
    fn current(&self, id: u32, context: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        not_exported("aggregate.current")
    }
    /// `aggregate.finish`.
    fn finish(&self, id: u32, context: u32, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        not_exported("aggregate.finish")
    }
    /// `aggregate.abandon`.
    fn abandon(&self, id: u32, context: u32) -> Result<(), CallError> {
        not_exported("aggregate.abandon")
    }
    /// `collation.compare`.
    fn compare(&self, id: u32, left: &str, right: &str) -> Result<i32, CallError> {
        not_exported("collation.compare")
    }
    /// `vtab.next-batch`.
    fn next_batch(&self, cursor: u32, max_rows: u32) -> Result<vtab_types::Batch, CallError> {
        not_exported("vtab.next-batch")
    }
    /// The other functions of `vtab`.
    fn vtab(&self) -> Option<&dyn Tables> {
        None
    }
    /// `hooks`.
    fn hooks(&self) -> Option<&dyn Hooks> {
        None
    }
    /// `lifecycle.on-load`.
    fn on_load(&self) -> Result<(), CallError> {
        Ok(())
    }
    /// `lifecycle.on-unload`.
    fn on_unload(&self) -> Result<(), CallError> {
        Ok(())
    }
}

fn not_exported<T>(what: &str) -> Result<T, CallError> {
    Err(CallError::message(format!("`{what}` is not exported")))
}

/// Declares a trait with some functions of `dispatch`, and the functions that call it by an extension's number.
macro_rules! interface {
    ($(#[$doc:meta])* $name:ident by $get:ident {
        $($export:ident => fn $method:ident($($param:ident: $type:ty),*) -> $result:ty;)*
    }) => {
        $(#[$doc])*
        #[allow(unused_variables, reason = "the defaults do nothing")]
        #[allow(clippy::missing_errors_doc, missing_docs, reason = "each is the function of the contract with its name")]
        pub trait $name {
            $(fn $method(&self, $($param: $type),*) -> Result<$result, CallError> {
                not_exported(stringify!($method))
            })*
        }

        mod $get {
            use super::*;
            $(pub(crate) fn $export(extension: u32, $($param: $type),*) -> Result<$result, dispatch::CallError> {
                let guest = guest(extension).map_err(lowered)?;
                match guest.$get() {
                    Some(found) => found.$method($($param),*).map_err(lowered),
                    None => Err(lowered(CallError::message(concat!("`", stringify!($export), "` is not exported")))),
                }
            })*
        }
    };
}

interface! {
    /// `vtab`, but for `next-batch`.
    Tables by vtab {
        vtab_create => fn create(module: u32, table: u32, database: &str, name: &str, arguments: &[String]) -> String;
        vtab_connect => fn connect(module: u32, table: u32, database: &str, name: &str, arguments: &[String]) -> String;
        vtab_disconnect => fn disconnect(table: u32) -> ();
        vtab_destroy => fn destroy(table: u32) -> ();
        vtab_best_index => fn best_index(table: u32, query: &vtab_types::IndexQuery) -> vtab_types::IndexPlan;
        vtab_open => fn open(table: u32, cursor: u32) -> ();
        vtab_filter => fn filter(cursor: u32, number: i32, name: &str, args: &[vtab_types::Argument], columns: u64) -> ();
        vtab_close => fn close(cursor: u32) -> ();
        vtab_insert => fn insert(table: u32, rowid: Option<i64>, values: &[Value], on_conflict: vtab_types::Conflict) -> i64;
        vtab_update => fn update(table: u32, rowid: i64, new_rowid: i64, values: &[Value], on_conflict: vtab_types::Conflict) -> ();
        vtab_delete => fn delete(table: u32, rowid: i64) -> ();
        vtab_transaction => fn transaction(table: u32, step: vtab_types::TransactionStep) -> ();
        vtab_rename => fn rename(table: u32, new_name: &str) -> ();
        vtab_integrity => fn integrity(table: u32, quick: bool) -> Option<String>;
    }
}

interface! {
    /// `hooks`.
    Hooks by hooks {
        hooks_authorize => fn authorize(action: hook_types::Action, first: Option<&str>, second: Option<&str>, database: Option<&str>, trigger: Option<&str>) -> hook_types::Verdict;
        hooks_update => fn update(operation: hook_types::Operation, database: &str, table: &str, rowid: i64) -> ();
        hooks_preupdate => fn preupdate(change: &hook_types::RowChange) -> ();
        hooks_commit => fn commit() -> bool;
        hooks_rollback => fn rollback() -> ();
    }
}

/// The calls of extensions that are not hot, by an extension's number; on wasm32 the module of this name is generated.
pub(crate) mod dispatch {
    use super::{guest, lowered};
    use crate::contract::metadata::Manifest;

    pub(crate) use super::hooks::*;
    pub(crate) use super::vtab::*;
    pub use crate::contract::dispatch::{CallError, Interfaces};

    pub(crate) fn exports(extension: u32) -> Interfaces {
        guest(extension).map_or(Interfaces::empty(), |guest| guest.exports())
    }

    pub(crate) fn describe(extension: u32) -> Result<Manifest, CallError> {
        Ok(guest(extension).map_err(lowered)?.describe())
    }

    pub(crate) fn release(extension: u32) {
        super::forget(|state| state.extensions.remove(&extension));
    }

    pub(crate) fn aggregate_abandon(extension: u32, id: u32, context: u32) -> Result<(), CallError> {
        guest(extension).and_then(|guest| guest.abandon(id, context)).map_err(lowered)
    }

    pub(crate) fn lifecycle_on_load(extension: u32) -> Result<(), CallError> {
        guest(extension).and_then(|guest| guest.on_load()).map_err(lowered)
    }

    pub(crate) fn lifecycle_on_unload(extension: u32) -> Result<(), CallError> {
        guest(extension).and_then(|guest| guest.on_unload()).map_err(lowered)
    }
}

fn guest(extension: u32) -> Result<Rc<dyn Guest>, CallError> {
    STATE.with_borrow(|state| state.extensions.get(&extension).cloned()).ok_or_else(|| missing("extension", extension))
}

/// Files by their numbers; on wasm32 the module of this name is generated.
pub(crate) mod handed_files {
    use super::STATE;

    fn with<T>(file: u32, get: impl FnOnce(&mut Vec<u8>) -> T) -> Result<T, String> {
        STATE.with_borrow_mut(|state| state.files.get_mut(&file).map(get)).ok_or_else(|| format!("no file {file}"))
    }

    pub(crate) fn size(file: u32) -> Result<u64, String> {
        with(file, |bytes| bytes.len() as u64)
    }

    pub(crate) fn read(file: u32, offset: u64, len: u32) -> Result<Vec<u8>, String> {
        with(file, |bytes| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let end = start.saturating_add(len as usize).min(bytes.len());
            bytes[start..end].to_vec()
        })
    }

    pub(crate) fn write(file: u32, offset: u64, new: &[u8]) -> Result<(), String> {
        with(file, |bytes| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let end = start.saturating_add(new.len());
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(new);
        })
    }
}

/// Makes a file in memory available under a number.
pub fn add_file(number: u32, bytes: Vec<u8>) {
    STATE.with_borrow_mut(|state| state.files.insert(number, bytes));
}

/// What is in a file now.
#[must_use]
pub fn file(number: u32) -> Option<Vec<u8>> {
    STATE.with_borrow(|state| state.files.get(&number).cloned())
}

/// An error as it crosses to the engine.
fn lowered(error: CallError) -> dispatch::CallError {
    use crate::contract::dispatch::{Failure, FailureKind};
    match error {
        CallError::Error { code, message } => dispatch::CallError::Error(Error { code, message }),
        CallError::Failure { reason, detail } => dispatch::CallError::Failure(Failure {
            kind: match reason {
                Reason::FuelExhausted => FailureKind::FuelExhausted,
                Reason::DeadlineExceeded => FailureKind::DeadlineExceeded,
                Reason::MemoryLimit => FailureKind::MemoryLimit,
                Reason::CapabilityDenied => FailureKind::CapabilityDenied,
                Reason::InvalidResult => FailureKind::InvalidResult,
                _ => FailureKind::Trapped,
            },
            message: detail,
        }),
    }
}

/// An extension with scalar functions only, which one closure answers.
struct Scalars {
    manifest: metadata::Manifest,
    call: Rc<Call>,
}

impl Guest for Scalars {
    fn describe(&self) -> metadata::Manifest {
        self.manifest.clone()
    }

    fn call(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        (self.call)(id, args, out)
    }
}

#[derive(Default)]
struct State {
    extensions: HashMap<u32, Rc<dyn Guest>>,
    files: HashMap<u32, Vec<u8>>,
    functions: HashMap<u32, Rc<Call>>,
    interrupted: HashMap<u32, bool>,
    log: Vec<LogEntry>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

/// Makes an extension with scalar functions only available under a number, for [`crate::engine::load_extension`]. One that
/// was there is replaced.
pub fn add_extension(
    id: u32,
    manifest: metadata::Manifest,
    call: impl Fn(u32, Args<'_>, &mut ResultSink<'_>) -> Result<(), CallError> + 'static,
) {
    add_guest(id, Scalars { manifest, call: Rc::new(call) });
}

/// Makes an extension available under a number. One that was there is replaced.
pub fn add_guest(id: u32, guest: impl Guest + 'static) {
    let before = STATE.with_borrow_mut(|state| state.extensions.insert(id, Rc::new(guest)));
    drop(before);
}

/// Makes a function available under a number, for [`crate::engine::create_function`]. One that was there is replaced.
pub fn add_function(id: u32, call: impl Fn(u32, Args<'_>, &mut ResultSink<'_>) -> Result<(), CallError> + 'static) {
    let before = STATE.with_borrow_mut(|state| state.functions.insert(id, Rc::new(call)));
    drop(before);
}

/// Returns whether an extension is available.
#[must_use]
pub fn has_extension(id: u32) -> bool {
    STATE.with_borrow(|state| state.extensions.contains_key(&id))
}

/// Returns whether a function is available.
#[must_use]
pub fn has_function(id: u32) -> bool {
    STATE.with_borrow(|state| state.functions.contains_key(&id))
}

/// Sets whether the statements of a connection are to stop, until it is set back.
pub fn set_interrupted(connection: u32, interrupted: bool) {
    STATE.with_borrow_mut(|state| state.interrupted.insert(connection, interrupted));
}

/// Takes the log messages written so far.
#[must_use]
pub fn take_log() -> Vec<LogEntry> {
    STATE.with_borrow_mut(|state| std::mem::take(&mut state.log))
}

/// The platform of a native build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NativePlatform;

impl Platform for NativePlatform {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic_ms(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    #[cfg(unix)]
    fn random(&self, out: &mut [u8]) -> bool {
        use std::io::Read as _;
        std::fs::File::open("/dev/urandom").is_ok_and(|mut file| file.read_exact(out).is_ok())
    }

    #[cfg(not(unix))]
    fn random(&self, _out: &mut [u8]) -> bool {
        false
    }

    fn local_offset(&self, _unix_seconds: i64) -> Option<i32> {
        None
    }

    fn sleep_ms(&self, milliseconds: u32) {
        std::thread::sleep(Duration::from_millis(milliseconds.into()));
    }

    fn interrupted(&self, connection: u32) -> bool {
        STATE.with_borrow(|state| state.interrupted.get(&connection).copied().unwrap_or(false))
    }

    fn log(&self, extension: Option<&str>, level: Level, message: &str) {
        let entry = LogEntry { extension: extension.map(str::to_owned), level, message: message.to_owned() };
        STATE.with_borrow_mut(|state| state.log.push(entry));
    }

    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        guest(extension)?.call(id, args, out)
    }

    fn aggregate_step(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        guest(extension)?.step(id, context, args)
    }

    fn aggregate_inverse(&self, extension: u32, id: u32, context: u32, args: Args<'_>) -> Result<(), CallError> {
        guest(extension)?.inverse(id, context, args)
    }

    fn aggregate_current(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError> {
        guest(extension)?.current(id, context, out)
    }

    fn aggregate_finish(
        &self,
        extension: u32,
        id: u32,
        context: u32,
        out: &mut ResultSink<'_>,
    ) -> Result<(), CallError> {
        guest(extension)?.finish(id, context, out)
    }

    fn compare(&self, extension: u32, id: u32, left: &str, right: &str) -> Result<i32, CallError> {
        guest(extension)?.compare(id, left, right)
    }

    fn next_batch(&self, extension: u32, cursor: u32, max_rows: u32, out: &mut Batch) -> Result<(), CallError> {
        out.fill(&guest(extension)?.next_batch(cursor, max_rows)?);
        Ok(())
    }

    fn call_host_function(&self, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let call =
            STATE.with_borrow(|state| state.functions.get(&id).cloned()).ok_or_else(|| missing("function", id))?;
        call(id, args, out)
    }

    fn release_host_function(&self, id: u32) {
        forget(|state| state.functions.remove(&id));
    }
}

/// Removes something, and drops it outside of the borrow. A connection that is closed by the end of its thread may find
/// the state gone already.
fn forget<T>(remove: impl FnOnce(&mut State) -> T) {
    let removed = STATE.try_with(|state| state.try_borrow_mut().map(|mut state| remove(&mut state)));
    drop(removed);
}

fn missing(what: &str, id: u32) -> CallError {
    CallError::Failure { reason: Reason::Trapped, detail: format!("there is no {what} number {id}") }
}
