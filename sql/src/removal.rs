//! Deleted titles: since when they are, and what becomes of their bytes.

use protocol::value::{Time, TitleId};

use crate::{Error, FromRow, Row, Tx, join, params, record};

record! {
    /// That a title is deleted.
    pub struct Removal in "removal" {
        title: TitleId,
        at: Time,
        /// When its bytes were removed for good. Such a title never comes back.
        purged_at: Option<Time>,
    }
}

impl Removal {
    /// The removal of a title, if it is deleted.
    pub fn of(tx: &mut Tx<'_>, title: TitleId) -> Result<Option<Removal>, Error> {
        tx.one(join!(Removal::SELECT, " WHERE title = ?"), params![title])
    }

    /// Forgets that a title was deleted.
    pub fn clear(tx: &mut Tx<'_>, title: TitleId) -> Result<u64, Error> {
        tx.execute("DELETE FROM removal WHERE title = ?", params![title])
    }

    /// Writes this one in the place of an older one.
    pub fn put(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Removal::clear(tx, self.title)?;
        self.insert(tx)
    }
}

/// Lets nobody bring a title back until the transaction ends; 0 if it is not deleted.
pub fn hold(tx: &mut Tx<'_>, title: TitleId) -> Result<u64, Error> {
    tx.execute("UPDATE title SET listed = 0 WHERE id = ? AND listed = 0", params![title])
}

/// Whether some title still has the bytes of a content: one that is not purged.
pub fn is_kept(tx: &mut Tx<'_>, content: i64) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM title t LEFT JOIN removal r ON r.title = t.id \
        WHERE t.content = ? AND r.purged_at IS NULL LIMIT 1";
    let found: Option<i64> = tx.one(sql, params![content])?;
    Ok(found.is_some())
}

/// A title as a purge sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as the columns
pub struct Doomed {
    pub id: TitleId,
    pub name: String,
    pub size: u64,
    pub content: i64,
    pub sha256: [u8; 32],
    pub listed: bool,
    /// When it was deleted, where that is known.
    pub at: Option<Time>,
    pub purged_at: Option<Time>,
    /// How many people have bought it and could fetch it still.
    pub buyers: i64,
}

impl FromRow for Doomed {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        Ok(Doomed {
            id: row.take()?,
            name: row.take()?,
            size: row.take()?,
            content: row.take()?,
            sha256: row.take()?,
            listed: row.take()?,
            at: row.take()?,
            purged_at: row.take()?,
            buyers: row.take()?,
        })
    }
}

/// What makes a [`Doomed`] of a title `t`. The account of who has left the club has no password.
const DOOMED: &str = "SELECT t.id, t.name, t.size, t.content, c.sha256, t.listed, r.at, r.purged_at, \
    (SELECT COUNT(*) FROM purchase p JOIN account a ON a.id = p.account WHERE p.title = t.id AND a.password <> '') \
    FROM title t JOIN content c ON c.id = t.content LEFT JOIN removal r ON r.title = t.id ";

/// One title, deleted or not.
pub fn doomed(tx: &mut Tx<'_>, id: TitleId) -> Result<Option<Doomed>, Error> {
    tx.one(join!(DOOMED, "WHERE t.id = ?"), params![id])
}

/// The titles behind `after` that were deleted by `before` and are not purged, by number.
pub fn all_doomed(tx: &mut Tx<'_>, before: Time, after: TitleId, limit: u32) -> Result<Vec<Doomed>, Error> {
    let old = "WHERE t.listed = 0 AND t.id > ? AND r.purged_at IS NULL AND r.at <= ? ORDER BY t.id LIMIT ?";
    tx.rows(&format!("{DOOMED}{old}"), params![after, before, limit])
}
