//! Loading extensions into a connection, all or nothing, and unloading them.

use std::rc::Rc;

use crate::contract::dispatch::Interfaces;
use crate::engine::calls::Callee;
use crate::engine::connection::Connection;
use crate::engine::error::{Error, Part, Result};
use crate::engine::extension::{Extension, ExtensionInfo, LoadOptions};
use crate::engine::imports::{Kept, while_describing};
use crate::engine::names::{Key, Registration, is_builtin};
use crate::engine::platform::{CallError, Level, Platform};
use crate::engine::policy::Grants;
use crate::engine::sqlite::Script;
use crate::engine::{aggregate, collation, counts, function, hooks, vtab};
use crate::front::{PLATFORM, dispatch};

/// Loads an extension: asks it for its manifest, applies the policy, registers everything and runs its `on-load`; or does
/// nothing of it.
///
/// * `id` - the embedder's number for it, which no loaded extension may have.
/// * `digest` - of its bytes, for information.
/// * `options` - grants, settings, files, and what to do about names that are taken.
///
/// # Errors
///
/// - the failure of `describe`, and that of `on-load`, whose changes to the database are undone then;
/// - `SQLITE_ERROR` for a manifest that is not valid, an extension of the same name in this connection, and a function,
///   collation or module that SQLite, another extension or the application has already; the message names both owners;
/// - `SQLITE_AUTH` (`capability-denied`) if a required capability is not granted;
/// - `SQLITE_BUSY` while a statement is running, `SQLITE_MISUSE` from inside a running function.
///
/// The embedder keeps the extension then; `dispatch.release` is not called.
pub fn load_extension(connection: u32, id: u32, digest: &str, options: LoadOptions) -> Result<ExtensionInfo> {
    let handle = connection;
    let connection = Connection::get(handle)?;
    let what = "loading an extension";
    connection.must_be_idle(what)?;
    connection.must_have_no_running_statement(what)?;
    if Extension::get(id).is_some() {
        return Err(Error::misuse(format!("extension number {id} is loaded already")));
    }
    // The extension runs here: it must not find the connection idle.
    let _running = connection.enter();
    let describe = || {
        let described = dispatch::describe(id).map_err(CallError::from);
        described.map_err(|error| Error::from_call(error, None, Some(Part::Function("describe"))))
    };
    let mut manifest = while_describing(id, describe)?;
    let exports = dispatch::exports(id);
    manifest.validate(exports)?;
    if let Some(other) = connection.extensions.borrow().iter().find(|other| other.name == manifest.name) {
        let version = &other.manifest.version;
        return Err(manifest
            .error(format!("extension `{}` is loaded already, in version {version}: unload it first", manifest.name)));
    }
    let grants = Grants::decide(&manifest, &options.grants)?;
    manifest.add_prefix(&options.prefix)?;
    let kept = Kept::new(&manifest.name, &options)?;
    let extension = Rc::new(Extension::new(id, handle, manifest, exports, digest, grants, kept));
    check_collisions(&connection, &extension, options.replace)?;
    let mut loading = Loading { connection: &connection, extension: &extension, done: Vec::new() };
    if let Err(error) = loading.carry_out() {
        loading.take_back();
        return Err(error);
    }
    Ok(extension.info(&connection))
}

/// Checks that no name is taken, or may be taken over.
fn check_collisions(connection: &Connection, extension: &Extension, replace: bool) -> Result<()> {
    let manifest = &extension.manifest;
    for callee in extension.callees() {
        let Some((key, name)) = Key::of(manifest, callee) else { continue };
        let refuse = |owner: &str, way_out: &str| {
            Err(manifest.error(format!(
                "extension `{}` registers the {}, which {owner} has registered already: {way_out}",
                manifest.name,
                key.describe(name)
            )))
        };
        let owner = connection.names.borrow().owner(&key).map(ToString::to_string);
        let builtin = owner.is_none() && is_builtin(connection, &key)?;
        if builtin && matches!(key, Key::Collation(_)) {
            return refuse("SQLite itself", "load it with a `prefix`; SQLite's collations can't be replaced");
        }
        let owner = if builtin { Some("SQLite itself".to_owned()) } else { owner };
        if let Some(owner) = owner.filter(|_| !replace) {
            return refuse(&owner, "load it with a `prefix`, or with `replace`");
        }
        if let (Key::Module(_), Some(Registration::Extension { extension, .. })) =
            (&key, connection.names.borrow().get(&key))
        {
            vtab::must_not_be_in_use(extension)?;
        }
    }
    Ok(())
}

