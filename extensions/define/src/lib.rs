//! SQLink extension `define`: functions and table-valued functions that are written in SQL.
//!
//! Functions are kept in `state`, out of reach of SQL, and run by `call`; table-valued functions are virtual tables, kept in the
//! schema. Neither is kept in the instance: another instance or another connection may change them between two calls.
//!
//! Source: the API is that of sqlean's `define`, as far as a manifest that is fixed allows it
#![forbid(unsafe_code)]

mod definition;
mod parameters;
mod table;

use sqlink_guest::prelude::*;

use crate::definition::Definition;
use crate::parameters::parameters;
use crate::table::Define;

/// Defines a function.
#[scalar(direct_only)]
fn define(name: &str, body: &str) -> Result<(), Error> {
    let definition = Definition::new(name, body).map_err(|error| in_function("define", error))?;
    definition.keep().map_err(|error| in_function("define", error))
}

/// Removes a function; false if it was not there.
#[scalar(direct_only)]
fn undefine(name: &str) -> Result<bool, Error> {
    Definition::forget(name).map_err(|error| in_function("undefine", error))
}

/// Calls a function. For the application's own SQL alone, as its body can use all that the application can.
#[scalar(direct_only, name = "call")]
fn call_defined(name: &str, args: Args<'_>) -> Result<Option<Value>, Error> {
    let result = match Definition::find(name) {
        Ok(Some(definition)) => definition.call(args),
        Ok(None) => Err(Error::from(format!("there is no function `{name}`: make it with define('{name}', …)"))),
        Err(error) => Err(error),
    };
    result.map_err(|error| in_function("call", error))
}

/// The functions that are defined.
#[table_function(columns(name TEXT, parameters TEXT, body TEXT))]
fn definitions() -> Result<impl Iterator<Item = Result<(String, String, String), Error>>, Error> {
    let rows = Definition::all()?;
    Ok(rows.map(|definition| {
        let Definition { name, body } = definition?;
        Ok((name, parameters(&body).join(", "), body))
    }))
}

/// SQLITE_INTERRUPT: the application or its time limit ended the statement.
const INTERRUPT: i32 = 9;

/// Whether an error needs no more words: the host's own name the function already, and so do those of an inner call. An interrupt
/// is no error of the function.
fn is_explained(function: &str, error: &Error) -> bool {
    error.code() == INTERRUPT || error.message().contains(&["function `", function, "`"].concat())
}

/// An error that names the function.
fn in_function(function: &str, error: Error) -> Error {
    if is_explained(function, &error) {
        return error;
    }
    Error::new(error.code(), ["function `", function, "`: ", error.message()].concat())
}

extension! {
    name: "define",
    description: "Functions and table-valued functions written in SQL.",
    functions: [define, undefine, call_defined],
    tables: [Define, definitions],
    nesting: fresh_instance,
    required: {
        "spi.read": "it runs the SQL that functions are written in",
        "state": "it keeps the functions",
    },
}

#[cfg(test)]
mod tests;
