//! JSON Schema: drafts 4, 6, 7, 2019-09 and 2020-12.
//!
//! A schema is compiled to a graph of nodes ([`compile`]), which are applied to a document ([`check`]). Nothing is ever loaded:
//! a reference leads to another place in the schema, or the schema is refused.
//!
//! Source: <https://json-schema.org/specification>

mod check;
mod compile;
mod index;
mod keyword;
mod number;
mod pattern;
mod report;
mod unique;
mod uri;

use std::rc::Rc;

use serde_json::Value as Json;
use sqlink_guest::{Error, LruCache};

use self::check::Check;
use self::compile::Graph;
pub use self::report::Failure;
use crate::document::{not_a, parse};

/// The longest schema, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The most failures that are reported: a long document may have one per value.
const MAX_FAILURES: usize = 1000;

/// How many compiled schemas are kept.
const CAPACITY: usize = 8;

thread_local! {
    static SCHEMAS: LruCache<Rc<Schema>, CAPACITY> = const { LruCache::new() };
}

/// A compiled schema.
pub struct Schema(Graph);

/// What is wrong with a schema, in words.
struct Problem(String);

impl Problem {
    /// * `location` - JSON Pointer from the schema's root
    #[cold]
    fn at(location: &str, reason: &str) -> Self {
        Self(["at `", location, "`: ", reason].concat())
    }
}

/// The compiled schema of `text`, which is argument `number` of `function`.
///
/// # Errors
/// Text that is no JSON or no JSON Schema or too long, and a schema that refers to another document.
pub fn compile(function: &str, number: u32, text: &str) -> Result<Rc<Schema>, Error> {
    SCHEMAS.with(|schemas| {
        schemas.try_get_or_insert(text, |text| {
            if text.len() > MAX_BYTES {
                let message = ["function `", function, "`: the schema in argument ", &number.to_string()];
                let message = [&*message.concat(), " is over 1048576 bytes long"].concat();
                return Err(Error::new(Error::TOOBIG, message));
            }
            let json = parse(function, number, text)?;
            let graph = compile::compile(&json);
            graph.map(Schema).map(Rc::new).map_err(|problem| not_a(function, number, "a JSON Schema", &problem.0))
        })
    })
}

impl Schema {
    /// Whether `json` is valid.
    ///
    /// # Errors
    /// A schema that applies to itself without end, or takes too long.
    pub fn is_valid(&self, function: &str, json: &Json) -> Result<bool, Error> {
        self.run(function, json, 0).map(|(valid, _)| valid)
    }

    /// What is wrong with `json`: at most [`MAX_FAILURES`] things.
    ///
    /// # Errors
    /// As [`is_valid`](Self::is_valid).
    pub fn failures(&self, function: &str, json: &Json) -> Result<Vec<Failure>, Error> {
        self.run(function, json, MAX_FAILURES).map(|(_, failures)| failures)
    }

    fn run(&self, function: &str, json: &Json, limit: usize) -> Result<(bool, Vec<Failure>), Error> {
        Check::new(&self.0, limit)
            .run(json)
            .map_err(|endless| Error::new(Error::TOOBIG, ["function `", function, "`: ", endless.reason()].concat()))
    }
}

#[cfg(test)]
mod tests;
