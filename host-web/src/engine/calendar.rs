//! Calendar fields of a Unix time.

/// A time of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CalendarTime {
    pub(crate) year: i32,
    /// 1 to 12.
    pub(crate) month: i32,
    /// 1 to 31.
    pub(crate) day: i32,
    pub(crate) hour: i32,
    pub(crate) minute: i32,
    pub(crate) second: i32,
    /// 0 is Sunday.
    pub(crate) weekday: i32,
    /// 0 is January 1.
    pub(crate) yearday: i32,
}

/// Returns the fields of a Unix time, in seconds; none if its year does not fit.
///
/// The date follows the days from civil algorithm: years begin in March, so that the leap day comes last, and 400 years
/// have the same number of days each.
pub(crate) fn from_unix(seconds: i64) -> Option<CalendarTime> {
    const DAY: i64 = 86_400;
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    const DAYS_IN_400_YEARS: i64 = 146_097;

    let days = seconds.div_euclid(DAY);
    let in_day = seconds.rem_euclid(DAY);
    let shifted = days.checked_add(EPOCH)?;
    let era = shifted.div_euclid(DAYS_IN_400_YEARS);
    let day_of_era = shifted.rem_euclid(DAYS_IN_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // March 1 is day 59 of a year, 60 of a leap year; January and February are the last 306th and later days of the
    // shifted one.
    let yearday = if month > 2 { day_of_year + 59 + i64::from(leap) } else { day_of_year - 306 };
    let field = |value: i64| i32::try_from(value).ok();
    Some(CalendarTime {
        year: field(year)?,
        month: field(month)?,
        day: field(day)?,
        hour: field(in_day / 3600)?,
        minute: field(in_day / 60 % 60)?,
        second: field(in_day % 60)?,
        weekday: field((days + 4).rem_euclid(7))?,
        yearday: field(yearday)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(seconds: i64) -> Option<[i32; 8]> {
        from_unix(seconds).map(|t| [t.year, t.month, t.day, t.hour, t.minute, t.second, t.weekday, t.yearday])
    }

    #[test]
    fn known_times() {
        // Checked with `date -u -d @SECONDS '+%Y %m %d %H %M %S %w %j'`.
        assert_eq!(fields(0), Some([1970, 1, 1, 0, 0, 0, 4, 0]));
        assert_eq!(fields(-1), Some([1969, 12, 31, 23, 59, 59, 3, 364]));
        assert_eq!(fields(951_782_400), Some([2000, 2, 29, 0, 0, 0, 2, 59]));
        assert_eq!(fields(951_868_800), Some([2000, 3, 1, 0, 0, 0, 3, 60]));
        assert_eq!(fields(1_733_976_732), Some([2024, 12, 12, 4, 12, 12, 4, 346]));
        assert_eq!(fields(4_107_542_399), Some([2100, 2, 28, 23, 59, 59, 0, 58]));
        assert_eq!(fields(4_107_542_400), Some([2100, 3, 1, 0, 0, 0, 1, 59]));
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut yesterday = from_unix(-86_400 * 200_000).expect("fits");
        for day in -199_999..200_000 {
            let today = from_unix(day * 86_400).expect("fits");
            assert_eq!(today.weekday, (yesterday.weekday + 1) % 7);
            if today.yearday == 0 {
                assert_eq!((today.month, today.day, today.year), (1, 1, yesterday.year + 1));
            } else {
                assert_eq!((today.yearday, today.year), (yesterday.yearday + 1, yesterday.year));
            }
            yesterday = today;
        }
    }

    #[test]
    fn out_of_range() {
        assert_eq!(from_unix(i64::MAX), None);
        assert_eq!(from_unix(i64::MIN), None);
    }
}
