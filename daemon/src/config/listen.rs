//! Where a door is, if there is one.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address and a port to listen on, or `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl Listen {
    /// Whether nobody but this machine itself can come in here.
    pub fn is_loopback(self) -> bool {
        self.0.is_none_or(|address| address.ip().to_canonical().is_loopback())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Listen {
    type Err = &'static str;

    /// Where to listen is a number: a name may have several, and may change.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word == "none" {
            return Ok(Self(None));
        }
        let address = word.parse();
        let expected = "expected an address and a port such as 127.0.0.1:2121 or [::1]:2121, or none";
        address.map(|address| Self(Some(address))).map_err(|_| expected)
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self(Some(address))
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
