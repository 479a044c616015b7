//! The drivers of the native hosts: the runner's own program, started again, on standard input and output.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use sqlink_compose::graph::{Extension, SpiPolicy, compose};
use sqlink_compose::verify;
use sqlink_host_native as native;
use sqlink_host_native::{Database, ExtensionInfo, Host, HostOptions, Limits, OpenOptions, read_component};

use crate::artifacts::Artifacts;
use crate::bundle::stem;
use crate::literal::Params;
use crate::protocol::{ExtensionFile, LoadOptions, Output, Reply, Request, SqlError};
use crate::value::Value;

/// Answers requests until standard input ends.
///
/// # Errors
/// If the host component can't be read or compiled, or a request is malformed.
pub fn serve(host: &str, root: PathBuf) -> Result<()> {
    let artifacts = Artifacts::new(root);
    let path = artifacts.host_component();
    let component =
        std::fs::read(&path).with_context(|| format!("can't read `{}`: run `cargo xtask build`", path.display()))?;
    let called = Arc::new(Mutex::new(BTreeSet::new()));
    let calls = Arc::clone(&called);
    let observer = move |function: &str| {
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        if !calls.contains(function) {
            calls.insert(function.to_owned());
        }
    };
    let options = HostOptions { observer: Some(Arc::new(observer)), ..HostOptions::default() };
    let kind = match host {
        "native-dynamic" => Kind::Dynamic(Host::new("host.component.wasm", &component, options)?),
        "native-composed" => Kind::Composed { component, hosts: HashMap::new() },
        _ => bail!("`{host}` is no native host"),
    };
    let folder = tempfile::tempdir()?;
    let mut driver = Native { kind, artifacts, connections: HashMap::new(), called, folder, files: 0 };
    let mut output = std::io::stdout().lock();
    send(&mut output, &Reply::Ready(serde_json::json!({ "host": host })))?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let request = serde_json::from_str(&line).with_context(|| format!("`{line}` is no request"))?;
        send(&mut output, &driver.answer(request))?;
    }
    Ok(())
}

