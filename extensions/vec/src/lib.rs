//! SQLink extension `vec`.
#![forbid(unsafe_code)]
mod distance;
mod vector;
