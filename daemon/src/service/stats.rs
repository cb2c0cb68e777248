//! The numbers of the club: counted as it happens, or by an index over the days that are still open.

use protocol::value::{Listing, Money, Sort, Time};
use sql::catalogue::{Card, list};
use sql::{Tx, stats, wallet};

use super::{Admin, Fault};
use crate::app::App;

/// How many days are shown unless more are asked for, and at most.
const DAYS: u32 = 30;
const MOST_DAYS: u32 = 3660;

/// How many of the most fetched titles are shown.
const TOP: u32 = 10;

/// After midnight by this much, no movement of the day before can still be on its way.
const MARGIN: i64 = 3_600_000;

/// A number.
#[derive(Clone, Debug)]
pub enum Figure {
    /// A total.
    Total(&'static str, i64),
    /// A total of money.
    Money(&'static str, Money),
    /// What a day had.
    Day(&'static str, Time, i64),
    /// What a day had of money.
    MoneyDay(&'static str, Time, Money),
    /// How often one of the most fetched titles was.
    Fetched(Box<Card>),
}

/// All numbers, with the days of the last `days`.
///
/// # Errors
/// [`Fault::Limit`] for too many days.
pub async fn figures(app: &App, admin: Admin<'_>, days: Option<u32>) -> Result<Vec<Figure>, Fault> {
    let days = days.unwrap_or(DAYS);
    if days > MOST_DAYS {
        return Err(Fault::Limit { max: MOST_DAYS.to_string(), what: "the days shown" });
    }
    app.recorder.flush().await?;
    let (now, account) = (app.clock.now(), admin.0.id);
    app.db
        .write(move |tx| {
            let today = stats::day(now);
            let closed = close_books(tx, now)?;
            let since = today - i64::from(days) + 1;
            let mut all = totals(tx, closed, now)?;
            for name in ["accounts", "downloads", "sent"] {
                let counted = stats::by_day(tx, name, since)?;
                all.extend(counted.into_iter().map(|(day, n)| Figure::Day(name, stats::midnight(day), n)));
            }
            for (day, cents) in stats::by_day(tx, "revenue", since)? {
                all.push(Figure::MoneyDay("revenue", stats::midnight(day), Money(cents)));
            }
            for day in (closed + 1).max(since)..=today {
                let taken = wallet::revenue(tx, stats::midnight(day), stats::midnight(day + 1))?;
                if taken != Money::ZERO {
                    all.push(Figure::MoneyDay("revenue", stats::midnight(day), taken));
                }
            }
            let top = list(tx, account, Listing::All, Sort::Popular, None, TOP)?;
            all.extend(top.into_iter().filter(|c| c.title.fetched > 0).map(|c| Figure::Fetched(Box::new(c))));
            Ok(all)
        })
        .await
}

fn totals(tx: &mut Tx<'_>, closed: i64, now: Time) -> Result<Vec<Figure>, Fault> {
    let (free, paid) = (stats::total(tx, "free")?, stats::total(tx, "paid")?);
    let shared = stats::total(tx, "shared")?;
    let open = wallet::revenue(tx, stats::midnight(closed + 1), Time(i64::MAX))?;
    let revenue = Money(stats::total(tx, "revenue")? + open.0);
    Ok(vec![
        Figure::Total("accounts", stats::total(tx, "accounts")?),
        Figure::Total("members", stats::members(tx, now)?),
        Figure::Total("locked", stats::total(tx, "locked")?),
        Figure::Total("titles", free + paid + shared),
        Figure::Total("free", free),
        Figure::Total("paid", paid),
        Figure::Total("shared", shared),
        Figure::Total("bytes", stats::total(tx, "bytes")?),
        Figure::Total("sent", stats::total(tx, "sent")?),
        Figure::Total("downloads", stats::total(tx, "downloads")?),
        Figure::Money("revenue", revenue),
        Figure::Total("proofs-failed", stats::total(tx, "proofs-failed")?),
    ])
}

/// Tallies the revenue of the days that are over, each once; the last day that is tallied.
fn close_books(tx: &mut Tx<'_>, now: Time) -> Result<i64, Fault> {
    let last = stats::day(Time(now.0 - MARGIN)) - 1;
    let mut closed = stats::books(tx)?;
    if closed >= last {
        return Ok(closed);
    }
    // Before the first movement there was nothing to tally.
    let first = sql::wallet::first(tx)?.map_or(last, |at| stats::day(at) - 1);
    closed = closed.max(first.min(last));
    while closed < last {
        closed += 1;
        let (from, before) = (stats::midnight(closed), stats::midnight(closed + 1));
        let taken = wallet::revenue(tx, from, before)?;
        if taken != Money::ZERO {
            stats::count(tx, "revenue", taken.0, from)?;
        }
    }
    stats::close_books(tx, closed)?;
    Ok(closed)
}
