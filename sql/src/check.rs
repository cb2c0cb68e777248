//! What an operator's check reads: page by page, each page behind a key, and what it mends.

use std::collections::BTreeMap;

use protocol::value::{AccountId, EventId, Md5, Money, Time, TitleId};

use crate::account::INDEX as ACCOUNTS;
use crate::catalogue::{INDEX as TITLES, Title};
use crate::posting::{BLOCK, numbers};
use crate::ticket::Event;
use crate::{Engine, Error, FromRow, Row, Tx, Value, join, params, stats};

/// A content and what uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as the columns
pub struct Usage {
    pub id: i64,
    pub sha256: [u8; 32],
    pub md5: Md5,
    pub size: u64,
    /// Whether some title has it, purged ones counted.
    pub used: bool,
    /// Whether some title that is not purged has it: its bytes have to be here.
    pub kept: bool,
}

impl FromRow for Usage {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        Ok(Usage {
            id: row.take()?,
            sha256: row.take()?,
            md5: row.take()?,
            size: row.take()?,
            used: row.take()?,
            kept: row.take()?,
        })
    }
}

/// Whether the bytes of a content `c` have to be here.
const KEPT: &str = "EXISTS (SELECT 1 FROM title t LEFT JOIN removal r ON r.title = t.id \
    WHERE t.content = c.id AND r.purged_at IS NULL)";
const USAGE: &str = join!(
    "SELECT c.id, c.sha256, c.md5, c.size, \
     CASE WHEN EXISTS (SELECT 1 FROM title t WHERE t.content = c.id) THEN 1 ELSE 0 END, CASE WHEN ",
    KEPT,
    " THEN 1 ELSE 0 END FROM content c "
);

/// The contents after `after`, by number.
pub fn contents(tx: &mut Tx<'_>, after: i64, limit: u32) -> Result<Vec<Usage>, Error> {
    tx.rows(join!(USAGE, "WHERE c.id > ? ORDER BY c.id LIMIT ?"), params![after, limit])
}

/// Those of these contents that are known.
pub fn contents_of(tx: &mut Tx<'_>, digests: &[[u8; 32]]) -> Result<Vec<Usage>, Error> {
    if digests.is_empty() {
        return Ok(vec![]);
    }
    let marks = vec!["?"; digests.len()].join(", ");
    let digests: Vec<Value> = digests.iter().map(Value::from).collect();
    tx.rows(&format!("{USAGE}WHERE c.sha256 IN ({marks})"), digests)
}

/// How many bytes all contents have that have to be here.
pub fn bytes_kept(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let found: Option<u64> = tx.one(BYTES, ())?;
    Ok(found.unwrap_or(0))
}

/// Some titles of a content that are not purged, by number.
pub fn titles_of(tx: &mut Tx<'_>, content: i64, limit: u32) -> Result<Vec<(TitleId, String)>, Error> {
    tx.rows(
        "SELECT t.id, t.name FROM title t LEFT JOIN removal r ON r.title = t.id \
         WHERE t.content = ? AND r.purged_at IS NULL ORDER BY t.id LIMIT ?",
        params![content, limit],
    )
}

/// Removes a content that no title uses; 0 where one does.
pub fn forget_content(tx: &mut Tx<'_>, id: i64) -> Result<u64, Error> {
    // Held first: whoever makes a title of it holds it too, and then is seen by the second statement.
    tx.execute("UPDATE content SET stored_at = stored_at WHERE id = ?", params![id])?;
    tx.execute(
        "DELETE FROM content WHERE id = ? AND NOT EXISTS (SELECT 1 FROM title t WHERE t.content = ?)",
        params![id, id],
    )
}

/// Writes what the bytes of a content say of themselves.
pub fn set_facts(tx: &mut Tx<'_>, id: i64, size: u64, md5: Md5) -> Result<u64, Error> {
    tx.execute("UPDATE content SET size = ?, md5 = ? WHERE id = ?", params![size, md5, id])
}

