//! Recurrence rules of iCalendar, as text: what they say, not yet when.
//!
//! Not the crate `rrule`: with chrono and its own time zone database it is 2.3 MB of WebAssembly, twice this extension.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The longest rule, in bytes.
const MAX_BYTES: usize = 1000;

/// The unit that a rule goes on by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// When a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// With this day.
    Date(Date),
    /// With this time on the clocks of the start.
    Local(DateTime),
    /// With this moment.
    Utc(Timestamp),
}

impl Until {
    /// Whether an occurrence is before the end or at it.
    pub fn includes(self, zoned: &Zoned) -> bool {
        match self {
            Self::Date(date) => zoned.date() <= date,
            Self::Local(local) => zoned.datetime() <= local,
            Self::Utc(timestamp) => zoned.timestamp() <= timestamp,
        }
    }
}

/// A rule. Empty lists stand for parts that are not there.
#[derive(Clone, Debug)]
pub struct Rule {
    pub frequency: Frequency,
    /// At least 1.
    pub interval: u32,
    pub count: Option<u32>,
    pub until: Option<Until>,
    pub seconds: Vec<i16>,
    pub minutes: Vec<i16>,
    pub hours: Vec<i16>,
    /// With the number of the day in the month or year, negative from its end; 0 for each.
    pub weekdays: Vec<(i16, Weekday)>,
    pub month_days: Vec<i16>,
    pub year_days: Vec<i16>,
    pub weeks: Vec<i16>,
    pub months: Vec<i16>,
    pub positions: Vec<i16>,
    pub week_start: Weekday,
}

