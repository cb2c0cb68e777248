//! The library: contents, titles, and the terms they are found by.

use protocol::value::{AccountId, Kind, Listing, Md5, Money, Sort, Time, TitleId};

use crate::{Error, Tx, Value, join, params, record};

record! {
    /// Bytes in the vault.
    pub struct Content in "content" {
        id: i64,
        sha256: [u8; 32],
        md5: Md5,
        size: u64,
        stored_at: Time,
    }
}

impl Content {
    /// Lets nobody else hold this content until the transaction ends; 0 if it is not there.
    pub fn hold(tx: &mut Tx<'_>, sha256: [u8; 32]) -> Result<u64, Error> {
        tx.execute("UPDATE content SET stored_at = stored_at WHERE sha256 = ?", params![sha256])
    }

    /// The same, by its number.
    pub fn hold_id(tx: &mut Tx<'_>, id: i64) -> Result<u64, Error> {
        tx.execute("UPDATE content SET stored_at = stored_at WHERE id = ?", params![id])
    }

    /// The contents of this size and MD5: files made to have one MD5 are still several.
    pub fn alike(tx: &mut Tx<'_>, size: u64, md5: Md5, limit: u32) -> Result<Vec<Content>, Error> {
        tx.rows(
            join!(Content::SELECT, " WHERE md5 = ? AND size = ? ORDER BY id LIMIT ?"),
            params![md5, size, limit],
        )
    }

    /// The content of a SHA-256.
    pub fn of(tx: &mut Tx<'_>, sha256: [u8; 32]) -> Result<Option<Content>, Error> {
        tx.one(join!(Content::SELECT, " WHERE sha256 = ?"), params![sha256])
    }
}

record! {
    /// A film or file of the library.
    pub struct Title in "title" {
        id: TitleId,
        name: String,
        /// The start of the name's NFKC and case fold, for sorting.
        folded: String,
        description: String,
        author: AccountId,
        kind: Kind,
        price: Money,
        member_price: Money,
        content: i64,
        size: u64,
        fetched: i64,
        created_at: Time,
        /// False when it is deleted.
        listed: bool,
    }
}

/// A title as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The title itself.
    pub title: Title,
    /// The name of who uploaded it.
    pub author: String,
    /// Of its content.
    pub md5: Md5,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Whether who asks has bought it.
    pub owned: bool,
    /// Whether its bytes were removed for good.
    pub purged: bool,
}

impl crate::FromRow for Card {
    fn from_row(row: &mut crate::Row) -> Result<Self, Error> {
        Ok(Card {
            title: Title::from_row(row)?,
            author: row.take()?,
            md5: row.take()?,
            sha256: row.take()?,
            owned: row.take()?,
            purged: row.take()?,
        })
    }
}

/// What makes a card of a title `t`, for the account that is the first parameter.
const CARD: &str = "SELECT t.id, t.name, t.folded, t.description, t.author, t.kind, t.price, t.member_price, \
    t.content, t.size, t.fetched, t.created_at, t.listed, a.name, c.md5, c.sha256, \
    CASE WHEN p.account IS NULL THEN 0 ELSE 1 END, CASE WHEN r.purged_at IS NULL THEN 0 ELSE 1 END FROM ";
const JOINS: &str = " JOIN account a ON a.id = t.author JOIN content c ON c.id = t.content \
    LEFT JOIN purchase p ON p.account = ? AND p.title = t.id LEFT JOIN removal r ON r.title = t.id";

/// One title for one account, deleted or not.
pub fn card(tx: &mut Tx<'_>, account: AccountId, id: TitleId) -> Result<Option<Card>, Error> {
    tx.one(join!(CARD, "title t", JOINS, " WHERE t.id = ?"), params![account, id])
}

/// Where a page of a list begins: behind this value of the sorted column and this number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The value of the sorted column; only the number counts where there is none.
    pub value: Option<Value>,
    /// The title's number.
    pub id: i64,
}

/// A page of a list, in the order asked for.
pub fn list(
    tx: &mut Tx<'_>, account: AccountId, which: Listing, sort: Sort, after: Option<&Place>, limit: u32,
) -> Result<Vec<Card>, Error> {
    let (column, descending) = match sort {
        Sort::Id => ("t.id", false),
        Sort::New => ("t.id", true),
        Sort::Name => ("t.folded", false),
        Sort::Size => ("t.size", true),
        Sort::Popular => ("t.fetched", true),
    };
    let (from, mut params) = match which {
        Listing::All => ("title t WHERE t.listed = 1", vec![]),
        Listing::Owned => (
            "purchase o JOIN title t ON t.id = o.title WHERE o.account = ? \
             AND NOT EXISTS (SELECT 1 FROM removal g WHERE g.title = t.id AND g.purged_at IS NOT NULL)",
            vec![Value::from(account)],
        ),
        Listing::Deleted => ("title t WHERE t.listed = 0", vec![]),
        Listing::Free => ("title t WHERE t.listed = 1 AND t.kind = ?", vec![Kind::Free.into()]),
        Listing::Paid => ("title t WHERE t.listed = 1 AND t.kind = ?", vec![Kind::Paid.into()]),
        Listing::Shared => ("title t WHERE t.listed = 1 AND t.kind = ?", vec![Kind::Shared.into()]),
    };
    let (beyond, order) = if descending { ("<", " DESC") } else { (">", "") };
    let behind = match after {
        None => String::new(),
        Some(Place { value: None, id }) => {
            params.push(Value::Int(*id));
            format!(" AND t.id {beyond} ?")
        }
        Some(Place { value: Some(value), id }) => {
            params.extend([value.clone(), value.clone(), Value::Int(*id)]);
            // Both engines turn the first comparison into a range of the index.
            format!(" AND {column} {beyond}= ? AND ({column} {beyond} ? OR t.id {beyond} ?)")
        }
    };
    let order = if column == "t.id" {
        format!(" ORDER BY t.id{order}")
    } else {
        format!(" ORDER BY {column}{order}, t.id{order}")
    };
    let page = format!("SELECT t.* FROM {from}{behind}{order} LIMIT ?");
    params.push(limit.into());
    params.push(account.into());
    // The page is cut before anything is joined to it, whatever the optimizer thinks of the joins.
    tx.rows(&format!("{CARD}({page}) t{JOINS}{order}"), params)
}

