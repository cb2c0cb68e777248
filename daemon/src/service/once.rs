//! Commands that are given with a key: the first answer counts, whatever happens to it on the way.

use protocol::value::{AccountId, BookingId, EventId, Money, Time, TitleId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sql::Tx;
use sql::wallet::Once;

use super::ticket::Seats;
use super::{Fault, settled};
use crate::app::App;

/// What a key stands for.
#[derive(Clone, Debug)]
pub struct Key {
    account: AccountId,
    verb: &'static str,
    mark: [u8; 32],
    arguments: [u8; 32],
}

impl Key {
    /// The key of an account for a verb; `arguments` is what the command said besides, in one form.
    pub fn new(account: AccountId, verb: &'static str, key: &str, arguments: &str) -> Self {
        let mark = Sha256::digest(key.as_bytes()).into();
        let arguments = Sha256::digest(arguments.as_bytes()).into();
        Self { account, verb, mark, arguments }
    }
}

/// What a money command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What is in the wallet now.
    pub balance: Money,
    /// What was taken.
    pub paid: Money,
    /// Until when membership lasts, where it was bought.
    pub member_until: Option<Time>,
    /// It was there already.
    pub owned: bool,
}

/// What a command with a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Money moved, or did not have to.
    Receipt(Receipt),
    /// A title was made.
    Stored(TitleId),
    /// Seats were booked, or given back.
    Seats(Seats),
    /// An event was put on.
    Staged(EventId),
    /// Vouchers were made; with the key, this gives their codes.
    Minted([u8; 32]),
}

/// The answer that was given to this key before, if there was one.
///
/// # Errors
/// [`Fault::KeyReused`] where it was given with other arguments; the refusal that it got then.
pub fn recall(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Result<Outcome, Fault>>, Fault> {
    let Some(kept) = Once::of(tx, key.account, key.verb, key.mark)? else {
        return Ok(None);
    };
    if kept.arguments != key.arguments {
        return Err(Fault::KeyReused);
    }
    let kept: Kept = serde_json::from_str(&kept.answer).map_err(|e| Fault::internal(&e))?;
    Ok(Some(kept.told()))
}

/// Runs a rule once for a key, without one each time. A rule that refuses has changed nothing.
///
/// # Errors
/// The refusal of the rule, now or when the key was first given.
pub async fn once<F>(app: &App, key: Option<Key>, now: Time, rule: F) -> Result<Outcome, Fault>
where
    F: Fn(&mut Tx<'_>) -> Result<Outcome, Fault> + Clone + Send + 'static,
{
    settled(app, move |tx| once_in(tx, key.as_ref(), now, &rule)).await?
}

/// The outer error undoes the transaction; the inner one is a refusal, kept like an answer.
fn once_in(
    tx: &mut Tx<'_>, key: Option<&Key>, now: Time, rule: impl Fn(&mut Tx<'_>) -> Result<Outcome, Fault>,
) -> Result<Result<Outcome, Fault>, Fault> {
    let Some(key) = key else {
        return rule(tx).map(Ok);
    };
    if let Some(told) = recall(tx, key)? {
        return Ok(told);
    }
    let result = rule(tx);
    let kept = match &result {
        Ok(outcome) => Kept::answer(outcome),
        Err(fault) => match Kept::refusal(fault) {
            Some(kept) => kept,
            // What the winner of a race has done is no reason to refuse the loser: that one is told the same.
            None if recall(tx, key)?.is_some() => return Err(Fault::Raced),
            None => return result.map(Ok),
        },
    };
    Once {
        account: key.account,
        verb: key.verb.to_owned(),
        mark: key.mark,
        arguments: key.arguments,
        answer: serde_json::to_string(&kept).map_err(|e| Fault::internal(&e))?,
        at: now,
        effect: result.is_ok(),
    }
    // The same key at the same time: a duplicate here is a race lost, and the rule is run again.
    .insert(tx)?;
    Ok(result)
}

/// An answer as it stands in the database.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Receipt { balance: i64, paid: i64, until: Option<i64>, owned: bool },
    Stored { id: i64 },
    Minted { salt: [u8; 32] },
    Seats { booking: i64, left: u32, balance: i64, paid: i64 },
    Staged { id: i64 },
    SoldOut { left: u32 },
    NeedFunds { price: i64, balance: i64 },
    PriceChanged { price: i64 },
    NotForSale,
}

impl Kept {
    fn answer(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Receipt(Receipt { balance, paid, member_until, owned }) => {
                let until = member_until.map(|time| time.0);
                Kept::Receipt { balance: balance.0, paid: paid.0, until, owned: *owned }
            }
            Outcome::Stored(id) => Kept::Stored { id: id.0 },
            Outcome::Minted(salt) => Kept::Minted { salt: *salt },
            Outcome::Seats(Seats { booking, left, balance, paid }) => {
                Kept::Seats { booking: booking.0, left: *left, balance: balance.0, paid: paid.0 }
            }
            Outcome::Staged(id) => Kept::Staged { id: id.0 },
        }
    }

    /// Refusals that the rules of the club gave; not those of a bad day.
    fn refusal(fault: &Fault) -> Option<Self> {
        match fault {
            Fault::NeedFunds { price, balance } => {
                Some(Kept::NeedFunds { price: price.0, balance: balance.0 })
            }
            Fault::PriceChanged { price } => Some(Kept::PriceChanged { price: price.0 }),
            Fault::NotForSale => Some(Kept::NotForSale),
            Fault::SoldOut { left } => Some(Kept::SoldOut { left: *left }),
            _ => None,
        }
    }

    fn told(self) -> Result<Outcome, Fault> {
        match self {
            Kept::Receipt { balance, paid, until, owned } => Ok(Outcome::Receipt(Receipt {
                balance: Money(balance),
                paid: Money(paid),
                member_until: until.map(Time),
                owned,
            })),
            Kept::Stored { id } => Ok(Outcome::Stored(TitleId(id))),
            Kept::Minted { salt } => Ok(Outcome::Minted(salt)),
            Kept::Seats { booking, left, balance, paid } => Ok(Outcome::Seats(Seats {
                booking: BookingId(booking),
                left,
                balance: Money(balance),
                paid: Money(paid),
            })),
            Kept::Staged { id } => Ok(Outcome::Staged(EventId(id))),
            Kept::SoldOut { left } => Err(Fault::SoldOut { left }),
            Kept::NeedFunds { price, balance } => {
                Err(Fault::NeedFunds { price: Money(price), balance: Money(balance) })
            }
            Kept::PriceChanged { price } => Err(Fault::PriceChanged { price: Money(price) }),
            Kept::NotForSale => Err(Fault::NotForSale),
        }
    }
}
