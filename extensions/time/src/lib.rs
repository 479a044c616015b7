//! SQLink extension `time`: time zones, calendar arithmetic, ISO 8601 durations, formats, cron and recurrence rules.
//!
//! Times are what SQLite's own functions take and give, so both go together; [`moment`] says how they are read and written.
//! Everything is deterministic and innocuous, imports nothing but the log, and has no clock: "now" comes from SQLite.
//!
//! Source: <https://www.postgresql.org/docs/current/functions-datetime.html> for `date_trunc` and `date_part`,
//! <https://duckdb.org/docs/stable/sql/functions/timestamp> for `date_diff` and `date_sub`
#![forbid(unsafe_code)]

mod cron;

mod field;
mod format;
mod moment;
mod occurrences;
mod rrule;
mod span;
mod zone;

use field::Field;
use jiff::tz::Disambiguation;
use moment::{Form, Moment, Time};
use occurrences::Occurrences;
use rrule::Rule;
use sqlink_guest::prelude::*;

/// `time` on the clocks of `zone`, with the offset.
#[scalar(deterministic, innocuous)]
fn at_timezone(time: Time<'_>, zone: &str) -> Result<String, Error> {
    Ok(time.read("at_timezone", 1)?.at(zone::named("at_timezone", 2, zone)?).text())
}

/// When the clocks of `zone` show `local`, in UTC. `policy` decides where the clocks were changed.
#[scalar(deterministic, innocuous)]
fn from_timezone(local: Time<'_>, zone: &str, #[default("compatible")] policy: &str) -> Result<String, Error> {
    let zone = zone::named("from_timezone", 2, zone)?;
    let policy = match policy {
        "compatible" => Disambiguation::Compatible,
        "earlier" => Disambiguation::Earlier,
        "later" => Disambiguation::Later,
        "reject" => Disambiguation::Reject,
        _ => {
            let expected = "`compatible`, `earlier`, `later` or `reject`";
            return Err(wrong("from_timezone", 3, expected, policy));
        }
    };
    let local = match local {
        Time::Text(text) => text,
        Time::Integer(_) | Time::Real(_) => {
            return Err(wrong("from_timezone", 1, "a local time as text", "a number"));
        }
    };
    let moment = Time::Text(local).read("from_timezone", 1)?;
    if moment.form == Form::Offset {
        return Err(wrong("from_timezone", 1, "a local time without an offset", local));
    }
    let local = moment.zoned.datetime();
    let zoned = zone.to_ambiguous_zoned(local).disambiguate(policy).map_err(|error| failed("from_timezone", &error))?;
    Ok(Moment { zoned, form: Form::Local }.in_utc().text())
}

/// How far the clocks of `zone` are ahead of UTC at that time, in seconds.
#[scalar(deterministic, innocuous)]
fn timezone_offset(time: Time<'_>, zone: &str) -> Result<i32, Error> {
    let moment = time.read("timezone_offset", 1)?.at(zone::named("timezone_offset", 2, zone)?);
    Ok(moment.zoned.offset().seconds())
}

/// What the time of `zone` is called then, such as `CEST`.
#[scalar(deterministic, innocuous)]
fn timezone_abbreviation(time: Time<'_>, zone: &str) -> Result<String, Error> {
    let zone = zone::named("timezone_abbreviation", 2, zone)?;
    let timestamp = time.read("timezone_abbreviation", 1)?.zoned.timestamp();
    Ok(zone.to_offset_info(timestamp).abbreviation().to_owned())
}

/// True while `zone` has daylight saving time.
#[scalar(deterministic, innocuous)]
fn timezone_is_dst(time: Time<'_>, zone: &str) -> Result<bool, Error> {
    let zone = zone::named("timezone_is_dst", 2, zone)?;
    let timestamp = time.read("timezone_is_dst", 1)?.zoned.timestamp();
    Ok(zone.to_offset_info(timestamp).dst().is_dst())
}

/// True if the other functions take `zone`.
#[scalar(deterministic, innocuous)]
fn timezone_is_valid(zone: &str) -> bool {
    zone::named("timezone_is_valid", 1, zone).is_ok()
}

/// The beginning of the hour, day, week and so on that `time` is in.
#[scalar(deterministic, innocuous)]
fn date_trunc(field: &str, time: Time<'_>, #[default("")] zone: &str) -> Result<String, Error> {
    let field = Field::named("date_trunc", field, &Field::TRUNCATING)?;
    let mut moment = read_at("date_trunc", 2, time, 3, zone)?;
    moment.zoned = field.truncate(&moment.zoned).map_err(|error| failed("date_trunc", &error))?;
    Ok(moment.text())
}

