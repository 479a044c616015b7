//! Makes UUIDs and ULIDs from what the host gives: random bytes and the time.

use std::cell::RefCell;

use sqlink_guest::{Error, clock, random};
use uuid::{Builder, Uuid};

/// Random bytes fetched at once: one call to the host serves 32 UUIDs or ULIDs.
const POOL_BYTES: usize = 512;

/// The counter of version 7 has the 12 bits of RFC 9562's `rand_a`.
const MAX_COUNTER: u16 = 0x0fff;

thread_local! {
    static POOL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static SEQUENCE: RefCell<Sequence> = const { RefCell::new(Sequence { millis: 0, counter: 0 }) };
    static LAST_ULID: RefCell<u128> = const { RefCell::new(0) };
}

/// 16 bytes that nothing else gets.
fn random_bytes() -> Result<[u8; 16], Error> {
    POOL.with_borrow_mut(|pool| {
        if pool.len() < 16 {
            *pool = random::array::<POOL_BYTES>()?.to_vec();
        }
        let taken = pool.split_off(pool.len() - 16);
        taken.try_into().map_err(|_| Error::from("the host gave too few random bytes"))
    })
}

/// A UUID of version 4.
///
/// # Errors
/// The host's, without the capability `random`.
pub fn version4() -> Result<Uuid, Error> {
    Ok(Builder::from_random_bytes(random_bytes()?).into_uuid())
}

/// A UUID of version 7, greater than every one this instance made before.
///
/// # Errors
/// The host's, without the capability `clock` or `random`.
pub fn version7() -> Result<Uuid, Error> {
    let now = u64::try_from(clock::now()?).unwrap_or(0);
    let random = random_bytes()?;
    Ok(SEQUENCE.with_borrow_mut(|sequence| sequence.next(now, random)))
}

/// A ULID, greater than every one this instance made before.
///
/// # Errors
/// The host's, without the capability `clock` or `random`; and when a millisecond has no more.
pub fn ulid(function: &str) -> Result<u128, Error> {
    let now = u64::try_from(clock::now()?).unwrap_or(0);
    let random = random_bytes()?;
    LAST_ULID.with_borrow_mut(|last| {
        *last = ulid_after(*last, now, random).ok_or_else(|| {
            let reason = "`: no ULID is left in this millisecond; try again in the next one";
            Error::new(Error::ERROR, ["function `", function, reason].concat())
        })?;
        Ok(*last)
    })
}

/// The ULID after `last`: within a millisecond, or when the clock goes back, it is one more; none if that is in the next
/// millisecond.
///
/// * `now` - milliseconds since 1970-01-01 UTC
/// * `random` - 16 fresh bytes, of which 10 are used
///
/// Source: <https://github.com/ulid/spec#monotonicity>
pub fn ulid_after(last: u128, now: u64, random: [u8; 16]) -> Option<u128> {
    const RANDOM_BITS: u32 = 80;
    const LAST_MILLISECOND: u64 = (1 << 48) - 1;
    let now = u128::from(now.min(LAST_MILLISECOND));
    if now > last >> RANDOM_BITS {
        return Some(now << RANDOM_BITS | u128::from_be_bytes(random) >> (128 - RANDOM_BITS));
    }
    last.checked_add(1).filter(|next| next >> RANDOM_BITS == last >> RANDOM_BITS)
}

/// The last time and counter used, so that the next UUID is greater even within a millisecond or when the clock goes back
/// (RFC 9562, section 6.2, method 1).
#[derive(Debug)]
pub struct Sequence {
    millis: u64,
    counter: u16,
}

impl Sequence {
    /// Nothing used yet.
    #[cfg(test)]
    pub const fn start() -> Self {
        Self { millis: 0, counter: 0 }
    }

    /// * `now` - milliseconds since 1970-01-01 UTC
    /// * `random` - 16 fresh bytes, of which 10 are used
    pub fn next(&mut self, now: u64, random: [u8; 16]) -> Uuid {
        if now > self.millis {
            self.millis = now;
            // The top bit stays free, so that a millisecond has room for at least 2,048 more.
            self.counter = u16::from_be_bytes([random[8], random[9]]) & (MAX_COUNTER >> 1);
        } else if self.counter < MAX_COUNTER {
            self.counter += 1;
        } else {
            self.millis += 1;
            self.counter = 0;
        }
        let [high, low] = self.counter.to_be_bytes();
        let mut tail = [0; 10];
        tail[0] = high;
        tail[1] = low;
        tail[2..].copy_from_slice(&random[..8]);
        Builder::from_unix_timestamp_millis(self.millis, &tail).into_uuid()
    }
}
