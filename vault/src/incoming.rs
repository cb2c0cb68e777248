//! One upload under way.

use bytes::BytesMut;
use sha2::{Digest as _, Sha256};

use crate::part::Hold;
use crate::reserve::Reservation;
use crate::ring::Ring;
use crate::sum::Md5;
use crate::worker::Crew;
use crate::{Digest, Error, Sealed, blocking};

/// One upload under way. Dropped, it keeps what was pushed for a resume, and its claim is free as
/// soon as that is written.
///
/// After an error other than [`Error::TooLong`] it takes no more bytes, but what was written is
/// still there for a resume.
#[derive(Debug)]
pub struct Incoming {
    // Dropped before the crew, which thereby knows that no outcome is wanted.
    hold: Hold,
    already: u64,
    offset: u64,
    room: Reservation,
    ring: Ring,
    crew: Option<Crew>,
}

impl Incoming {
    pub(crate) fn new(hold: Hold, already: u64, room: Reservation) -> Self {
        Self { hold, already, offset: already, room, ring: Ring::new(), crew: None }
    }

    /// Bytes that are here, pushed ones included: where the sender starts or goes on.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes that are still to come.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.hold.claim().size - self.offset
    }

    /// An empty buffer with room for [`BUFFER`](crate::BUFFER) bytes. There are five of them: waiting
    /// here is what holds the sender back, after a resume for as long as it takes to hash what
    /// was here before. Fill it no further than its capacity, which would grow otherwise. May be
    /// cancelled.
    ///
    /// # Errors
    /// What a worker failed with: [`Error::Full`], [`Error::Io`].
    pub async fn buffer(&mut self) -> Result<BytesMut, Error> {
        self.check().await?;
        let buffer = self.ring.take().await;
        self.check().await?;
        Ok(buffer)
    }

    /// Takes the next bytes of the content, in a buffer from [`buffer`](Self::buffer). Cancelled, it
    /// has taken all of them or none; [`offset`](Self::offset) tells.
    ///
    /// # Errors
    /// [`Error::TooLong`] if they are more than [`remaining`](Self::remaining): none are taken then.
    /// What a worker failed with, perhaps over earlier bytes: [`Error::Full`], [`Error::Io`].
    pub async fn push(&mut self, chunk: BytesMut) -> Result<(), Error> {
        let length = chunk.len() as u64;
        if length > self.remaining() {
            return Err(Error::TooLong);
        }
        let chunk = self.ring.lend(chunk);
        if length > 0 {
            let crew = match &mut self.crew {
                Some(crew) => crew,
                none => none.insert(Crew::start(&self.hold, self.already)?),
            };
            crew.push(chunk).await?;
            self.offset += length;
            self.room.used(length);
        }
        Ok(())
    }

    /// Waits until all bytes are written, hashed and on disk, and checks them.
    ///
    /// # Errors
    /// [`Error::TooShort`] if some have not come, which keeps the others for a resume;
    /// [`Error::Mismatch`] if their MD5 is not the claimed one, which drops them;
    /// [`Error::Damaged`] if someone else has changed the length; what a worker failed with.
    pub async fn finish(mut self) -> Result<Sealed, Error> {
        self.check().await?;
        match self.remaining() {
            0 => {}
            missing => return Err(Error::TooShort { missing }),
        }
        let (found, digest) = self.outcome().await?;
        let hold = self.hold;
        if found == hold.claim().md5 {
            return Ok(Sealed::new(hold, digest));
        }
        blocking(move || hold.remove()).await?;
        Err(Error::Mismatch { found })
    }

    async fn check(&mut self) -> Result<(), Error> {
        match &mut self.crew {
            Some(crew) => crew.check().await,
            None => Ok(()),
        }
    }

    async fn outcome(&mut self) -> Result<([u8; 16], Digest), Error> {
        if self.hold.claim().size == 0 {
            let part = self.hold.clone();
            blocking(move || part.seal()).await?;
            let sha256: [u8; 32] = Sha256::digest([]).into();
            return Ok((Md5::new()?.finish()?, sha256.into()));
        }
        // Everything may have been here before, and is still to be hashed.
        let crew = match self.crew.take() {
            Some(crew) => crew,
            None => Crew::start(&self.hold, self.already)?,
        };
        crew.finish().await
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;
    use crate::{Claim, Keep, Vault};

    /// An upload of that size into a file that is always full.
    async fn into_a_full_disk(vault: &Vault, size: u64) -> Incoming {
        let md5 = [0; 16];
        let claim = Claim { owner: 1, size, md5 };
        let registered = vault.0.claims.take(claim).await.unwrap();
        let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let hold = Hold::new(full, "/nonexistent".into(), registered, vault.0.clone());
        let room = vault.0.reserved.take(0, Keep::default(), || vault.0.place.disk()).unwrap();
        Incoming::new(hold, 0, room)
    }

    #[tokio::test]
    async fn a_full_disk_is_told_while_the_bytes_come() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        let mut incoming = into_a_full_disk(&vault, 1 << 40).await;
        let error = loop {
            let mut buffer = match incoming.buffer().await {
                Ok(buffer) => buffer,
                Err(error) => break error,
            };
            buffer.extend_from_slice(b"bytes");
            if let Err(error) = incoming.push(buffer).await {
                break error;
            }
        };
        assert!(matches!(error, Error::Full), "{error:?}");
        assert!(matches!(incoming.push(b"more"[..].into()).await, Err(Error::Io(_))));
        assert!(matches!(incoming.finish().await, Err(Error::Io(_))));
    }

    #[tokio::test]
    async fn a_full_disk_is_told_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        let mut incoming = into_a_full_disk(&vault, 5).await;
        incoming.push(b"bytes"[..].into()).await.unwrap();
        assert!(matches!(incoming.finish().await, Err(Error::Full)));
    }
}