/// One field of `time`: an integer, or a real for those with fractions.
#[scalar(deterministic, innocuous)]
fn date_part(field: &str, time: Time<'_>, #[default("")] zone: &str) -> Result<Value, Error> {
    let field = Field::named("date_part", field, &Field::ALL)?;
    Ok(field.part(&read_at("date_part", 2, time, 3, zone)?.zoned))
}

/// `time` later by a duration, or earlier if it is negative. Days and longer are those of the calendar.
#[scalar(deterministic, innocuous)]
fn date_add(time: Time<'_>, duration: &str, #[default("")] zone: &str) -> Result<String, Error> {
    let span = span::parse("date_add", 2, duration)?;
    let mut moment = read_at("date_add", 1, time, 3, zone)?;
    moment.zoned = moment.zoned.checked_add(span).map_err(|error| failed("date_add", &error))?;
    Ok(moment.text())
}

/// How many beginnings of a unit lie between: after `start`, up to `end`.
#[scalar(deterministic, innocuous)]
fn date_diff(unit: &str, start: Time<'_>, end: Time<'_>, #[default("")] zone: &str) -> Result<i64, Error> {
    let unit = Field::named("date_diff", unit, &Field::TRUNCATING)?;
    let (start, end) = read_both("date_diff", 2, start, end, zone)?;
    Ok(unit.boundaries(&start.zoned, &end.zoned))
}

/// How many whole units lie between `start` and `end`.
#[scalar(deterministic, innocuous)]
fn date_sub(unit: &str, start: Time<'_>, end: Time<'_>, #[default("")] zone: &str) -> Result<i64, Error> {
    let unit = Field::named("date_sub", unit, &Field::TRUNCATING)?;
    let (start, end) = read_both("date_sub", 2, start, end, zone)?;
    unit.whole(&start.zoned, &end.zoned).map_err(|error| failed("date_sub", &error))
}

/// What has to be added to `start` to get `end`, as an ISO 8601 duration in units up to `largest`.
#[scalar(deterministic, innocuous)]
fn duration_between(
    start: Time<'_>,
    end: Time<'_>,
    #[default("year")] largest: &str,
    #[default("")] zone: &str,
) -> Result<String, Error> {
    let largest = span::unit_named("duration_between", 3, largest)?;
    let start = read_at("duration_between", 1, start, 4, zone)?.zoned;
    let end = read_at("duration_between", 2, end, 4, zone)?.zoned.with_time_zone(start.time_zone().clone());
    Ok(start.until((largest, &end)).map_err(|error| failed("duration_between", &error))?.to_string())
}

/// A duration in ISO 8601, from that or from words: `1 year 2 months`, `2h 30m`.
#[scalar(deterministic, innocuous)]
fn duration(text: &str) -> Result<String, Error> {
    Ok(span::parse("duration", 1, text)?.to_string())
}

/// A duration in one unit. Months and years have a length only from the time `relative` on; without it, days have 24 hours.
#[scalar(deterministic, innocuous)]
fn duration_total(duration: &str, unit: &str, #[default(None)] relative: Option<Time<'_>>) -> Result<f64, Error> {
    let span = span::parse("duration_total", 1, duration)?;
    let unit = span::unit_named("duration_total", 2, unit)?;
    let relative = relative.map(|time| time.read("duration_total", 3)).transpose()?;
    span::total(span, unit, relative.map(|moment| moment.zoned)).map_err(|error| failed("duration_total", &error))
}

/// `time` as text after a pattern of `%` directives.
#[scalar(deterministic, innocuous)]
fn format_time(time: Time<'_>, format: &str, #[default("")] zone: &str) -> Result<String, Error> {
    let moment = read_at("format_time", 1, time, 3, zone)?;
    format::write(format, &moment.zoned).map_err(|error| failed("format_time", &error))
}

/// The time that `text` gives after a pattern of `%` directives.
#[scalar(deterministic, innocuous)]
fn strptime(text: &str, format: &str, #[default("")] zone: &str) -> Result<String, Error> {
    let zone = zone::optional("strptime", 3, zone)?;
    Ok(format::read(format, text, zone).map_err(|error| failed("strptime", &error))?.text())
}

/// As `strptime`, but NULL if `text` does not match the pattern.
#[scalar(deterministic, innocuous)]
fn try_strptime(text: &str, format: &str, #[default("")] zone: &str) -> Result<Option<String>, Error> {
    let zone = zone::optional("try_strptime", 3, zone)?;
    Ok(format::read(format, text, zone).ok().map(|moment| moment.text()))
}

