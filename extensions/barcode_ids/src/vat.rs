//! Value added tax numbers of the European Union: form and check digits.
//!
//! Source: the European Commission's VIES (form), and the member states' published algorithms (check digits).

use crate::text::{digits, is_mod_11_10, luhn, modulo_97, weigh};

/// True if the text, in upper case and without gaps, is a VAT number with its country's letters in front.
pub fn is_valid(number: &str) -> bool {
    let Some((country, body)) = number.split_at_checked(2) else { return false };
    let of = |count: usize| digits(body).filter(|digits| digits.len() == count);
    let check = |count: usize, rule: &dyn Fn(&[u8]) -> bool| of(count).is_some_and(|digits| rule(&digits));
    match country {
        "AT" => austria(body),
        "BE" => check(10, &|d| d[0] <= 1 && value(&d[..8]) != 0 && 97 - value(&d[..8]) % 97 == value(&d[8..])),
        "BG" => check(9, &bulgaria_9) || check(10, &bulgaria_10),
        "CY" => cyprus(body),
        "CZ" => check(8, &czechia_8) || of(9).is_some() || check(10, &czechia_10),
        "DE" => check(9, &|d| d[0] != 0 && is_mod_11_10(d)),
        "DK" => check(8, &|d| d[0] != 0 && weigh(d, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)),
        "EE" => check(9, &|d| weigh(d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)),
        "EL" | "GR" => check(9, &|d| weigh(d, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == u32::from(d[8])),
        "ES" => spain(body),
        "FI" => check(8, &|d| weigh(d, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11)),
        "FR" => france(body),
        "HR" => check(11, &is_mod_11_10),
        "HU" => check(8, &|d| weigh(d, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)),
        "IE" => ireland(body),
        "IT" => check(11, &italy),
        "LT" => check(9, &|d| d[7] == 1 && lithuania(d)) || check(12, &|d| d[10] == 1 && lithuania(d)),
        "LU" => check(8, &|d| value(&d[..6]) % 89 == value(&d[6..])),
        "LV" => check(11, &latvia),
        "MT" => check(8, &|d| d[0] != 0 && weigh(d, &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37)),
        "NL" => netherlands(body),
        "PL" => check(10, &|d| weigh(d, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == u32::from(d[9])),
        "PT" => {
            check(9, &|d| d[0] != 0 && complement(weigh(d, &[9, 8, 7, 6, 5, 4, 3, 2])) % 11 % 10 == u32::from(d[8]))
        }
        "RO" => romania(body),
        "SE" => check(12, &|d| d[10] == 0 && d[11] > 0 && luhn(&d[..10]).is_multiple_of(10)),
        "SI" => check(8, &slovenia),
        "SK" => check(10, &|d| d[0] != 0 && matches!(d[2], 2..=4 | 7..=9) && value(d).is_multiple_of(11)),
        // Northern Ireland, which is in the Union's VAT area for goods.
        "XI" => check(9, &united_kingdom) || check(12, &|d| united_kingdom(&d[..9])),
        _ => false,
    }
}

fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
}

/// 11 less the sum modulo 11: 1 to 11.
fn complement(sum: u32) -> u32 {
    11 - sum % 11
}

fn austria(body: &str) -> bool {
    let Some(digits) = body.strip_prefix('U').and_then(digits).filter(|digits| digits.len() == 8) else { return false };
    // Digits at even places are doubled and their digits added.
    let sum: u32 = digits[..7]
        .iter()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(*digit);
            if index % 2 == 0 { digit } else { digit / 5 + digit * 2 % 10 }
        })
        .sum();
    (sum + 4 + u32::from(digits[7])).is_multiple_of(10)
}

fn bulgaria_9(digits: &[u8]) -> bool {
    let first = weigh(digits, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
    let check = if first == 10 { weigh(digits, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10 } else { first };
    check == u32::from(digits[8])
}

/// A person's number, a foreigner's, or another.
fn bulgaria_10(digits: &[u8]) -> bool {
    let last = u32::from(digits[9]);
    (weigh(digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == last && is_birth(digits))
        || weigh(digits, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == last
        || {
            let check = complement(weigh(digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2]));
            check != 10 && check % 11 == last
        }
}

/// Begins with year, month and day of a birth; 20 is added to the month in the nineteenth century, 40 in this one.
fn is_birth(digits: &[u8]) -> bool {
    let (year, month, day) = (value(&digits[..2]), value(&digits[2..4]), value(&digits[4..6]));
    let (century, month) = match month {
        1..=12 => (1900, month),
        21..=32 => (1800, month - 20),
        41..=52 => (2000, month - 40),
        _ => return false,
    };
    let year: u64 = century + year;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=days).contains(&day)
}

fn cyprus(body: &str) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let Some((number, letter)) = body.split_at_checked(8) else { return false };
    let Some(digits) = digits(number) else { return false };
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { ODD[usize::from(*digit)] } else { u32::from(*digit) })
        .sum();
    !number.starts_with("12")
        && letter.len() == 1
        && letter.bytes().all(|byte| byte.is_ascii_uppercase() && u32::from(byte - b'A') == sum % 26)
}

fn czechia_8(digits: &[u8]) -> bool {
    digits[0] != 9 && complement(weigh(digits, &[8, 7, 6, 5, 4, 3, 2])) % 10 == u32::from(digits[7])
}

/// A birth number: the whole is a multiple of 11, or the rest of ten is written as 0.
fn czechia_10(digits: &[u8]) -> bool {
    value(&digits[..9]) % 11 % 10 == u64::from(digits[9])
}

