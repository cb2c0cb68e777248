//! Storing and removing kept apart, between processes too: whoever stores shares a lock, whoever
//! removes has it alone. So are copying and removing, by a lock of their own.

use std::fs::File;
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, retry_on_intr};

use crate::moving::Note;
use crate::place::Place;
use crate::{Digest, Error, blocking};

/// Content is being stored: while this is held, none is removed.
#[derive(Debug)]
pub struct Storing {
    /// The kernel lets go of the lock with it.
    _lock: File,
    /// Of an upload, until its content is known.
    pub(crate) note: Option<Note>,
}

impl Storing {
    /// The caller knows of the content now, for good.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk, which harms nothing: the note is looked into and removed later.
    pub fn known(&self) -> Result<(), Error> {
        self.note.as_ref().map_or(Ok(()), Note::remove)
    }

    /// Waits until nothing is being removed.
    pub(crate) fn begin(place: &Place) -> Result<Self, Error> {
        Ok(Self { _lock: locked(place, FlockOperation::LockShared)?, note: None })
    }
}

/// No content is removed: a backup copies it, for hours perhaps. Uploads go on meanwhile; who wants to remove waits.
#[derive(Debug)]
pub struct Keeping {
    _lock: File,
}

impl Keeping {
    /// Waits until nothing is being removed.
    pub(crate) fn begin(place: &Place) -> Result<Self, Error> {
        let file = place.lock_file("keeping")?;
        retry_on_intr(|| flock(&file, FlockOperation::LockShared))?;
        Ok(Self { _lock: file })
    }
}

/// No content is being stored: what is here and known to nobody will not come to be used while this is held. Uploads
/// wait meanwhile: hold it for one look, not for many.
#[derive(Debug)]
pub struct Quiet {
    _lock: File,
}

impl Quiet {
    /// Waits until nothing is being stored.
    pub(crate) fn begin(place: &Place) -> Result<Self, Error> {
        Ok(Self { _lock: locked(place, FlockOperation::LockExclusive)? })
    }
}

/// No content is being stored or copied: what is here and known to nobody may be removed. Hold it for one removal,
/// not for many.
#[derive(Debug)]
pub struct Still {
    place: Arc<Place>,
    _quiet: Quiet,
    _alone: File,
}

impl Still {
    /// Waits until nobody copies, which may take long, and then until nothing is being stored.
    pub(crate) fn begin(place: &Arc<Place>) -> Result<Self, Error> {
        // Before the other locks: uploads shall not wait for a backup.
        let alone = place.lock_file("keeping")?;
        match retry_on_intr(|| flock(&alone, FlockOperation::NonBlockingLockExclusive)) {
            Err(Errno::WOULDBLOCK) => {
                log::info!("waiting: a backup is being made or restored");
                retry_on_intr(|| flock(&alone, FlockOperation::LockExclusive))?;
            }
            other => other?,
        }
        Ok(Self { place: place.clone(), _quiet: Quiet::begin(place)?, _alone: alone })
    }

    /// Removes stored content for good; false if it was not here. Ranges that are open can still be
    /// read to their end.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn purge(&self, digest: &Digest) -> Result<bool, Error> {
        let (place, digest) = (self.place.clone(), *digest);
        blocking(move || place.purge(&digest)).await
    }

    /// Moves stored content out of the way, so that the same bytes can be stored anew: where it is
    /// now, below the data folder, for the operator; none if it was not here.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn set_aside(&self, digest: &Digest) -> Result<Option<String>, Error> {
        let (place, digest) = (self.place.clone(), *digest);
        blocking(move || place.set_aside(&digest)).await
    }
}

/// Waits for the lock.
fn locked(place: &Place, how: FlockOperation) -> Result<File, Error> {
    // Who waits here to remove keeps later uploads behind itself: else, with enough of them, it would wait
    // for ever.
    let turn = place.lock_file("turn")?;
    retry_on_intr(|| flock(&turn, FlockOperation::LockExclusive))?;
    let file = place.lock_file("storing")?;
    retry_on_intr(|| flock(&file, how))?;
    Ok(file)
}
