//! What the instance remembers.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use crate::Value;
use crate::plan::Rows;
use crate::tables::{Cursor, Table};

/// Most entries of the log.
const LOG: usize = 1000;

/// What the instance remembers.
#[derive(Default)]
pub(crate) struct State {
    /// What happened since it was read last.
    log: VecDeque<String>,
    /// Sums by context.
    pub(crate) sums: HashMap<u32, i64>,
    /// What goes wrong, by context.
    pub(crate) breaks: HashMap<u32, String>,
    /// Rows by context, as text.
    pub(crate) groups: HashMap<u32, String>,
    /// Rows by context.
    pub(crate) rows: HashMap<u32, VecDeque<Vec<Value>>>,
    /// Virtual tables by the host's number.
    pub(crate) tables: HashMap<u32, Table>,
    /// Rows of virtual tables by database and name.
    pub(crate) stored: HashMap<(String, String), Rows>,
    /// Cursors by the host's number.
    pub(crate) cursors: HashMap<u32, Cursor>,
}

thread_local!(static STATE: RefCell<State> = RefCell::default());

/// Uses the state. Nothing that calls the host may run in it.
pub(crate) fn with<T>(run: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(run)
}

/// Adds to the log.
pub(crate) fn note(entry: impl Into<String>) {
    with(|state| {
        if state.log.len() == LOG {
            state.log.pop_front();
        }
        state.log.push_back(entry.into());
    });
}

/// Takes the log.
pub(crate) fn take_log() -> Vec<String> {
    with(|state| std::mem::take(&mut state.log).into())
}
