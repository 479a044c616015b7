//! Examples of PostgreSQL's and Temporal's documentation, and laws that hold for any time.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

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
