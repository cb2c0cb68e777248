//! Where a server is and how connections to it come about.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::ClientConfig;

use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::link::{Link, Silence};
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
    /// Who is told when the server is silent.
    pub silence: Option<Silence>,
    way: Way,
    /// How TLS is spoken, if it is: all connections share trust and session tickets.
    tls: Option<Arc<ClientConfig>>,
    /// How long the server may be silent, where that is less than a link bears.
    patience: Option<Duration>,
}

/// How a connection goes to the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// In the clear, and so no further than this machine.
    Near,
    /// In the clear, wherever it goes: it was asked for.
    Clear,
    /// Over TLS.
    Tls {
        /// The one certificate that is trusted; without it those that [`trust`](crate::trust) finds good.
        pin: Option<Fingerprint>,
    },
}

impl Endpoint {
    /// The server at `host`, where the port may be left out.
    ///
    /// # Errors
    /// No TLS can be had: none in practice.
    pub fn new(host: &str, way: Way, cancel: Cancel) -> Result<Self, Fault> {
        let Way::Tls { pin } = way else {
            let host = with_port(host, protocol::DEFAULT_PORT);
            return Ok(Self { host, cancel, silence: None, way, tls: None, patience: None });
        };
        let host = with_port(host, protocol::DEFAULT_TLS_PORT);
        let tls = trust::config(&host, pin).map_err(|error| Fault::Usage(error.to_string()))?;
        Ok(Self { host, cancel, silence: None, way, tls: Some(tls), patience: None })
    }

    /// The same, for what goes on beside: `cancel` shuts its connections, and nobody is told that it waits.
    pub fn under(&self, cancel: Cancel) -> Self {
        Self { cancel, silence: None, ..self.clone() }
    }

    /// The host without its port, for the prompt.
    pub fn short(&self) -> &str {
        self.host.rsplit_once(':').map_or(&self.host, |(host, _)| host)
    }

    /// The same server, with less patience for it.
    pub fn bearing(&self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// Connects and hears the greeting.
    ///
    /// # Errors
    /// No server, no greeting, or a greeting that turns us away; a server elsewhere, without TLS.
    pub fn open(&self) -> Result<Link, Fault> {
        let socket = dial(&self.host).map_err(|error| self.unreachable(error))?;
        if self.way == Way::Near && !is_near(&socket) {
            return Err(Fault::InTheClear { host: self.host.clone() });
        }
        let mut link = self.over(socket).map_err(|error| self.unreachable(error))?;
        self.patience.map_or(Ok(()), |patience| link.bear(patience))?;
        let greeting = link.reply()?.accepted()?;
        if greeting.status.code != 220 {
            return Err(Fault::Garbled(format!("{}: not a Reel server", self.host)));
        }
        Ok(link)
    }

    fn over(&self, socket: TcpStream) -> io::Result<Link> {
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
        Link::over(wire, watch, self.silence.clone())
    }

    fn unreachable(&self, error: io::Error) -> Fault {
        match trust::verdict(&error) {
            Some(untrusted) => Fault::Untrusted(Box::new(untrusted)),
            None => Fault::Connect { host: self.host.clone(), error: trust::plainly(error) },
        }
    }
}

/// Whether the other end is this machine.
fn is_near(socket: &TcpStream) -> bool {
    socket.peer_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback())
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
