//! The clock of deadlines: one thread that advances the epoch of wasmtime's engines.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use wasmtime::Engine;

/// How often running code looks whether it has to stop.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Ticks until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    /// Dropped with the ticker, which ends the thread.
    _stop: mpsc::Sender<()>,
}

impl Ticker {
    /// Starts ticking for `engines`.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start(engines: &[&Engine]) -> io::Result<Self> {
        // Weak: the thread must not keep an engine, with all the code compiled for it, alive.
        let engines: Vec<_> = engines.iter().map(|engine| engine.weak()).collect();
        let (stop, stopped) = mpsc::channel::<()>();
        thread::Builder::new().name("sqlink-ticker".to_owned()).stack_size(64 << 10).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                for engine in engines.iter().filter_map(wasmtime::EngineWeak::upgrade) {
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
