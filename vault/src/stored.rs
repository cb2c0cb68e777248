//! Content that is here, and how it leaves.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::sendfile;
use rustix::io::Errno;

use crate::Error;
use crate::part::absent;

/// Content of the vault, held open: it can be read to its end even if it is purged meanwhile.
#[derive(Clone, Debug)]
pub struct Stored {
    file: Arc<File>,
    size: u64,
}

impl Stored {
    pub(crate) fn open(path: &Path, size: u64) -> Result<Self, Error> {
        let file = absent(File::open(path))?.ok_or(Error::Missing)?;
        let found = file.metadata()?.len();
        if found != size {
            let expected = size;
            return Err(Error::Damaged { expected, found });
        }
        let file = Arc::new(file);
        Ok(Self { file, size })
    }

    /// The length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The `length` bytes from `offset` on. What would lie behind the end is left out.
    #[must_use]
    pub fn range(&self, offset: u64, length: u64) -> Range {
        let offset = offset.min(self.size);
        Range { file: self.file.clone(), offset, left: length.min(self.size - offset) }
    }
}

/// A stretch of content that gets shorter from its front as it is sent or read.
#[derive(Debug)]
pub struct Range {
    file: Arc<File>,
    offset: u64,
    left: u64,
}

/// What one [`Range::send_slice`] came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Bytes that the socket took.
    pub bytes: u64,
    /// The socket is full. The caller waits until it can be written to. A reactor that was told so
    /// before, as tokio's, is to be told first that this no longer holds
    /// (`try_io` with an operation that returns `WouldBlock`), or it wakes the caller at once.
    pub waiting: bool,
}

impl Range {
    /// Bytes that are left.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.left
    }

    /// Sends at most `limit` bytes to a socket that does not block. It reads the disk and waits, so
    /// it belongs on a blocking thread; for a full socket it waits `patience` in all, then gives the
    /// thread back. The bytes do not pass through this process.
    ///
    /// # Errors
    /// Of the socket or the disk. [`io::ErrorKind::UnexpectedEof`] if the content has become
    /// shorter than it was. [`length`](Self::length) tells what was sent before the error.
    pub fn send_slice(&mut self, socket: impl AsFd, limit: u64, patience: Duration) -> io::Result<Sent> {
        let before = self.left;
        let end = before - limit.min(before);
        let mut patience = Patience(patience);
        let mut waiting = false;
        while self.left > end && !waiting {
            // The kernel sends 2 GiB a call at most, whatever is asked for.
            let most = usize::try_from(self.left - end).unwrap_or(usize::MAX);
            match sendfile(&socket, &self.file, Some(&mut self.offset), most) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(sent) => self.left -= sent as u64,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => waiting = !patience.writable(&socket)?,
                Err(errno) => return Err(errno.into()),
            }
        }
        let bytes = before - self.left;
        Ok(Sent { bytes, waiting })
    }

    /// Fills the front of `buf` for a caller that has to see the bytes, and tells how far; 0 only at
    /// the end of the range or for no buffer. It may wait for the disk.
    ///
    /// # Errors
    /// Of the disk; [`io::ErrorKind::UnexpectedEof`] if the content has become shorter than it was.
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        let piece = &mut buf[..most];
        if piece.is_empty() {
            return Ok(0);
        }
        loop {
            match self.file.read_at(piece, self.offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.offset += read as u64;
                    self.left -= read as u64;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The time that is left for waiting.
#[derive(Debug)]
pub struct Patience(Duration);

impl Patience {
    /// So much in all.
    #[must_use]
    pub fn new(time: Duration) -> Self {
        Self(time)
    }

    /// Waits until the socket takes bytes, or has an error that the next try will tell; false if the
    /// time ran out before. It blocks the thread.
    ///
    /// # Errors
    /// Of poll(2).
    pub fn writable(&mut self, socket: &impl AsFd) -> io::Result<bool> {
        while !self.0.is_zero() {
            let began = Instant::now();
            let longest = Timespec::try_from(self.0).ok();
            let ready = poll(&mut [PollFd::new(socket, PollFlags::OUT)], longest.as_ref());
            self.0 = self.0.saturating_sub(began.elapsed());
            match ready {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(false)
    }
}
