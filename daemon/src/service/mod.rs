//! The rules of the club. No sockets, no lines, no SQL text.

pub mod account;
pub mod audit;
pub mod backup;
pub mod catalogue;
pub mod check;
pub mod fault;
pub mod lounge;
pub mod notice;
pub mod once;
pub mod password;
pub mod purge;
pub mod secret;
pub mod shelf;
pub mod stats;
pub mod terms;
pub mod throttle;
pub mod ticket;
pub mod transfer;
pub mod wallet;
pub mod word;

use std::time::Duration;

use protocol::value::{AccountId, Role, SessionId, Time};
use sql::Tx;
use sql::account::{Invite, Reset, Session};
use sql::transfer::Pass;
use sql::wallet::Once;

pub use fault::Fault;

use crate::app::App;
use crate::guard::planted;

/// A day in milliseconds.
pub const DAY: i64 = 24 * 3600 * 1000;

/// Somebody who is logged in. Whoever holds one may do what users may.
#[derive(Clone, Debug)]
pub struct User {
    /// The account.
    pub id: AccountId,
    /// The session that this connection belongs to.
    pub session: SessionId,
    /// The name, as its owner writes it.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// From where.
    pub address: String,
    /// When the session is over.
    pub until: Time,
}

impl User {
    /// Whether it is an admin: admins neither wait nor pay.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// The right to do what admins may.
    ///
    /// # Errors
    /// [`Fault::NotAllowed`] for everybody else.
    pub fn admin(&self) -> Result<Admin<'_>, Fault> {
        if self.is_admin() { Ok(Admin(self)) } else { Err(Fault::NotAllowed("only admins may do that")) }
    }
}

/// The right to do what admins may.
#[derive(Clone, Copy, Debug)]
pub struct Admin<'u>(pub &'u User);

/// A page of something: the rows, and where the next page begins if there is one.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub rows: Vec<T>,
    /// Goes into `after` of the next page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page of `limit` rows from one row more than that, so that the end is known.
    pub fn cut(mut rows: Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(place);
        Self { rows, next }
    }
}

/// Which page is asked for.
#[derive(Clone, Debug)]
pub struct Paging {
    /// What `next` of the page before said.
    pub after: Option<String>,
    /// How many rows at most, already clipped.
    pub limit: u32,
}

impl Paging {
    /// The page after (or, newest first, before) a row number.
    ///
    /// # Errors
    /// [`Fault::BadAfter`] for what no page has said.
    pub fn number(&self, first: i64) -> Result<i64, Fault> {
        let after = self.after.as_deref();
        after.map_or(Ok(first), |text| text.parse().map_err(|_| Fault::BadAfter))
    }
}

/// Losing a race more often than this means that something else is wrong.
const TRIES: usize = 8;

/// Runs a rule of a few statements in a transaction, which it may share with others, anew where somebody else did the same at the same time and was first.
///
/// # Errors
/// Those of the rule and of the database.
pub async fn settled<T, F>(app: &App, rule: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T, Fault> + Clone + Send + 'static,
{
    for _ in 0..TRIES {
        match app.db.write_short(rule.clone()).await {
            Err(Fault::Raced) => {}
            other => return other,
        }
    }
    Err(Fault::Busy("too many at once on this account"))
}

/// Forgets what has expired.
///
/// # Errors
/// Of the database or the disk; the next sweep goes on.
pub async fn sweep(app: &App) -> Result<(), Fault> {
    let (now, config) = (app.clock.now(), app.config());
    app.db
        .write(move |tx| -> Result<(), sql::Error> {
            planted("sweep", &now);
            Session::sweep(tx, now)?;
            // A used code is told apart from an unknown one for a while.
            Reset::sweep(tx, now)?;
            Invite::sweep(tx, Time(now.0 - 30 * DAY))?;
            Pass::sweep(tx, now)?;
            Once::sweep(tx, Time(now.0 - DAY))?;
            throttle::sweep(tx, &config.limits, now)?;
            lounge::care::sweep(tx, now)?;
            Ok(())
        })
        .await?;
    let hours = u64::from(app.config().limits.upload_hours);
    let swept = app.vault.sweep(Duration::from_secs(hours * 3600)).await?;
    if swept.files > 0 {
        log::info!("swept {} broken uploads of {} bytes", swept.files, swept.bytes);
    }
    Ok(())
}
