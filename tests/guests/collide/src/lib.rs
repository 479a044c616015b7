//! Test guest `collide`: declares a function that `probe` declares too, so whichever is loaded second is refused.
#![forbid(unsafe_code)]

use sqlink_guest::prelude::*;

/// Not what `probe` answers, so that a test sees which one is registered.
#[scalar(deterministic, innocuous)]
fn probe_echo(_value: ValueRef<'_>) -> &'static str {
    "collide"
}

extension! {
    name: "collide",
    description: "Declares a function of the guest probe.",
    functions: [probe_echo],
}
