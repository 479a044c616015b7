//! Bloom filters: whether a value may have been there.

use datasketches::bloom::{BloomFilter, BloomFilterBuilder};
use sqlink_guest::prelude::*;

use crate::key::Key;
use crate::{same, sketch_error};

/// Most values a filter is made for: 120 MB at one percent.
const MAX_VALUES: i64 = 100_000_000;

/// A filter of all values.
#[derive(Default)]
pub struct Bloom {
    filter: Option<BloomFilter>,
    values: Option<i64>,
    share: Option<f64>,
}

#[aggregate(deterministic, innocuous)]
impl Bloom {
    fn step(
        &mut self,
        value: ValueRef<'_>,
        #[default(100_000)] values: i64,
        #[default(0.01)] share: f64,
    ) -> Result<(), Error> {
        same("bloom", 2, &mut self.values, values)?;
        same("bloom", 3, &mut self.share, share)?;
        let filter = match &mut self.filter {
            Some(filter) => filter,
            none => none.insert(begin(values, share)?),
        };
        if let Some(key) = Key::of(value) {
            filter.insert(key);
        }
        Ok(())
    }

    fn finish(self) -> Option<Vec<u8>> {
        self.filter.map(|filter| filter.serialize())
    }
}

fn begin(values: i64, share: f64) -> Result<BloomFilter, Error> {
    let refuse = |what: String| Err(Error::new(Error::ERROR, format!("function `bloom`: {what}")));
    if !(1..=MAX_VALUES).contains(&values) {
        return refuse(format!("argument 2 is {values}, expected 1 to {MAX_VALUES}"));
    }
    if !(0.000_001..=0.5).contains(&share) {
        return refuse(format!("argument 3 is {share:?}, expected a number from 0.000001 to 0.5"));
    }
    // The same seed for all filters, so that they can be united.
    BloomFilterBuilder::with_accuracy(values.unsigned_abs(), share)
        .seed(9001)
        .build()
        .map_err(|error| sketch_error("bloom", &error))
}

/// Whether `value` may be among the filter's values: false is certain.
#[scalar(deterministic, innocuous)]
pub fn bloom_contains(filter: &[u8], value: ValueRef<'_>) -> Result<Option<bool>, Error> {
    let filter = BloomFilter::deserialize(filter).map_err(|error| sketch_error("bloom_contains", &error))?;
    Ok(Key::of(value).map(|key| filter.contains(&key)))
}
