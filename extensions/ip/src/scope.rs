//! What addresses are for.
//!
//! Source: <https://www.iana.org/assignments/iana-ipv4-special-registry> · <https://www.iana.org/assignments/iana-ipv6-special-registry> ·
//! <https://www.iana.org/assignments/ipv6-address-space>

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for. All but `Global` are not to be met on the internet, or are for no single machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Global,
    Private,
    Loopback,
    LinkLocal,
    Multicast,
    Unspecified,
    Broadcast,
    Shared,
    Documentation,
    Benchmarking,
    Protocol,
    Translation,
    Mapped,
    Tunnel,
    Discard,
    Reserved,
}

/// Blocks of IPv4 with their prefix lengths, small ones before those that contain them; all else is global.
const V4: [(Ipv4Addr, u8, Scope); 20] = [
    (Ipv4Addr::new(0, 0, 0, 0), 32, Scope::Unspecified),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Scope::Reserved),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Scope::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Scope::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Scope::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Scope::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Scope::Private),
    (Ipv4Addr::new(192, 0, 0, 9), 32, Scope::Global),
    (Ipv4Addr::new(192, 0, 0, 10), 32, Scope::Global),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Scope::Protocol),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Scope::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Scope::Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Scope::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Scope::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Scope::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Scope::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Scope::Multicast),
    (Ipv4Addr::new(255, 255, 255, 255), 32, Scope::Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Scope::Reserved),
    (Ipv4Addr::new(0, 0, 0, 0), 0, Scope::Global),
];

/// Blocks of IPv6 in the same way; all else is reserved.
const V6: [(Ipv6Addr, u8, Scope); 27] = [
    (Ipv6Addr::UNSPECIFIED, 128, Scope::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Scope::Loopback),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, Scope::Mapped),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, Scope::Global),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Scope::Translation),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Scope::Discard),
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64, Scope::Discard),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Scope::Tunnel),
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 1), 128, Scope::Global),
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 2), 128, Scope::Global),
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 3), 128, Scope::Global),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Scope::Benchmarking),
    (Ipv6Addr::new(0x2001, 3, 0, 0, 0, 0, 0, 0), 32, Scope::Global),
    (Ipv6Addr::new(0x2001, 4, 0x112, 0, 0, 0, 0, 0), 48, Scope::Global),
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28, Scope::Global),
    (Ipv6Addr::new(0x2001, 0x30, 0, 0, 0, 0, 0, 0), 28, Scope::Global),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Scope::Protocol),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Scope::Documentation),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Scope::Tunnel),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Scope::Documentation),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, Scope::Protocol),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Scope::Global),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Scope::Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Scope::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Scope::Reserved),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Scope::Multicast),
    (Ipv6Addr::UNSPECIFIED, 0, Scope::Reserved),
];

impl Scope {
    /// The scope of the smallest block that has the address.
    pub fn of(addr: IpAddr) -> Self {
        let found = match addr {
            IpAddr::V4(addr) => V4
                .iter()
                .find(|(block, len, _)| {
                    let differing = addr.to_bits() ^ block.to_bits();
                    differing.leading_zeros() >= u32::from(*len)
                })
                .map(|(_, _, scope)| *scope),
            IpAddr::V6(addr) => V6
                .iter()
                .find(|(block, len, _)| {
                    let differing = addr.to_bits() ^ block.to_bits();
                    differing.leading_zeros() >= u32::from(*len)
                })
                .map(|(_, _, scope)| *scope),
        };
        // The last block of both has all addresses.
        found.unwrap_or(Self::Reserved)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Broadcast => "broadcast",
            Self::Shared => "shared",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Protocol => "protocol",
            Self::Translation => "translation",
            Self::Mapped => "mapped",
            Self::Tunnel => "tunnel",
            Self::Discard => "discard",
            Self::Reserved => "reserved",
        }
    }
}
