//! What a connection shares with the callbacks that SQLite calls.

use std::cell::{Cell, RefCell};

use crate::engine::error::{AUTH, Error, INTERRUPT, Reason, code_for_sqlite};
use crate::engine::hooks::Hooks;
use crate::engine::limits::Limits;
use crate::engine::platform::Platform;
use crate::engine::spi::Cursors;
use crate::engine::sqlite::Progress;
use crate::front::PLATFORM;

/// What the callbacks of a connection need: it has no way back to the connection, and only cells.
pub(crate) struct Core {
    /// The connection's handle.
    pub(crate) handle: u32,
    pub(crate) limits: Cell<Limits>,
    /// Extensions whose hooks are called.
    pub(crate) hooks: Hooks,
    /// Cursors that extensions have open on the connection.
    pub(crate) cursors: Cursors,
    /// How often the progress handler is called.
    pub(crate) progress: Progress,
    /// Engine calls into SQLite that are on the stack.
    running: Cell<u32>,
    /// Statements that are being stepped, on the stack.
    steps: Cell<u32>,
    /// Which run of which statement the outermost of them is; 0 if there is none.
    run: Cell<u32>,
    last_run: Cell<u32>,
    /// Evaluations of aggregates that SQLite ends now are not for their value: no statement is being stepped, or the innermost
    /// one has failed.
    ends: Cell<bool>,
    /// When the statement that runs must be done, in the platform's monotonic milliseconds.
    deadline: Cell<Option<u64>>,
    /// The statement was stopped because of `deadline`.
    late: Cell<bool>,
    /// The error of the function that failed last, until the statement that ran it reports it.
    failure: RefCell<Option<Error>>,
    /// SQLite was told the code of `failure`, but not its message.
    unheard: Cell<bool>,
    /// Why the running statements must fail, although SQLite was not told.
    failing: RefCell<Option<Error>>,
    /// Whether there is such a reason.
    is_failing: Cell<bool>,
    /// One of the statements that must fail writes.
    failing_writes: Cell<bool>,
    /// The first of them failed in a transaction that the embedder began.
    failing_in_transaction: Cell<bool>,
    /// Callbacks on the stack that SQLite calls while it compiles a statement.
    compiling: Cell<u32>,
    /// The callback on the stack from which SQLite allows no use of the connection.
    barred: Cell<Option<&'static str>>,
    /// Number of the extension whose SQL is being compiled or run; none if it is the embedder's.
    author: Cell<Option<u32>>,
    /// The SQL that is being compiled or run is the engine's own.
    internal: Cell<bool>,
}

impl Core {
    pub(crate) fn new(handle: u32) -> Self {
        Self {
            handle,
            limits: Cell::new(Limits::default()),
            hooks: Hooks::default(),
            cursors: Cursors::default(),
            progress: Progress::default(),
            running: Cell::new(0),
            steps: Cell::new(0),
            run: Cell::new(0),
            last_run: Cell::new(0),
            ends: Cell::new(true),
            deadline: Cell::new(None),
            late: Cell::new(false),
            failure: RefCell::new(None),
            unheard: Cell::new(false),
            failing: RefCell::new(None),
            is_failing: Cell::new(false),
            failing_writes: Cell::new(false),
            failing_in_transaction: Cell::new(false),
            compiling: Cell::new(0),
            barred: Cell::new(None),
            author: Cell::new(None),
            internal: Cell::new(false),
        }
    }

    /// The progress handler: whether the running statement must stop.
    pub(crate) fn should_stop(&self) -> bool {
        // What the engine itself runs is short, and takes back what must not stay.
        if self.internal.get() {
            return false;
        }
        if self.is_failing.get() {
            return true;
        }
        if let Some(deadline) = self.deadline.get()
            && PLATFORM.monotonic_ms() >= deadline
        {
            self.late.set(true);
            return true;
        }
        PLATFORM.interrupted(self.handle)
    }

    /// Whether the authorizer has anything to say at the moment.
    #[inline]
    pub(crate) fn authorizes(&self) -> bool {
        !self.internal.get() && (self.author.get().is_some() || self.hooks.authorize())
    }

    /// Number of the extension whose SQL is being compiled or run; none if it is the embedder's.
    pub(crate) fn author(&self) -> Option<u32> {
        self.author.get()
    }

    /// Runs `call` as SQL of the extension `author`, or of the embedder; a function of the embedder has its own rights
    /// back, even when an extension's SQL called it.
    pub(crate) fn with_spi<R>(&self, author: Option<u32>, call: impl FnOnce() -> R) -> R {
        let before = self.author.replace(author);
        // The engine's own SQL may call an extension too: it disconnects tables.
        let internal = self.internal.replace(false);
        let result = call();
        self.internal.set(internal);
        self.author.set(before);
        result
    }

