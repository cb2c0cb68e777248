//! The file in which one upload gathers.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::claim::Registered;
use crate::place::Place;
use crate::reserve::{Keep, Reservation};
use crate::{Claim, Error, Inner};

/// What an upload and its workers share. The claim is free when the last of them lets go.
#[derive(Debug)]
pub(crate) struct Part {
    // In this order they are dropped: the claim after the file, the lock of the vault at last.
    pub file: File,
    path: PathBuf,
    abandoned: AtomicBool,
    registered: Registered,
    pub vault: Arc<Inner>,
}

impl Part {
    pub fn claim(&self) -> &Claim {
        &self.registered.claim
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nobody waits for the outcome any more.
    pub fn abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Has every byte on disk, and exactly as many as claimed.
    pub fn seal(&self) -> Result<(), Error> {
        let (expected, found) = (self.claim().size, self.file.metadata()?.len());
        if found != expected {
            return Err(Error::Damaged { expected, found });
        }
        Ok(self.file.sync_all()?)
    }

    pub fn remove(&self) -> Result<(), Error> {
        absent(fs::remove_file(&self.path)).map(drop)
    }
}

/// The upload's own share of its part: without it the workers have nobody to work for.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Part>);

impl Hold {
    pub fn new(file: File, path: PathBuf, registered: Registered, vault: Arc<Inner>) -> Self {
        Self(Arc::new(Part { file, path, abandoned: AtomicBool::new(false), registered, vault }))
    }
}

impl Deref for Hold {
    type Target = Arc<Part>;

    fn deref(&self) -> &Arc<Part> {
        &self.0
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Relaxed);
        self.0.registered.ending();
    }
}

/// Opens the part of a claim, tells how many of its bytes are to be built on, and reserves room for the others.
pub(crate) fn open(
    vault: Arc<Inner>, registered: Registered, resume: bool, keep: Keep,
) -> Result<(Hold, u64, Reservation), Error> {
    let size = registered.claim.size;
    let path = vault.place.part(&registered.claim);
    let already = if resume { usable(&path, size)?.unwrap_or(0) } else { 0 };
    if already == 0 {
        absent(fs::remove_file(&path))?;
    }
    // Before the file is made, so that a refusal leaves nothing.
    let room = vault.reserved.take(size - already, keep, || vault.place.disk())?;
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    Ok((Hold::new(file, path, registered, vault), already, room))
}

/// How much of a claim is here.
pub(crate) fn received(place: &Place, claim: &Claim) -> Result<u64, Error> {
    Ok(usable(&place.part(claim), claim.size)?.unwrap_or(0))
}

/// The length of a part that may be gone on with. One that is too long is nothing we wrote; one with
/// a second name may be content whose move a power cut left half done, and is not to be written to.
fn usable(path: &Path, size: u64) -> Result<Option<u64>, Error> {
    let here = absent(fs::metadata(path))?;
    Ok(here.filter(|here| here.len() <= size && here.nlink() == 1).map(|here| here.len()))
}

/// That there is no such file is an answer, too.
pub(crate) fn absent<T>(result: io::Result<T>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