/// The titles after `after`, by number, each with the size of its content.
pub fn titles(tx: &mut Tx<'_>, after: TitleId, limit: u32) -> Result<Vec<(Title, u64)>, Error> {
    let columns: Vec<String> = Title::FIELDS.iter().map(|field| format!("t.{field}")).collect();
    let sql = format!(
        "SELECT {}, c.size FROM title t JOIN content c ON c.id = t.content WHERE t.id > ? ORDER BY t.id LIMIT ?",
        columns.join(", ")
    );
    tx.rows(&sql, params![after, limit])
}

/// The titles of one block of the index that SEARCH looks in, and what they are found by.
pub struct Block(i64);

impl Block {
    /// The block of the first title after `after`; none if there is no such title.
    pub fn after(tx: &mut Tx<'_>, after: TitleId) -> Result<Option<Block>, Error> {
        let first = tx.one("SELECT id FROM title WHERE id > ? ORDER BY id LIMIT 1", params![after])?;
        Ok(first.map(|id: i64| Block(id.div_euclid(BLOCK))))
    }

    /// The numbers of the titles that can be in it: behind the one, up to the other.
    pub fn bounds(&self) -> (TitleId, TitleId) {
        (TitleId(self.0 * BLOCK - 1), TitleId(self.0 * BLOCK + BLOCK - 1))
    }

    /// Tells each term with each title that is found by it.
    pub fn each(&self, tx: &mut Tx<'_>, mut tell: impl FnMut(&str, TitleId)) -> Result<(), Error> {
        let mut after = String::new();
        loop {
            let rows = TITLES.rows(tx, self.0, &after, ROWS)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after.clone_from(last);
            for (term, members) in &rows {
                numbers(self.0, members).for_each(|id| tell(term, TitleId(id)));
            }
        }
    }
}

/// Rows of the index of one look: 8 KiB each at most.
const ROWS: u32 = 128;

/// Takes a title out of the index, whatever it stands under.
pub fn forget_terms(tx: &mut Tx<'_>, id: TitleId) -> Result<(), Error> {
    TITLES.forget(tx, id.0)
}

/// A title that nobody else changes until the transaction ends.
pub fn held_title(tx: &mut Tx<'_>, id: TitleId) -> Result<Option<Title>, Error> {
    tx.execute("UPDATE title SET listed = listed WHERE id = ?", params![id])?;
    Title::get(tx, id)
}

/// Writes what follows from a title's content and its name.
pub fn set_derived(tx: &mut Tx<'_>, id: TitleId, size: u64, folded: &str) -> Result<u64, Error> {
    tx.execute("UPDATE title SET size = ?, folded = ? WHERE id = ?", params![size, folded, id])
}

/// Some neighbouring accounts and what they are found by. Their index has none by block, so that each look goes through
/// all of it, for many accounts.
pub struct Group(i64);

/// Blocks of one look: what is kept of 262,144 accounts meanwhile is some MiB.
const BLOCKS: i64 = 64;

impl Group {
    /// The group of the first account after `after`; none if there is no such account.
    pub fn after(tx: &mut Tx<'_>, after: AccountId) -> Result<Option<Group>, Error> {
        let first = tx.one("SELECT id FROM account WHERE id > ? ORDER BY id LIMIT 1", params![after])?;
        Ok(first.map(|id: i64| Group(id.div_euclid(BLOCK))))
    }

    /// The numbers of the accounts that can be in it: behind the one, up to the other.
    pub fn bounds(&self) -> (AccountId, AccountId) {
        (AccountId(self.0 * BLOCK - 1), AccountId((self.0 + BLOCKS) * BLOCK - 1))
    }

    /// Tells each term with each account that is found by it.
    pub fn each(&self, tx: &mut Tx<'_>, mut tell: impl FnMut(&str, AccountId)) -> Result<(), Error> {
        let (mut term, mut block) = (String::new(), i64::MAX);
        loop {
            let same = "SELECT term, block, members FROM account_posting \
                WHERE term = ? AND block > ? AND block < ? ORDER BY block LIMIT ?";
            let mut rows: Vec<(String, i64, String)> =
                tx.rows(same, params![&term, block, self.0 + BLOCKS, ROWS])?;
            if rows.is_empty() {
                let behind = "SELECT term, block, members FROM account_posting \
                    WHERE term > ? AND block >= ? AND block < ? ORDER BY term, block LIMIT ?";
                rows = tx.rows(behind, params![&term, self.0, self.0 + BLOCKS, ROWS])?;
            }
            let Some((last, at, _)) = rows.last() else { return Ok(()) };
            (term, block) = (last.clone(), *at);
            for (term, block, members) in &rows {
                numbers(*block, members).for_each(|id| tell(term, AccountId(id)));
            }
        }
    }
}

