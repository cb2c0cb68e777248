//! The few buffers of an upload. That there are no more of them is the bound on its memory, and
//! waiting for one is what slows the sender down to the hasher.

use std::mem;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Bytes in a buffer of an upload: large enough that handing it to another thread costs little beside
/// hashing it, small enough for the cache.
pub const BUFFER: usize = 512 * 1024;

/// Buffers of an upload: one at the caller, one at each worker, and some between them, because the disk is not even.
pub(crate) const BUFFERS: usize = 6;

/// Where a buffer begins in memory, and what it holds in the file: what a disk takes past the page cache.
pub(crate) const ALIGN: usize = 4096;

/// Room for the next bytes of an upload. Dropped, it can be had again.
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    filled: usize,
    home: Sender<Vec<u8>>,
}

impl Buffer {
    /// What is not filled yet.
    pub fn room(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.start + self.filled..self.end).unwrap_or_default()
    }

    /// The first bytes of the room are filled, so many.
    pub fn fill(&mut self, bytes: usize) {
        self.filled = (self.end - self.start).min(self.filled.saturating_add(bytes));
    }

    /// What is filled.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.start + self.filled).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Without a ring the upload is over, and the buffer with it.
        let _ = self.home.send(mem::take(&mut self.bytes));
    }
}

/// The buffers of one upload. They are made as they are needed, so that a small upload makes one.
#[derive(Debug)]
pub(crate) struct Ring {
    size: usize,
    made: usize,
    home: Sender<Vec<u8>>,
    back: Receiver<Vec<u8>>,
}

impl Ring {
    /// For an upload to which so many bytes are still to come.
    pub fn new(bytes: u64) -> Self {
        let (home, back) = channel();
        let size = usize::try_from(bytes).map_or(BUFFER, |bytes| bytes.min(BUFFER));
        Self { size, made: 0, home, back }
    }

    /// An empty buffer for what belongs at `offset`, blocking; none if none comes home within `patience`.
    pub fn take(&mut self, offset: u64, patience: Duration) -> Option<Buffer> {
        let bytes = match self.back.try_recv() {
            Ok(bytes) => bytes,
            Err(_) if self.made < BUFFERS => {
                self.made += 1;
                // Zeros of the system's, which touches pages only as they are filled.
                vec![0; self.size + ALIGN]
            }
            Err(_) => self.back.recv_timeout(patience).ok()?,
        };
        let start = bytes.as_ptr().align_offset(ALIGN).min(ALIGN);
        // After a piece of any length the next buffer ends where a block does.
        let over = if self.size == BUFFER { (offset % ALIGN as u64) as usize } else { 0 };
        Some(Buffer { bytes, start, end: start + self.size - over, filled: 0, home: self.home.clone() })
    }
}
