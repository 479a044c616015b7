//! Collating sequences.
//!
//! SQLite has no way for a comparison to fail. When one does, the engine fails the statements that run and rolls their
//! transaction back, so that no index is left in a wrong order; until they stop, all texts are equal.
//!
//! A collation must be an order, and SQLite does not check: an index in no order finds nothing again. So some comparisons of
//! each statement are checked against others.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::engine::calls::Callee;
use crate::engine::connection::{Connection, Core};
use crate::engine::error::{Error, Reason, Result};
use crate::engine::extension::Extension;
use crate::engine::function::c_name;
use crate::engine::manifest::printable;
use crate::engine::platform::Platform;
use crate::front::PLATFORM;

/// Comparisons of each statement that are all checked: a check of every kind, twice.
const CHECKED_FIRST: u32 = 6;
/// Of the comparisons after these, one in so many is checked, at one or two more calls.
const CHECKED_LATER: u32 = 64;
/// How many texts are remembered for checks.
const REMEMBERED: usize = 4;
/// Longest text that is remembered, in bytes.
const MOST_REMEMBERED: usize = 1024;

/// What a registered collation's trampoline gets as user data. SQLite owns it.
pub(crate) struct Collation {
    core: Rc<Core>,
    extension: Rc<Extension>,
    /// The extension's number for it.
    id: u32,
    /// Its place in the manifest.
    index: usize,
    /// The run of a statement that compares.
    run: Cell<u32>,
    /// Comparisons of that run.
    compared: Cell<u32>,
    /// Checks of that run, which choose the kind of the next.
    checked: Cell<u32>,
    /// Texts that were compared before, the oldest first.
    remembered: RefCell<VecDeque<String>>,
}

/// Registers the collation at `index` of an extension's manifest, replacing what has its name.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn register(connection: &Connection, extension: &Rc<Extension>, index: usize) -> Result<()> {
    let Some(item) = extension.manifest.collations.get(index) else { return Ok(()) };
    let collation = Rc::new(Collation {
        core: Rc::clone(&connection.core),
        extension: Rc::clone(extension),
        id: item.id,
        index,
        run: Cell::new(0),
        compared: Cell::new(0),
        checked: Cell::new(0),
        remembered: RefCell::default(),
    });
    let _running = connection.enter();
    connection.database.create_collation(&c_name(&item.name)?, collation).map_err(|code| connection.error(code, 0))
}

/// Removes a collation.
///
/// # Errors
///
/// SQLite's.
pub(crate) fn unregister(connection: &Connection, name: &str) -> Result<()> {
    let _running = connection.enter();
    connection.database.remove_collation(&c_name(name)?).map_err(|code| connection.error(code, 0))
}

/// Compares two texts. A failure makes them equal, and the statement fail.
#[inline]
pub(crate) fn compare(collation: &Collation, left: &[u8], right: &[u8]) -> Ordering {
    let core = &*collation.core;
    if core.is_failing() {
        return Ordering::Equal;
    }
    match collation.compare(left, right) {
        Ok(ordering) => ordering,
        Err(error) => {
            core.fail_statement(error);
            Ordering::Equal
        }
    }
}

impl Collation {
    #[inline]
    fn compare(&self, left: &[u8], right: &[u8]) -> Result<Ordering> {
        let left = self.text(left)?;
        let right = self.text(right)?;
        if !self.is_to_be_checked() {
            // Equal texts are equal in every order.
            return if left == right { Ok(Ordering::Equal) } else { self.ask(left, right) };
        }
        let ordering = self.ask(left, right)?;
        self.check(left, right, ordering)?;
        Ok(ordering)
    }

