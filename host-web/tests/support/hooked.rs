//! An extension with hooks and one function, written for tests: it writes down what happens, and does what a test tells it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::cell::RefCell;
use std::rc::Rc;

use sqlink_host_web::contract::hooks::{Action, Operation, RowChange, Verdict};
use sqlink_host_web::contract::metadata::{Capability, Function, FunctionFlags, HookSet, Manifest, Nesting};
use sqlink_host_web::engine::{self, Args, CallError, ExtensionInfo, Reason, ResultSink};
use sqlink_host_web::native::{self, Guest, Hooks};

use crate::support::Result;

pub type Outcome<T = ()> = Result<T, CallError>;
type React = Box<dyn Fn(&str) -> Outcome<Verdict>>;
type Job = Box<dyn FnOnce()>;

/// What tests and the extension share.
#[derive(Clone, Default)]
pub struct Shared {
    /// What happened, over all extensions that share it: `NAME HOOK …`.
    pub events: Rc<RefCell<Vec<String>>>,
    react: Rc<RefCell<Option<React>>>,
    job: Rc<RefCell<Option<Job>>>,
}

impl Shared {
    /// Decides about all hooks from now on, by the event: `deny` is a deny, a false or an error.
    pub fn react(&self, react: impl Fn(&str) -> Outcome<Verdict> + 'static) {
        *self.react.borrow_mut() = Some(Box::new(react));
    }

    /// Fails the hooks whose event contains `what`, with an error or a trap, and no others.
    pub fn fail(&self, what: &'static str, trap: bool) {
        self.react(move |event| match (event.contains(what), trap) {
            (false, _) => Ok(Verdict::Allow),
            (true, false) => Err(CallError::Error { code: 1, message: "no good".into() }),
            (true, true) => Err(CallError::Failure { reason: Reason::Trapped, detail: "unreachable".into() }),
        });
    }

    /// Allows everything again.
    pub fn calm(&self) {
        *self.react.borrow_mut() = None;
    }

    /// Takes what happened so far.
    pub fn take(&self) -> Vec<String> {
        self.events.take()
    }

    /// Has `job` run in the next call of the extension's function.
    pub fn next(&self, job: impl FnOnce() + 'static) {
        *self.job.borrow_mut() = Some(Box::new(job));
    }

    /// Runs it, in the extension's function.
    pub fn run_next(&self) {
        let job = self.job.take();
        if let Some(job) = job {
            job();
        }
    }

    /// Runs `job` in the extension's function, called from `sql`, and returns what it returned.
    pub fn run_in<R: 'static>(&self, connection: u32, sql: &str, job: impl FnOnce() -> R + 'static) -> Result<R> {
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        self.next(move || *slot.borrow_mut() = Some(job()));
        crate::support::query(connection, sql)?;
        Ok(result.take().expect("the function must have been called"))
    }
}

/// The extension.
pub struct Hooked {
    pub name: &'static str,
    pub hooks: HookSet,
    pub shared: Shared,
}

impl Hooked {
    fn happened(&self, event: &str) -> Outcome<Verdict> {
        let event = format!("{} {event}", self.name);
        self.shared.events.borrow_mut().push(event.clone());
        self.shared.react.borrow().as_ref().map_or(Ok(Verdict::Allow), |react| react(&event))
    }
}

impl Guest for Hooked {
    fn describe(&self) -> Manifest {
        let granted = ["spi.read", "spi.write", "state", "cache"];
        Manifest {
            name: self.name.into(),
            version: "1.0.0".into(),
            description: "for a test".into(),
            functions: vec![Function { id: 0, name: self.name.into(), arg_count: 0, flags: FunctionFlags::empty() }],
            aggregates: Vec::new(),
            collations: Vec::new(),
            modules: Vec::new(),
            hooks: self.hooks,
            required: Vec::new(),
            optional: granted.map(|name| Capability { name: name.into(), reason: String::new() }).into(),
            nesting: Nesting::Refuse,
            http: None,
        }
    }

    fn call(&self, _id: u32, _args: Args<'_>, _out: &mut ResultSink<'_>) -> Outcome {
        self.shared.run_next();
        Ok(())
    }

    fn hooks(&self) -> Option<&dyn Hooks> {
        Some(self)
    }
}

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::Delete => "delete",
    }
}

impl Hooks for Hooked {
    fn authorize(
        &self,
        action: Action,
        first: Option<&str>,
        second: Option<&str>,
        database: Option<&str>,
        trigger: Option<&str>,
    ) -> Outcome<Verdict> {
        let names = [first, second, database, trigger].map(|name| name.unwrap_or("-"));
        self.happened(&format!("authorize {action:?} {}", names.join(" ")))
    }

    fn update(&self, operation: Operation, database: &str, table: &str, rowid: i64) -> Outcome {
        self.happened(&format!("update {} {database}.{table} {rowid}", word(operation))).map(drop)
    }

    fn preupdate(&self, change: &RowChange) -> Outcome {
        let RowChange { operation, database, table, depth, old_values, new_values, .. } = change;
        let event = format!("preupdate {} {database}.{table} {depth} {old_values:?} {new_values:?}", word(*operation));
        self.happened(&event).map(drop)
    }

    fn commit(&self) -> Outcome<bool> {
        self.happened("commit").map(|verdict| verdict == Verdict::Allow)
    }

    fn rollback(&self) -> Outcome {
        self.happened("rollback").map(drop)
    }
}

/// Makes an extension available, and loads it with `spi`, `state` and `cache` granted.
pub fn load(connection: u32, id: u32, name: &'static str, hooks: HookSet, shared: &Shared) -> Result<ExtensionInfo> {
    native::add_guest(id, Hooked { name, hooks, shared: shared.clone() });
    engine::load_extension(connection, id, "", crate::support::grants(&["spi.read", "spi.write", "state", "cache"]))
}