/// The first time after `time` that a cron pattern matches; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn cron_next(pattern: &str, time: Time<'_>, #[default("")] zone: &str) -> Result<Option<String>, Error> {
    let moment = read_at("cron_next", 2, time, 3, zone)?;
    Ok(cron::parse("cron_next", pattern)?.next(moment)?.map(|moment| moment.text()))
}

/// The last time before `time` that a cron pattern matches; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn cron_prev(pattern: &str, time: Time<'_>, #[default("")] zone: &str) -> Result<Option<String>, Error> {
    let moment = read_at("cron_prev", 2, time, 3, zone)?;
    Ok(cron::parse("cron_prev", pattern)?.previous(moment)?.map(|moment| moment.text()))
}

/// True if a cron pattern matches `time`.
#[scalar(deterministic, innocuous)]
fn cron_matches(pattern: &str, time: Time<'_>, #[default("")] zone: &str) -> Result<bool, Error> {
    let moment = read_at("cron_matches", 2, time, 3, zone)?;
    cron::parse("cron_matches", pattern)?.matches(&moment)
}

/// The occurrences of a recurrence rule from `start` on, in order.
#[table_function(name = "rrule", columns(place INTEGER, time TEXT), innocuous)]
fn rrule_each(
    rule: &str,
    start: Time<'_>,
    #[default("")] zone: &str,
) -> Result<impl Iterator<Item = Result<(i64, String), Error>>, Error> {
    let start = read_at("rrule", 2, start, 3, zone)?;
    let (form, occurrences) = (start.form, recur("rrule", rule, &start)?);
    Ok((1..).zip(occurrences).map(move |(place, zoned)| Ok((place, Moment { zoned: zoned?, form }.text()))))
}

/// The first occurrence of a recurrence rule after a time; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn rrule_next(
    rule: &str,
    start: Time<'_>,
    after: Time<'_>,
    #[default("")] zone: &str,
) -> Result<Option<String>, Error> {
    let start = read_at("rrule_next", 2, start, 4, zone)?;
    let after = after.read("rrule_next", 3)?.zoned;
    for zoned in recur("rrule_next", rule, &start)? {
        let zoned = zoned?;
        if zoned > after {
            return Ok(Some(Moment { zoned, form: start.form }.text()));
        }
    }
    Ok(None)
}

/// The occurrences of a rule, which is the first argument of `function`.
fn recur(function: &str, rule: &str, start: &Moment) -> Result<Occurrences, Error> {
    let parsed = Rule::parse(rule).map_err(|expected| wrong(function, 1, &expected, rule))?;
    Ok(Occurrences::new(parsed, &start.zoned))
}

/// The time of argument `number`, in the zone of argument `zone_number` if that is not empty.
fn read_at(function: &str, number: u32, time: Time<'_>, zone_number: u32, zone: &str) -> Result<Moment, Error> {
    let moment = time.read(function, number)?;
    Ok(match zone::optional(function, zone_number, zone)? {
        Some(zone) => moment.at(zone),
        None => moment,
    })
}

/// The times of the arguments `number` and the next one, both in the zone of the one after these, or else of the first.
fn read_both(
    function: &str,
    number: u32,
    start: Time<'_>,
    end: Time<'_>,
    zone: &str,
) -> Result<(Moment, Moment), Error> {
    let start = read_at(function, number, start, number + 2, zone)?;
    let end = end.read(function, number + 1)?.at(start.zoned.time_zone().clone());
    Ok((start, end))
}

/// An argument that is not what was expected.
fn wrong(function: &str, number: u32, expected: &str, found: &str) -> Error {
    let mut shown: String = found.chars().take(60).collect();
    if shown.len() < found.len() {
        shown.push('…');
    }
    let number = number.to_string();
    let message =
        ["function `", function, "`: argument ", &number, " must be ", expected, ", found `", &shown, "`"].concat();
    Error::new(Error::ERROR, message)
}

/// What the library refused.
fn failed(function: &str, error: &jiff::Error) -> Error {
    Error::new(Error::ERROR, ["function `", function, "`: ", &error.to_string()].concat())
}

extension! {
    name: "time",
    description: "Time zones, calendar arithmetic, ISO 8601 durations, formats, cron and recurrence rules.",
    functions: [
        at_timezone, from_timezone, timezone_offset, timezone_abbreviation, timezone_is_dst, timezone_is_valid,
        date_trunc, date_part, date_add, date_diff, date_sub, duration_between, duration, duration_total, format_time,
        strptime, try_strptime, cron_next, cron_prev, cron_matches, rrule_next,
    ],
    tables: [rrule_each],
}

#[cfg(test)]
mod tests;
