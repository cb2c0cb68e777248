//! Money: wallets, purchases, membership. Every movement is one conditional statement with its row
//! in the ledger, in one transaction.

pub mod care;

use protocol::value::{AccountId, Kind, Money, Time, TitleId};
use sql::account::Account;
use sql::catalogue::{Title, offer};
use sql::wallet::{Entry, MOST, Movement, Purchase, balance, extend, noted, topped_up};
use sql::{Tx, stats, wallet};

use super::account::Standing;
use super::once::{Key, Outcome, Receipt, once};
use super::{DAY, Fault, Page, Paging, User};
use crate::app::App;
use crate::guard::planted;

/// Most periods of membership that are bought at once.
const MOST_PERIODS: u32 = 120;

/// Most days of membership ahead: a hundred years.
const MOST_DAYS: i64 = 36_525;

/// Puts money into the wallet.
///
/// # Errors
/// [`Fault::SwitchedOff`] where the operator takes the money, [`Fault::Limit`] for a full wallet.
pub async fn top_up(app: &App, user: &User, amount: Money, key: Option<&str>) -> Result<Receipt, Fault> {
    let allowed = app.config().topup_allowed();
    let (account, now) = (user.id, app.clock.now());
    let key = key.map(|key| Key::new(account, "TOPUP", key, &amount.to_string()));
    let (today, most) = (stats::midnight(stats::day(now)), app.config().money.topup_day.0);
    charge(app, key, move |tx| {
        planted("write", &amount);
        // Inside, so that a key that was answered before is answered the same.
        if !allowed {
            return Err(Fault::SwitchedOff("TOPUP is off here: ask an admin for money"));
        }
        let movement = Movement { account, book: "cash", amount, why: "topup", title: None, actor: None };
        let posted = wallet::post(tx, movement, now)?
            .ok_or_else(|| Fault::Limit { max: MOST.to_string(), what: "what a wallet may hold" })?;
        // Looked at afterwards: the movement holds the row, so no other one can slip in between.
        if topped_up(tx, account, today)? > most {
            return Err(Fault::Limit { max: most.to_string(), what: "what one may top up in a day" });
        }
        Ok(Receipt { balance: posted.balance, paid: Money::ZERO, member_until: None, owned: false })
    })
    .await
}

/// Buys a title, once and for ever.
///
/// # Errors
/// Not for sale, not the price that was named, not enough money.
pub async fn buy(
    app: &App, user: &User, id: TitleId, price: Option<Money>, key: Option<&str>,
) -> Result<Receipt, Fault> {
    let (buyer, now) = (user.clone(), app.clock.now());
    let named = price.map_or_else(String::new, |price| price.to_string());
    let key = key.map(|key| Key::new(buyer.id, "BUY", key, &format!("{id} {named}")));
    charge(app, key, move |tx| buy_in(tx, &buyer, id, price, now)).await
}

fn buy_in(
    tx: &mut Tx<'_>, buyer: &User, id: TitleId, named: Option<Money>, now: Time,
) -> Result<Receipt, Fault> {
    let offer = offer(tx, buyer.id, id)?;
    let offer = offer.filter(|(card, ..)| card.title.listed || (card.owned && !card.purged));
    let (card, balance, member_until) = offer.ok_or(NO_TITLE)?;
    let balance = balance.ok_or(Fault::LoginRequired)?;
    if card.owned || (buyer.is_admin() && card.title.kind == Kind::Paid) {
        return Ok(Receipt { balance, paid: Money::ZERO, member_until: None, owned: true });
    }
    if card.title.kind != Kind::Paid {
        return Err(Fault::NotForSale);
    }
    let price = price_for(&card.title, Standing::at(now, balance, member_until), buyer);
    agreed(named, price)?;
    let (account, title) = (buyer.id, Some(id));
    let balance =
        spend(tx, Movement { account, book: "sales", amount: price, why: "buy", title, actor: None }, now)?
            .balance;
    // Bought on another connection meanwhile: a duplicate, which undoes the payment.
    Purchase { account, title: id, paid: price, bought_at: now }.insert(tx)?;
    Ok(Receipt { balance, paid: price, member_until: None, owned: false })
}

/// There is no such title for who asks.
pub const NO_TITLE: Fault = Fault::NotFound("no title of that number");

