//! Connections that come from another address.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use crate::line::Line;

/// A connection to `to` from `source`, greeted. On Linux all of 127.0.0.0/8 is one's own.
pub fn from(source: Ipv4Addr, to: SocketAddr) -> Line {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&socket, &SocketAddrV4::new(source, 0)).expect("an address of one's own");
    connect(&socket, &to).expect("connect");
    let mut line = Line::over(TcpStream::from(socket));
    line.greeting = Some(line.reply().is("220 REEL"));
    line
}
