//! `sqlink:extension/aggregate`.

use std::cell::RefCell;

use crate::abi::Args;
use crate::abi::entry::{enter, give_unit, give_value};
use crate::aggregate::Contexts;
use crate::extension::Extension;

thread_local! {
    static CONTEXTS: RefCell<Contexts> = const { RefCell::new(Contexts::new()) };
}

#[inline]
pub unsafe fn step<T: Extension>(id: u32, context: u32, args: *const u8, len: usize) -> *const u8 {
    // SAFETY: the host's promise; an error is an owned value.
    let result = unsafe {
        enter(|| CONTEXTS.with_borrow_mut(|all| all.step(T::AGGREGATES, id, context, Args::from_host(args, len))))
    };
    give_unit(result)
}

#[inline]
pub unsafe fn inverse<T: Extension>(id: u32, context: u32, args: *const u8, len: usize) -> *const u8 {
    // SAFETY: as in `step`.
    let result = unsafe {
        enter(|| CONTEXTS.with_borrow_mut(|all| all.inverse(T::AGGREGATES, id, context, Args::from_host(args, len))))
    };
    give_unit(result)
}

#[inline]
pub unsafe fn current<T: Extension>(id: u32, context: u32) -> *const u8 {
    // SAFETY: there are no arguments to borrow from.
    give_value(unsafe { enter(|| CONTEXTS.with_borrow_mut(|all| all.current(T::AGGREGATES, id, context))) })
}

#[inline]
pub unsafe fn finish<T: Extension>(id: u32, context: u32) -> *const u8 {
    // SAFETY: there are no arguments to borrow from.
    give_value(unsafe { enter(|| CONTEXTS.with_borrow_mut(|all| all.finish(T::AGGREGATES, id, context))) })
}

#[inline]
pub unsafe fn abandon<T: Extension>(_id: u32, context: u32) {
    // SAFETY: there are no arguments to borrow from.
    unsafe { enter(|| CONTEXTS.with_borrow_mut(|all| all.abandon(context))) }
}