    /// The contract promises extensions valid UTF-8.
    #[inline]
    fn text<'a>(&self, bytes: &'a [u8]) -> Result<&'a str> {
        std::str::from_utf8(bytes).map_err(|error| {
            let detail = format!("it was to compare a text that is not valid UTF-8 at byte {}", error.valid_up_to());
            self.failure(Reason::InvalidText, &detail)
        })
    }

    /// Calls the extension.
    #[inline]
    fn ask(&self, left: &str, right: &str) -> Result<Ordering> {
        let (core, extension) = (&*self.core, &*self.extension);
        let call = extension.enter(core, self.callee())?;
        core.forbid_sql("a collation", || PLATFORM.compare(extension.id, self.id, left, right))
            .map(|order| order.cmp(&0))
            .map_err(|error| call.failed(error))
    }

    fn callee(&self) -> Callee {
        Callee::Collation(self.index)
    }

    #[cold]
    fn failure(&self, reason: Reason, detail: &str) -> Error {
        self.extension.failure(reason, self.callee(), detail)
    }

    /// Counts a comparison, and says whether it is one to check.
    #[inline]
    fn is_to_be_checked(&self) -> bool {
        let run = self.core.run();
        if self.run.replace(run) != run {
            self.compared.set(0);
            self.checked.set(0);
        }
        let compared = self.compared.get();
        self.compared.set(compared.wrapping_add(1));
        compared < CHECKED_FIRST || compared.is_multiple_of(CHECKED_LATER)
    }

    /// Checks that `ordering` fits other comparisons.
    #[cold]
    fn check(&self, left: &str, right: &str, ordering: Ordering) -> Result<()> {
        let checked = self.checked.get();
        self.checked.set(checked.wrapping_add(1));
        match checked % 3 {
            0 => {
                let reverse = self.ask(right, left)?;
                if reverse != ordering.reverse() {
                    let (claim, contrary) = (relation(left, ordering, right), relation(right, reverse, left));
                    return Err(self.no_order(&format!("{claim}, but {contrary}")));
                }
            }
            1 => {
                let own = self.ask(left, left)?;
                if own != Ordering::Equal {
                    return Err(self.no_order(&relation(left, own, left)));
                }
            }
            _ => self.check_with_remembered(left, right, ordering)?,
        }
        self.remember(left);
        self.remember(right);
        Ok(())
    }

    fn remember(&self, text: &str) {
        let mut remembered = self.remembered.borrow_mut();
        if text.len() > MOST_REMEMBERED || remembered.iter().any(|other| other == text) {
            return;
        }
        if remembered.len() == REMEMBERED {
            remembered.pop_front();
        }
        remembered.push_back(text.to_owned());
    }

    /// Checks `ordering` against how both texts compare with one of before.
    fn check_with_remembered(&self, left: &str, right: &str, ordering: Ordering) -> Result<()> {
        let other = |text: &&String| *text != left && *text != right;
        let Some(between) = self.remembered.borrow().iter().find(other).cloned() else { return Ok(()) };
        let first = self.ask(left, &between)?;
        let second = self.ask(&between, right)?;
        let implied = match (first, second) {
            (Ordering::Equal, other) | (other, Ordering::Equal) => other,
            (first, second) if first == second => first,
            _ => return Ok(()),
        };
        if ordering == implied {
            return Ok(());
        }
        let relations =
            [relation(left, first, &between), relation(&between, second, right), relation(left, ordering, right)];
        Err(self.no_order(&format!("{} and {}, but {}", relations[0], relations[1], relations[2])))
    }

    fn no_order(&self, detail: &str) -> Error {
        self.failure(Reason::InvalidResult, &format!("it is not an order: {detail}"))
    }
}

/// Says how two texts compare.
fn relation(left: &str, ordering: Ordering, right: &str) -> String {
    let verb = match ordering {
        Ordering::Less => "sorts before",
        Ordering::Equal => "equals",
        Ordering::Greater => "sorts after",
    };
    format!("`{}` {verb} `{}`", printable(left), printable(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::manifest::{self, Manifest};
    use crate::engine::{Collected, LoadOptions, OpenOptions, close, load_extension, open, prepare, step_rows};
    use crate::native;

    #[test]
    fn a_collation_that_sqlite_refuses_is_given_up() -> Result<()> {
        let handle = open(&OpenOptions::memory())?;
        let item = manifest::Collation { id: 0, name: "c".into() };
        let manifest =
            Manifest { name: "demo".into(), version: "1.0.0".into(), collations: vec![item], ..Manifest::default() };
        native::add_extension(1, manifest, |_, _, _| Ok(()));
        load_extension(handle, 1, "", LoadOptions::default())?;
        let statement = prepare(handle, "VALUES (1), (2)", false)?.statement;
        step_rows(statement, &mut Collected::up_to(1))?;
        {
            let connection = Connection::get(handle)?;
            let collation = Rc::new(Collation {
                core: Rc::clone(&connection.core),
                extension: Extension::get(1).ok_or_else(|| Error::misuse("not loaded"))?,
                id: 0,
                index: 0,
                run: Cell::default(),
                compared: Cell::default(),
                checked: Cell::default(),
                remembered: RefCell::default(),
            });
            let outcome = connection.database.create_collation(c"c", Rc::clone(&collation));
            assert_eq!(outcome, Err(crate::engine::BUSY));
            assert_eq!(Rc::strong_count(&collation), 1);
        }
        close(handle)
    }
}
