//! Test guest `kinds`: one of everything that an extension can be, and every import, written with the SDK. Its counterpart `kit`
//! does without the SDK.
//!
//! | what | where | |
//! |---|---|---|
//! | calls that it got | `kinds_log()` | those of hooks, tables and lifecycle, `; ` between them, and forgets them |
//! | aggregate | `kinds_args(…)` | number of values that are not NULL, of any number of arguments; 0 without rows |
//! | window function | `kinds_join(text, separator = ',')` | the texts; NULL without rows |
//! | collation | `kinds_length` | short before long, then by bytes |
//! | table function | `kinds_repeat(text, times = 2)` | `part`, `place`; a negative `times` fails, 13 fails after 13 rows |
//! | eponymous table | `kinds_settings` | `key`, `value` of `config`, read-only |
//! | created table | `USING kinds_notes(tag)` | `text`, `weight`, in the ordinary table `NAME_data`, a `tag` added to what is read; writable, transactions, savepoints, rename, integrity (a NULL text is wrong) |
//! | hooks | `kinds_hooks(setting)` | logs with the setting `log`; `deny TABLE`, `fail update`, `fail preupdate`, `veto` and `off` |
//! | lifecycle | | `on-load` fails with the setting `refuse`; `on-unload` leaves the state `unloaded` |
//! | nesting | `kinds_eval(expression)` | may use itself |
//!
//! Functions of the imports: see `imports.rs`.
#![forbid(unsafe_code)]

mod hooked;
mod imports;
mod tables;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::VecDeque;

use hooked::{Guard, kinds_hooks, load, unload};
use imports::{
    kinds_batch, kinds_cache, kinds_cache_set, kinds_changes, kinds_clock, kinds_config, kinds_eval, kinds_files,
    kinds_forget, kinds_keys, kinds_lines, kinds_mark, kinds_read, kinds_rowid, kinds_rows, kinds_state,
    kinds_state_keys, kinds_state_set, kinds_subtype, kinds_write,
};
use sqlink_guest::prelude::*;
use tables::{Notes, Settings, kinds_repeat};

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a call.
fn note(call: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(call.into()));
}

/// The calls since it was asked last.
#[scalar]
fn kinds_log() -> String {
    LOG.take().join("; ")
}

/// Values that are not NULL.
#[derive(Default)]
struct KindsArgs(i64);

#[aggregate(deterministic, innocuous)]
impl KindsArgs {
    fn step(&mut self, args: Args<'_>) -> Result<(), Error> {
        self.0 += i64::try_from(args.iter().filter(|value| !value.is_null()).count())?;
        Ok(())
    }

    fn finish(self) -> i64 {
        self.0
    }
}

/// Texts of a group or a window.
#[derive(Default)]
struct KindsJoin {
    texts: VecDeque<String>,
    separator: String,
}

#[aggregate(deterministic, innocuous)]
impl KindsJoin {
    fn step(&mut self, text: &str, #[default(",")] separator: &str) -> Result<(), Error> {
        if text == "fail" {
            return Err(Error::new(Error::CONSTRAINT, "function `kinds_join`: the text is `fail`"));
        }
        self.texts.push_back(text.to_owned());
        separator.clone_into(&mut self.separator);
        Ok(())
    }

    fn inverse(&mut self, text: &str, _separator: &str) -> Result<(), Error> {
        match self.texts.pop_front() {
            Some(first) if first == text => Ok(()),
            other => Err(Error::from(format!("`{text}` is taken back, and not `{}`", other.unwrap_or_default()))),
        }
    }

    fn current(&self) -> Option<String> {
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        (!texts.is_empty()).then(|| texts.join(&self.separator))
    }
}

/// Short before long, then by bytes.
#[collation]
fn kinds_length(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

extension! {
    name: "kinds",
    description: "One of everything.",
    functions: [
        kinds_batch, kinds_cache, kinds_cache_set, kinds_changes, kinds_clock, kinds_config, kinds_eval, kinds_files,
        kinds_forget, kinds_hooks, kinds_keys, kinds_lines, kinds_log, kinds_mark, kinds_read, kinds_rowid, kinds_rows,
        kinds_state, kinds_state_keys, kinds_state_set, kinds_subtype, kinds_write,
    ],
    aggregates: [KindsArgs, KindsJoin],
    collations: [kinds_length],
    tables: [kinds_repeat, Settings, Notes],
    hooks: Guard,
    on_load: load,
    on_unload: unload,
    nesting: fresh_instance,
    optional: {
        "cache": "kinds_cache",
        "clock": "kinds_clock",
        "files.read": "kinds_files, kinds_read and kinds_lines",
        "files.write": "kinds_write",
        "spi.read": "kinds_eval, kinds_rows, and tables of kinds_notes",
        "spi.write": "kinds_batch, and tables of kinds_notes",
        "state": "kinds_state, and what on-unload leaves",
    },
}

#[cfg(test)]
mod tests;
