//! The server of one film, for the player on this machine: at an address that nobody guesses, and for nobody but
//! the user who plays it, since others may read the address in the list of processes.

use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Scope;
use std::time::Duration;

use super::http::{Part, Request, hear, part};
use super::source::{Film, Source};
use crate::cancel::Cancel;
use crate::key;

/// Most connections at once: players open two or three.
const MOST: usize = 16;

/// Where a film is served.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    path: String,
    open: AtomicUsize,
}

impl Server {
    /// On a port that is free.
    ///
    /// # Errors
    /// There is none, or no randomness.
    pub fn open() -> io::Result<Self> {
        let key = key::fresh().map_err(io::Error::other)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, path: format!("/{key}"), open: AtomicUsize::new(0) })
    }

    /// What the player is told.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Serves until `over`, each connection on a thread of its own.
    pub fn serve<'s>(&'s self, scope: &'s Scope<'s, '_>, film: &'s Film, over: &'s Cancel) {
        for stream in self.listener.incoming() {
            if over.is_cancelled() {
                return;
            }
            let Ok(stream) = stream else {
                // Out of file descriptors, most likely: the next one would fail at once too.
                over.sleep(Duration::from_millis(50));
                continue;
            };
            if self.open.load(Ordering::Acquire) >= MOST || !is_ours(&stream) {
                continue;
            }
            self.open.fetch_add(1, Ordering::AcqRel);
            scope.spawn(move || {
                let _watch = over.watch(&stream);
                // Whoever has gone has what it wanted.
                let _ = self.attend(&stream, film);
                self.open.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }

    /// Has [`Server::serve`] look whether it is over.
    pub fn wake(&self) {
        drop(TcpStream::connect(self.address));
    }

    fn attend(&self, mut stream: &TcpStream, film: &Film) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut buffer, mut source) = (Vec::new(), Source::new(film));
        while !film.is_over() {
            let Some(request) = hear(&mut stream, &mut buffer)? else { break };
            let keeps = self.answer(stream, &request, &mut source, film.title.size)?;
            if !keeps {
                break;
            }
        }
        Ok(())
    }

    /// Answers a request, and says whether the connection may be kept.
    fn answer(
        &self, mut stream: &TcpStream, request: &Request, source: &mut Source<'_>, size: u64,
    ) -> io::Result<bool> {
        let keeps = request.keeps && !request.has_body;
        let (status, (start, end), range) = if request.path != self.path {
            ("404 Not Found", (0, 0), None)
        } else if !matches!(request.method.as_str(), "GET" | "HEAD") {
            ("405 Method Not Allowed", (0, 0), None)
        } else {
            match part(request.range.as_deref(), size) {
                Part::Whole => ("200 OK", (0, size), None),
                Part::Some((start, end)) => {
                    let range = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
                    ("206 Partial Content", (start, end), Some(range))
                }
                Part::None => ("416 Range Not Satisfiable", (0, 0), Some(format!("bytes */{size}"))),
            }
        };
        let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", end - start);
        if let Some(range) = range {
            head.push_str(&format!("Content-Range: {range}\r\n"));
        }
        let connection = if keeps { "keep-alive" } else { "close" };
        head.push_str(&format!(
            "Accept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\n\
             Allow: GET, HEAD\r\nConnection: {connection}\r\n\r\n"
        ));
        stream.write_all(head.as_bytes())?;
        // Half a body cannot be ended but with the connection.
        let whole =
            request.method == "HEAD" || source.pour((start, end), |bytes| stream.write_all(bytes).is_ok());
        Ok(keeps && whole)
    }
}

/// Whether the other end belongs to the user who plays. Where the system does not say, the address is the secret.
fn is_ours(stream: &TcpStream) -> bool {
    let (Ok(SocketAddr::V4(near)), Ok(SocketAddr::V4(far))) = (stream.local_addr(), stream.peer_addr())
    else {
        return false;
    };
    // A client may use a socket of IPv6 for it, which stands in another table.
    let owners = [("/proc/net/tcp", ""), ("/proc/net/tcp6", "0000000000000000FFFF0000")]
        .map(|(table, prefix)| fs::read_to_string(table).map(|table| owner(&table, prefix, far, near)).ok());
    match owners.iter().flatten().flatten().next() {
        Some(user) => *user == rustix::process::getuid().as_raw(),
        None => owners.iter().all(Option::is_none),
    }
}

/// Whose connection from `from` to `to` it is, in the words of proc_pid_net(5).
fn owner(table: &str, prefix: &str, from: SocketAddrV4, to: SocketAddrV4) -> Option<u32> {
    let word = |address: SocketAddrV4| {
        format!("{prefix}{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port())
    };
    let (from, to) = (word(from), word(to));
    table.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let both = words.next() == Some(from.as_str()) && words.next() == Some(to.as_str());
        both.then(|| words.nth(4)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_connection_is_known_as_such() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        assert!(is_ours(&far) && is_ours(&near));
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n   \
                     0: 0100007F:0050 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 7";
        let at = |port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let mapped = table.replace("0100007F", "0000000000000000FFFF00000100007F");
        assert_eq!(owner(&mapped, "0000000000000000FFFF0000", at(80), at(8080)), Some(1000));
        assert_eq!(
            (owner(table, "", at(80), at(8080)), owner(table, "", at(80), at(81))),
            (Some(1000), None)
        );
    }
}
