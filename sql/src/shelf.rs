//! The file shelf: what users may put on it, and what they have there.

use protocol::value::{AccountId, Kind};

use crate::{Error, Tx, join, params, record};

record! {
    /// What one account may have on the shelf, where that differs from the club's rule.
    pub struct Quota in "quota" {
        account: AccountId,
        /// -1: the club's.
        bytes: i64,
        /// -1: the club's.
        titles: i64,
    }
}

impl Quota {
    /// The quota of an account, if it has one of its own.
    pub fn of(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Quota>, Error> {
        tx.one(join!(Quota::SELECT, " WHERE account = ?"), params![account])
    }

    /// Puts this quota in the place of the one before.
    pub fn put(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        tx.execute("DELETE FROM quota WHERE account = ?", params![self.account])?;
        self.insert(tx)
    }
}

/// Lets nobody else put anything on the shelf for this account until the transaction ends.
pub fn hold(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
    tx.execute("UPDATE account SET seen_at = seen_at WHERE id = ?", params![account])
}

/// How many titles an account has on the shelf, and how many bytes they have.
pub fn used(tx: &mut Tx<'_>, account: AccountId) -> Result<(u64, u64), Error> {
    let found: Option<Used> = tx.one(
        "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS SIGNED) FROM title \
         WHERE author = ? AND listed = 1 AND kind = ?",
        params![account, Kind::Shared],
    )?;
    Ok(found.map_or((0, 0), |used| (used.0, used.1)))
}

struct Used(u64, u64);

impl crate::FromRow for Used {
    fn from_row(row: &mut crate::Row) -> Result<Self, Error> {
        Ok(Used(row.take()?, row.take()?))
    }
}
