//! A file over TLS: read, encrypt and send on a blocking thread, some records at a time.

use std::io::{self, IoSlice, Write};
use std::time::Duration;

use rustix::io::{Errno, writev};
use tokio::net::TcpStream;
use vault::{Patience, Range, Sent};

use super::Tls;

/// What is read and encrypted at a time: four records. rustls holds as much encrypted, and that is what a
/// reader who stops costs; the kernel reads the file ahead meanwhile.
const CHUNK: usize = 64 << 10;

impl Tls {
    /// Sends at most `limit` bytes of the range, waiting `patience` in all for a full socket. What was
    /// read and did not go stays encrypted here, for the next call or flush.
    pub fn send_slice(
        &mut self, socket: &TcpStream, range: &mut Range, limit: u64, patience: Duration,
    ) -> io::Result<Sent> {
        let before = range.length();
        let end = before - limit.min(before);
        let mut out = Direct { socket, patience: Patience::new(patience) };
        let mut chunk = vec![0; CHUNK];
        let waiting = loop {
            match self.flush(&mut out) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break true,
                Err(error) => return Err(error),
            }
            let left = usize::try_from(range.length() - end).unwrap_or(usize::MAX);
            let piece = chunk.get_mut(..left.min(CHUNK)).unwrap_or_default();
            let read = range.read(piece)?;
            if read == 0 {
                break false;
            }
            // All of it is taken: it is no more than the room, which is empty.
            self.conn.writer().write_all(piece.get(..read).unwrap_or_default())?;
        };
        Ok(Sent { bytes: before - range.length(), waiting })
    }
}

/// The socket itself, past the reactor, as sendfile(2) sees it too.
struct Direct<'a> {
    socket: &'a TcpStream,
    patience: Patience,
}

impl Write for Direct<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            match writev(self.socket, pieces) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.patience.writable(&self.socket)? => {}
                other => return Ok(other?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
