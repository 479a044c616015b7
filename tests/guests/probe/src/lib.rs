//! Test guest `probe`: shows a test what crosses the contract, and misbehaves on request.
#![forbid(unsafe_code)]

mod host;
mod misbehave;
mod values;

use host::{probe_execute, probe_log, probe_nested, probe_now, probe_query, probe_random, probe_rows, probe_try};
use misbehave::{probe_count, probe_fail, probe_grow, probe_loop, probe_panic, probe_unreachable};
use sqlink_guest::prelude::*;
use values::{
    echo, probe_args, probe_blob, probe_bytes, probe_concat, probe_direct, probe_echo, probe_inf, probe_innocuous,
    probe_int, probe_len, probe_nan, probe_neg_zero, probe_real, probe_str, probe_text, probe_typeof,
};

extension! {
    name: "probe",
    description: "Shows what crosses the contract.",
    functions: [
        echo, probe_args, probe_blob, probe_bytes, probe_concat, probe_count, probe_direct, probe_echo, probe_execute,
        probe_fail, probe_grow, probe_inf, probe_innocuous, probe_int, probe_len, probe_log, probe_loop, probe_nan,
        probe_neg_zero, probe_nested, probe_now, probe_panic, probe_query, probe_random, probe_real, probe_rows,
        probe_str, probe_text, probe_try, probe_typeof, probe_unreachable,
    ],
    optional: {
        "random": "probe_random shows random bytes",
        "clock": "probe_now shows the time",
        "spi.read": "probe_query, probe_rows, probe_try and probe_nested run queries",
        "spi.write": "probe_execute runs statements that write",
    },
}
