//! HTTP/1.1 with connections that are kept.

use std::fmt::Write;
use std::net::SocketAddr;

use super::wire::Wire;
use super::{Door, Session};
use crate::Result;

/// The way into a web server.
pub struct Http {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Door for Http {
    fn session(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(Talk { wire: Wire::connect(self.address)?, out: String::new() }))
    }
}

struct Talk {
    wire: Wire,
    out: String,
}

impl Talk {
    fn body(&mut self) -> Result<()> {
        let status = self.wire.line()?;
        if !status.starts_with("HTTP/1.1 200") {
            return Err(format!("the server said {status:?}").into());
        }
        let mut length = None;
        loop {
            let line = self.wire.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((key, value)) = line.split_once(": ")
                && key.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.parse()?);
            }
        }
        self.wire.skip(length.ok_or("no Content-Length")?)
    }
}

impl Session for Talk {
    fn fetch(&mut self, name: &str) -> Result<()> {
        self.fetch_together(&[name])
    }

    fn fetch_together(&mut self, names: &[&str]) -> Result<()> {
        self.out.clear();
        for name in names {
            write!(self.out, "GET /{name} HTTP/1.1\r\nHost: bench\r\n\r\n")?;
        }
        self.wire.send(&self.out)?;
        names.iter().try_for_each(|_| self.body())
    }
}
