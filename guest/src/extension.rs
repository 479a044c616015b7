//! What an extension is to the host: a manifest, and what it lists by id.

use crate::aggregate::AggregateFunction;
use crate::collation::CollatingSequence;
use crate::hooks::{Called, Hooks};
use crate::manifest::{self, Aggregate, Capability, Collation, Function, Manifest, Nesting};
use crate::vtab::Module;
use crate::{Error, scalar};

/// What the component exports. [`extension!`](crate::extension!) implements it. The id of a function, aggregate,
/// collation or module is its place in its list.
pub trait Extension: 'static {
    /// The extension's name.
    const NAME: &'static str;
    /// Its version.
    const VERSION: &'static str;
    /// What it is, in a sentence.
    const DESCRIPTION: &'static str;
    /// Scalar functions.
    const FUNCTIONS: &'static [scalar::Function] = &[];
    /// Aggregate and window functions.
    const AGGREGATES: &'static [AggregateFunction] = &[];
    /// Collating sequences.
    const COLLATIONS: &'static [CollatingSequence] = &[];
    /// Virtual tables and table-valued functions.
    const MODULES: &'static [Module] = &[];
    /// The hooks, `()` for none.
    type Hooks: Hooks;
    /// Which of them are called.
    const CALLED: Called = Called::NONE;
    /// Whether nested scalar calls run in a further instance.
    const FRESH_INSTANCE: bool = false;
    /// Capabilities without which the load fails, with a reason each.
    const REQUIRED: &'static [(&'static str, &'static str)] = &[];
    /// Capabilities without which the calls that need them fail, with a reason each.
    const OPTIONAL: &'static [(&'static str, &'static str)] = &[];

    /// The extension was loaded.
    ///
    /// # Errors
    /// The extension's own: it is not loaded.
    fn on_load() -> Result<(), Error> {
        Ok(())
    }

    /// The extension is about to be unloaded.
    ///
    /// # Errors
    /// The extension's own: it is logged.
    fn on_unload() -> Result<(), Error> {
        Ok(())
    }
}

/// The lists of an extension's parts as one table: `N` is the length of all together.
#[must_use]
pub const fn concat<T: Copy, const N: usize>(parts: &[&[T]]) -> [T; N] {
    let mut first = 0;
    while parts[first].is_empty() {
        first += 1;
    }
    let mut all = [parts[first][0]; N];
    let (mut part, mut next) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    all
}

/// How many there are together.
#[must_use]
pub const fn count<T>(parts: &[&[T]]) -> usize {
    let (mut count, mut part) = (0, 0);
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// Fails the build when SQLite could not tell two registrations apart.
pub const fn assert_unique<T: Extension>() {
    const fn signature<T: Extension>(index: usize) -> (&'static str, i32) {
        let functions = T::FUNCTIONS;
        if index < functions.len() {
            (functions[index].name(), functions[index].arg_count())
        } else {
            let aggregate = &T::AGGREGATES[index - functions.len()];
            (aggregate.name(), aggregate.arg_count())
        }
    }
    let mut a = 0;
    while a < T::FUNCTIONS.len() + T::AGGREGATES.len() {
        let (name, arg_count) = signature::<T>(a);
        let mut b = 0;
        while b < a {
            let (other, other_count) = signature::<T>(b);
            assert!(
                arg_count != other_count || !name.eq_ignore_ascii_case(other),
                "two functions have the same SQL name and number of arguments"
            );
            b += 1;
        }
        a += 1;
    }
    let mut a = 0;
    while a < T::COLLATIONS.len() {
        let mut b = 0;
        while b < a {
            assert!(
                !T::COLLATIONS[a].name().eq_ignore_ascii_case(T::COLLATIONS[b].name()),
                "two collations have the same SQL name"
            );
            b += 1;
        }
        a += 1;
    }
    let mut a = 0;
    while a < T::MODULES.len() {
        let mut b = 0;
        while b < a {
            assert!(
                !T::MODULES[a].name().eq_ignore_ascii_case(T::MODULES[b].name()),
                "two tables have the same SQL name"
            );
            b += 1;
        }
        a += 1;
    }
}

/// The manifest.
#[must_use]
#[inline]
pub fn describe<T: Extension>() -> Manifest {
    Manifest {
        name: T::NAME.to_owned(),
        version: T::VERSION.to_owned(),
        description: T::DESCRIPTION.to_owned(),
        functions: if const { T::FUNCTIONS.is_empty() } {
            Vec::new()
        } else {
            numbered(T::FUNCTIONS, |id, function| Function {
                id,
                name: function.name().to_owned(),
                arg_count: function.arg_count(),
                flags: function.flags().bits(),
            })
        },
        // `const`: what an extension does not have costs it nothing.
        aggregates: if const { T::AGGREGATES.is_empty() } {
            Vec::new()
        } else {
            numbered(T::AGGREGATES, |id, aggregate| Aggregate {
                id,
                name: aggregate.name().to_owned(),
                arg_count: aggregate.arg_count(),
                flags: aggregate.flags().bits(),
                window: aggregate.window(),
            })
        },
        collations: if const { T::COLLATIONS.is_empty() } {
            Vec::new()
        } else {
            numbered(T::COLLATIONS, |id, collation| Collation { id, name: collation.name().to_owned() })
        },
        modules: if const { T::MODULES.is_empty() } {
            Vec::new()
        } else {
            numbered(T::MODULES, |id, module| manifest::Module {
                id,
                name: module.name().to_owned(),
                flags: module.flags().bits(),
                shadow_names: module.shadow_names().iter().map(|name| (*name).to_owned()).collect(),
            })
        },
        hooks: T::CALLED.bits(),
        required: capabilities(T::REQUIRED),
        optional: capabilities(T::OPTIONAL),
        nesting: if T::FRESH_INSTANCE { Nesting::FreshInstance } else { Nesting::Refuse },
        http: None,
    }
}

/// What the manifest says of each, by its place.
fn numbered<T, M>(list: &[T], entry: impl Fn(u32, &T) -> M) -> Vec<M> {
    (0..).zip(list).map(|(id, item)| entry(id, item)).collect()
}

fn capabilities(list: &[(&str, &str)]) -> Vec<Capability> {
    list.iter().map(|(name, reason)| Capability { name: (*name).to_owned(), reason: (*reason).to_owned() }).collect()
}

/// The answer to an id that is not in the manifest.
#[cold]
pub(crate) fn unknown(kind: &str) -> Error {
    Error::new(Error::MISUSE, ["the host asked for a ", kind, " that the extension does not have"].concat())
}
