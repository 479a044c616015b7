//! Time zones by name.

use std::sync::LazyLock;

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use sqlink_guest::{Error, LruCache};

use crate::wrong;

/// How many zones are kept: reading one takes longer than using it.
const CAPACITY: usize = 16;

/// The longest name there is: an IANA name or a POSIX rule, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// The IANA database that is part of this crate.
pub static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

thread_local! {
    static ZONES: LruCache<TimeZone, CAPACITY> = const { LruCache::new() };
}

/// The zone of that name: of the IANA database in any case, an offset such as `+02:00`, or a POSIX rule.
///
/// # Errors
/// If there is none; it is the argument `number` of `function`, from 1.
pub fn named(function: &str, number: u32, name: &str) -> Result<TimeZone, Error> {
    ZONES.with(|zones| {
        zones.try_get_or_insert(name, |name| {
            (name.len() <= MAX_NAME_BYTES)
                .then(|| DateTimeParser::new().parse_time_zone_with(&DATABASE, name).ok())
                .flatten()
                .ok_or_else(|| wrong(function, number, "a time zone such as `Europe/Warsaw` or `+02:00`", name))
        })
    })
}

/// The same, or `None` for empty text.
///
/// # Errors
/// As [`named`].
pub fn optional(function: &str, number: u32, name: &str) -> Result<Option<TimeZone>, Error> {
    if name.is_empty() { Ok(None) } else { named(function, number, name).map(Some) }
}