/// What was done so far to load an extension.
struct Loading<'a> {
    connection: &'a Rc<Connection>,
    extension: &'a Rc<Extension>,
    /// What was registered, and what it has replaced.
    done: Vec<(Callee, Option<Replaced>)>,
}

/// A registration of another owner that was replaced.
struct Replaced {
    registration: Registration,
    /// Keeps a function of the embedder from being released.
    _function: Option<Rc<function::Registered>>,
}

impl Loading<'_> {
    fn carry_out(&mut self) -> Result<()> {
        let Self { connection, extension, .. } = *self;
        for callee in extension.callees() {
            self.register(callee)?;
        }
        if self.done.iter().any(|(callee, replaced)| matches!(callee, Callee::Module(_)) && replaced.is_some()) {
            vtab::disconnect_all(connection)?;
        }
        hooks::install(connection, extension, extension.manifest.hooks);
        connection.extensions.borrow_mut().push(Rc::clone(extension));
        extension.set_found(true);
        if extension.exports.contains(Interfaces::LIFECYCLE) {
            on_load(connection, extension)?;
        }
        Ok(())
    }

    fn register(&mut self, callee: Callee) -> Result<()> {
        let Self { connection, extension, .. } = *self;
        let Some((key, _)) = Key::of(&extension.manifest, callee) else { return Ok(()) };
        let before = connection.names.borrow().get(&key).cloned();
        let replaced = before.map(|registration| {
            let function = match &registration {
                Registration::Application { function, .. } => function.upgrade(),
                Registration::Extension { .. } => None,
            };
            Replaced { registration, _function: function }
        });
        register(connection, extension, callee)?;
        let registration = Registration::Extension { extension: Rc::clone(extension), callee };
        let before = connection.names.borrow_mut().set(key.clone(), registration);
        drop(before);
        self.done.push((callee, replaced));
        counts::registered(connection, &key)
    }

    /// Undoes everything. What can't be undone is logged: the error that led here is the one to report.
    fn take_back(self) {
        let Self { connection, extension, done } = self;
        extension.set_found(false);
        connection.extensions.borrow_mut().retain(|other| other.id != extension.id);
        hooks::remove(connection, extension);
        let modules = done.iter().any(|(callee, _)| matches!(callee, Callee::Module(_)));
        for (callee, replaced) in done.into_iter().rev() {
            let outcome = match replaced {
                Some(replaced) => restore(connection, extension, callee, replaced.registration),
                None => unregister(connection, extension, callee),
            };
            if let Err(error) = outcome {
                PLATFORM.log(None, Level::Error, &format!("while taking a load back: {}", error.message));
            }
        }
        if modules && let Err(error) = vtab::disconnect_all(connection) {
            PLATFORM.log(None, Level::Error, &format!("while taking a load back: {}", error.message));
        }
        extension.tables.abandon();
    }
}

/// Registers one part of an extension with SQLite, over whatever has its name.
fn register(connection: &Connection, extension: &Rc<Extension>, callee: Callee) -> Result<()> {
    let registered = match callee {
        Callee::Function(index) => function::register(connection, extension, index),
        Callee::Aggregate(index) => aggregate::register(connection, extension, index),
        Callee::Collation(index) => collation::register(connection, extension, index),
        Callee::Module(index) => vtab::register(connection, extension, index),
        Callee::Hook(_) | Callee::OnLoad | Callee::OnUnload => Ok(()),
    };
    registered.map_err(|error| Error { extension: Some(extension.name.clone()), ..error })
}

/// Removes one part of an extension, if nobody has replaced it.
fn unregister(connection: &Connection, extension: &Extension, callee: Callee) -> Result<()> {
    let Some((key, name)) = Key::of(&extension.manifest, callee) else { return Ok(()) };
    if !connection.names.borrow().belongs_to(&key, extension.id) {
        return Ok(());
    }
    match &key {
        Key::Function(_, arg_count) => function::unregister(connection, name, *arg_count)?,
        Key::Collation(_) => collation::unregister(connection, name)?,
        Key::Module(_) => vtab::unregister(connection, name)?,
    }
    let removed = connection.names.borrow_mut().remove(&key);
    drop(removed);
    counts::removed(connection, &key)?;
    if is_builtin_gone(connection, &key) {
        let what = key.describe(name);
        let text = format!(
            "SQLite's own {what}, which extension `{}` replaced, is back in new connections only",
            extension.name
        );
        PLATFORM.log(None, Level::Warn, &text);
    }
    Ok(())
}

/// Whether SQLite had one of its own under this key, which does not come back.
fn is_builtin_gone(connection: &Connection, key: &Key) -> bool {
    // A module that is gone is no longer listed; then nobody knows that it was SQLite's.
    matches!(key, Key::Function(..)) && is_builtin(connection, key).unwrap_or(false)
}

