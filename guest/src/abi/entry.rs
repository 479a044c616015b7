//! How a call comes in: `cabi_realloc`, the state between calls, and where results wait for the host.

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;

use super::arena::Arena;
use super::{RawText, RawValue};
use crate::{Error, Value, ValueRef};

/// What is alive between calls. A core module without threads runs one call at a time.
struct Instance {
    arena: Arena,
    started: Cell<bool>,
    busy: Cell<bool>,
    /// What `area` points into: the last value and the last error.
    value: UnsafeCell<Value>,
    error: UnsafeCell<Error>,
    area: UnsafeCell<[MaybeUninit<u64>; AREA_WORDS]>,
}

/// Words of the largest result.
const AREA_WORDS: usize = 8;

// SAFETY: wasm32 without the atomics feature has one thread.
unsafe impl Sync for Instance {}

static INSTANCE: Instance = Instance {
    arena: Arena::new(),
    started: Cell::new(false),
    busy: Cell::new(false),
    value: UnsafeCell::new(Value::Null),
    error: UnsafeCell::new(Error::NONE),
    area: UnsafeCell::new([MaybeUninit::uninit(); AREA_WORDS]),
};

/// Runs one call; its arguments die with it.
///
/// # Safety
/// What `run` returns borrows nothing from the call's arguments.
#[inline]
pub(super) unsafe fn enter<R>(run: impl FnOnce() -> R) -> R {
    let instance = &INSTANCE;
    if !instance.started.replace(true) {
        wit_bindgen::rt::run_ctors_once();
        crate::panic::install_hook();
    }
    if instance.busy.replace(true) {
        // The contract forbids it, and the arguments of the call below would be lost.
        core::arch::wasm32::unreachable();
    }
    instance.arena.close();
    let result = run();
    // SAFETY: only the call itself referred to its arguments.
    unsafe { instance.arena.reset() };
    instance.busy.set(false);
    result
}

/// `result<T, error>` as the host reads it.
#[repr(C)]
struct Area<T: Copy> {
    case: u8,
    body: Body<T>,
}

#[repr(C)]
union Body<T: Copy> {
    value: T,
    error: RawError,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct RawError {
    code: i32,
    start: *const u8,
    len: usize,
}

const _: () = assert!(size_of::<RawValue<'_>>() == 16);
const _: () = assert!(size_of::<Area<RawValue<'_>>>() == 24 && size_of::<Area<()>>() == 16);

/// A result that stays where the host reads it until the next call.
#[inline]
fn write<T: Copy>(area: Area<T>) -> *mut u8 {
    const { assert!(size_of::<Area<T>>() <= AREA_WORDS * 8 && align_of::<Area<T>>() <= 8) };
    let place = INSTANCE.area.get().cast::<Area<T>>();
    // SAFETY: the place is large enough and aligned, and nobody refers to it while a call runs.
    unsafe { place.write(area) };
    place.cast()
}

/// The answer to a call that succeeds.
#[inline]
pub(super) fn give<T: Copy>(value: T) -> *mut u8 {
    write(Area { case: 0, body: Body { value } })
}

/// The answer to a call that fails and would have given a `T`.
#[inline]
pub(super) fn fail<T: Copy>(error: Error) -> *mut u8 {
    // SAFETY: the last reference was given to the host, which has read it before it called again.
    let error = unsafe {
        *INSTANCE.error.get() = error;
        &*INSTANCE.error.get()
    };
    let error = RawError { code: error.code(), start: error.message().as_ptr(), len: error.message().len() };
    write(Area::<T> { case: 1, body: Body { error } })
}

/// A value that stays where it is until the next call.
#[inline]
fn keep(value: Value) -> ValueRef<'static> {
    // SAFETY: as in `fail`.
    unsafe {
        *INSTANCE.value.get() = value;
        (*INSTANCE.value.get()).as_ref()
    }
}

/// Text that stays where it is until the next call.
pub(super) fn keep_text(text: String) -> RawText<'static> {
    match keep(Value::Text(text)) {
        ValueRef::Text(text) => RawText::borrow(text),
        _ => RawText::borrow(""),
    }
}

/// `result<value, error>`.
#[inline]
pub(super) fn give_value(result: Result<Value, Error>) -> *mut u8 {
    match result {
        Ok(value) => give(RawValue::borrow(keep(value))),
        Err(error) => fail::<RawValue<'_>>(error),
    }
}

/// `result<_, error>`.
#[inline]
pub(super) fn give_unit(result: Result<(), Error>) -> *mut u8 {
    match result {
        Ok(()) => give(()),
        Err(error) => fail::<()>(error),
    }
}

/// Takes the place of wit-bindgen's own, which is weak: arguments come from the arena.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    // SAFETY: the host's promise.
    unsafe { INSTANCE.arena.realloc(old, old_len, align, new_len) }
}
