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

/// Bytes on their way to somebody. The door sends `small`, then `range`, and hands it back.
pub struct Delivery {
    /// The first bytes, where there are so few that all of them were read at once.
    pub small: Vec<u8>,
    /// The others.
    pub range: Range,
    /// Where in the file they begin.
    pub offset: u64,
    /// How many there are, small ones included.
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
    _place: Option<Place>,
}

/// Up to so many bytes are read where the file is opened, and go out with the words around them in one piece: for
/// few bytes the ways between threads, and the calls to the system, are what takes the time.
const SMALL: u64 = 64 << 10;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// The title.
    pub id: TitleId,
    /// From where on.
    pub offset: u64,
    /// How many bytes at most; all there are without it.
    pub length: Option<u64>,
}

/// How a title is had, or why not.
#[derive(Clone, Copy)]
enum Access {
    Granted(&'static str),
    Ad(Turn),
}

/// What a look at the library comes to.
enum Found {
    Here(Box<Delivery>),
    Ad(Turn),
}

/// Whether a title may be fetched, and the bytes if so.
///
/// # Errors
/// No such title or no more, to be paid first, a range outside the file, damaged bytes.
pub async fn fetch(app: &App, user: &User, piece: Piece) -> Result<Dispatch, Fault> {
    let turn = match look(app, user, piece, None).await? {
        Found::Here(delivery) => return Ok(Dispatch::Send(delivery)),
        Found::Ad(Turn::Begin) => begun(app, user, piece.id).await?,
        Found::Ad(turn) => turn,
    };
    if let Turn::Wait(seconds) = turn {
        return wait(app, user.id, seconds).await;
    }
    match look(app, user, piece, Some("ad")).await? {
        Found::Here(delivery) => Ok(Dispatch::Send(delivery)),
        Found::Ad(_) => Err(Fault::Raced),
    }
}

/// Looks for a title, and opens it where it may be had; `granted` says that a wait for it was found to be over.
async fn look(app: &App, user: &User, piece: Piece, granted: Option<&'static str>) -> Result<Found, Fault> {
    let (who, now) = (user.clone(), app.clock.now());
    let (app, account) = (app.clone(), user.id);
    app.db
        .clone()
        .read_then(
            move |tx| {
                let card = card(tx, who.id, piece.id)?.filter(|card| is_there(card, &who)).ok_or(NO_TITLE)?;
                if card.purged {
                    return Err(PURGED);
                }
                let access = access(tx, &who, &card, now)?;
                Ok::<_, Fault>((card, access))
            },
            move |(card, access)| {
                let size = card.title.size;
                let range = if piece.offset > size || piece.length == Some(0) {
                    Err(Fault::BadRange { size })
                } else {
                    Ok(())
                };
                match (access, granted) {
                    (Access::Granted(how), _) | (Access::Ad(_), Some(how)) => {
                        range?;
                        open(&app, account, &card, how, piece).map(Box::new).map(Found::Here)
                    }
                    (Access::Ad(turn), None) => {
                        // A slip starts no wait.
                        if turn == Turn::Begin {
                            range?;
                        }
                        Ok(Found::Ad(turn))
                    }
                }
            },
        )
        .await
}

/// Opens what may be had. It waits for the disk.
fn open(
    app: &App, account: AccountId, card: &Card, how: &'static str, piece: Piece,
) -> Result<Delivery, Fault> {
    let (title, size, offset) = (piece.id, card.title.size, piece.offset);
    let mut place = Some(app.downloads.take(account, Bounds::downloads(&app.config().limits))?);
    let digest = Digest::from(card.sha256);
    let damaged = |error: &dyn std::fmt::Display| {
        log::error!("title={title} content={digest} cannot be fetched: {error}");
    };
    let stored = app.vault.checked(&digest, size).inspect_err(|error| damaged(error))?;
    let mut range = stored.range(offset, piece.length.unwrap_or(size));
    let (length, pace) = (range.length(), app.paces.of(app, account, Way::Down));
    let mut small = vec![];
    if length <= SMALL && !pace.is_bounded() {
        small.resize(usize::try_from(length).unwrap_or(0), 0);
        range.read_all(&mut small).inspect_err(|error| damaged(error)).map_err(|_| Fault::Damaged)?;
        // Nothing of it is under way any more.
        place = None;
    }
    Ok(Delivery {
        small,
        range,
        offset,
        length,
        size,
        md5: card.md5,
        pace,
        account,
        title,
        how,
        _place: place,
    })
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
    Ok(match pass::look(tx, &account, card.title.id, now)? {
        Turn::Granted => Access::Granted("ad"),
        turn => Access::Ad(turn),
    })
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
async fn begun(app: &App, user: &User, title: TitleId) -> Result<Turn, Fault> {
    let (id, clock, ads) = (user.id, app.clock.clone(), app.config().ads.clone());
    // The time when it is its turn, not when it began to wait for the database.
    settled(app, move |tx| pass::begin(tx, &ads, id, title, clock.now())).await
}

/// Notes that so many bytes of a delivery have arrived.
pub async fn delivered(app: &App, delivery: &Delivery, bytes: u64) {
    let (account, title, how) = (delivery.account, delivery.title, delivery.how);
    // Nothing arrived, and there was something: no download.
    if bytes == 0 && delivery.size > 0 {
        return;
    }
    let (at, size, offset) = (app.clock.now(), delivery.size, delivery.offset);
    app.recorder.note(Arrived { account, title, how, at, size, offset, bytes }).await;
}
