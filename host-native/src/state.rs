//! What the host's store holds, and the platform services of the engine.

use crate::contract::exports::sqlink::host::guest_imports;
use crate::contract::sqlink::host::platform;
use crate::guest::{Guest, GuestCode};
use crate::handed::HandedFiles;
use crate::limits::Limits;
use crate::storage::Storage;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How much a message matters: the levels of `sqlink:extension/log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The extension can't do its work.
    Error,
    /// Something to look at.
    Warn,
    /// Normal operation.
    Info,
    /// For the extension's author.
    Debug,
}

/// A message of an extension, or of the engine itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The extension, or `None` for the engine.
    pub extension: Option<String>,
    /// How much it matters.
    pub level: Level,
    /// The message: text of the extension, not to be trusted.
    pub message: String,
}

/// Takes log messages. It is called on the database's thread, while SQL is running.
pub type LogSink = Arc<dyn Fn(LogEntry) + Send + Sync>;

/// What another thread may tell a database while it works.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// The running statement is to stop.
    pub(crate) interrupted: AtomicBool,
}

impl Control {
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// Is told of every function of the contract that is called, in either direction, as `scalar.call` or `spi.query`.
///
/// It is called on the database's thread. Calls inside a composition are not seen, only those that leave it.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

/// An extension of one store.
pub(crate) struct GuestSlot {
    pub(crate) code: Arc<GuestCode>,
    /// Empty while the extension is running.
    pub(crate) idle: Option<Box<Guest>>,
}

/// Data of the host's store.
pub(crate) struct HostState {
    pub(crate) control: Arc<Control>,
    pub(crate) limits: Limits,
    pub(crate) guests: HashMap<u32, GuestSlot>,
    pub(crate) storage: Storage,
    pub(crate) handed: HandedFiles,
    /// The engine's own side of the extensions' imports; set once it is instantiated.
    pub(crate) imports: Option<guest_imports::Guest>,
    /// When the calls of extensions that are on the stack have to end, outermost first.
    pub(crate) call_deadlines: Vec<Instant>,
    /// When the running statement has to end.
    pub(crate) statement_deadline: Option<Instant>,
    /// Why this store can't be entered again: a trap in the engine itself.
    pub(crate) ended: Option<String>,
    /// The last error message of an extension, for a trap that ends a composition.
    pub(crate) last_error: Option<String>,
    /// Whether the extensions run in this store, so that only the engine's silence tells of one that runs too long.
    composed: bool,
    log: Option<LogSink>,
    observer: Option<Observer>,
    started: Instant,
    stop_requested: Option<Instant>,
    /// When the engine last asked whether it has to stop, or was last entered.
    last_sign: Instant,
}

impl fmt::Debug for HostState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostState")
            .field("guests", &self.guests.keys())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// How long the engine may go on after it was told to stop, before its store is ended by force. The engine looks every
/// thousand virtual machine operations; a single one can take long on a large value.
const STOP_GRACE: Duration = Duration::from_secs(5);

impl HostState {
    pub(crate) fn new(control: Arc<Control>, composed: bool) -> Self {
        Self {
            control,
            limits: Limits::default(),
            guests: HashMap::new(),
            storage: Storage::default(),
            handed: HandedFiles::default(),
            imports: None,
            call_deadlines: Vec::new(),
            statement_deadline: None,
            ended: None,
            last_error: None,
            composed,
            log: None,
            observer: None,
            started: Instant::now(),
            stop_requested: None,
            last_sign: Instant::now(),
        }
    }

    /// The same state, with someone who listens.
    pub(crate) fn with_listeners(self, log: Option<LogSink>, observer: Option<Observer>) -> Self {
        Self { log, observer, ..self }
    }

    /// Tells the observer of a call.
    pub(crate) fn observe(&self, path: &str) {
        if let Some(observer) = &self.observer {
            observer(path);
        }
    }

    /// Drops an extension and the files that were handed over to it.
    pub(crate) fn forget(&mut self, extension: u32) {
        self.guests.remove(&extension);
        self.handed.close(extension);
    }

    /// When a call into an extension that starts now has to end.
    pub(crate) fn call_deadline(&self, now: Instant) -> Instant {
        let own = now + self.limits.call_deadline;
        self.statement_deadline.map_or(own, |statement| own.min(statement))
    }

    /// True when the engine was told to stop, or should have stopped by itself, longer than the grace time ago; in a
    /// composition also when an extension in it seems to have run past its deadline for that long.
    pub(crate) fn is_overdue(&mut self, now: Instant) -> bool {
        if self.composed && now.duration_since(self.last_sign) >= self.limits.call_deadline + STOP_GRACE {
            return true;
        }
        let deadline = self.statement_deadline.is_some_and(|deadline| now >= deadline);
        if !deadline && !self.control.is_interrupted() {
            self.stop_requested = None;
            return false;
        }
        let since = *self.stop_requested.get_or_insert(now);
        now.duration_since(since) >= STOP_GRACE
    }

    /// Notes that the engine is entered.
    pub(crate) fn enter(&mut self) {
        self.last_sign = Instant::now();
    }

    /// Takes the note of an earlier request to stop back: a new statement starts.
    pub(crate) fn start_statement(&mut self) {
        self.stop_requested = None;
        self.last_error = None;
    }
}

impl platform::Host for HostState {
    fn now(&mut self) -> wasmtime::Result<i64> {
        let milliseconds = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Ok(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => milliseconds(after),
            Err(before) => -milliseconds(before.duration()),
        })
    }

    fn monotonic(&mut self) -> wasmtime::Result<u64> {
        Ok(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn random(&mut self, len: u32) -> wasmtime::Result<Vec<u8>> {
        const MOST: usize = 1 << 20; // far above what the engine asks for at once
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(MOST).min(MOST)];
        // An empty list says that there is no randomness; the engine fails the call.
        Ok(if getrandom::fill(&mut bytes).is_ok() { bytes } else { Vec::new() })
    }

    fn local_offset(&mut self, unix_seconds: i64) -> wasmtime::Result<Option<i32>> {
        let offset = || {
            let zone = jiff::tz::TimeZone::try_system().ok()?;
            let time = jiff::Timestamp::from_second(unix_seconds).ok()?;
            Some(zone.to_offset(time).seconds())
        };
        Ok(offset())
    }

    fn sleep(&mut self, milliseconds: u32) -> wasmtime::Result<()> {
        // In slices, so that an interrupt or a deadline is seen.
        const SLICE: Duration = Duration::from_millis(10);
        let end = Instant::now() + Duration::from_millis(milliseconds.into());
        loop {
            let now = Instant::now();
            self.last_sign = now;
            let left = end.saturating_duration_since(now);
            if left.is_zero() || self.must_stop(now) {
                return Ok(());
            }
            std::thread::sleep(left.min(SLICE));
        }
    }

    fn interrupted(&mut self, _connection: u32) -> wasmtime::Result<bool> {
        let now = Instant::now();
        self.last_sign = now;
        Ok(self.must_stop(now))
    }

    fn log(&mut self, extension: Option<String>, level: u8, message: String) -> wasmtime::Result<()> {
        let level = match level {
            0 => Level::Error,
            1 => Level::Warn,
            2 => Level::Info,
            _ => Level::Debug,
        };
        if level == Level::Error && extension.is_some() {
            self.last_error = Some(message.clone());
        }
        if let Some(log) = &self.log {
            log(LogEntry { extension, level, message });
        }
        Ok(())
    }
}

impl HostState {
    /// Whether the statement that is running now has to stop: the embedder wants it, or an extension that runs it has
    /// used up its time.
    fn must_stop(&self, now: Instant) -> bool {
        self.control.is_interrupted() || self.call_deadlines.iter().any(|deadline| now >= *deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::Host as _;

    fn state() -> HostState {
        HostState::new(Arc::default(), false)
    }

    #[test]
    fn a_statement_stops_when_the_extension_that_runs_it_is_out_of_time() -> wasmtime::Result<()> {
        let mut state = state();
        assert!(!state.interrupted(1)?);
        state.call_deadlines.push(Instant::now());
        state.call_deadlines.push(Instant::now() + Duration::from_secs(60));
        assert!(state.interrupted(1)?);
        Ok(())
    }

    #[test]
    fn an_interrupt_ends_a_sleep() -> wasmtime::Result<()> {
        let mut state = state();
        state.control.interrupted.store(true, Ordering::Relaxed);
        let start = Instant::now();
        state.sleep(60_000)?;
        assert!(start.elapsed() < Duration::from_secs(10));
        Ok(())
    }

    #[test]
    fn a_call_deadline_never_outlasts_the_statement() {
        let mut state = state();
        let now = Instant::now();
        state.statement_deadline = Some(now + Duration::from_millis(3));
        assert_eq!(state.call_deadline(now), now + Duration::from_millis(3));
    }

    #[test]
    fn only_a_composition_is_ended_for_its_silence() {
        for composed in [false, true] {
            let mut state = HostState::new(Arc::default(), composed);
            let late = Instant::now() + state.limits.call_deadline + STOP_GRACE;
            assert_eq!(state.is_overdue(late), composed);
            assert!(!state.is_overdue(Instant::now()));
        }
    }

    #[test]
    fn random_bytes_differ_and_the_offset_is_less_than_a_day() -> wasmtime::Result<()> {
        let mut state = state();
        assert_ne!(state.random(32)?, state.random(32)?);
        assert!(state.local_offset(1_700_000_000)?.is_none_or(|offset| offset.abs() < 86_400));
        Ok(())
    }
}
