//! A connection with a buffer, as all clients here have it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::fs::sendfile;
use rustix::net::{RecvFlags, recv};

use crate::Result;
use crate::content::Source;

/// Small answers are read in one go.
const BUFFER: usize = 16 << 10;

/// How much is asked for at a time of what is thrown away. The kernel writes nothing there.
const DROP: usize = 1 << 20;

/// No answer may take longer: a benchmark that hangs tells nothing.
const SILENCE: Duration = Duration::from_secs(120);

/// A connection, read by lines and by lengths.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    line: Vec<u8>,
    sink: Vec<u8>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn connect(address: SocketAddr) -> Result<Wire> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        Ok(Wire { stream, buffer: Vec::new(), start: 0, line: Vec::new(), sink: Vec::new() })
    }

    /// Sends text as it is.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.stream.write_all(text.as_bytes())?)
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// If the connection ends before, or the line is no UTF-8.
    pub fn line(&mut self) -> Result<&str> {
        self.line.clear();
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                self.line.extend_from_slice(rest.get(..end).unwrap_or_default());
                self.start += end + 1;
                return Ok(std::str::from_utf8(&self.line)?.trim_end_matches('\r'));
            }
            self.line.extend_from_slice(rest);
            if self.fill()? == 0 {
                return Err("the server closed the connection".into());
            }
        }
    }

    /// Throws so many bytes away.
    ///
    /// # Errors
    /// If the connection ends before.
    pub fn skip(&mut self, mut length: u64) -> Result<()> {
        while length > 0 {
            let here = (self.buffer.len() - self.start) as u64;
            if here == 0 && length > BUFFER as u64 {
                length -= self.drop_some(length)?;
            } else if here == 0 {
                if self.fill()? == 0 {
                    return Err("the server closed inside a body".into());
                }
            } else {
                let some = here.min(length);
                self.start += some as usize;
                length -= some;
            }
        }
        Ok(())
    }

    /// Throws everything away up to the end of the connection; how much that was.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn skip_all(&mut self) -> Result<u64> {
        let mut all = (self.buffer.len() - self.start) as u64;
        self.start = self.buffer.len();
        loop {
            match self.receive_dropping(u64::MAX)? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }

    /// Sends a file without reading it.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn send_file(&mut self, source: &Source) -> Result<()> {
        let (mut offset, end) = (source.offset, source.offset + source.size);
        while offset < end {
            let left = usize::try_from(end - offset)?;
            if sendfile(&self.stream, &source.file, Some(&mut offset), left)? == 0 {
                return Err("the file is shorter than it was".into());
            }
        }
        Ok(())
    }

    /// Whether the server has sent something (waits for it).
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn first_byte(&mut self) -> Result<()> {
        if self.start == self.buffer.len() && self.fill()? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }

    fn drop_some(&mut self, length: u64) -> Result<u64> {
        match self.receive_dropping(length)? {
            0 => Err("the server closed inside a body".into()),
            some => Ok(some),
        }
    }

    /// MSG_TRUNC: the kernel drops the bytes, so that the server is measured and not this client.
    fn receive_dropping(&mut self, length: u64) -> Result<u64> {
        if self.sink.is_empty() {
            self.sink = vec![0; DROP];
        }
        let most = usize::try_from(length).unwrap_or(DROP).min(DROP);
        let room = self.sink.get_mut(..most).unwrap_or_default();
        let (_, received) = recv(&self.stream, room, RecvFlags::TRUNC)?;
        Ok(received as u64)
    }

    fn fill(&mut self) -> Result<usize> {
        self.buffer.resize(BUFFER, 0);
        self.start = 0;
        let read = self.stream.read(&mut self.buffer);
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        Ok(read?)
    }
}
