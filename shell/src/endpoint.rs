//! Where a server is and how connections to it come about.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::link::Link;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// Where a server is and how connections to it are made.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `host:port`.
    pub host: String,
    /// What Ctrl-C does to its connections.
    pub cancel: Cancel,
}

impl Endpoint {
    /// The server at `host`, where the port may be left out.
    pub fn new(host: &str, cancel: Cancel) -> Self {
        Self { host: with_port(host), cancel }
    }

    /// The host without its port, for the prompt.
    pub fn short(&self) -> &str {
        self.host.rsplit_once(':').map_or(&self.host, |(host, _)| host)
    }

    /// Connects and hears the greeting.
    ///
    /// # Errors
    /// No server, no greeting, or a greeting that turns us away.
    pub fn open(&self) -> Result<Link, Fault> {
        let stream = dial(&self.host).map_err(|error| self.unreachable(error))?;
        let mut link = Link::over(stream, &self.cancel).map_err(|error| self.unreachable(error))?;
        let greeting = link.reply()?.accepted()?;
        if greeting.status.code != 220 {
            return Err(Fault::Garbled(format!("{}: not a Reel server", self.host)));
        }
        Ok(link)
    }

    fn unreachable(&self, error: io::Error) -> Fault {
        Fault::Connect { host: self.host.clone(), error }
    }
}

fn dial(host: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "no such host");
    for address in host.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn with_port(host: &str) -> String {
    let bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
    let port = protocol::DEFAULT_PORT;
    match host.rsplit_once(':') {
        _ if bare_v6 => format!("[{host}]:{port}"),
        Some((_, digits)) if digits.parse::<u16>().is_ok() => host.to_owned(),
        _ => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_be_left_out() {
        assert_eq!(with_port("club.example"), "club.example:2121");
        assert_eq!(with_port("club.example:99"), "club.example:99");
        assert_eq!(with_port("::1"), "[::1]:2121");
        assert_eq!(with_port("[::1]:99"), "[::1]:99");
        assert_eq!(with_port("[::1]"), "[::1]:2121");
    }
}