/// The accounts after `after`, by number: number, name, folded name, and whether its owner has left.
pub fn names(
    tx: &mut Tx<'_>, after: AccountId, limit: u32,
) -> Result<Vec<(AccountId, String, String, bool)>, Error> {
    tx.rows(
        "SELECT id, name, folded, CASE WHEN password = '' THEN 1 ELSE 0 END FROM account \
         WHERE id > ? ORDER BY id LIMIT ?",
        params![after, limit],
    )
}

/// Makes the index of one account anew: `terms` makes them of its folded name.
pub fn reindex_account(
    tx: &mut Tx<'_>, id: AccountId, terms: impl FnOnce(&str) -> Vec<String>,
) -> Result<(), Error> {
    // Held first, so that it does not leave meanwhile.
    tx.execute("UPDATE account SET folded = folded WHERE id = ?", params![id])?;
    let sql = "SELECT folded FROM account WHERE id = ? AND password <> ''";
    let folded: Option<String> = tx.one(sql, params![id])?;
    ACCOUNTS.forget(tx, id.0)?;
    match folded {
        Some(folded) => ACCOUNTS.add(tx, id.0, &terms(&folded)),
        None => Ok(()),
    }
}

/// The accounts after `after`, by number: name, balance, and the sum of the ledger.
pub fn accounts(
    tx: &mut Tx<'_>, after: AccountId, limit: u32,
) -> Result<Vec<(AccountId, String, Money, Money)>, Error> {
    tx.rows(
        "SELECT a.id, a.name, a.balance, CAST(COALESCE(SUM(l.amount), 0) AS SIGNED) \
         FROM (SELECT id, name, balance FROM account WHERE id > ? ORDER BY id LIMIT ?) a \
         LEFT JOIN ledger l ON l.account = a.id GROUP BY a.id, a.name, a.balance ORDER BY a.id",
        params![after, limit],
    )
}

/// The ledger account by account, behind an account and one of its entries: account, entry, amount, balance.
pub fn entries(
    tx: &mut Tx<'_>, after: (AccountId, i64), limit: u32,
) -> Result<Vec<(AccountId, i64, Money, Money)>, Error> {
    tx.rows(
        "SELECT account, id, amount, balance FROM ledger \
         WHERE account >= ? AND (account > ? OR id > ?) ORDER BY account, id LIMIT ?",
        params![after.0, after.0, after.1, limit],
    )
}

/// What all wallets hold, and what each book has given (or, less than zero, taken).
pub fn books(tx: &mut Tx<'_>) -> Result<(Money, Vec<(String, Money)>), Error> {
    let wallets = tx.one("SELECT CAST(COALESCE(SUM(balance), 0) AS SIGNED) FROM account", ())?;
    // There is a handful of books.
    let books = tx.rows(
        "SELECT book, CAST(SUM(amount) AS SIGNED) FROM ledger GROUP BY book ORDER BY book LIMIT 100",
        (),
    )?;
    Ok((wallets.unwrap_or(Money::ZERO), books))
}

/// A purchase that is not what the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as the columns
pub struct Unpaid {
    pub account: AccountId,
    pub title: TitleId,
    /// Whether there is a purchase.
    pub bought: bool,
    /// What it says was paid.
    pub paid: Money,
    /// What the ledger took from the wallet for this title, less what it gave back.
    pub taken: Money,
}

impl FromRow for Unpaid {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        Ok(Unpaid {
            account: row.take()?,
            title: row.take()?,
            bought: row.take()?,
            paid: row.take()?,
            taken: row.take()?,
        })
    }
}