    /// Runs SQL of the engine itself, which nobody has to authorize.
    pub(crate) fn internally<R>(&self, call: impl FnOnce() -> R) -> R {
        let before = self.internal.replace(true);
        let result = call();
        self.internal.set(before);
        result
    }

    /// Runs a callback from which SQLite allows no use of the connection: compiling and running SQL fail in it.
    pub(crate) fn forbid_sql<R>(&self, callback: &'static str, call: impl FnOnce() -> R) -> R {
        let before = self.barred.replace(Some(callback));
        let result = call();
        self.barred.set(before);
        result
    }

    /// Returns the callback that forbids to use the connection.
    #[inline]
    pub(crate) fn barred(&self) -> Option<&'static str> {
        self.barred.get()
    }

    /// Runs a callback that SQLite calls while it compiles a statement, which holds on to what is in the schema: SQL that
    /// changes the schema would pull it away.
    pub(crate) fn while_compiling<R>(&self, call: impl FnOnce() -> R) -> R {
        self.compiling.set(self.compiling.get().saturating_add(1));
        let result = call();
        self.compiling.set(self.compiling.get().saturating_sub(1));
        result
    }

    /// Whether such a callback is on the stack.
    pub(crate) fn is_compiling(&self) -> bool {
        self.compiling.get() > 0
    }

    /// Whether an engine call on this connection is on the stack.
    pub(crate) fn is_running(&self) -> bool {
        self.running.get() > 0
    }

    /// Marks the connection as in use by a call into SQLite.
    pub(crate) fn enter(&self) -> Running<'_> {
        if self.running.replace(self.running.get().saturating_add(1)) == 0 {
            self.failure.borrow_mut().take();
        }
        Running(self)
    }

    /// Starts the clock of a statement that has run for `spent` milliseconds already.
    #[inline]
    pub(crate) fn time<'a>(&'a self, spent: &'a Cell<u64>) -> Timed<'a> {
        let outer = self.deadline.get();
        if outer.is_none() {
            self.late.set(false);
        }
        let timeout = u64::from(self.limits.get().statement_timeout_ms);
        let started = (timeout != 0).then(|| {
            let now = PLATFORM.monotonic_ms();
            let own = now.saturating_add(timeout.saturating_sub(spent.get()));
            self.deadline.set(Some(outer.map_or(own, |outer| outer.min(own))));
            now
        });
        Timed { core: self, spent, outer, started }
    }
}

/// How statements fail.
impl Core {
    /// Remembers why a function failed, until the statement that called it reports its error.
    pub(crate) fn record_failure(&self, error: Error) {
        self.unheard.set(false);
        *self.failure.borrow_mut() = Some(error);
    }

    /// Remembers why a callback failed that can tell SQLite a code only.
    pub(crate) fn record_unheard(&self, error: Error) {
        self.record_failure(error);
        self.unheard.set(true);
    }

    /// Fails the running statements from a callback that can tell SQLite nothing, and rolls the transaction back if one of them
    /// writes, as SQLite does for a statement that is interrupted. The first error counts.
    ///
    /// The progress handler stops what runs, the commit hook refuses, and who steps the outermost statement rolls back what
    /// is left when that has ended, since neither need have been called.
    pub(crate) fn fail_statement(&self, error: Error) {
        if !self.is_failing.replace(true) {
            *self.failing.borrow_mut() = Some(error);
            self.failing_in_transaction.set(self.progress.in_transaction());
            self.progress.hurry(self);
        }
    }

