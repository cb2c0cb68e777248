//! The least that a file server can say: a line with a length, then the bytes. See `peer::bare`.

use std::net::SocketAddr;

use super::wire::Wire;
use super::{Door, Session};
use crate::Result;
use crate::content::Source;

/// The way into our bare loops.
pub struct Bare {
    /// Where they listen.
    pub address: SocketAddr,
    /// Whether an upload is to be on disk before it is answered.
    pub durable: bool,
}

impl Door for Bare {
    fn session(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(Talk { wire: Wire::connect(self.address)?, durable: self.durable }))
    }
}

struct Talk {
    wire: Wire,
    durable: bool,
}

impl Session for Talk {
    fn fetch(&mut self, name: &str) -> Result<()> {
        self.wire.send(&format!("GET {name}\n"))?;
        let length = self.wire.line()?.parse()?;
        self.wire.skip(length)
    }

    fn store(&mut self, source: &Source, name: &str) -> Result<String> {
        let verb = if self.durable { "PUTSYNC" } else { "PUT" };
        self.wire.send(&format!("{verb} in/{name} {}\n", source.size))?;
        self.wire.send_file(source)?;
        match self.wire.line()? {
            "done" => Ok(name.to_owned()),
            other => Err(format!("the loop said {other:?}").into()),
        }
    }
}
