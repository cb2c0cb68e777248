//! A backup of a club: its database as it was at one moment, and the bytes of every title in it.
//!
//! ```text
//! README.txt            what this folder is; without it no folder with files in it is taken
//! manifest.toml         names the database that counts: it is written last, and replaced by a rename
//! reel-<sha256>.db      the database, on SQLite whatever the club runs on
//! vault/                the content, laid out as in a club
//! ```
//! The club goes on meanwhile. The database is read first; what it names cannot go before it is copied, since who
//! removes content waits. What an earlier backup has is not copied again, and goes only when the new one counts.

mod disk;
mod failed;
mod filling;
mod manifest;
mod restore;

use std::path::Path;

use protocol::value::Time;
use sql::check::contents_of;
use sql::copy::{Size, Unfinished, size};
use sql::{Db, Options};
use vault::{Archive, Digest, Found, Survey};

use super::check::{Club, PATIENCE, Progress};
pub use failed::Failed;
use filling::{Filled, Filling};
pub use manifest::Manifest;
pub use restore::{Place, Restored, restore};

/// Rows of one page.
const PAGE: u32 = 500;

/// The database while it is made.
const PART: &str = "reel.db.part";

/// Log-in sessions stay out of a backup: after a restore everybody logs in anew, and no token comes back that was
/// ended since the backup was made.
const WITHOUT: &[&str] = &["session"];

/// The file that says what the folder is.
const NOTE: &str = "README.txt";

/// How the text begins that marks a folder as ours.
const OURS: &str = "This folder is a backup of a Reel club";

const README: &str = "This folder is a backup of a Reel club, made by `reeld backup`, with the hashes of its passwords.\n\
    `reeld restore THIS_FOLDER --data NEW_FOLDER` makes a club of it again.\n";

/// Says what was found wrong, as it is found.
pub type Tell<'t> = &'t mut dyn FnMut(String);

/// What a backup came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How large the club is.
    pub size: Size,
    /// Contents that were copied, and their bytes.
    pub copied: (u64, u64),
    /// Contents that the folder had before.
    pub here: u64,
    /// Contents that are missing in it.
    pub missing: u64,
    /// Contents of earlier backups that are not part of it, and are removed.
    pub pruned: u64,
}

/// Makes a backup in `dir`, or brings one up to date. With `verify` what is in it already is read, too.
///
/// # Errors
/// Why not; what was there before still counts then.
pub async fn backup(
    club: &Club, dir: &Path, verify: bool, now: Time, progress: Progress, tell: Tell<'_>,
) -> Result<Summary, Failed> {
    let archive = prepare(dir)?;
    let keeping = club.survey.keep().await?;
    let making = Making { dir, club, archive, verify, progress };
    let part = dir.join(PART);
    disk::remove_database(&part)?;
    let made = making.run(&part, tell).await;
    drop(keeping);
    let mut summary = match made {
        Ok(summary) => summary,
        Err(error) => {
            // On a full disk it would be in the way.
            disk::remove_database(&part)?;
            return Err(error);
        }
    };
    let size = summary.size;
    let (bytes, sha256) = disk::hash(&part).await?;
    let manifest = Manifest::new(now, club.db.engine(), size, summary.missing, bytes, sha256);
    let database = dir.join(&manifest.database);
    disk::rename(&part, &database)?;
    manifest.write(dir)?;
    summary.pruned = prune(dir, &manifest).await?;
    Ok(summary)
}

/// Whether a folder is one that backups are made in.
pub fn is_backup(dir: &Path) -> bool {
    std::fs::read(dir.join(NOTE)).is_ok_and(|text| text.starts_with(OURS.as_bytes()))
}