    /// Whether the running statements must fail: what they still call need not do anything.
    #[inline]
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.get()
    }

    /// Returns why the running statements must fail, and ends that when none is left.
    fn take_failing(&self) -> Option<Error> {
        if !self.is_failing.get() {
            return None;
        }
        if self.steps.get() > 0 {
            return self.failing.borrow().clone();
        }
        self.settle();
        self.failing.borrow_mut().take()
    }

    /// A statement must fail; `writes` says whether it may have changed anything.
    pub(crate) fn fail_step(&self, writes: bool) {
        if writes {
            self.failing_writes.set(true);
        }
    }

    /// Whether what the failing statements did must be taken back.
    pub(crate) fn failing_writes(&self) -> bool {
        self.failing_writes.get()
    }

    /// The outermost of the failing statements has ended, and no transaction is open.
    pub(crate) fn rolled_back(&self) {
        if self.failing_in_transaction.replace(false)
            && let Some(error) = self.failing.borrow_mut().as_mut()
        {
            error.message.push_str("; the transaction was rolled back");
        }
    }

    fn settle(&self) {
        self.is_failing.set(false);
        self.failing_writes.set(false);
        self.progress.relax(self);
    }

    /// Forgets a failure that nobody has asked for, before something else is compiled or run.
    #[inline]
    pub(crate) fn forget_failing(&self) {
        if self.is_failing.get() && self.steps.get() == 0 {
            self.settle();
            self.failing.borrow_mut().take();
        }
    }

    /// Replaces SQLite's `error` by what is known better.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let failure = self.failure.borrow_mut().take();
        let unheard = self.unheard.take();
        if let Some(failing) = self.take_failing() {
            return failing;
        }
        if let Some(failure) = failure {
            let lost = failure.message.len() > self.limits.get().value_bytes as usize;
            // A function that the authorizer denies fails with another code than all else that it denies.
            let denied = failure.code == AUTH && error.message.starts_with("not authorized to use function: ");
            let unheard = unheard && (denied || code_for_sqlite(failure.code) & 0xff == error.code & 0xff);
            if failure.message == error.message || lost || unheard {
                return failure;
            }
        }
        if error.code == INTERRUPT && self.late.get() {
            let limit = self.limits.get().statement_timeout_ms;
            return Error {
                reason: Some(Reason::DeadlineExceeded),
                ..Error::new(
                    INTERRUPT,
                    format!("{}: the statement ran longer than its timeout of {limit} ms", Reason::DeadlineExceeded),
                )
            };
        }
        if let Some(callback) = self.barred.get() {
            return no_sql_in(callback);
        }
        error
    }
}

/// Makes the error of SQL in a callback from which SQLite allows none.
pub(crate) fn no_sql_in(callback: &str) -> Error {
    Error::misuse(format!("no SQL can be run inside {callback}: SQLite allows no use of the connection there"))
}

/// Steps and runs: a run of a statement goes from its first step to its end.
impl Core {
    /// Begins a step of a statement, whose `run` is 0 before its first.
    #[inline]
    pub(crate) fn begin_step(&self, run: &Cell<u32>) -> Step<'_> {
        let steps = self.steps.get();
        if steps == 0 {
            self.forget_failing();
            if run.get() == 0 {
                let next = self.last_run.get().wrapping_add(1).max(1);
                self.last_run.set(next);
                run.set(next);
            }
            self.run.set(run.get());
        }
        self.steps.set(steps.saturating_add(1));
        Step { core: self, outermost: steps == 0, ended: self.ends.replace(false) }
    }

    /// A function has failed, and so SQLite ends the innermost statement that is being stepped.
    pub(crate) fn end_evaluations(&self) {
        self.ends.set(true);
    }

    /// Runs `call`, which resets a statement or finalizes it.
    #[inline]
    pub(crate) fn resetting<R>(&self, call: impl FnOnce() -> R) -> R {
        let ended = self.ends.replace(true);
        let result = call();
        self.ends.set(ended);
        result
    }

    /// Whether evaluations of aggregates that SQLite ends now are not for their value.
    pub(crate) fn ends_evaluations(&self) -> bool {
        self.ends.get() || self.is_failing.get()
    }

    /// Which run of which statement is the outermost on the stack; 0 if none is.
    pub(crate) fn run(&self) -> u32 {
        self.run.get()
    }
}

/// A step of a statement, on the stack until this is dropped.
pub(crate) struct Step<'a> {
    core: &'a Core,
    /// No other statement of the connection is being stepped.
    pub(crate) outermost: bool,
    /// What [`Core::ends_evaluations`] said before.
    ended: bool,
}

impl Drop for Step<'_> {
    #[inline]
    fn drop(&mut self) {
        self.core.steps.set(self.core.steps.get().saturating_sub(1));
        self.core.ends.set(self.ended);
        if self.outermost {
            self.core.run.set(0);
        }
    }
}

/// Marks a connection as in use until dropped.
pub(crate) struct Running<'a>(&'a Core);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let core = self.0;
        let running = core.running.get();
        if running == 1 {
            // Still marked: finalizing may call extensions, which must not find the connection idle.
            core.cursors.end(0);
        }
        core.running.set(running.saturating_sub(1));
    }
}

/// A running statement's share of its deadline; restores the outer statement's when dropped.
pub(crate) struct Timed<'a> {
    core: &'a Core,
    spent: &'a Cell<u64>,
    outer: Option<u64>,
    started: Option<u64>,
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        self.core.deadline.set(self.outer);
        if let Some(started) = self.started {
            let elapsed = PLATFORM.monotonic_ms().saturating_sub(started);
            self.spent.set(self.spent.get().saturating_add(elapsed));
        }
    }
}
