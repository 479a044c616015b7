//! The front for Rust programs: extensions and functions are Rust closures, the rest is the standard library.
//!
//! The crate's own tests drive the engine through it. Everything belongs to the thread that set it up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::engine::{Args, CallError, Level, Manifest, Platform, Reason, ResultSink};

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

struct Extension {
    manifest: Manifest,
    call: Rc<Call>,
}

#[derive(Default)]
struct State {
    extensions: HashMap<u32, Extension>,
    functions: HashMap<u32, Rc<Call>>,
    interrupted: HashMap<u32, bool>,
    log: Vec<LogEntry>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

/// Makes an extension available under a number, for [`crate::engine::load_extension`]. One that was there is replaced.
pub fn add_extension(
    id: u32,
    manifest: Manifest,
    call: impl Fn(u32, Args<'_>, &mut ResultSink<'_>) -> Result<(), CallError> + 'static,
) {
    let extension = Extension { manifest, call: Rc::new(call) };
    let before = STATE.with_borrow_mut(|state| state.extensions.insert(id, extension));
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

    fn describe(&self, extension: u32) -> Result<Manifest, CallError> {
        STATE
            .with_borrow(|state| state.extensions.get(&extension).map(|found| found.manifest.clone()))
            .ok_or_else(|| missing("extension", extension))
    }

    fn call_scalar(&self, extension: u32, id: u32, args: Args<'_>, out: &mut ResultSink<'_>) -> Result<(), CallError> {
        let call = STATE
            .with_borrow(|state| state.extensions.get(&extension).map(|found| Rc::clone(&found.call)))
            .ok_or_else(|| missing("extension", extension))?;
        call(id, args, out)
    }

    fn release(&self, extension: u32) {
        forget(|state| state.extensions.remove(&extension));
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
