//! The library: contents, titles, and the terms they are found by.

use protocol::value::{AccountId, Kind, Listing, Md5, Money, Sort, Time, TitleId};

use crate::posting::{Index, marks, padded};
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
const SHOWN: &str = "SELECT t.id, t.name, t.folded, t.description, t.author, t.kind, t.price, t.member_price, \
    t.content, t.size, t.fetched, t.created_at, t.listed, a.name, c.md5, c.sha256, \
    CASE WHEN p.account IS NULL THEN 0 ELSE 1 END, CASE WHEN r.purged_at IS NULL THEN 0 ELSE 1 END";
const CARD: &str = join!(SHOWN, " FROM ");
const JOINS: &str = " JOIN account a ON a.id = t.author JOIN content c ON c.id = t.content \
    LEFT JOIN purchase p ON p.account = ? AND p.title = t.id LEFT JOIN removal r ON r.title = t.id";

/// One title for one account, deleted or not.
pub fn card(tx: &mut Tx<'_>, account: AccountId, id: TitleId) -> Result<Option<Card>, Error> {
    tx.one(join!(CARD, "title t", JOINS, " WHERE t.id = ?"), params![account, id])
}

/// A card with what there is to pay it with: what is in the wallet of who asks, and until when that is a member; `None`
/// in the place of the first where there is no such account.
pub type Offer = (Card, Option<Money>, Option<Time>);

/// One title for one account that may buy it.
pub fn offer(tx: &mut Tx<'_>, account: AccountId, id: TitleId) -> Result<Option<Offer>, Error> {
    tx.one(
        join!(
            SHOWN,
            ", b.balance, b.member_until FROM title t",
            JOINS,
            " LEFT JOIN account b ON b.id = ? WHERE t.id = ?"
        ),
        params![account, account, id],
    )
}

/// The cards of these titles, in the order of their numbers in `ids`; those that are not there are left out.
fn cards(tx: &mut Tx<'_>, account: AccountId, ids: &[i64]) -> Result<Vec<Card>, Error> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut params = params![account];
    params.extend(padded(ids));
    let sql = format!("{CARD}title t{JOINS} WHERE t.id IN ({})", marks(params.len() - 1));
    let mut cards: Vec<Card> = tx.rows(&sql, params)?;
    let place = |card: &Card| ids.iter().position(|id| *id == card.title.id.0);
    cards.sort_by_cached_key(place);
    Ok(cards)
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
    let list = Order::of(account, which, sort);
    let ids = match after {
        None => list.ids(tx, "", vec![], limit)?,
        Some(Place { value: None, id }) => list.ids(tx, &list.beyond(list.id), params![*id], limit)?,
        Some(Place { value: Some(value), id }) => {
            // Those of the same value and those beyond it, each a range of the index: as one condition they
            // would be a walk over all of the same value.
            let same = format!(" AND {} = ?{}", list.column, list.beyond(list.id));
            let mut ids = list.ids(tx, &same, params![value.clone(), *id], limit)?;
            let rest = limit.saturating_sub(u32::try_from(ids.len()).unwrap_or(limit));
            if rest > 0 {
                ids.extend(list.ids(tx, &list.beyond(list.column), params![value.clone()], rest)?);
            }
            ids
        }
    };
    cards(tx, account, &ids)
}

/// What a list is made of and how it goes.
struct Order {
    /// Tables and condition.
    from: String,
    params: Vec<Value>,
    /// The titles' number, in the table whose index has it.
    id: &'static str,
    /// What is sorted by, first.
    column: &'static str,
    descending: bool,
}

