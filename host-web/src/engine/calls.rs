//! Calls into extensions: the one way that all of them go, whatever is called.
//!
//! [`Extension::call`] is for a call with a result; [`Extension::enter`] is the same in steps, for the hot ones;
//! [`Extension::notify`] is for those that nobody waits for.

use std::cell::Cell;

use crate::contract::dispatch::Interfaces;
use crate::engine::connection::Core;
use crate::engine::error::{Error, NOMEM, Part, Reason, Result, TOOBIG, guest_code};
use crate::engine::extension::Extension;
use crate::engine::manifest::Nesting;
use crate::engine::platform::{CallError, Level, Platform};
use crate::engine::sqlite::{CallGuard, Problem, ResultSink, calls_are_possible, depth};
use crate::front::PLATFORM;

/// A part of an extension: functions, aggregates, collations and modules by their index in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    Function(usize),
    Aggregate(usize),
    Collation(usize),
    Module(usize),
    Hook(Hook),
    OnLoad,
    OnUnload,
}

/// A hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hook {
    Authorizer,
    Update,
    Preupdate,
    Commit,
    Rollback,
}

impl Hook {
    /// All hooks, each at the place of its number.
    const ALL: [Self; 5] = [Self::Authorizer, Self::Update, Self::Preupdate, Self::Commit, Self::Rollback];

    /// Its name in messages and in what is told of an extension.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Update => "update",
            Self::Preupdate => "preupdate",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
        }
    }
}

/// A part of an extension, or none of it, in one word: copied at every call, an enum in several pieces costs 15 ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OnStack(u32);

impl OnStack {
    /// Nothing of the extension is running.
    pub(crate) const NONE: Self = Self(0);
    /// Bits of the kind; the rest is the place in the manifest, which has far fewer items.
    const KIND: u32 = 4;

    #[inline]
    const fn new(callee: Callee) -> Self {
        let (kind, index) = match callee {
            Callee::Function(index) => (1, index),
            Callee::Aggregate(index) => (2, index),
            Callee::Collation(index) => (3, index),
            Callee::Module(index) => (4, index),
            Callee::Hook(hook) => (5, hook as usize),
            Callee::OnLoad => (6, 0),
            Callee::OnUnload => (7, 0),
        };
        #[allow(clippy::cast_possible_truncation, reason = "`Manifest::validate` allows at most a thousand of a kind")]
        let index = index as u32;
        Self(kind | index << Self::KIND)
    }

    /// Whether nothing is.
    #[inline]
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// What it stands for.
    pub(crate) fn callee(self) -> Option<Callee> {
        let index = (self.0 >> Self::KIND) as usize;
        Some(match self.0 & ((1 << Self::KIND) - 1) {
            1 => Callee::Function(index),
            2 => Callee::Aggregate(index),
            3 => Callee::Collation(index),
            4 => Callee::Module(index),
            5 => Callee::Hook(*Hook::ALL.get(index)?),
            6 => Callee::OnLoad,
            7 => Callee::OnUnload,
            _ => return None,
        })
    }
}

/// A call that is on the stack until this is dropped.
pub(crate) struct Call<'a> {
    extension: &'a Extension,
    callee: OnStack,
    /// What of the extension was running before.
    outer: OnStack,
    // Dropped after `drop`.
    _frame: CallGuard,
}

impl Drop for Call<'_> {
    #[inline]
    fn drop(&mut self) {
        self.extension.running.set(self.outer);
        if self.extension.waits.get() && self.outer.is_none() {
            self.extension.settle();
        }
    }
}