impl Rule {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,FR`, in any case, with or without `RRULE:`.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("a recurrence rule of at most {MAX_BYTES} bytes"));
        }
        let text = text.trim_ascii().to_ascii_uppercase();
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            seconds: vec![],
            minutes: vec![],
            hours: vec![],
            weekdays: vec![],
            month_days: vec![],
            year_days: vec![],
            weeks: vec![],
            months: vec![],
            positions: vec![],
            week_start: Weekday::Monday,
        };
        let mut known: Vec<&str> = vec![];
        for part in text.strip_prefix("RRULE:").unwrap_or(&text).split(';') {
            let (name, value) = part.split_once('=').ok_or("a recurrence rule such as `FREQ=WEEKLY;BYDAY=MO,FR`")?;
            if known.contains(&name) {
                return Err(format!("a recurrence rule with `{name}` once"));
            }
            known.push(name);
            rule.part(name, value).ok_or_else(|| expected(name))?;
        }
        rule.check(&known)
    }

    fn part(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "FREQ" => self.frequency = frequency(value)?,
            "INTERVAL" => self.interval = value.parse().ok().filter(|interval| (1..=1_000_000).contains(interval))?,
            "COUNT" => self.count = Some(value.parse().ok().filter(|count| *count > 0)?),
            "UNTIL" => self.until = Some(until(value)?),
            "BYSECOND" => self.seconds = numbers(value, 0, 59, false)?,
            "BYMINUTE" => self.minutes = numbers(value, 0, 59, false)?,
            "BYHOUR" => self.hours = numbers(value, 0, 23, false)?,
            "BYDAY" => self.weekdays = value.split(',').map(numbered_weekday).collect::<Option<_>>()?,
            "BYMONTHDAY" => self.month_days = numbers(value, 1, 31, true)?,
            "BYYEARDAY" => self.year_days = numbers(value, 1, 366, true)?,
            "BYWEEKNO" => self.weeks = numbers(value, 1, 53, true)?,
            "BYMONTH" => self.months = numbers(value, 1, 12, false)?,
            "BYSETPOS" => self.positions = numbers(value, 1, 366, true)?,
            "WKST" => self.week_start = weekday(value)?,
            _ => return None,
        }
        Some(())
    }

    /// Which parts don't go together.
    fn check(self, known: &[&str]) -> Result<Self, String> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};
        let refuse = |what: &str| Err(["a recurrence rule ", what].concat());
        let has = |name: &str| known.contains(&name);
        if !has("FREQ") {
            return refuse("with `FREQ`");
        }
        if has("COUNT") && has("UNTIL") {
            return refuse("with either `COUNT` or `UNTIL`");
        }
        let is_numbered = self.weekdays.iter().any(|(number, _)| *number != 0);
        if is_numbered && (self.frequency < Monthly || has("BYWEEKNO")) {
            return refuse("with numbered days in `BYDAY` only if it is monthly or yearly and without `BYWEEKNO`");
        }
        if has("BYWEEKNO") && self.frequency != Yearly {
            return refuse("with `BYWEEKNO` only if it is yearly");
        }
        if has("BYYEARDAY") && matches!(self.frequency, Daily | Weekly | Monthly) {
            return refuse("with `BYYEARDAY` only if it is not daily, weekly or monthly");
        }
        if has("BYMONTHDAY") && self.frequency == Weekly {
            return refuse("with `BYMONTHDAY` only if it is not weekly");
        }
        if has("BYSETPOS") && !known.iter().any(|name| name.starts_with("BY") && *name != "BYSETPOS") {
            return refuse("with `BYSETPOS` only beside another `BY…`");
        }
        Ok(self)
    }

    /// With what the start says where the rule says nothing.
    pub fn completed(mut self, start: DateTime) -> Self {
        let by_day = [&self.weeks, &self.year_days, &self.month_days].iter().any(|list| !list.is_empty());
        if !by_day && self.weekdays.is_empty() {
            match self.frequency {
                Frequency::Yearly => {
                    if self.months.is_empty() {
                        self.months.push(start.month().into());
                    }
                    self.month_days.push(start.day().into());
                }
                Frequency::Monthly => self.month_days.push(start.day().into()),
                Frequency::Weekly => self.weekdays.push((0, start.weekday())),
                _ => {}
            }
        }
        let clock = [
            (Frequency::Hourly, &mut self.hours, start.hour()),
            (Frequency::Minutely, &mut self.minutes, start.minute()),
            (Frequency::Secondly, &mut self.seconds, start.second()),
        ];
        for (frequency, list, value) in clock {
            if list.is_empty() && self.frequency > frequency {
                list.push(value.into());
            }
        }
        self
    }
}

/// What is right for a part.
fn expected(name: &str) -> String {
    let what = match name {
        "FREQ" => "`SECONDLY`, `MINUTELY`, `HOURLY`, `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`",
        "INTERVAL" => "an integer from 1 to 1000000",
        "COUNT" => "an integer from 1 on",
        "UNTIL" => "a time such as `20241231`, `20241231T235959` or `20241231T235959Z`",
        "BYSECOND" | "BYMINUTE" => "integers from 0 to 59 with commas between",
        "BYHOUR" => "integers from 0 to 23 with commas between",
        "BYDAY" => "days such as `MO`, `1MO` or `-1MO` with commas between",
        "BYMONTHDAY" => "integers from 1 to 31 or -1 to -31 with commas between",
        "BYYEARDAY" | "BYSETPOS" => "integers from 1 to 366 or -1 to -366 with commas between",
        "BYWEEKNO" => "integers from 1 to 53 or -1 to -53 with commas between",
        "BYMONTH" => "integers from 1 to 12 with commas between",
        "WKST" => "a day such as `MO`",
        _ => {
            let shown: String = name.chars().take(20).collect();
            return format!("a recurrence rule without `{shown}`");
        }
    };
    format!("a recurrence rule whose `{name}` is {what}")
}

fn frequency(text: &str) -> Option<Frequency> {
    Some(match text {
        "SECONDLY" => Frequency::Secondly,
        "MINUTELY" => Frequency::Minutely,
        "HOURLY" => Frequency::Hourly,
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

fn numbered_weekday(text: &str) -> Option<(i16, Weekday)> {
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let number = if number.is_empty() { 0 } else { *numbers(number, 1, 53, true)?.first()? };
    Some((number, weekday(name)?))
}

/// A list in order, each once. With `signed` the negatives, too.
fn numbers(text: &str, least: i16, most: i16, signed: bool) -> Option<Vec<i16>> {
    let one = |text: &str| {
        let number: i16 = text.parse().ok()?;
        let size = if signed { number.checked_abs()? } else { number };
        (least..=most).contains(&size).then_some(number)
    };
    let mut list = text.split(',').map(one).collect::<Option<Vec<_>>>()?;
    list.sort_unstable();
    list.dedup();
    Some(list)
}

/// `20241231`, `20241231T235959` or `20241231T235959Z`.
fn until(text: &str) -> Option<Until> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if date.len() != 8 || !digits(date) {
        return None;
    }
    let date = Date::new(date[..4].parse().ok()?, date[4..6].parse().ok()?, date[6..].parse().ok()?).ok()?;
    let Some(time) = time else { return Some(Until::Date(date)) };
    let (time, is_utc) = time.strip_suffix('Z').map_or((time, false), |time| (time, true));
    if time.len() != 6 || !digits(time) {
        return None;
    }
    let part = |at: usize| time[at..at + 2].parse().ok();
    let time = jiff::civil::Time::new(part(0)?, part(2)?, part(4)?, 0).ok()?;
    let local = date.to_datetime(time);
    if !is_utc {
        return Some(Until::Local(local));
    }
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| Until::Utc(zoned.timestamp()))
}
