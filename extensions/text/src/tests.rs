//! Examples of the Unicode Standard and its annexes, and laws that hold for any text.

use core::cmp::Ordering;

use sqlink_guest::prelude::*;
use sqlink_guest::testing::{call, compare};
use unicode_segmentation::UnicodeSegmentation;

use crate::collate::{natural, unicode_nocase};
use crate::form::Form;
use crate::{accents, graphemes};

const SAMPLES: [&str; 14] = [
    "",
    "plain",
    "Ünïcödé",
    "e\u{301}",
    "👩‍👩‍👧‍👦é🇵🇱🇩🇪",
    "a\r\nb\n",
    "한국어",
    "हिन्दी",
    "שָׁלוֹם",
    "ǅ ŉ ΐ ﬃ ẞ ß ſ",
    "ΣΊΣΥΦΟΣ ς",
    "İı",
    "\u{301}\u{200d}\u{0}",
    "q\u{307}\u{323} \u{1e9b}\u{323}",
];

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn forms_of_uax_15() {
    // Figure 6: U+1E9B U+0323.
    let text = "\u{1e9b}\u{323}";
    assert_eq!(Form::Nfc.normalize(text), "\u{1e9b}\u{323}");
    assert_eq!(Form::Nfd.normalize(text), "\u{17f}\u{323}\u{307}");
    assert_eq!(Form::Nfkc.normalize(text), "\u{1e69}");
    assert_eq!(Form::Nfkd.normalize(text), "s\u{323}\u{307}");
}

#[test]
fn a_normalized_text_stays_as_it_is() {
    for (name, form) in Form::ALL {
        for sample in SAMPLES {
            let once = form.normalize(sample);
            assert!(form.is_normalized(&once), "{name} {sample:?}");
            assert_eq!(form.normalize(&once), once, "{name} {sample:?}");
            assert_eq!(form.is_normalized(sample), once == *sample, "{name} {sample:?}");
        }
    }
}

#[test]
fn stripping_accents_twice_is_stripping_once() {
    for sample in SAMPLES {
        let once = accents::strip(sample);
        assert_eq!(accents::strip(&once), once, "{sample:?}");
        let slug = accents::slug(sample, "-");
        assert_eq!(accents::slug(&slug, "-"), slug, "{sample:?}");
    }
}

#[test]
fn every_cut_is_at_a_border_of_clusters() {
    for sample in SAMPLES {
        let clusters: Vec<&str> = sample.graphemes(true).collect();
        assert_eq!(graphemes::count(sample), clusters.len(), "{sample:?}");
        for start in -8..8_i64 {
            for length in [i64::MIN, -3, -1, 0, 1, 2, 5, i64::MAX - 1, i64::MAX] {
                let part = graphemes::substring(sample, start, length);
                assert!(part.graphemes(true).all(|cluster| clusters.contains(&cluster)), "{sample:?} {start} {length}");
            }
            let left = text(call_left(sample, start));
            let right = text(call_right(sample, start));
            if start != 0 {
                // What one of them takes, the other leaves.
                let other = text(call_right(sample, -start));
                assert_eq!(left + &other, sample, "{start}");
            } else {
                assert_eq!(left + &right, "");
            }
        }
    }
}

fn call_left(text: &str, count: i64) -> Result<Value, Error> {
    call::<crate::left_grapheme>(&[text.into(), count.into()])
}

fn call_right(text: &str, count: i64) -> Result<Value, Error> {
    call::<crate::right_grapheme>(&[text.into(), count.into()])
}

#[test]
fn padding_gives_the_length_asked_for() {
    for sample in SAMPLES {
        for length in 0..12_usize {
            for left in [true, false] {
                // A mark alone would join the character before it.
                if sample.starts_with('\u{301}') {
                    continue;
                }
                let padded =
                    graphemes::pad(sample, i64::try_from(length).unwrap_or(0), "xyz", left).unwrap_or_default();
                assert_eq!(graphemes::count(&padded), length, "{sample:?}");
            }
        }
        assert_eq!(graphemes::pad(sample, i64::MAX, "x", true), None);
        assert_eq!(graphemes::pad(sample, i64::MIN, "x", true).as_deref(), Some(""));
        assert_eq!(graphemes::pad(sample, i64::MAX, "", true).as_deref(), Some(sample));
    }
}

