//! Examples of PostgreSQL's and Temporal's documentation, and laws that hold for any time.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{call, table_function};

use crate::field::Field;
use crate::moment::{Form, Moment, Time};
use crate::{cron, span, zone};

const TIMES: [&str; 10] = [
    "2024-02-29",
    "2024-07-01 12:34:56.789",
    "1969-12-31 23:59:59.999999999",
    "-009999-01-03 00:00",
    "9999-12-30",
    "0001-01-01",
    "0000-12-31 12:00",
    "2024-03-31T02:30:00+01:00",
    "2024-10-27T02:30:00[Europe/Warsaw]",
    "2018-11-04T01:00-02:00[America/Sao_Paulo]",
];

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        Ok(value) => panic!("{value:?} is no error"),
    }
}

fn read(text: &str) -> Moment {
    match Time::Text(text).read("f", 1) {
        Ok(moment) => moment,
        Err(error) => panic!("{}", error.message()),
    }
}

#[test]
fn what_is_written_is_read_again() {
    for time in TIMES {
        let moment = read(time);
        let again = read(&moment.text());
        assert_eq!(again.zoned.timestamp(), moment.zoned.timestamp(), "{time}");
        assert_eq!(again.form, moment.form, "{time}");
    }
}

#[test]
fn forms() {
    assert_eq!(read("2024-07-01").text(), "2024-07-01");
    assert_eq!(read("2024-07-01 00:00").text(), "2024-07-01 00:00:00");
    assert_eq!(read(" 2024-07-01T12:30:15.250Z ").text(), "2024-07-01 12:30:15.25+00:00");
    assert_eq!(read("2024-07-01T12:30[Europe/Warsaw]").text(), "2024-07-01 12:30:00+02:00");
    let number = |time: Time<'_>| time.read("f", 1).map(|moment| moment.text()).map_err(|error| error.code());
    assert_eq!(number(Time::Integer(0)).as_deref(), Ok("1970-01-01 00:00:00"));
    // SELECT julianday('2024-07-01 12:34:56.789')
    assert_eq!(number(Time::Real(2_460_493.024_268_39)).as_deref(), Ok("2024-07-01 12:34:56.789"));
    for bad in [f64::NAN, f64::INFINITY, f64::MIN, 1e9, -1e9] {
        assert_eq!(number(Time::Real(bad)), Err(Error::ERROR), "{bad}");
    }
    for bad in [i64::MIN, i64::MAX] {
        assert_eq!(number(Time::Integer(bad)), Err(Error::ERROR), "{bad}");
    }
}

#[test]
fn truncating_goes_back_and_twice_is_once() {
    for time in TIMES {
        let zoned = read(time).zoned;
        for (name, field) in Field::TRUNCATING {
            let Ok(once) = field.truncate(&zoned) else {
                // The beginning is before the first year that there is.
                assert!(zoned.year() < -9000, "{time} {name}");
                continue;
            };
            assert!(once <= zoned, "{time} {name}");
            assert_eq!(field.truncate(&once).ok(), Some(once.clone()), "{time} {name}");
            assert_eq!(field.boundaries(&once, &zoned), 0, "{time} {name}");
        }
    }
}

#[test]
fn differences_are_antisymmetric_and_bounded_by_boundaries() {
    for a in TIMES {
        for b in TIMES {
            let start = read(a).zoned;
            let end = read(b).zoned.with_time_zone(start.time_zone().clone());
            for (name, field) in Field::TRUNCATING {
                let crossed = field.boundaries(&start, &end);
                let Ok(whole) = field.whole(&start, &end) else {
                    // More nanoseconds and the like than an integer holds.
                    continue;
                };
                assert!(if end >= start { whole >= 0 } else { whole <= 0 }, "{a} {b} {name}");
                assert!((crossed - whole).abs() <= 1, "{a} {b} {name}: {crossed} {whole}");
            }
        }
    }
}

#[test]
fn documentation_of_postgresql() {
    let part = |field: &str| call::<crate::date_part>(&[field.into(), "2001-02-16 20:38:40.12".into()]);
    let integer = |value: i64| Ok(Value::Integer(value));
    assert_eq!(part("century"), integer(21));
    assert_eq!(part("decade"), integer(200));
    assert_eq!(part("dow"), integer(5));
    assert_eq!(part("doy"), integer(47));
    assert_eq!(part("milliseconds"), Ok(Value::Real(40_120.0)));
    assert_eq!(part("quarter"), integer(1));
    assert_eq!(part("WEEK"), integer(7));
    let trunc = |field: &str| text(call::<crate::date_trunc>(&[field.into(), "2001-02-16 20:38:40".into()]));
    assert_eq!(trunc("hour"), "2001-02-16 20:00:00");
    assert_eq!(trunc("year"), "2001-01-01 00:00:00");
    assert_eq!(trunc("century"), "2001-01-01 00:00:00");
}

