//! The database as the embedder holds it: a handle to its thread.
//!
//! Each database has a thread of its own, because calls between SQL and extensions nest on the native stack, and only a
//! thread this crate makes has a stack that is known to be deep enough.

use crate::contract::exports::sqlink::host::database as wit;
use crate::contract::sqlink::extension::types::Value;
use crate::error::Error;
use crate::handed::{HandedFile, OpenedFile};
use crate::host::{self, Host, THREAD_STACK};
use crate::limits::Limits;
use crate::session::{Collector, Session};
use crate::state::Control;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

/// How to open a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// File name; `:memory:` or empty for a database in memory.
    pub name: String,
    /// Refuse to write.
    pub read_only: bool,
    /// Make the file if there is none.
    pub create: bool,
}

impl OpenOptions {
    /// A database in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self { name: ":memory:".to_owned(), read_only: false, create: true }
    }

    /// A file, made if there is none. Relative to the current directory of the process, also if that changes later.
    #[must_use]
    pub fn file(name: &str) -> Self {
        let absolute = std::path::absolute(name).ok().and_then(|path| path.to_str().map(str::to_owned));
        Self { name: absolute.unwrap_or_else(|| name.to_owned()), read_only: false, create: true }
    }
}

/// What to bind.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Params {
    /// Nothing: every parameter is NULL.
    #[default]
    None,
    /// `?1`, `?2`, … in order. More than the statement has is an error.
    Positional(Vec<Value>),
    /// By name, with the prefix `:`, `@` or `$`, or without it. A name that the statement doesn't have is an error.
    Named(Vec<(String, Value)>),
}

impl Params {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::Positional(values) => values.is_empty(),
            Self::Named(values) => values.is_empty(),
        }
    }
}

/// How to load an extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Capabilities that it may use, by name.
    pub grants: Vec<String>,
    /// Settings that it may read: keys and values.
    pub config: Vec<(String, String)>,
    /// Files that it may read, and write where they are writable, with the grants `files.read` and `files.write`.
    pub files: Vec<HandedFile>,
    /// Goes in front of the names of everything that it registers; empty for nothing.
    pub prefix: String,
    /// Replace what others have registered under the same names, instead of failing.
    pub replace: bool,
}

impl LoadOptions {
    fn open_files(&self) -> Result<Vec<OpenedFile>, Error> {
        self.files.iter().map(HandedFile::open).collect()
    }
}

/// A result column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name, or its expression's text.
    pub name: String,
    /// As written in CREATE TABLE; `None` for an expression.
    pub declared_type: Option<String>,
}

impl From<wit::Column> for Column {
    fn from(column: wit::Column) -> Self {
        Self { name: column.name, declared_type: column.declared_type }
    }
}

/// What a statement changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Rows it inserted, updated or deleted itself; 0 for one that doesn't change rows.
    pub changes: i64,
    /// Rowid of the connection's last successful INSERT.
    pub last_insert_rowid: i64,
}

/// What one statement gave.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResultSet {
    /// Its columns, in order; none for a statement that returns no rows.
    pub columns: Vec<Column>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// What it changed.
    pub changes: Changes,
}

/// Takes rows as they come. It is called on the database's thread: while it works, the statement waits.
pub trait RowSink: Send {
    /// A statement begins. `columns` is empty for one that returns no rows.
    fn start(&mut self, columns: &[Column]);
    /// Some of its rows, at least one. Returns false to end the statement here.
    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool;
    /// The statement ended without an error.
    fn end(&mut self, changes: Changes);
}

/// A loaded extension.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtensionInfo {
    /// Its number in this database.
    pub id: u32,
    /// Its own name for itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// SHA-256 of its file, in lower-case hexadecimal.
    pub digest: String,
    /// SQL names of its scalar functions as they are registered, in the order of its manifest.
    pub functions: Vec<String>,
    /// SQL names of its aggregate and window functions, likewise.
    pub aggregates: Vec<String>,
    /// Names of its collations, likewise.
    pub collations: Vec<String>,
    /// Names of its virtual table modules, likewise.
    pub modules: Vec<String>,
    /// Its hooks: `authorizer`, `update`, `preupdate`, `commit`, `rollback`.
    pub hooks: Vec<String>,
    /// Capabilities in force.
    pub granted: Vec<String>,
    /// Optional capabilities that were not granted.
    pub denied: Vec<String>,
    /// How often a call ended its instance.
    pub traps: u32,
    /// Fuel that its last call took, in wasmtime's units; 0 before the first one and in a composition.
    pub last_fuel: u64,
}

