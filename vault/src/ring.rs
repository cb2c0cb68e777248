//! The few buffers of an upload. That there are no more of them is the bound on its memory, and
//! waiting for one is what slows the sender down to the slowest worker.

use std::mem;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes in a buffer of an upload: large enough that handing it to two threads costs little beside
/// hashing it, small enough for the cache.
pub const BUFFER: usize = 512 * 1024;

/// Buffers of an upload: one at the caller, one at each worker, and two between them.
pub(crate) const BUFFERS: usize = 5;

/// The buffers of one upload. They are made as they are needed, so that a small upload makes one.
#[derive(Debug)]
pub(crate) struct Ring {
    // Bounded by what was lent, which is bounded by the queues of the workers.
    home: UnboundedSender<BytesMut>,
    back: UnboundedReceiver<BytesMut>,
    /// Lent and not yet taken in again.
    lent: usize,
}

impl Ring {
    pub fn new() -> Self {
        let (home, back) = unbounded_channel();
        Self { home, back, lent: 0 }
    }

    /// An empty buffer. It counts only when it is lent, so a caller that drops one instead of
    /// filling it takes nothing from the ring.
    pub async fn take(&mut self) -> BytesMut {
        let buffer = match self.back.try_recv() {
            Ok(buffer) => Some(buffer),
            Err(_) if self.lent < BUFFERS => return fresh(),
            Err(_) => self.back.recv().await,
        };
        self.lent = self.lent.saturating_sub(1);
        // A caller may have split or grown it: then it is not the buffer that it was.
        buffer.filter(|buffer| buffer.capacity() == BUFFER).unwrap_or_else(fresh)
    }

    /// Makes a chunk of a filled buffer, which finds its own way back.
    pub fn lend(&mut self, bytes: BytesMut) -> Arc<Chunk> {
        // A caller with buffers of its own takes none from here, and they must not pile up.
        while self.lent >= BUFFERS && self.back.try_recv().is_ok() {
            self.lent -= 1;
        }
        self.lent += 1;
        Arc::new(Chunk { bytes, home: self.home.clone() })
    }
}

fn fresh() -> BytesMut {
    BytesMut::with_capacity(BUFFER)
}

/// A filled buffer on its way through the workers; the last of them to drop it sends it home.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub bytes: BytesMut,
    home: UnboundedSender<BytesMut>,
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let mut buffer = mem::take(&mut self.bytes);
        buffer.clear();
        // Without a home the upload is over, and the buffer with it.
        let _ = self.home.send(buffer);
    }
}
