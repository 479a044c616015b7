//! Test vectors: RFC 9562, appendix A; the ULID specification, with bytes and times computed by Python's integers and datetime.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;
use uuid::Uuid;

use crate::generate::{Sequence, ulid_after};
use crate::{
    ulid_bytes_of, ulid_datetime, ulid_is_valid, ulid_of, ulid_text, ulid_timestamp, ulid_to_uuid, uuid_blob,
    uuid_is_valid, uuid_str, uuid_to_ulid, uuid_version, uuid7_timestamp,
};

const V4: &str = "919108f7-52d1-4320-9bac-f847db4148a8";
const V7: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

#[test]
fn rfc_vectors() {
    for (uuid, version) in [
        ("c232ab00-9414-11ec-b3c8-9f6bdeced846", 1),
        ("5df41881-3aed-3515-88a7-2f4a814cf09e", 3),
        (V4, 4),
        ("2ed6657d-e927-568b-95e1-2665a8aea6a2", 5),
        ("1ec9414c-232a-6b00-b3c8-9f6bdeced846", 6),
        (V7, 7),
        ("2489e9ad-2ee2-8e00-8ec9-32d5f69181c0", 8),
    ] {
        assert_eq!(call::<uuid_version>(&[uuid.into()]), Ok(Value::Integer(version)), "{uuid}");
    }
    // Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00
    assert_eq!(call::<uuid7_timestamp>(&[V7.into()]), Ok(Value::Integer(1_645_557_742_000)));
    assert_eq!(call::<uuid7_timestamp>(&[V4.into()]), Ok(Value::Null));
}

#[test]
fn every_form_becomes_the_canonical_one() {
    let plain = V4.replace('-', "");
    for form in [V4.to_owned(), V4.to_uppercase(), plain.clone(), format!("{{{V4}}}"), format!("urn:uuid:{V4}")] {
        assert_eq!(call::<uuid_str>(&[Value::Text(form.clone())]), Ok(V4.into()), "{form}");
        assert_eq!(call::<uuid_is_valid>(&[Value::Text(form)]), Ok(Value::Integer(1)));
    }
    let blob = call::<uuid_blob>(&[V4.into()]);
    assert_eq!(blob, Ok(Value::Blob(Uuid::try_parse(V4).map_or(vec![], |u| u.into_bytes().to_vec()))));
    assert_eq!(blob.and_then(|blob| call::<uuid_str>(&[blob])), Ok(V4.into()));
}

#[test]
fn what_is_no_uuid_is_null() {
    for value in [
        Value::from(""),
        Value::from("919108f7-52d1-4320-9bac-f847db4148a"),
        Value::from("919108f7-52d1-4320-9bac-f847db4148ag"),
        Value::from("919108f752d1-4320-9bac-f847db4148a8"),
        Value::Blob(vec![0; 15]),
        Value::Integer(4),
        Value::Real(0.5),
    ] {
        let args = [value];
        assert_eq!(call::<uuid_str>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<uuid_blob>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<uuid_version>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<uuid_is_valid>(&args), Ok(Value::Integer(0)), "{args:?}");
    }
    assert_eq!(call::<uuid_is_valid>(&[Value::Null]), Ok(Value::Null));
}

#[test]
fn version7_always_grows() {
    let mut sequence = Sequence::start();
    let mut last = Uuid::nil();
    // 5,000 in one millisecond run the counter over; then the clock goes back, then on.
    for now in std::iter::repeat_n(1000, 5000).chain([900, 900, 1001, 5000, 5000]) {
        let next = sequence.next(now, [0xff; 16]);
        assert!(next > last, "{next} after {last}");
        assert_eq!(next.get_version_num(), 7);
        assert_eq!(next.get_variant(), uuid::Variant::RFC4122);
        last = next;
    }
    assert_eq!(last.as_u128() >> 80, 5000);
}

#[test]
fn version7_keeps_the_random_bits() {
    let random = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    let uuid = Sequence::start().next(0x017f_22e2_79b0, random);
    assert_eq!(uuid.to_string(), "017f22e2-79b0-710a-8102-030405060708");
}

#[test]
fn makers_need_a_host() {
    for result in [
        call::<crate::uuid>(&[]),
        call::<crate::uuid4>(&[]),
        call::<crate::uuid7>(&[]),
        call::<crate::ulid>(&[]),
        call::<crate::ulid_bytes>(&[]),
        call::<crate::ulid_with_prefix>(&["cus".into()]),
    ] {
        assert_eq!(result.map_err(|error| error.code()), Err(Error::AUTH));
    }
}

