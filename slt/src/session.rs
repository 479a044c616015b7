//! A script's connections: SQL and dot commands in, shown rows out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use sqllogictest::{DB, DBOutput};

use crate::Driver;
use crate::judge::Surroundings;
use crate::literal::{Params, parse_params};
use crate::protocol::{ExtensionFile, HandedFile, LoadOptions, Output, Reply, Request, SqlError};
use crate::script::{Load, Script};
use crate::value::{Class, Value, classes};

/// Why a record did not work.
#[derive(Debug, Clone)]
pub enum RecordError {
    /// The host's error, which the record may expect.
    Sql(Box<SqlError>),
    /// Anything else. A record never expects it: [`Session::fault`] fails the file.
    Fault(String),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(error) => error.fmt(f),
            Self::Fault(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for RecordError {}

/// What the connections of a running script share.
#[derive(Debug)]
pub struct Session {
    driver: Arc<Mutex<dyn Driver>>,
    /// `extensions` holds every extension the script names.
    surroundings: Surroundings,
    loads: Vec<Load>,
    limits: BTreeMap<String, u64>,
    connections: usize,
    fault: Option<String>,
}

impl Session {
    /// A session without connections.
    pub fn new(driver: Arc<Mutex<dyn Driver>>, script: &Script, surroundings: Surroundings) -> Self {
        Self {
            driver,
            surroundings,
            loads: script.loads.clone(),
            limits: script.limits.clone(),
            connections: 0,
            fault: None,
        }
    }

    /// What went wrong that no script can expect: the driver ended, or an error contradicts itself.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Opens a connection and loads what `#! load` says.
    ///
    /// # Errors
    /// If the host can't open it, or refuses a load.
    pub fn open(session: &Arc<Mutex<Self>>) -> Result<Connection, RecordError> {
        let mut this = session.lock().unwrap_or_else(PoisonError::into_inner);
        this.connections += 1;
        let name = format!("c{}", this.connections);
        let files = this.surroundings.extensions.iter();
        let extensions = files.map(|(name, path)| ExtensionFile { name: name.clone(), path: path.clone() }).collect();
        let limits = this.limits.clone();
        this.send(&Request::Open { connection: name.clone(), limits, extensions })?;
        for load in this.loads.clone() {
            this.load(&name, &load).map_err(|error| {
                // A load at the top is not a record: nothing may expect it to fail.
                let reason = format!("#! load {}: {error}", load.name);
                this.fault.get_or_insert_with(|| reason.clone());
                RecordError::Fault(reason)
            })?;
        }
        Ok(Connection { session: Arc::clone(session), name, params: None })
    }

    /// A connection that is open already.
    pub fn existing(session: &Arc<Mutex<Self>>, name: &str) -> Connection {
        Connection { session: Arc::clone(session), name: name.to_owned(), params: None }
    }

    fn load(&mut self, connection: &str, load: &Load) -> Result<Output, RecordError> {
        let Some(path) = self.surroundings.extensions.get(&load.name).cloned() else {
            return Err(self.set_fault(format!("the script does not name extension `{}` as `.load` does", load.name)));
        };
        let mut files = BTreeMap::new();
        for (name, writable) in &load.files {
            let path = self.surroundings.data.join(name);
            let bytes = std::fs::read(&path)
                .map_err(|error| self.set_fault(format!("can't read `{}`: {error}", path.display())))?;
            files.insert(name.clone(), HandedFile { hex: hex(&bytes), writable: *writable });
        }
        let options = LoadOptions {
            grants: load.grants.clone(),
            config: load.config.clone(),
            files,
            prefix: load.prefix.clone(),
            replace: load.replace,
        };
        self.send(&Request::Load {
            connection: connection.to_owned(),
            extension: ExtensionFile { name: load.name.clone(), path },
            options,
        })
    }

    fn send(&mut self, request: &Request) -> Result<Output, RecordError> {
        if let Some(fault) = &self.fault {
            return Err(RecordError::Fault(fault.clone()));
        }
        let reply = self.driver.lock().unwrap_or_else(PoisonError::into_inner).request(request);
        match reply {
            Ok(Reply::Ok(output)) => Ok(output),
            Ok(Reply::Error(error)) => match error.flaw() {
                Some(flaw) => Err(self.set_fault(format!("{error}: {flaw}"))),
                None => Err(RecordError::Sql(Box::new(error))),
            },
            Ok(Reply::Unsupported(reason)) => Err(self.set_fault(format!(
                "the driver can't do that, and the script has no `#! host` line that says so: {reason}"
            ))),
            Ok(Reply::Ready(_)) => Err(self.set_fault("the driver started anew".to_owned())),
            Err(failure) => Err(self.set_fault(failure)),
        }
    }

    fn set_fault(&mut self, reason: String) -> RecordError {
        self.fault = Some(reason.clone());
        RecordError::Fault(reason)
    }
}

/// One connection of a script, as sqllogictest sees it.
#[derive(Debug)]
pub struct Connection {
    session: Arc<Mutex<Session>>,
    name: String,
    /// From `.bind`, for the next statement.
    params: Option<Params>,
}

impl Connection {
    fn send(&self, request: &Request) -> Result<Output, RecordError> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).send(request)
    }

