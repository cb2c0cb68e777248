//! What an upload's bytes go through: the SHA-256, computed where they come in; the disk and the MD5, which take longest
//! and have a thread each, as long as bytes come: a pool would let some uploads starve others.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::part::Part;
use crate::ring::{BUFFER, BUFFERS, Buffer};
use crate::sum::Md5;
use crate::writer::Writer;
use crate::{Digest, Error, background, blocking};

/// What an upload is known by: the MD5 that its sender claims, the SHA-256 that names the content here.
pub(crate) type Found = ([u8; 16], Digest);

type Queue = Receiver<Arc<Buffer>>;

/// Who works on one upload.
pub(crate) enum Crew {
    /// On one that fits into a buffer: threads would cost more than the work.
    One { part: Arc<Part>, md5: Md5, sha256: Sha256 },
    /// On a larger one. After a resume the hasher computes both sums, since it has to see again what was here before.
    Three { writer: Worker<()>, hasher: Worker<([u8; 16], Option<Digest>)>, sha256: Option<Sha256> },
}

impl Crew {
    /// Starts on a part that holds `already` bytes.
    ///
    /// # Errors
    /// If the system gives no more threads, or has no MD5.
    pub fn start(part: &Arc<Part>, already: u64) -> Result<Self, Error> {
        if already == 0 && part.claim().size <= BUFFER as u64 {
            return Ok(Self::One { part: part.clone(), md5: Md5::new()?, sha256: Sha256::new() });
        }
        Ok(Self::Three {
            writer: Worker::start(writer, part, move |part, queue| write(part, queue, already))?,
            hasher: Worker::start(hasher, part, move |part, queue| hash(part, queue, already))?,
            sha256: (already == 0).then(Sha256::new),
        })
    }

    /// Takes the next bytes, which belong at `offset`. Blocks.
    ///
    /// # Errors
    /// What a worker failed with.
    pub fn push(&mut self, offset: u64, buffer: Buffer) -> Result<(), Error> {
        match self {
            Self::One { part, md5, sha256 } => {
                part.file.write_all_at(buffer.bytes(), offset)?;
                sha256.update(buffer.bytes());
                md5.update(buffer.bytes())
            }
            Self::Three { writer, hasher, sha256 } => {
                let buffer = Arc::new(buffer);
                writer.push(buffer.clone())?;
                hasher.push(buffer.clone())?;
                if let Some(sha256) = sha256 {
                    sha256.update(buffer.bytes());
                }
                Ok(())
            }
        }
    }

    /// The error of a worker that had to give up.
    pub fn check(&mut self) -> Result<(), Error> {
        match self {
            Self::One { .. } => Ok(()),
            Self::Three { writer, hasher, .. } => writer.check().and_then(|()| hasher.check()),
        }
    }

    /// Waits until everything is on disk and hashed.
    ///
    /// # Errors
    /// What a worker failed with.
    pub async fn finish(self) -> Result<Found, Error> {
        match self {
            Self::One { part, md5, sha256 } => {
                blocking(move || part.seal()).await?;
                Ok((md5.finish()?, digest(sha256)))
            }
            Self::Three { writer, hasher, sha256 } => {
                // Both hear that no more comes before the first is waited for.
                let (written, hashed) = (writer.close(), hasher.close());
                written.await.unwrap_or_else(|_| Err(ended()))?;
                let (md5, both) = hashed.await.unwrap_or_else(|_| Err(ended()))?;
                Ok((md5, both.or(sha256.map(digest)).ok_or_else(ended)?))
            }
        }
    }
}

fn digest(sha256: Sha256) -> Digest {
    let sum: [u8; 32] = sha256.finalize().into();
    sum.into()
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
pub(crate) struct Worker<T> {
    buffers: SyncSender<Arc<Buffer>>,
    outcome: oneshot::Receiver<Result<T, Error>>,
}

impl<T: Send + 'static> Worker<T> {
    fn start(
        spawn: fn(Work) -> io::Result<()>, part: &Arc<Part>,
        work: impl FnOnce(&Part, &Queue) -> Result<T, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (buffers, queue) = sync_channel(BUFFERS);
        let (tell, outcome) = oneshot::channel();
        let part = part.clone();
        spawn(Box::new(move || {
            let result = work(&part, &queue);
            // Whoever hears the outcome may rely on the part being let go of; who finds the queue closed, on the outcome.
            drop(part);
            let _ = tell.send(result);
            drop(queue);
        }))?;
        Ok(Self { buffers, outcome })
    }

    fn push(&mut self, buffer: Arc<Buffer>) -> Result<(), Error> {
        if self.buffers.send(buffer).is_ok() { Ok(()) } else { self.check().and(Err(ended())) }
    }

    /// A worker ends before it is told to only because it failed.
    fn check(&mut self) -> Result<(), Error> {
        match self.outcome.try_recv() {
            Ok(outcome) => outcome.and(Err(ended())),
            Err(oneshot::error::TryRecvError::Empty) => Ok(()),
            // Its error is told, or it panicked.
            Err(oneshot::error::TryRecvError::Closed) => Err(ended()),
        }
    }

    fn close(self) -> oneshot::Receiver<Result<T, Error>> {
        self.outcome
    }
}

/// The upload is broken and its first error is told, or a worker panicked.
pub(crate) fn ended() -> Error {
    Error::Io(io::Error::other("a worker of the upload has ended"))
}

/// Writes what comes, even of an abandoned upload: that is what a resume builds on.
fn write(part: &Part, queue: &Queue, already: u64) -> Result<(), Error> {
    let mut writer = Writer::new(part, already);
    while let Ok(buffer) = queue.recv() {
        // What waits goes along: a slow disk is quicker with larger pieces.
        let more = queue.try_iter().take(BUFFERS / 2 - 1);
        let buffers: Vec<_> = std::iter::once(buffer).chain(more).collect();
        writer.write(&buffers)?;
    }
    if part.abandoned() { Err(ended()) } else { part.seal() }
}

/// The MD5 of what is already here and then of what comes, and the SHA-256 where nobody else has seen the former.
fn hash(part: &Part, queue: &Queue, already: u64) -> Result<([u8; 16], Option<Digest>), Error> {
    let (mut md5, mut sha256) = (Md5::new()?, (already > 0).then(Sha256::new));
    let mut see = |bytes: &[u8]| {
        if let Some(sha256) = &mut sha256 {
            sha256.update(bytes);
        }
        md5.update(bytes)
    };
    reread(part, already, &mut see)?;
    while let Ok(buffer) = queue.recv() {
        if part.abandoned() {
            break;
        }
        see(buffer.bytes())?;
    }
    if part.abandoned() {
        return Err(ended());
    }
    Ok((md5.finish()?, sha256.map(digest)))
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
