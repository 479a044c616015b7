//! Cron patterns: five fields, or six with seconds first, or seven with the year last.
//!
//! Source: <https://docs.rs/croner/4.0.3/croner/> · <https://man7.org/linux/man-pages/man5/crontab.5.html>

use croner::Cron;
use croner::errors::CronError;
use sqlink_guest::Error;

use crate::moment::{Form, Moment};
use crate::wrong;

/// The longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1000;

/// A parsed pattern, and the function it is for.
pub struct Schedule<'a> {
    cron: Cron,
    function: &'a str,
}

/// The pattern, which is the first argument of `function`.
///
/// # Errors
/// If it is none.
pub fn parse<'a>(function: &'a str, pattern: &str) -> Result<Schedule<'a>, Error> {
    let cron = (pattern.len() <= MAX_PATTERN_BYTES).then(|| pattern.parse::<Cron>().ok()).flatten();
    match cron {
        Some(cron) => Ok(Schedule { cron, function }),
        None => Err(wrong(function, 1, "a cron pattern such as `30 4 * * MON-FRI`", pattern)),
    }
}

impl Schedule<'_> {
    pub fn next(&self, after: Moment) -> Result<Option<Moment>, Error> {
        let found = self.cron.find_next_occurrence(&after.zoned, false);
        self.found(found, after.form)
    }

    pub fn previous(&self, before: Moment) -> Result<Option<Moment>, Error> {
        let found = self.cron.find_previous_occurrence(&before.zoned, false);
        self.found(found, before.form)
    }

    pub fn matches(&self, moment: &Moment) -> Result<bool, Error> {
        self.cron.is_time_matching(&moment.zoned).map_err(|error| self.failed(&error))
    }

    fn found(&self, found: Result<jiff::Zoned, CronError>, form: Form) -> Result<Option<Moment>, Error> {
        match found {
            Ok(zoned) => {
                // A pattern is of times, so a date alone does not stay one.
                let form = if form == Form::Date { Form::Local } else { form };
                Ok(Some(Moment { zoned, form }))
            }
            Err(CronError::TimeSearchLimitExceeded) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &CronError) -> Error {
        Error::new(Error::ERROR, ["function `", self.function, "`: ", &error.to_string()].concat())
    }
}
