//! SQLink extension `csv`.
#![forbid(unsafe_code)]
mod reader;
