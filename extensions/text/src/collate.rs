//! Orders of text, for collations.

use core::cmp::Ordering;
use core::iter::Peekable;

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizerBorrowed;

/// Compares without regard to case and to how characters are composed, then by code point.
///
/// Equal are texts that match by The Unicode Standard's D145 (canonical caseless matching).
#[must_use]
pub fn unicode_nocase(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { folded_ascii(a).cmp(folded_ascii(b)) } else { folded(a).cmp(folded(b)) }
}

/// Compares as people sort names with numbers in them: `page 9` before `page 10`, without regard to case.
///
/// Runs of the digits 0 to 9 compare by their value, however long; everything else as [`unicode_nocase`] does. Texts that
/// are the same in this way compare by leading zeros, fewer first, and then by code point, so that only identical ones
/// are equal.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let order = if a.is_ascii() && b.is_ascii() {
        by_numbers(folded_ascii(a).peekable(), folded_ascii(b).peekable())
    } else {
        by_numbers(folded(a).peekable(), folded(b).peekable())
    };
    order.then_with(|| a.cmp(b))
}

fn folded_ascii(text: &str) -> impl Iterator<Item = char> {
    text.bytes().map(|byte| char::from(byte.to_ascii_lowercase()))
}

/// The characters of NFD(fold(NFD(`text`))).
fn folded(text: &str) -> impl Iterator<Item = char> {
    let nfd = DecomposingNormalizerBorrowed::new_nfd();
    let fold = |c: char| {
        let mut buffer = [0; 4];
        let folded = CaseMapper::new().fold_string(c.encode_utf8(&mut buffer));
        // Folding makes at most three characters of one.
        let mut chars = folded.chars();
        [chars.next(), chars.next(), chars.next()].into_iter().flatten()
    };
    nfd.normalize_iter(nfd.normalize_iter(text.chars()).flat_map(fold))
}

fn by_numbers(
    mut left: Peekable<impl Iterator<Item = char>>,
    mut right: Peekable<impl Iterator<Item = char>>,
) -> Ordering {
    let mut zeros = Ordering::Equal;
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let skipped = (skip_zeros(&mut left), skip_zeros(&mut right));
                zeros = zeros.then(skipped.0.cmp(&skipped.1));
                numbers(&mut left, &mut right)
            }
            (None, None) => return zeros,
            _ => left.next().cmp(&right.next()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn skip_zeros(text: &mut Peekable<impl Iterator<Item = char>>) -> usize {
    let mut count = 0;
    while text.next_if_eq(&'0').is_some() {
        count += 1;
    }
    count
}

/// Takes both runs of digits, which have no leading zeros: the longer is the greater, else the first difference decides.
fn numbers(
    left: &mut Peekable<impl Iterator<Item = char>>,
    right: &mut Peekable<impl Iterator<Item = char>>,
) -> Ordering {
    let mut first = Ordering::Equal;
    loop {
        match (left.next_if(char::is_ascii_digit), right.next_if(char::is_ascii_digit)) {
            (Some(x), Some(y)) => first = first.then(x.cmp(&y)),
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (None, None) => return first,
        }
    }
}