/// The purchases of the accounts behind `from`, up to `to`, that are not what the ledger says; those behind
/// `after`, by account and title.
pub fn unpaid(
    tx: &mut Tx<'_>, from: AccountId, to: AccountId, after: (AccountId, TitleId), limit: u32,
) -> Result<Vec<Unpaid>, Error> {
    tx.rows(
        "SELECT x.account, x.title, MAX(x.bought), CAST(SUM(x.paid) AS SIGNED), CAST(SUM(x.taken) AS SIGNED) FROM ( \
         SELECT account, title, 1 AS bought, paid, 0 AS taken FROM purchase WHERE account > ? AND account <= ? \
         UNION ALL \
         SELECT account, title, 0, 0, -amount FROM ledger \
         WHERE account > ? AND account <= ? AND book = 'sales' AND title IS NOT NULL \
         ) x WHERE x.account >= ? AND (x.account > ? OR x.title > ?) \
         GROUP BY x.account, x.title HAVING SUM(x.paid) <> SUM(x.taken) ORDER BY x.account, x.title LIMIT ?",
        params![from, to, from, to, after.0, after.0, after.1, limit],
    )
}

/// How many purchases the accounts behind `from`, up to `to`, have.
pub fn purchases(tx: &mut Tx<'_>, from: AccountId, to: AccountId) -> Result<u64, Error> {
    let found =
        tx.one("SELECT COUNT(*) FROM purchase WHERE account > ? AND account <= ?", params![from, to])?;
    Ok(found.unwrap_or(0))
}

/// The events after `after`, by number, each with the seats that are booked.
pub fn events(tx: &mut Tx<'_>, after: EventId, limit: u32) -> Result<Vec<(Event, i64)>, Error> {
    tx.rows(
        "SELECT e.id, e.name, e.seats, e.free, e.price, e.most, e.starts_at, e.called_off, e.author, e.created_at, \
         (SELECT CAST(COALESCE(SUM(b.seats), 0) AS SIGNED) FROM booking b WHERE b.event = e.id) \
         FROM event e WHERE e.id > ? ORDER BY e.id LIMIT ?",
        params![after, limit],
    )
}

/// Counts the seats that are left of an event anew; how many that are.
pub fn recount_seats(tx: &mut Tx<'_>, id: EventId) -> Result<u32, Error> {
    // Held first, so that nobody books meanwhile.
    Event::held(tx, id)?;
    tx.execute(
        "UPDATE event SET free = seats - (SELECT COALESCE(SUM(b.seats), 0) FROM booking b WHERE b.event = event.id) \
         WHERE id = ?",
        params![id],
    )?;
    Ok(Event::get(tx, id)?.map_or(0, |event| event.free))
}

/// How many bookings the accounts behind `from`, up to `to`, have; and those accounts whose bookings are not
/// what the ledger says: what the bookings say was paid, what the ledger took less what it gave back.
#[allow(clippy::type_complexity)] // a row of each
pub fn bookings(
    tx: &mut Tx<'_>, from: AccountId, to: AccountId,
) -> Result<(u64, Vec<(AccountId, Money, Money)>), Error> {
    let sql = "SELECT COUNT(*) FROM booking WHERE account > ? AND account <= ?";
    let number: Option<u64> = tx.one(sql, params![from, to])?;
    let wrong = tx.rows(
        "SELECT x.account, CAST(SUM(x.paid) AS SIGNED), CAST(SUM(x.taken) AS SIGNED) FROM ( \
         SELECT account, paid, 0 AS taken FROM booking WHERE account > ? AND account <= ? \
         UNION ALL \
         SELECT account, 0, -amount FROM ledger WHERE account > ? AND account <= ? AND book = 'tickets' \
         ) x GROUP BY x.account HAVING SUM(x.paid) <> SUM(x.taken) ORDER BY x.account",
        params![from, to, from, to],
    )?;
    Ok((number.unwrap_or(0), wrong))
}

/// A voucher, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as the columns
pub struct Used {
    pub code: [u8; 32],
    pub amount: Money,
    pub by: Option<AccountId>,
    pub at: Option<Time>,
    /// Whether the ledger has the money that it was turned into.
    pub posted: bool,
}

impl FromRow for Used {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        Ok(Used {
            code: row.take()?,
            amount: row.take()?,
            by: row.take()?,
            at: row.take()?,
            posted: row.take()?,
        })
    }
}

