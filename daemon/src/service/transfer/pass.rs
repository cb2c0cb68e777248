//! The ads: who fetches a free title without being a member waits first, and the server keeps the clock.

use protocol::value::{AccountId, Time, TitleId};
use sql::Tx;
use sql::account::Account;
use sql::notice::Ad;
use sql::transfer::Pass;

use crate::config::Ads;
use crate::service::Fault;

/// Whether the title may be fetched now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has been waited for.
    Granted,
    /// Not before so many seconds have passed, rounded up.
    Wait(i64),
    /// No wait runs: one is to be begun.
    Begin,
}

/// Looks whether an account has waited for a title, without beginning a wait.
///
/// # Errors
/// Of the database.
pub fn look(tx: &mut Tx<'_>, account: &Account, title: TitleId, now: Time) -> Result<Turn, sql::Error> {
    // One wait at a time: another title's wait comes first, but a grant is a grant.
    let pass = Pass::of(tx, account.id, title)?;
    if pass.is_some_and(|p| p.starts_at <= now && now < p.ends_at) {
        return Ok(Turn::Granted);
    }
    Ok(if account.wait_until > now {
        Turn::Wait(seconds_until(account.wait_until, now))
    } else {
        Turn::Begin
    })
}

/// Begins a wait, unless one has been begun meanwhile.
///
/// # Errors
/// Of the database.
pub fn begin(tx: &mut Tx<'_>, ads: &Ads, id: AccountId, title: TitleId, now: Time) -> Result<Turn, Fault> {
    let account = Account::get(tx, id)?.ok_or(Fault::LoginRequired)?;
    match look(tx, &account, title, now)? {
        Turn::Begin => {}
        turn => return Ok(turn),
    }
    let starts_at = Time(now.0 + i64::from(ads.seconds) * 1000);
    if !Pass::claim(tx, id, now, starts_at)? {
        // Lost to another connection of the account, whose wait is the one that counts.
        return Err(Fault::Raced);
    }
    // One impression a wait, counted where the wait begins.
    match Ad::next(tx)? {
        Some(ad) => ad.show(tx, id)?,
        None => Ad::hide(tx, id).map(|_| ())?,
    }
    let ends_at = Time(starts_at.0 + i64::from(ads.grant_hours.max(1)) * 3_600_000);
    Pass { account: id, title, starts_at, ends_at }.put(tx)?;
    Ok(if ads.seconds == 0 { Turn::Granted } else { Turn::Wait(seconds_until(starts_at, now)) })
}

fn seconds_until(then: Time, now: Time) -> i64 {
    (then.0 - now.0 + 999).div_euclid(1000)
}
