//! Uploads between the vault and the caller's database: each is noted in a file of its own from before it
//! becomes content until its caller says that it is known, so that what a crash cuts off there is taken back.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::claim::Phase;
use crate::part::absent;
use crate::place::Place;
use crate::{Claim, Digest, Error, Inner, Still, blocking};

/// The note of one upload. It is not synced by itself: a crash of the process loses no file, and after a power cut
/// it is there wherever the file system keeps the order of the names that it makes.
#[derive(Debug)]
pub(crate) struct Note(PathBuf);

impl Note {
    /// Written before the upload becomes content.
    pub fn write(place: &Place, claim: &Claim, digest: &Digest) -> Result<Self, Error> {
        let path = place.moving.join(format!("{}.{digest}", claim.name()));
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        Ok(Self(path))
    }

    /// Crossed out: the content is known, or is none.
    pub fn remove(&self) -> Result<(), Error> {
        absent(fs::remove_file(&self.0)).map(drop)
    }
}

/// Uploads that were cut off before their content was known. While this is held nothing is stored.
#[derive(Debug)]
pub struct CutOff {
    vault: Arc<Inner>,
    uploads: Vec<(Claim, Digest)>,
    _still: Still,
}

impl CutOff {
    /// Waits until nothing is being stored; none if no upload was cut off.
    pub(crate) fn find(vault: &Arc<Inner>) -> Result<Option<Self>, Error> {
        if uploads(&vault.place)?.is_empty() {
            return Ok(None);
        }
        let still = Still::begin(&vault.place)?;
        // Those that were only under way are done by now.
        let uploads = uploads(&vault.place)?;
        Ok(Some(Self { vault: vault.clone(), uploads, _still: still })
            .filter(|found| !found.uploads.is_empty()))
    }

    /// What they were to become.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        self.uploads.iter().map(|(_, digest)| *digest).collect()
    }

    /// Makes those a broken upload again, complete and to be resumed, whose content is not `known`; tells how many.
    /// One that is being sent again at this moment is left for the next time.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk; those that were not come to are left for the next time.
    pub async fn take_back(self, known: impl Fn(&Digest) -> bool + Send + 'static) -> Result<usize, Error> {
        blocking(move || {
            let mut back = 0;
            for (claim, digest) in &self.uploads {
                let note = Note(self.vault.place.moving.join(format!("{}.{digest}", claim.name())));
                if !known(digest) {
                    // Taken while its part is made, so that no upload begins on it in between.
                    let Ok(_taken) = self.vault.claims.enter(claim, Phase::Ending) else { continue };
                    back += usize::from(self.vault.place.take_back(digest, claim)?);
                }
                note.remove()?;
            }
            Ok(back)
        })
        .await
    }
}

fn uploads(place: &Place) -> Result<Vec<(Claim, Digest)>, Error> {
    let mut all = vec![];
    for entry in fs::read_dir(&place.moving)? {
        let name = entry?.file_name();
        let words = name.to_str().and_then(|name| name.split_once('.'));
        all.extend(words.and_then(|(claim, digest)| Some((Claim::from_name(claim)?, digest.parse().ok()?))));
    }
    Ok(all)
}
