//! Runs scripts: answers the requests of `sqlink-slt` on this host's databases.

use crate::Value;
use crate::database::{Database, ExtensionInfo, LoadOptions, OpenOptions, Params, ResultSet};
use crate::error::Error;
use crate::handed::HandedFile;
use crate::host::{Host, read_component};
use crate::limits::Limits;
use crate::state::Observer;
use sqlink_slt::protocol::{self, ExtensionFile, Output, Reply, Request, SqlError};
use sqlink_slt::{Driver, literal, value};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the databases of scripts come from.
pub trait Source: Send {
    /// What is known of a database beside it.
    type Context: Send;

    /// The host that a database is opened on which may load `extensions`.
    ///
    /// # Errors
    /// If there is none for these.
    fn host(&mut self, extensions: Vec<ExtensionFile>) -> Result<(Host, Self::Context), String>;

    /// Loads an extension into a database.
    ///
    /// # Errors
    /// If the host refuses it.
    fn load(
        context: &Self::Context,
        database: &Database,
        extension: &ExtensionFile,
        options: &LoadOptions,
    ) -> Result<ExtensionInfo, Box<SqlError>>;
}

/// A host loads its extensions from files.
impl Source for Host {
    type Context = ();

    fn host(&mut self, _extensions: Vec<ExtensionFile>) -> Result<(Host, ()), String> {
        Ok((self.clone(), ()))
    }

    fn load(
        (): &(),
        database: &Database,
        extension: &ExtensionFile,
        options: &LoadOptions,
    ) -> Result<ExtensionInfo, Box<SqlError>> {
        let ExtensionFile { name, path } = extension;
        // The name stands for the file, as on every host.
        let unreadable = |error: Error| refusal(&error.to_string().replace(&path.display().to_string(), name));
        database.load(name, &read_component(path).map_err(unreadable)?, options).map_err(failed)
    }
}

/// A driver of scripts.
pub struct Scripts<S: Source> {
    source: S,
    connections: HashMap<String, (Database, S::Context)>,
    called: Arc<Mutex<BTreeSet<String>>>,
    /// Where files go that are handed over.
    folder: tempfile::TempDir,
    /// How many there are.
    files: u64,
}

impl<S: Source> fmt::Debug for Scripts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").field("connections", &self.connections.keys()).finish_non_exhaustive()
    }
}

/// The functions of the contract that are called, as a host's [`Observer`] hears of them.
#[derive(Clone, Debug, Default)]
pub struct Called(Arc<Mutex<BTreeSet<String>>>);

impl Called {
    /// For [`HostOptions::observer`](crate::HostOptions::observer).
    #[must_use]
    pub fn observer(&self) -> Observer {
        let called = Arc::clone(&self.0);
        Arc::new(move |function: &str| {
            let mut called = called.lock().unwrap_or_else(PoisonError::into_inner);
            if !called.contains(function) {
                called.insert(function.to_owned());
            }
        })
    }
}

impl<S: Source> Scripts<S> {
    /// A driver without connections. `called` is told in the reply to [`Request::Reset`].
    ///
    /// # Errors
    /// [`Error::Start`] if there is no room for temporary files.
    pub fn new(source: S, called: Called) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(|error| Error::Start { message: error.to_string() })?;
        Ok(Self { source, connections: HashMap::new(), called: called.0, folder, files: 0 })
    }

    /// Carries out a request.
    pub fn answer(&mut self, request: &Request) -> Reply {
        self.carry_out(request).map_or_else(|error| Reply::Error(*error), Reply::Ok)
    }

    fn carry_out(&mut self, request: &Request) -> Result<Output, Box<SqlError>> {
        match request {
            Request::Open { connection, limits, extensions } => {
                let (host, context) = self.source.host(extensions.clone()).map_err(|error| refusal(&error))?;
                let database = host.open(OpenOptions::memory()).map_err(failed)?;
                let mut wanted = Limits::default();
                for (name, value) in limits {
                    if !wanted.set(name, *value) {
                        return Err(refusal(&format!("there is no limit `{name}`, or it can't be {value}")));
                    }
                }
                database.set_limits(wanted).map_err(failed)?;
                self.connections.insert(connection.clone(), (database, context));
                Ok(Output::default())
            }
            Request::Load { connection, extension, options } => {
                let options = self.load_options(options)?;
                let (database, context) = self.connection(connection)?;
                Ok(extension_rows(&[S::load(context, database, extension, &options)?]))
            }
            Request::Unload { connection, name } => {
                let (database, _) = self.connection(connection)?;
                let infos = database.extensions().map_err(failed)?;
                let Some(info) = infos.iter().find(|info| info.name == *name) else {
                    // SQLITE_MISUSE, as the JavaScript package gives it.
                    return Err(Box::new(SqlError {
                        extended_code: 21,
                        ..*refusal(&format!("no extension `{name}` is loaded"))
                    }));
                };
                database.unload(info.id).map_err(failed)?;
                Ok(Output::default())
            }
            Request::Registrations { connection } => {
                Ok(registration_rows(&self.connection(connection)?.0.extensions().map_err(failed)?))
            }
            Request::Extensions { connection } => {
                Ok(extension_rows(&self.connection(connection)?.0.extensions().map_err(failed)?))
            }
            Request::Sql { connection, sql, params } => {
                let (database, _) = self.connection(connection)?;
                let results = match params {
                    Some(params) => database.query(sql, native_params(params.clone())).map(|result| vec![result]),
                    None => database.query_all(sql),
                };
                Ok(last_with_columns(results.map_err(failed)?))
            }
            Request::Reset => {
                for (_, (database, _)) in self.connections.drain() {
                    // A database that ended by a trap can't close cleanly, and the script has judged it already.
                    drop(database.close());
                }
                let called = std::mem::take(&mut *self.called.lock().unwrap_or_else(PoisonError::into_inner));
                Ok(Output { called: called.into_iter().collect(), ..Output::default() })
            }
        }
    }

    /// The library's options; files that are handed over are written to this driver's folder first.
    fn load_options(&mut self, options: &protocol::LoadOptions) -> Result<LoadOptions, Box<SqlError>> {
        let mut files = Vec::new();
        for (name, file) in &options.files {
            self.files += 1;
            let path = self.folder.path().join(self.files.to_string());
            let bytes = value::unhex(&file.hex).map_err(|error| refusal(&format!("{error:#}")))?;
            std::fs::write(&path, bytes).map_err(|error| refusal(&format!("`{}`: {error}", path.display())))?;
            files.push(HandedFile { name: name.clone(), path, writable: file.writable });
        }
        Ok(LoadOptions {
            grants: options.grants.clone(),
            config: options.config.clone().into_iter().collect(),
            files,
            prefix: options.prefix.clone(),
            replace: options.replace,
        })
    }

    fn connection(&self, name: &str) -> Result<&(Database, S::Context), Box<SqlError>> {
        self.connections.get(name).ok_or_else(|| refusal(&format!("connection `{name}` is not open")))
    }
}