fn send(output: &mut impl std::io::Write, reply: &Reply) -> Result<()> {
    serde_json::to_writer(&mut *output, reply)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

struct Native {
    kind: Kind,
    artifacts: Artifacts,
    connections: HashMap<String, Connection>,
    /// Functions of the contract that were called.
    called: Arc<Mutex<BTreeSet<String>>>,
    /// Where files go that are handed over.
    folder: tempfile::TempDir,
    /// How many there are.
    files: u64,
}

/// What most scripts load. A script that loads nothing else gets a composition of all of these, so that one serves many.
const COMMON: &[&str] = &["hashes", "probe", "regexp", "relay", "uuid"];

enum Kind {
    /// One engine, extensions loaded at run time.
    Dynamic(Host),
    /// An engine for every set of extensions, composed when first needed.
    Composed { component: Vec<u8>, hosts: HashMap<Vec<ExtensionFile>, Composition> },
}

/// A composition, with what it holds and what it could not hold.
#[derive(Clone)]
struct Composition {
    host: Host,
    parts: BTreeMap<String, Part>,
}

#[derive(Clone)]
enum Part {
    /// It is inside.
    Inside,
    /// Why it could not be composed.
    Refused(String),
}

struct Connection {
    database: Database,
    /// Empty unless composed.
    parts: BTreeMap<String, Part>,
}

impl Native {
    fn answer(&mut self, request: Request) -> Reply {
        self.carry_out(request).map_or_else(|error| Reply::Error(*error), Reply::Ok)
    }

    fn carry_out(&mut self, request: Request) -> Result<Output, Box<SqlError>> {
        match request {
            Request::Open { connection, limits, mut extensions } => {
                if extensions.iter().all(|extension| COMMON.contains(&extension.name.as_str())) {
                    extensions = self.common().map_err(|error| other(&format!("{error:#}")))?;
                }
                extensions.sort();
                let (host, parts) = match &mut self.kind {
                    Kind::Dynamic(host) => (host.clone(), BTreeMap::new()),
                    Kind::Composed { component, hosts } => {
                        let composition = match hosts.get(&extensions) {
                            Some(composition) => composition.clone(),
                            None => {
                                let composition = Composition::make(component, &extensions)
                                    .map_err(|error| other(&format!("{error:#}")))?;
                                hosts.insert(extensions, composition.clone());
                                composition
                            }
                        };
                        (composition.host, composition.parts)
                    }
                };
                let database = host.open(OpenOptions::memory()).map_err(failed)?;
                let mut wanted = Limits::default();
                for (name, value) in limits {
                    if !wanted.set(&name, value) {
                        return Err(other(&format!("there is no limit `{name}`, or it can't be {value}")));
                    }
                }
                database.set_limits(wanted).map_err(failed)?;
                self.connections.insert(connection, Connection { database, parts });
                Ok(Output::default())
            }
            Request::Load { connection, extension, options } => {
                let options = self.load_options(options).map_err(|error| other(&format!("{error:#}")))?;
                let connection = self.connection(&connection)?;
                let info = match connection.parts.get(&extension.name) {
                    None => {
                        let bytes = read(&extension.path)?;
                        connection.database.load(&extension.name, &bytes, &options)
                    }
                    Some(Part::Inside) => connection.database.load_composed(&stem(&extension.name), Some(&options)),
                    Some(Part::Refused(reason)) => return Err(other(reason)),
                };
                Ok(extension_rows(&[info.map_err(failed)?]))
            }
            Request::Unload { connection, name } => {
                let database = &self.connection(&connection)?.database;
                let infos = database.extensions().map_err(failed)?;
                let Some(info) = infos.iter().find(|info| info.name == name) else {
                    return Err(misuse(&format!("no extension `{name}` is loaded")));
                };
                database.unload(info.id).map_err(failed)?;
                Ok(Output::default())
            }
            Request::Registrations { connection } => {
                let infos = self.connection(&connection)?.database.extensions().map_err(failed)?;
                Ok(registration_rows(&infos))
            }
            Request::Extensions { connection } => {
                let infos = self.connection(&connection)?.database.extensions().map_err(failed)?;
                Ok(extension_rows(&infos))
            }
            Request::Sql { connection, sql, params } => {
                let database = &self.connection(&connection)?.database;
                let results = match params {
                    Some(params) => database.query(&sql, native_params(params)).map(|result| vec![result]),
                    None => database.query_all(&sql),
                };
                Ok(last_with_columns(results.map_err(failed)?))
            }
            Request::Reset => {
                for (_, connection) in self.connections.drain() {
                    // A database that ended by a trap can't close cleanly, and the script has judged it already.
                    drop(connection.database.close());
                }
                let called = std::mem::take(&mut *self.called.lock().unwrap_or_else(PoisonError::into_inner));
                Ok(Output { called: called.into_iter().collect(), ..Output::default() })
            }
        }
    }

    /// The library's options; files that are handed over are written to this driver's folder first.
    fn load_options(&mut self, options: LoadOptions) -> Result<native::LoadOptions> {
        let mut files = Vec::new();
        for (name, file) in options.files {
            self.files += 1;
            let path = self.folder.path().join(self.files.to_string());
            std::fs::write(&path, unhex(&file.hex)?)?;
            files.push(native::HandedFile { name, path, writable: file.writable });
        }
        Ok(native::LoadOptions {
            grants: options.grants,
            config: options.config.into_iter().collect(),
            files,
            prefix: options.prefix,
            replace: options.replace,
        })
    }

    /// Those of [`COMMON`].
    fn common(&self) -> Result<Vec<ExtensionFile>> {
        let file = |name: &&str| Ok(ExtensionFile { name: (*name).to_owned(), path: self.artifacts.find(name)? });
        COMMON.iter().map(file).collect()
    }

    fn connection(&self, name: &str) -> Result<&Connection, Box<SqlError>> {
        self.connections.get(name).ok_or_else(|| other(&format!("connection `{name}` is not open")))
    }
}

impl Composition {
    /// Composes what can be composed, and keeps why the rest can't.
    fn make(component: &[u8], extensions: &[ExtensionFile]) -> Result<Self> {
        let mut parts = BTreeMap::new();
        let mut inside = Vec::new();
        for ExtensionFile { name, path } in extensions {
            let alone = read_component(path).map_err(anyhow::Error::from).and_then(|bytes| {
                let verified = verify(&bytes, name)?;
                let extension =
                    Extension { name: stem(name), file: name.clone(), bytes: bytes.into(), grants: Vec::new() };
                if !verified.wasi.is_empty() {
                    // Composing it alone says why it can't be.
                    compose(component, "host.component.wasm", std::slice::from_ref(&extension), SpiPolicy::Loop)?;
                }
                Ok(extension)
            });
            let part = match alone {
                Ok(extension) => {
                    inside.push(extension);
                    Part::Inside
                }
                // The name stands for the file, as on the other hosts.
                Err(error) => Part::Refused(format!("{error:#}").replace(&path.display().to_string(), name)),
            };
            parts.insert(name.clone(), part);
        }
        let bytes = compose(component, "host.component.wasm", &inside, SpiPolicy::Loop)?;
        let host = Host::composed("the composition", &bytes, HostOptions::default())?;
        Ok(Self { host, parts })
    }
}

/// Reads an extension as an application would: a huge file is refused before it is read.
fn read(path: &Path) -> Result<Vec<u8>, Box<SqlError>> {
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    read_component(path).map_err(|error| other(&error.to_string().replace(&path.display().to_string(), &name)))
}

/// The rows of the last statement that has columns; the changes of the last one of all.
fn last_with_columns(results: Vec<native::ResultSet>) -> Output {
    let changes = results.last().map_or(0, |result| result.changes.changes);
    let mut output = Output { changes: u64::try_from(changes).unwrap_or(0), ..Output::default() };
    if let Some(result) = results.into_iter().rev().find(|result| !result.columns.is_empty()) {
        (output.columns, output.types) =
            result.columns.into_iter().map(|column| (column.name, column.declared_type)).unzip();
        output.rows = result.rows.into_iter().map(|row| row.into_iter().map(from_native).collect()).collect();
    }
    output
}

/// See [`Request::Extensions`].
fn extension_rows(infos: &[ExtensionInfo]) -> Output {
    let row = |info: &ExtensionInfo| {
        vec![
            Value::Text(info.name.clone()),
            Value::Text(info.version.clone()),
            Value::Integer(i64::try_from(info.functions.len()).unwrap_or(i64::MAX)),
            Value::Text(info.granted.join(",")),
            Value::Text(info.denied.join(",")),
            Value::Integer(i64::from(info.traps)),
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
                names
                    .iter()
                    .map(|name| [info.name.as_str(), kind, name].map(|text| Value::Text(text.to_owned())).to_vec()),
            );
        }
    }
    Output { columns: ["extension", "kind", "name"].map(str::to_owned).to_vec(), rows, ..Output::default() }
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16);
    digits.chunks(2).map(|pair| byte(pair).context("expected hexadecimal digits")).collect()
}