/// Registers again what a part of an extension had replaced.
fn restore(connection: &Connection, extension: &Extension, callee: Callee, before: Registration) -> Result<()> {
    let Some((key, name)) = Key::of(&extension.manifest, callee) else { return Ok(()) };
    match &before {
        Registration::Application { function, flags } => {
            if let Key::Function(_, arg_count) = &key
                && let Some(function) = function.upgrade()
            {
                function::restore(connection, name, *arg_count, *flags, function)?;
            }
        }
        Registration::Extension { extension, callee } => register(connection, extension, *callee)?,
    }
    let replaced = connection.names.borrow_mut().set(key.clone(), before);
    drop(replaced);
    counts::registered(connection, &key)
}

/// Runs `on-load`; what it did to the database is undone if it fails.
fn on_load(connection: &Rc<Connection>, extension: &Rc<Extension>) -> Result<()> {
    let loaded = || {
        let call = || dispatch::lifecycle_on_load(extension.id);
        extension.call(&connection.core, Callee::OnLoad, call)
    };
    execute(connection, "SAVEPOINT sqlink_on_load")?;
    let outcome = loaded();
    // A cursor that it left open would keep a statement running.
    connection.core.cursors.end(0);
    let outcome = outcome.and_then(|()| execute(connection, "RELEASE sqlink_on_load"));
    if outcome.is_err() && !connection.database.is_autocommit() {
        execute(connection, "ROLLBACK TO sqlink_on_load; RELEASE sqlink_on_load")?;
    }
    outcome
}

/// Runs statements of the engine.
fn execute(connection: &Rc<Connection>, sql: &str) -> Result<()> {
    connection.core.internally(|| {
        let script = Script::new(sql)?;
        let mut from = 0;
        while from < script.len() {
            let compiled = connection.compile(&script, from, false)?;
            if let Some(statement) = compiled.statement {
                statement.step().map_err(|code| connection.error(code, 0))?;
            }
            from = compiled.end.max(from + 1);
        }
        Ok(())
    })
}

/// Unloads an extension: runs its `on-unload`, removes what it has registered and releases it.
///
/// # Errors
///
/// `SQLITE_MISUSE` if it is not loaded into this connection, and from inside a running function; `SQLITE_BUSY` while a
/// statement is running, and while one of its virtual tables takes part in the open transaction.
pub fn unload_extension(connection: u32, id: u32) -> Result<()> {
    let connection = Connection::get(connection)?;
    let what = "unloading an extension";
    connection.must_be_idle(what)?;
    connection.must_have_no_running_statement(what)?;
    let found = connection.extensions.borrow().iter().find(|extension| extension.id == id).cloned();
    let Some(extension) = found else {
        return Err(Error::misuse(format!("extension number {id} is not loaded into this connection")));
    };
    connection.kept_statements.clear();
    vtab::must_not_be_in_use(&extension)?;
    let _running = connection.enter();
    on_unload(&connection, &extension);
    connection.kept_statements.clear();
    let mut modules = false;
    for callee in extension.callees().rev() {
        modules |= matches!(callee, Callee::Module(_));
        unregister(&connection, &extension, callee)?;
    }
    hooks::remove(&connection, &extension);
    if modules {
        vtab::disconnect_all(&connection)?;
    }
    connection.extensions.borrow_mut().retain(|other| other.id != id);
    release(&extension);
    Ok(())
}

/// Tells all extensions of a connection that is about to be closed, the last one first. An open transaction is rolled back
/// before, so that what they write now is kept.
pub(super) fn unload_all(connection: &Rc<Connection>) {
    let extensions = connection.extensions.borrow().clone();
    if extensions.is_empty() {
        return;
    }
    let _running = connection.enter();
    if !connection.database.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK")
    {
        PLATFORM.log(None, Level::Error, &format!("while closing: {}", error.message));
    }
    for extension in extensions.iter().rev() {
        on_unload(connection, extension);
    }
}

/// Tells an extension that it is about to go. Its error is logged.
pub(super) fn on_unload(connection: &Connection, extension: &Extension) {
    if extension.exports.contains(Interfaces::LIFECYCLE) {
        let call = || dispatch::lifecycle_on_unload(extension.id);
        extension.notify(&connection.core, Callee::OnUnload, call);
        connection.core.cursors.end(0);
    }
}

/// Forgets an extension of which nothing is registered any more.
pub(super) fn release(extension: &Rc<Extension>) {
    extension.set_found(false);
    extension.tables.abandon();
    dispatch::release(extension.id);
}
