//! How often somebody has guessed wrong: one row for each thing that is counted, only so many of them.

use protocol::value::Time;

use crate::{Error, Tx, join, params, record};

record! {
    /// The failures of a name from an address, of an address, of an account.
    pub struct Failures in "throttle" {
        id: i64,
        /// SHA-256 of what is counted; unique.
        mark: [u8; 32],
        failures: u32,
        /// When the last of them was.
        at: Time,
    }
}

impl Failures {
    /// What is counted under a mark.
    pub fn of(tx: &mut Tx<'_>, mark: [u8; 32]) -> Result<Option<Failures>, Error> {
        tx.one(join!(Failures::SELECT, " WHERE mark = ?"), params![mark])
    }

    /// Puts this row in the place of the one of its mark, and forgets what failed `most` failures ago.
    pub fn put(&self, tx: &mut Tx<'_>, most: u32) -> Result<(), Error> {
        // Looked for first: on MySQL a DELETE of nothing holds the gap where others want to write.
        if let Some(old) = Failures::of(tx, self.mark)? {
            tx.execute("DELETE FROM throttle WHERE id = ?", params![old.id])?;
        }
        // Each failure takes a number, so there are never more rows than numbers that are kept.
        let last = self.insert(tx)? - i64::from(most);
        let old: Option<i64> = tx.one("SELECT id FROM throttle WHERE id <= ? LIMIT 1", params![last])?;
        if old.is_some() {
            tx.execute("DELETE FROM throttle WHERE id <= ?", params![last])?;
        }
        Ok(())
    }

    /// Forgets what is counted under a mark.
    pub fn clear(tx: &mut Tx<'_>, mark: [u8; 32]) -> Result<u64, Error> {
        tx.execute("DELETE FROM throttle WHERE mark = ?", params![mark])
    }

    /// Forgets what has not failed since before `then`.
    pub fn sweep(tx: &mut Tx<'_>, then: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM throttle WHERE at < ?", params![then])
    }
}
