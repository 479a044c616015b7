//! Test vectors of RFC 4231, 5869, 6070 and 4648; the rest are laws: what was encoded decodes, whatever comes in.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::encoding::{Encoding, Fault};
use crate::mac::Algorithm;

/// Lower-case digits of a blob, or the text.
fn shown(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        Ok(Value::Blob(blob)) => Encoding::Hex.encode(&blob),
        other => panic!("{other:?} is neither text nor a blob"),
    }
}

fn message(value: Result<Value, Error>) -> String {
    match value {
        Err(error) => error.message().to_owned(),
        Ok(value) => panic!("{value:?} is no error"),
    }
}

#[test]
fn rfc_4231_case_2() {
    let of = |algorithm: &str| {
        shown(call::<crate::hmac>(&["what do ya want for nothing?".into(), "Jefe".into(), algorithm.into()]))
    };
    assert_eq!(of("sha224"), "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
    assert_eq!(of("SHA-256"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(
        of("sha512"),
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
         9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    );
}

#[test]
fn rfc_5869_case_1() {
    let salt: Vec<u8> = (0..13).collect();
    let info: Vec<u8> = (0xf0..0xfa).collect();
    let key = || Value::Blob(vec![0x0b; 22]);
    let okm = shown(call::<crate::hkdf>(&[key(), Value::Blob(salt), Value::Blob(info), 42.into()]));
    assert_eq!(okm, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

#[test]
fn rfc_6070() {
    let of = |iterations: i64| {
        let args = ["password".into(), "salt".into(), iterations.into(), 20.into(), "sha1".into()];
        shown(call::<crate::pbkdf2>(&args))
    };
    assert_eq!(of(1), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert_eq!(of(4096), "4b007901b765489abead49d926f721d065a429c1");
}

#[test]
fn every_algorithm_has_the_length_it_says() {
    for (name, algorithm) in Algorithm::ALL {
        assert_eq!(algorithm.hmac(b"key", b"data").len(), algorithm.bytes(), "{name}");
        assert_eq!(algorithm.hkdf(b"key", b"", b"", algorithm.bytes() * 255).len(), algorithm.bytes() * 255, "{name}");
        // One block of PBKDF2 with one round is one HMAC.
        let block = [b"salt".as_slice(), &[0, 0, 0, 1]].concat();
        assert_eq!(
            algorithm.pbkdf2(b"password", b"salt", 1, algorithm.bytes()),
            algorithm.hmac(b"password", &block),
            "{name}"
        );
    }
}

#[test]
fn work_is_bounded() {
    let pbkdf2 = |iterations: i64, length: i64| {
        let args = ["p".into(), "s".into(), iterations.into(), length.into()];
        call::<crate::pbkdf2>(&args).map_err(|error| error.code())
    };
    for (iterations, length) in [(0, 32), (-1, 32), (10_000_001, 32), (5_000_001, 33), (i64::MAX, 1), (1, 0), (1, 1025)]
    {
        assert_eq!(pbkdf2(iterations, length), Err(Error::RANGE), "{iterations} {length}");
    }
    let hkdf = |length: i64| call::<crate::hkdf>(&["k".into(), "".into(), "".into(), length.into(), "md5".into()]);
    assert!(hkdf(4080).is_ok());
    assert_eq!(message(hkdf(4081)), "function `hkdf`: argument 4 must be an integer from 1 to 4080, found 4081");
    assert!(hkdf(i64::MIN).is_err());
    let long = || Value::Blob(vec![1; 8193]);
    assert_eq!(call::<crate::to_base58>(&[long()]).map_err(|error| error.code()), Err(Error::TOOBIG));
    assert_eq!(call::<crate::from_base58>(&[long()]).map_err(|error| error.code()), Err(Error::TOOBIG));
}

#[test]
fn rfc_4648() {
    let cases = [
        (Encoding::Hex, "666f6f6261"),
        (Encoding::Base32, "MZXW6YTB"),
        (Encoding::Base32Hex, "CPNMUOJ1"),
        (Encoding::Base64, "Zm9vYmE="),
        (Encoding::Base64Url, "Zm9vYmE"),
    ];
    for (encoding, text) in cases {
        assert_eq!(encoding.encode(b"fooba"), text);
        assert_eq!(encoding.decode(text.as_bytes()), Ok(b"fooba".to_vec()));
    }
}

#[test]
fn everything_encoded_decodes_to_itself() {
    for (name, encoding) in Encoding::ALL {
        for len in 0..70_u8 {
            for data in
                [vec![0; len.into()], vec![255; len.into()], (0..len).map(|byte| byte.wrapping_mul(37)).collect()]
            {
                let text = encoding.encode(&data);
                assert!(text.is_ascii(), "{name}: {text}");
                assert_eq!(encoding.decode(text.as_bytes()), Ok(data), "{name}: {text}");
            }
        }
    }
}

#[test]
fn nothing_makes_a_decoder_panic_and_what_decodes_has_one_spelling() {
    // A small generator of bytes, the same in every run.
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap_or_default()
    };
    for (name, encoding) in Encoding::ALL {
        for _ in 0..3000 {
            let len = next() % 12;
            let text: Vec<u8> = (0..len).map(|_| if next() < 250 { 33 + next() % 94 } else { next() }).collect();
            if let Ok(data) = encoding.decode(&text) {
                let again = encoding.decode(encoding.encode(&data).as_bytes());
                assert_eq!(again, Ok(data), "{name}: {text:?}");
            }
        }
    }
}

#[test]
fn faults_are_placed() {
    let fault = |encoding: Encoding, text: &str| encoding.decode(text.as_bytes()).err();
    assert_eq!(fault(Encoding::Base64, "Zm 9*"), Some(Fault::Character(4)));
    assert_eq!(fault(Encoding::Base64, "Zh=="), Some(Fault::Bits(1)));
    assert_eq!(fault(Encoding::Base64, "===="), Some(Fault::Padding));
    assert_eq!(fault(Encoding::Base64, "Zm9v===="), Some(Fault::Padding));
    assert_eq!(fault(Encoding::Base32, "MZXW6==="), None);
    assert_eq!(fault(Encoding::Base32, "MZXW6=="), Some(Fault::Padding));
    assert_eq!(fault(Encoding::Hex, "666"), Some(Fault::Length));
    assert_eq!(fault(Encoding::Base58, "  2NE0"), Some(Fault::Character(5)));
    assert_eq!(fault(Encoding::Base58Check, ""), Some(Fault::Length));
    assert_eq!(fault(Encoding::Base85, "00000~~~~~"), Some(Fault::Group(5)));
    assert_eq!(
        message(call::<crate::decode>(&["Zm 9*".into(), "BASE64".into()])),
        "function `decode`: argument 1 is not valid base64: not in the alphabet: the character at byte 5"
    );
}

#[test]
fn null_gives_null_and_unknown_names_are_told() {
    assert_eq!(call::<crate::hmac>(&[Value::Null, "k".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::try_decode>(&["?".into(), "hex".into()]), Ok(Value::Null));
    assert_eq!(call::<crate::constant_time_eq>(&["a".into(), Value::Blob(b"a".to_vec())]), Ok(Value::Integer(1)));
    let long = "x".repeat(1000);
    let told = message(call::<crate::encode>(&["a".into(), long.as_str().into()]));
    assert!(told.starts_with("function `encode`: unknown format `xxx"), "{told}");
    assert!(told.len() < 300, "{told}");
}
