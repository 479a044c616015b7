//! A database on its thread: the host's store, the engine instantiated in it, and one connection.

use crate::contract::Engine;
use crate::contract::exports::sqlink::host::database as wit;
use crate::contract::sqlink::extension::types::Value;
use crate::database::{Changes, Column, ExtensionInfo, LoadOptions, OpenOptions, Params, ResultSet, RowSink};
use crate::dispatch;
use crate::error::{Error, SqlError};
use crate::failure;
use crate::guest::GuestCode;
use crate::handed::OpenedFile;
use crate::host::Host;
use crate::limits::Limits;
use crate::state::{Control, HostState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use wasmtime::{Store, Trap, UpdateDeadline};

/// Rows fetched from the engine at a time: enough to make the crossing cheap, few enough to keep large values in bounds.
const BATCH: u32 = 128;

/// Bytes of a script in which its next statement is looked for first.
const FIRST_WINDOW: usize = 16 << 10;

pub(crate) struct Session {
    store: Store<HostState>,
    engine: Engine,
    /// The engine's number for it; 0 when it is closed.
    connection: u32,
    composed: bool,
    last_extension: u32,
    /// Why the store can't be entered again.
    ended: Option<String>,
}

/// What a call of an exported function gives: a trap, the engine's error, or its result.
type Called<T> = wasmtime::Result<Result<T, wit::DatabaseError>>;

impl Session {
    pub(crate) fn open(host: &Host, control: Arc<Control>, options: &OpenOptions) -> Result<Self, Error> {
        let composed = host.contents().is_some();
        let mut store = Store::new(host.engine(), host.state(control));
        store.set_hostcall_fuel(usize::MAX); // the engine is trusted, and rows may be large
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            if context.data_mut().is_overdue(Instant::now()) {
                return Err(Trap::Interrupt.into());
            }
            Ok(UpdateDeadline::Continue(1))
        });
        let engine = host
            .root()
            .instantiate(&mut store)
            .map_err(|error| Error::Start { message: error.root_cause().to_string() })?;
        store.data_mut().imports = Some(engine.sqlink_host_guest_imports().clone());
        let mut session = Self { store, engine, connection: 0, composed, last_extension: 0, ended: None };
        let options = wit::OpenOptions {
            name: options.name.clone(),
            read_only: options.read_only,
            create: options.create && !options.read_only,
        };
        session.connection = session.call(|engine, store| engine.call_open(store, &options))?;
        session.set_limits(Limits::default())?;
        Ok(session)
    }

    /// Enters the engine. A trap there ends the session.
    fn call<T>(&mut self, f: impl FnOnce(&wit::Guest, &mut Store<HostState>) -> Called<T>) -> Result<T, Error> {
        if let Some(message) = &self.ended {
            return Err(Error::Ended { message: message.clone() });
        }
        self.store.set_epoch_deadline(1);
        self.store.data_mut().enter();
        match f(self.engine.sqlink_host_database(), &mut self.store) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(SqlError::from(error).into()),
            Err(error) => {
                let cause = failure::end_of_engine(&error);
                let logged = self.store.data_mut().last_error.take();
                let message = match logged {
                    Some(logged) if self.composed => format!("{cause} ({logged})"),
                    _ => cause,
                };
                self.ended = Some(message.clone());
                Err(Error::Ended { message })
            }
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) -> Result<(), Error> {
        let (connection, for_engine) = (self.connection, limits.for_engine());
        self.call(|engine, store| engine.call_set_limits(store, connection, for_engine))?;
        let state = self.store.data_mut();
        if state.limits.memory_bytes != limits.memory_bytes {
            // An instance keeps the memory it was made with.
            state.guests.values_mut().filter_map(|slot| slot.idle.as_mut()).for_each(|guest| guest.drop_instance());
        }
        state.limits = limits;
        Ok(())
    }

    pub(crate) fn limits(&self) -> Limits {
        self.store.data().limits.clone()
    }

    pub(crate) fn load(
        &mut self,
        code: Arc<GuestCode>,
        digest: &str,
        options: LoadOptions,
        files: Vec<OpenedFile>,
    ) -> Result<ExtensionInfo, Error> {
        let id = self.last_extension + 1;
        dispatch::insert(self.store.data_mut(), id, code);
        let loaded = self.register(id, digest, options, files);
        if loaded.is_ok() {
            self.last_extension = id;
        } else {
            self.store.data_mut().forget(id);
        }
        loaded
    }

    /// Makes the engine read the manifest of extension `id` and register what it says.
    pub(crate) fn register(
        &mut self,
        id: u32,
        digest: &str,
        options: LoadOptions,
        files: Vec<OpenedFile>,
    ) -> Result<ExtensionInfo, Error> {
        let connection = self.connection;
        let LoadOptions { grants, config, prefix, replace, .. } = options;
        let handed = &mut self.store.data_mut().handed;
        let keep = |file: OpenedFile| {
            let (name, writable) = (file.name.clone(), file.writable);
            wit::HandedFile { name, writable, file: handed.keep(id, file) }
        };
        let files = files.into_iter().map(keep).collect();
        let options = wit::LoadOptions { grants, config, files, prefix, replace };
        self.begin();
        let info = self.call(|engine, store| engine.call_load_extension(store, connection, id, digest, &options))?;
        Ok(self.describe(info))
    }

    pub(crate) fn unload(&mut self, id: u32) -> Result<(), Error> {
        let connection = self.connection;
        self.begin();
        self.call(|engine, store| engine.call_unload_extension(store, connection, id))?;
        self.store.data_mut().forget(id);
        Ok(())
    }

    pub(crate) fn extensions(&mut self) -> Result<Vec<ExtensionInfo>, Error> {
        let connection = self.connection;
        let infos = self.call(|engine, store| engine.call_extensions(store, connection))?;
        Ok(infos.into_iter().map(|info| self.describe(info)).collect())
    }

    fn describe(&self, info: wit::ExtensionInfo) -> ExtensionInfo {
        let guest = self.store.data().guests.get(&info.id).and_then(|slot| slot.idle.as_ref());
        ExtensionInfo::new(info, guest.map_or(0, |guest| guest.last_fuel))
    }

    pub(crate) fn exec(&mut self, sql: &str) -> Result<(), Error> {
        let connection = self.connection;
        self.begin();
        self.start_clock(Duration::ZERO);
        let result = self.call(|engine, store| engine.call_exec(store, connection, sql));
        self.stop_clock();
        result
    }

    /// Runs the statements of `sql` in turn and hands their rows to `sink`. With parameters, or `single`, there has to be
    /// exactly one statement.
    pub(crate) fn run(
        &mut self,
        sql: &str,
        params: &Params,
        single: bool,
        sink: &mut dyn RowSink,
    ) -> Result<(), Error> {
        self.begin();
        let connection = self.connection;
        let mut position = 0;
        let mut statements = 0;
        while let Some(rest) = sql.get(position..).filter(|rest| !rest.is_empty()) {
            let (statement, consumed) = self.prepare(connection, rest).map_err(|error| moved(error, position))?;
            let start = position;
            position += consumed.max(1);
            if statement == 0 {
                continue;
            }
            statements += 1;
            let result = if statements == 2 && (single || !params.is_empty()) {
                Err(misuse("the SQL holds more than one statement, expected exactly one", start))
            } else {
                self.run_one(statement, params, sink).map_err(|error| moved(error, start))
            };
            // The run's own error says more than that of its end.
            let finalized = self.call(|engine, store| engine.call_finalize(store, statement));
            result.and(finalized)?;
        }
        if statements == 0 && single {
            return Err(misuse("the SQL holds no statement, expected exactly one", 0));
        }
        Ok(())
    }

    /// Compiles the first statement of `sql`: its handle, 0 for white space or comment only, and the bytes it takes.
    ///
    /// SQL is copied into the engine, so a long script is shown to it in windows: all of it for each of its statements
    /// would take time with the square of its length. A statement that ends before its window does is whole.
    fn prepare(&mut self, connection: u32, sql: &str) -> Result<(u32, usize), Error> {
        let mut window = FIRST_WINDOW;
        loop {
            let part = sql.get(..sql.floor_char_boundary(window)).unwrap_or(sql);
            let prepared = self.call(|engine, store| engine.call_prepare(store, connection, part));
            let whole = part.len() == sql.len();
            match prepared {
                Err(error) if whole || matches!(error, Error::Ended { .. }) => return Err(error),
                Err(_) => {}
                Ok((statement, consumed)) => {
                    let consumed = usize::try_from(consumed).unwrap_or(part.len());
                    if whole || consumed < part.len() {
                        return Ok((statement, consumed));
                    }
                    if statement != 0 {
                        self.call(|engine, store| engine.call_finalize(store, statement))?;
                    }
                }
            }
            window = window.saturating_mul(4);
        }
    }

    fn run_one(&mut self, statement: u32, params: &Params, sink: &mut dyn RowSink) -> Result<(), Error> {
        self.bind(statement, params)?;
        let columns = self.call(|engine, store| engine.call_columns(store, statement))?;
        let columns: Vec<Column> = columns.into_iter().map(Column::from).collect();
        let before = self.total_changes()?;
        sink.start(&columns);
        let mut spent = Duration::ZERO;
        loop {
            let started = Instant::now();
            self.start_clock(spent);
            let rows = self.call(|engine, store| engine.call_step(store, statement, BATCH));
            self.stop_clock();
            let rows = rows?;
            spent += started.elapsed();
            let last = rows.len() < BATCH as usize;
            if !rows.is_empty() && !sink.rows(rows) {
                break;
            }
            if last {
                break;
            }
        }
        let connection = self.connection;
        let changed = self.total_changes()? != before;
        let changes = self.call(|engine, store| engine.call_changes(store, connection))?;
        let last_insert_rowid = self.call(|engine, store| engine.call_last_insert_rowid(store, connection))?;
        sink.end(Changes { changes: if changed { changes } else { 0 }, last_insert_rowid });
        Ok(())
    }

    fn total_changes(&mut self) -> Result<i64, Error> {
        let connection = self.connection;
        self.call(|engine, store| engine.call_total_changes(store, connection))
    }

    fn bind(&mut self, statement: u32, params: &Params) -> Result<(), Error> {
        match params {
            Params::None => Ok(()),
            Params::Positional(values) => {
                let count = self.call(|engine, store| engine.call_parameter_count(store, statement))?;
                if u32::try_from(values.len()).unwrap_or(u32::MAX) > count {
                    let message = format!("{} parameters given, the statement has {count}", values.len());
                    return Err(sql_error(25, message)); // SQLITE_RANGE
                }
                for (index, value) in (1..).zip(values) {
                    self.call(|engine, store| engine.call_bind(store, statement, index, value))?;
                }
                Ok(())
            }
            Params::Named(values) => {
                for (name, value) in values {
                    let index = self.parameter_index(statement, name)?;
                    self.call(|engine, store| engine.call_bind(store, statement, index, value))?;
                }
                Ok(())
            }
        }
    }

    /// The index of `:name`, `@name`, `$name`, or of a bare `name` under any of the three.
    fn parameter_index(&mut self, statement: u32, name: &str) -> Result<u32, Error> {
        let prefixes: &[&str] = if name.starts_with([':', '@', '$', '?']) { &[""] } else { &[":", "@", "$"] };
        for prefix in prefixes {
            let name = format!("{prefix}{name}");
            let index = self.call(|engine, store| engine.call_parameter_index(store, statement, &name))?;
            if index != 0 {
                return Ok(index);
            }
        }
        Err(sql_error(25, format!("the statement has no parameter `{name}`"))) // SQLITE_RANGE
    }

    pub(crate) fn in_transaction(&mut self) -> Result<bool, Error> {
        let connection = self.connection;
        self.call(|engine, store| engine.call_in_transaction(store, connection))
    }

    pub(crate) fn serialize(&mut self, schema: &str) -> Result<Vec<u8>, Error> {
        let connection = self.connection;
        self.call(|engine, store| engine.call_serialize(store, connection, schema))
    }

    pub(crate) fn deserialize(&mut self, schema: &str, bytes: &[u8]) -> Result<(), Error> {
        let connection = self.connection;
        self.call(|engine, store| engine.call_deserialize(store, connection, schema, bytes))
    }

    pub(crate) fn sqlite_version(&mut self) -> Result<String, Error> {
        self.call(|engine, store| Ok(Ok(engine.call_sqlite(store)?.version)))
    }

    /// Closes the connection; once it is closed, does nothing.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        let connection = std::mem::take(&mut self.connection);
        if connection == 0 {
            return Ok(());
        }
        self.begin();
        self.call(|engine, store| engine.call_close(store, connection))
    }

    /// An interrupt stops what is running when it comes, not what starts later.
    fn begin(&mut self) {
        let state = self.store.data_mut();
        state.control.interrupted.store(false, Ordering::Relaxed);
        state.start_statement();
    }

    /// Starts the statement's clock for extensions and for the engine's own overtime; `spent` is what it has used before.
    fn start_clock(&mut self, spent: Duration) {
        let state = self.store.data_mut();
        let timeout = state.limits.statement_timeout;
        state.statement_deadline = timeout.map(|timeout| Instant::now() + timeout.saturating_sub(spent));
    }

    fn stop_clock(&mut self) {
        self.store.data_mut().statement_deadline = None;
    }
}

fn moved(error: Error, by: usize) -> Error {
    match error {
        Error::Sql(error) => error.moved_by(by).into(),
        other => other,
    }
}

fn sql_error(code: i32, message: String) -> Error {
    SqlError { code, message, offset: None, reason: None, extension: None, function: None }.into()
}

/// SQLITE_MISUSE at a byte offset.
fn misuse(message: &str, offset: usize) -> Error {
    let offset = u32::try_from(offset).ok();
    let message = message.to_owned();
    SqlError { code: 21, message, offset, reason: None, extension: None, function: None }.into()
}

/// Collects everything.
#[derive(Debug, Default)]
pub(crate) struct Collector(pub(crate) Vec<ResultSet>);

impl RowSink for Collector {
    fn start(&mut self, columns: &[Column]) {
        self.0.push(ResultSet { columns: columns.to_vec(), rows: Vec::new(), changes: Changes::default() });
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        if let Some(set) = self.0.last_mut() {
            set.rows.extend(rows);
        }
        true
    }

    fn end(&mut self, changes: Changes) {
        if let Some(set) = self.0.last_mut() {
            set.changes = changes;
        }
    }
}
