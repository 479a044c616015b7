//! Extensions that are loaded, and what there is to know of them.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::contract::dispatch::Interfaces;
use crate::engine::calls::{Callee, Hook, Numbers, OnStack};
use crate::engine::connection::Connection;
use crate::engine::error::{Part, Result};
use crate::engine::imports::Kept;
use crate::engine::manifest::{HookSet, Manifest};
use crate::engine::names::Key;
use crate::engine::policy::Grants;
use crate::engine::vtab;

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
    /// With the prefix in front of the SQL names.
    pub(crate) manifest: Manifest,
    /// What it exports, and what the embedder can do with it.
    pub(super) exports: Interfaces,
    digest: String,
    pub(crate) grants: Grants,
    /// What of it is on the stack; the innermost where calls nest.
    pub(super) running: Cell<OnStack>,
    /// Something waits for the outermost call to end.
    pub(super) waits: Cell<bool>,
    /// How many of its instances have ended.
    pub(super) generation: Cell<u32>,
    traps: Cell<u32>,
    /// Numbers of its aggregate contexts.
    pub(crate) contexts: Numbers,
    /// Its tables and cursors.
    pub(crate) tables: vtab::Tables,
    /// What its imports keep.
    pub(crate) kept: Kept,
    /// What waits for the outermost call to end, first in first out.
    deferred: RefCell<VecDeque<Deferred>>,
}

/// A call that waits.
type Deferred = Box<dyn FnOnce(&Extension)>;

impl Extension {
    /// Makes an extension of which nothing is registered yet.
    pub(super) fn new(
        id: u32,
        connection: u32,
        manifest: Manifest,
        exports: Interfaces,
        digest: &str,
        grants: Grants,
        kept: Kept,
    ) -> Self {
        Self {
            id,
            connection,
            name: manifest.name.clone(),
            manifest,
            exports,
            digest: digest.to_owned(),
            grants,
            running: Cell::new(OnStack::NONE),
            waits: Cell::new(false),
            generation: Cell::new(0),
            traps: Cell::new(0),
            contexts: Numbers::default(),
            tables: vtab::Tables::default(),
            kept,
            deferred: RefCell::default(),
        }
    }

    /// Finds a loaded extension by the embedder's id.
    pub(crate) fn get(id: u32) -> Option<Rc<Self>> {
        EXTENSIONS.with_borrow(|extensions| extensions.get(&id).cloned())
    }

    /// Lets it be found, or no longer.
    pub(super) fn set_found(self: &Rc<Self>, found: bool) {
        EXTENSIONS.with_borrow_mut(|extensions| {
            if found {
                extensions.insert(self.id, Rc::clone(self));
            } else {
                extensions.remove(&self.id);
            }
        });
    }

    /// Whether a call into it is on the stack.
    pub(crate) fn is_active(&self) -> bool {
        !self.running.get().is_none()
    }

    /// What of it is running, for messages.
    pub(crate) fn running(&self) -> Option<Part<'_>> {
        self.running_part(self.running.get())
    }

    /// Changes when a call has ended its instance: contexts, tables and cursors of another generation are gone.
    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation.get()
    }

    pub(super) fn count_trap(&self) {
        self.traps.set(self.traps.get().saturating_add(1));
    }

    /// Lets something wait for the outermost call to end.
    #[cold]
    pub(super) fn defer(&self, call: impl FnOnce(&Self) + 'static) {
        self.deferred.borrow_mut().push_back(Box::new(call));
        self.waits.set(true);
    }

    /// Does what waited for the outermost call to end.
    #[cold]
    pub(super) fn settle(&self) {
        self.waits.set(false);
        for call in self.deferred.take() {
            call(self);
        }
        vtab::settle(self);
    }

    /// Everything it registers by name, in manifest order.
    pub(super) fn callees(&self) -> impl DoubleEndedIterator<Item = Callee> + use<> {
        let functions = (0..self.manifest.functions.len()).map(Callee::Function);
        let aggregates = (0..self.manifest.aggregates.len()).map(Callee::Aggregate);
        let collations = (0..self.manifest.collations.len()).map(Callee::Collation);
        let modules = (0..self.manifest.modules.len()).map(Callee::Module);
        functions.chain(aggregates).chain(collations).chain(modules)
    }

    pub(super) fn info(&self, connection: &Connection) -> ExtensionInfo {
        let names = connection.names.borrow();
        let owned = |kind: fn(&Callee) -> bool| {
            let callees = self.callees().filter(kind);
            let keys = callees.filter_map(|callee| Key::of(&self.manifest, callee));
            keys.filter(|(key, _)| names.belongs_to(key, self.id)).map(|(_, name)| name.to_owned()).collect()
        };
        ExtensionInfo {
            id: self.id,
            name: self.name.clone(),
            version: self.manifest.version.clone(),
            description: self.manifest.description.clone(),
            digest: self.digest.clone(),
            functions: owned(|callee| matches!(callee, Callee::Function(_))),
            aggregates: owned(|callee| matches!(callee, Callee::Aggregate(_))),
            collations: owned(|callee| matches!(callee, Callee::Collation(_))),
            modules: owned(|callee| matches!(callee, Callee::Module(_))),
            hooks: hook_names(self.manifest.hooks),
            granted: self.grants.granted.clone(),
            denied: self.grants.denied.clone(),
            traps: self.traps.get(),
        }
    }
}

fn hook_names(hooks: HookSet) -> Vec<String> {
    [
        (HookSet::AUTHORIZER, Hook::Authorizer),
        (HookSet::UPDATE, Hook::Update),
        (HookSet::PREUPDATE, Hook::Preupdate),
        (HookSet::COMMIT, Hook::Commit),
        (HookSet::ROLLBACK, Hook::Rollback),
    ]
    .into_iter()
    .filter(|(flag, _)| hooks.contains(*flag))
    .map(|(_, hook)| hook.name().to_owned())
    .collect()
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
    /// Replaces functions, collations and modules of other owners that have the same names, instead of failing. What was
    /// replaced does not come back when the extension is unloaded, neither another extension's nor the application's nor
    /// SQLite's own. SQLite's own collations can't be replaced: every index relies on them.
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
    /// SQL names of its functions with the prefix, in manifest order; a name is there once per argument count. Here and in
    /// the next three, what another owner has replaced since is left out.
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

/// Returns the extensions of a connection in load order.
///
/// # Errors
///
/// `SQLITE_MISUSE` for a stale handle.
pub fn extensions(connection: u32) -> Result<Vec<ExtensionInfo>> {
    let connection = Connection::get(connection)?;
    let extensions = connection.extensions.borrow();
    Ok(extensions.iter().map(|extension| extension.info(&connection)).collect())
}
