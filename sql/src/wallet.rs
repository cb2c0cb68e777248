//! Money: balances, the ledger that explains them, and the answers that are given only once.

use protocol::value::{AccountId, Money, Time, TitleId};

use crate::{Error, Tx, join, params, record, stats};

/// The most that a wallet may hold, in cents: ten digits before the point, as on the wire.
pub const MOST: Money = Money(999_999_999_999);

record! {
    /// One movement, both of its sides: `amount` goes to the wallet of `account` and comes from
    /// `book` (the other way round where it is negative). Never changed, never removed.
    pub struct Entry in "ledger" {
        id: i64,
        at: Time,
        account: AccountId,
        /// The other side: `cash`, `sales`, `membership`.
        book: String,
        amount: Money,
        /// Of the wallet, afterwards.
        balance: Money,
        why: String,
        title: Option<TitleId>,
        /// Who did it, where that was somebody else.
        actor: Option<AccountId>,
    }
}

/// What is to be moved, and why.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    /// Whose wallet.
    pub account: AccountId,
    /// The other side.
    pub book: &'static str,
    /// Into the wallet; negative: out of it.
    pub amount: Money,
    /// The word in the statement.
    pub why: &'static str,
    /// The title that it is about.
    pub title: Option<TitleId>,
    /// Who did it, where that was somebody else.
    pub actor: Option<AccountId>,
}

/// What a movement left behind.
#[derive(Clone, Copy, Debug)]
pub struct Posted {
    /// What is in the wallet now.
    pub balance: Money,
    /// The entry's number.
    pub entry: i64,
}

/// Moves money and writes the ledger; or returns `None`, with nothing
/// changed, where the wallet would hold less than nothing or more than [`MOST`].
pub fn post(tx: &mut Tx<'_>, movement: Movement, at: Time) -> Result<Option<Posted>, Error> {
    let Movement { account, book, amount, why, title, actor } = movement;
    // One conditional statement: two movements at once can never both see the old balance.
    let (moved, balance) = tx.execute_then_one(
        "UPDATE account SET balance = balance + ? WHERE id = ? AND balance + ? BETWEEN 0 AND ?",
        &[amount.0, account.0, amount.0, MOST.0],
        BALANCE,
        account.0,
    )?;
    if moved == 0 {
        return Ok(None);
    }
    let balance = balance.ok_or_else(nobody)?;
    let (book, why) = (book.to_owned(), why.to_owned());
    let entry = Entry { id: 0, at, account, book, amount, balance, why, title, actor }.insert(tx)?;
    Ok(Some(Posted { balance, entry }))
}

const BALANCE: &str = "SELECT balance FROM account WHERE id = ?";

/// What is in a wallet.
pub fn balance(tx: &mut Tx<'_>, account: AccountId) -> Result<Money, Error> {
    tx.one(BALANCE, params![account])?.ok_or_else(nobody)
}

fn nobody() -> Error {
    Error::internal("an account that pays is not there")
}

/// Makes membership last until `until`, if it still ends as `was` says; 0 if it does not.
pub fn extend(tx: &mut Tx<'_>, account: AccountId, was: Option<Time>, until: Time) -> Result<u64, Error> {
    // COALESCE, since NULL equals nothing; no membership ends at -1.
    let extended = tx.execute(
        "UPDATE account SET member_until = ? WHERE id = ? AND COALESCE(member_until, -1) = ?",
        params![until, account, was.unwrap_or(Time(-1))],
    )?;
    if extended > 0 {
        stats::membership(tx, was, Some(until))?;
    }
    Ok(extended)
}

record! {
    /// That an account has bought a title.
    pub struct Purchase in "purchase" {
        account: AccountId,
        title: TitleId,
        paid: Money,
        bought_at: Time,
    }
}

impl Purchase {
    /// The purchase of a title by an account.
    pub fn of(tx: &mut Tx<'_>, account: AccountId, title: TitleId) -> Result<Option<Purchase>, Error> {
        tx.one(join!(Purchase::SELECT, " WHERE account = ? AND title = ?"), params![account, title])
    }
}