/// A page of the titles that bear all of `terms`, by number. There is at least one term.
pub fn search(
    tx: &mut Tx<'_>, account: AccountId, terms: &[String], after: i64, limit: u32,
) -> Result<Vec<Card>, Error> {
    let Some((first, more)) = terms.split_first() else {
        return Ok(vec![]);
    };
    let mut from = String::from("term x");
    let mut params: Vec<Value> = vec![];
    for (n, term) in more.iter().enumerate() {
        from += &format!(" JOIN term x{n} ON x{n}.title = x.title AND x{n}.term = ?");
        params.push(term.into());
    }
    params.extend([first.into(), after.into(), limit.into(), account.into()]);
    let page = format!(
        "SELECT t.* FROM {from} JOIN title t ON t.id = x.title \
         WHERE x.term = ? AND x.title > ? AND t.listed = 1 ORDER BY x.title LIMIT ?"
    );
    tx.rows(&format!("{CARD}({page}) t{JOINS} ORDER BY t.id"), params)
}

/// Makes a title be found by `terms`; none of them twice.
pub fn index(tx: &mut Tx<'_>, id: TitleId, terms: &[String]) -> Result<(), Error> {
    for some in terms.chunks(64) {
        let marks = vec!["(?, ?)"; some.len()].join(", ");
        let params = some.iter().flat_map(|term| [Value::from(term), id.into()]).collect::<Vec<_>>();
        tx.execute(&format!("INSERT INTO term (term, title) VALUES {marks}"), params)?;
    }
    Ok(())
}

/// Takes a title out of the index.
pub fn unindex(tx: &mut Tx<'_>, id: TitleId) -> Result<u64, Error> {
    tx.execute("DELETE FROM term WHERE title = ?", params![id])
}

impl Title {
    /// Lists or unlists a title; 0 if it is so already, or there is none.
    pub fn set_listed(tx: &mut Tx<'_>, id: TitleId, listed: bool) -> Result<u64, Error> {
        tx.execute("UPDATE title SET listed = ? WHERE id = ? AND listed <> ?", params![listed, id, listed])
    }

    /// The titles on the shelf that have this content.
    pub fn shelved(tx: &mut Tx<'_>, content: i64) -> Result<Vec<Title>, Error> {
        tx.rows(
            join!(Title::SELECT, " WHERE content = ? AND kind = ? AND listed = 1 ORDER BY id"),
            params![content, Kind::Shared],
        )
    }

    /// Whether a listed title sells this content.
    pub fn is_sold(tx: &mut Tx<'_>, content: i64) -> Result<bool, Error> {
        Title::sold_besides(tx, content, TitleId(0))
    }

    /// Whether a listed title other than `id` sells this content.
    pub fn sold_besides(tx: &mut Tx<'_>, content: i64, id: TitleId) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM title WHERE content = ? AND kind = ? AND listed = 1 AND id <> ? LIMIT 1";
        let found: Option<i64> = tx.one(sql, params![content, Kind::Paid, id])?;
        Ok(found.is_some())
    }

    /// Whether an account that is no admin's could fetch this content, now or after an ad.
    pub fn is_open_to(tx: &mut Tx<'_>, content: i64, account: AccountId) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM title t LEFT JOIN purchase p ON p.account = ? AND p.title = t.id \
                   WHERE t.content = ? AND ((t.listed = 1 AND t.kind <> ?) OR p.account IS NOT NULL) LIMIT 1";
        let found: Option<i64> = tx.one(sql, params![account, content, Kind::Paid])?;
        Ok(found.is_some())
    }

    /// Writes what EDIT can change; what is counted meanwhile stays.
    pub fn edit(&self, tx: &mut Tx<'_>) -> Result<u64, Error> {
        let Title { id, name, folded, description, kind, price, member_price, .. } = self;
        tx.execute(
            "UPDATE title SET name = ?, folded = ?, description = ?, kind = ?, price = ?, member_price = ? \
             WHERE id = ?",
            params![name, folded, description, *kind, *price, *member_price, *id],
        )
    }
}
