//! The elements of a vector as rows.

use sqlink_guest::prelude::*;

use crate::floats;

/// One row per element of a float vector: its place from 0, and its value.
#[table_function(columns(place INTEGER, value REAL), innocuous)]
pub fn vec_each(vector: ValueRef<'_>) -> Result<impl Iterator<Item = (i64, f64)> + use<>, Error> {
    let floats = if vector == ValueRef::Null { Vec::new() } else { floats("vec_each", 1, vector)?.floats() };
    Ok((0..).zip(floats.into_iter().map(f64::from)))
}
