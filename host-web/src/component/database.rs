//! The export `database`: the engine's connections and statements.

use std::sync::Once;

use crate::component::bindings::Host;
use crate::component::bindings::exports::sqlink::host::database::{
    Column, DatabaseError, ExtensionInfo, Guest, Limits, LoadOptions, OpenOptions, RunResult, SqliteVersion,
};
use crate::contract::types::Value;
use crate::engine::{self, Collected, Level, Platform as _, ValueRef};
use crate::front::PLATFORM;

type Result<T> = std::result::Result<T, DatabaseError>;

/// Reports a panic's message before it traps.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            PLATFORM.log(None, Level::Error, &format!("the engine panicked: {info}"));
        }));
    });
}

impl Guest for Host {
    fn sqlite() -> SqliteVersion {
        let version = engine::version();
        SqliteVersion {
            version: version.sqlite.clone(),
            source_id: version.source_id.clone(),
            compile_options: version.compile_options.clone(),
        }
    }

    fn open(options: OpenOptions) -> Result<u32> {
        report_panics();
        Ok(engine::open(&engine::OpenOptions {
            name: &options.name,
            read_only: options.read_only,
            create: options.create,
        })?)
    }

    fn close(connection: u32) -> Result<()> {
        Ok(engine::close(connection)?)
    }

    fn get_limits(connection: u32) -> Result<Limits> {
        Ok(engine::limits(connection)?.into())
    }

    fn set_limits(connection: u32, limits: Limits) -> Result<()> {
        Ok(engine::set_limits(connection, limits.into())?)
    }

    fn exec(connection: u32, sql: String) -> Result<()> {
        Ok(engine::exec(connection, &sql)?)
    }

    fn prepare(connection: u32, sql: String) -> Result<(u32, u32)> {
        let prepared = engine::prepare(connection, &sql, false)?;
        Ok((prepared.statement, prepared.consumed))
    }

    fn columns(statement: u32) -> Result<Vec<Column>> {
        let columns = engine::columns(statement)?;
        Ok(columns
            .into_iter()
            .map(|column| Column { name: column.name, declared_type: column.declared_type })
            .collect())
    }

    fn parameter_count(statement: u32) -> Result<u32> {
        Ok(engine::parameter_count(statement)?)
    }

    fn parameter_index(statement: u32, name: String) -> Result<u32> {
        Ok(engine::parameter_index(statement, &name)?)
    }

    fn parameter_name(statement: u32, index: u32) -> Result<Option<String>> {
        Ok(engine::parameter_name(statement, index)?)
    }

    fn bind(statement: u32, index: u32, value: Value) -> Result<()> {
        Ok(engine::bind(statement, index, ValueRef::from(&value))?)
    }

    fn step(statement: u32, max_rows: u32) -> Result<Vec<Vec<Value>>> {
        let mut rows = Collected::up_to(max_rows.max(1) as usize);
        engine::step_rows(statement, &mut rows)?;
        Ok(rows.rows.into_iter().map(|row| row.into_iter().map(Value::from).collect()).collect())
    }

    fn run(statement: u32) -> Result<RunResult> {
        let done = engine::run(statement)?;
        Ok(RunResult { changes: done.changes, last_insert_rowid: done.last_insert_rowid })
    }

    fn reset(statement: u32) -> Result<()> {
        Ok(engine::reset(statement)?)
    }

    fn clear_bindings(statement: u32) -> Result<()> {
        Ok(engine::clear_bindings(statement)?)
    }

    fn finalize(statement: u32) -> Result<()> {
        Ok(engine::finalize(statement)?)
    }

    fn changes(connection: u32) -> Result<i64> {
        Ok(engine::changes(connection)?)
    }

    fn total_changes(connection: u32) -> Result<i64> {
        Ok(engine::total_changes(connection)?)
    }

    fn last_insert_rowid(connection: u32) -> Result<i64> {
        Ok(engine::last_insert_rowid(connection)?)
    }

    fn in_transaction(connection: u32) -> Result<bool> {
        Ok(engine::in_transaction(connection)?)
    }

    fn serialize(connection: u32, schema: String) -> Result<Vec<u8>> {
        Ok(engine::serialize(connection, &schema, <[u8]>::to_vec)?)
    }

    fn deserialize(connection: u32, schema: String, bytes: Vec<u8>) -> Result<()> {
        Ok(engine::deserialize(connection, &schema, &bytes)?)
    }

    fn load_extension(connection: u32, id: u32, digest: String, options: LoadOptions) -> Result<ExtensionInfo> {
        let files = options.files.into_iter();
        let options = engine::LoadOptions {
            grants: options.grants,
            config: options.config,
            files: files
                .map(|file| engine::HandedFile { name: file.name, file: file.file, writable: file.writable })
                .collect(),
            prefix: options.prefix,
            replace: options.replace,
        };
        Ok(engine::load_extension(connection, id, &digest, options)?.into())
    }

    fn unload_extension(connection: u32, id: u32) -> Result<()> {
        Ok(engine::unload_extension(connection, id)?)
    }

    fn extensions(connection: u32) -> Result<Vec<ExtensionInfo>> {
        Ok(engine::extensions(connection)?.into_iter().map(ExtensionInfo::from).collect())
    }
}