#[test]
fn clocks_that_are_changed() {
    let utc = |local: &str, policy: &str| {
        call::<crate::from_timezone>(&[local.into(), "America/New_York".into(), policy.into()])
    };
    assert_eq!(text(utc("2024-03-10 02:30", "compatible")), "2024-03-10 07:30:00");
    assert_eq!(text(utc("2024-03-10 02:30", "earlier")), "2024-03-10 06:30:00");
    assert_eq!(text(utc("2024-11-03 01:30", "compatible")), "2024-11-03 05:30:00");
    assert_eq!(text(utc("2024-11-03 01:30", "later")), "2024-11-03 06:30:00");
    assert!(message(utc("2024-11-03 01:30", "reject")).starts_with("function `from_timezone`: "));
    assert!(message(utc("2024-11-03 01:30", "other")).contains("argument 3 must be `compatible`"));
}

#[test]
fn zones_are_found_and_kept() {
    for name in ["UTC", "europe/warsaw", "+05:30", "-00:30", "EST5EDT,M3.2.0,M11.1.0"] {
        for _ in 0..2 {
            assert!(zone::named("f", 1, name).is_ok(), "{name}");
        }
    }
    // More than are kept, and again from the first.
    for round in 0..2 {
        for hour in 0..20 {
            let name = format!("+{hour:02}:00");
            assert!(zone::named("f", 1, &name).is_ok(), "{round} {name}");
        }
    }
    for name in ["", " ", "Europe", "+99:00", "\0", "[Europe/Warsaw]", &"x".repeat(10_000)] {
        assert!(zone::named("f", 1, name).is_err(), "{name}");
    }
}

#[test]
fn durations() {
    let total = |duration: &str, unit: &str, relative: Value| {
        call::<crate::duration_total>(&[duration.into(), unit.into(), relative])
    };
    assert_eq!(total("P1M", "day", "2023-02-01".into()), Ok(Value::Real(28.0)));
    assert_eq!(total("P1D", "hour", Value::Null), Ok(Value::Real(24.0)));
    assert!(total("P1M", "day", Value::Null).is_err());
    for bad in ["", "P", "PT", "1", "P1Y2", "soon", "P1H", "P99999Y", "--P1D", "1 yearling"] {
        assert!(span::parse("f", 1, bad).is_err(), "{bad}");
    }
    // Adding what lies between gives the end.
    for a in TIMES {
        for b in TIMES {
            for largest in ["year", "month", "day", "hour"] {
                let between = call::<crate::duration_between>(&[a.into(), b.into(), largest.into()]);
                let sum = between.and_then(|between| call::<crate::date_add>(&[a.into(), between]));
                let Ok(Value::Text(sum)) = sum else {
                    // On the way it may come past the first or the last day that there is.
                    assert!([a, b].iter().any(|time| time.contains("999-")), "{a} {b}");
                    continue;
                };
                assert_eq!(read(&sum).zoned.timestamp(), read(b).zoned.timestamp(), "{a} {b} {largest}");
            }
        }
    }
}

#[test]
fn cron_patterns() {
    let next = |pattern: &str, time: &str| {
        let schedule = cron::parse("f", pattern)?;
        Ok::<_, Error>(schedule.next(read(time))?.map(|moment| moment.text()))
    };
    assert_eq!(next("0 0 29 2 *", "2024-02-29"), Ok(Some("2028-02-29 00:00:00".to_owned())));
    assert_eq!(next("0 0 31 4 *", "2024-01-01"), Ok(None));
    assert_eq!(next("* * * * *", "9999-12-30"), Ok(None));
    for bad in ["", "*", "* * * *", "60 * * * *", "* * * * 8", "a b c d e", "*/0 * * * *", "\0", &"* ".repeat(1000)] {
        assert!(cron::parse("f", bad).is_err(), "{bad:?}");
    }
    for time in TIMES {
        for pattern in ["* * * * *", "0 0 1 1 *", "30 2 * * *"] {
            let Ok(schedule) = cron::parse("f", pattern) else { panic!("{pattern}") };
            let moment = read(time);
            let later = schedule.next(moment.clone());
            assert!(later.is_ok(), "{time} {pattern}");
            if let Ok(Some(later)) = later {
                assert!(later.zoned > moment.zoned, "{time} {pattern}");
                assert_eq!(schedule.matches(&later), Ok(true), "{time} {pattern}");
                assert_ne!(later.form, Form::Date);
            }
            assert!(schedule.previous(moment).is_ok(), "{time} {pattern}");
        }
    }
}

