//! Test vectors: RFC 1321 (MD5), FIPS 180-4 and 202 examples (SHA), the BLAKE3, zlib and XXH3 reference implementations.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::algorithm::Algorithm;

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn vectors_of_abc() {
    let data = || [Value::from("abc")];
    let hex = |result| text(result);
    assert_eq!(hex(call::<crate::md5>(&data())), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(hex(call::<crate::sha1>(&data())), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(hex(call::<crate::sha224>(&data())), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    assert_eq!(hex(call::<crate::sha256>(&data())), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(
        hex(call::<crate::sha384>(&data())),
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
    );
    assert_eq!(
        hex(call::<crate::sha512>(&data())),
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    );
    assert_eq!(hex(call::<crate::sha3_224>(&data())), "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf");
    assert_eq!(
        hex(call::<crate::sha3_256>(&data())),
        "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"
    );
    assert_eq!(
        hex(call::<crate::sha3_384>(&data())),
        "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"
    );
    assert_eq!(
        hex(call::<crate::sha3_512>(&data())),
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
         10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
    );
    assert_eq!(hex(call::<crate::blake3>(&data())), "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    assert_eq!(hex(call::<crate::xxh3_64>(&data())), "78af5f94892f3950");
    assert_eq!(hex(call::<crate::xxh3_128>(&data())), "06b05ab6733a618578af5f94892f3950");
}

#[test]
fn vectors_of_nothing() {
    let data = || [Value::from("")];
    assert_eq!(text(call::<crate::md5>(&data())), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(
        text(call::<crate::sha256>(&data())),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        text(call::<crate::blake3>(&data())),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    );
    assert_eq!(text(call::<crate::xxh3_64>(&data())), "2d06800538d394c2");
    assert_eq!(text(call::<crate::xxh3_128>(&data())), "99aa06d3014798d86001c324468d497f");
    assert_eq!(call::<crate::crc32>(&data()), Ok(Value::Integer(0)));
}

#[test]
fn crc32_check_value() {
    assert_eq!(call::<crate::crc32>(&["123456789".into()]), Ok(Value::Integer(0xcbf4_3926)));
    assert_eq!(text(call::<crate::hash>(&["crc32".into(), "123456789".into()])), "cbf43926");
}

#[test]
fn a_long_message_crosses_block_borders() {
    let million = "a".repeat(1_000_000);
    assert_eq!(
        text(call::<crate::sha256>(&[Value::from(million.as_str())])),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    );
    assert_eq!(text(call::<crate::sha1>(&[Value::from(million.as_str())])), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

#[test]
fn text_and_blob_of_equal_bytes_are_equal() {
    for (name, _) in Algorithm::ALL {
        let of = |data: Value| text(call::<crate::hash>(&[name.into(), data]));
        assert_eq!(of("a\0ü".into()), of(Value::Blob("a\0ü".into())), "{name}");
    }
}

#[test]
fn hash_blob_is_the_bytes_of_hash() {
    for (name, algorithm) in Algorithm::ALL {
        let blob = call::<crate::hash_blob>(&[name.to_uppercase().as_str().into(), "abc".into()]);
        assert_eq!(blob, Ok(Value::Blob(algorithm.digest(b"abc").to_vec())), "{name}");
        let hex = text(call::<crate::hash>(&[name.into(), "abc".into()]));
        assert_eq!(hex.len(), algorithm.digest(b"abc").len() * 2, "{name}");
    }
}

#[test]
fn null_gives_null_and_numbers_are_refused() {
    assert_eq!(call::<crate::sha256>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::hash>(&["md5".into(), Value::Null]), Ok(Value::Null));
    assert_eq!(call::<crate::hash>(&[Value::Null, "x".into()]), Ok(Value::Null));
    assert_eq!(
        call::<crate::sha256>(&[1.into()]),
        Err(Error::new(Error::MISMATCH, "function `sha256`: argument 1 must be text or a blob, found integer"))
    );
}

#[test]
fn an_unknown_algorithm_is_named() {
    let Err(error) = call::<crate::hash>(&["sha9".into(), "x".into()]) else {
        panic!("`sha9` is no algorithm");
    };
    assert!(
        error.message().starts_with("function `hash`: unknown algorithm `sha9`, expected one of `md5`, `sha1`"),
        "{}",
        error.message()
    );
}