impl Extension {
    /// Begins a call. What is called then must be a function of the platform or of `dispatch`, whose error goes through
    /// [`Call::failed`].
    ///
    /// # Errors
    ///
    /// `call-depth-exceeded`; `re-entered` if a call into the extension is on the stack, and this one may not nest.
    #[inline]
    pub(crate) fn enter(&self, core: &Core, callee: Callee) -> Result<Call<'_>> {
        let limits = core.limits.get();
        let outer = self.running.get();
        if depth() >= limits.call_depth as usize || !outer.is_none() {
            self.admit(callee, limits.call_depth)?;
        }
        Ok(self.begin(callee, outer, limits.output_bytes))
    }

    #[inline]
    fn begin(&self, callee: Callee, outer: OnStack, output_bytes: u32) -> Call<'_> {
        let frame = CallGuard::enter(output_bytes as usize);
        let callee = OnStack::new(callee);
        self.running.set(callee);
        self.kept.import_error.set(None);
        Call { extension: self, callee, outer, _frame: frame }
    }

    /// Decides about a call that is deep, or comes while another one into the extension is on the stack.
    #[cold]
    fn admit(&self, callee: Callee, limit: u32) -> Result<()> {
        if depth() >= limit as usize {
            let detail = format!("calls between SQL and functions nest deeper than {limit}");
            return Err(self.failure(Reason::CallDepthExceeded, callee, &detail));
        }
        let nests = self.manifest.nesting == Nesting::FreshInstance
            && self.exports.contains(Interfaces::FRESH_INSTANCES)
            && matches!(callee, Callee::Function(_));
        if !nests && self.is_active() {
            let detail = "the extension is already running, and SQL it runs called it again";
            return Err(self.failure(Reason::ReEntered, callee, detail));
        }
        Ok(())
    }

    /// Makes a call.
    ///
    /// # Errors
    ///
    /// Those of [`Extension::enter`] and [`Call::failed`].
    pub(crate) fn call<T, E: Into<CallError>>(
        &self,
        core: &Core,
        callee: Callee,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T> {
        let running = self.enter(core, callee)?;
        call().map_err(|error| running.failed(error.into()))
    }

    /// Makes a call that nobody waits for, at any depth; its failure is logged. Returns false, and calls nothing, while a call
    /// into the extension is on the stack: it must then wait until [`Extension::settle`].
    pub(crate) fn notify<E: Into<CallError>>(
        &self,
        core: &Core,
        callee: Callee,
        call: impl FnOnce() -> Result<(), E>,
    ) -> bool {
        if !calls_are_possible() {
            return true;
        }
        if self.is_active() {
            return false;
        }
        let running = self.begin(callee, OnStack::NONE, core.limits.get().output_bytes);
        if let Err(error) = call() {
            let error = running.failed(error.into());
            PLATFORM.log(Some(&self.name), Level::Error, &error.message);
        }
        true
    }

    /// Makes the error of a named failure in a part of the extension.
    pub(crate) fn failure(&self, reason: Reason, callee: Callee, detail: &str) -> Error {
        Error::failure(reason, Some(&self.name), self.part(callee), detail)
    }

    /// Names what is running for messages.
    pub(crate) fn running_part(&self, running: OnStack) -> Option<Part<'_>> {
        self.part(running.callee()?)
    }

    /// Names a part for messages.
    pub(crate) fn part(&self, callee: Callee) -> Option<Part<'_>> {
        let manifest = &self.manifest;
        match callee {
            Callee::Function(index) => manifest.functions.get(index).map(|item| Part::Function(&item.name)),
            Callee::Aggregate(index) => manifest.aggregates.get(index).map(|item| Part::Aggregate(&item.name)),
            Callee::Collation(index) => manifest.collations.get(index).map(|item| Part::Collation(&item.name)),
            Callee::Module(index) => manifest.modules.get(index).map(|item| Part::Module(&item.name)),
            Callee::Hook(hook) => Some(Part::Hook(hook.name())),
            Callee::OnLoad => Some(Part::Lifecycle("on-load")),
            Callee::OnUnload => Some(Part::Lifecycle("on-unload")),
        }
    }
}