#[test]
fn formats() {
    let parse = |text: &str, format: &str| call::<crate::try_strptime>(&[text.into(), format.into()]);
    assert_eq!(text(parse("2024-07-01 14:00 +0200", "%Y-%m-%d %H:%M %z")), "2024-07-01 14:00:00+02:00");
    assert_eq!(text(parse("1 July 2024", "%d %B %Y")), "2024-07-01");
    for (bad, format) in [("", "%Y"), ("12:30", "%H:%M"), ("2024", "%Y"), ("x", "%"), ("x", "%!"), ("2024-02-30", "%F")]
    {
        assert_eq!(parse(bad, format), Ok(Value::Null), "{bad} {format}");
    }
    for time in TIMES {
        for format in ["%c", "%Y %q", "%%", "%", "%999999999Y", "%A %Q %N %s", ""] {
            // Whatever it gives, it does not panic and is no longer than it should be.
            if let Ok(Value::Text(text)) = call::<crate::format_time>(&[time.into(), format.into()]) {
                assert!(text.len() < 1000, "{time} {format}");
            }
        }
    }
}

#[test]
fn errors_name_the_argument() {
    assert_eq!(
        message(call::<crate::at_timezone>(&["now".into(), "UTC".into()])),
        "function `at_timezone`: argument 1 must be a time such as `2024-07-01 12:30:00` or `2024-07-01`, found `now`"
    );
    assert_eq!(
        message(call::<crate::date_diff>(&["day".into(), 0.into(), "x".into()])),
        "function `date_diff`: argument 3 must be a time such as `2024-07-01 12:30:00` or `2024-07-01`, found `x`"
    );
    assert_eq!(
        message(call::<crate::date_trunc>(&["day".into(), Value::Blob(vec![])])),
        "function `date_trunc`: argument 2 must be a time: text, an integer or a real, found blob"
    );
    assert_eq!(call::<crate::date_trunc>(&["day".into(), Value::Null]), Ok(Value::Null));
}

fn occurrences(rule: &str, start: &str, zone: &str, count: usize) -> Vec<String> {
    let start = Time::Text(start).read("f", 1).unwrap();
    let form = start.form;
    let start = if zone.is_empty() { start } else { start.at(zone::named("f", 1, zone).unwrap()) };
    let form = if zone.is_empty() { form } else { start.form };
    let found = crate::recur("f", rule, &start).unwrap();
    found.take(count).map(|zoned| Moment { zoned: zoned.unwrap(), form }.text()).collect()
}

/// RFC 5545, section 3.8.5.3.
#[test]
fn rules_of_rfc_5545() {
    let at = "1997-09-02 09:00:00";
    for (rule, start, expected) in [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "1997-09-29 09:00:00", "09-30 10-31 11-28 12-31"),
        ("FREQ=MONTHLY;BYDAY=1SU,-1SU", "1997-09-07 09:00:00", "09-07 09-28 10-05 10-26 11-02 11-30"),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19 09:00:00", "05-19 05-18 05-17"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12 09:00:00", "05-12 05-11 05-17"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", at, "02-13 03-13 11-13 08-13 10-13"),
        ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13 09:00:00", "09-13 10-11 11-08 12-13"),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05 09:00:00",
            "11-05 11-07 11-02",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05 09:00:00", "08-05 08-10 08-19 08-24"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05 09:00:00", "08-05 08-17 08-19 08-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15 09:00:00", "01-15 01-30 02-15 03-15 03-30"),
        (
            "rrule:freq=yearly;interval=3;count=5;byyearday=1,100,200",
            "1997-01-01 09:00:00",
            "01-01 04-10 07-19 01-01 04-09",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28 09:00:00", "09-28 10-29 11-28 12-29 01-29 02-26"),
        ("FREQ=DAILY;UNTIL=19970904T090000Z", at, "09-02 09-03 09-04"),
        ("FREQ=DAILY;UNTIL=19970904", at, "09-02 09-03 09-04"),
        ("FREQ=DAILY;UNTIL=19970904T085959", at, "09-02 09-03"),
    ] {
        let expected: Vec<_> = expected.split(' ').collect();
        let more = usize::from(rule.contains("COUNT=") || rule.contains("UNTIL="));
        let found = occurrences(rule, start, "", expected.len() + more);
        let days: Vec<_> = found.iter().map(|text| text.split_at(5).1.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(days, expected, "{rule}");
    }
    let quarter = occurrences("FREQ=HOURLY;UNTIL=19970902T170000;INTERVAL=3", at, "", 9);
    assert_eq!(quarter, ["1997-09-02 09:00:00", "1997-09-02 12:00:00", "1997-09-02 15:00:00"]);
    let twenty = occurrences("FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20,40", at, "", 7);
    assert_eq!(twenty[5..], ["1997-09-02 10:40:00", "1997-09-03 09:00:00"]);
    assert_eq!(occurrences("FREQ=MINUTELY;INTERVAL=90;COUNT=4", at, "", 9)[3], "1997-09-02 13:30:00");
}

