//! Test guest `bench`: the least of every kind of registration, so that a measurement shows what the crossing costs.
#![forbid(unsafe_code)]

use std::cmp::Ordering;

use sqlink_guest::prelude::*;

/// Its argument.
#[scalar(deterministic, innocuous)]
fn bench_echo(value: ValueRef<'_>) -> ValueRef<'_> {
    value
}

/// One more than its argument, asked of SQLite.
#[scalar]
fn bench_query(x: i64) -> Result<Option<Value>, Error> {
    spi::query_value("SELECT ?1 + 1", &[x.into()])
}

/// Keeps eight bytes under one of eight keys.
#[scalar]
fn bench_set(x: i64) -> Result<i64, Error> {
    state::set(key(x), &x.to_le_bytes())?;
    Ok(x)
}

/// Length of what is kept under that key.
#[scalar]
fn bench_get(x: i64) -> Result<i64, Error> {
    Ok(i64::try_from(state::get(key(x))?.unwrap_or_default().len())?)
}

fn key(x: i64) -> &'static str {
    const KEYS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    KEYS[usize::try_from(x & 7).unwrap_or_default()]
}

/// The sum of integers.
#[derive(Default)]
struct BenchSum(i64);

#[aggregate(deterministic, innocuous)]
impl BenchSum {
    fn step(&mut self, x: i64) {
        self.0 = self.0.wrapping_add(x);
    }

    fn inverse(&mut self, x: i64) {
        self.0 = self.0.wrapping_sub(x);
    }

    fn current(&self) -> i64 {
        self.0
    }
}

/// The order of bytes.
#[collation(name = "BENCH_BINARY")]
fn bench_binary(a: &str, b: &str) -> Ordering {
    a.cmp(b)
}

/// `count` rows of an integer, a real and a text of 16 bytes.
#[table_function(columns(x INTEGER, r REAL, s TEXT), innocuous)]
#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn bench_rows(count: i64) -> impl Iterator<Item = (i64, f64, &'static str)> {
    (0..count).map(|x| (x, x as f64 * 0.5, "sixteen bytes it"))
}

/// A table in memory with the same columns.
struct BenchTable(Vec<Vec<Value>>);

#[table(creatable, innocuous)]
impl Table for BenchTable {
    type Cursor = std::vec::IntoIter<Vec<Value>>;

    fn connect(_: &Connect<'_>) -> Result<Self, Error> {
        Ok(Self(Vec::new()))
    }

    fn schema(&self) -> Schema {
        Schema::new(["x INTEGER", "r REAL", "s TEXT"])
    }

    fn scan(&self, _: &Scan<'_>) -> Result<Self::Cursor, Error> {
        Ok(self.0.clone().into_iter())
    }

    fn insert(&mut self, _: Option<i64>, values: Args<'_>, _: Conflict) -> Result<i64, Error> {
        self.0.push(values.iter().map(|value| value.to_value()).collect());
        Ok(i64::try_from(self.0.len())?)
    }
}

extension! {
    name: "bench",
    description: "The least of every kind.",
    functions: [bench_echo, bench_query, bench_set, bench_get],
    aggregates: [BenchSum],
    collations: [bench_binary],
    tables: [bench_rows, BenchTable],
    required: {
        "spi.read": "bench_query asks SQLite",
        "state": "bench_set keeps bytes",
    },
}