impl ExtensionInfo {
    pub(crate) fn new(info: wit::ExtensionInfo, last_fuel: u64) -> Self {
        Self {
            id: info.id,
            name: info.name,
            version: info.version,
            description: info.description,
            digest: info.digest,
            functions: info.functions,
            aggregates: info.aggregates,
            collations: info.collations,
            modules: info.modules,
            hooks: info.hooks,
            granted: info.granted,
            denied: info.denied,
            traps: info.traps,
            last_fuel,
        }
    }
}

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// A connection to a database. Calls on it run one after the other, on its own thread; it may be shared between threads.
#[derive(Debug)]
pub struct Database {
    host: Host,
    control: Arc<Control>,
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Database {
    pub(crate) fn start(host: Host, options: OpenOptions) -> Result<Self, Error> {
        let control = Arc::new(Control::default());
        let (jobs, queue) = mpsc::channel::<Job>();
        let (opened, opening) = mpsc::sync_channel(1);
        let (host_there, control_there) = (host.clone(), Arc::clone(&control));
        let thread =
            thread::Builder::new().name("sqlink-database".to_owned()).stack_size(THREAD_STACK).spawn(move || {
                match Session::open(&host_there, control_there, &options) {
                    Ok(mut session) => {
                        if opened.send(Ok(())).is_ok() {
                            queue.iter().for_each(|job| job(&mut session));
                        }
                        // `Database::close` has done this already, or nobody is left to hear of it.
                        drop(session.close());
                    }
                    // Nobody is left to hear of it if this fails.
                    Err(error) => drop(opened.send(Err(error))),
                }
            });
        let thread = thread.map_err(|error| Error::Start { message: error.to_string() })?;
        opening.recv().unwrap_or_else(|_| Err(Self::gone()))?;
        Ok(Self { host, control, jobs: Some(jobs), thread: Some(thread) })
    }

    fn gone() -> Error {
        Error::Ended { message: "its thread ended".to_owned() }
    }

    fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let (done, result) = mpsc::sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or_else(Self::gone)?;
        // Nobody waits for the result if this thread is gone.
        let job: Job = Box::new(move |session| drop(done.send(job(session))));
        jobs.send(job).map_err(|_| Self::gone())?;
        result.recv().unwrap_or_else(|_| Err(Self::gone()))
    }

    /// Runs exactly one statement and returns all its rows.
    ///
    /// # Errors
    /// [`Error::Sql`]; code 21 (SQLITE_MISUSE) if there is no statement or more than one.
    pub fn query(&self, sql: &str, params: Params) -> Result<ResultSet, Error> {
        let sql = sql.to_owned();
        self.run(move |session| {
            let mut collector = Collector::default();
            session.run(&sql, &params, true, &mut collector)?;
            Ok(collector.0.pop().unwrap_or_default())
        })
    }

    /// Runs any number of statements and returns what each gave, also those without columns.
    ///
    /// # Errors
    /// That of the first statement that fails; the ones before it stay done.
    pub fn query_all(&self, sql: &str) -> Result<Vec<ResultSet>, Error> {
        let sql = sql.to_owned();
        self.run(move |session| {
            let mut collector = Collector::default();
            session.run(&sql, &Params::None, false, &mut collector)?;
            Ok(collector.0)
        })
    }

    /// Runs any number of statements (exactly one if there are parameters) and hands the rows to `sink` as they come.
    /// Returns the sink beside the error of the first statement that failed.
    ///
    /// # Errors
    /// [`Error::Ended`] if the sink is lost.
    pub fn stream<S>(&self, sql: &str, params: Params, mut sink: S) -> Result<(S, Option<Error>), Error>
    where
        S: RowSink + 'static,
    {
        let sql = sql.to_owned();
        self.run(move |session| {
            let failed = session.run(&sql, &params, false, &mut sink).err();
            Ok((sink, failed))
        })
    }

    /// Runs any number of statements and drops their rows.
    ///
    /// # Errors
    /// That of the first statement that fails; the ones before it stay done.
    pub fn exec(&self, sql: &str) -> Result<(), Error> {
        let sql = sql.to_owned();
        self.run(move |session| session.exec(&sql))
    }

    /// Verifies an extension, registers what its manifest says and gives it what `options` grant.
    ///
    /// * `file` - names the extension in errors
    ///
    /// # Errors
    /// [`Error::Refused`] if the file breaks the contract, [`Error::HandedFile`] if a file can't be opened, [`Error::Sql`] if
    /// the engine refuses its manifest or a capability that it requires is missing. Nothing is registered then.
    /// [`Error::Unsupported`] in a composition.
    pub fn load(&self, file: &str, bytes: &[u8], options: &LoadOptions) -> Result<ExtensionInfo, Error> {
        if self.host.contents().is_some() {
            return Err(Error::Unsupported(
                "a composition can't load extensions from files: its extensions are inside, load them by name",
            ));
        }
        let code = self.host.extension_code(file, bytes)?;
        let (digest, options, files) = (host::digest(bytes), options.clone(), options.open_files()?);
        self.run(move |session| session.load(code, &digest, options, files))
    }

