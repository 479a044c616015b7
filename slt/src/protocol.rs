//! What the runner and a driver say to each other: one JSON object a line, a reply for every request, in order.
//!
//! A driver starts with `{"ready":{…}}`; what is in it is for people. It ends when its standard input does, and writes
//! nothing but replies to its standard output.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::codes;
use crate::literal::Params;
use crate::value::Value;

/// An extension component that a file may load.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExtensionFile {
    /// What the script calls it: the file's name without `.wasm`.
    pub name: String,
    /// Where its bytes are.
    pub path: PathBuf,
}

/// How an extension is loaded.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LoadOptions {
    /// Granted capabilities.
    pub grants: Vec<String>,
    /// Settings.
    pub config: BTreeMap<String, String>,
    /// Files by their names.
    pub files: BTreeMap<String, HandedFile>,
    /// Goes in front of its names.
    pub prefix: String,
    /// Replaces what has its names.
    pub replace: bool,
}

/// A file that is handed over to an extension.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HandedFile {
    /// What is in it, in hexadecimal.
    pub hex: String,
    /// Whether the extension may write it.
    pub writable: bool,
}

/// A request. Connections are named by the runner.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Request {
    /// Opens a database in memory.
    Open {
        /// The new connection's name.
        connection: String,
        /// Limits other than the default; names as in the JavaScript package.
        limits: BTreeMap<String, u64>,
        /// Every extension the file may load, for hosts that compose before they run.
        extensions: Vec<ExtensionFile>,
    },
    /// Loads an extension into a connection. The reply's rows are as for [`Request::Extensions`], of this one.
    Load {
        /// Which connection.
        connection: String,
        /// The extension.
        #[serde(flatten)]
        extension: ExtensionFile,
        /// How.
        #[serde(flatten)]
        options: LoadOptions,
    },
    /// Unloads an extension, by the name in its manifest.
    Unload {
        /// Which connection.
        connection: String,
        /// The extension's own name.
        name: String,
    },
    /// What the extensions of a connection registered: one row each of extension, kind and name.
    Registrations {
        /// Which connection.
        connection: String,
    },
    /// The extensions of a connection: one row each of name, version, number of functions, granted capabilities,
    /// denied ones (both separated by commas), and traps so far.
    Extensions {
        /// Which connection.
        connection: String,
    },
    /// Runs every statement of `sql`; the reply holds the rows of the last one that has columns. With `params`, `sql`
    /// is one statement.
    Sql {
        /// Which connection.
        connection: String,
        /// The SQL.
        sql: String,
        /// What its parameters are bound to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        params: Option<Params>,
    },
    /// Closes every connection and forgets every instance: the next request starts afresh.
    Reset,
}

/// What a request gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The driver's first line.
    Ready(serde_json::Value),
    /// It worked.
    Ok(Output),
    /// The host refused it.
    Error(SqlError),
    /// This host cannot do that, by its nature.
    Unsupported(String),
}

/// Rows, and what else a statement gave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Output {
    /// Column names.
    pub columns: Vec<String>,
    /// Declared types, as long as `columns`; null for an expression. Empty if the driver can't tell.
    pub types: Vec<Option<String>>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// Rows that the last INSERT, UPDATE or DELETE of the connection changed.
    pub changes: u64,
    /// Of a reset, from hosts that can tell: the functions of the contract that were called since the one before.
    pub called: Vec<String>,
}

/// An error as the host gives it to an application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlError {
    /// Extended result code.
    pub extended_code: i32,
    /// Name of the primary code, where the host gives names.
    pub code: Option<String>,
    /// Name of the extended code, where the host gives names.
    pub extended_name: Option<String>,
    /// The message.
    pub message: String,
    /// Byte offset of the offending token in the SQL, 0-based.
    pub offset: Option<u32>,
    /// The named failure, when an extension caused it.
    pub reason: Option<String>,
    /// The extension that caused it.
    pub extension: Option<String>,
    /// Its function.
    pub function: Option<String>,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", codes::name(self.extended_code), self.message)?;
        match self.offset {
            Some(offset) => write!(f, " [offset {offset}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SqlError {}

impl SqlError {
    /// What is wrong with the error itself, whatever the script expects of it: names that don't fit the number, or a
    /// named failure whose fields don't fit its message.
    pub fn flaw(&self) -> Option<String> {
        let primary = codes::name(self.extended_code & 0xff);
        if let Some(name) = self.code.as_deref().filter(|name| *name != primary) {
            return Some(format!("code {} is {primary}, the host calls it {name}", self.extended_code));
        }
        let extended = codes::name(self.extended_code);
        if let Some(name) = self.extended_name.as_deref().filter(|name| *name != extended) {
            return Some(format!("code {} is {extended}, the host calls it {name}", self.extended_code));
        }
        if let (Some(reason), Some(extension), Some(function)) = (&self.reason, &self.extension, &self.function) {
            // Between the two stands what kind it is: function, aggregate, collation, module or hook.
            let (start, name) = (format!("{reason}: extension `{extension}`, "), format!(" `{function}`: "));
            let named = self.message.strip_prefix(&start).and_then(|rest| rest.split_once(&name));
            if named.is_none_or(|(kind, _)| kind.contains(['`', ' '])) {
                return Some(format!("message `{}` does not start with `{start}KIND{name}`", self.message));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_requests() -> serde_json::Result<()> {
        let request = Request::Load {
            connection: "c1".to_owned(),
            extension: ExtensionFile { name: "uuid".to_owned(), path: "/x/uuid.wasm".into() },
            options: LoadOptions { grants: vec!["random".to_owned()], ..LoadOptions::default() },
        };
        assert_eq!(
            serde_json::to_string(&request)?,
            r#"{"op":"load","connection":"c1","name":"uuid","path":"/x/uuid.wasm","grants":["random"],"config":{},"files":{},"prefix":"","replace":false}"#
        );
        let request = Request::Sql {
            connection: "c1".to_owned(),
            sql: "SELECT ?".to_owned(),
            params: Some(Params::Positional(vec![Value::Null])),
        };
        assert_eq!(
            serde_json::to_string(&request)?,
            r#"{"op":"sql","connection":"c1","sql":"SELECT ?","params":[null]}"#
        );
        assert_eq!(serde_json::to_string(&Request::Reset)?, r#"{"op":"reset"}"#);
        Ok(())
    }

    #[test]
    fn finds_flaws_in_errors() -> serde_json::Result<()> {
        let error = |text: &str| serde_json::from_str::<SqlError>(text);
        let good = error(r#"{"extendedCode":1,"code":"SQLITE_ERROR","message":"near \"x\"","offset":3}"#)?;
        assert_eq!(good.to_string(), "SQLITE_ERROR: near \"x\" [offset 3]");
        assert_eq!(good.flaw(), None);
        assert!(error(r#"{"extendedCode":2067,"code":"SQLITE_ERROR","message":""}"#)?.flaw().is_some());
        assert!(error(r#"{"extendedCode":2067,"extendedName":"SQLITE_CONSTRAINT","message":""}"#)?.flaw().is_some());
        let named = r#"{"extendedCode":1,"message":"trapped: extension `x`","reason":"trapped","extension":"x","function":"f"}"#;
        assert!(error(named)?.flaw().is_some());
        Ok(())
    }
}
