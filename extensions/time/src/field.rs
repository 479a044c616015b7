//! The fields and units of time, as PostgreSQL names them.

use jiff::civil::{Date, Time};
use jiff::{RoundMode, ToSpan, Unit, Zoned, ZonedDifference, ZonedRound};
use sqlink_guest::{Error, Value};

use crate::wrong;

/// A field of a time, or the unit that it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Timezone,
}

impl Field {
    /// All of them, first those that time can be cut off at.
    pub const ALL: [(&'static str, Self); 19] = [
        ("microsecond", Self::Microsecond),
        ("millisecond", Self::Millisecond),
        ("second", Self::Second),
        ("minute", Self::Minute),
        ("hour", Self::Hour),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("quarter", Self::Quarter),
        ("year", Self::Year),
        ("decade", Self::Decade),
        ("century", Self::Century),
        ("millennium", Self::Millennium),
        ("epoch", Self::Epoch),
        ("dow", Self::DayOfWeek),
        ("isodow", Self::IsoDayOfWeek),
        ("doy", Self::DayOfYear),
        ("isoyear", Self::IsoYear),
        ("timezone", Self::Timezone),
    ];

    /// Those that time can be cut off at.
    pub const TRUNCATING: [(&'static str, Self); 13] = match Self::ALL.first_chunk() {
        Some(first) => *first,
        None => unreachable!(),
    };

    /// The field of that name among `known`, in any case and also in the plural; it is the first argument of `function`.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(function: &str, name: &str, known: &[(&'static str, Self)]) -> Result<Self, Error> {
        let wanted = name.to_ascii_lowercase();
        let singular = match wanted.as_str() {
            "centuries" => "century",
            "millennia" | "millenniums" => "millennium",
            _ => wanted.strip_suffix('s').unwrap_or(&wanted),
        };
        known.iter().find(|(known, _)| *known == wanted || *known == singular).map(|(_, field)| *field).ok_or_else(
            || {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                wrong(function, 1, &["one of `", &names.join("`, `"), "`"].concat(), name)
            },
        )
    }

    /// The beginning of this unit.
    pub fn truncate(self, zoned: &Zoned) -> Result<Zoned, jiff::Error> {
        let smallest = match self {
            Self::Microsecond => Unit::Microsecond,
            Self::Millisecond => Unit::Millisecond,
            Self::Second => Unit::Second,
            Self::Minute => Unit::Minute,
            Self::Hour => Unit::Hour,
            _ => {
                return self.first_day(zoned.date())?.to_datetime(Time::midnight()).to_zoned(zoned.time_zone().clone());
            }
        };
        zoned.round(ZonedRound::new().smallest(smallest).mode(RoundMode::Trunc))
    }

    fn first_day(self, date: Date) -> Result<Date, jiff::Error> {
        let year = date.year();
        match self {
            Self::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()),
            Self::Month => Ok(date.first_of_month()),
            Self::Quarter => Date::new(year, (date.month() - 1) / 3 * 3 + 1, 1),
            Self::Year => Ok(date.first_of_year()),
            Self::Decade => Date::new(year - year.rem_euclid(10), 1, 1),
            Self::Century => Date::new(year - (year - 1).rem_euclid(100), 1, 1),
            Self::Millennium => Date::new(year - (year - 1).rem_euclid(1000), 1, 1),
            _ => Ok(date),
        }
    }

    /// The value of this field.
    pub fn part(self, zoned: &Zoned) -> Value {
        let date = zoned.date();
        let year = i64::from(date.year());
        let nanoseconds = i64::from(zoned.second()) * 1_000_000_000 + i64::from(zoned.subsec_nanosecond());
        Value::Integer(match self {
            Self::Microsecond => return Value::Real(over(nanoseconds, 1e3)),
            Self::Millisecond => return Value::Real(over(nanoseconds, 1e6)),
            Self::Second => return Value::Real(over(nanoseconds, 1e9)),
            Self::Epoch => {
                // Exact to the microsecond for some centuries, as PostgreSQL's.
                return Value::Real(over(zoned.timestamp().as_microsecond(), 1e6));
            }
            Self::Minute => i64::from(zoned.minute()),
            Self::Hour => i64::from(zoned.hour()),
            Self::Day => i64::from(date.day()),
            Self::Week => i64::from(date.iso_week_date().week()),
            Self::Month => i64::from(date.month()),
            Self::Quarter => i64::from((date.month() - 1) / 3 + 1),
            Self::Year => year,
            Self::Decade => year.div_euclid(10),
            Self::Century => (year - 1).div_euclid(100) + 1,
            Self::Millennium => (year - 1).div_euclid(1000) + 1,
            Self::DayOfWeek => i64::from(date.weekday().to_sunday_zero_offset()),
            Self::IsoDayOfWeek => i64::from(date.weekday().to_monday_one_offset()),
            Self::DayOfYear => i64::from(date.day_of_year()),
            Self::IsoYear => i64::from(date.iso_week_date().year()),
            Self::Timezone => i64::from(zoned.offset().seconds()),
        })
    }

