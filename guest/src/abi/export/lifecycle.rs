//! `sqlink:extension/lifecycle`.

use crate::abi::entry::{enter, give_unit};
use crate::extension::Extension;

pub unsafe fn on_load<T: Extension>() -> *const u8 {
    // SAFETY: there are no arguments to borrow from.
    give_unit(unsafe { enter(T::on_load) })
}

pub unsafe fn on_unload<T: Extension>() -> *const u8 {
    // SAFETY: there are no arguments to borrow from.
    give_unit(unsafe { enter(T::on_unload) })
}
