//! Times after patterns of `%` directives.
//!
//! Source: <https://docs.rs/jiff/0.2.46/jiff/fmt/strtime/index.html>

use jiff::Zoned;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use crate::moment::{Form, Moment};
use crate::zone::DATABASE;

pub fn write(format: &str, zoned: &Zoned) -> Result<String, jiff::Error> {
    strtime::format(format, zoned)
}

/// The time in `text`. An offset or a zone in it comes before `zone`, which comes before UTC.
pub fn read(format: &str, text: &str, zone: Option<TimeZone>) -> Result<Moment, jiff::Error> {
    let parsed = BrokenDownTime::parse(format, text)?;
    if parsed.offset().is_some() || parsed.iana_time_zone().is_some() {
        return Ok(Moment { zoned: parsed.to_zoned_with(&DATABASE)?, form: Form::Offset });
    }
    let moment = if let Some(timestamp) = parsed.timestamp() {
        Moment { zoned: timestamp.to_zoned(TimeZone::UTC), form: Form::Local }
    } else {
        let date = parsed.to_date()?;
        let (time, form) = match parsed.hour() {
            Some(_) => (parsed.to_time()?, Form::Local),
            None => (jiff::civil::Time::midnight(), Form::Date),
        };
        let local = date.to_datetime(time);
        if let Some(zone) = zone {
            return Ok(Moment { zoned: local.to_zoned(zone)?, form: Form::Offset });
        }
        Moment { zoned: local.to_zoned(TimeZone::UTC)?, form }
    };
    Ok(match zone {
        Some(zone) => moment.at(zone),
        None => moment,
    })
}
