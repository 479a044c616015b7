//! What is made has the promised form, and a seed always makes the same.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        other => panic!("{other:?} is no error"),
    }
}

#[test]
fn a_seed_always_makes_the_same() {
    for seed in [i64::MIN, -1, 0, 1, 2, i64::MAX] {
        let seed = [Value::from(seed)];
        for make in [
            call::<crate::name_of>,
            call::<crate::email_of>,
            call::<crate::phone_of>,
            call::<crate::job_of>,
            call::<crate::company_of>,
            call::<crate::address_of>,
            call::<crate::word_of>,
            call::<crate::sentence_of>,
            call::<crate::paragraph_of>,
            call::<crate::boolean_of>,
            call::<crate::uuid_of>,
            call::<crate::ipv4_of>,
            call::<crate::color_of>,
        ] {
            assert!(make(&seed).is_ok());
            assert_eq!(make(&seed), make(&seed));
        }
    }
    let names: std::collections::BTreeSet<String> =
        (0..1000_i64).map(|seed| text(call::<crate::name_of>(&[seed.into()]))).collect();
    assert!(names.len() > 900, "{}", names.len());
}

#[test]
fn a_person_is_one() {
    for seed in 0..100_i64 {
        let seed = [Value::from(seed)];
        let (first, last) = (text(call::<crate::first_name_of>(&seed)), text(call::<crate::last_name_of>(&seed)));
        assert_eq!(text(call::<crate::name_of>(&seed)), format!("{first} {last}"));
        let email = text(call::<crate::email_of>(&seed));
        assert!(email.starts_with(&format!("{first}.{last}").to_lowercase()) && email.contains("example"), "{email}");
        assert!(text(call::<crate::username_of>(&seed)).contains(&last.to_lowercase()));
        assert!(text(call::<crate::address_of>(&seed)).ends_with(&text(call::<crate::city_of>(&seed))));
    }
}

#[test]
fn numbers_are_in_range_and_even() {
    let mut counts = [0; 6];
    for seed in 0..6000_i64 {
        let Ok(Value::Integer(die)) = call::<crate::integer_of>(&[1.into(), 6.into(), seed.into()]) else { panic!() };
        counts[usize::try_from(die - 1).unwrap_or(9)] += 1;
        let Ok(Value::Real(real)) = call::<crate::real_of>(&[(-1.5).into(), 2.into(), seed.into()]) else { panic!() };
        assert!((-1.5..=2.0).contains(&real));
    }
    // Chi squared with 5 degrees of freedom is below 20.5 in 999 of 1000 cases.
    let squared: f64 = counts.iter().map(|count| (f64::from(*count) - 1000.0).powi(2) / 1000.0).sum();
    assert!(squared < 20.5, "{counts:?}");
    assert_eq!(call::<crate::integer_of>(&[7.into(), 7.into(), 1.into()]), Ok(7.into()));
    assert!(call::<crate::integer_of>(&[i64::MIN.into(), i64::MAX.into(), 1.into()]).is_ok());
    assert!(
        message(call::<crate::integer_of>(&[2.into(), 1.into(), 1.into()]))
            .contains("argument 2 must be at least argument 1")
    );
    assert!(call::<crate::real_of>(&[f64::MIN.into(), f64::MAX.into(), 1.into()]).is_err());
    assert!(call::<crate::real_of>(&[2.into(), 1.into(), 1.into()]).is_err());
}

#[test]
fn texts_have_their_form() {
    for seed in 0..200_i64 {
        let sentence = text(call::<crate::sentence_of>(&[seed.into()]));
        let words = sentence.split(' ').count();
        assert!((5..=14).contains(&words) && sentence.ends_with('.') && !sentence.ends_with(",."), "{sentence}");
        assert!(sentence.starts_with(|first: char| first.is_ascii_uppercase()), "{sentence}");
        assert!((3..=7).contains(&text(call::<crate::paragraph_of>(&[seed.into()])).matches('.').count()));
        let uuid = text(call::<crate::uuid_of>(&[seed.into()]));
        assert!(uuid.len() == 36 && &uuid[14..15] == "4" && "89ab".contains(&uuid[19..20]), "{uuid}");
        let pattern = text(call::<crate::pattern_of>(&["##-??-*-\\#é\\".into(), seed.into()]));
        assert!(pattern[..2].bytes().all(|byte| byte.is_ascii_digit()) && pattern.ends_with("-#é"), "{pattern}");
    }
    assert_eq!(text(call::<crate::words_of>(&[3.into(), 1.into()])).split(' ').count(), 3);
    assert_eq!(text(call::<crate::words_of>(&[0.into(), 1.into()])), "");
    assert!(message(call::<crate::words_of>(&[(-1).into(), 1.into()])).contains("argument 1 must be from 0 to 100000"));
    assert!(call::<crate::words_of>(&[100_001.into(), 1.into()]).is_err());
    assert!(call::<crate::pattern_of>(&["#".repeat(100_001).as_str().into(), 1.into()]).is_err());
}

#[test]
fn dates_are_in_range() {
    let date = |from: &str, to: &str, seed: i64| call::<crate::date_of>(&[from.into(), to.into(), seed.into()]);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let day = text(date("2024-02-27", "2024-03-02", seed));
        assert!(("2024-02-27"..="2024-03-02").contains(&day.as_str()), "{day}");
        seen.insert(day);
        let moment = text(call::<crate::datetime_of>(&["2024-02-29".into(), "2024-02-29".into(), seed.into()]));
        assert!(moment.starts_with("2024-02-29 ") && moment.len() == 19, "{moment}");
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(date("0000-01-01", "0000-01-01", 1), Ok("0000-01-01".into()));
    assert!(
        message(date("2024-02-30", "2024-03-02", 1))
            .contains("argument 1 is no date: `2024-02-30`, expected `YYYY-MM-DD`")
    );
    assert!(message(date("2024-03-02", "2024-03-01", 1)).contains("argument 2 must be no earlier than argument 1"));
}

#[test]
fn picks() {
    let pick = |list: &str, seed: i64| call::<crate::pick_of>(&[list.into(), seed.into()]);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        seen.insert(format!("{:?}", pick(r#"["a", 1, 1.5, true, null, [2], {"b": 3}]"#, seed)));
    }
    assert_eq!(seen.len(), 6, "1 and true are both 1: {seen:?}");
    assert!(message(pick("[]", 1)).contains("it is empty"));
    assert!(message(pick("{}", 1)).contains("argument 1 is no JSON array with elements"));
    assert!(message(pick("[1", 1)).contains("argument 1 is no JSON array with elements"));
}

/// On this machine there is no host to ask for randomness.
#[test]
fn without_a_seed_it_takes_randomness() {
    assert!(call::<crate::name>(&[]).is_err());
    assert!(call::<crate::integer>(&[1.into(), 2.into()]).is_err());
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::name_of>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::integer_of>(&[1.into(), Value::Null, 1.into()]), Ok(Value::Null));
    assert_eq!(
        message(call::<crate::name_of>(&["1".into()])),
        "function `fake_name`: argument 1 must be an integer, found text"
    );
}
