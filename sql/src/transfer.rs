//! Downloads: the waits before them, the grants, and what arrived.

use protocol::value::{AccountId, Time, TitleId};

use crate::{Error, Tx, join, params, record};

record! {
    /// An ad wait, and the grant that it becomes.
    pub struct Pass in "pass" {
        account: AccountId,
        title: TitleId,
        /// When the wait is over.
        starts_at: Time,
        /// When the grant is.
        ends_at: Time,
    }
}

impl Pass {
    /// The pass of an account for a title, of whatever age.
    pub fn of(tx: &mut Tx<'_>, account: AccountId, title: TitleId) -> Result<Option<Pass>, Error> {
        tx.one(join!(Pass::SELECT, " WHERE account = ? AND title = ?"), params![account, title])
    }

    /// Begins the one wait of an account: true for whoever is first, false while another one runs.
    pub fn claim(tx: &mut Tx<'_>, account: AccountId, now: Time, until: Time) -> Result<bool, Error> {
        let claimed = tx.execute(
            "UPDATE account SET wait_until = ? WHERE id = ? AND wait_until <= ?",
            params![until, account, now],
        )?;
        Ok(claimed > 0)
    }

    /// Puts this pass in the place of an older one for the same title.
    pub fn put(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        tx.execute("DELETE FROM pass WHERE account = ? AND title = ?", params![self.account, self.title])?;
        self.insert(tx)
    }

    /// Forgets grants that are over.
    pub fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM pass WHERE ends_at <= ?", params![now])
    }
}

record! {
    /// A download: segments and resumes of it are one row.
    pub struct Download in "download" {
        id: i64,
        account: AccountId,
        title: TitleId,
        /// How it was had: `member`, `ad`, `paid`, `shared`, `admin`.
        how: String,
        at: Time,
        /// Bytes of the file that arrived, none counted twice.
        bytes: u64,
        /// The stretches that arrived: `0-500,900-1000`.
        got: String,
        done: bool,
    }
}

impl Download {
    /// The newest download of a title by an account.
    pub fn newest(tx: &mut Tx<'_>, account: AccountId, title: TitleId) -> Result<Option<Download>, Error> {
        tx.one(
            join!(Download::SELECT, " WHERE account = ? AND title = ? ORDER BY id DESC LIMIT 1"),
            params![account, title],
        )
    }

    /// Counts so many downloads of a title.
    pub fn count(tx: &mut Tx<'_>, title: TitleId, times: i64) -> Result<u64, Error> {
        tx.execute("UPDATE title SET fetched = fetched + ? WHERE id = ?", params![times, title])
    }

    /// The downloads of an account before the row `before`, the newest first, with the titles' names
    /// and sizes.
    pub fn page(
        tx: &mut Tx<'_>, account: AccountId, before: i64, limit: u32,
    ) -> Result<Vec<(Download, String, u64)>, Error> {
        tx.rows(
            "SELECT d.id, d.account, d.title, d.how, d.at, d.bytes, d.got, d.done, t.name, t.size \
             FROM download d /*! FORCE INDEX (download_of_account) */ JOIN title t ON t.id = d.title \
             WHERE d.account = ? AND d.id < ? ORDER BY d.id DESC LIMIT ?",
            params![account, before, limit],
        )
    }
}
