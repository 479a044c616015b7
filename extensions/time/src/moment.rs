//! Times as SQL values.
//!
//! As in SQLite: text is ISO 8601, in UTC unless it says otherwise; an integer is seconds since 1970, a real a Julian day
//! number. Results are text that SQLite's functions take, in the form of the argument: a date alone stays one while it is
//! midnight, and an offset stays one.
//!
//! Source: <https://sqlite.org/datatype3.html#date_and_time_datatype> · <https://sqlite.org/lang_datefunc.html>

use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Unit, Zoned};
use sqlink_guest::{Error, FromValue, ValueRef};

use crate::wrong;
use crate::zone::DATABASE;

static PARSER: DateTimeParser = DateTimeParser::new();
static PRINTER: DateTimePrinter = DateTimePrinter::new().separator(b' ');

/// The Julian day number of 1970-01-01 00:00:00.
const JULIAN_DAY_OF_1970: f64 = 2_440_587.5;

const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;

/// A time as it comes from SQL.
#[derive(Clone, Copy, Debug)]
pub enum Time<'a> {
    Text(&'a str),
    Integer(i64),
    Real(f64),
}

impl<'a> FromValue<'a> for Time<'a> {
    const EXPECTED: &'static str = "a time: text, an integer or a real";

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => Some(Self::Text(text)),
            ValueRef::Integer(seconds) => Some(Self::Integer(seconds)),
            ValueRef::Real(days) => Some(Self::Real(days)),
            _ => None,
        }
    }
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `2024-07-01`
    Date,
    /// `2024-07-01 12:00:00`
    Local,
    /// `2024-07-01 12:00:00+02:00`
    Offset,
}

/// A time in its zone, and how it is written.
#[derive(Clone, Debug)]
pub struct Moment {
    pub zoned: Zoned,
    pub form: Form,
}

impl Time<'_> {
    /// The time, which is the argument `number` of `function`, from 1.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(self, function: &str, number: u32) -> Result<Moment, Error> {
        let utc = |timestamp: Timestamp| Moment { zoned: timestamp.to_zoned(TimeZone::UTC), form: Form::Local };
        match self {
            Self::Text(text) => parse(text.trim_ascii())
                .ok_or_else(|| wrong(function, number, "a time such as `2024-07-01 12:30:00` or `2024-07-01`", text)),
            Self::Integer(seconds) => Timestamp::from_second(seconds).map(utc).map_err(|_| {
                wrong(function, number, "seconds since 1970 in the years -9999 to 9999", &seconds.to_string())
            }),
            Self::Real(days) => from_julian_day(days)
                .map(utc)
                .ok_or_else(|| wrong(function, number, "a Julian day in the years -9999 to 9999", "another real")),
        }
    }
}

fn parse(text: &str) -> Option<Moment> {
    let pieces = PARSER.parse_pieces(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        // The parser checks that offset and zone go together.
        let zoned = PARSER.parse_zoned_with(&DATABASE, text).ok()?;
        return Some(Moment { zoned, form: Form::Offset });
    }
    let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let (zone, form) = match (pieces.to_numeric_offset(), pieces.time()) {
        (Some(offset), _) => (TimeZone::fixed(offset), Form::Offset),
        (None, Some(_)) => (TimeZone::UTC, Form::Local),
        (None, None) => (TimeZone::UTC, Form::Date),
    };
    Some(Moment { zoned: local.to_zoned(zone).ok()?, form })
}

/// Rounded to milliseconds, as SQLite does.
fn from_julian_day(days: f64) -> Option<Timestamp> {
    let milliseconds = ((days - JULIAN_DAY_OF_1970) * MILLISECONDS_PER_DAY).round();
    // No year that there is comes near this.
    if milliseconds.is_nan() || milliseconds.abs() > 1e15 {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and within the integers")]
    let milliseconds = milliseconds as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

impl Moment {
    /// The same moment on the clocks of `zone`.
    pub fn at(self, zone: TimeZone) -> Self {
        Self { zoned: self.zoned.with_time_zone(zone), form: Form::Offset }
    }

    /// The same moment in UTC, in the same form.
    pub fn in_utc(self) -> Self {
        Self { zoned: self.zoned.with_time_zone(TimeZone::UTC), form: self.form }
    }

    pub fn text(&self) -> String {
        let midnight = self.zoned.time() == jiff::civil::Time::midnight();
        match self.form {
            Form::Date if midnight => PRINTER.date_to_string(&self.zoned.date()),
            Form::Date | Form::Local => PRINTER.datetime_to_string(&self.zoned.datetime()),
            Form::Offset => PRINTER.timestamp_with_offset_to_string(&self.zoned.timestamp(), self.whole_offset()),
        }
    }

    /// The offset to the minute, as it is written. Clocks had seconds of it before there were zones; the moment is the same.
    fn whole_offset(&self) -> Offset {
        let offset = self.zoned.offset();
        offset.round(Unit::Minute).unwrap_or(offset)
    }
}
