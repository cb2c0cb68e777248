//! An upload that is complete, checked and on disk.

use std::fs::File;

use crate::moving::Note;
use crate::part::Hold;
use crate::{Digest, Error, Stored, Storing, blocking};

/// An upload that is complete, checked and on disk, but not yet content of the vault. Dropped, it is
/// kept for a resume, which then has nothing to send.
#[derive(Debug)]
pub struct Sealed {
    hold: Hold,
    digest: Digest,
}

impl Sealed {
    pub(crate) fn new(hold: Hold, digest: Digest) -> Self {
        Self { hold, digest }
    }

    /// The SHA-256 that was computed on the way.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.hold.claim().size
    }

    /// The MD5, which is the claimed one.
    #[must_use]
    pub fn md5(&self) -> [u8; 16] {
        self.hold.claim().md5
    }

    /// Drops the bytes: a resume begins anew.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn discard(self) -> Result<(), Error> {
        blocking(move || self.hold.remove()).await
    }

    /// Makes it content of the vault, for good when this returns; content that is here already is
    /// kept once. Cancelled, it goes on on its own. The caller holds the [`Storing`] until it has noted
    /// that the content is used, and then says so with [`Storing::known`]: content of which nobody knows may be
    /// removed from then on, and [`Vault::cut_off`](crate::Vault::cut_off) finds what was never said to be known.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Io`] of the disk; the bytes are then kept for a resume.
    pub async fn store(self) -> Result<(Stored, Storing), Error> {
        blocking(move || {
            let (part, size) = (&self.hold, self.size());
            let mut storing = Storing::begin(&part.vault.place)?;
            storing.note = Some(Note::write(&part.vault.place, part.claim(), &self.digest)?);
            let damaged = |here: &File| part.vault.trust.is_damaged(&self.digest, here);
            let content = part.vault.place.admit(part.path(), &self.digest, size, damaged)?;
            let stored =
                Stored::open(&content, size)?.trusted(&part.vault.trust, &self.digest, &part.file)?;
            Ok((stored, storing))
        })
        .await
    }
}
