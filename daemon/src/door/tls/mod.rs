//! TLS over a socket that does not block: rustls does the cryptography, the records are cut here.
//!
//! rustls is only ever given whole records. So what is still encrypted lies in one buffer of ours, and
//! "has anything come that nobody has read" has an exact answer; and a body is read from the socket in
//! large pieces, where rustls would ask for 4 KiB at a time.

mod certificates;
mod handshake;
mod made;
mod send;

use std::io::{self, BufRead as _, IoSlice, Write};
use std::sync::Arc;

use bytes::{Buf as _, BufMut, BytesMut};
use rustix::net::{RecvFlags, recv};
use rustls::{ServerConfig, ServerConnection};
use tokio::net::TcpStream;

pub use certificates::{CertificateError, Certificates, Files, fingerprint};
pub use handshake::accept;
pub use made::{make, own_names};

/// The head of a record: type, version, length.
const HEAD: usize = 5;

/// The longest record there may be: 16 KiB, and what the encryption of TLS 1.2 may add.
const LONGEST: usize = HEAD + (16 << 10) + 2048;

/// What is read at a time: little for lines, much for bodies.
const LITTLE: usize = 4 << 10;
const MUCH: usize = 64 << 10;

/// Records in a row that may bring nothing: a client has reasons for a few, and each costs us work.
const HOLLOW: u32 = 64;

/// One TLS connection, without its socket.
pub struct Tls {
    conn: ServerConnection,
    /// What has come and is not decrypted yet.
    raw: BytesMut,
    /// Records since the last one that brought something.
    hollow: u32,
    /// No more will come.
    ended: bool,
}

impl Tls {
    fn new(config: Arc<ServerConfig>) -> io::Result<Self> {
        let conn = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Self { conn, raw: BytesMut::new(), hollow: 0, ended: false })
    }

    /// Moves decrypted bytes into `to` until it is full or no more have come.
    pub fn read(&mut self, socket: &TcpStream, to: &mut impl BufMut) -> io::Result<usize> {
        let mut got = 0;
        loop {
            got += self.take(to)?;
            if !to.has_remaining_mut() {
                return Ok(got);
            }
            match self.decrypt() {
                Ok(true) => continue,
                Ok(false) => {}
                // What was read before is good; the next call tells.
                Err(_) if got > 0 => return Ok(got),
                Err(error) => return Err(error),
            }
            match self.fill(socket, to.remaining_mut()) {
                Ok(()) if self.ended => return Ok(got),
                Ok(()) => {}
                Err(_) if got > 0 => return Ok(got),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a read would find something without asking the socket.
    pub fn has_input(&mut self) -> bool {
        self.ended || self.has_plaintext() || matches!(whole(&self.raw), Err(_) | Ok(Some(_)))
    }

    /// Encrypts `bytes`, as many as there is room for, and sends what goes.
    pub fn write(&mut self, socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        self.flush(&mut Reactor(socket))?;
        let taken = self.conn.writer().write(bytes)?;
        match self.flush(&mut Reactor(socket)) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Whether encrypted bytes are still to be sent.
    pub fn owes(&self) -> bool {
        self.conn.wants_write()
    }

    /// Whether nothing has come that was not read: neither decrypted, nor encrypted here, nor in the kernel.
    /// Parts of a record are something, for nobody can tell what will be in it; a farewell is nothing.
    pub fn is_quiet(&mut self, socket: &TcpStream) -> bool {
        loop {
            match (self.has_plaintext(), self.decrypt()) {
                (true, _) => return false,
                (false, Ok(true)) => continue,
                (false, Ok(false)) => {}
                // No command will ever come of it.
                (false, Err(_)) => return true,
            }
            let mut some = [0; LITTLE];
            match recv(socket, &mut some[..], RecvFlags::DONTWAIT) {
                Ok((_, read)) if read > 0 => self.raw.extend_from_slice(some.get(..read).unwrap_or_default()),
                _ => return self.ended || self.raw.is_empty(),
            }
        }
    }

    /// Gives up the buffer, unless it holds something.
    pub fn rest(&mut self) {
        if self.raw.is_empty() {
            self.raw = BytesMut::new();
        }
    }

    /// Says that no more will be sent, if that goes at once.
    pub fn say_goodbye(&mut self, socket: &TcpStream) {
        self.conn.send_close_notify();
        let _ = self.flush(&mut Reactor(socket));
    }

    /// Decrypted bytes into `to`, as far as they go.
    fn take(&mut self, to: &mut impl BufMut) -> io::Result<usize> {
        let mut got = 0;
        while to.has_remaining_mut() {
            let mut reader = self.conn.reader();
            let bytes = match reader.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let most = bytes.len().min(to.remaining_mut());
            to.put_slice(bytes.get(..most).unwrap_or_default());
            reader.consume(most);
            got += most;
        }
        Ok(got)
    }

    fn has_plaintext(&mut self) -> bool {
        matches!(self.conn.reader().fill_buf(), Ok(bytes) if !bytes.is_empty())
    }

    /// Decrypts the next record. False: it has not come whole.
    fn decrypt(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let length = match whole(&self.raw) {
            Ok(Some(length)) => length,
            Ok(None) => return Ok(false),
            // rustls has the alert for that.
            Err(Foreign) => self.raw.len(),
        };
        let mut record = self.raw.get(..length).unwrap_or_default();
        while !record.is_empty() {
            self.conn.read_tls(&mut record)?;
        }
        self.raw.advance(length);
        let state = self.conn.process_new_packets();
        self.ended = state.as_ref().map_or(true, |state| state.peer_has_closed());
        match state.map_err(broken)?.plaintext_bytes_to_read() {
            0 => self.hollow += 1,
            _ => self.hollow = 0,
        }
        if self.hollow > HOLLOW {
            self.ended = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "nothing but empty records"));
        }
        Ok(true)
    }

    /// Reads from the socket what is wanted, or what a record that has begun still lacks.
    fn fill(&mut self, socket: &TcpStream, wanted: usize) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        let most = if wanted > LITTLE { MUCH } else { LITTLE };
        let lacking = (announced(&self.raw) + HEAD).saturating_sub(self.raw.len());
        self.raw.reserve(most.max(lacking));
        self.ended = socket.try_read_buf(&mut self.raw)? == 0;
        Ok(())
    }

    fn flush(&mut self, to: &mut impl Write) -> io::Result<()> {
        while self.conn.wants_write() {
            self.conn.write_tls(to)?;
        }
        Ok(())
    }
}

