//! Text without accents, and slugs.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use unicode_segmentation::UnicodeSegmentation;

use crate::case;

/// `text` without the marks that Unicode encodes apart from letters, and with plain letters for those that contain a stroke or
/// are two in one. Marks of scripts where they are no accents, such as Hebrew points or Japanese voicing, stay.
pub fn strip(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize_iter(text.chars());
    let bare = decomposed.filter(|c| !is_accent(*c)).flat_map(|c| {
        let plain = plain(c);
        let itself = plain.is_empty().then_some(c);
        plain.chars().chain(itself)
    });
    ComposingNormalizerBorrowed::new_nfc().normalize_iter(bare).collect()
}

/// The blocks of combining diacritical marks: those for any script, unlike the marks in the blocks of scripts.
const fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// The plain form of a letter that has no decomposition; empty for all others.
///
/// Source: the transliteration `Latin-ASCII` of CLDR, for letters
const fn plain(c: char) -> &'static str {
    match c {
        'Æ' => "AE",
        'æ' => "ae",
        'Œ' => "OE",
        'œ' => "oe",
        'ẞ' => "SS",
        'ß' => "ss",
        'Þ' => "TH",
        'þ' => "th",
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'Ǆ' => "DZ",
        'ǅ' => "Dz",
        'ǆ' => "dz",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        'ŉ' => "'n",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        'Ⱥ' => "A",
        'ⱥ' => "a",
        'Ƀ' | 'Ɓ' => "B",
        'ƀ' | 'ɓ' => "b",
        'Ȼ' | 'Ƈ' => "C",
        'ȼ' | 'ƈ' => "c",
        'Đ' | 'Ð' | 'Ɖ' | 'Ɗ' => "D",
        'đ' | 'ð' | 'ɖ' | 'ɗ' => "d",
        'Ɇ' => "E",
        'ɇ' => "e",
        'Ƒ' => "F",
        'ƒ' => "f",
        'Ǥ' | 'Ɠ' => "G",
        'ǥ' | 'ɠ' => "g",
        'Ħ' | 'Ⱨ' => "H",
        'ħ' | 'ⱨ' => "h",
        'Ɨ' => "I",
        'ı' | 'ɨ' => "i",
        'Ɉ' => "J",
        'ɉ' | 'ȷ' => "j",
        'Ƙ' | 'Ⱪ' => "K",
        'ƙ' | 'ⱪ' | 'ĸ' => "k",
        'Ł' | 'Ŀ' | 'Ƚ' | 'Ⱡ' => "L",
        'ł' | 'ŀ' | 'ƚ' | 'ⱡ' => "l",
        'Ŋ' | 'Ɲ' => "N",
        'ŋ' | 'ɲ' => "n",
        'Ø' | 'Ɵ' => "O",
        'ø' | 'ɵ' => "o",
        'Ƥ' | 'Ᵽ' => "P",
        'ƥ' | 'ᵽ' => "p",
        'Ɍ' | 'Ɽ' => "R",
        'ɍ' | 'ɽ' => "r",
        'ſ' => "s",
        'Ŧ' | 'Ⱦ' | 'Ƭ' | 'Ʈ' => "T",
        'ŧ' | 'ⱦ' | 'ƭ' | 'ʈ' => "t",
        'Ʉ' => "U",
        'ʉ' => "u",
        'Ʋ' => "V",
        'ʋ' => "v",
        'Ⱳ' => "W",
        'ⱳ' => "w",
        'Ɏ' | 'Ƴ' => "Y",
        'ɏ' | 'ƴ' => "y",
        'Ƶ' | 'Ȥ' | 'Ⱬ' => "Z",
        'ƶ' | 'ȥ' | 'ⱬ' => "z",
        _ => "",
    }
}

/// `text` in lower case and without accents, its words joined by `separator`.
///
/// A word is a run of characters that begin with a letter or a digit of any script; no transliteration.
pub fn slug(text: &str, separator: &str) -> String {
    let bare = case::lower(&strip(text), "").unwrap_or_default();
    let mut slug = String::with_capacity(bare.len());
    let mut between = false;
    for grapheme in bare.graphemes(true) {
        if !grapheme.starts_with(char::is_alphanumeric) {
            between = true;
            continue;
        }
        if core::mem::take(&mut between) && !slug.is_empty() {
            slug.push_str(separator);
        }
        slug.push_str(grapheme);
    }
    slug
}
