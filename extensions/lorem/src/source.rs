//! Where the choices come from.

use fastrand::Rng;
use sqlink_guest::prelude::*;

/// What a seed is for. Functions of one topic make the same choices, so that a person's name and address fit; the others have
/// nothing to do with each other.
#[derive(Clone, Copy)]
pub enum Topic {
    Person = 1,
    Text,
    Place,
    Number,
    Date,
    Pick,
    Uuid,
    Pattern,
    Company,
    Job,
    Net,
}

/// A generator for a seed: the same choices every time.
pub fn seeded(topic: Topic, seed: i64) -> Rng {
    // Seeds are often 1, 2, 3: mixed as SplitMix64 does, neighbours have nothing in common.
    let mut mixed = u64::from_ne_bytes(seed.to_ne_bytes()) ^ (topic as u64).rotate_right(8);
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Rng::with_seed(mixed ^ (mixed >> 31))
}

/// A generator for one call.
///
/// # Errors
/// SQLITE_AUTH without the capability `random`.
pub fn unseeded() -> Result<Rng, Error> {
    random::array().map(|bytes| Rng::with_seed(u64::from_le_bytes(bytes)))
}

/// A place in a list of `len` elements, which is not empty. Not by `Rng::usize`: that chooses differently where addresses have 32 bits.
pub fn index(rng: &mut Rng, len: usize) -> usize {
    let len = u32::try_from(len).unwrap_or(u32::MAX).max(1);
    usize::try_from(rng.u32(..len)).unwrap_or_default()
}

/// One of a list.
pub fn one(rng: &mut Rng, list: &[&'static str]) -> &'static str {
    list[index(rng, list.len())]
}
