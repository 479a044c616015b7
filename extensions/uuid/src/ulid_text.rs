//! ULIDs as text and as times.
//!
//! Not the crate `ulid`: it takes 26 characters for more than 128 bits and drops what is too much, which the specification
//! forbids, and on WebAssembly it depends on a clock from JavaScript.
//!
//! Source: <https://github.com/ulid/spec>

/// Crockford's base 32: without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a ULID.
const LENGTH: usize = 26;

/// The canonical form, upper-case.
pub fn encode(ulid: u128) -> String {
    // Five bits each, the highest first.
    let digit = |place: usize| (ulid >> (5 * place)).to_le_bytes()[0] & 31;
    (0..LENGTH).rev().map(|place| char::from(ALPHABET[usize::from(digit(place))])).collect()
}

/// The number that 26 characters in any case stand for; none if they are no ULID or more than 128 bits.
pub fn decode(text: &str) -> Option<u128> {
    if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0, |ulid, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte.to_ascii_uppercase())?;
        Some(ulid << 5 | digit as u128)
    })
}

/// The text after the last `_`, as `ulid_with_prefix` makes it.
pub fn without_prefix(text: &str) -> &str {
    text.rsplit_once('_').map_or(text, |(_, ulid)| ulid)
}

/// Milliseconds since 1970-01-01 UTC, below 2^48.
pub const fn millis(ulid: u128) -> i64 {
    let [a, b, c, d, e, f, ..] = ulid.to_be_bytes();
    i64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// `YYYY-MM-DD HH:MM:SS.SSS` in UTC; none after the year 9999, where SQLite's dates end.
///
/// * `millis` - milliseconds since 1970-01-01 UTC, not negative
pub fn datetime(millis: i64) -> Option<String> {
    /// 10000-01-01 00:00:00
    const END: i64 = 253_402_300_800_000;
    const DAY: i64 = 86_400_000;
    if !(0..END).contains(&millis) {
        return None;
    }
    let (year, month, day) = date(millis / DAY);
    let (hour, minute, second) = (millis % DAY / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:03}", millis % 1000))
}

/// Year, month and day of a number of days since 1970-01-01.
///
/// In a year that begins in March the leap day is the last one, and five months have 153 days.
/// Source: <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
const fn date(days: i64) -> (i64, i64, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    // From 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}
