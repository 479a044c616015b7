//! Hooks of extensions: who is asked, in which order, and what a refusal or a failure does.
//!
//! SQLite has one hook of a kind per connection; here its callbacks ask every extension that wants one, in load order.
//! An extension's own hooks are not called for what its own SQL does (`spi`): it is running then, and knows. For SQL of
//! others that runs while it is on the stack, its hooks fail with `re-entered`.
//!
//! What fails closed: an authorizer that fails denies, a commit hook that fails rolls back. The update and preupdate hooks
//! have no way to tell SQLite anything: their failure goes by [`Core::fail_statement`].

use std::cell::RefCell;
use std::rc::Rc;

use crate::contract::hooks::{Action, Operation, RowChange, Verdict};
use crate::contract::metadata::HookSet;
use crate::contract::types::Value;
use crate::engine::calls::{Callee, Hook};
use crate::engine::connection::{Connection, Core};
use crate::engine::error::{AUTH, Error, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::platform::{CallError, Level, Platform};
use crate::engine::spi;
use crate::engine::value::ValueRef;
use crate::front::{PLATFORM, dispatch};

/// `SQLITE_CONSTRAINT_COMMITHOOK`.
const CONSTRAINT_COMMITHOOK: i32 = 531;

/// What a hook is, in the error of SQL that it tries to run.
const CALLBACK: &str = "a hook";

/// SQLite's action codes, from 0, with their names in the contract.
///
/// Source: <https://sqlite.org/c3ref/c_alter_table.html>
const ACTIONS: [(Action, &str); 34] = [
    (Action::Copy, "copy"),
    (Action::CreateIndex, "create-index"),
    (Action::CreateTable, "create-table"),
    (Action::CreateTempIndex, "create-temp-index"),
    (Action::CreateTempTable, "create-temp-table"),
    (Action::CreateTempTrigger, "create-temp-trigger"),
    (Action::CreateTempView, "create-temp-view"),
    (Action::CreateTrigger, "create-trigger"),
    (Action::CreateView, "create-view"),
    (Action::Delete, "delete"),
    (Action::DropIndex, "drop-index"),
    (Action::DropTable, "drop-table"),
    (Action::DropTempIndex, "drop-temp-index"),
    (Action::DropTempTable, "drop-temp-table"),
    (Action::DropTempTrigger, "drop-temp-trigger"),
    (Action::DropTempView, "drop-temp-view"),
    (Action::DropTrigger, "drop-trigger"),
    (Action::DropView, "drop-view"),
    (Action::Insert, "insert"),
    (Action::Pragma, "pragma"),
    (Action::Read, "read"),
    (Action::Select, "select"),
    (Action::Transaction, "transaction"),
    (Action::Update, "update"),
    (Action::Attach, "attach"),
    (Action::Detach, "detach"),
    (Action::AlterTable, "alter-table"),
    (Action::Reindex, "reindex"),
    (Action::Analyze, "analyze"),
    (Action::CreateVtable, "create-vtable"),
    (Action::DropVtable, "drop-vtable"),
    (Action::Function, "function"),
    (Action::Savepoint, "savepoint"),
    (Action::Recursive, "recursive"),
];

/// The extensions of a connection that have hooks.
#[derive(Default)]
pub(crate) struct Hooks(RefCell<Rc<Lists>>);

/// Extensions by hook, in load order. Replaced as a whole, so that nothing is borrowed while a hook runs.
#[derive(Clone, Default)]
struct Lists {
    authorizer: Vec<Rc<Extension>>,
    update: Vec<Rc<Extension>>,
    preupdate: Vec<Rc<Extension>>,
    commit: Vec<Rc<Extension>>,
    rollback: Vec<Rc<Extension>>,
}

impl Lists {
    fn by_flag(&mut self) -> [(HookSet, &mut Vec<Rc<Extension>>); 5] {
        [
            (HookSet::AUTHORIZER, &mut self.authorizer),
            (HookSet::UPDATE, &mut self.update),
            (HookSet::PREUPDATE, &mut self.preupdate),
            (HookSet::COMMIT, &mut self.commit),
            (HookSet::ROLLBACK, &mut self.rollback),
        ]
    }
}

/// The hooks that SQLite is to call besides the authorizer and the commit hook, which it always calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) update: bool,
    pub(crate) preupdate: bool,
    pub(crate) rollback: bool,
}

impl Hooks {
    fn lists(&self) -> Rc<Lists> {
        Rc::clone(&self.0.borrow())
    }

