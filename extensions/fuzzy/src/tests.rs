//! Published examples, and laws that hold for any text.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::distance;
use crate::phonetic::Code;
use crate::trigrams::{Extent, Trigrams};

/// Texts that codes and distances were not made for.
const SAMPLES: [&str; 16] = [
    "",
    " ",
    "a",
    "ab",
    "ba",
    "Schwarzenegger",
    "señor Garçon",
    "Müller-Lüdenscheidt",
    "O'Neill, Jr.",
    "żółw",
    "日本語",
    "👍🏽 ok",
    "\u{0}\u{301}x",
    "123",
    "ẞÇÑß",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

const CODES: [Code; 8] = [
    Code::Soundex,
    Code::RefinedSoundex,
    Code::Metaphone(255),
    Code::DoubleMetaphone(255),
    Code::DoubleMetaphoneAlternate(1),
    Code::Nysiis,
    Code::Caverphone,
    Code::Cologne,
];

fn code(error: Result<Value, Error>) -> Option<i32> {
    error.err().map(|error| error.code())
}

#[test]
fn distances_differ_in_what_they_allow() {
    // The textbook case: swapped and then edited further.
    assert_eq!(distance::levenshtein("ca", "abc", None), 3);
    assert_eq!(distance::osa("ca", "abc"), 3);
    assert_eq!(distance::damerau_levenshtein("ca", "abc"), 2);
    assert_eq!(distance::levenshtein("ab", "ba", None), 2);
    assert_eq!(distance::osa("ab", "ba"), 1);
    assert_eq!(distance::hamming("karolin", "kathrin"), Some(3));
    assert_eq!(distance::hamming("a", "ab"), None);
}

#[test]
fn distances_are_metrics() {
    for a in SAMPLES {
        for b in SAMPLES {
            let (lev, osa, dam) =
                (distance::levenshtein(a, b, None), distance::osa(a, b), distance::damerau_levenshtein(a, b));
            assert!(dam <= osa && osa <= lev, "{a:?} {b:?}");
            assert_eq!(lev == 0, a == b, "{a:?} {b:?}");
            assert_eq!(lev, distance::levenshtein(b, a, None), "{a:?} {b:?}");
            assert_eq!(dam, distance::damerau_levenshtein(b, a), "{a:?} {b:?}");
            for most in [0, 1, 2, 10, usize::MAX] {
                assert_eq!(distance::levenshtein(a, b, Some(most)), lev.min(most.saturating_add(1)), "{a:?} {b:?}");
            }
            for c in SAMPLES {
                assert!(dam <= distance::damerau_levenshtein(a, c) + distance::damerau_levenshtein(c, b));
            }
        }
    }
}

#[test]
fn similarities_lie_between_0_and_1() {
    for a in SAMPLES {
        for b in SAMPLES {
            let (left, right) = (Trigrams::of(a), Trigrams::of(b));
            let all = [
                distance::jaro(a, b),
                distance::jaro_winkler(a, b),
                left.similarity(&right),
                left.extent_similarity(b, Extent::Any),
                left.extent_similarity(b, Extent::Words),
            ];
            assert!(all.iter().all(|similarity| (0.0..=1.0).contains(similarity)), "{a:?} {b:?} {all:?}");
            assert!((left.similarity(&right) - right.similarity(&left)).abs() < 1e-12);
            // All of `b` is one of its parts.
            assert!(all[3] >= all[4] && all[4] >= all[2] - 1e-12, "{a:?} {b:?} {all:?}");
        }
    }
}

#[test]
fn trigrams_of_the_manual() {
    assert_eq!(Trigrams::of("cat").json(), r#"["  c"," ca","at ","cat"]"#);
    assert_eq!(Trigrams::of("foo|bar").json(), r#"["  b","  f"," ba"," fo","ar ","bar","foo","oo "]"#);
    let word = Trigrams::of("word");
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}");
    near(word.similarity(&Trigrams::of("two words")), 0.363_636_36);
    near(word.extent_similarity("two words", Extent::Any), 0.8);
    near(word.extent_similarity("two words", Extent::Words), 0.571_428_57);
}

#[test]
fn codes_of_the_articles() -> Result<(), Error> {
    let of = |code: Code, word: &str| code.of("f", word).map_err(|error| error.message().to_owned());
    for (word, expected) in
        [("Robert", "R163"), ("Rubin", "R150"), ("Ashcraft", "A261"), ("Tymczak", "T522"), ("Pfister", "P236")]
    {
        assert_eq!(of(Code::Soundex, word)?, expected, "{word}");
    }
    assert_eq!(of(Code::RefinedSoundex, "testing")?, "T6036084");
    assert_eq!(of(Code::Cologne, "Müller-Lüdenscheidt")?, "65752682");
    assert_eq!(of(Code::Caverphone, "Thompson")?, "TMPSN11111");
    assert_eq!(of(Code::DoubleMetaphone(4), "Smith")?, "SM0");
    assert_eq!(of(Code::DoubleMetaphoneAlternate(4), "Smith")?, "XMT");
    assert_eq!(of(Code::DoubleMetaphone(4), "Garçon")?, "KRSN");
    Ok(())
}

#[test]
fn no_text_makes_an_encoder_panic() {
    for encoding in CODES {
        for a in SAMPLES {
            for b in SAMPLES {
                let word = [a, b].concat();
                assert!(encoding.of("f", &word).is_ok(), "{encoding:?} {word:?}");
            }
        }
        // Everything of up to three letters of this alphabet, which the rules are full of.
        let letters = "ACEGHIKLMNOPSTUWXYZ -'".chars();
        for first in letters.clone() {
            for second in letters.clone() {
                for third in letters.clone() {
                    let word = String::from_iter([first, second, third]);
                    for word in [word.clone(), word.repeat(2), ["S", &word].concat(), [&word, "ER"].concat()] {
                        assert!(encoding.of("f", &word).is_ok(), "{encoding:?} {word:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn work_is_bounded() {
    let long = "a".repeat(10_001);
    let args = || [long.as_str().into(), long.as_str().into()];
    assert_eq!(code(call::<crate::levenshtein>(&args())), Some(Error::TOOBIG));
    assert_eq!(code(call::<crate::damerau_levenshtein>(&args())), Some(Error::TOOBIG));
    assert_eq!(code(call::<crate::jaro_winkler_similarity>(&args())), Some(Error::TOOBIG));
    assert_eq!(code(call::<crate::word_similarity>(&args())), Some(Error::TOOBIG));
    assert_eq!(code(call::<crate::soundex>(&[long.as_str().into()])), Some(Error::TOOBIG));
    assert_eq!(code(call::<crate::hamming>(&args())), None);
    assert_eq!(code(call::<crate::similarity>(&args())), None);
    // What counts is characters, not bytes.
    let wide = "ü".repeat(9_999);
    assert_eq!(code(call::<crate::levenshtein>(&[wide.as_str().into(), wide.as_str().into()])), None);
}

#[test]
fn arguments() {
    assert_eq!(call::<crate::levenshtein>(&[Value::Null, "a".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::levenshtein_less_equal>(&["a".into(), "bc".into(), 1.into()]), Ok(Value::Integer(2)));
    assert_eq!(code(call::<crate::levenshtein_less_equal>(&["a".into(), "b".into(), (-1).into()])), Some(Error::RANGE));
    assert_eq!(code(call::<crate::dmetaphone>(&["a".into(), 256.into()])), Some(Error::RANGE));
    assert_eq!(
        call::<crate::soundex>(&[1.into()]),
        Err(Error::new(Error::MISMATCH, "function `soundex`: argument 1 must be text, found integer"))
    );
}
