//! What nobody resumes goes.

use std::fs::{self, DirEntry};
use std::sync::Arc;
use std::time::Duration;

use crate::claim::Phase;
use crate::part::absent;
use crate::{Claim, Error, Inner};

/// What a [`sweep`](crate::Vault::sweep) removed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Swept {
    /// How many broken uploads.
    pub files: u64,
    /// How many bytes had come of them.
    pub bytes: u64,
}

/// Removes the old parts. Files that we did not name are left alone.
pub(crate) fn sweep(vault: &Arc<Inner>, older_than: Duration) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for entry in fs::read_dir(&vault.place.incoming)? {
        let entry = entry?;
        match sweep_one(vault, &entry, older_than) {
            Ok(None) => {}
            Ok(Some(bytes)) => {
                swept.files += 1;
                swept.bytes += bytes;
            }
            Err(error) => log::warn!("{} is not swept: {error:?}", entry.path().display()),
        }
    }
    Ok(swept)
}

/// The length of the part if it was old and is gone now.
fn sweep_one(vault: &Arc<Inner>, entry: &DirEntry, older_than: Duration) -> Result<Option<u64>, Error> {
    let Some(claim) = entry.file_name().to_str().and_then(Claim::from_name) else {
        return Ok(None);
    };
    // Taken while it is looked at and removed, so that no upload begins on it in between.
    let Ok(_taken) = vault.claims.enter(&claim, Phase::Ending) else {
        return Ok(None);
    };
    let Some(here) = absent(entry.metadata())? else {
        return Ok(None);
    };
    // A time to come, after the clock was set back, is young.
    let old = here.modified()?.elapsed().is_ok_and(|age| age >= older_than);
    if !old {
        return Ok(None);
    }
    fs::remove_file(entry.path())?;
    Ok(Some(here.len()))
}