fn native_params(params: Params) -> native::Params {
    match params {
        Params::Positional(values) => native::Params::Positional(values.into_iter().map(to_native).collect()),
        Params::Named(values) => {
            native::Params::Named(values.into_iter().map(|(name, value)| (name, to_native(value))).collect())
        }
    }
}

fn from_native(value: native::Value) -> Value {
    match value {
        native::Value::Null => Value::Null,
        native::Value::Integer(integer) => Value::Integer(integer),
        native::Value::Real(real) => Value::Real(real),
        native::Value::Text(text) => Value::Text(text),
        native::Value::Blob(bytes) => Value::Blob(bytes),
    }
}

fn to_native(value: Value) -> native::Value {
    match value {
        Value::Null => native::Value::Null,
        Value::Integer(integer) => native::Value::Integer(integer),
        Value::Real(real) => native::Value::Real(real),
        Value::Text(text) => native::Value::Text(text),
        Value::Blob(bytes) => native::Value::Blob(bytes),
    }
}

fn failed(error: native::Error) -> Box<SqlError> {
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
        None => Box::new(SqlError { extended_code: error.code(), ..*other(&error.to_string()) }),
    }
}

/// SQLITE_MISUSE, as the JavaScript package gives it.
fn misuse(message: &str) -> Box<SqlError> {
    Box::new(SqlError { extended_code: 21, ..*other(message) })
}

/// An error that is not SQLite's.
fn other(message: &str) -> Box<SqlError> {
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