fn spain(body: &str) -> bool {
    const PERSON: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    const COMPANY: &[u8; 10] = b"JABCDEFGHI";
    let bytes = body.as_bytes();
    if bytes.len() != 9 {
        return false;
    }
    let last = bytes[8];
    let person = |number: &str| {
        digits(number)
            .is_some_and(|digits| usize::try_from(value(&digits) % 23).is_ok_and(|index| PERSON[index] == last))
    };
    match bytes[0] {
        b'0'..=b'9' => person(&body[..8]),
        b'K' | b'L' | b'M' | b'X' => person(&body[1..8]),
        b'Y' => person(&["1", &body[1..8]].concat()),
        b'Z' => person(&["2", &body[1..8]].concat()),
        first @ (b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W') => {
            let Some(digits) = digits(&body[1..8]) else { return false };
            let check = usize::try_from((10 - luhn(&[&digits[..], &[0]].concat()) % 10) % 10).unwrap_or_default();
            let letter = last == COMPANY[check];
            let digit = usize::from(last.wrapping_sub(b'0')) == check;
            match first {
                b'N' | b'P' | b'Q' | b'R' | b'S' | b'W' => letter,
                b'A' | b'B' | b'E' | b'H' => digit,
                _ => letter || digit,
            }
        }
        _ => false,
    }
}

fn france(body: &str) -> bool {
    /// Without I and O.
    const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let Some((key, siren)) = body.split_at_checked(2) else { return false };
    let Some(digits) = digits(siren).filter(|digits| digits.len() == 9) else { return false };
    // Monaco's begin with zeros and have no check digit of their own.
    if !siren.starts_with("000") && !luhn(&digits).is_multiple_of(10) {
        return false;
    }
    let number = value(&digits);
    if let Some(key) = crate::text::digits(key) {
        return value(&key) == (number * 100 + 12) % 97;
    }
    let index = |at: usize| {
        key.chars().nth(at).and_then(|character| LETTERS.find(character)).and_then(|index| u64::try_from(index).ok())
    };
    let (Some(first), Some(second)) = (index(0), index(1)) else { return false };
    let key = if first < 10 { first * 24 + second - 10 } else { first * 34 + second - 100 };
    (number + 1 + key / 11) % 11 == key % 11
}

fn ireland(body: &str) -> bool {
    const LETTERS: &[u8; 23] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let bytes = body.as_bytes();
    let is_letter = |sum: u32, letter: u8| usize::try_from(sum % 23).is_ok_and(|index| LETTERS[index] == letter);
    if bytes.len() != 8 && bytes.len() != 9 {
        return false;
    }
    if let Some(digits) = digits(&body[..7]) {
        let sum = weigh(&digits, &[8, 7, 6, 5, 4, 3, 2]);
        return match bytes.get(8) {
            None => is_letter(sum, bytes[7]),
            Some(b'W') => is_letter(sum, bytes[7]),
            Some(extra @ b'A'..=b'I') => is_letter(sum + 9 * u32::from(extra - b'A' + 1), bytes[7]),
            Some(_) => false,
        };
    }
    // Of before 2013: a letter at the second place.
    let old = [&body[2..7], &body[..1]].concat();
    bytes.len() == 8
        && bytes[1].is_ascii_uppercase()
        && digits(&old).is_some_and(|digits| is_letter(weigh(&digits, &[7, 6, 5, 4, 3, 2]), bytes[7]))
}

fn italy(digits: &[u8]) -> bool {
    let office = value(&digits[7..10]);
    value(&digits[..7]) != 0 && matches!(office, 1..=100 | 120 | 121 | 888 | 999) && luhn(digits).is_multiple_of(10)
}

fn lithuania(digits: &[u8]) -> bool {
    let Some((last, body)) = digits.split_last() else { return false };
    let sum = |first: usize| -> u32 {
        body.iter()
            .zip([1, 2, 3, 4, 5, 6, 7, 8, 9].into_iter().cycle().skip(first))
            .map(|(digit, weight)| u32::from(*digit) * weight)
            .sum()
    };
    let check = if sum(0) % 11 == 10 { sum(2) % 11 % 10 } else { sum(0) % 11 };
    check == u32::from(*last)
}

/// A company's begins with 4 to 9; a person's is a birth date and a check digit, or since 2017 begins with 32 and has none.
fn latvia(digits: &[u8]) -> bool {
    match (digits[0], digits[1]) {
        (4..=9, _) => weigh(digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3,
        (3, 2) => true,
        _ => (1 + weigh(digits, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10 == u32::from(digits[10]),
    }
}

/// Nine digits with a check digit, or since 2020 any with two check digits over the whole.
fn netherlands(body: &str) -> bool {
    let bytes = body.as_bytes();
    if bytes.len() != 12 || bytes[9] != b'B' || !bytes[10..].iter().all(u8::is_ascii_digit) || body.ends_with("00") {
        return false;
    }
    let Some(digits) = digits(&body[..9]) else { return false };
    value(&digits) != 0
        && (weigh(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == u32::from(digits[8])
            || modulo_97(&["NL", body].concat()) == 1)
}

fn romania(body: &str) -> bool {
    let Some(digits) = digits(body).filter(|digits| (2..=10).contains(&digits.len()) && digits[0] != 0) else {
        return false;
    };
    let padded = [&[0; 10][..10 - digits.len()], &digits[..]].concat();
    weigh(&padded, &[7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10 % 11 % 10 == u32::from(padded[9])
}

fn slovenia(digits: &[u8]) -> bool {
    let check = complement(weigh(digits, &[8, 7, 6, 5, 4, 3, 2]));
    digits[0] != 0 && check != 11 && check % 10 == u32::from(digits[7])
}

/// Numbers from 100 on may also be of the second series, where 55 is added.
fn united_kingdom(digits: &[u8]) -> bool {
    let sum = weigh(digits, &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    sum == 0 || (digits[0] != 0 && sum == 42)
}
