//! t-digest: what share of the values is below one, and the other way round.

use datasketches::tdigest::TDigestMut;
use sqlink_guest::prelude::*;

use crate::{same, sketch_error};

/// Compression of a digest without the argument: about 3 KiB.
const K: u32 = 200;

/// A digest that begins with its first row.
#[derive(Default)]
pub struct Digest {
    digest: Option<TDigestMut>,
    k: Option<u32>,
}

impl Digest {
    fn add(&mut self, function: &str, value: f64, k: u32) -> Result<(), Error> {
        same(function, 2, &mut self.k, k)?;
        let digest = match &mut self.digest {
            Some(digest) => digest,
            none => none.insert(begin(function, k)?),
        };
        if !value.is_finite() {
            let message = format!("function `{function}`: argument 1 is {value}, expected a finite number");
            return Err(Error::new(Error::ERROR, message));
        }
        digest.update(value);
        Ok(())
    }
}

fn begin(function: &str, k: u32) -> Result<TDigestMut, Error> {
    match u16::try_from(k) {
        Ok(k @ 10..=10_000) => TDigestMut::new(k).map_err(|error| sketch_error(function, &error)),
        _ => {
            let message = format!("function `{function}`: argument 2 is {k}, expected 10 to 10000");
            Err(Error::new(Error::ERROR, message))
        }
    }
}

/// The value below which about that share of the values lies.
#[derive(Default)]
pub struct ApproxPercentile {
    digest: Digest,
    fraction: Option<f64>,
}

#[aggregate(deterministic, innocuous)]
impl ApproxPercentile {
    fn step(&mut self, value: f64, fraction: f64) -> Result<(), Error> {
        check("approx_percentile", fraction)?;
        same("approx_percentile", 2, &mut self.fraction, fraction)?;
        self.digest.add("approx_percentile", value, K)
    }

    fn finish(self) -> Result<Option<f64>, Error> {
        match (self.digest.digest, self.fraction) {
            (Some(mut digest), Some(fraction)) => {
                digest.quantile(fraction).map_err(|error| sketch_error("approx_percentile", &error))
            }
            _ => Ok(None),
        }
    }
}

/// About the middle value.
#[derive(Default)]
pub struct ApproxMedian(Digest);

#[aggregate(deterministic, innocuous)]
impl ApproxMedian {
    fn step(&mut self, value: f64) -> Result<(), Error> {
        self.0.add("approx_median", value, K)
    }

    fn finish(self) -> Result<Option<f64>, Error> {
        let Some(mut digest) = self.0.digest else { return Ok(None) };
        digest.quantile(0.5).map_err(|error| sketch_error("approx_median", &error))
    }
}

/// A digest to keep, and to merge with others.
#[derive(Default)]
pub struct Tdigest(Digest);

#[aggregate(deterministic, innocuous)]
impl Tdigest {
    fn step(&mut self, value: f64, #[default(K)] k: u32) -> Result<(), Error> {
        self.0.add("tdigest", value, k)
    }

    fn finish(self) -> Option<Vec<u8>> {
        self.0.digest.map(|mut digest| digest.serialize())
    }
}

/// One digest of several.
#[derive(Default)]
pub struct TdigestMerge(Option<TDigestMut>);

#[aggregate(deterministic, innocuous)]
impl TdigestMerge {
    fn step(&mut self, digest: &[u8]) -> Result<(), Error> {
        let digest = read("tdigest_merge", digest)?;
        match &mut self.0 {
            Some(merged) => merged.merge(&digest),
            none => *none = Some(digest),
        }
        Ok(())
    }

    fn finish(self) -> Option<Vec<u8>> {
        self.0.map(|mut digest| digest.serialize())
    }
}

/// The value below which about that share of the digest's values lies.
#[scalar(deterministic, innocuous)]
pub fn tdigest_quantile(digest: &[u8], fraction: f64) -> Result<Option<f64>, Error> {
    check("tdigest_quantile", fraction)?;
    read("tdigest_quantile", digest)?.quantile(fraction).map_err(|error| sketch_error("tdigest_quantile", &error))
}

/// About what share of the digest's values lies below `value`.
#[scalar(deterministic, innocuous)]
pub fn tdigest_rank(digest: &[u8], value: f64) -> Result<Option<f64>, Error> {
    read("tdigest_rank", digest)?.rank(value).map_err(|error| sketch_error("tdigest_rank", &error))
}

/// How many values went into a digest.
#[scalar(deterministic, innocuous)]
pub fn tdigest_count(digest: &[u8]) -> Result<i64, Error> {
    Ok(i64::try_from(read("tdigest_count", digest)?.total_weight()).unwrap_or(i64::MAX))
}

fn read(function: &str, bytes: &[u8]) -> Result<TDigestMut, Error> {
    TDigestMut::deserialize(bytes).map_err(|error| sketch_error(function, &error))
}

fn check(function: &str, fraction: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&fraction) {
        return Ok(());
    }
    let message = format!("function `{function}`: argument 2 is {fraction:?}, expected a number from 0 to 1");
    Err(Error::new(Error::ERROR, message))
}