#[test]
fn case_by_language() {
    let lower = |language: &str| text(call::<crate::unicode_lower>(&["Iİ".into(), language.into()]));
    assert_eq!(lower("tr"), "ıi");
    assert_eq!(lower(""), "ii\u{307}");
    assert_eq!(lower("en-GB"), "ii\u{307}");
    let error = call::<crate::initcap>(&["a".into(), "not a tag".into()]);
    assert_eq!(error.map_err(|error| error.code()), Err(Error::ERROR));
    assert_eq!(text(call::<crate::initcap>(&["o'neill's 3rd ǆ".into()])), "O'neill's 3Rd ǅ");
}

#[test]
fn results_are_bounded() {
    let code = |value: Result<Value, Error>| value.map_err(|error| error.code());
    assert_eq!(code(call::<crate::repeat>(&["ab".into(), i64::MAX.into()])), Err(Error::TOOBIG));
    assert_eq!(code(call::<crate::lpad>(&["ab".into(), i64::MAX.into()])), Err(Error::TOOBIG));
    assert_eq!(text(call::<crate::repeat>(&["".into(), i64::MAX.into()])), "");
}

#[test]
fn nocase_is_canonical_caseless_matching() {
    for (a, b) in
        [("STRASSE", "straße"), ("É", "e\u{301}"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("\u{1e9b}\u{323}", "ṩ"), ("ǰ", "J\u{30c}")]
    {
        assert_eq!(unicode_nocase(a, b), Ordering::Equal, "{a} {b}");
    }
    for (a, b) in [("a", "B"), ("A", "b"), ("ä", "z"), ("ab", "ABC"), ("", "a"), ("Ab", "aC")] {
        assert_eq!(unicode_nocase(a, b), Ordering::Less, "{a} {b}");
        assert_eq!(unicode_nocase(b, a), Ordering::Greater, "{a} {b}");
    }
}

#[test]
fn natural_order() {
    let sorted = [
        "",
        "0",
        "00",
        "000",
        "1",
        "01",
        "1a",
        "2",
        "10",
        "010",
        "010a",
        "18446744073709551616",
        "18446744073709551617",
        "100000000000000000000000",
        "a",
        "A1",
        "a1",
        "a01",
        "a1b",
        "A2",
        "a10",
        "a10b2",
        "a10b10",
        "ä1",
        "Ä2",
        "b",
        "é9",
        "É10",
    ];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            // `ä` decomposes, so it comes right after what begins with `a`.
            assert_eq!(natural(a, b), i.cmp(&j), "{a} {b}");
        }
    }
}

#[test]
fn collations_are_registered_by_their_names() {
    assert_eq!(compare::<crate::unicode_nocase>("STRASSE", "straße"), Ordering::Equal);
    assert_eq!(compare::<crate::natural_sort>("page 9", "Page 10"), Ordering::Less);
    assert_ne!(compare::<crate::natural_sort>("STRASSE", "straße"), Ordering::Equal);
}

#[test]
fn orders_are_orders() {
    for order in [natural, unicode_nocase] {
        for a in SAMPLES {
            assert_eq!(order(a, a), Ordering::Equal);
            for b in SAMPLES {
                assert_eq!(order(a, b), order(b, a).reverse(), "{a:?} {b:?}");
                for c in SAMPLES {
                    if order(a, b).is_le() && order(b, c).is_le() {
                        assert!(order(a, c).is_le(), "{a:?} {b:?} {c:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn null_gives_null_and_numbers_are_refused() {
    assert_eq!(call::<crate::normalize>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(
        call::<crate::casefold>(&[1.into()]),
        Err(Error::new(Error::MISMATCH, "function `casefold`: argument 1 must be text, found integer"))
    );
}