    /// [`Database::load`] of a file of at most 64 MiB.
    ///
    /// # Errors
    /// As [`Database::load`], and [`Error::Read`].
    pub fn load_file(&self, path: &Path, options: &LoadOptions) -> Result<ExtensionInfo, Error> {
        self.load(&path.display().to_string(), &host::read_component(path)?, options)
    }

    /// Registers an extension of a composition, by its name in it.
    ///
    /// * `options` - `None` for the grants that the composition was made with, and nothing else
    ///
    /// # Errors
    /// As [`Database::load`]; [`Error::NotInside`] if there is none of that name, or this is no composition.
    pub fn load_composed(&self, name: &str, options: Option<&LoadOptions>) -> Result<ExtensionInfo, Error> {
        let inside = self.host.contents().unwrap_or_default();
        let found = (0..).zip(inside).find(|(_, extension)| extension.name == name);
        let Some((index, extension)) = found else {
            let names: Vec<_> = inside.iter().map(|extension| format!("`{}`", extension.name)).collect();
            let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::NotInside { name: name.to_owned(), found });
        };
        let digest = extension.sha256.clone();
        let options = options.cloned();
        let options =
            options.unwrap_or_else(|| LoadOptions { grants: extension.grants.clone(), ..LoadOptions::default() });
        let files = options.open_files()?;
        self.run(move |session| session.register(index, &digest, options, files))
    }

    /// Unloads an extension: its functions, collations and modules are gone, and the files closed that it was given.
    ///
    /// # Errors
    /// [`Error::Sql`] if there is no such extension, or it is in use.
    pub fn unload(&self, id: u32) -> Result<(), Error> {
        self.run(move |session| session.unload(id))
    }

    /// The loaded extensions.
    ///
    /// # Errors
    /// [`Error::Ended`].
    pub fn extensions(&self) -> Result<Vec<ExtensionInfo>, Error> {
        self.run(Session::extensions)
    }

    /// The limits in force.
    ///
    /// # Errors
    /// [`Error::Ended`].
    pub fn limits(&self) -> Result<Limits, Error> {
        self.run(|session| Ok(session.limits()))
    }

    /// Sets the limits. A new memory limit restarts the extensions' instances.
    ///
    /// # Errors
    /// [`Error::Sql`] if one is out of range; none is changed then.
    pub fn set_limits(&self, limits: Limits) -> Result<(), Error> {
        self.run(move |session| session.set_limits(limits))
    }

    /// Whether a transaction is open.
    ///
    /// # Errors
    /// [`Error::Ended`].
    pub fn in_transaction(&self) -> Result<bool, Error> {
        self.run(Session::in_transaction)
    }

    /// The database file that a schema (`main`, `temp`, an attached one) is or would be.
    ///
    /// # Errors
    /// [`Error::Sql`] if there is no such schema.
    pub fn serialize(&self, schema: &str) -> Result<Vec<u8>, Error> {
        let schema = schema.to_owned();
        self.run(move |session| session.serialize(&schema))
    }

    /// Replaces a schema by the database file `bytes`, in memory.
    ///
    /// # Errors
    /// [`Error::Sql`] if there is no such schema or a transaction is open.
    pub fn deserialize(&self, schema: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let schema = schema.to_owned();
        self.run(move |session| session.deserialize(&schema, &bytes))
    }

    /// Version of SQLite, as `3.53.4`.
    ///
    /// # Errors
    /// [`Error::Ended`].
    pub fn sqlite_version(&self) -> Result<String, Error> {
        self.run(Session::sqlite_version)
    }

    /// Makes the running statement fail with code 9 (SQLITE_INTERRUPT). Without effect if none is running. May be called
    /// from any thread.
    pub fn interrupt(&self) {
        self.control.interrupted.store(true, Ordering::Relaxed);
    }

    /// Rolls an open transaction back and closes the database. Dropping it does the same and keeps errors to itself.
    ///
    /// # Errors
    /// [`Error::Ended`], or what SQLite says.
    pub fn close(self) -> Result<(), Error> {
        self.run(Session::close)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What still runs stops; then the thread sees that nothing more comes, and closes the connection.
        self.interrupt();
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ended with a panic: there is nothing to add.
            drop(thread.join());
        }
    }
}
