//! Where everything lies on the disk, and what makes a name there outlive a power cut.
//!
//! ```text
//! vault/lock                              one process a vault
//! vault/v1/stored/ab/cd/<sha256>          content, complete and checked
//! vault/v1/incoming/<owner>-<size>-<md5>  what came of uploads
//! ```
//! Both folders lie on one file system, so that content is renamed in. The version is in the path,
//! so that another layout can grow beside this one.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::io::Errno;

use crate::{Claim, Digest, Error};

/// The folders of an open vault, and its lock.
#[derive(Debug)]
pub(crate) struct Place {
    stored: PathBuf,
    pub incoming: PathBuf,
    /// Folders of content that this process knows to be on disk: 65,536 at most.
    settled: Mutex<HashSet<[u8; 2]>>,
    /// Held, never looked at.
    _lock: File,
}

impl Place {
    /// Makes what is missing, and locks it.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let dir = std::path::absolute(dir)?;
        make_all(&dir)?;
        let vault = dir.join("vault");
        make(&vault)?;
        let lock = lock(&vault.join("lock"))?;
        let version = vault.join("v1");
        let (stored, incoming) = (version.join("stored"), version.join("incoming"));
        for folder in [&version, &stored, &incoming] {
            make(folder)?;
        }
        Ok(Self { stored, incoming, settled: Mutex::default(), _lock: lock })
    }

    /// Where the bytes of an upload gather.
    pub fn part(&self, claim: &Claim) -> PathBuf {
        self.incoming.join(claim.name())
    }

    /// Where content lies.
    pub fn content(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.folder(digest).join(name)
    }

    /// Moves a finished part in as content of `size` bytes, or drops it if the content is here. When
    /// this returns the content is there after a power cut, too.
    pub fn admit(&self, part: &Path, digest: &Digest, size: u64) -> Result<PathBuf, Error> {
        self.settle(digest)?;
        let content = self.content(digest);
        match fs::metadata(&content) {
            Ok(here) if here.len() == size => fs::remove_file(part)?,
            Ok(here) => {
                let found = here.len();
                log::warn!("content {digest} was {found} bytes long, not {size}: replaced");
                fs::rename(part, &content)?;
            }
            Err(_) => fs::rename(part, &content)?,
        }
        // Also where nothing was moved: who moved it in may not have come this far yet.
        sync_folder(&self.folder(digest))?;
        Ok(content)
    }

    /// Removes content; false if there was none.
    pub fn purge(&self, digest: &Digest) -> Result<bool, Error> {
        match fs::remove_file(self.content(digest)) {
            Ok(()) => sync_folder(&self.folder(digest)).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Bytes left to a process that is not root.
    pub fn free(&self) -> Result<u64, Error> {
        let disk = statvfs(&self.incoming)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn folder(&self, digest: &Digest) -> PathBuf {
        let [first, second, ..] = digest.as_bytes();
        self.stored.join(format!("{first:02x}/{second:02x}"))
    }

    /// Makes the two folders of a digest. A folder that is there is not believed to be on disk
    /// before this process has synced it once: whoever made it may have been killed in between.
    fn settle(&self, digest: &Digest) -> Result<(), Error> {
        let [first, second, ..] = *digest.as_bytes();
        let settled = || self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if settled().contains(&[first, second]) {
            return Ok(());
        }
        let folder = self.folder(digest);
        folder.parent().map_or(Ok(()), make)?;
        make(&folder)?;
        settled().insert([first, second]);
        Ok(())
    }
}

/// Makes a folder with all that lead to it, each of them synced.
fn make_all(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), make_all)?;
    make(folder)
}

/// Makes a folder if there is none, and has its name on disk either way.
fn make(folder: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => folder.parent().map_or(Ok(()), sync_folder),
    }
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    Ok(File::open(folder)?.sync_all()?)
}

/// The kernel lets go of it with the process, however that ends.
fn lock(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(Error::InUse),
        Err(errno) => Err(errno.into()),
    }
}
