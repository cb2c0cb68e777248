//! Where a server is and how connections to it come about.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::ClientConfig;

use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::link::Link;
use crate::trust::{self, Fingerprint};
use crate::wire::Wire;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// Where a server is and how connections to it are made.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `host:port`.
    pub host: String,
    /// What Ctrl-C does to its connections.
    pub cancel: Cancel,
    /// How TLS is spoken, if it is: all connections share trust and session tickets.
    tls: Option<Arc<ClientConfig>>,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug)]
pub struct Encryption {
    /// The one certificate that is trusted; without it those that [`trust`](crate::trust) finds good.
    pub pin: Option<Fingerprint>,
}

impl Endpoint {
    /// The server at `host`, where the port may be left out.
    ///
    /// # Errors
    /// No TLS can be had: none in practice.
    pub fn new(host: &str, encryption: Option<Encryption>, cancel: Cancel) -> Result<Self, Fault> {
        let (port, pin) = match encryption {
            None => (protocol::DEFAULT_PORT, None),
            Some(encryption) => (protocol::DEFAULT_TLS_PORT, encryption.pin),
        };
        let host = with_port(host, port);
        let tls = match encryption {
            None => None,
            Some(_) => Some(trust::config(&host, pin).map_err(|error| Fault::Usage(error.to_string()))?),
        };
        Ok(Self { host, cancel, tls })
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
        let mut link = self.connect().map_err(|error| self.unreachable(error))?;
        let greeting = link.reply()?.accepted()?;
        if greeting.status.code != 220 {
            return Err(Fault::Garbled(format!("{}: not a Reel server", self.host)));
        }
        Ok(link)
    }

    fn connect(&self) -> io::Result<Link> {
        let socket = dial(&self.host)?;
        let watch = self.cancel.watch(&socket);
        let wire = match &self.tls {
            None => Wire::Plain(socket),
            Some(config) => {
                let name = trust::name(&self.host).ok_or_else(|| {
                    io::Error::new(ErrorKind::InvalidInput, "no name that a certificate can bear")
                })?;
                socket.set_read_timeout(Some(CONNECT))?;
                socket.set_write_timeout(Some(CONNECT))?;
                Wire::secure(socket, config.clone(), name)?
            }
        };
        Link::over(wire, watch)
    }

    fn unreachable(&self, error: io::Error) -> Fault {
        match trust::verdict(&error) {
            Some(untrusted) => Fault::Untrusted(Box::new(untrusted)),
            None => Fault::Connect { host: self.host.clone(), error: trust::plainly(error) },
        }
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

fn with_port(host: &str, port: u16) -> String {
    let bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
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
        assert_eq!(with_port("club.example", 2121), "club.example:2121");
        assert_eq!(with_port("club.example:99", 2121), "club.example:99");
        assert_eq!(with_port("::1", 2121), "[::1]:2121");
        assert_eq!(with_port("[::1]:99", 2121), "[::1]:99");
        assert_eq!(with_port("[::1]", 2121), "[::1]:2121");
    }
}
