//! Where somebody comes from, as far as one person can choose it: what is counted by address is counted by this.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or the /64 of an IPv6 one: a household has all addresses of its /64, and could otherwise
/// come from a fresh one each time. An IPv4 address inside an IPv6 one is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix(IpAddr);

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(four) => IpAddr::V4(four),
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
        })
    }
}

impl Prefix {
    /// The prefix of an address as it is written; of what is none, that of no address at all.
    pub fn of(text: &str) -> Self {
        Self::from(text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(four) => four.fmt(f),
            IpAddr::V6(six) => write!(f, "{six}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_place() {
        let same = |a, b| Prefix::of(a) == Prefix::of(b);
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert_eq!(Prefix::of("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
        assert_eq!(Prefix::of("::ffff:192.0.2.1").to_string(), "192.0.2.1");
    }
}
