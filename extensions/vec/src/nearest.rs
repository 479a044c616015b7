//! The smallest of many distances.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A row at a distance; of two at the same distance the one with the smaller rowid comes first.
#[derive(Clone, Copy, Debug)]
struct At(f64, i64);

impl Ord for At {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for At {}

/// Keeps the `k` rows that are nearest.
#[derive(Debug)]
pub struct Nearest {
    k: usize,
    /// The farthest is on top.
    rows: BinaryHeap<At>,
}

impl Nearest {
    /// Of no rows yet.
    pub fn new(k: usize) -> Self {
        Self { k, rows: BinaryHeap::new() }
    }

    /// Looks at a row.
    pub fn add(&mut self, distance: f64, rowid: i64) {
        let row = At(distance, rowid);
        if self.rows.len() < self.k {
            self.rows.push(row);
        } else if let Some(mut farthest) = self.rows.peek_mut()
            && row < *farthest
        {
            *farthest = row;
        }
    }

    /// Distances and rowids, nearest first.
    pub fn sorted(self) -> Vec<(f64, i64)> {
        self.rows.into_sorted_vec().into_iter().map(|At(distance, rowid)| (distance, rowid)).collect()
    }
}
