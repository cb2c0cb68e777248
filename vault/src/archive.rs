//! A vault that is filled from another one: a backup from a club, a club from its backup.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::ioctl_ficlone;
use sha2::{Digest as _, Sha256};

use crate::part::absent;
use crate::place::Place;
use crate::ring::BUFFER;
use crate::{Digest, Error, Survey, blocking};

/// What copies are called while they are made.
const COPY: &str = ".copy";

/// A vault that is filled from another one. No daemon and no other archive has the folder meanwhile.
#[derive(Clone, Debug)]
pub struct Archive(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    place: Place,
    /// Held, never looked at.
    _lock: File,
}

/// What became of content that was to be copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It was copied, and its bytes are what its digest says.
    Copied,
    /// It was here before.
    Here,
    /// It is neither here nor there.
    Missing,
    /// It is not here, and what is there are other bytes.
    Damaged,
}

impl Archive {
    /// Opens the vault in the folder `dir`, making it where there is none. It blocks for a moment.
    ///
    /// # Errors
    /// As [`Vault::open`](crate::Vault::open).
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let (place, lock) = Place::open(dir)?;
        for entry in fs::read_dir(&place.incoming)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(COPY) {
                absent(fs::remove_file(path))?;
            }
        }
        Ok(Self(Arc::new(Inner { place, _lock: lock })))
    }

    /// The length of content that is here, in bytes.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn size(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        let (inner, digest) = (self.0.clone(), *digest);
        blocking(move || Ok(absent(fs::metadata(inner.place.content(&digest)))?.map(|here| here.len()))).await
    }

    /// Has content of `size` bytes here, for good when this returns. What is here with that length is taken to be
    /// right; with `doubt` it is read, and copied anew if it is wrong. `progress` hears how many bytes were read.
    ///
    /// Where the file system can share blocks between files (btrfs, XFS) the copy takes no space; it is read all the
    /// same, since damage is not to be copied.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Io`] of the disks.
    pub async fn take(
        &self, from: &Survey, digest: &Digest, size: u64, doubt: bool,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Taken, Error> {
        let (inner, from, digest) = (self.0.clone(), from.clone(), *digest);
        blocking(move || inner.take(from.place(), &digest, size, doubt, &progress)).await
    }

    /// Bytes that can still be written here.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn free(&self) -> Result<u64, Error> {
        let inner = self.0.clone();
        blocking(move || inner.place.free()).await
    }

    /// Whether a copy of this content takes no space here.
    ///
    /// # Errors
    /// [`Error::Io`] of the disks.
    pub async fn shares_blocks(&self, from: &Survey, digest: &Digest) -> Result<bool, Error> {
        let (inner, from, digest) = (self.0.clone(), from.clone(), *digest);
        blocking(move || {
            let Some(source) = absent(File::open(from.place().content(&digest)))? else { return Ok(false) };
            let part = inner.part(&digest);
            let shared = ioctl_ficlone(&create(&part)?, &source).is_ok();
            fs::remove_file(part)?;
            Ok(shared)
        })
        .await
    }
}

impl Inner {
    fn part(&self, digest: &Digest) -> std::path::PathBuf {
        self.place.incoming.join(format!("{digest}{COPY}"))
    }

    fn take(
        &self, from: &Place, digest: &Digest, size: u64, doubt: bool, progress: &impl Fn(u64),
    ) -> Result<Taken, Error> {
        let content = self.place.content(digest);
        let here = absent(fs::metadata(&content))?.is_some_and(|here| here.len() == size);
        if here && (!doubt || is(&mut File::open(&content)?, digest, progress)?) {
            return Ok(Taken::Here);
        }
        let Some(mut source) = absent(File::open(from.content(digest)))? else {
            return Ok(Taken::Missing);
        };
        if source.metadata()?.len() != size {
            return Ok(Taken::Damaged);
        }
        let part = self.part(digest);
        let copied = copy(&mut source, &part, digest, progress);
        if !matches!(copied, Ok(true)) {
            absent(fs::remove_file(&part))?;
            return copied.map(|_| Taken::Damaged);
        }
        // What is still here at this point has the right length and wrong bytes.
        self.place.admit(&part, digest, size, |_| Ok(here))?;
        Ok(Taken::Copied)
    }
}

/// Copies what is in `source`, and tells whether it is what the digest says.
fn copy(source: &mut File, part: &Path, digest: &Digest, progress: &impl Fn(u64)) -> Result<bool, Error> {
    let mut target = create(part)?;
    let right = match ioctl_ficlone(&target, &*source) {
        Ok(()) => is(&mut target, digest, progress)?,
        Err(_) => read(source, digest, progress, |piece| target.write_all(piece))?,
    };
    target.sync_all()?;
    Ok(right)
}

fn create(part: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(part)
}

/// Whether a file holds what the digest says.
fn is(file: &mut File, digest: &Digest, progress: &impl Fn(u64)) -> Result<bool, Error> {
    read(file, digest, progress, |_| Ok(()))
}

/// Reads a file to its end and tells whether it holds what the digest says.
fn read(
    file: &mut File, digest: &Digest, progress: &impl Fn(u64), mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<bool, Error> {
    let (mut sha256, mut buffer) = (Sha256::new(), vec![0; BUFFER]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                sha256.update(&buffer[..read]);
                each(&buffer[..read])?;
                progress(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let found: [u8; 32] = sha256.finalize().into();
    Ok(found == *digest.as_bytes())
}