fn broken(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Not the beginning of a record.
struct Foreign;

/// How long the first record is, if all of it is there.
fn whole(raw: &[u8]) -> Result<Option<usize>, Foreign> {
    match raw.first() {
        None => return Ok(None),
        Some(20..=23) => {}
        Some(_) => return Err(Foreign),
    }
    match announced(raw) {
        0 => Ok(None),
        length if length > LONGEST => Err(Foreign),
        length => Ok((length <= raw.len()).then_some(length)),
    }
}

/// What the head of the first record says that its length is; 0 as long as it says nothing.
fn announced(raw: &[u8]) -> usize {
    match raw {
        [_, _, _, high, low, ..] => HEAD + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    }
}

/// A socket as the reactor sees it.
struct Reactor<'a>(&'a TcpStream);

impl Write for Reactor<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_whole_when_all_that_its_head_announces_is_there() {
        let found = |raw: &[u8]| whole(raw).map_err(|_| ());
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&[22, 3, 1, 0]), Ok(None));
        assert_eq!(found(&[23, 3, 3, 0, 2, 1]), Ok(None));
        assert_eq!(found(&[23, 3, 3, 0, 2, 1, 2]), Ok(Some(7)));
        assert_eq!(found(&[23, 3, 3, 0, 2, 1, 2, 23]), Ok(Some(7)));
        assert_eq!(found(&[21, 3, 3, 0, 0]), Ok(Some(5)));
        let longest = [[23, 3, 3, 0x48, 0].to_vec(), vec![0; 0x4800]].concat();
        assert_eq!(found(&longest), Ok(Some(LONGEST)));
        for foreign in
            [&b"GET / HTTP/1.1"[..], b"L", &[0x80, 0x2e, 1], &[23, 3, 3, 0x48, 1], &[24, 3, 3, 0, 0]]
        {
            assert_eq!(found(foreign), Err(()), "{foreign:?}");
        }
    }
}
