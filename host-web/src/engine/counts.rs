//! Functions that were removed, and those of the same name that take any number of arguments.
//!
//! SQLite does not forget a function: one that is removed stays as a mark that there is none, and hides one that takes any
//! number of arguments from calls with its own number. So the latter is registered for that number too.

use crate::engine::calls::Callee;
use crate::engine::connection::Connection;
use crate::engine::error::{BUSY, Result};
use crate::engine::names::{ANY, Key, Registration};
use crate::engine::{aggregate, function};

/// Whether [`registered`] and [`removed`] can do their work now.
///
/// # Errors
///
/// The result code `SQLITE_BUSY` while a statement is running.
pub(crate) fn may_change(connection: &Connection, key: &Key) -> Result<(), i32> {
    let Key::Function(name, arg_count) = key else { return Ok(()) };
    let names = connection.names.borrow();
    let affects_others = match *arg_count {
        ANY => !names.removed_counts(name).is_empty(),
        _ => names.get(&Key::Function(name.clone(), ANY)).is_some(),
    };
    if affects_others && connection.database.has_running_statement() { Err(BUSY) } else { Ok(()) }
}

/// Sees to it that a function that takes any number of arguments, and was just registered, gets all calls.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn registered(connection: &Connection, key: &Key) -> Result<()> {
    let Key::Function(name, ANY) = key else { return Ok(()) };
    let counts = connection.names.borrow().removed_counts(name);
    counts.into_iter().try_for_each(|count| stand_in(connection, name, count))
}

/// Sees to it that calls of a function that was just removed go to one that takes any number of arguments; or that they go
/// nowhere, if that is what was removed.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn removed(connection: &Connection, key: &Key) -> Result<()> {
    let Key::Function(name, arg_count) = key else { return Ok(()) };
    if *arg_count != ANY {
        return stand_in(connection, name, *arg_count);
    }
    let counts = connection.names.borrow().removed_counts(name);
    counts.into_iter().try_for_each(|count| function::unregister(connection, name, count))
}

/// Registers what takes any number of arguments for this number; nothing if there is none.
fn stand_in(connection: &Connection, name: &str, arg_count: i32) -> Result<()> {
    let variadic = connection.names.borrow().get(&Key::Function(name.to_owned(), ANY)).cloned();
    match variadic {
        Some(Registration::Extension { extension, callee: Callee::Function(index) }) => {
            function::register_for(connection, &extension, index, arg_count)
        }
        Some(Registration::Extension { extension, callee: Callee::Aggregate(index) }) => {
            aggregate::register_for(connection, &extension, index, arg_count)
        }
        Some(Registration::Application { function, flags }) => match function.upgrade() {
            Some(function) => function::restore(connection, name, arg_count, flags, function),
            None => Ok(()),
        },
        Some(Registration::Extension { .. }) | None => Ok(()),
    }
}
