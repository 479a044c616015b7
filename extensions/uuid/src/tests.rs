//! Test vectors: RFC 9562, appendix A.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;
use uuid::Uuid;

use crate::generate::Sequence;
use crate::{uuid_blob, uuid_is_valid, uuid_str, uuid_version, uuid7_timestamp};

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
    for result in [call::<crate::uuid>(&[]), call::<crate::uuid4>(&[]), call::<crate::uuid7>(&[])] {
        assert_eq!(result.map_err(|error| error.code()), Err(Error::AUTH));
    }
}
