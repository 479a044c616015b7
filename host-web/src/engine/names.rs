//! Who has registered what on a connection: functions, collations and modules.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::rc::{Rc, Weak};

use crate::engine::calls::Callee;
use crate::engine::connection::Connection;
use crate::engine::error::Result;
use crate::engine::extension::Extension;
use crate::engine::function::Registered;
use crate::engine::manifest::{FunctionFlags, Manifest, describe_function, printable};
use crate::engine::sqlite::{Script, Stepped};
use crate::engine::value::{Collected, RowSink as _, Value};

/// What can be registered once only: a kind, and a name in ASCII lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A function or an aggregate, with its number of arguments.
    Function(String, i32),
    Collation(String),
    Module(String),
}

impl Key {
    pub(crate) fn function(name: &str, arg_count: i32) -> Self {
        Self::Function(name.to_ascii_lowercase(), arg_count)
    }

    /// The key of a part of an extension, and its name as written; none for what has no name of its own.
    pub(crate) fn of(manifest: &Manifest, callee: Callee) -> Option<(Self, &str)> {
        Some(match callee {
            Callee::Function(index) => {
                let item = manifest.functions.get(index)?;
                (Self::function(&item.name, item.arg_count), &item.name)
            }
            Callee::Aggregate(index) => {
                let item = manifest.aggregates.get(index)?;
                (Self::function(&item.name, item.arg_count), &item.name)
            }
            Callee::Collation(index) => {
                let name = &manifest.collations.get(index)?.name;
                (Self::Collation(name.to_ascii_lowercase()), name)
            }
            Callee::Module(index) => {
                let name = &manifest.modules.get(index)?.name;
                (Self::Module(name.to_ascii_lowercase()), name)
            }
            Callee::Hook(_) | Callee::OnLoad | Callee::OnUnload => return None,
        })
    }

    /// Writes it as people name it, with the name as written.
    pub(crate) fn describe(&self, name: &str) -> String {
        match self {
            Self::Function(_, arg_count) => format!("function {}", describe_function(name, *arg_count)),
            Self::Collation(_) => format!("collation `{}`", printable(name)),
            Self::Module(_) => format!("module `{}`", printable(name)),
        }
    }
}

/// Something that is registered, with what it takes to register it again.
#[derive(Clone)]
pub(crate) enum Registration {
    /// A function of the embedder.
    Application { function: Weak<Registered>, flags: FunctionFlags },
    /// A part of an extension.
    Extension { extension: Rc<Extension>, callee: Callee },
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application { .. } => f.write_str("the application"),
            Self::Extension { extension, .. } => write!(f, "extension `{}`", extension.name),
        }
    }
}

/// Everything on a connection that is not SQLite's own.
#[derive(Default)]
pub(crate) struct Names {
    registered: HashMap<Key, Registration>,
    /// Numbers of arguments with which functions were registered and removed again, by their names in ASCII lower case.
    removed: HashMap<String, BTreeSet<i32>>,
}

impl Names {
    pub(crate) fn get(&self, key: &Key) -> Option<&Registration> {
        self.registered.get(key)
    }