#[test]
fn recurrence_in_zones() {
    // 02:30 is left out on 31 March 2024 in Warsaw, and shown twice on 27 October.
    assert_eq!(
        occurrences("FREQ=DAILY", "2024-03-30 01:30:00", "Europe/Warsaw", 3),
        ["2024-03-30 02:30:00+01:00", "2024-03-31 03:30:00+02:00", "2024-04-01 02:30:00+02:00"]
    );
    assert_eq!(
        occurrences("FREQ=HOURLY", "2024-10-26 23:30:00", "Europe/Warsaw", 3),
        ["2024-10-27 01:30:00+02:00", "2024-10-27 02:30:00+02:00", "2024-10-27 03:30:00+01:00"]
    );
    assert_eq!(occurrences("FREQ=YEARLY", "2024-02-29", "", 2), ["2024-02-29", "2028-02-29"]);
}

#[test]
fn recurrence_ends() {
    assert_eq!(occurrences("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2024-01-01", "", 1), <[String; 0]>::default());
    assert_eq!(occurrences("FREQ=YEARLY;INTERVAL=1000000", "2024-01-01", "", 9), ["2024-01-01"]);
    // The last whole day that is one in every zone.
    assert_eq!(occurrences("FREQ=DAILY", "9999-12-29", "", 9), ["9999-12-29", "9999-12-30"]);
    let start = Time::Text("2024-01-01 00:00:00").read("f", 1).unwrap();
    let mut never = crate::recur("f", "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1", &start).unwrap();
    assert_eq!(never.next().and_then(Result::err).map(|error| error.code()), Some(Error::TOOBIG));
    assert!(never.next().is_none());
    let all = "FREQ=SECONDLY;BYMONTH=12;BYMONTHDAY=31;BYHOUR=23;BYMINUTE=59;BYSECOND=59";
    assert_eq!(occurrences(all, "2024-01-01", "", 2), ["2024-12-31 23:59:59", "2025-12-31 23:59:59"]);
}

#[test]
fn what_is_no_rule() {
    for (rule, expected) in [
        ("", "a recurrence rule such as `FREQ=WEEKLY;BYDAY=MO,FR`"),
        ("INTERVAL=2", "a recurrence rule with `FREQ`"),
        ("FREQ=FORTNIGHTLY", "a recurrence rule whose `FREQ` is `SECONDLY`"),
        ("FREQ=DAILY;FREQ=DAILY", "a recurrence rule with `FREQ` once"),
        ("FREQ=DAILY;INTERVAL=0", "a recurrence rule whose `INTERVAL` is an integer from 1"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20240101", "with either `COUNT` or `UNTIL`"),
        ("FREQ=DAILY;UNTIL=20241301", "a recurrence rule whose `UNTIL` is a time such as `20241231`"),
        ("FREQ=DAILY;UNTIL=ääää", "a recurrence rule whose `UNTIL` is a time"),
        ("FREQ=DAILY;BYHOUR=24", "a recurrence rule whose `BYHOUR` is integers from 0 to 23"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "a recurrence rule whose `BYMONTHDAY` is integers from 1 to 31"),
        ("FREQ=MONTHLY;BYDAY=ä", "a recurrence rule whose `BYDAY` is days"),
        ("FREQ=MONTHLY;BYDAY=0MO", "a recurrence rule whose `BYDAY` is days"),
        ("FREQ=MONTHLY;BYSETPOS=-32768", "a recurrence rule whose `BYSETPOS` is integers"),
        ("FREQ=WEEKLY;BYDAY=1MO", "with numbered days in `BYDAY` only if it is monthly or yearly"),
        ("FREQ=DAILY;BYEASTER=1", "a recurrence rule without `BYEASTER`"),
        ("FREQ=DAILY;BYSETPOS=1", "with `BYSETPOS` only beside another"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "with `BYWEEKNO` only if it is yearly"),
    ] {
        let error = table_function::<crate::rrule_each>(&[rule.into(), "2024-01-01".into()]).unwrap_err();
        assert!(error.message().starts_with("function `rrule`: argument 1 must be a recurrence rule "), "{error:?}");
        assert!(error.message().contains(expected), "{rule}: {error:?}");
    }
    assert_eq!(call::<crate::rrule_next>(&["FREQ=DAILY".into(), "2024-01-01".into(), Value::Null]), Ok(Value::Null));
}
