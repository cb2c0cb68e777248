//! A club out of a backup, in a new place and on either engine.

use std::path::{Path, PathBuf};

use sql::copy::{Size, Unfinished, size};
use sql::{Db, Options};
use vault::{Archive, Survey};

use super::filling::{Filled, Filling};
use super::{Failed, Manifest, Tell, archive, disk, url};
use crate::service::check::{PATIENCE, Progress};

/// The backup's database while it is read: one that is older is brought up to date, which is not done in a backup.
const SCRATCH: &str = "restore.db";

/// Where the club is to be.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its folder.
    pub data: PathBuf,
    /// Its database.
    pub url: String,
    /// How that is called where it is shown: without a password.
    pub shown: String,
    /// How it is opened.
    pub options: Options,
}

/// What a restore came to.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// How large the club is.
    pub size: Size,
    /// Contents that could not be restored.
    pub missing: u64,
}

/// Makes a club of the backup in `dir`. Every byte is compared with its SHA-256 on the way. No daemon starts from the
/// new club before it is complete; with `incomplete` it counts as that without contents that cannot be had.
///
/// # Errors
/// Why not. [`Failed::Unfinished`] if it broke off: the same call goes on.
pub async fn restore(
    dir: &Path, place: &Place, incomplete: bool, progress: Progress, tell: Tell<'_>,
) -> Result<Restored, Failed> {
    let survey = Survey::open(dir).map_err(|error| match error {
        vault::Error::Missing => Failed::NoBackup(dir.to_owned()),
        other => other.into(),
    })?;
    // A backup that is made here meanwhile removes nothing of this one.
    let _keeping = survey.keep().await?;
    let manifest = Manifest::read(dir)?;
    let occupied = |error| match error {
        sql::Error::Occupied => Failed::Occupied(place.shown.clone()),
        other => other.into(),
    };
    Unfinished::may_begin(&place.url, place.options.clone()).await.map_err(occupied)?;
    disk::make_folder(&place.data)?;
    let into = archive(&place.data)?;
    let scratch = place.data.join(SCRATCH);
    let restoring = Restoring { place, survey, into, incomplete, progress };
    let from = open(&dir.join(&manifest.database), &manifest, &scratch).await?;
    let done = restoring.run(&from, tell).await;
    from.close().await;
    disk::remove_database(&scratch)?;
    let (size, missing) = done?;
    Ok(Restored { manifest, size, missing })
}

/// A copy of the backup's database, brought up to date.
async fn open(database: &Path, manifest: &Manifest, scratch: &Path) -> Result<Db, Failed> {
    disk::remove_database(scratch)?;
    let (bytes, sha256) = disk::copy(database, scratch).await?;
    if (bytes, &sha256) != (manifest.database_bytes, &manifest.database_sha256) {
        disk::remove_database(scratch)?;
        return Err(Failed::Damaged(database.to_owned()));
    }
    Ok(Db::open(&url(scratch), Options { connections: 1, patience: PATIENCE }).await?)
}

/// A restore under way.
struct Restoring<'r> {
    place: &'r Place,
    survey: Survey,
    into: Archive,
    incomplete: bool,
    progress: Progress,
}

impl Restoring<'_> {
    async fn run(&self, from: &Db, tell: Tell<'_>) -> Result<(Size, u64), Failed> {
        let filling = Filling {
            from: &self.survey,
            into: &self.into,
            place: &self.place.data,
            // What broke off, or is another vault's, is not believed.
            doubt: true,
            progress: self.progress.clone(),
        };
        let club = Unfinished::begin(&self.place.url, self.place.options.clone()).await?;
        let unfinished = |error| Failed::Unfinished(Box::new(error));
        let filled = self.fill(&filling, from, &club, tell).await;
        let missing = match filled {
            Ok(missing) => missing,
            Err(error) => {
                club.close().await;
                return Err(unfinished(error));
            }
        };
        let db = club.finish().await.map_err(|error| unfinished(error.into()))?;
        let size = db.read(size).await;
        db.close().await;
        Ok((size?, missing))
    }

    async fn fill(
        &self, filling: &Filling<'_>, from: &Db, club: &Unfinished, tell: Tell<'_>,
    ) -> Result<u64, Failed> {
        let Filled { missing, .. } = filling.run(from, " cannot be restored", tell).await?;
        if missing > 0 && !self.incomplete {
            return Err(Failed::Incomplete(missing));
        }
        club.fill(from, &[]).await.map_err(|error| match error {
            sql::Error::Full => Failed::Full(self.place.data.clone()),
            other => other.into(),
        })?;
        Ok(missing)
    }
}
