//! Test guest `relay`: runs SQL on behalf of its caller, so that one extension calls another through SQL.
#![forbid(unsafe_code)]

use sqlink_guest::prelude::*;

/// Its argument.
#[scalar(deterministic, innocuous)]
fn relay_echo(value: ValueRef<'_>) -> ValueRef<'_> {
    value
}

/// First value of the first row; NULL without a row.
#[scalar]
fn relay_query(sql: &str, params: &[Value]) -> Result<Option<Value>, Error> {
    spi::query_value(sql, params)
}

/// Rows changed.
#[scalar]
fn relay_execute(sql: &str, params: &[Value]) -> Result<i64, Error> {
    spi::execute(sql, params)
}

extension! {
    name: "relay",
    description: "Runs SQL for its caller.",
    functions: [relay_echo, relay_query, relay_execute],
    optional: {
        "spi.read": "relay_query runs queries",
        "spi.write": "relay_execute runs statements that write",
    },
}
