//! Errors, state, and ends of the instance.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use sqlink_guest::prelude::*;

thread_local! {
    static COUNT: Cell<i64> = const { Cell::new(0) };
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// How often it was called in this instance: starts again at 1 after a trap.
#[scalar]
pub fn probe_count() -> i64 {
    COUNT.set(COUNT.get() + 1);
    COUNT.get()
}

/// Fails with an extended result code and a message.
#[scalar]
pub fn probe_fail(code: i32, message: &str) -> Result<(), Error> {
    Err(Error::new(code, message))
}

/// Panics.
#[scalar]
pub fn probe_panic(message: &str) {
    panic!("{message}");
}

/// Traps without a message.
#[scalar]
pub fn probe_unreachable() {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

/// Never returns.
#[scalar]
pub fn probe_loop() -> i64 {
    let mut turns = 0_i64;
    loop {
        turns = black_box(turns.wrapping_add(1));
        if turns < 0 {
            turns = 0;
        }
    }
}

/// Allocates and keeps `mib` MiB, and returns how many it keeps in all.
#[scalar]
pub fn probe_grow(mib: u32) -> Result<i64, Error> {
    KEPT.with_borrow_mut(|kept| {
        for _ in 0..mib {
            kept.push(black_box(vec![1; 1 << 20]));
        }
        Ok(i64::try_from(kept.len())?)
    })
}