impl Order {
    fn of(account: AccountId, which: Listing, sort: Sort) -> Order {
        let (column, index, descending) = match sort {
            Sort::Id => ("t.id", "id", false),
            Sort::New => ("t.id", "id", true),
            Sort::Name => ("t.folded", "name", false),
            Sort::Size => ("t.size", "size", true),
            Sort::Popular => ("t.fetched", "fetched", true),
        };
        let kind = |kind: Kind| (" t.listed = 1 AND t.kind = ?", params![kind]);
        let (condition, params) = match which {
            Listing::All => (" t.listed = 1", vec![]),
            Listing::Deleted => (" t.listed = 0", vec![]),
            Listing::Free => kind(Kind::Free),
            Listing::Paid => kind(Kind::Paid),
            Listing::Shared => kind(Kind::Shared),
            Listing::Owned if column == "t.id" => {
                // True of all: a column outside the key, without which MySQL begins each page at the first purchase.
                let from = "purchase o /*! FORCE INDEX (PRIMARY) */ LEFT JOIN removal g ON g.title = o.title \
                    WHERE o.account = ? AND o.paid >= 0 AND g.purged_at IS NULL";
                return Order {
                    from: from.to_owned(),
                    params: params![account],
                    id: "o.title",
                    column: "o.title",
                    descending,
                };
            }
            // Sorted as it is asked for: as many as one has bought.
            Listing::Owned => {
                let from = "purchase o JOIN title t /*! FORCE INDEX (PRIMARY) */ ON t.id = o.title \
                    LEFT JOIN removal g ON g.title = o.title WHERE o.account = ? AND g.purged_at IS NULL";
                return Order {
                    from: from.to_owned(),
                    params: params![account],
                    id: "t.id",
                    column,
                    descending,
                };
            }
        };
        // MySQL reads a hint here and SQLite a comment. Without it MySQL weighs all nine indexes for every page, and
        // often takes one for its equalities alone, which walks over everything before the page.
        let of = if params.is_empty() { "title_by_" } else { "title_kind_by_" };
        let from = format!("title t /*! FORCE INDEX ({of}{index}) */ WHERE{condition}");
        Order { from, params, id: "t.id", column, descending }
    }

    /// That a column is behind a value.
    fn beyond(&self, column: &str) -> String {
        format!(" AND {column} {} ?", if self.descending { "<" } else { ">" })
    }

    /// Numbers only, all of them from an index: what is joined to a page is joined afterwards.
    fn ids(&self, tx: &mut Tx<'_>, behind: &str, values: Vec<Value>, limit: u32) -> Result<Vec<i64>, Error> {
        let Order { from, id, column, .. } = self;
        let way = if self.descending { " DESC" } else { "" };
        let order = if column == id { format!("{id}{way}") } else { format!("{column}{way}, {id}{way}") };
        let mut params = self.params.clone();
        params.extend(values);
        params.push(limit.into());
        tx.rows(&format!("SELECT {id} FROM {from}{behind} ORDER BY {order} LIMIT ?"), params)
    }
}

/// What titles are found by: those that are listed.
pub(crate) const INDEX: Index = Index { table: "posting", by_block: "/*! FORCE INDEX (posting_of_block) */" };

/// A page of the titles that bear all of `terms`, by number. There is at least one term.
pub fn search(
    tx: &mut Tx<'_>, account: AccountId, terms: &[String], after: i64, limit: u32,
) -> Result<Vec<Card>, Error> {
    let ids = INDEX.find(tx, terms, after, limit as usize)?;
    cards(tx, account, &ids)
}

/// Makes a title be found by `terms`; none of them twice.
pub fn index(tx: &mut Tx<'_>, id: TitleId, terms: &[String]) -> Result<(), Error> {
    INDEX.add(tx, id.0, terms)
}

/// Makes a title be found by `terms` no more.
pub fn unindex(tx: &mut Tx<'_>, id: TitleId, terms: &[String]) -> Result<(), Error> {
    INDEX.remove(tx, id.0, terms)
}

impl Title {
    /// The title, which nobody else changes until the transaction ends: whoever changes its name or whether it is
    /// listed changes the index too.
    pub fn hold(tx: &mut Tx<'_>, id: TitleId) -> Result<Option<Title>, Error> {
        tx.execute("UPDATE title SET listed = listed WHERE id = ?", params![id])?;
        Title::get(tx, id)
    }

    /// Lists or unlists a title; 0 if it is so already, or there is none. Who does so sees to its terms: only what is
    /// listed is in the index.
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