    /// How many beginnings of this unit lie after `start`, up to `end`; negative if `end` is before `start`.
    ///
    /// Units up to hours are counted on clocks that nobody changes, at the offset of `start`.
    pub fn boundaries(self, start: &Zoned, end: &Zoned) -> i64 {
        let (from, to) = (start.date(), end.date());
        let offset = i64::from(start.offset().seconds());
        let clock = |nanoseconds_per_unit: i128| {
            let count = |zoned: &Zoned| {
                let shifted = zoned.timestamp().as_nanosecond() + i128::from(offset) * 1_000_000_000;
                shifted.div_euclid(nanoseconds_per_unit)
            };
            i64::try_from(count(end) - count(start)).unwrap_or(i64::MAX)
        };
        let years = |length: i64, first: i64| {
            let count = |date: Date| (i64::from(date.year()) - first).div_euclid(length);
            count(to) - count(from)
        };
        let months = |length: i64| {
            let count = |date: Date| (i64::from(date.year()) * 12 + i64::from(date.month() - 1)).div_euclid(length);
            count(to) - count(from)
        };
        match self {
            Self::Microsecond => clock(1_000),
            Self::Millisecond => clock(1_000_000),
            Self::Second => clock(1_000_000_000),
            Self::Minute => clock(60_000_000_000),
            Self::Hour => clock(3_600_000_000_000),
            Self::Week => (monday(to) - monday(from)) / 7,
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => years(1, 0),
            Self::Decade => years(10, 0),
            Self::Century => years(100, 1),
            Self::Millennium => years(1000, 1),
            _ => day_number(to) - day_number(from),
        }
    }

    /// How many whole units lie between; negative if `end` is before `start`. Both are in one zone.
    pub fn whole(self, start: &Zoned, end: &Zoned) -> Result<i64, jiff::Error> {
        let until = |unit: Unit| start.until(ZonedDifference::new(end).largest(unit).smallest(unit));
        Ok(match self {
            Self::Microsecond => until(Unit::Microsecond)?.get_microseconds(),
            Self::Millisecond => until(Unit::Millisecond)?.get_milliseconds(),
            Self::Second => until(Unit::Second)?.get_seconds(),
            Self::Minute => until(Unit::Minute)?.get_minutes(),
            Self::Hour => i64::from(until(Unit::Hour)?.get_hours()),
            Self::Week => i64::from(until(Unit::Week)?.get_weeks()),
            Self::Month => i64::from(until(Unit::Month)?.get_months()),
            Self::Quarter => i64::from(until(Unit::Month)?.get_months() / 3),
            Self::Year => i64::from(until(Unit::Year)?.get_years()),
            Self::Decade => i64::from(until(Unit::Year)?.get_years() / 10),
            Self::Century => i64::from(until(Unit::Year)?.get_years() / 100),
            Self::Millennium => i64::from(until(Unit::Year)?.get_years() / 1000),
            _ => i64::from(until(Unit::Day)?.get_days()),
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "the nearest real is what is wanted")]
fn over(count: i64, per_unit: f64) -> f64 {
    count as f64 / per_unit
}

/// The number of days since 1970-01-01.
fn day_number(date: Date) -> i64 {
    Date::constant(1970, 1, 1).duration_until(date).as_hours() / 24
}

/// The day number of that week's Monday.
fn monday(date: Date) -> i64 {
    day_number(date) - i64::from(date.weekday().to_monday_zero_offset())
}
