//! The two threads of an upload: one computes the MD5, which takes longest; the other writes and computes the SHA-256.
//! Threads of their own, because each is busy as long as bytes come; a pool would let some uploads starve others. No
//! more of them, because every piece that comes wakes each.

use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::thread;

use rustix::fs::{Advice, fadvise};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::part::Part;
use crate::ring::{BUFFER, BUFFERS, Chunk};
use crate::sum::Md5;
use crate::{Digest, Error, background};

type Queue = mpsc::Receiver<Arc<Chunk>>;

/// After so many bytes the disk is set to work, so that little is left when the last byte came.
const WRITE_BACK: u64 = 8 * 1024 * 1024;

/// The workers of one upload.
#[derive(Debug)]
pub(crate) struct Crew {
    writer: Worker<[u8; 32]>,
    md5: Worker<[u8; 16]>,
}

impl Crew {
    /// Starts them on a part that holds `already` bytes, which only the hashers have to see again.
    pub fn start(part: &Arc<Part>, already: u64) -> Result<Self, Error> {
        Ok(Self {
            writer: Worker::start(writer, part, move |part, queue| write(part, queue, already))?,
            md5: Worker::start(hasher, part, move |part, queue| md5(part, queue, already))?,
        })
    }

    /// Hands a chunk to both or, if this is cancelled or fails, to none.
    pub async fn push(&mut self, chunk: Arc<Chunk>) -> Result<(), Error> {
        let room = async {
            let writer = self.writer.chunks.reserve().await?;
            let md5 = self.md5.chunks.reserve().await?;
            Ok::<_, mpsc::error::SendError<()>>([writer, md5])
        };
        if let Ok(room) = room.await {
            for room in room {
                room.send(chunk.clone());
            }
            return Ok(());
        }
        self.check().await.and(Err(ended()))
    }

    /// The error of a worker that had to give up.
    pub async fn check(&mut self) -> Result<(), Error> {
        self.writer.check().await?;
        self.md5.check().await
    }

    /// Waits until everything is written and hashed.
    pub async fn finish(self) -> Result<([u8; 16], Digest), Error> {
        // Both hear that no more comes before the first is waited for.
        let (sha256, md5) = (self.writer.close(), self.md5.close());
        let sha256 = outcome(sha256).await?;
        Ok((outcome(md5).await?, sha256.into()))
    }
}

/// What a thread does.
type Work = Box<dyn FnOnce() + Send>;

/// A thread that keeps its place: it waits for the disk more than it computes, and holds locks of the file system.
fn writer(work: Work) -> io::Result<()> {
    thread::Builder::new().name("vault-writer".into()).spawn(work).map(drop)
}

fn hasher(work: Work) -> io::Result<()> {
    background::spawn("vault-hasher", work)
}

/// One thread, seen from the upload.
#[derive(Debug)]
struct Worker<T> {
    chunks: mpsc::Sender<Arc<Chunk>>,
    outcome: Option<oneshot::Receiver<Result<T, Error>>>,
}

impl<T: Send + 'static> Worker<T> {
    fn start(
        spawn: fn(Work) -> io::Result<()>, part: &Arc<Part>,
        work: impl FnOnce(&Part, Queue) -> Result<T, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (chunks, queue) = mpsc::channel(BUFFERS);
        let (tell, outcome) = oneshot::channel();
        let part = part.clone();
        spawn(Box::new(move || {
            let result = work(&part, queue);
            // Whoever hears the outcome may rely on the part being let go of.
            drop(part);
            let _ = tell.send(result);
        }))?;
        let outcome = Some(outcome);
        Ok(Self { chunks, outcome })
    }

    /// A worker ends before it is told to only because it failed.
    async fn check(&mut self) -> Result<(), Error> {
        if !self.chunks.is_closed() {
            return Ok(());
        }
        outcome(self.outcome.take()).await.and(Err(ended()))
    }

    fn close(self) -> Option<oneshot::Receiver<Result<T, Error>>> {
        self.outcome
    }
}

/// What a worker has to say; none means that it has said it before.
async fn outcome<T>(outcome: Option<oneshot::Receiver<Result<T, Error>>>) -> Result<T, Error> {
    match outcome {
        Some(outcome) => outcome.await.unwrap_or_else(|_| Err(ended())),
        None => Err(ended()),
    }
}

/// The upload is broken and its first error is told, or a worker panicked.
fn ended() -> Error {
    Error::Io(io::Error::other("a worker of the upload has ended"))
}

/// Writes what comes, even of an abandoned upload: that is what a resume builds on. The SHA-256 of all.
fn write(part: &Part, mut queue: Queue, already: u64) -> Result<[u8; 32], Error> {
    let mut sum = Sha256::new();
    reread(part, already, |bytes| {
        sum.update(bytes);
        Ok(())
    })?;
    let (mut end, mut begun) = (already, already);
    while let Some(chunk) = queue.blocking_recv() {
        part.file.write_all_at(&chunk.bytes, end)?;
        end += chunk.bytes.len() as u64;
        if end - begun >= WRITE_BACK {
            write_back(part, begun, end - begun);
            begun = end;
        }
        if !part.abandoned() {
            sum.update(&chunk.bytes);
        }
    }
    if part.abandoned() {
        return Err(ended());
    }
    part.seal()?;
    Ok(sum.finalize().into())
}

/// Linux begins to write the dirty pages of a range that is said not to be needed and does not wait
/// for them, while fdatasync would keep the writer, and with it the ring, waiting for the disk. Of
/// 1 GiB it left 10 ms to the last fsync, which took 360 ms without it and 20 ms with fdatasync.
fn write_back(part: &Part, offset: u64, length: u64) {
    // Advice: without it only the last fsync takes longer.
    let _ = fadvise(&part.file, offset, NonZeroU64::new(length), Advice::DontNeed);
}

/// The MD5 of what is already here and then of what comes.
fn md5(part: &Part, mut queue: Queue, already: u64) -> Result<[u8; 16], Error> {
    let mut sum = Md5::new()?;
    reread(part, already, |bytes| sum.update(bytes))?;
    while let Some(chunk) = queue.blocking_recv() {
        if part.abandoned() {
            break;
        }
        sum.update(&chunk.bytes)?;
    }
    if part.abandoned() {
        return Err(ended());
    }
    sum.finish()
}

/// The part may hold gigabytes, so an abandoned upload is noticed between two reads.
fn reread(part: &Part, already: u64, mut see: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut buffer = vec![0; if already > 0 { BUFFER } else { 0 }];
    let mut offset = 0;
    while offset < already && !part.abandoned() {
        let length = usize::try_from(already - offset).map_or(BUFFER, |left| left.min(BUFFER));
        let piece = &mut buffer[..length];
        part.file.read_exact_at(piece, offset)?;
        see(piece)?;
        offset += length as u64;
    }
    Ok(())
}
