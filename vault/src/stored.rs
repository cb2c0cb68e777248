//! Content that is here, and how it leaves.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::sendfile;
use rustix::io::Errno;

use crate::part::absent;
use crate::trust::{Trust, Verdict};
use crate::{Digest, Error};

/// Content of the vault, held open: it can be read to its end even if it is purged meanwhile.
#[derive(Clone, Debug)]
pub struct Stored {
    file: Arc<File>,
    size: u64,
    /// Where it is not known yet whether the bytes are sound.
    verdict: Option<Arc<Verdict>>,
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
        Ok(Self { file, size, verdict: None })
    }

    /// Has the bytes read, unless that was done before.
    pub(crate) fn checked(mut self, trust: &Arc<Trust>, digest: &Digest) -> Result<Self, Error> {
        let verdict = trust.verdict(digest, &self.file)?;
        match verdict.now() {
            Some(true) => {}
            Some(false) => return Err(Error::Altered),
            None => self.verdict = Some(verdict),
        }
        Ok(self)
    }

    /// It has just been stored, from this part.
    pub(crate) fn trusted(self, trust: &Trust, digest: &Digest, part: &File) -> Result<Self, Error> {
        if part.metadata()?.ino() == self.file.metadata()?.ino() {
            trust.stored(digest, &self.file)?;
        }
        Ok(self)
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
        let left = length.min(self.size - offset);
        // Who asks for a piece looks for the end of the whole elsewhere, and may be a player that seeks.
        let verdict = self.verdict.clone().filter(|_| left == self.size);
        Range { file: self.file.clone(), offset, left, verdict }
    }
}

/// A stretch of content that gets shorter from its front as it is sent or read.
#[derive(Debug)]
pub struct Range {
    file: Arc<File>,
    offset: u64,
    left: u64,
    /// What the last byte waits for.
    verdict: Option<Arc<Verdict>>,
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
    /// shorter than it was, [`io::ErrorKind::InvalidData`] if its bytes are found to be others than were stored.
    /// [`length`](Self::length) tells what was sent before the error.
    pub fn send_slice(&mut self, socket: impl AsFd, limit: u64, patience: Duration) -> io::Result<Sent> {
        let before = self.left;
        if before == 1 && !self.may_end(patience)? {
            return Ok(Sent { bytes: 0, waiting: false });
        }
        let end = (before - limit.min(before)).max(self.kept_back());
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
    /// Of the disk; [`io::ErrorKind::UnexpectedEof`] and [`io::ErrorKind::InvalidData`] as of
    /// [`send_slice`](Self::send_slice).
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.left == 1 && !self.may_end(Duration::from_secs(1))? {}
        let free = self.left - self.kept_back();
        let most = usize::try_from(free).map_or(buf.len(), |left| left.min(buf.len()));
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

impl Range {
    /// Fills all of `buf`, as [`read`](Self::read) does.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`io::ErrorKind::UnexpectedEof`] if the range is shorter.
    pub fn read_all(&mut self, buf: &mut [u8]) -> io::Result<()> {
        let mut rest = buf;
        while !rest.is_empty() {
            match self.read(rest)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => rest = rest.get_mut(read..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// Bytes that may not go yet.
    fn kept_back(&self) -> u64 {
        u64::from(self.verdict.is_some()).min(self.left)
    }

    /// Whether the last byte may go; false if that is not known in time.
    fn may_end(&mut self, patience: Duration) -> io::Result<bool> {
        let known = self.verdict.as_ref().map_or(Some(true), |verdict| verdict.wait(patience));
        match known {
            Some(false) => Err(io::ErrorKind::InvalidData.into()),
            Some(true) => {
                self.verdict = None;
                Ok(true)
            }
            None => Ok(false),
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
        self.ready(socket, PollFlags::OUT)
    }

    /// The same until it has bytes to read, or their end.
    ///
    /// # Errors
    /// Of poll(2).
    pub fn readable(&mut self, socket: &impl AsFd) -> io::Result<bool> {
        self.ready(socket, PollFlags::IN)
    }

    fn ready(&mut self, socket: &impl AsFd, events: PollFlags) -> io::Result<bool> {
        while !self.0.is_zero() {
            let began = Instant::now();
            let longest = Timespec::try_from(self.0).ok();
            let ready = poll(&mut [PollFd::new(socket, events)], longest.as_ref());
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