impl<S: Source> Driver for Scripts<S> {
    fn request(&mut self, request: &Request) -> Result<Reply, String> {
        Ok(self.answer(request))
    }
}

/// The rows of the last statement that has columns; the changes of the last one of all.
fn last_with_columns(results: Vec<ResultSet>) -> Output {
    let changes = results.last().map_or(0, |result| result.changes.changes);
    let mut output = Output { changes: u64::try_from(changes).unwrap_or(0), ..Output::default() };
    if let Some(result) = results.into_iter().rev().find(|result| !result.columns.is_empty()) {
        (output.columns, output.types) =
            result.columns.into_iter().map(|column| (column.name, column.declared_type)).unzip();
        output.rows = result.rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect();
    }
    output
}

/// See [`Request::Extensions`].
fn extension_rows(infos: &[ExtensionInfo]) -> Output {
    let row = |info: &ExtensionInfo| {
        vec![
            value::Value::Text(info.name.clone()),
            value::Value::Text(info.version.clone()),
            value::Value::Integer(i64::try_from(info.functions.len()).unwrap_or(i64::MAX)),
            value::Value::Text(info.granted.join(",")),
            value::Value::Text(info.denied.join(",")),
            value::Value::Integer(i64::from(info.traps)),
        ]
    };
    Output {
        columns: ["name", "version", "functions", "granted", "denied", "traps"].map(str::to_owned).to_vec(),
        rows: infos.iter().map(row).collect(),
        ..Output::default()
    }
}

/// See [`Request::Registrations`].
fn registration_rows(infos: &[ExtensionInfo]) -> Output {
    let mut rows = Vec::new();
    for info in infos {
        let kinds = [
            ("function", &info.functions),
            ("aggregate", &info.aggregates),
            ("collation", &info.collations),
            ("module", &info.modules),
            ("hook", &info.hooks),
        ];
        for (kind, names) in kinds {
            rows.extend(
                names.iter().map(|name| {
                    [info.name.as_str(), kind, name].map(|text| value::Value::Text(text.to_owned())).to_vec()
                }),
            );
        }
    }
    Output { columns: ["extension", "kind", "name"].map(str::to_owned).to_vec(), rows, ..Output::default() }
}

fn native_params(params: literal::Params) -> Params {
    match params {
        literal::Params::Positional(values) => Params::Positional(values.into_iter().map(native).collect()),
        literal::Params::Named(values) => {
            Params::Named(values.into_iter().map(|(name, value)| (name, native(value))).collect())
        }
    }
}

fn shown(native: Value) -> value::Value {
    match native {
        Value::Null => value::Value::Null,
        Value::Integer(integer) => value::Value::Integer(integer),
        Value::Real(real) => value::Value::Real(real),
        Value::Text(text) => value::Value::Text(text),
        Value::Blob(bytes) => value::Value::Blob(bytes),
    }
}

fn native(shown: value::Value) -> Value {
    match shown {
        value::Value::Null => Value::Null,
        value::Value::Integer(integer) => Value::Integer(integer),
        value::Value::Real(real) => Value::Real(real),
        value::Value::Text(text) => Value::Text(text),
        value::Value::Blob(bytes) => Value::Blob(bytes),
    }
}

/// An error as a script sees it.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub fn failed(error: Error) -> Box<SqlError> {
    match error.as_sql() {
        Some(sql) => Box::new(SqlError {
            extended_code: sql.code,
            code: Some(sql.primary_name().to_owned()),
            extended_name: Some(sql.extended_name()),
            message: sql.message.clone(),
            offset: sql.offset,
            reason: sql.reason.clone(),
            extension: sql.extension.clone(),
            function: sql.function.clone(),
        }),
        None => Box::new(SqlError { extended_code: error.code(), ..*refusal(&error.to_string()) }),
    }
}

/// An error that is not SQLite's.
#[must_use]
pub fn refusal(message: &str) -> Box<SqlError> {
    Box::new(SqlError {
        extended_code: 1,
        code: None,
        extended_name: None,
        message: message.to_owned(),
        offset: None,
        reason: None,
        extension: None,
        function: None,
    })
}