    /// Whether an extension wants to authorize.
    pub(crate) fn authorize(&self) -> bool {
        !self.0.borrow().authorizer.is_empty()
    }

    fn change(&self, change: impl FnOnce(&mut Lists)) -> Wanted {
        let mut lists = Lists::clone(&self.lists());
        change(&mut lists);
        let wanted = Wanted {
            update: !lists.update.is_empty(),
            preupdate: !lists.preupdate.is_empty(),
            rollback: !lists.rollback.is_empty(),
        };
        let before = self.0.replace(Rc::new(lists));
        drop(before);
        wanted
    }
}

/// Has the hooks of an extension called from now on, after those of the extensions that were loaded before.
pub(crate) fn install(connection: &Connection, extension: &Rc<Extension>, hooks: HookSet) {
    if hooks.is_empty() {
        return;
    }
    let wanted = connection.core.hooks.change(|lists| {
        for (hook, list) in lists.by_flag() {
            if hooks.contains(hook) {
                list.push(Rc::clone(extension));
            }
        }
    });
    connection.database.listen(wanted);
}

/// No longer calls hooks of an extension. Without effect on one that has none.
pub(crate) fn remove(connection: &Connection, extension: &Extension) {
    let lists = connection.core.hooks.lists();
    let mut has = false;
    let wanted = connection.core.hooks.change(|lists| {
        for (_, list) in lists.by_flag() {
            let before = list.len();
            list.retain(|other| other.id != extension.id);
            has |= list.len() < before;
        }
    });
    drop(lists);
    if has {
        connection.database.listen(wanted);
    }
}

/// What an authorizer is asked about besides the action; see wit/hooks.wit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) first: Option<&'a str>,
    pub(crate) second: Option<&'a str>,
    pub(crate) database: Option<&'a str>,
    pub(crate) trigger: Option<&'a str>,
}

/// What SQLite is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Allow,
    Ignore,
    Deny,
}

/// Asks about one action of a statement that is being compiled: first the rules for SQL of extensions, then the
/// extensions.
pub(crate) fn authorize(core: &Core, code: i32, request: &Request<'_>) -> Answer {
    let action = usize::try_from(code).ok().and_then(|code| ACTIONS.get(code)).copied();
    let Some((action, name)) = action else {
        return deny(core, Error::new(AUTH, format!("not authorized: action {code} is not known")));
    };
    if core.author().is_some()
        && let Some(what) = spi::refusal(action, request)
    {
        return deny(
            core,
            Error::new(AUTH, format!("not authorized: {what} not allowed in SQL that an extension runs")),
        );
    }
    for extension in &core.hooks.lists().authorizer {
        let Request { first, second, database, trigger } = *request;
        let verdict = ask(core, extension, Hook::Authorizer, || {
            dispatch::hooks_authorize(extension.id, action, first, second, database, trigger)
        });
        match verdict {
            Ok(None | Some(Verdict::Allow)) => {}
            Ok(Some(Verdict::Ignore)) => return Answer::Ignore,
            Ok(Some(Verdict::Deny)) => {
                let message =
                    format!("not authorized: extension `{}` denies {}", extension.name, describe(name, request));
                return deny(core, of(extension, Error::new(AUTH, message)));
            }
            Err(error) => return deny(core, Error { code: AUTH, ..error }),
        }
    }
    Answer::Allow
}

/// Denies what is about a name that is not valid UTF-8, which no extension could be asked about.
pub(crate) fn deny_invalid_name(core: &Core) -> Answer {
    deny(core, Error::new(AUTH, "not authorized: a name in the schema is not valid UTF-8"))
}

fn deny(core: &Core, error: Error) -> Answer {
    core.record_unheard(error);
    Answer::Deny
}

/// Writes an action as people name it: ``update of `t`, `a` in `main` ``.
fn describe(action: &str, request: &Request<'_>) -> String {
    let mut text = action.to_owned();
    let names: Vec<_> = [request.first, request.second].into_iter().flatten().map(|name| format!("`{name}`")).collect();
    if !names.is_empty() {
        text.push_str(" of ");
        text.push_str(&names.join(", "));
    }
    if let Some(database) = request.database {
        text.push_str(&format!(" in `{database}`"));
    }
    if let Some(trigger) = request.trigger {
        text.push_str(&format!(", by `{trigger}`"));
    }
    text
}

