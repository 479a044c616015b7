//! What the tests of this crate share: the built artifacts, an engine that is compiled once, and short ways to ask.

#![allow(dead_code, reason = "each test program uses a part of this")]

use sqlink_host_native::{
    Database, Error, Host, HostOptions, LoadOptions, OpenOptions, Params, SqlError, Value, read_component,
};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A file that `cargo xtask build` makes, by its path in `dist/`.
pub fn artifact(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist").join(name);
    assert!(path.is_file(), "`{}` is missing: run `cargo xtask build`", path.display());
    path
}

/// The engine, compiled once per test program and kept in the user's cache between them.
pub fn host() -> Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    let compile = || {
        let bytes = read_component(&artifact("host.component.wasm"))?;
        Host::new("host.component.wasm", &bytes, HostOptions::default())
    };
    HOST.get_or_init(|| compile().unwrap_or_else(|error| panic!("{error}"))).clone()
}

/// A database in memory with guests loaded: names below `dist/`, each with its grants.
pub fn with(extensions: &[(&str, &[&str])]) -> Result<Database, Error> {
    let database = host().open(OpenOptions::memory())?;
    for (name, grants) in extensions {
        database.load_file(&artifact(name), &granted(grants))?;
    }
    Ok(database)
}

/// Options with these grants and nothing else.
pub fn granted(grants: &[&str]) -> LoadOptions {
    LoadOptions { grants: grants.iter().map(|grant| (*grant).to_owned()).collect(), ..LoadOptions::default() }
}

/// The first value of the first row.
pub fn value(database: &Database, sql: &str) -> Result<Value, Error> {
    let result = database.query(sql, Params::None)?;
    Ok(result.rows.into_iter().flatten().next().unwrap_or(Value::Null))
}

/// The error that `sql` has to end in.
pub fn failure(database: &Database, sql: &str) -> SqlError {
    match value(database, sql) {
        Err(Error::Sql(error)) => *error,
        other => panic!("`{sql}` gave {other:?}, expected an error of the engine"),
    }
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A folder of its own for each test, deleted at its end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("sqlink-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind in the temporary folder fails no test.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
