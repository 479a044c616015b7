//! Extensions: loading them into a connection, all or nothing, and keeping track of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::CString;
use std::rc::Rc;

use crate::engine::connection::Connection;
use crate::engine::error::{BUSY, Error, Result};
use crate::engine::function::{Owner, Registered};
use crate::engine::imports::{LogWindow, while_describing};
use crate::engine::manifest::{Function, Manifest, describe_function};
use crate::engine::platform::CallError;
use crate::engine::policy::Grants;
use crate::engine::sqlite::{Script, Stepped};
use crate::engine::value::{Collected, RowSink as _, Value};
use crate::front::dispatch;

thread_local! {
    /// Loaded extensions by the embedder's id, over all connections: an import names only the extension.
    static EXTENSIONS: RefCell<HashMap<u32, Rc<Extension>>> = RefCell::new(HashMap::new());
}

/// An extension that is loaded into a connection.
pub(crate) struct Extension {
    /// The embedder's number for it.
    pub(crate) id: u32,
    /// Handle of the connection it is loaded into.
    pub(crate) connection: u32,
    pub(crate) name: String,
    version: String,
    description: String,
    digest: String,
    functions: Vec<Function>,
    pub(crate) grants: Grants,
    /// Index of the function that is on the stack.
    active: Cell<Option<usize>>,
    traps: Cell<u32>,
    pub(crate) log: LogWindow,
    /// What the last import that failed in the running call said, to recognise it if the extension hands it on.
    pub(crate) import_error: Cell<Option<Box<Error>>>,
}

/// Keeps an extension marked as running until dropped.
pub(crate) struct Active<'a>(&'a Cell<Option<usize>>);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl Extension {
    /// Finds a loaded extension by the embedder's id.
    pub(crate) fn get(id: u32) -> Option<Rc<Self>> {
        EXTENSIONS.with_borrow(|extensions| extensions.get(&id).cloned())
    }

    /// Marks the extension as running its function `index`; none if it is running already.
    #[inline]
    pub(crate) fn activate(&self, index: usize) -> Option<Active<'_>> {
        if self.active.get().is_some() {
            return None;
        }
        self.active.set(Some(index));
        self.import_error.set(None);
        Some(Active(&self.active))
    }

    /// Whether a call into it is on the stack.
    pub(crate) fn is_active(&self) -> bool {
        self.active.get().is_some()
    }

    /// SQL name of the function that is running.
    pub(crate) fn active_function(&self) -> Option<&str> {
        self.function_name(self.active.get()?)
    }

    pub(crate) fn function_name(&self, index: usize) -> Option<&str> {
        self.functions.get(index).map(|function| function.name.as_str())
    }

    pub(crate) fn count_trap(&self) {
        self.traps.set(self.traps.get().saturating_add(1));
    }

    fn info(&self) -> ExtensionInfo {
        ExtensionInfo {
            id: self.id,
            name: self.name.clone(),
            version: self.version.clone(),
            description: self.description.clone(),
            digest: self.digest.clone(),
            functions: self.functions.iter().map(|function| function.name.clone()).collect(),
            aggregates: Vec::new(),
            collations: Vec::new(),
            modules: Vec::new(),
            hooks: Vec::new(),
            granted: self.grants.granted.clone(),
            denied: self.grants.denied.clone(),
            traps: self.traps.get(),
        }
    }
}

/// A file that is handed over to an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedFile {
    /// The extension's name for it.
    pub name: String,
    /// The embedder's number for it.
    pub file: u32,
    /// Whether the extension may write it.
    pub writable: bool,
}

/// How to load an extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Capabilities it may use, by name. What the manifest does not ask for has no effect.
    pub grants: Vec<String>,
    /// Settings for `config`: keys and values.
    pub config: Vec<(String, String)>,
    /// Files for `files`.
    pub files: Vec<HandedFile>,
    /// Goes in front of the names of everything it registers.
    pub prefix: String,
    /// Replaces functions, collations and modules of other owners that have the same names, instead of failing.
    pub replace: bool,
}

/// What there is to know of a loaded extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionInfo {
    /// The embedder's number for it.
    pub id: u32,
    /// From its manifest.
    pub name: String,
    /// From its manifest.
    pub version: String,
    /// From its manifest.
    pub description: String,
    /// The embedder's digest of its bytes.
    pub digest: String,
    /// SQL names of its functions, in manifest order; a name is there once per argument count.
    pub functions: Vec<String>,
    /// Names of its aggregate and window functions, likewise.
    pub aggregates: Vec<String>,
    /// Names of its collating sequences.
    pub collations: Vec<String>,
    /// Names of its virtual table modules.
    pub modules: Vec<String>,
    /// Its hooks: `authorizer`, `update`, `preupdate`, `commit`, `rollback`.
    pub hooks: Vec<String>,
    /// Capabilities in force.
    pub granted: Vec<String>,
    /// Optional capabilities that were not granted.
    pub denied: Vec<String>,
    /// How often a call ended its instance.
    pub traps: u32,
}

