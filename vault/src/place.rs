//! Where everything lies on the disk, and what makes a name there outlive a power cut.
//!
//! ```text
//! vault/lock                              one daemon a vault
//! vault/owner                             whose vault it is
//! vault/storing, vault/turn               keep storing and removing apart
//! vault/keeping                           keeps copying and removing apart
//! vault/v1/stored/ab/cd/<sha256>          content, complete and checked
//! vault/v1/incoming/<owner>-<size>-<md5>  what came of uploads
//! vault/v1/moving/<that>.<sha256>         a note, while an upload becomes content
//! vault/v1/aside/<sha256>.<n>             what an operator's check took out of the way
//! ```
//! These folders lie on one file system, so that content is renamed in. The version is in the path,
//! so that another layout can grow beside this one.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::io::Errno;

use crate::part::absent;
use crate::reserve::Disk;
use crate::{Claim, Digest, Error};

/// The folders of a vault.
#[derive(Debug)]
pub(crate) struct Place {
    vault: PathBuf,
    pub stored: PathBuf,
    pub incoming: PathBuf,
    pub moving: PathBuf,
    aside: PathBuf,
    /// Folders of content that this process knows to be on disk: 65,536 at most.
    settled: Mutex<HashSet<[u8; 2]>>,
}

impl Place {
    /// Makes what is missing, and locks it: the place, and the lock to be held.
    pub fn open(dir: &Path) -> Result<(Self, File), Error> {
        let dir = std::path::absolute(dir)?;
        make_all(&dir)?;
        let place = Self::of(&dir)?;
        make(&place.vault)?;
        let lock = lock(&place.vault.join("lock"))?;
        make(&place.vault.join("v1"))?;
        make(&place.stored)?;
        make(&place.incoming)?;
        make(&place.moving)?;
        // Made by the vault's owner, and not by whoever comes first, an operator with other rights perhaps.
        for name in ["turn", "storing", "keeping"] {
            if !place.vault.join(name).exists() {
                place.lock_file(name)?;
            }
        }
        Ok((place, lock))
    }

    /// The place of a folder, of which nothing is made.
    pub fn of(dir: &Path) -> Result<Self, Error> {
        let vault = std::path::absolute(dir)?.join("vault");
        let folder = |name| vault.join("v1").join(name);
        let (stored, incoming, aside) = (folder("stored"), folder("incoming"), folder("aside"));
        Ok(Self { moving: folder("moving"), vault, stored, incoming, aside, settled: Mutex::default() })
    }

    /// Opens what is locked to keep storing and removing apart, also for who may only read.
    pub fn lock_file(&self, name: &str) -> Result<File, Error> {
        let path = self.vault.join(name);
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut file = OpenOptions::new();
                Ok(file.create(true).truncate(false).write(true).mode(0o600).open(path)?)
            }
            other => Ok(other?),
        }
    }

    /// Where it is noted whose vault this is.
    pub fn owner(&self) -> PathBuf {
        self.vault.join("owner")
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

    /// Moves a finished part in as content of `size` bytes, or drops it if the content is here and not known to be
    /// `damaged`. When this returns the content is there after a power cut, too.
    pub fn admit(
        &self, part: &Path, digest: &Digest, size: u64, damaged: impl FnOnce(&File) -> Result<bool, Error>,
    ) -> Result<PathBuf, Error> {
        self.settle(digest)?;
        let content = self.content(digest);
        match absent(File::open(&content))? {
            None => fs::rename(part, &content)?,
            Some(here) => {
                let found = here.metadata()?.len();
                if found == size && !damaged(&here)? {
                    fs::remove_file(part)?;
                } else {
                    log::warn!("content {digest} was damaged, {found} bytes of {size}: replaced");
                    fs::rename(part, &content)?;
                }
            }
        }
        // Also where nothing was moved: who moved it in may not have come this far yet.
        sync_folder(&self.folder(digest))?;
        Ok(content)
    }

    /// Makes content an upload again, complete and unknown to all; false if there is no such content.
    pub fn take_back(&self, digest: &Digest, claim: &Claim) -> Result<bool, Error> {
        match absent(fs::rename(self.content(digest), self.part(claim)))? {
            None => Ok(false),
            Some(()) => {
                sync_folder(&self.incoming)?;
                sync_folder(&self.folder(digest))?;
                Ok(true)
            }
        }
    }

    /// Moves content out of the way and names where it is now, below the data folder; none if there
    /// was none.
    pub fn set_aside(&self, digest: &Digest) -> Result<Option<String>, Error> {
        make(&self.aside)?;
        let free = |n: &u32| !self.aside.join(format!("{digest}.{n}")).exists();
        let name = format!("{digest}.{}", (1..).find(free).unwrap_or(0));
        match absent(fs::rename(self.content(digest), self.aside.join(&name)))? {
            None => Ok(None),
            Some(()) => {
                sync_folder(&self.aside)?;
                sync_folder(&self.folder(digest))?;
                Ok(Some(format!("vault/v1/aside/{name}")))
            }
        }
    }

    /// Removes content; false if there was none.
    pub fn purge(&self, digest: &Digest) -> Result<bool, Error> {
        match absent(fs::remove_file(self.content(digest)))? {
            Some(()) => sync_folder(&self.folder(digest)).map(|()| true),
            None => Ok(false),
        }
    }

    /// Bytes left to a process that is not root.
    pub fn free(&self) -> Result<u64, Error> {
        Ok(self.disk()?.free)
    }

    /// How large the disk is, and how much of it is free.
    pub fn disk(&self) -> Result<Disk, Error> {
        let disk = statvfs(&self.incoming)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Disk { size: bytes(disk.f_blocks), free: bytes(disk.f_bavail) })
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

pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
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
