//! Laws that hold for any address, and what is no address.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::inet;
use crate::scope::Scope;

const SAMPLES: [&str; 16] = [
    "0.0.0.0",
    "0.0.0.0/0",
    "1.2.3.4",
    "10.0.0.0/8",
    "10.20.30.40/8",
    "127.0.0.1",
    "192.168.1.5/31",
    "255.255.255.255",
    "255.255.255.255/0",
    "::",
    "::/0",
    "::1",
    "::ffff:192.0.2.1",
    "2001:db8::42/56",
    "fe80::1/64",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/1",
];

fn text(value: Result<Value, Error>) -> String {
    match value {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

fn blob(value: Result<Value, Error>) -> Vec<u8> {
    match value {
        Ok(Value::Blob(blob)) => blob,
        other => panic!("{other:?} is no blob"),
    }
}

#[test]
fn canonical_text_and_bytes_are_the_same_address() {
    for sample in SAMPLES {
        let normal = text(call::<crate::ip_normalize>(&[sample.into()]));
        assert_eq!(normal, sample, "all samples are canonical");
        let host = text(call::<crate::ip_host>(&[sample.into()]));
        let bytes = blob(call::<crate::ip_to_blob>(&[sample.into()]));
        assert_eq!(text(call::<crate::ip_normalize>(&[Value::Blob(bytes)])), host);
        let expanded = text(call::<crate::ip_expand>(&[sample.into()]));
        assert_eq!(text(call::<crate::ip_normalize>(&[expanded.as_str().into()])), host);
    }
}

#[test]
fn a_network_contains_its_ends_and_no_more() {
    for sample in SAMPLES {
        let network = text(call::<crate::ip_network>(&[sample.into()]));
        let last = text(call::<crate::ip_broadcast>(&[sample.into()]));
        let contains = |value: &str| call::<crate::ip_contains>(&[sample.into(), value.into()]);
        assert_eq!(contains(&network), Ok(Value::Integer(1)), "{sample}");
        assert_eq!(contains(&last), Ok(Value::Integer(1)), "{sample}");
        assert_eq!(contains(sample), Ok(Value::Integer(1)), "{sample}");
        if let Ok(Value::Text(after)) = call::<crate::ip_add>(&[last.as_str().into(), 1.into()]) {
            assert_eq!(contains(&after), Ok(Value::Integer(0)), "{sample}");
        }
        // From the first to the last address it is that one network.
        let first = network.split('/').next().unwrap_or_default();
        let cover = text(call::<crate::ip_range_to_networks>(&[first.into(), last.as_str().into()]));
        assert_eq!(cover, format!("[\"{network}\"]"), "{sample}");
    }
}

#[test]
fn merging_contains_both() {
    for a in SAMPLES {
        for b in SAMPLES {
            let merged = call::<crate::ip_merge>(&[a.into(), b.into()]);
            if a.contains(':') != b.contains(':') {
                assert_eq!(merged, Ok(Value::Null), "{a} {b}");
                continue;
            }
            let merged = text(merged);
            for one in [a, b] {
                assert_eq!(
                    call::<crate::ip_contains>(&[merged.as_str().into(), one.into()]),
                    Ok(Value::Integer(1)),
                    "{a} {b} {merged}"
                );
            }
        }
    }
}

#[test]
fn sums_and_differences_belong_together() {
    for sample in SAMPLES {
        for count in [0, 1, -1, 255, 1 << 40, i64::MAX, i64::MIN] {
            let Ok(Value::Text(sum)) = call::<crate::ip_add>(&[sample.into(), count.into()]) else {
                continue;
            };
            let difference = call::<crate::ip_diff>(&[sum.as_str().into(), sample.into()]);
            assert_eq!(difference, Ok(Value::Integer(count)), "{sample} {count}");
        }
    }
    let of = |a: &str, b: &str| call::<crate::ip_diff>(&[a.into(), b.into()]);
    assert_eq!(of("ffff::", "::"), Ok(Value::Null));
    assert_eq!(of("::", "ffff::"), Ok(Value::Null));
    assert_eq!(of("::", "0.0.0.0"), Ok(Value::Null));
}

#[test]
fn sort_keys_sort_like_addresses() {
    let nets: Vec<IpNet> = SAMPLES
        .iter()
        .map(|sample| sample.parse::<IpNet>().or_else(|_| sample.parse::<IpAddr>().map(IpNet::from)))
        .filter_map(Result::ok)
        .collect();
    assert_eq!(nets.len(), SAMPLES.len());
    for (a, left) in SAMPLES.iter().zip(&nets) {
        for (b, right) in SAMPLES.iter().zip(&nets) {
            let key = |sample: &str| blob(call::<crate::ip_sort_key>(&[sample.into()]));
            let order = (left.addr(), left.prefix_len()).cmp(&(right.addr(), right.prefix_len()));
            assert_eq!(key(a).cmp(&key(b)), order, "{a} {b}");
        }
    }
}

#[test]
fn what_is_no_address() {
    for none in [
        "",
        "/",
        "1.2.3",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/+8",
        "1.2.3.4/08",
        "1.2.3.4/0.255.0.0",
        "01.2.3.4",
        "::1/129",
        "::1/::",
        "fe80::1%1",
        " ::1",
        "::1 ",
        "1.2.3.4/99999999999999999999",
        "\0",
    ] {
        assert_eq!(call::<crate::ip_valid>(&[none.into()]), Ok(Value::Integer(0)), "{none:?}");
        assert_eq!(call::<crate::ip_network>(&[none.into()]), Ok(Value::Null), "{none:?}");
    }
    for len in (0..40).filter(|len| ![4, 16].contains(len)) {
        assert_eq!(call::<crate::ip_valid>(&[Value::Blob(vec![1; len])]), Ok(Value::Integer(0)), "{len}");
    }
    assert_eq!(call::<crate::ip_valid>(&[Value::Null]), Ok(Value::Null));
    assert_eq!(
        call::<crate::ip_family>(&[4.into()]),
        Err(Error::new(
            Error::MISMATCH,
            "function `ip_family`: argument 1 must be an IP address or network: text or a blob, found integer"
        ))
    );
    for masklen in [-1, 33, 256, i64::MAX] {
        assert_eq!(call::<crate::ip_network>(&["1.2.3.4".into(), masklen.into()]), Ok(Value::Null), "{masklen}");
    }
}

#[test]
fn a_range_of_everything_is_short() {
    let v4 = inet::cover(Ipv4Addr::new(0, 0, 0, 1).into(), Ipv4Addr::new(255, 255, 255, 254).into());
    assert_eq!(v4.map(|json| json.matches(',').count() + 1), Some(62));
    let v6 = inet::cover(Ipv6Addr::LOCALHOST.into(), Ipv6Addr::from_bits(u128::MAX - 1).into());
    assert_eq!(v6.map(|json| json.matches(',').count() + 1), Some(254));
    assert_eq!(inet::cover(Ipv6Addr::LOCALHOST.into(), Ipv6Addr::UNSPECIFIED.into()), None);
    assert_eq!(inet::cover(Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()), None);
}

#[test]
fn scopes_agree_with_what_the_standard_library_knows() {
    // Every first byte and a half, with some endings.
    for high in 0..=0xffff_u32 {
        for low in [0, 1, 0x0009, 0x0200, 0xffff] {
            let addr = Ipv4Addr::from_bits(high << 16 | low);
            let scope = Scope::of(addr.into());
            assert_eq!(scope == Scope::Private, addr.is_private(), "{addr}");
            assert_eq!(scope == Scope::Loopback, addr.is_loopback(), "{addr}");
            assert_eq!(scope == Scope::LinkLocal, addr.is_link_local(), "{addr}");
            assert_eq!(scope == Scope::Multicast, addr.is_multicast(), "{addr}");
            assert_eq!(scope == Scope::Documentation, addr.is_documentation(), "{addr}");
            assert_eq!(scope == Scope::Broadcast, addr.is_broadcast(), "{addr}");
            assert_eq!(scope == Scope::Unspecified, addr.is_unspecified(), "{addr}");
        }
        for low in [0, 1, u128::MAX >> 16] {
            let addr = Ipv6Addr::from_bits(u128::from(high) << 112 | low);
            let scope = Scope::of(addr.into());
            assert_eq!(scope == Scope::Private, addr.is_unique_local(), "{addr}");
            assert_eq!(scope == Scope::LinkLocal, addr.is_unicast_link_local(), "{addr}");
            assert_eq!(scope == Scope::Multicast, addr.is_multicast(), "{addr}");
        }
    }
}