impl Call<'_> {
    /// Accounts for a call that failed, and makes its error.
    #[cold]
    pub(crate) fn failed(&self, error: CallError) -> Error {
        let extension = self.extension;
        match &error {
            // The platform did not run it.
            CallError::Failure { reason: Reason::ReEntered, .. } => {}
            CallError::Failure { .. } => {
                extension.count_trap();
                // A nested call had an instance of its own.
                if self.outer.is_none() {
                    extension.generation.set(extension.generation.get().wrapping_add(1));
                }
            }
            // An extension that hands on what an import refused it keeps the refusal's reason.
            CallError::Error { code, message } => {
                if let Some(import) = extension.kept.import_error.take()
                    && import.code == guest_code(*code)
                    && import.message == *message
                {
                    return *import;
                }
            }
        }
        Error::from_call(error, Some(&extension.name), extension.running_part(self.callee))
    }

    /// Ends a call that succeeded, and checks the value it gave.
    ///
    /// # Errors
    ///
    /// `output-too-large`, `invalid-result`, `SQLITE_NOMEM`.
    #[inline]
    pub(crate) fn finish(self, out: &ResultSink<'_>) -> Result<()> {
        match out.problem() {
            None => Ok(()),
            Some(problem) => Err(self.refused(problem, out.limit())),
        }
    }

    #[cold]
    fn refused(&self, problem: Problem, limit: usize) -> Error {
        match describe_problem(problem, limit) {
            Some((reason, detail)) => {
                let part = self.extension.running_part(self.callee);
                Error::failure(reason, Some(&self.extension.name), part, &detail)
            }
            None => Error::new(NOMEM, "out of memory"),
        }
    }
}

/// Says what is wrong with a result; none if there was no memory for it.
pub(crate) fn describe_problem(problem: Problem, limit: usize) -> Option<(Reason, String)> {
    match problem {
        Problem::TooLarge(len) => {
            Some((Reason::OutputTooLarge, format!("it returned {len} bytes, over the limit of {limit}")))
        }
        Problem::NoMemory => None,
        Problem::InvalidText(at) => {
            Some((Reason::InvalidResult, format!("it returned a text that is not valid UTF-8 at byte {at}")))
        }
    }
}

/// The numbers of an extension's contexts, or of its tables, or of its cursors: never 0, and none that is in use.
#[derive(Default)]
pub(crate) struct Numbers {
    last: Cell<u32>,
    used: Cell<u32>,
}

impl Numbers {
    /// Gives out a number; none if `most` are in use, or all have been given out.
    pub(crate) fn take(&self, most: u32) -> Option<u32> {
        if self.used.get() >= most {
            return None;
        }
        if self.used.get() == 0 && self.last.get() > u32::MAX / 2 {
            self.last.set(0);
        }
        let number = self.last.get().checked_add(1)?;
        self.last.set(number);
        self.used.set(self.used.get() + 1);
        Some(number)
    }

    /// Takes back one that is no longer in use.
    pub(crate) fn give_back(&self) {
        self.used.set(self.used.get().saturating_sub(1));
    }
}

impl Extension {
    /// Makes the error of an extension that has too much open.
    #[cold]
    pub(crate) fn too_many_open(&self, core: &Core, callee: Callee, what: &str) -> Error {
        let part = self.part(callee);
        let described = part.map_or_else(String::new, |part| format!(", {part}"));
        let limit = core.limits.get().open_handles;
        let message = format!(
            "extension `{}`{described}: it has {limit} {what} open, as many as the limit `open-handles` allows",
            self.name
        );
        Error { extension: Some(self.name.clone()), ..Error::new(TOOBIG, message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_found_again() {
        assert_eq!(OnStack::NONE.callee(), None);
        let hooks = Hook::ALL.map(Callee::Hook);
        let others = [Callee::Function(0), Callee::Aggregate(999), Callee::Collation(7), Callee::Module(99)];
        for callee in hooks.into_iter().chain(others).chain([Callee::OnLoad, Callee::OnUnload]) {
            assert_eq!(OnStack::new(callee).callee(), Some(callee));
            assert!(!OnStack::new(callee).is_none());
        }
    }

    #[test]
    fn numbers_are_limited_and_come_again_only_when_all_are_back() {
        let numbers = Numbers::default();
        assert_eq!((numbers.take(2), numbers.take(2), numbers.take(2)), (Some(1), Some(2), None));
        numbers.give_back();
        assert_eq!(numbers.take(2), Some(3));
        numbers.last.set(u32::MAX - 1);
        assert_eq!((numbers.take(9), numbers.take(9)), (Some(u32::MAX), None));
        for _ in 0..3 {
            numbers.give_back();
        }
        assert_eq!(numbers.take(9), Some(1));
    }
}
