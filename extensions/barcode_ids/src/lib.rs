//! SQLink extension `barcode_ids`: numbers with check digits, from books and goods to bank accounts and tax numbers.
//!
//! Checks say 1 or 0; what converts or formats gives NULL for what is no such number. Everything is deterministic and
//! innocuous, imports nothing but the log, and keeps nothing between calls.
#![forbid(unsafe_code)]

mod text;
mod vat;

use iban::{BaseIban, Iban, IbanLike, ParseIbanError};
use isbn::{Isbn, Isbn10, Isbn13};
use sqlink_guest::prelude::*;
use text::{Id, gtin, luhn, modulo_97, weigh};

/// Defines functions that say whether a number is right.
macro_rules! checks {
    ($($(#[$doc:meta])* $function:ident: $check:expr;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $function(number: Id<'_>) -> bool {
            let check: fn(Id<'_>) -> bool = $check;
            check(number)
        }
    )+};
}

checks! {
    /// True for an ISBN of 10 or 13 digits with the right check digit.
    isbn_valid: |number| read_isbn(number).is_some();
    /// True for a GTIN: an EAN-8, a UPC-A, an EAN-13 or a GTIN-14 with the right check digit.
    gtin_valid: |number| number.digits(8, 14).is_some_and(|digits| is_gtin(&digits));
    /// True for an EAN of 8 or 13 digits.
    ean_valid: |number| number.digits(8, 13).is_some_and(|digits| matches!(digits.len(), 8 | 13) && is_gtin(&digits));
    /// True for a UPC-A of 12 digits.
    upc_valid: |number| number.digits(12, 12).is_some_and(|digits| is_gtin(&digits));
    /// True for digits whose last one is right after Luhn, such as those of a bank card.
    luhn_valid: |number| number.digits(2, 64).is_some_and(|digits| luhn(&digits).is_multiple_of(10));
    /// True for an IBAN of the length and form its country has, with the right check digits.
    iban_valid: |number| read_iban(number).is_some();
    /// True for a VAT number of a country of the European Union, with its letters in front.
    vat_valid: |number| vat::is_valid(&number.compact(&['.', '/']));
    /// True for an ISSN with the right check digit.
    issn_valid: |number| read_issn(number).is_some();
    /// True for an IMEI of 15 digits with the right check digit.
    imei_valid: |number| number.digits(15, 15).is_some_and(|digits| luhn(&digits).is_multiple_of(10));
    /// True for an LEI with the right check digits.
    lei_valid: |number| {
        let lei = number.compact(&[]);
        lei.len() == 20 && lei.as_bytes()[18..].iter().all(u8::is_ascii_digit) && modulo_97(&lei) == 1
    };
    /// True for an ISIN with the right check digit.
    isin_valid: |number| is_isin(&number.compact(&[]));
    /// True for an ORCID iD, or another ISNI, with the right check digit.
    orcid_valid: |number| is_isni(&number.compact(&[]));
}

/// The ISBN as 10 digits; NULL if it has none, or is no ISBN.
#[scalar(deterministic, innocuous)]
fn isbn10(isbn: Id<'_>) -> Option<String> {
    Some(match read_isbn(isbn)? {
        Isbn::_10(isbn) => isbn.to_string(),
        Isbn::_13(isbn) => Isbn10::try_from(isbn).ok()?.to_string(),
    })
}

/// The ISBN as 13 digits; NULL if it is no ISBN.
#[scalar(deterministic, innocuous)]
fn isbn13(isbn: Id<'_>) -> Option<String> {
    Some(match read_isbn(isbn)? {
        Isbn::_10(isbn) => Isbn13::from(isbn).to_string(),
        Isbn::_13(isbn) => isbn.to_string(),
    })
}

/// The ISBN with hyphens between its parts; NULL if it is no ISBN or in no range that was given out.
#[scalar(deterministic, innocuous)]
fn isbn_hyphenate(isbn: Id<'_>) -> Option<String> {
    read_isbn(isbn)?.hyphenate().ok().map(|text| text.as_str().to_owned())
}

/// Which language or country the ISBN's registration group stands for; NULL if it is no ISBN or in no known group.
#[scalar(deterministic, innocuous)]
fn isbn_group(isbn: Id<'_>) -> Option<String> {
    read_isbn(isbn)?.registration_group().ok().map(str::to_owned)
}

/// The GTIN as 14 digits, in which all forms of one number are equal; NULL if it is no GTIN.
#[scalar(deterministic, innocuous)]
fn gtin14(gtin: Id<'_>) -> Option<String> {
    let digits = gtin.digits(8, 14).filter(|digits| is_gtin(digits))?;
    Some(format!("{:0>14}", text_of(&digits)))
}

/// The check digit of a GTIN without one: of 7, 11, 12 or 13 digits; NULL for everything else.
#[scalar(deterministic, innocuous)]
fn gtin_check_digit(digits: Id<'_>) -> Option<u32> {
    let digits = digits.digits(7, 13).filter(|digits| matches!(digits.len(), 7 | 11 | 12 | 13))?;
    Some((10 - gtin(&[&digits[..], &[0]].concat()) % 10) % 10)
}

/// The check digit after Luhn that belongs behind the digits; NULL for everything else.
#[scalar(deterministic, innocuous)]
fn luhn_check_digit(digits: Id<'_>) -> Option<u32> {
    let digits = digits.digits(1, 63)?;
    Some((10 - luhn(&[&digits[..], &[0]].concat()) % 10) % 10)
}

/// The IBAN in groups of four; NULL if it is none.
#[scalar(deterministic, innocuous)]
fn iban_format(iban: Id<'_>) -> Option<String> {
    read_iban(iban).map(|(iban, _)| iban.to_string())
}

/// The IBAN without spaces; NULL if it is none.
#[scalar(deterministic, innocuous)]
fn iban_compact(iban: Id<'_>) -> Option<String> {
    read_iban(iban).map(|(iban, _)| iban.electronic_str().to_owned())
}

/// The letters of the IBAN's country; NULL if it is none.
#[scalar(deterministic, innocuous)]
fn iban_country(iban: Id<'_>) -> Option<String> {
    read_iban(iban).map(|(iban, _)| iban.country_code().to_owned())
}

/// The IBAN's part that identifies the bank; NULL if it is none, or its country has no such part.
#[scalar(deterministic, innocuous)]
fn iban_bank(iban: Id<'_>) -> Option<String> {
    read_iban(iban)?.1
}

/// The ISSN with its hyphen; NULL if it is none.
#[scalar(deterministic, innocuous)]
fn issn_format(issn: Id<'_>) -> Option<String> {
    let issn = read_issn(issn)?;
    Some([&issn[..4], "-", &issn[4..]].concat())
}

/// Prefixed or not, as `ISBN-13: 978-…`.
fn read_isbn(number: Id<'_>) -> Option<Isbn> {
    let compact = number.compact(&[':']);
    let body = compact.strip_prefix("ISBN").unwrap_or(&compact);
    let body = match body.len() {
        12 => body.strip_prefix("10")?,
        15 => body.strip_prefix("13")?,
        _ => body,
    };
    body.parse().ok()
}

/// The IBAN, and its part that identifies the bank.
fn read_iban(number: Id<'_>) -> Option<(BaseIban, Option<String>)> {
    match number.compact(&[]).parse::<Iban>() {
        Ok(iban) => Some((iban.electronic_str().parse().ok()?, iban.bank_identifier().map(str::to_owned))),
        Err(ParseIbanError::UnknownCountry(iban)) => {
            // The registry's two countries that the crate lacks: a bank of four letters, and the account.
            let account = iban.electronic_str().get(4..)?;
            let (bank, rest) = account.split_at_checked(4)?;
            let fits = match iban.country_code() {
                "HN" => rest.len() == 20 && rest.bytes().all(|byte| byte.is_ascii_digit()),
                "PK" => rest.len() == 16,
                _ => false,
            };
            let bank = bank.to_owned();
            (fits && bank.bytes().all(|byte| byte.is_ascii_uppercase())).then_some((iban, Some(bank)))
        }
        Err(_) => None,
    }
}

/// The eight characters.
fn read_issn(number: Id<'_>) -> Option<String> {
    let compact = number.compact(&[]);
    let issn = compact.strip_prefix("ISSN").unwrap_or(&compact);
    let (body, check) = issn.split_at_checked(7)?;
    let value = match check {
        "X" => 10,
        _ if check.len() == 1 => check.parse::<u32>().ok()?,
        _ => return None,
    };
    let sum = weigh(&text::digits(body)?, &[8, 7, 6, 5, 4, 3, 2]) + value;
    sum.is_multiple_of(11).then(|| issn.to_owned())
}

fn is_gtin(digits: &[u8]) -> bool {
    matches!(digits.len(), 8 | 12 | 13 | 14) && gtin(digits).is_multiple_of(10)
}

/// ISO 6166: two letters, nine letters or digits, a check digit after Luhn, where letters are two digits.
fn is_isin(isin: &str) -> bool {
    let bytes = isin.as_bytes();
    if bytes.len() != 12 || !bytes[..2].iter().all(u8::is_ascii_uppercase) || !bytes[11].is_ascii_digit() {
        return false;
    }
    let spelled: String =
        isin.chars().filter_map(|character| character.to_digit(36)).map(|value| value.to_string()).collect();
    text::digits(&spelled).is_some_and(|digits| luhn(&digits).is_multiple_of(10))
}

/// ISO 27729: 15 digits and a check character after ISO/IEC 7064, MOD 11-2.
fn is_isni(isni: &str) -> bool {
    let Some((body, check)) = isni.split_at_checked(15) else { return false };
    let Some(digits) = text::digits(body) else { return false };
    let rest = digits.iter().fold(0, |rest, digit| (rest + u32::from(*digit)) * 2 % 11);
    match (12 - rest) % 11 {
        10 => check == "X",
        expected => check == expected.to_string(),
    }
}

fn text_of(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

extension! {
    name: "barcode_ids",
    description: "Checks and converts ISBN, EAN, IBAN, VAT and other numbers with check digits.",
    functions: [
        isbn_valid, isbn10, isbn13, isbn_hyphenate, isbn_group, gtin_valid, ean_valid, upc_valid, gtin14, gtin_check_digit,
        luhn_valid, luhn_check_digit, iban_valid, iban_format, iban_compact, iban_country, iban_bank, vat_valid, issn_valid,
        issn_format, imei_valid, lei_valid, isin_valid, orcid_valid,
    ],
}

#[cfg(test)]
mod tests;
