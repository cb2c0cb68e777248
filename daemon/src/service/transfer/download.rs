//! Downloads: who may fetch what, after which wait, and what of it arrived.

use protocol::value::{AccountId, Kind, Md5, Time, TitleId};
use sql::Tx;
use sql::account::Account;
use sql::catalogue::{Card, card};
use sql::notice::Ad;
use vault::{Digest, Range};

use super::history::Arrived;
use super::pace::{Pace, Way};
use super::pass::{self, Turn};
use super::places::{Bounds, Place};
use crate::app::App;
use crate::service::account::Standing;
use crate::service::catalogue::{PURGED, is_there};
use crate::service::wallet::{NO_TITLE, price_for};
use crate::service::{Fault, User, settled};

/// What RETR comes to.
pub enum Dispatch {
    /// The bytes may go.
    Send(Box<Delivery>),
    /// Not yet.
    Wait {
        /// How many seconds are left, rounded up.
        seconds: i64,
        /// What is shown meanwhile.
        ad: String,
        /// Where it leads; nowhere if empty.
        link: String,
    },
}

/// Bytes on their way to somebody. The door sends `range` and hands it back.
pub struct Delivery {
    /// The bytes.
    pub range: Range,
    /// Where in the file they begin.
    pub offset: u64,
    /// How many there are.
    pub length: u64,
    /// The size of the whole file.
    pub size: u64,
    /// The MD5 of the whole file.
    pub md5: Md5,
    /// How fast they may go.
    pub pace: Pace,
    account: AccountId,
    title: TitleId,
    how: &'static str,
    _place: Place,
}

/// How a title is had, or why not.
enum Access {
    Granted(&'static str),
    Ad(Turn),
}

/// Whether a title may be fetched, and the bytes if so.
///
/// # Errors
/// No such title or no more, to be paid first, a range outside the file, damaged bytes.
pub async fn fetch(
    app: &App, user: &User, id: TitleId, offset: u64, length: Option<u64>,
) -> Result<Dispatch, Fault> {
    let (who, now) = (user.clone(), app.clock.now());
    let (card, access) = app
        .db
        .read(move |tx| {
            let card = card(tx, who.id, id)?.filter(|card| is_there(card, &who)).ok_or(NO_TITLE)?;
            if card.purged {
                return Err(PURGED);
            }
            let access = access(tx, &who, &card, now)?;
            Ok::<_, Fault>((card, access))
        })
        .await?;
    let size = card.title.size;
    let range = if offset > size || length == Some(0) { Err(Fault::BadRange { size }) } else { Ok(()) };
    if matches!(access, Access::Ad(Turn::Begin)) {
        // A slip starts no wait.
        range.clone()?;
    }
    let how = match access {
        Access::Granted(how) => how,
        Access::Ad(turn) => match begun(app, user, id, turn).await? {
            Turn::Wait(seconds) => {
                return wait(app, user.id, seconds).await;
            }
            Turn::Granted | Turn::Begin => "ad",
        },
    };
    range?;
    let _place = app.downloads.take(user.id, Bounds::downloads(&app.config().limits))?;
    let digest = Digest::from(card.sha256);
    let stored = app.vault.checked(&digest, size).await.inspect_err(|error| {
        log::error!("title={id} content={digest} cannot be fetched: {error}");
    })?;
    let range = stored.range(offset, length.unwrap_or(size));
    let length = range.length();
    let (account, title, md5, pace) = (user.id, id, card.md5, app.paces.of(app, user.id, Way::Down));
    let delivery = Delivery { range, offset, length, size, md5, pace, account, title, how, _place };
    Ok(Dispatch::Send(Box::new(delivery)))
}

fn access(tx: &mut Tx<'_>, user: &User, card: &Card, now: Time) -> Result<Access, Fault> {
    if user.is_admin() {
        return Ok(Access::Granted("admin"));
    }
    if card.owned {
        return Ok(Access::Granted("paid"));
    }
    if card.title.kind == Kind::Shared {
        return Ok(Access::Granted("shared"));
    }
    let account = Account::get(tx, user.id)?.ok_or(Fault::LoginRequired)?;
    let standing = Standing::of(&account, now);
    if card.title.kind == Kind::Paid {
        return Err(Fault::NeedPay { price: price_for(&card.title, standing, user) });
    }
    if standing.is_member() {
        return Ok(Access::Granted("member"));
    }
    Ok(Access::Ad(pass::look(tx, &account, card.title.id, now)?))
}

/// What is said during a wait: the ad that was chosen for it, or the house's own text.
async fn wait(app: &App, account: AccountId, seconds: i64) -> Result<Dispatch, Fault> {
    let shown = app.db.read(move |tx| Ad::shown_to(tx, account)).await?;
    let (ad, link) = match shown {
        Some(ad) => (ad.text, ad.link),
        None => (app.config().ads.text.clone(), String::new()),
    };
    Ok::<_, Fault>(Dispatch::Wait { seconds, ad, link })
}

/// Begins the wait where none runs.
async fn begun(app: &App, user: &User, title: TitleId, turn: Turn) -> Result<Turn, Fault> {
    if turn != Turn::Begin {
        return Ok(turn);
    }
    let (id, clock, ads) = (user.id, app.clock.clone(), app.config().ads.clone());
    // The time when it is its turn, not when it began to wait for the database.
    settled(app, move |tx| pass::begin(tx, &ads, id, title, clock.now())).await
}

/// Notes what of a delivery has arrived.
pub fn delivered(app: &App, delivery: &Delivery) {
    let bytes = delivery.length - delivery.range.length();
    let (account, title, how) = (delivery.account, delivery.title, delivery.how);
    // Nothing arrived, and there was something: no download.
    if bytes == 0 && delivery.size > 0 {
        return;
    }
    let (at, size, offset) = (app.clock.now(), delivery.size, delivery.offset);
    app.recorder.note(Arrived { account, title, how, at, size, offset, bytes });
}
