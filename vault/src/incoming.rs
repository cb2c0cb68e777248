//! One upload under way.

use std::time::Duration;

use crate::crew::{Crew, ended};
use crate::part::Hold;
use crate::reserve::Reservation;
use crate::ring::{Buffer, Ring};
use crate::{Error, Sealed, blocking};

/// One upload under way. Dropped, it keeps what was pushed for a resume, and its claim is free as
/// soon as that is written.
///
/// After an error other than [`Error::TooLong`] it takes no more bytes, but what was written is
/// still there for a resume.
pub struct Incoming {
    // Dropped before the crew, which thereby knows that no outcome is wanted.
    hold: Hold,
    already: u64,
    offset: u64,
    room: Reservation,
    ring: Ring,
    crew: Option<Crew>,
    broken: bool,
}

impl Incoming {
    pub(crate) fn new(hold: Hold, already: u64, room: Reservation) -> Self {
        let ring = Ring::new(hold.claim().size - already);
        Self { hold, already, offset: already, room, ring, crew: None, broken: false }
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

    /// An empty buffer with room for [`BUFFER`](crate::BUFFER) bytes, or for all that are to come. There are six of
    /// them: waiting here is what holds the sender back, after a resume for as long as it takes to hash what was here
    /// before. Blocks for `patience`; none if that was too short.
    ///
    /// # Errors
    /// What a worker failed with: [`Error::Full`], [`Error::Io`].
    pub fn buffer(&mut self, patience: Duration) -> Result<Option<Buffer>, Error> {
        self.check()?;
        Ok(self.ring.take(self.offset, patience))
    }

    /// Takes the next bytes of the content, in a buffer from [`buffer`](Self::buffer). Blocks.
    ///
    /// # Errors
    /// [`Error::TooLong`] if they are more than [`remaining`](Self::remaining): none are taken then.
    /// What a worker failed with, perhaps over earlier bytes: [`Error::Full`], [`Error::Io`].
    pub fn push(&mut self, buffer: Buffer) -> Result<(), Error> {
        let length = buffer.bytes().len() as u64;
        if length > self.remaining() {
            return Err(Error::TooLong);
        }
        self.check()?;
        if length == 0 {
            return Ok(());
        }
        let crew = match &mut self.crew {
            Some(crew) => crew,
            none => none.insert(Crew::start(&self.hold, self.already)?),
        };
        let pushed = crew.push(self.offset, buffer);
        self.broken = pushed.is_err();
        pushed?;
        self.offset += length;
        self.room.used(length);
        Ok(())
    }

    /// Waits until all bytes are hashed and on disk, and checks them.
    ///
    /// # Errors
    /// [`Error::TooShort`] if some have not come, which keeps the others for a resume;
    /// [`Error::Mismatch`] if their MD5 is not the claimed one, which drops them;
    /// [`Error::Damaged`] if someone else has changed the length; of the disk.
    pub async fn finish(mut self) -> Result<Sealed, Error> {
        self.check()?;
        match self.remaining() {
            0 => {}
            missing => return Err(Error::TooShort { missing }),
        }
        // There may be nothing to come, or everything may have been here before and is still to be hashed.
        let crew = match self.crew.take() {
            Some(crew) => crew,
            None => Crew::start(&self.hold, self.already)?,
        };
        let (found, digest) = crew.finish().await?;
        let hold = self.hold;
        if found == hold.claim().md5 {
            return Ok(Sealed::new(hold, digest));
        }
        blocking(move || hold.remove()).await?;
        Err(Error::Mismatch { found })
    }

    fn check(&mut self) -> Result<(), Error> {
        match &mut self.crew {
            _ if self.broken => Err(ended()),
            Some(crew) => crew.check(),
            None => Ok(()),
        }
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

    fn bytes(incoming: &mut Incoming) -> Result<Buffer, Error> {
        let mut buffer = incoming.buffer(Duration::from_secs(60))?.unwrap();
        buffer.room()[..5].copy_from_slice(b"bytes");
        buffer.fill(5);
        Ok(buffer)
    }

    #[tokio::test]
    async fn a_full_disk_is_told_while_the_bytes_come() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        for size in [6, 1 << 40] {
            let mut incoming = into_a_full_disk(&vault, size).await;
            let error = loop {
                let buffer = bytes(&mut incoming);
                match buffer.and_then(|buffer| incoming.push(buffer)) {
                    Ok(()) => {}
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, Error::Full), "{error:?}");
            assert!(matches!(bytes(&mut incoming), Err(Error::Io(_))));
            assert!(matches!(incoming.finish().await, Err(Error::Io(_))));
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        let size = 5 + crate::BUFFER as u64;
        let mut incoming = into_a_full_disk(&vault, size).await;
        let mut whole = incoming.buffer(Duration::ZERO).unwrap().unwrap();
        whole.fill(crate::BUFFER);
        let last = bytes(&mut incoming).unwrap();
        // Either of them may be the one that hears of it.
        let pushed = incoming.push(whole).and_then(|()| incoming.push(last));
        assert!(matches!(pushed.and(incoming.finish().await.map(drop)), Err(Error::Full)));
    }
}
