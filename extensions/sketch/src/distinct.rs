//! HyperLogLog: how many different values there are.

use datasketches::hll::{HllSketch, HllType, HllUnion};
use sqlink_guest::prelude::*;

use crate::key::Key;
use crate::{same, sketch_error};

/// Registers of a sketch without the argument, as a power of 2: 4096, 2 KiB, a standard error of 1.6 %.
const LG_K: u32 = 12;

/// A sketch that begins with its first row.
#[derive(Default)]
pub struct Distinct {
    sketch: Option<HllSketch>,
    lg_k: Option<u32>,
}

impl Distinct {
    fn add(&mut self, function: &str, value: ValueRef<'_>, lg_k: u32) -> Result<(), Error> {
        same(function, 2, &mut self.lg_k, lg_k)?;
        let sketch = match &mut self.sketch {
            Some(sketch) => sketch,
            none => none.insert(begin(function, lg_k)?),
        };
        if let Some(key) = Key::of(value) {
            sketch.update(key);
        }
        Ok(())
    }
}

fn begin(function: &str, lg_k: u32) -> Result<HllSketch, Error> {
    match u8::try_from(lg_k) {
        Ok(small @ 4..=21) => HllSketch::new(small, HllType::Hll4).map_err(|error| sketch_error(function, &error)),
        _ => {
            let message = format!("function `{function}`: argument 2 is {lg_k}, expected 4 to 21");
            Err(Error::new(Error::ERROR, message))
        }
    }
}

/// About how many different values there are.
#[derive(Default)]
pub struct ApproxCountDistinct(Distinct);

#[aggregate(deterministic, innocuous)]
impl ApproxCountDistinct {
    fn step(&mut self, value: ValueRef<'_>, #[default(LG_K)] lg_k: u32) -> Result<(), Error> {
        self.0.add("approx_count_distinct", value, lg_k)
    }

    #[allow(clippy::cast_possible_truncation, reason = "an estimate is far below 2^63")]
    fn finish(self) -> i64 {
        self.0.sketch.map_or(0, |sketch| sketch.estimate().round() as i64)
    }
}

/// A sketch to keep, and to unite with others.
#[derive(Default)]
pub struct Hll(Distinct);

#[aggregate(deterministic, innocuous)]
impl Hll {
    fn step(&mut self, value: ValueRef<'_>, #[default(LG_K)] lg_k: u32) -> Result<(), Error> {
        self.0.add("hll", value, lg_k)
    }

    fn finish(self) -> Option<Vec<u8>> {
        self.0.sketch.map(|sketch| sketch.serialize())
    }
}

/// One sketch of several.
#[derive(Default)]
pub struct HllMerge {
    union: Option<HllUnion>,
    /// Registers of the smallest sketch, as a power of 2.
    lg_k: u8,
}

#[aggregate(deterministic, innocuous, name = "hll_union")]
impl HllMerge {
    fn step(&mut self, sketch: &[u8]) -> Result<(), Error> {
        let sketch = read("hll_union", sketch)?;
        let union = match &mut self.union {
            Some(union) => union,
            none => none.insert(HllUnion::new(21).map_err(|error| sketch_error("hll_union", &error))?),
        };
        self.lg_k = if self.lg_k == 0 { sketch.lg_config_k() } else { self.lg_k.min(sketch.lg_config_k()) };
        union.update(&sketch);
        Ok(())
    }

    fn finish(self) -> Option<Vec<u8>> {
        self.union.map(|union| union.to_sketch(HllType::Hll4).serialize())
    }
}

/// About how many different values went into a sketch.
#[scalar(deterministic, innocuous)]
pub fn hll_estimate(sketch: &[u8]) -> Result<f64, Error> {
    Ok(read("hll_estimate", sketch)?.estimate())
}

fn read(function: &str, bytes: &[u8]) -> Result<HllSketch, Error> {
    HllSketch::deserialize(bytes).map_err(|error| sketch_error(function, &error))
}