/// Loads an extension: asks it for its manifest, applies the policy and registers everything, or nothing.
///
/// * `id` - the embedder's number for it, which no loaded extension may have.
/// * `digest` - of its bytes, for information.
/// * `options` - grants, settings, files, and what to do about names that are taken.
///
/// # Errors
///
/// - the failure of `describe`;
/// - `SQLITE_ERROR` for a manifest that is not valid, an extension of the same name in this connection, and a function
///   that SQLite, another extension or the application has already; the message names both owners;
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
    let manifest = {
        // The extension runs here: it must not find the connection idle.
        let _running = connection.enter();
        let describe = || {
            let described = dispatch::describe(id).map_err(CallError::from);
            described.map_err(|error| Error::from_call(error, None, Some("describe")))
        };
        Manifest::from(while_describing(id, describe)?)
    };
    manifest.validate()?;
    check_collisions(&connection, &manifest)?;
    let grants = Grants::decide(&manifest, &options.grants)?;
    let Manifest { name, version, description, functions, .. } = manifest;
    let extension = Rc::new(Extension {
        id,
        connection: handle,
        name,
        version,
        description,
        digest: digest.to_owned(),
        functions,
        grants,
        active: Cell::new(None),
        traps: Cell::new(0),
        log: LogWindow::default(),
        import_error: Cell::new(None),
    });
    register(&connection, &extension)?;
    connection.extensions.borrow_mut().push(Rc::clone(&extension));
    EXTENSIONS.with_borrow_mut(|extensions| extensions.insert(id, Rc::clone(&extension)));
    Ok(extension.info())
}

/// Registers every function; takes back what it did if one can't be registered.
fn register(connection: &Connection, extension: &Rc<Extension>) -> Result<()> {
    let _running = connection.enter();
    for (index, function) in extension.functions.iter().enumerate() {
        let registered =
            Box::new(Registered::of_extension(Rc::clone(&connection.core), Rc::clone(extension), index, function.id));
        let outcome = c_name(function).and_then(|name| {
            connection
                .database
                .create_scalar(&name, function.arg_count, function.flags, registered)
                .map_err(|code| connection.error(code, 0))
        });
        if let Err(error) = outcome {
            unregister(connection, extension.functions.iter().take(index))?;
            return Err(Error { extension: Some(extension.name.clone()), ..error });
        }
        connection.functions.borrow_mut().set(
            &function.name,
            function.arg_count,
            Owner::Extension(extension.name.clone()),
        );
    }
    Ok(())
}

fn unregister<'a>(connection: &Connection, functions: impl Iterator<Item = &'a Function>) -> Result<()> {
    let _running = connection.enter();
    for function in functions {
        connection
            .database
            .remove_scalar(&c_name(function)?, function.arg_count)
            .map_err(|code| connection.error(code, 0))?;
        connection.functions.borrow_mut().remove(&function.name, function.arg_count);
    }
    Ok(())
}

fn c_name(function: &Function) -> Result<CString> {
    CString::new(function.name.as_str()).map_err(|_| Error::misuse("a function name must not contain U+0000"))
}

/// Checks that neither the name nor a function is taken.
fn check_collisions(connection: &Connection, manifest: &Manifest) -> Result<()> {
    let name = &manifest.name;
    if let Some(other) = connection.extensions.borrow().iter().find(|other| other.name == *name) {
        return Err(manifest
            .error(format!("extension `{name}` is loaded already, in version {}: unload it first", other.version)));
    }
    let builtin = builtin_functions(connection)?;
    for Function { name: function, arg_count, .. } in &manifest.functions {
        let owner = match connection.functions.borrow().owner(function, *arg_count) {
            Some(owner) => owner.to_string(),
            None if builtin.contains(&(function.to_ascii_lowercase(), i64::from(*arg_count))) => {
                "SQLite itself".to_owned()
            }
            None => continue,
        };
        return Err(manifest.error(format!(
            "extension `{name}` registers the function {}, which {owner} has registered already",
            describe_function(function, *arg_count)
        )));
    }
    Ok(())
}

/// SQLite's own functions. An extension must not replace them: indexes, views and other extensions rely on what they
/// do. `match` is left out, because it is there to be replaced.
fn builtin_functions(connection: &Connection) -> Result<Vec<(String, i64)>> {
    let script = Script::new("SELECT lower(name), narg FROM pragma_function_list WHERE builtin AND name <> 'match'")?;
    let mut rows = Collected::default();
    if let Some(statement) = connection.compile(&script, 0, false)?.statement {
        let _running = connection.enter();
        while let Stepped::Row = statement.step().map_err(|code| connection.error(code, 0))? {
            statement.row(&mut rows).map_err(|code| connection.error(code, 0))?;
            rows.end_row();
        }
    }
    Ok(rows
        .rows
        .into_iter()
        .filter_map(|row| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(name), Value::Integer(arg_count)]) => Some((name, arg_count)),
            _ => None,
        })
        .collect())
}

/// Unloads an extension: removes its functions and releases it.
///
/// # Errors
///
/// `SQLITE_MISUSE` if it is not loaded into this connection, and from inside a running function; `SQLITE_BUSY` while a
/// statement is running.
pub fn unload_extension(connection: u32, id: u32) -> Result<()> {
    let connection = Connection::get(connection)?;
    let what = "unloading an extension";
    connection.must_be_idle(what)?;
    connection.must_have_no_running_statement(what)?;
    let position = connection.extensions.borrow().iter().position(|extension| extension.id == id);
    let Some(position) = position else {
        return Err(Error::misuse(format!("extension number {id} is not loaded into this connection")));
    };
    let extension = Rc::clone(&connection.extensions.borrow()[position]);
    unregister(&connection, extension.functions.iter()).map_err(|error| {
        if error.code == BUSY { error } else { Error { extension: Some(extension.name.clone()), ..error } }
    })?;
    connection.extensions.borrow_mut().remove(position);
    release(&extension);
    Ok(())
}

/// Forgets an extension whose functions are gone.
pub(crate) fn release(extension: &Extension) {
    EXTENSIONS.with_borrow_mut(|extensions| extensions.remove(&extension.id));
    dispatch::release(extension.id);
}

/// Returns the extensions of a connection in load order.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a stale handle.
pub fn extensions(connection: u32) -> Result<Vec<ExtensionInfo>> {
    let connection = Connection::get(connection)?;
    let extensions = connection.extensions.borrow();
    Ok(extensions.iter().map(|extension| extension.info()).collect())
}