/// Makes the folder, or takes one that was made here before, and nothing else.
fn prepare(dir: &Path) -> Result<Archive, Failed> {
    disk::make_folder(dir)?;
    let ours = is_backup(dir);
    // A club's folder above all: what no title of this one has would be pruned there.
    if !ours && ["vault", "reel.db", NOTE].iter().any(|name| dir.join(name).exists()) {
        return Err(Failed::NoBackupFolder(dir.to_owned()));
    }
    if !ours {
        disk::write(&dir.join(NOTE), README.as_bytes())?;
    }
    archive(dir)
}

fn archive(dir: &Path) -> Result<Archive, Failed> {
    Archive::open(dir).map_err(|error| match error {
        vault::Error::InUse => Failed::InUse(dir.to_owned()),
        vault::Error::Full => Failed::Full(dir.to_owned()),
        vault::Error::Io(cause) => Failed::Disk(dir.to_owned(), cause),
        other => other.into(),
    })
}

/// A backup that is being made.
struct Making<'m> {
    dir: &'m Path,
    club: &'m Club,
    archive: Archive,
    verify: bool,
    progress: Progress,
}

impl Making<'_> {
    /// Database and contents; what is made of it counts only by the manifest.
    async fn run(&self, part: &Path, tell: Tell<'_>) -> Result<Summary, Failed> {
        let options = Options { connections: 1, patience: PATIENCE };
        let made = Unfinished::begin(&url(part), options).await.map_err(|error| self.full(error))?;
        let summary = self.fill(&made, tell).await;
        if summary.is_err() {
            made.close().await;
            return summary;
        }
        // Its log is folded into it here: it is one file from now on.
        made.finish().await.map_err(|error| self.full(error))?.close().await;
        summary
    }

    async fn fill(&self, made: &Unfinished, tell: Tell<'_>) -> Result<Summary, Failed> {
        made.fill(&self.club.db, WITHOUT).await.map_err(|error| self.full(error))?;
        self.contents(made.db(), tell).await
    }

    /// Which disk it is that is full: the club's own answers to reading only.
    fn full(&self, error: sql::Error) -> Failed {
        match error {
            sql::Error::Full => Failed::Full(self.dir.to_owned()),
            other => other.into(),
        }
    }

    async fn contents(&self, db: &Db, tell: Tell<'_>) -> Result<Summary, Failed> {
        let size = db.read(size).await?;
        let filling = Filling {
            from: &self.club.survey,
            into: &self.archive,
            place: self.dir,
            doubt: self.verify,
            progress: self.progress.clone(),
        };
        let filled = filling.run(db, "; it is missing in the backup", tell).await?;
        let Filled { copied, here, missing } = filled;
        Ok(Summary { size, copied, here, missing, pruned: 0 })
    }
}

/// Removes what earlier backups have left: other databases, and content that no title has; how much of that.
async fn prune(dir: &Path, manifest: &Manifest) -> Result<u64, Failed> {
    let survey = Survey::open(dir)?;
    // Nobody restores from here meanwhile, and what they restore is removed by the next backup.
    let still = survey.still().await?;
    disk::remove_others(dir, &manifest.database)?;
    let options = Options { connections: 1, patience: PATIENCE };
    let db = Db::open(&url(&dir.join(&manifest.database)), options).await?;
    let mut pruned = 0;
    for folder in survey.folders().await?.0 {
        let found = survey.files(folder).await?;
        let digests: Vec<[u8; 32]> =
            found.iter().filter_map(digest).map(|digest| *digest.as_bytes()).collect();
        for some in digests.chunks(PAGE as usize) {
            let some = some.to_vec();
            let asked = some.clone();
            let known = db.read(move |tx| contents_of(tx, &asked)).await?;
            for sha256 in some {
                if !known.iter().any(|usage| usage.kept && usage.sha256 == sha256) {
                    pruned += u64::from(still.purge(&Digest::from(sha256)).await?);
                }
            }
        }
    }
    db.close().await;
    Ok(pruned)
}

fn digest(found: &Found) -> Option<Digest> {
    match found {
        Found::Content { digest, .. } => Some(*digest),
        Found::Stray(_) => None,
    }
}

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
