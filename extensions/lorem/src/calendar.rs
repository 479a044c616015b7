//! Days of the proleptic Gregorian calendar, counted from 0000-03-01, for the years 0000 to 9999.
//!
//! A year that begins with March has its leap day at the end, which makes the count of days a matter of divisions.

/// Days in the months from March on, before each of them.
const fn before_month(month: i64) -> i64 {
    (153 * month + 2) / 5
}

fn from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + before_month(month) + day - 1
}

fn to_civil(days: i64) -> (i64, i64, i64) {
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let year = era * 400 + year + i64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day - before_month(month) + 1)
}

/// The day of `YYYY-MM-DD`.
pub fn parse(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut part = |length: usize| {
        parts
            .next()
            .filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse::<i64>()
            .ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let days = from_civil(year, month, day);
    (parts.next().is_none() && to_civil(days) == (year, month, day)).then_some(days)
}

/// As `YYYY-MM-DD`.
pub fn to_text(days: i64) -> String {
    let (year, month, day) = to_civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::{from_civil, parse, to_text};

    #[test]
    fn every_day_comes_after_the_one_before() {
        let mut text = "0000-01-01".to_owned();
        for days in from_civil(0, 1, 1)..=from_civil(9999, 12, 31) {
            assert_eq!(parse(&text), Some(days), "{text}");
            assert_eq!(to_text(days), text);
            text = to_text(days + 1);
        }
        assert_eq!(from_civil(2000, 3, 1) - from_civil(1970, 1, 1), 11_017);
        for bad in [
            "",
            "2000",
            "2001-02-29",
            "1900-02-29",
            "2000-13-01",
            "2000-00-01",
            "2000-01-00",
            "2000-1-1",
            "2000-01-01-",
            "2000-01-01 00:00",
            "+200-01-01",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert!(parse("2000-02-29").is_some());
    }
}