#[test]
fn ulids_of_the_specification() {
    for (ulid, uuid, millis, datetime) in [
        (
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "01563e3a-b5d3-d676-4c61-efb99302bd5b",
            1_469_922_850_259,
            Some("2016-07-30 23:54:10.259"),
        ),
        (
            "01BX5ZZKBKACTAV9WEVGEMMVRZ",
            "015f4bff-cd73-5334-ada7-8edc1d4a6f1f",
            1_508_808_576_371,
            Some("2017-10-24 01:29:36.371"),
        ),
        ("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "ffffffff-ffff-ffff-ffff-ffffffffffff", 281_474_976_710_655, None),
    ] {
        let blob = Uuid::try_parse(uuid).map(|uuid| Value::Blob(uuid.into_bytes().to_vec())).unwrap_or(Value::Null);
        assert_eq!(call::<ulid_bytes_of>(&[ulid.into()]), Ok(blob.clone()));
        for form in [Value::Text(ulid.to_lowercase()), ulid.into(), blob] {
            assert_eq!(call::<ulid_of>(std::slice::from_ref(&form)), Ok(ulid.into()));
            assert_eq!(call::<ulid_to_uuid>(std::slice::from_ref(&form)), Ok(uuid.into()));
            assert_eq!(call::<ulid_timestamp>(std::slice::from_ref(&form)), Ok(Value::Integer(millis)));
            assert_eq!(call::<ulid_datetime>(&[form]), Ok(datetime.map_or(Value::Null, Value::from)));
        }
        assert_eq!(call::<uuid_to_ulid>(&[uuid.into()]), Ok(ulid.into()));
        assert_eq!(call::<ulid_timestamp>(&[Value::Text(format!("a_b_{ulid}"))]), Ok(Value::Integer(millis)));
        assert_eq!(call::<ulid_of>(&[Value::Text(format!("a_{ulid}"))]), Ok(Value::Null));
    }
}

#[test]
fn what_is_no_ulid_is_null() {
    for value in [
        Value::from(""),
        // One bit too much, which the specification wants refused.
        Value::from("80000000000000000000000000"),
        Value::from("ZZZZZZZZZZZZZZZZZZZZZZZZZZ"),
        Value::from("01ARZ3NDEKTSV4RRFFQ69G5FA"),
        Value::from("01ARZ3NDEKTSV4RRFFQ69G5FAVV"),
        Value::from("01ARZ3NDEKTSV4RRFFQ69G5FAU"),
        Value::from("/1ARZ3NDEKTSV4RRFFQ69G5FAV"),
        Value::from("01ARZ3NDEKTSV4RRFFQ69G5FÄ"),
        Value::Blob(vec![0; 17]),
        Value::Integer(4),
        Value::Real(0.5),
    ] {
        let args = [value];
        assert_eq!(call::<ulid_of>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<ulid_bytes_of>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<ulid_datetime>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<ulid_to_uuid>(&args), Ok(Value::Null), "{args:?}");
        assert_eq!(call::<ulid_is_valid>(&args), Ok(Value::Integer(0)), "{args:?}");
    }
    assert_eq!(call::<ulid_is_valid>(&[Value::Null]), Ok(Value::Null));
}

#[test]
fn a_ulid_is_one_more_within_its_millisecond() {
    let parse = |text: &str| ulid_text::decode(text).unwrap_or_default();
    let after = |last: &str, now: u64| ulid_after(parse(last), now, [0xff; 16]).map(ulid_text::encode);
    let now = 1_508_808_576_371;
    for (last, next) in [
        ("01BX5ZZKBKACTAV9WEVGEMMVRY", Some("01BX5ZZKBKACTAV9WEVGEMMVRZ")),
        ("01BX5ZZKBKACTAV9WEVGEMMVRZ", Some("01BX5ZZKBKACTAV9WEVGEMMVS0")),
        ("01BX5ZZKBKZZZZZZZZZZZZZZZY", Some("01BX5ZZKBKZZZZZZZZZZZZZZZZ")),
        ("01BX5ZZKBKZZZZZZZZZZZZZZZZ", None),
    ] {
        assert_eq!(after(last, now).as_deref(), next);
        // The clock went back.
        assert_eq!(after(last, now - 1000).as_deref(), next);
    }
    assert_eq!(after("01BX5ZZKBKZZZZZZZZZZZZZZZZ", now + 1).as_deref(), Some("01BX5ZZKBMZZZZZZZZZZZZZZZZ"));
    assert_eq!(ulid_after(0, u64::MAX, [0; 16]).map(ulid_text::millis), Some((1 << 48) - 1));
    assert_eq!(ulid_after(u128::MAX, u64::MAX, [0; 16]), None);
    let random = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    assert_eq!(ulid_after(0, 1, random), Some(0x0000_0000_0001_0102_0304_0506_0708_090a));
}

#[test]
fn datetimes() {
    for (millis, expected) in [
        (0, Some("1970-01-01 00:00:00.000")),
        (951_782_399_999, Some("2000-02-28 23:59:59.999")),
        (951_782_400_000, Some("2000-02-29 00:00:00.000")),
        (4_107_542_400_000, Some("2100-03-01 00:00:00.000")),
        (253_402_300_799_999, Some("9999-12-31 23:59:59.999")),
        (253_402_300_800_000, None),
    ] {
        assert_eq!(ulid_text::datetime(millis).as_deref(), expected, "{millis}");
    }
}
