//! SQLink extension `stats`.
#![forbid(unsafe_code)]
mod moments;
mod order;
