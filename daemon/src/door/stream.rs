//! The bytes of a connection: plain TCP, or TLS over it. Nothing here waits but what says so.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BufMut;
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown, recv, shutdown};
use tokio::io::Interest;
use tokio::net::TcpStream;
use vault::{Patience, Range, Sent};

use super::tls::Tls;

/// Reads what is there. A read that does not fill the buffer has emptied the socket: the reactor is told so, and who
/// waits for more next does not ask the kernel once more for nothing.
fn read(socket: &TcpStream, to: &mut impl BufMut) -> io::Result<usize> {
    let room = to.chunk_mut().len();
    let mut got = Err(io::ErrorKind::WouldBlock.into());
    // What comes after the read is an event of its own, which this does not undo.
    let _ = socket.try_io(Interest::READABLE, || {
        got = socket.try_read_buf(to);
        match got {
            Ok(some) if some == room => Ok(()),
            _ => Err(io::Error::from(io::ErrorKind::WouldBlock)),
        }
    });
    got
}

/// What one [`Stream::fill`] came to.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    /// Bytes that came.
    pub bytes: usize,
    /// Why no more of them, if there was room.
    pub stopped: Option<Stopped>,
}

/// Why nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing more is there at the moment.
    Empty,
    /// Nothing more will come.
    Gone,
}

/// Reads past the reactor, which hears of what comes only when somebody waits for it there.
fn fill(socket: &TcpStream, to: &mut [u8], mut patience: Patience) -> Filled {
    let mut bytes = 0;
    let stopped = loop {
        let Some(room @ [_, ..]) = to.get_mut(bytes..) else { break None };
        match recv(socket, room, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => break Some(Stopped::Gone),
            Ok((_, some)) => bytes += some,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match patience.readable(&socket) {
                Ok(true) => {}
                Ok(false) => break Some(Stopped::Empty),
                Err(_) => break Some(Stopped::Gone),
            },
            Err(_) => break Some(Stopped::Gone),
        }
    };
    Filled { bytes, stopped }
}

/// One connection's bytes. Cheap to clone: a blocking thread that sends a file holds one.
#[derive(Clone)]
pub struct Stream {
    /// What carries them.
    pub socket: Arc<TcpStream>,
    /// One task owns a connection, so nobody ever waits for this lock.
    tls: Option<Arc<Mutex<Tls>>>,
}

impl Stream {
    /// TCP as it is.
    pub fn plain(socket: TcpStream) -> Self {
        Self { socket: Arc::new(socket), tls: None }
    }

    /// TLS, after its handshake.
    pub fn private(socket: TcpStream, tls: Tls) -> Self {
        Self { socket: Arc::new(socket), tls: Some(Arc::new(Mutex::new(tls))) }
    }

    /// Reads what is there, as far as `to` has room. 0 is the end of input, be it TCP's or TLS's.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if nothing is there; of the socket; of a peer that breaks TLS.
    pub fn try_read_buf(&self, to: &mut impl BufMut) -> io::Result<usize> {
        match self.tls() {
            None => read(&self.socket, to),
            Some(mut tls) => tls.read(&self.socket, to),
        }
    }

    /// Waits until there may be something to read. May be cancelled.
    ///
    /// # Errors
    /// Of the socket.
    pub async fn readable(&self) -> io::Result<()> {
        if self.tls().is_some_and(|mut tls| tls.has_input()) { Ok(()) } else { self.socket.readable().await }
    }

    /// Fills `to` from what comes; how far it came. It waits `patience` in all, over TLS not at all, where it is the
    /// reactor that knows what the socket has. Belongs on a blocking thread.
    pub fn fill(&self, to: &mut [u8], patience: Duration) -> Filled {
        match self.tls() {
            None => fill(&self.socket, to, Patience::new(patience)),
            Some(mut tls) => {
                let (most, mut room) = (to.len(), to);
                let stopped = loop {
                    if room.is_empty() {
                        break None;
                    }
                    match tls.read(&self.socket, &mut room) {
                        Ok(0) => break Some(Stopped::Gone),
                        Ok(_) => {}
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            break Some(Stopped::Empty);
                        }
                        Err(_) => break Some(Stopped::Gone),
                    }
                };
                Filled { bytes: most - room.len(), stopped }
            }
        }
    }

    /// Sends as much as goes at once. With nothing to send it sends what is still [owed](Self::owes).
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if nothing goes; of the socket.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.tls() {
            None => self.socket.try_write(bytes),
            Some(mut tls) => tls.write(&self.socket, bytes),
        }
    }

    /// Waits until more can be sent. May be cancelled.
    ///
    /// # Errors
    /// Of the socket.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// Whether bytes that were taken are still here, encrypted.
    pub fn owes(&self) -> bool {
        self.tls().is_some_and(|tls| tls.owes())
    }

    /// Sends at most `limit` bytes of a file, as [`Range::send_slice`] does: in the kernel where the
    /// bytes go out as they are. Belongs on a blocking thread.
    ///
    /// # Errors
    /// As [`Range::send_slice`].
    pub fn send_slice(&self, range: &mut Range, limit: u64, patience: Duration) -> io::Result<Sent> {
        match self.tls() {
            None => range.send_slice(&*self.socket, limit, patience),
            Some(mut tls) => tls.send_slice(&self.socket, range, limit, patience),
        }
    }

    /// Whether nothing has come that was not read. Asks the kernel, since the reactor may not have heard
    /// of it yet. The end of input is nothing.
    pub fn is_quiet(&self) -> bool {
        match self.tls() {
            None => {
                let mut byte = [0u8; 1];
                let peeked = recv(&*self.socket, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
                !matches!(peeked, Ok((_, received)) if received > 0)
            }
            Some(mut tls) => tls.is_quiet(&self.socket),
        }
    }

    /// Gives up buffers that an idle connection does not need.
    pub fn rest(&self) {
        if let Some(mut tls) = self.tls() {
            tls.rest();
        }
    }

    /// Ends what is sent, without waiting.
    pub fn end(&self) {
        if let Some(mut tls) = self.tls() {
            tls.say_goodbye(&self.socket);
        }
        let _ = shutdown(&*self.socket, Shutdown::Write);
    }

    fn tls(&self) -> Option<MutexGuard<'_, Tls>> {
        self.tls.as_ref().map(|tls| tls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
