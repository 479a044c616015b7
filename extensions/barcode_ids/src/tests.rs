//! Published examples of the standards. The check digits of VAT numbers were compared with python-stdnum on 1,500 random numbers of
//! each country; `tests/conformance/catalogue/barcode_ids-values.slt` has some of them.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn books() {
    for (isbn, valid) in [
        ("978-3-16-148410-0", 1),
        ("0-306-40615-2", 1),
        ("080442957x", 1),
        ("ISBN 0306406152", 1),
        ("ISBN-13: 978 0 306 40615 7", 1),
        ("isbn-10 0306406152", 1),
        ("9783161484101", 0),
        ("X123456789", 0),
        ("97831614841", 0),
        ("", 0),
        ("978316148410é", 0),
    ] {
        assert_eq!(call::<crate::isbn_valid>(&[isbn.into()]), Ok(valid.into()), "{isbn}");
    }
    assert_eq!(text(call::<crate::isbn13>(&["0306406152".into()])), "9780306406157");
    assert_eq!(text(call::<crate::isbn10>(&["9780804429573".into()])), "080442957X");
    assert_eq!(call::<crate::isbn10>(&["9791090636071".into()]), Ok(Value::Null));
    assert_eq!(text(call::<crate::isbn_hyphenate>(&[9_783_161_484_100_i64.into()])), "978-3-16-148410-0");
    assert_eq!(text(call::<crate::isbn_group>(&["9791090636071".into()])), "France");
}

#[test]
fn goods_and_cards() {
    for (gtin, valid) in [
        ("4006381333931", 1),
        ("036000291452", 1),
        ("96385074", 1),
        ("10614141000415", 1),
        ("4006381333930", 0),
        ("12345670", 1),
        ("1234567", 0),
    ] {
        assert_eq!(call::<crate::gtin_valid>(&[gtin.into()]), Ok(valid.into()), "{gtin}");
    }
    assert_eq!(text(call::<crate::gtin14>(&["96385074".into()])), "00000096385074");
    assert_eq!(call::<crate::gtin_check_digit>(&["400638133393".into()]), Ok(1.into()));
    assert_eq!(call::<crate::gtin_check_digit>(&["40063813339".into()]), Ok(Value::Integer(0)));
    assert_eq!(call::<crate::gtin_check_digit>(&["4".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::luhn_check_digit>(&["7992739871".into()]), Ok(3.into()));
    assert_eq!(call::<crate::luhn_valid>(&["4111 1111 1111 1111".into()]), Ok(1.into()));
    assert_eq!(call::<crate::luhn_valid>(&["-5".into()]), Ok(0.into()));
}

#[test]
fn accounts() {
    assert_eq!(text(call::<crate::iban_format>(&["gb29nwbk60161331926819".into()])), "GB29 NWBK 6016 1331 9268 19");
    assert_eq!(text(call::<crate::iban_bank>(&["DE89370400440532013000".into()])), "37040044");
    for (iban, valid) in [
        ("PK36SCBL0000001123456702", 1),
        ("HN88CABF00000000000250005469", 1),
        ("PK36SCBL000000112345670", 0),
        ("HN88CABF0000000000025000546A", 0),
        ("DE89370400440532013001", 0),
        ("XX89370400440532013000", 0),
        ("D", 0),
        ("", 0),
    ] {
        assert_eq!(call::<crate::iban_valid>(&[iban.into()]), Ok(valid.into()), "{iban}");
    }
    assert_eq!(text(call::<crate::iban_bank>(&["HN88CABF00000000000250005469".into()])), "CABF");
}

#[test]
fn taxes() {
    for (vat, valid) in [
        ("ATU13585627", 1),
        ("ATU13585626", 0),
        ("BE0428759497", 1),
        ("BE 0431.150.351", 0),
        ("DE 136.695 976", 1),
        ("DE136695978", 0),
        ("EL094259216", 1),
        ("GR094259216", 1),
        ("FR40303265045", 1),
        ("FR84323140391", 0),
        ("IE6433435F", 1),
        ("IE6433435E", 0),
        ("IE6433435OA", 1),
        ("IE8D79739I", 1),
        ("IT00743110157", 1),
        ("NL004495445B01", 1),
        ("PL8567346215", 1),
        ("PL8567346216", 0),
        ("PT501964843", 1),
        ("XI980780684", 1),
        ("XI802311781", 0),
        ("ESJ99216582", 1),
        ("ES54362315K", 1),
        ("", 0),
        ("D", 0),
        ("DE", 0),
        ("é", 0),
        ("IE", 0),
        ("FR", 0),
        ("NLB", 0),
        ("ES", 0),
        ("CY", 0),
    ] {
        assert_eq!(call::<crate::vat_valid>(&[vat.into()]), Ok(valid.into()), "{vat}");
    }
}

/// Short and strange texts of every country: nothing panics.
#[test]
fn nothing_panics() {
    for country in [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
    ] {
        for length in 0..16 {
            for pattern in ["0", "9", "A", "Z0", "0Z", "U1", "1B", "99A"] {
                let number: String = [country, &pattern.repeat(8)[..length.min(pattern.len() * 8)]].concat();
                _ = call::<crate::vat_valid>(&[number.as_str().into()]);
                _ = call::<crate::iban_valid>(&[number.as_str().into()]);
                _ = call::<crate::isbn_hyphenate>(&[number[2..].into()]);
                _ = call::<crate::issn_format>(&[number[2..].into()]);
            }
        }
    }
}

#[test]
fn the_rest() {
    for (value, expected) in [
        (call::<crate::issn_valid>(&["0378-5955".into()]), 1),
        (call::<crate::issn_valid>(&["2434561X".into()]), 1),
        (call::<crate::issn_valid>(&["0378-5954".into()]), 0),
        (call::<crate::imei_valid>(&["490154203237518".into()]), 1),
        (call::<crate::lei_valid>(&["529900T8BM49AURSDO55".into()]), 1),
        (call::<crate::lei_valid>(&["529900T8BM49AURSDO5".into()]), 0),
        (call::<crate::isin_valid>(&["US0378331005".into()]), 1),
        (call::<crate::isin_valid>(&["AU0000XVGZA3".into()]), 1),
        (call::<crate::isin_valid>(&["AU0000XVGZA4".into()]), 0),
        (call::<crate::orcid_valid>(&["0000-0002-1825-0097".into()]), 1),
        (call::<crate::orcid_valid>(&["0000-0002-1694-233X".into()]), 1),
        (call::<crate::orcid_valid>(&["0000-0002-1694-2330".into()]), 0),
    ] {
        assert_eq!(value, Ok(expected.into()));
    }
}

#[test]
fn null_gives_null_and_other_types_are_refused() {
    assert_eq!(call::<crate::isbn_valid>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::gtin14>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(
        call::<crate::vat_valid>(&[Value::Real(1.5)]),
        Err(Error::new(Error::MISMATCH, "function `vat_valid`: argument 1 must be text or an integer, found real"))
    );
}