record! {
    /// The first answer to a command that was given with a key.
    pub struct Once in "once" {
        account: AccountId,
        verb: String,
        /// SHA-256 of the key.
        mark: [u8; 32],
        /// SHA-256 of the other arguments.
        arguments: [u8; 32],
        answer: String,
        at: Time,
        /// False for a refusal: nothing happened, so it need not be kept for ever.
        effect: bool,
    }
}

impl Once {
    /// What was answered before.
    pub fn of(
        tx: &mut Tx<'_>, account: AccountId, verb: &str, mark: [u8; 32],
    ) -> Result<Option<Once>, Error> {
        tx.one(
            join!(Once::SELECT, " WHERE account = ? AND verb = ? AND mark = ?"),
            params![account, verb, mark],
        )
    }

    /// Forgets the refusals before `then`.
    pub fn sweep(tx: &mut Tx<'_>, then: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM once WHERE effect = 0 AND at <= ?", params![then])
    }
}

impl Purchase {
    /// Takes a purchase back; 0 if there is none.
    pub fn remove(tx: &mut Tx<'_>, account: AccountId, title: TitleId) -> Result<u64, Error> {
        tx.execute("DELETE FROM purchase WHERE account = ? AND title = ?", params![account, title])
    }
}

record! {
    /// A code that is worth money.
    pub struct Voucher in "voucher" {
        /// SHA-256 of the code.
        code: [u8; 32],
        amount: Money,
        maker: AccountId,
        created_at: Time,
        expires_at: Time,
        redeemed_by: Option<AccountId>,
        redeemed_at: Option<Time>,
    }
}

impl Voucher {
    /// The voucher of a code, used and expired ones too.
    pub fn of_code(tx: &mut Tx<'_>, code: [u8; 32]) -> Result<Option<Voucher>, Error> {
        tx.one(join!(Voucher::SELECT, " WHERE code = ?"), params![code])
    }

    /// Uses a voucher for an account; 0 for whoever is not first.
    pub fn redeem(tx: &mut Tx<'_>, code: [u8; 32], by: AccountId, at: Time) -> Result<u64, Error> {
        tx.execute(
            "UPDATE voucher SET redeemed_by = ?, redeemed_at = ? WHERE code = ? AND redeemed_by IS NULL",
            params![by, at, code],
        )
    }
}

record! {
    /// Why an entry of the ledger was made, in somebody's words.
    pub struct Note in "ledger_note" {
        entry: i64,
        note: String,
    }
}

/// What an account has put into its wallet by itself since a time.
pub fn topped_up(tx: &mut Tx<'_>, account: AccountId, since: Time) -> Result<Money, Error> {
    // SUM is a decimal on MySQL; the cast makes it the integer that it is.
    let found: Option<Option<Money>> = tx.one(
        "SELECT CAST(SUM(amount) AS SIGNED) FROM ledger WHERE account = ? AND why = 'topup' AND at >= ?",
        params![account, since],
    )?;
    Ok(found.flatten().unwrap_or(Money::ZERO))
}

/// What the club took in from a time on and before another: sales, membership, tickets, less refunds.
pub fn revenue(tx: &mut Tx<'_>, from: Time, before: Time) -> Result<Money, Error> {
    let found: Option<Option<Money>> = tx.one(
        "SELECT CAST(-SUM(amount) AS SIGNED) FROM ledger \
         WHERE at >= ? AND at < ? AND book IN ('sales', 'membership', 'tickets')",
        params![from, before],
    )?;
    Ok(found.flatten().unwrap_or(Money::ZERO))
}

/// When the first movement was.
pub fn first(tx: &mut Tx<'_>) -> Result<Option<Time>, Error> {
    tx.one("SELECT at FROM ledger ORDER BY at LIMIT 1", ())
}

/// The movements of an account before the entry `before`, the newest first, each with its note.
pub fn noted(
    tx: &mut Tx<'_>, account: AccountId, before: i64, limit: u32,
) -> Result<Vec<(Entry, Option<String>)>, Error> {
    tx.rows(
        "SELECT l.id, l.at, l.account, l.book, l.amount, l.balance, l.why, l.title, l.actor, n.note \
         FROM ledger l /*! FORCE INDEX (ledger_of_account) */ LEFT JOIN ledger_note n ON n.entry = l.id \
         WHERE l.account = ? AND l.id < ? ORDER BY l.id DESC LIMIT ?",
        params![account, before, limit],
    )
}