/// The vouchers behind `after`, by the hash of their code; all of them behind no bytes.
pub fn vouchers(tx: &mut Tx<'_>, after: &[u8], limit: u32) -> Result<Vec<Used>, Error> {
    tx.rows(
        "SELECT v.code, v.amount, v.redeemed_by, v.redeemed_at, CASE WHEN EXISTS (SELECT 1 FROM ledger l \
         WHERE l.at = v.redeemed_at AND l.account = v.redeemed_by AND l.book = 'vouchers' AND l.amount = v.amount) \
         THEN 1 ELSE 0 END FROM voucher v WHERE v.code > ? ORDER BY v.code LIMIT ?",
        params![after, limit],
    )
}

const BYTES: &str = join!("SELECT CAST(COALESCE(SUM(c.size), 0) AS SIGNED) FROM content c WHERE ", KEPT);

/// The totals that are counted as it happens, and how they are counted anew. Bytes sent are not among them: of those
/// the tables do not keep every part.
pub const COUNTS: [(&str, &str); 7] = [
    ("accounts", "SELECT COUNT(*) FROM account WHERE password <> ''"),
    ("locked", "SELECT COUNT(*) FROM account_lock"),
    ("free", "SELECT COUNT(*) FROM title WHERE listed = 1 AND kind = 'FREE'"),
    ("paid", "SELECT COUNT(*) FROM title WHERE listed = 1 AND kind = 'PAID'"),
    ("shared", "SELECT COUNT(*) FROM title WHERE listed = 1 AND kind = 'SHARED'"),
    ("bytes", BYTES),
    ("downloads", "SELECT COUNT(*) FROM download"),
];

/// What a total is, and what it should be by one of [`COUNTS`].
pub fn total(tx: &mut Tx<'_>, name: &str, count: &str) -> Result<(i64, i64), Error> {
    let counted: Option<i64> = tx.one(count, ())?;
    Ok((stats::total(tx, name)?, counted.unwrap_or(0)))
}

/// Counts a total anew by one of [`COUNTS`]; what it is now.
pub fn recount(tx: &mut Tx<'_>, name: &str, count: &str) -> Result<i64, Error> {
    // Held first: whoever counts something meanwhile has not counted it yet, and is not counted here.
    tx.execute("UPDATE tally SET value = value WHERE name = ? AND day = ?", params![name, stats::TOTAL])?;
    let (was, counted) = total(tx, name, count)?;
    stats::add(tx, name, stats::TOTAL, counted - was)?;
    Ok(counted)
}

/// What is tallied by day and follows from other rows, and how it is counted anew: the midnight that a day began with,
/// and the number. There are as many rows as days.
pub const DAYS: [(&str, &str); 4] = [
    ("accounts", "SELECT created_at - created_at % 86400000, COUNT(*) FROM account GROUP BY 1 ORDER BY 1"),
    ("downloads", "SELECT at - at % 86400000, COUNT(*) FROM download GROUP BY 1 ORDER BY 1"),
    (
        "members",
        "SELECT member_until - member_until % 86400000, COUNT(*) FROM account WHERE member_until IS NOT NULL \
         GROUP BY 1 ORDER BY 1",
    ),
    (
        "revenue",
        "SELECT at - at % 86400000, CAST(-SUM(amount) AS SIGNED) FROM ledger \
         WHERE book IN ('sales', 'membership', 'tickets') GROUP BY 1 ORDER BY 1",
    ),
];

/// The totals that are nothing but the sum of their days.
pub const SUMS: [&str; 3] = ["revenue", "sent", "proofs-failed"];

/// A day whose tally is not what there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uneven {
    /// The day.
    pub day: i64,
    /// What is tallied.
    pub tallied: i64,
    /// What was counted.
    pub counted: i64,
}