    fn fault(&self, reason: String) -> RecordError {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).set_fault(reason)
    }

    fn sql(&mut self, sql: &str) -> Result<Output, RecordError> {
        let params = self.params.take();
        self.send(&Request::Sql { connection: self.name.clone(), sql: sql.to_owned(), params })
    }

    /// Runs a line that starts with a dot, as in SQLite's shell.
    fn command(&mut self, line: &str) -> Result<Output, RecordError> {
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match command {
            ".load" => {
                let load = Load::parse(rest).map_err(|error| self.fault(format!("{line}: {error:#}")))?;
                self.session.lock().unwrap_or_else(PoisonError::into_inner).load(&self.name, &load)
            }
            ".unload" => self.send(&Request::Unload { connection: self.name.clone(), name: rest.trim().to_owned() }),
            ".registrations" => self.send(&Request::Registrations { connection: self.name.clone() }),
            ".extensions" => self.send(&Request::Extensions { connection: self.name.clone() }),
            ".bind" => {
                self.params = Some(parse_params(rest).map_err(|error| self.fault(format!("{line}: {error:#}")))?);
                Ok(Output::default())
            }
            ".columns" => {
                // With parameters, if only none: a driver then prepares the statement and tells declared types.
                self.params.get_or_insert(Params::Positional(Vec::new()));
                let output = self.sql(rest)?;
                let types = output.types.into_iter().chain(std::iter::repeat(None));
                let rows = output
                    .columns
                    .into_iter()
                    .zip(types)
                    .map(|(name, declared)| vec![Value::Text(name), declared.map_or(Value::Null, Value::Text)]);
                Ok(Output {
                    rows: rows.collect(),
                    columns: vec!["name".to_owned(), "type".to_owned()],
                    ..Output::default()
                })
            }
            _ => Err(self.fault(format!(
                "`{command}` is no command; there are .bind, .columns, .extensions, .load, .registrations and .unload"
            ))),
        }
    }
}

impl DB for Connection {
    type Error = RecordError;
    type ColumnType = Class;

    fn run(&mut self, sql: &str) -> Result<DBOutput<Class>, RecordError> {
        let output = if sql.starts_with('.') { self.command(sql)? } else { self.sql(sql)? };
        if output.columns.is_empty() {
            return Ok(DBOutput::StatementComplete(output.changes));
        }
        let width = output.columns.len();
        if let Some(row) = output.rows.iter().find(|row| row.len() != width) {
            return Err(self.fault(format!("a row has {} values for {width} columns", row.len())));
        }
        Ok(DBOutput::Rows {
            types: classes(&output.rows, width),
            rows: output.rows.iter().map(|row| row.iter().map(Value::show).collect()).collect(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
