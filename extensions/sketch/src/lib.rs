//! SQLink extension `sketch`: approximate counts, percentiles and top values in little memory, by Apache DataSketches.
//!
//! Everything is deterministic and innocuous, and imports nothing but the log.
#![forbid(unsafe_code)]

mod distinct;
mod frequent;
mod key;
mod membership;
mod quantile;

use distinct::{ApproxCountDistinct, Hll, HllMerge, hll_estimate};
use frequent::ApproxTopK;
use membership::{Bloom, bloom_contains};
use quantile::{ApproxMedian, ApproxPercentile, Tdigest, TdigestMerge, tdigest_count, tdigest_quantile, tdigest_rank};
use sqlink_guest::prelude::*;
use std::fmt::Debug;

/// Keeps an argument that must be the same in all rows of a group.
fn same<T: PartialEq + Copy + Debug>(function: &str, number: u32, kept: &mut Option<T>, value: T) -> Result<(), Error> {
    match kept.replace(value) {
        Some(before) if before != value => Err(Error::new(
            Error::ERROR,
            format!(
                "function `{function}`: argument {number} changes from {before:?} to {value:?}, expected one value"
            ),
        )),
        _ => Ok(()),
    }
}

/// What is wrong with a sketch that SQL handed in.
fn sketch_error(function: &str, error: &datasketches::error::Error) -> Error {
    Error::new(Error::ERROR, format!("function `{function}`: not a sketch of this kind: {}", error.message()))
}

extension! {
    name: "sketch",
    description: "Approximate counts, percentiles, top values and membership in little memory.",
    functions: [hll_estimate, tdigest_quantile, tdigest_rank, tdigest_count, bloom_contains],
    aggregates: [
        ApproxCountDistinct, Hll, HllMerge, ApproxPercentile, ApproxMedian, Tdigest, TdigestMerge, ApproxTopK, Bloom,
    ],
}

#[cfg(test)]
mod tests;
