//! The bytes of deleted titles, removed for good by an operator, beside a daemon or without one.
//!
//! First the database knows, then the file goes: what a crash leaves in between is a file too many, which a check
//! removes. No upload is stored meanwhile, so none can come to rely on a file that goes.

use protocol::value::{Time, TitleId};
use sql::removal::{self, Doomed, Removal};
use sql::{Db, Tx, stats};
use vault::Digest;

use super::check::{Club, Stopped};

/// Titles of one page.
const PAGE: u32 = 200;

/// Why a title is not purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such title.
    Unknown,
    /// It is listed.
    NotDeleted,
    /// It was purged before.
    Purged,
    /// So many people have bought it and may fetch it still.
    Bought(i64),
}

/// What became of a title's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// They are gone; so many.
    Freed(u64),
    /// Another title, not purged, has the same ones.
    Shared,
    /// Nothing was done.
    Refused(Refusal),
}

/// Whether a title may be purged; one that was bought only if that is meant.
///
/// # Errors
/// Why not.
pub fn may(title: Option<&Doomed>, even_bought: bool) -> Result<(), Refusal> {
    match title {
        None => Err(Refusal::Unknown),
        Some(title) if title.listed => Err(Refusal::NotDeleted),
        Some(title) if title.purged_at.is_some() => Err(Refusal::Purged),
        Some(title) if title.buyers > 0 && !even_bought => Err(Refusal::Bought(title.buyers)),
        Some(_) => Ok(()),
    }
}

/// One title, as a purge sees it.
///
/// # Errors
/// Of the database.
pub async fn title(db: &Db, id: TitleId) -> Result<Option<Doomed>, Stopped> {
    Ok(db.read(move |tx| removal::doomed(tx, id)).await?)
}

/// Some of the titles behind `after` that were deleted by `before`; none at the end.
///
/// # Errors
/// Of the database.
pub async fn deleted(db: &Db, before: Time, after: TitleId) -> Result<Vec<Doomed>, Stopped> {
    Ok(db.read(move |tx| removal::all_doomed(tx, before, after, PAGE)).await?)
}

/// Purges one title.
///
/// # Errors
/// Of the database or the disk. Where the file could not be removed, a check does that later.
pub async fn purge(club: &Club, id: TitleId, even_bought: bool, now: Time) -> Result<Outcome, Stopped> {
    let still = club.survey.still().await?;
    match club.db.write(move |tx| forget(tx, id, even_bought, now)).await? {
        Forgotten::Refused(refusal) => Ok(Outcome::Refused(refusal)),
        Forgotten::Shared => Ok(Outcome::Shared),
        Forgotten::Unused(digest, size) => {
            let removed = still.purge(&digest).await?;
            Ok(Outcome::Freed(if removed { size } else { 0 }))
        }
    }
}

enum Forgotten {
    Refused(Refusal),
    Shared,
    Unused(Digest, u64),
}

fn forget(tx: &mut Tx<'_>, id: TitleId, even_bought: bool, now: Time) -> Result<Forgotten, sql::Error> {
    // Held, so that nobody brings it back meanwhile; what the row says is looked at next.
    removal::hold(tx, id)?;
    let title = removal::doomed(tx, id)?;
    if let Err(refusal) = may(title.as_ref(), even_bought) {
        return Ok(Forgotten::Refused(refusal));
    }
    let Some(title) = title else {
        return Ok(Forgotten::Refused(Refusal::Unknown));
    };
    Removal { title: id, at: title.at.unwrap_or(now), purged_at: Some(now) }.put(tx)?;
    if removal::is_kept(tx, title.content)? {
        return Ok(Forgotten::Shared);
    }
    stats::count(tx, "bytes", -i64::try_from(title.size).unwrap_or(i64::MAX), now)?;
    Ok(Forgotten::Unused(Digest::from(title.sha256), title.size))
}
