//! Addresses and networks as SQL values, and what is done with their bits.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use sqlink_guest::{FromValue, ValueRef};

/// An address, alone or with a prefix length; `None` for text and blobs that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inet(pub Option<IpNet>);

impl<'a> FromValue<'a> for Inet {
    const EXPECTED: &'static str = "an IP address or network: text or a blob";

    fn from_value(value: ValueRef<'a>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => Some(Self(parse(text))),
            ValueRef::Blob(bytes) => Some(Self(from_bytes(bytes).map(IpNet::from))),
            _ => None,
        }
    }
}

/// `192.0.2.1`, `192.0.2.1/24`, `192.0.2.1/255.255.255.0`, `2001:db8::1`, `2001:db8::/32`.
fn parse(text: &str) -> Option<IpNet> {
    let Some((addr, mask)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    let addr: IpAddr = addr.parse().ok()?;
    // Digits alone: `parse` would take a sign too, and leading zeros look like octal numbers.
    let is_number = mask.bytes().all(|byte| byte.is_ascii_digit()) && (mask == "0" || !mask.starts_with('0'));
    if is_number {
        return IpNet::new(addr, mask.parse().ok()?).ok();
    }
    match addr {
        IpAddr::V4(_) => IpNet::with_netmask(addr, IpAddr::V4(mask.parse().ok()?)).ok(),
        IpAddr::V6(_) => None,
    }
}

fn from_bytes(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(bytes));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// The bytes, most significant first.
pub fn bytes(addr: IpAddr) -> Vec<u8> {
    match addr {
        IpAddr::V4(addr) => addr.octets().to_vec(),
        IpAddr::V6(addr) => addr.octets().to_vec(),
    }
}

/// The canonical text, without the prefix length if it is all of the address.
pub fn text(net: IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}

/// The fewest networks that cover `first` to `last`, as a JSON array; `None` for two families or if `last` comes before.
pub fn cover(first: IpAddr, last: IpAddr) -> Option<String> {
    if first > last {
        return None;
    }
    let networks: Vec<String> = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Ipv4Subnets::new(first, last, 0).map(|net| net.to_string()).collect(),
        (IpAddr::V6(first), IpAddr::V6(last)) => Ipv6Subnets::new(first, last, 0).map(|net| net.to_string()).collect(),
        _ => return None,
    };
    Some(["[\"", &networks.join("\",\""), "\"]"].concat())
}

/// Four hexadecimal digits.
pub fn digits(segment: u16) -> String {
    segment.to_be_bytes().iter().flat_map(|byte| [nibble(byte >> 4), nibble(byte & 15)]).collect()
}

fn nibble(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or('0')
}

/// The name in `in-addr.arpa` or `ip6.arpa`.
///
/// Source: RFC 1035, section 3.5 · RFC 3596, section 2.5
pub fn reverse_pointer(addr: IpAddr) -> String {
    match addr {
        IpAddr::V4(addr) => {
            let [a, b, c, d] = addr.octets();
            Ipv4Addr::new(d, c, b, a).to_string() + ".in-addr.arpa"
        }
        IpAddr::V6(addr) => reverse_nibbles(addr) + "ip6.arpa",
    }
}

fn reverse_nibbles(addr: Ipv6Addr) -> String {
    addr.octets().iter().rev().flat_map(|byte| [nibble(byte & 15), '.', nibble(byte >> 4), '.']).collect()
}
