//! `xShadowName`, the one callback without user data: a pool of C functions, each for one list of names.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::rc::{Rc, Weak};

use crate::engine::error::{ERROR, Error, Result};

/// Lists of shadow names that the modules of all connections of a thread may have. Modules with the same list share a
/// function.
const MOST: usize = 32;

/// The type of `xShadowName`.
pub(super) type Callback = unsafe extern "C" fn(*const c_char) -> c_int;

/// Names of shadow tables, as what follows `TABLE_`, in ASCII lower case and in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShadowNames(Vec<String>);

thread_local! {
    static LISTS: RefCell<[Weak<ShadowNames>; MOST]> = const { RefCell::new([const { Weak::new() }; MOST]) };
}

/// A function of the pool. It is free again when the last of its modules is gone.
#[derive(Debug)]
pub(super) struct Slot {
    index: usize,
    _names: Rc<ShadowNames>,
}

impl ShadowNames {
    /// Finds a function for a list of names; none for no names.
    ///
    /// # Errors
    ///
    /// `SQLITE_ERROR` if the pool is used up.
    pub(super) fn take(names: &[String]) -> Result<Option<Slot>> {
        if names.is_empty() {
            return Ok(None);
        }
        let mut names: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        names.dedup();
        let names = Self(names);
        LISTS.with_borrow_mut(|lists| {
            let mut free = None;
            for (index, list) in lists.iter().enumerate() {
                match list.upgrade() {
                    Some(list) if *list == names => return Ok(Some(Slot { index, _names: list })),
                    Some(_) => {}
                    None => free = free.or(Some(index)),
                }
            }
            let unused = free.and_then(|index| Some((index, lists.get_mut(index)?)));
            let Some((index, list)) = unused else {
                return Err(Error::new(
                    ERROR,
                    format!(
                        "too many virtual table modules have shadow tables: at most {MOST} different lists of \
                         `shadow-names` are possible; unload an extension first"
                    ),
                ));
            };
            let names = Rc::new(names);
            *list = Rc::downgrade(&names);
            Ok(Some(Slot { index, _names: names }))
        })
    }
}

impl Slot {
    /// The slot's function.
    pub(super) fn callback(&self) -> Callback {
        POOL[self.index.min(MOST - 1)]
    }
}

/// `xShadowName` of the modules with list `INDEX`.
unsafe extern "C" fn is_shadow_name<const INDEX: usize>(name: *const c_char) -> c_int {
    if name.is_null() {
        return 0;
    }
    // SAFETY: SQLite passes a NUL-terminated string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let found = LISTS.try_with(|lists| {
        let list = lists.borrow().get(INDEX).and_then(Weak::upgrade);
        list.is_some_and(|list| list.0.iter().any(|listed| listed.as_bytes().eq_ignore_ascii_case(name)))
    });
    c_int::from(found.unwrap_or(false))
}

/// The functions, each at the index of its list.
const POOL: [Callback; MOST] = {
    macro_rules! pool {
        ($($index:literal)*) => { [$(is_shadow_name::<$index>),*] };
    }
    pool!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31)
};

#[cfg(test)]
mod tests {
    use super::*;

    fn take(names: &[&str]) -> Result<Option<Slot>> {
        ShadowNames::take(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    fn knows(slot: &Slot, name: &CStr) -> bool {
        // SAFETY: the name is NUL-terminated.
        unsafe { slot.callback()(name.as_ptr()) != 0 }
    }

    #[test]
    fn names_are_found_without_regard_to_case() -> Result<()> {
        assert!(take(&[])?.is_none());
        let slot = take(&["Data", "idx"])?.expect("there is room");
        assert!(knows(&slot, c"data") && knows(&slot, c"IDX"));
        assert!(!knows(&slot, c"dat") && !knows(&slot, c""));
        Ok(())
    }

    #[test]
    fn equal_lists_share_and_the_pool_is_finite() -> Result<()> {
        let mut slots = Vec::new();
        for n in 0..MOST {
            slots.push(take(&[&format!("s{n}")])?.expect("there is room"));
        }
        assert_eq!(take(&["S3", "s3"])?.map(|slot| slot.index), Some(slots[3].index));
        let error = take(&["more"]).expect_err("the pool is used up");
        assert!(error.message.contains("at most 32 different lists"), "{}", error.message);
        slots.remove(5);
        assert_eq!(take(&["more"])?.map(|slot| slot.index), Some(5));
        Ok(())
    }
}
