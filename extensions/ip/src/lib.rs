//! SQLink extension `ip`: IPv4 and IPv6 addresses and networks.
//!
//! One kind of value, as PostgreSQL's `inet`: an address with the length of its network's prefix, which is all of it for an address
//! alone. What is none gives NULL. Everything is deterministic and innocuous, imports nothing but the log, and keeps
//! nothing between calls.
//!
//! Source: RFC 4291, RFC 4632, RFC 5952 · <https://www.postgresql.org/docs/current/functions-net.html>
#![forbid(unsafe_code)]

mod inet;
mod scope;

use core::net::{IpAddr, Ipv4Addr};

use inet::Inet;
use ipnet::IpNet;
use scope::Scope;
use sqlink_guest::prelude::*;

/// Stands for a prefix length that was not given.
const OWN_MASKLEN: i64 = i64::MIN;

/// True if `value` is an address or a network.
#[scalar(deterministic, innocuous)]
fn ip_valid(value: Inet) -> bool {
    value.0.is_some()
}

/// The canonical text; the prefix length is left out if it is all of the address.
#[scalar(deterministic, innocuous)]
fn ip_normalize(value: Inet) -> Option<String> {
    value.0.map(inet::text)
}

/// 4 or 6.
#[scalar(deterministic, innocuous)]
fn ip_family(value: Inet) -> Option<i64> {
    value.0.map(|net| if matches!(net, IpNet::V4(_)) { 4 } else { 6 })
}

/// The address without the prefix length.
#[scalar(deterministic, innocuous)]
fn ip_host(value: Inet) -> Option<String> {
    value.0.map(|net| net.addr().to_string())
}

/// The prefix length.
#[scalar(deterministic, innocuous)]
fn ip_masklen(value: Inet) -> Option<u32> {
    value.0.map(|net| net.prefix_len().into())
}

/// The mask whose bits are set for the network.
#[scalar(deterministic, innocuous)]
fn ip_netmask(value: Inet) -> Option<String> {
    value.0.map(|net| net.netmask().to_string())
}

/// The mask whose bits are set for the host.
#[scalar(deterministic, innocuous)]
fn ip_hostmask(value: Inet) -> Option<String> {
    value.0.map(|net| net.hostmask().to_string())
}

/// The network with its prefix length, which `masklen` replaces.
#[scalar(deterministic, innocuous)]
fn ip_network(value: Inet, #[default(OWN_MASKLEN)] masklen: i64) -> Option<String> {
    let net = value.0?;
    let net = match masklen {
        OWN_MASKLEN => net,
        _ => IpNet::new(net.addr(), u8::try_from(masklen).ok()?).ok()?,
    };
    Some(net.trunc().to_string())
}

/// The last address of the network.
#[scalar(deterministic, innocuous)]
fn ip_broadcast(value: Inet) -> Option<String> {
    value.0.map(|net| net.broadcast().to_string())
}

/// How many addresses the network has: an integer, or a real where that is too small.
#[scalar(deterministic, innocuous)]
fn ip_size(value: Inet) -> Option<Value> {
    let net = value.0?;
    let bits = net.max_prefix_len() - net.prefix_len();
    Some(match 1_i64.checked_shl(bits.into()).filter(|_| bits < 63) {
        Some(size) => Value::Integer(size),
        None => Value::Real(f64::from(bits).exp2()),
    })
}

/// True if all of `value` is in `network`.
#[scalar(deterministic, innocuous)]
fn ip_contains(network: Inet, value: Inet) -> Option<bool> {
    Some(network.0?.contains(&value.0?))
}

/// True if one of the networks contains the other.
#[scalar(deterministic, innocuous)]
fn ip_overlaps(a: Inet, b: Inet) -> Option<bool> {
    let (a, b) = (a.0?, b.0?);
    Some(a.contains(&b) || b.contains(&a))
}

/// The smallest network that contains both; NULL for two families.
#[scalar(deterministic, innocuous)]
fn ip_merge(a: Inet, b: Inet) -> Option<String> {
    let (a, b) = (a.0?, b.0?);
    let mut merged = a.trunc();
    if a.max_prefix_len() != b.max_prefix_len() {
        return None;
    }
    while !merged.contains(&b) {
        merged = merged.supernet()?;
    }
    Some(merged.to_string())
}

/// The networks that together have all addresses from `first` to `last` and no others: a JSON array, shortest possible.
#[scalar(deterministic, innocuous)]
fn ip_range_to_networks(first: Inet, last: Inet) -> Option<String> {
    inet::cover(first.0?.addr(), last.0?.addr())
}

