//! When a recurrence rule says that something happens.
//!
//! A period of the rule's frequency has days and times of day; the rule's parts say which of them, and the occurrences are their
//! product. It is computed on the clocks of the start's zone, and only the result becomes a moment.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};
use sqlink_guest::Error;

use crate::rrule::{Frequency, Rule};

/// How many periods without an occurrence follow one another before the search is given up: 270 years of days.
/// A million would use up the fuel that the native host gives a call.
const MAX_EMPTY: u32 = 100_000;

/// The occurrences of a rule, in order.
pub struct Occurrences {
    rule: Rule,
    zone: TimeZone,
    start: DateTime,
    /// Where the period begins that is looked at next; none after the year 9999.
    period: Option<DateTime>,
    /// The times of day of every period, if it is of a day or longer.
    times: Vec<Time>,
    found: Found,
    /// How many came.
    number: u32,
    last: Option<Zoned>,
}

/// The occurrences of one period.
#[derive(Default)]
struct Found {
    days: Vec<Date>,
    times: Vec<Time>,
    /// Which of the products, if `BYSETPOS` chooses.
    chosen: Option<Vec<usize>>,
    next: usize,
}

impl Found {
    fn next(&mut self) -> Option<DateTime> {
        let index = match &self.chosen {
            Some(chosen) => *chosen.get(self.next)?,
            None => self.next,
        };
        let day = self.days.get(index.checked_div(self.times.len())?)?;
        self.next += 1;
        Some(day.to_datetime(self.times[index % self.times.len()]))
    }
}

impl Occurrences {
    /// * `start` - the first possible occurrence, and what the rule says nothing about; to the second
    pub fn new(rule: Rule, start: &Zoned) -> Self {
        let local = start.datetime();
        let clock = Time::constant(local.hour(), local.minute(), local.second(), 0);
        let local = local.date().to_datetime(clock);
        let rule = rule.completed(local);
        let times = times(&rule.hours, &rule.minutes, &rule.seconds);
        let date = local.date();
        let period = match rule.frequency {
            Frequency::Yearly => Some(date.first_of_year().to_datetime(Time::midnight())),
            Frequency::Monthly => Some(date.first_of_month().to_datetime(Time::midnight())),
            Frequency::Weekly => {
                let back = i64::from(date.weekday().since(rule.week_start));
                add_days(date, -back).map(|date| date.to_datetime(Time::midnight()))
            }
            Frequency::Daily => Some(date.to_datetime(Time::midnight())),
            _ => Some(local),
        };
        let zone = start.time_zone().clone();
        Self { rule, zone, start: local, period, times, found: Found::default(), number: 0, last: None }
    }

    /// The next occurrence on the clocks, without regard to its end.
    fn next_local(&mut self) -> Result<Option<DateTime>, Error> {
        let mut empty = 0;
        loop {
            while let Some(local) = self.found.next() {
                if local >= self.start {
                    return Ok(Some(local));
                }
            }
            let Some(period) = self.period else { return Ok(None) };
            empty += 1;
            if empty > MAX_EMPTY {
                let message = "the recurrence rule has no occurrence in 100000 periods one after another";
                return Err(Error::new(Error::TOOBIG, message));
            }
            self.found = self.expand(period);
            self.period = self.after(period);
        }
    }

    /// The occurrences of the period that begins at `period`.
    fn expand(&self, period: DateTime) -> Found {
        let rule = &self.rule;
        let (date, time) = (period.date(), period.time());
        let length = match rule.frequency {
            Frequency::Yearly => i64::from(date.days_in_year()),
            Frequency::Monthly => i64::from(date.days_in_month()),
            Frequency::Weekly => 7,
            _ => 1,
        };
        let all = std::iter::successors(Some(date), |date| date.tomorrow().ok());
        let days: Vec<_> = (0..length).zip(all).map(|(_, date)| date).filter(|date| self.has_day(*date)).collect();
        let hour = [i16::from(time.hour())];
        let minute = [i16::from(time.minute())];
        let second = [i16::from(time.second())];
        let clock = match rule.frequency {
            _ if days.is_empty() || !self.has_clock(time) => return Found::default(),
            Frequency::Hourly => times(&hour, &rule.minutes, &rule.seconds),
            Frequency::Minutely => times(&hour, &minute, &rule.seconds),
            Frequency::Secondly => times(&hour, &minute, &second),
            _ => self.times.clone(),
        };
        let chosen = (!rule.positions.is_empty()).then(|| {
            let total = days.len() * clock.len();
            let index = |position: &i16| {
                let from_start = usize::from(position.unsigned_abs());
                if *position > 0 { Some(from_start - 1) } else { total.checked_sub(from_start) }
            };
            let mut chosen: Vec<_> = rule.positions.iter().filter_map(index).filter(|index| *index < total).collect();
            chosen.sort_unstable();
            chosen.dedup();
            chosen
        });
        Found { days, times: clock, chosen, next: 0 }
    }