/// The days whose tallies are not what one of [`DAYS`] counts.
pub fn uneven(tx: &mut Tx<'_>, name: &str, count: &str) -> Result<Vec<Uneven>, Error> {
    // Of revenue only the days that are closed are tallied.
    let last = if name == "revenue" { stats::closed(tx)? } else { i64::MAX };
    let counted: Vec<(Time, i64)> = tx.rows(count, ())?;
    let mut days: BTreeMap<i64, (i64, i64)> = stats::by_day(tx, name, stats::TOTAL)?
        .into_iter()
        .map(|(day, tallied)| (day, (tallied, 0)))
        .collect();
    for (midnight, number) in counted {
        let day = stats::day(midnight);
        if day <= last {
            days.entry(day).or_default().1 = number;
        }
    }
    let uneven = days.into_iter().filter(|(_, (tallied, counted))| tallied != counted);
    Ok(uneven.map(|(day, (tallied, counted))| Uneven { day, tallied, counted }).collect())
}

/// Counts days anew by one of [`DAYS`]; how many were wrong.
pub fn recount_days(tx: &mut Tx<'_>, name: &str, count: &str) -> Result<usize, Error> {
    if name == "revenue" {
        // Nobody closes a day meanwhile.
        stats::books(tx)?;
    }
    // Held first, as in `recount`.
    for day in uneven(tx, name, count)? {
        stats::add(tx, name, day.day, 0)?;
    }
    let wrong = uneven(tx, name, count)?;
    for Uneven { day, tallied, counted } in &wrong {
        stats::add(tx, name, *day, counted - tallied)?;
    }
    Ok(wrong.len())
}

/// What a total of [`SUMS`] is, and the sum of its days.
pub fn sum(tx: &mut Tx<'_>, name: &str) -> Result<(i64, i64), Error> {
    let sql = "SELECT CAST(COALESCE(SUM(value), 0) AS SIGNED) FROM tally WHERE name = ? AND day > ?";
    let sum: Option<i64> = tx.one(sql, params![name, stats::TOTAL])?;
    Ok((stats::total(tx, name)?, sum.unwrap_or(0)))
}

/// Adds up the days of one of [`SUMS`] anew; what it is now.
pub fn resum(tx: &mut Tx<'_>, name: &str) -> Result<i64, Error> {
    // Held first, as in `recount`.
    stats::add(tx, name, stats::TOTAL, 0)?;
    let (was, sum) = sum(tx, name)?;
    stats::add(tx, name, stats::TOTAL, sum - was)?;
    Ok(sum)
}

/// How many bytes were sent in all, and how many of them the download history has: no more, since that counts none
/// twice.
pub fn sent(tx: &mut Tx<'_>) -> Result<(i64, i64), Error> {
    let kept: Option<i64> = tx.one("SELECT CAST(COALESCE(SUM(bytes), 0) AS SIGNED) FROM download", ())?;
    Ok((stats::total(tx, "sent")?, kept.unwrap_or(0)))
}

/// Whether there is any content.
pub fn any_content(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let found: Option<i64> = tx.one("SELECT 1 FROM content LIMIT 1", ())?;
    Ok(found.is_some())
}

/// What the embedded database says of itself, a hundred lines at most, none if all is well; `deep` compares indexes
/// with tables too. A server has its own tools for that, and holds its foreign keys.
pub fn soundness(tx: &mut Tx<'_>, deep: bool) -> Result<Vec<String>, Error> {
    if tx.engine() == Engine::Mysql {
        return Ok(vec![]);
    }
    let sql = match deep {
        true => "SELECT integrity_check FROM pragma_integrity_check LIMIT 100",
        false => "SELECT quick_check FROM pragma_quick_check LIMIT 100",
    };
    let mut said: Vec<String> = tx.rows(sql, ())?;
    said.retain(|line| line != "ok");
    let keys = "SELECT \"table\" || ' row ' || COALESCE(rowid, '?') || ' names a row of ' || parent || ' that is not there' \
        FROM pragma_foreign_key_check LIMIT 100";
    said.extend(tx.rows::<String>(keys, ())?);
    Ok(said)
}

/// The last of the `limit` accounts behind `after`; none behind the last one.
pub fn accounts_behind(tx: &mut Tx<'_>, after: AccountId, limit: u32) -> Result<Option<AccountId>, Error> {
    let sql = "SELECT MAX(id) FROM (SELECT id FROM account WHERE id > ? ORDER BY id LIMIT ?) a";
    let last: Option<Option<AccountId>> = tx.one(sql, params![after, limit])?;
    Ok(last.flatten())
}
