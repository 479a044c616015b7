//! What the engine's tests share.
#![allow(dead_code, reason = "each test program uses a part of it")]

use sqlink_host_web::contract::metadata::FunctionFlags;
use sqlink_host_web::engine::{
    self, Args, CallError, Capability, Collected, Error, Function, LoadOptions, Manifest, OpenOptions, ResultSink,
    Step, Value, ValueRef,
};

pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Opens a connection to a new database in memory.
pub fn open() -> Result<u32> {
    engine::open(&OpenOptions::memory())
}

/// Runs one statement and returns its rows.
pub fn query(connection: u32, sql: &str) -> Result<Vec<Vec<Value>>> {
    let prepared = engine::prepare(connection, sql, false)?;
    let mut sink = Collected::default();
    let outcome = engine::step_rows(prepared.statement, &mut sink);
    engine::finalize(prepared.statement)?;
    assert_eq!(outcome?, Step::Done);
    Ok(sink.rows)
}

/// Runs one statement and returns the first column of its first row.
pub fn one(connection: u32, sql: &str) -> Result<Value> {
    let first = query(connection, sql)?.into_iter().flatten().next();
    Ok(first.expect("the query must give a row"))
}

pub fn integer(value: i64) -> Value {
    Value::Integer(value)
}

pub fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// Reads a text argument.
pub fn text_arg<'a>(args: &Args<'a>, index: usize) -> &'a str {
    match args.get(index) {
        ValueRef::Text(utf8) => std::str::from_utf8(utf8).expect("the engine checks it"),
        _ => "",
    }
}

/// Makes a manifest of functions that are (name, argument count); ids count from 0.
pub fn manifest(name: &str, functions: &[(&str, i32)]) -> Manifest {
    Manifest {
        name: name.into(),
        version: "1.0.0".into(),
        description: "for a test".into(),
        functions: (0..)
            .zip(functions)
            .map(|(id, (name, arg_count))| Function {
                id,
                name: (*name).to_owned(),
                arg_count: *arg_count,
                flags: FunctionFlags::empty(),
            })
            .collect(),
        ..Manifest::default()
    }
}

/// Makes a list of capabilities.
pub fn capabilities(names: &[&str]) -> Vec<Capability> {
    names.iter().map(|name| Capability { name: (*name).to_owned(), reason: "for a test".into() }).collect()
}

/// Makes load options with these grants.
pub fn grants(names: &[&str]) -> LoadOptions {
    LoadOptions { grants: names.iter().map(|name| (*name).to_owned()).collect(), ..LoadOptions::default() }
}

/// Turns what an import returned into what an extension that hands it on returns.
pub fn hand_on(error: engine::imports::GuestError) -> CallError {
    CallError::Error { code: error.code, message: error.message }
}

/// A function's type, for closures.
pub fn function(
    call: impl Fn(u32, Args<'_>, &mut ResultSink<'_>) -> Result<(), CallError> + 'static,
) -> impl Fn(u32, Args<'_>, &mut ResultSink<'_>) -> Result<(), CallError> + 'static {
    call
}

/// The error a call must fail with.
pub fn fails<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("the call must fail"),
        Err(error) => error,
    }
}