    /// Whether the parts on days allow one.
    fn has_day(&self, date: Date) -> bool {
        let rule = &self.rule;
        let allows = |list: &[i16], value: i16, length: i16| {
            list.is_empty() || list.contains(&value) || list.contains(&(value - length - 1))
        };
        let (day, month_length) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let by_weekday = || {
            let (place, length) = if rule.frequency == Frequency::Yearly && rule.months.is_empty() {
                (date.day_of_year(), date.days_in_year())
            } else {
                (day, month_length)
            };
            rule.weekdays.is_empty()
                || rule.weekdays.iter().any(|(number, weekday)| {
                    *weekday == date.weekday()
                        && match number {
                            0 => true,
                            1.. => (place - 1) / 7 + 1 == *number,
                            _ => (length - place) / 7 + 1 == -number,
                        }
                })
        };
        (rule.months.is_empty() || rule.months.contains(&date.month().into()))
            && allows(&rule.month_days, day, month_length)
            && allows(&rule.year_days, date.day_of_year(), date.days_in_year())
            && by_weekday()
            && (rule.weeks.is_empty() || {
                let (week, length) = week(date, rule.week_start);
                allows(&rule.weeks, week, length)
            })
    }

    /// Whether the parts on the clock allow the time that a period shorter than a day begins at.
    fn has_clock(&self, time: Time) -> bool {
        let allows = |unit: Frequency, list: &[i16], value: i8| {
            self.rule.frequency > unit || list.is_empty() || list.contains(&value.into())
        };
        allows(Frequency::Hourly, &self.rule.hours, time.hour())
            && allows(Frequency::Minutely, &self.rule.minutes, time.minute())
            && allows(Frequency::Secondly, &self.rule.seconds, time.second())
    }

    /// Where the period after the one at `period` begins.
    fn after(&self, period: DateTime) -> Option<DateTime> {
        let interval = i64::from(self.rule.interval);
        let date = period.date();
        let months = |months: i64| {
            let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
            let year = i16::try_from(month.div_euclid(12)).ok()?;
            Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, 1).ok()
        };
        let unit = match self.rule.frequency {
            Frequency::Yearly => return months(12 * interval).map(|date| date.to_datetime(Time::midnight())),
            Frequency::Monthly => return months(interval).map(|date| date.to_datetime(Time::midnight())),
            Frequency::Weekly => return add_days(date, 7 * interval).map(|date| date.to_datetime(Time::midnight())),
            Frequency::Daily => return add_days(date, interval).map(|date| date.to_datetime(Time::midnight())),
            Frequency::Hourly => 3600,
            Frequency::Minutely => 60,
            Frequency::Secondly => 1,
        };
        // Over all of what can't have any: the rest of the day, hour or minute.
        let (hour, minute, second) = (period.hour(), period.minute(), period.second());
        let in_hour = i64::from(minute) * 60 + i64::from(second);
        let in_list = |list: &[i16], value: i8| list.is_empty() || list.contains(&value.into());
        let rest = if !self.has_day(date) {
            86_400 - i64::from(hour) * 3600 - in_hour
        } else if !in_list(&self.rule.hours, hour) {
            3600 - in_hour
        } else if self.rule.frequency < Frequency::Hourly && !in_list(&self.rule.minutes, minute) {
            60 - i64::from(second)
        } else {
            0
        };
        let step = interval * unit;
        let steps = (rest + step - 1).div_euclid(step).max(1);
        period.checked_add(SignedDuration::from_secs(step * steps)).ok()
    }
}

impl Iterator for Occurrences {
    type Item = Result<Zoned, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rule.count.is_some_and(|count| self.number >= count) {
            return None;
        }
        loop {
            let local = match self.next_local() {
                Ok(local) => local?,
                Err(error) => {
                    self.period = None;
                    return Some(Err(error));
                }
            };
            // Of an hour that the clocks show twice the first; what they leave out is as much later.
            let zoned = self.zone.to_ambiguous_zoned(local).compatible().ok()?;
            if self.last.as_ref().is_some_and(|last| *last >= zoned) {
                continue;
            }
            if self.rule.until.is_some_and(|until| !until.includes(&zoned)) {
                self.period = None;
                self.found = Found::default();
                return None;
            }
            self.number += 1;
            self.last = Some(zoned.clone());
            return Some(Ok(zoned));
        }
    }
}

fn add_days(date: Date, days: i64) -> Option<Date> {
    date.checked_add(SignedDuration::from_secs(days * 86_400)).ok()
}

/// All times of hours, minutes and seconds, in order.
fn times(hours: &[i16], minutes: &[i16], seconds: &[i16]) -> Vec<Time> {
    let part = |number: &i16| i8::try_from(*number).unwrap_or(0);
    let with_second =
        |hour: i8, minute: i8| seconds.iter().map(move |second| Time::constant(hour, minute, part(second), 0));
    let with_minute = |hour: i8| minutes.iter().flat_map(move |minute| with_second(hour, part(minute)));
    hours.iter().flat_map(|hour| with_minute(part(hour))).collect()
}

/// The number of the week that a day is in, and how many its year has. The first week is the first with four days in the year.
fn week(date: Date, start: Weekday) -> (i16, i16) {
    /// The first day of the first week of a year.
    fn first(year: i16, start: Weekday) -> Option<Date> {
        // The fourth of January is always in it.
        let fourth = Date::new(year, 1, 4).ok()?;
        add_days(fourth, -i64::from(fourth.weekday().since(start)))
    }
    let year = date.year();
    let found = [year + 1, year, year - 1].into_iter().find_map(|year| {
        let first = first(year, start).filter(|first| *first <= date)?;
        Some((year, first))
    });
    let Some((year, begin)) = found else { return (1, 52) };
    let days = |from: Date, to: Date| from.duration_until(to).as_secs() / 86_400;
    let number = i16::try_from(days(begin, date) / 7 + 1).unwrap_or(1);
    let length = first(year + 1, start).map_or(52, |next| i16::try_from(days(begin, next) / 7).unwrap_or(52));
    (number, length)
}
