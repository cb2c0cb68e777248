//! The bytes of a connection: plain TCP, or TLS over it. Blocking, unless it is told otherwise.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use rustls::ClientConnection;
use rustls::client::ClientConfig;
use rustls::pki_types::ServerName;

use crate::transfer::pour::pour;

/// How much is read from the socket, or from a file to be encrypted, at a time.
const READ: usize = 128 * 1024;

/// What a link speaks over.
#[derive(Debug)]
pub enum Wire {
    /// TCP as it is.
    Plain(TcpStream),
    /// TLS. Only one thread speaks at a time, so it needs no lock of its own; Ctrl-C shuts the socket.
    Tls(Box<Tls>),
}

/// TLS over a socket.
#[derive(Debug)]
pub struct Tls {
    conn: ClientConnection,
    /// rustls asks for 4 KiB at a time.
    socket: BufReader<TcpStream>,
}

impl Wire {
    /// Shakes hands.
    ///
    /// # Errors
    /// The connection was lost; the other end speaks no TLS, or is not trusted: then the error holds what the
    /// verifier said.
    pub fn secure(
        socket: TcpStream, config: Arc<ClientConfig>, name: ServerName<'static>,
    ) -> io::Result<Self> {
        let conn = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut tls = Box::new(Tls { conn, socket: BufReader::with_capacity(READ, socket) });
        while tls.conn.is_handshaking() {
            tls.flush()?;
            if tls.conn.is_handshaking() {
                tls.hear()?;
            }
        }
        tls.flush()?;
        Ok(Self::Tls(tls))
    }

    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        match self {
            Wire::Plain(socket) => socket,
            Wire::Tls(tls) => tls.socket.get_ref(),
        }
    }

    /// Reads what there is, at least one byte; 0 is the end. That the end came without TLS's farewell is
    /// no matter: lines and counted bodies tell whether anything is missing.
    ///
    /// # Errors
    /// Of the socket; the server breaks TLS.
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.read(buf),
            Wire::Tls(tls) => tls.read(buf),
        }
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// Of the socket.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Wire::Plain(socket) => socket.write_all(bytes),
            Wire::Tls(tls) => tls.write_all(bytes),
        }
    }

    /// Sends at most `most` bytes of `file` from `offset` on; gives how many. None means its end.
    ///
    /// # Errors
    /// The file cannot be read, or the connection was lost.
    pub fn pour(&mut self, file: &File, offset: u64, most: u64) -> io::Result<u64> {
        let tls = match self {
            Wire::Plain(socket) => return pour(file, socket, offset, most),
            Wire::Tls(tls) => tls,
        };
        let mut buffer = vec![0; usize::try_from(most).map_or(READ, |most| most.min(READ))];
        let read = file.read_at(&mut buffer, offset)?;
        tls.write_all(buffer.get(..read).unwrap_or_default())?;
        Ok(read as u64)
    }

    /// Whether a read would give something, be it the end; nothing is waited for.
    pub fn has_input(&mut self) -> bool {
        let waiting = self.socket().set_nonblocking(true).is_ok() && self.looks();
        waiting | self.socket().set_nonblocking(false).is_err()
    }

    fn looks(&mut self) -> bool {
        let blocked = |result: &io::Result<usize>| matches!(result, Err(error) if error.kind() == ErrorKind::WouldBlock);
        let tls = match self {
            Wire::Plain(socket) => return !blocked(&socket.peek(&mut [0])),
            Wire::Tls(tls) => tls,
        };
        loop {
            match tls.hear() {
                Ok(state) if state.plaintext_bytes_to_read() > 0 || state.peer_has_closed() => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    /// Says that no more will come.
    pub fn farewell(&mut self) {
        if let Wire::Tls(tls) = self {
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    }

    /// Closes it, whoever waits for it.
    pub fn close(&self) {
        let _ = self.socket().shutdown(Shutdown::Both);
    }
}

impl Tls {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut got = 0;
        loop {
            let free = buf.get_mut(got..).unwrap_or_default();
            match self.conn.reader().read(free) {
                Ok(0) => return Ok(got),
                Ok(read) => got += read,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(got),
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                // What has come is enough; what is here already is decrypted along.
                Err(_) if got > 0 && self.socket.buffer().is_empty() => return Ok(got),
                Err(_) => match self.hear() {
                    Err(_) if got > 0 => return Ok(got),
                    Err(error) => return Err(error),
                    Ok(_) => {}
                },
            }
        }
    }

    /// Takes in some more of what the server sends.
    fn hear(&mut self) -> io::Result<rustls::IoState> {
        if self.conn.wants_read() && self.conn.read_tls(&mut self.socket)? == 0 && self.conn.is_handshaking()
        {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let state = match self.conn.process_new_packets() {
            Ok(state) => state,
            Err(error) => {
                // With the alert that says why.
                let _ = self.flush();
                return Err(io::Error::new(ErrorKind::InvalidData, error));
            }
        };
        // New keys, if the server asks for them. What does not go now goes with what is sent next.
        match self.flush() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(state),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.conn.writer().write(rest)?;
            rest = rest.get(taken..).unwrap_or_default();
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.conn.wants_write() {
            match self.conn.write_tls(self.socket.get_mut()) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