/// Tells that a row was changed.
pub(crate) fn update(core: &Core, operation: Operation, database: &str, table: &str, rowid: i64) {
    if core.is_failing() {
        return;
    }
    for extension in &core.hooks.lists().update {
        let told = ask(core, extension, Hook::Update, || {
            dispatch::hooks_update(extension.id, operation, database, table, rowid)
        });
        if let Err(error) = told {
            core.fail_statement(error);
            return;
        }
    }
}

/// Tells that a row is about to be changed, which `read` reads.
pub(crate) fn preupdate(core: &Core, read: impl FnOnce() -> Result<RowChange>) {
    if core.is_failing() {
        return;
    }
    let lists = core.hooks.lists();
    let due: Vec<_> = lists.preupdate.iter().filter(|extension| !does_it_itself(core, extension)).collect();
    let Some(first) = due.first() else { return };
    let told = read().map_err(|error| about(first, Hook::Preupdate, error)).and_then(|change| {
        due.iter().try_for_each(|extension| {
            ask(core, extension, Hook::Preupdate, || dispatch::hooks_preupdate(extension.id, &change)).map(drop)
        })
    });
    if let Err(error) = told {
        core.fail_statement(error);
    }
}

/// Copies a column for a preupdate hook.
///
/// # Errors
///
/// `invalid-text`, naming the column by its 0-based index plus 1.
pub(crate) fn owned(value: ValueRef<'_>, index: i32) -> Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(utf8) => match std::str::from_utf8(utf8) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(error) => {
                let message = format!(
                    "column {} of the row is a text that is not valid UTF-8 at byte {}",
                    index + 1,
                    error.valid_up_to()
                );
                return Err(Error {
                    reason: Some(Reason::InvalidText),
                    ..Error::new(Reason::InvalidText.code(), message)
                });
            }
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

/// Asks whether a transaction may be committed.
pub(crate) fn commit(core: &Core) -> bool {
    if core.is_failing() {
        return false;
    }
    for extension in &core.hooks.lists().commit {
        let error = match ask(core, extension, Hook::Commit, || dispatch::hooks_commit(extension.id)) {
            Ok(None | Some(true)) => continue,
            Ok(Some(false)) => {
                let message = format!("extension `{}`, hook `commit`: it rolls the transaction back", extension.name);
                of(extension, Error::new(CONSTRAINT_COMMITHOOK, message))
            }
            Err(error) => Error { code: CONSTRAINT_COMMITHOOK, ..error },
        };
        core.record_unheard(error);
        return false;
    }
    true
}

/// Tells that a transaction was rolled back. There is nothing left to fail: what goes wrong is logged.
pub(crate) fn rollback(core: &Core) {
    for extension in &core.hooks.lists().rollback {
        if does_it_itself(core, extension) {
            continue;
        }
        let told = core.forbid_sql(CALLBACK, || {
            extension.notify(core, Callee::Hook(Hook::Rollback), || dispatch::hooks_rollback(extension.id))
        });
        if !told {
            let error = extension.failure(Reason::ReEntered, Callee::Hook(Hook::Rollback), RE_ENTERED);
            PLATFORM.log(Some(&extension.name), Level::Error, &error.message);
        }
    }
}

/// Why a rollback hook was not called.
const RE_ENTERED: &str = "the extension is already running, so its hook was not called";

/// Whether what happens is the doing of the extension's own SQL.
fn does_it_itself(core: &Core, extension: &Extension) -> bool {
    extension.is_active() && core.author() == Some(extension.id)
}

/// Calls a hook; none if what happens is the extension's own doing.
fn ask<T, E: Into<CallError>>(
    core: &Core,
    extension: &Extension,
    hook: Hook,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<Option<T>> {
    if does_it_itself(core, extension) {
        return Ok(None);
    }
    core.forbid_sql(CALLBACK, || extension.call(core, Callee::Hook(hook), call))
        .map(Some)
        .map_err(|error| about(extension, hook, error))
}

/// Names extension and hook in an error that does not: one that the extension returned.
fn about(extension: &Extension, hook: Hook, error: Error) -> Error {
    let prefix = format!("extension `{}`, hook `{}`: ", extension.name, hook.name());
    if error.message.contains(&*prefix) {
        return error;
    }
    let message = match error.reason {
        Some(reason) => format!("{reason}: {prefix}{}", error.message),
        None => format!("{prefix}{}", error.message),
    };
    of(extension, Error { message, ..error })
}

fn of(extension: &Extension, error: Error) -> Error {
    Error { extension: Some(extension.name.clone()), ..error }
}