/// What a title costs somebody.
pub fn price_for(title: &Title, standing: Standing, user: &User) -> Money {
    match (title.kind, user.is_admin(), standing.is_member()) {
        (Kind::Free | Kind::Shared, _, _) | (_, true, _) => Money::ZERO,
        (_, _, true) => title.member_price,
        _ => title.price,
    }
}

/// Buys membership, or makes it longer.
///
/// # Errors
/// Not the price that was named, not enough money, too many periods.
pub async fn join(
    app: &App, user: &User, periods: u32, price: Option<Money>, key: Option<&str>,
) -> Result<Receipt, Fault> {
    if periods > MOST_PERIODS {
        return Err(Fault::Limit { max: MOST_PERIODS.to_string(), what: "the periods bought at once" });
    }
    let config = app.config();
    let prices = &config.prices;
    let cost = if user.is_admin() { Money::ZERO } else { prices.membership_of(periods) };
    let length = i64::from(prices.membership_days) * i64::from(periods) * DAY;
    let (account, now) = (user.id, app.clock.now());
    let named = price.map_or_else(String::new, |price| price.to_string());
    let key = key.map(|key| Key::new(account, "MEMBER", key, &format!("{periods} {named}")));
    charge(app, key, move |tx| {
        agreed(price, cost)?;
        let movement =
            Movement { account, book: "membership", amount: cost, why: "member", title: None, actor: None };
        // The payment first: it locks the row, so that what is read next stays true.
        let balance = spend(tx, movement, now)?.balance;
        let was = Account::get(tx, account)?.and_then(|account| account.member_until);
        let until = Time(was.map_or(now.0, |was| was.0.max(now.0)) + length);
        if until.0 > now.0 + MOST_DAYS * DAY {
            return Err(Fault::Limit {
                max: MOST_DAYS.to_string(),
                what: "the days that membership may last",
            });
        }
        if extend(tx, account, was, until)? == 0 {
            return Err(Fault::Raced);
        }
        Ok(Receipt { balance, paid: cost, member_until: Some(until), owned: false })
    })
    .await
}

/// What came into the wallet and went out of it, the newest first.
///
/// # Errors
/// Of the database.
pub async fn statement(
    app: &App, user: &User, paging: Paging,
) -> Result<Page<(Entry, Option<String>)>, Fault> {
    let (account, before, limit) = (user.id, paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| noted(tx, account, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(entry, _)| entry.id.to_string()))
}

/// What an account has, inside a transaction.
///
/// # Errors
/// Of the database.
pub fn standing(tx: &mut Tx<'_>, account: AccountId, now: Time) -> Result<Standing, Fault> {
    let account = Account::get(tx, account)?.ok_or(Fault::LoginRequired)?;
    Ok(Standing::of(&account, now))
}

/// What was spent left behind.
pub(super) struct Spent {
    /// What is in the wallet now.
    pub balance: Money,
    /// The entry, where there was anything to pay.
    pub entry: Option<i64>,
}

/// Takes the movement's amount out of the wallet; nothing at all is no movement.
pub(super) fn spend(tx: &mut Tx<'_>, movement: Movement, now: Time) -> Result<Spent, Fault> {
    let (account, price) = (movement.account, movement.amount);
    if price == Money::ZERO {
        return Ok(Spent { balance: balance(tx, account)?, entry: None });
    }
    match wallet::post(tx, Movement { amount: Money(-price.0), ..movement }, now)? {
        Some(posted) => Ok(Spent { balance: posted.balance, entry: Some(posted.entry) }),
        None => Err(Fault::NeedFunds { price, balance: balance(tx, account)? }),
    }
}

/// What a person was shown has to be what it costs.
pub(super) fn agreed(named: Option<Money>, price: Money) -> Result<(), Fault> {
    match named {
        Some(named) if named != price => Err(Fault::PriceChanged { price }),
        _ => Ok(()),
    }
}

/// Runs a rule that moves money, once for a key.
async fn charge(
    app: &App, key: Option<Key>,
    rule: impl Fn(&mut Tx<'_>) -> Result<Receipt, Fault> + Clone + Send + 'static,
) -> Result<Receipt, Fault> {
    match once(app, key, app.clock.now(), move |tx| rule(tx).map(Outcome::Receipt)).await? {
        Outcome::Receipt(receipt) => Ok(receipt),
        _ => Err(Fault::KeyReused),
    }
}
