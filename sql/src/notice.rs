//! What admins tell everybody: notices, and the ads before free titles.

use protocol::value::{AccountId, AdId, NoticeId, Time};

use crate::{Error, Tx, join, params, record};

record! {
    /// A notice.
    pub struct Notice in "notice" {
        id: NoticeId,
        at: Time,
        author: AccountId,
        title: String,
        text: String,
    }
}

const NAMED: &str = "SELECT n.id, n.at, n.author, n.title, n.text, a.name \
    FROM notice n JOIN account a ON a.id = n.author";

impl Notice {
    /// The notices before the one numbered `before` with their authors' names, the newest first.
    pub fn page(tx: &mut Tx<'_>, before: i64, limit: u32) -> Result<Vec<(Notice, String)>, Error> {
        tx.rows(join!(NAMED, " WHERE n.id < ? ORDER BY n.id DESC LIMIT ?"), params![before, limit])
    }

    /// One notice with its author's name.
    pub fn named(tx: &mut Tx<'_>, id: NoticeId) -> Result<Option<(Notice, String)>, Error> {
        tx.one(join!(NAMED, " WHERE n.id = ?"), params![id])
    }
}

record! {
    /// An ad.
    pub struct Ad in "ad" {
        id: AdId,
        text: String,
        link: String,
        /// How often it has its turn, compared with the others.
        weight: u32,
        active: bool,
        /// Impressions: one a wait.
        shown: i64,
        created_at: Time,
    }
}

impl Ad {
    /// The ads after number `after`, by number.
    pub fn page(tx: &mut Tx<'_>, after: i64, limit: u32) -> Result<Vec<Ad>, Error> {
        tx.rows(join!(Ad::SELECT, " WHERE id > ? ORDER BY id LIMIT ?"), params![after, limit])
    }

    /// The ad whose turn it is: of those that are shown, the one that had the fewest turns for its
    /// weight. The stock is small: admins keep it by hand.
    pub fn next(tx: &mut Tx<'_>) -> Result<Option<Ad>, Error> {
        let ads: Vec<Ad> = tx.rows(join!(Ad::SELECT, " WHERE active = 1 ORDER BY id LIMIT 1000"), ())?;
        Ok(ads.into_iter().min_by(|a, b| {
            let (left, right) = (a.shown * i64::from(b.weight), b.shown * i64::from(a.weight));
            left.cmp(&right).then(a.id.cmp(&b.id))
        }))
    }

    /// Shows an ad to an account for the wait that begins, and counts it.
    pub fn show(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
        tx.execute("UPDATE ad SET shown = shown + 1 WHERE id = ?", params![self.id])?;
        tx.execute("DELETE FROM wait_ad WHERE account = ?", params![account])?;
        tx.execute("INSERT INTO wait_ad (account, ad) VALUES (?, ?)", params![account, self.id]).map(|_| ())
    }

    /// Shows an account nothing: the stock is empty.
    pub fn hide(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
        tx.execute("DELETE FROM wait_ad WHERE account = ?", params![account])
    }

    /// The ad of an account's present wait.
    pub fn shown_to(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Ad>, Error> {
        let id: Option<AdId> = tx.one("SELECT ad FROM wait_ad WHERE account = ?", params![account])?;
        id.map_or(Ok(None), |id| Ad::get(tx, id))
    }

    /// Changes what is said, and nothing else: impressions are counted meanwhile.
    pub fn edit(
        &self, tx: &mut Tx<'_>, text: Option<String>, link: Option<String>, weight: Option<u32>,
        active: Option<bool>,
    ) -> Result<u64, Error> {
        tx.execute(
            "UPDATE ad SET text = ?, link = ?, weight = ?, active = ? WHERE id = ?",
            params![
                text.as_ref().unwrap_or(&self.text),
                link.as_ref().unwrap_or(&self.link),
                weight.unwrap_or(self.weight),
                active.unwrap_or(self.active),
                self.id
            ],
        )
    }
}