    /// Enters a registration, and returns the one it has replaced.
    pub(crate) fn set(&mut self, key: Key, registration: Registration) -> Option<Registration> {
        if let Key::Function(name, arg_count) = &key
            && let Some(removed) = self.removed.get_mut(name)
        {
            removed.remove(arg_count);
        }
        self.registered.insert(key, registration)
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<Registration> {
        if let Key::Function(name, arg_count) = key {
            self.removed.entry(name.clone()).or_default().insert(*arg_count);
        }
        self.registered.remove(key)
    }

    /// Whether an extension has registered it, and nobody has replaced it since.
    pub(crate) fn belongs_to(&self, key: &Key, id: u32) -> bool {
        matches!(self.get(key), Some(Registration::Extension { extension, .. }) if extension.id == id)
    }

    /// Who would lose calls if this were registered: who has registered the same, or a function that takes any number of
    /// arguments.
    pub(crate) fn owner(&self, key: &Key) -> Option<&Registration> {
        let variadic = || match key {
            Key::Function(name, _) => self.get(&Key::Function(name.clone(), ANY)),
            Key::Collation(_) | Key::Module(_) => None,
        };
        self.get(key).or_else(variadic)
    }

    /// The fixed numbers of arguments with which a function was removed.
    pub(crate) fn removed_counts(&self, name: &str) -> Vec<i32> {
        let removed = self.removed.get(&name.to_ascii_lowercase());
        removed.into_iter().flatten().copied().filter(|count| *count != ANY).collect()
    }
}

/// The number of arguments of a function that takes any number.
pub(crate) const ANY: i32 = -1;

/// SQLite's own collations.
const COLLATIONS: [&str; 3] = ["binary", "nocase", "rtrim"];
/// SQLite's own modules that it registers only when they are used.
const LATE_MODULES: [&str; 4] = ["json_each", "json_tree", "jsonb_each", "jsonb_tree"];
/// How the names of SQLite's modules for PRAGMAs begin; these too are there only once they are used.
const PRAGMA_MODULES: &str = "pragma_";

thread_local! {
    /// The numbers of arguments of SQLite's own functions, which are the same on every connection, by name. SQLite writes
    /// -3 for one or more, and -4 for two or more.
    static FUNCTIONS: OnceCell<HashMap<String, Vec<i32>>> = const { OnceCell::new() };
}

/// Whether something is SQLite's own, or would take calls from what is. Extensions must not do that unasked: indexes, views and
/// other extensions rely on what it does. The function `match` is left out, because it is there to be replaced.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn is_builtin(connection: &Connection, key: &Key) -> Result<bool> {
    match key {
        Key::Function(name, arg_count) => is_builtin_function(connection, name, *arg_count),
        Key::Collation(name) => Ok(COLLATIONS.contains(&name.as_str())),
        Key::Module(name) => {
            if LATE_MODULES.contains(&name.as_str()) || name.starts_with(PRAGMA_MODULES) {
                return Ok(true);
            }
            // The connection knows of all that are not built in.
            let rows = pragma(connection, "PRAGMA module_list")?;
            let is =
                |row: &Vec<Value>| matches!(row.first(), Some(Value::Text(item)) if item.eq_ignore_ascii_case(name));
            Ok(rows.iter().any(is) && connection.names.borrow().get(key).is_none())
        }
    }
}

fn is_builtin_function(connection: &Connection, name: &str, arg_count: i32) -> Result<bool> {
    let found = |known: &HashMap<String, Vec<i32>>| {
        known.get(name).is_some_and(|counts| counts.iter().any(|builtin| meet(*builtin, arg_count)))
    };
    if let Some(found) = FUNCTIONS.with(|functions| functions.get().map(found)) {
        return Ok(found);
    }
    // name, builtin, type, enc, narg, flags
    let rows = pragma(connection, "PRAGMA function_list")?;
    let names = connection.names.borrow();
    let mut known = HashMap::<_, Vec<_>>::new();
    for row in rows {
        if let [Value::Text(name), Value::Integer(builtin), _, _, Value::Integer(arg_count), ..] = row.as_slice() {
            let arg_count = i32::try_from(*arg_count).unwrap_or(ANY);
            // Those of FTS5 and its like are registered on each connection, as if by an application.
            if name != "match" && (*builtin == 1 || names.get(&Key::function(name, arg_count)).is_none()) {
                known.entry(name.to_ascii_lowercase()).or_default().push(arg_count);
            }
        }
    }
    Ok(FUNCTIONS.with(|functions| found(functions.get_or_init(|| known))))
}

/// Whether a function of an extension takes calls from one of SQLite's with the same name. One that takes any number of
/// arguments takes all: SQLite looks at its own only when it finds no other.
fn meet(builtin: i32, own: i32) -> bool {
    match builtin {
        _ if own == ANY => true,
        ANY => true,
        0.. => own == builtin,
        // SQLite's numbers for "at least".
        _ => own >= -2 - builtin,
    }
}

fn pragma(connection: &Connection, sql: &str) -> Result<Vec<Vec<Value>>> {
    connection.core.internally(|| {
        let mut rows = Collected::default();
        if let Some(statement) = connection.compile(&Script::new(sql)?, 0, false)?.statement {
            let _running = connection.enter();
            while let Stepped::Row = statement.step().map_err(|code| connection.error(code, 0))? {
                statement.row(&mut rows).map_err(|code| connection.error(code, 0))?;
                rows.end_row();
            }
        }
        Ok(rows.rows)
    })
}
