//! What shows that somebody has content: the MD5 over a nonce and stretches of it.

use std::io;
use std::sync::Arc;

use crate::ring::BUFFER;
use crate::sum::Md5;
use crate::{Error, Stored, background};

impl Stored {
    /// The MD5 of `nonce` followed by the stretches of `ranges` (offset and length in bytes), in their
    /// order. It reads all of them; dropped, it soon stops doing so.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk, also for a stretch beyond the end.
    pub async fn md5_over(&self, nonce: String, ranges: Vec<(u64, u64)>) -> Result<[u8; 16], Error> {
        let stored = self.clone();
        // The thread has no other way to hear that nobody waits for it any more.
        let waiting = Arc::new(());
        let wanted = Arc::downgrade(&waiting);
        let sum = background::compute("vault-proof", move || {
            let mut sum = Md5::new()?;
            sum.update(nonce.as_bytes())?;
            let mut buffer = vec![0; BUFFER];
            for (offset, length) in ranges {
                let mut range = stored.range(offset, length);
                if range.length() != length {
                    return Err(Error::Io(io::ErrorKind::UnexpectedEof.into()));
                }
                while range.length() > 0 {
                    if wanted.strong_count() == 0 {
                        return Err(Error::Io(io::ErrorKind::Interrupted.into()));
                    }
                    let read = range.read(&mut buffer)?;
                    sum.update(buffer.get(..read).unwrap_or_default())?;
                }
            }
            sum.finish()
        })
        .await?;
        drop(waiting);
        sum
    }
}