/// The address `count` after this one, with its prefix length; NULL if there is none.
#[scalar(deterministic, innocuous)]
fn ip_add(value: Inet, count: i64) -> Option<String> {
    let net = value.0?;
    let addr = match net.addr() {
        IpAddr::V4(addr) => {
            let bits = i64::from(addr.to_bits()).checked_add(count)?;
            IpAddr::V4(u32::try_from(bits).ok()?.into())
        }
        IpAddr::V6(addr) => IpAddr::V6(addr.to_bits().checked_add_signed(count.into())?.into()),
    };
    IpNet::new(addr, net.prefix_len()).ok().map(inet::text)
}

/// How many addresses `a` is after `b`; NULL for two families and if it is no integer of SQL.
#[scalar(deterministic, innocuous)]
fn ip_diff(a: Inet, b: Inet) -> Option<i64> {
    match (a.0?.addr(), b.0?.addr()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => Some(i64::from(a.to_bits()) - i64::from(b.to_bits())),
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let (a, b) = (a.to_bits(), b.to_bits());
            let distance = i128::try_from(a.abs_diff(b)).ok()?;
            i64::try_from(if a < b { -distance } else { distance }).ok()
        }
        _ => None,
    }
}

/// An IPv4 address as an integer; NULL for IPv6.
#[scalar(deterministic, innocuous)]
fn ip_to_int(value: Inet) -> Option<u32> {
    match value.0?.addr() {
        IpAddr::V4(addr) => Some(addr.to_bits()),
        IpAddr::V6(_) => None,
    }
}

/// The IPv4 address that an integer is; NULL out of range.
#[scalar(deterministic, innocuous)]
fn ip_from_int(number: i64) -> Option<String> {
    u32::try_from(number).ok().map(|bits| Ipv4Addr::from_bits(bits).to_string())
}

/// The address as 4 or 16 bytes.
#[scalar(deterministic, innocuous)]
fn ip_to_blob(value: Inet) -> Option<Vec<u8>> {
    value.0.map(|net| inet::bytes(net.addr()))
}

/// A blob that sorts as addresses and networks do: IPv4 first, then by address, then by prefix length.
#[scalar(deterministic, innocuous)]
fn ip_sort_key(value: Inet) -> Option<Vec<u8>> {
    let net = value.0?;
    let mut key = vec![if matches!(net, IpNet::V4(_)) { 4 } else { 6 }];
    key.extend(inet::bytes(net.addr()));
    key.push(net.prefix_len());
    Some(key)
}

/// The address in full length: an IPv6 address with all its digits.
#[scalar(deterministic, innocuous)]
fn ip_expand(value: Inet) -> Option<String> {
    Some(match value.0?.addr() {
        IpAddr::V4(addr) => addr.to_string(),
        IpAddr::V6(addr) => addr.segments().map(inet::digits).join(":"),
    })
}

/// The IPv4 address in an IPv4-mapped IPv6 address; other addresses as they are.
#[scalar(deterministic, innocuous)]
fn ip_unmap(value: Inet) -> Option<String> {
    value.0.map(|net| net.addr().to_canonical().to_string())
}

/// The name under which the DNS has the address's name.
#[scalar(deterministic, innocuous)]
fn ip_reverse_pointer(value: Inet) -> Option<String> {
    value.0.map(|net| inet::reverse_pointer(net.addr()))
}

/// What the address is for: `global`, `private`, `loopback`, `link-local`, `multicast` and so on.
#[scalar(deterministic, innocuous)]
fn ip_scope(value: Inet) -> Option<&'static str> {
    value.0.map(|net| Scope::of(net.addr()).name())
}

/// Defines a function that asks for one scope.
macro_rules! scope_functions {
    ($($(#[$doc:meta])* $function:ident: $scope:ident;)+) => {$(
        $(#[$doc])*
        #[scalar(deterministic, innocuous)]
        fn $function(value: Inet) -> Option<bool> {
            value.0.map(|net| Scope::of(net.addr()) == Scope::$scope)
        }
    )+};
}

scope_functions! {
    /// True if all the internet can reach the address.
    ip_is_global: Global;
    /// True for private networks: RFC 1918, RFC 4193.
    ip_is_private: Private;
    /// True for this machine itself.
    ip_is_loopback: Loopback;
    /// True for the link alone.
    ip_is_link_local: LinkLocal;
    /// True for groups.
    ip_is_multicast: Multicast;
}

extension! {
    name: "ip",
    description: "IPv4 and IPv6 addresses and networks: parts, ranges, sorting, scopes.",
    functions: [
        ip_valid, ip_normalize, ip_family, ip_host, ip_masklen, ip_netmask, ip_hostmask, ip_network, ip_broadcast,
        ip_size, ip_contains, ip_overlaps, ip_merge, ip_range_to_networks, ip_add, ip_diff, ip_to_int, ip_from_int,
        ip_to_blob, ip_sort_key, ip_expand, ip_unmap, ip_reverse_pointer, ip_scope, ip_is_global, ip_is_private,
        ip_is_loopback, ip_is_link_local, ip_is_multicast,
    ],
}

#[cfg(test)]
mod tests;
