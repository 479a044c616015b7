//! SQLink extension `guard`: rules for what the statements of a connection may do, set by the embedder and out of reach of SQL.
//!
//! The rules are settings (`config`), read when the extension is loaded. The authorizer keeps those on tables, columns, functions and
//! actions; the commit hook keeps the limit on changed rows. A rule that can't be read refuses the load, and denies
//! everything should it ever come to that later.
//!
//! Source: <https://sqlite.org/c3ref/set_authorizer.html> · <https://sqlite.org/c3ref/commit_hook.html>
#![forbid(unsafe_code)]

mod rules;

use std::cell::{Cell, OnceCell};

use sqlink_guest::hooks::{Request, RowChange, Verdict};
use sqlink_guest::prelude::*;

use rules::Rules;

thread_local! {
    static RULES: OnceCell<Rules> = const { OnceCell::new() };
    /// Rows that the running transaction has changed.
    static CHANGED: Cell<u64> = const { Cell::new(0) };
}

/// The rules, which are read once per instance.
fn with_rules<T>(run: impl FnOnce(&Rules) -> T) -> Result<T, Error> {
    RULES.with(|kept| {
        if let Some(rules) = kept.get() {
            return Ok(run(rules));
        }
        let settings = config::keys().into_iter().map(|key| {
            let value = config::get(&key).unwrap_or_default();
            (key, value)
        });
        let rules = Rules::read(settings)?;
        Ok(run(kept.get_or_init(|| rules)))
    })
}

/// The rules in force, one per row.
#[table_function(columns(rule TEXT, name TEXT), innocuous)]
fn guard_rules() -> Result<Vec<(&'static str, String)>, Error> {
    with_rules(Rules::list)
}

struct Guard;

#[hooks]
impl Hooks for Guard {
    fn authorize(request: &Request<'_>) -> Result<Verdict, Error> {
        with_rules(|rules| rules.decide(request))
    }

    // Not `update`: SQLite does not call that for every row.
    fn preupdate(_: &RowChange<'_>) -> Result<(), Error> {
        CHANGED.set(CHANGED.get().saturating_add(1));
        Ok(())
    }

    fn commit() -> Result<bool, Error> {
        let changed = CHANGED.take();
        with_rules(|rules| rules.check_changes(changed))??;
        Ok(true)
    }

    fn rollback() {
        CHANGED.set(0);
    }
}

fn load() -> Result<(), Error> {
    with_rules(|_| ())
}

extension! {
    name: "guard",
    description: "Rules for what statements may do: read-only tables, hidden columns, denied functions and actions.",
    tables: [guard_rules],
    hooks: Guard,
    on_load: load,
}

#[cfg(test)]
mod tests;
