//! Uploads and downloads: who may, and what becomes of the bytes.

use protocol::value::{AccountId, Kind, Md5, Money, Role, Time, TitleId};
use sql::Tx;
use sql::account::Account;
use sql::catalogue::{Content, Title, card, index};
use tokio::sync::OwnedSemaphorePermit;
use vault::{Claim, Digest, Incoming, Range, Sealed};

use super::history::Arrived;
use super::once::{Key, Outcome, once, recall};
use super::pass::{self, Turn};
use super::wallet::{NO_TITLE, price_for};
use super::{Fault, User, terms};
use crate::app::App;

/// The name of a title that was given none.
const UNTITLED: &str = "untitled";

/// Losing a race more often than this means that something else is wrong.
const TRIES: usize = 8;

/// What somebody wants to upload, as it was asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Bytes.
    pub size: u64,
    /// What they must have.
    pub md5: Md5,
    /// The name.
    pub name: Option<String>,
    /// The kind; by default free films from admins, shelf files from users.
    pub kind: Option<Kind>,
    /// For a paid title.
    pub price: Option<Money>,
    /// For a paid title, to members.
    pub member_price: Option<Money>,
    /// Go on where it broke off.
    pub resume: bool,
    /// So that asking again has no second effect.
    pub key: Option<String>,
}

/// What STOR comes to.
pub enum Reception {
    /// The bytes are awaited.
    Open(Box<Upload>),
    /// It was stored before, with the same key.
    Stored(TitleId),
}

/// An upload under way. The door fills `incoming` and hands it back.
pub struct Upload {
    /// Where the bytes go.
    pub incoming: Incoming,
    draft: Draft,
    key: Option<Key>,
    _place: OwnedSemaphorePermit,
}

/// A title to be.
#[derive(Clone, Debug)]
struct Draft {
    name: String,
    author: AccountId,
    kind: Kind,
    price: Money,
    member_price: Money,
}

/// Whether an upload may begin, before a byte of it is sent.
///
/// # Errors
/// Not allowed, too large, no room, already under way.
pub async fn receive(app: &App, user: &User, order: Order) -> Result<Reception, Fault> {
    let draft = draft(app, user, &order)?;
    let most = app.config.limits.upload_bytes;
    if order.size > most {
        return Err(Fault::Limit {
            max: most.to_string(),
            what: "the bytes of an upload",
        });
    }
    let key = order
        .key
        .as_ref()
        .map(|key| Key::new(user.id, "STOR", key, &arguments(&order)));
    if let Some(id) = stored_before(app, key.clone()).await? {
        return Ok(Reception::Stored(id));
    }
    let place = app.uploads.clone().try_acquire_owned();
    let place = place.map_err(|_| Fault::Busy("too many uploads at once"))?;
    let claim = Claim {
        owner: user.id.0.unsigned_abs(),
        size: order.size,
        md5: order.md5.0,
    };
    let incoming = app.vault.receive(claim, order.resume).await?;
    Ok(Reception::Open(Box::new(Upload {
        incoming,
        draft,
        key,
        _place: place,
    })))
}

fn draft(app: &App, user: &User, order: &Order) -> Result<Draft, Fault> {
    let kind = order.kind.unwrap_or(match user.role {
        Role::Admin => Kind::Free,
        Role::User => Kind::Shared,
    });
    if kind != Kind::Shared {
        user.admin()
            .map_err(|_| Fault::NotAllowed("users upload kind=SHARED only"))?;
    }
    let priced = |price: Option<Money>, option, default| match (kind, price) {
        (Kind::Paid, price) => Ok(price.unwrap_or(default)),
        (_, None | Some(Money::ZERO)) => Ok(Money::ZERO),
        _ => Err(Fault::BadValue {
            option: Some(option),
            expected: "a price only with kind=PAID",
        }),
    };
    let defaults = &app.config.prices;
    let price = priced(order.price, "price", defaults.paid.0)?;
    // A member never pays more than others unless an admin says so.
    let member_price = priced(
        order.member_price,
        "member-price",
        defaults.member.0.min(price),
    )?;
    let name = order.name.clone().unwrap_or_else(|| UNTITLED.to_owned());
    Ok(Draft {
        name,
        author: user.id,
        kind,
        price,
        member_price,
    })
}

/// What the command said besides key and resume, in one form.
fn arguments(order: &Order) -> String {
    let Order {
        size,
        md5,
        name,
        kind,
        price,
        member_price,
        ..
    } = order;
    format!("{size} {md5} {name:?} {kind:?} {price:?} {member_price:?}")
}

async fn stored_before(app: &App, key: Option<Key>) -> Result<Option<TitleId>, Fault> {
    let Some(key) = key else { return Ok(None) };
    match app.db.read(move |tx| recall(tx, &key)).await? {
        None => Ok(None),
        Some(Ok(Outcome::Stored(id))) => Ok(Some(id)),
        Some(_) => Err(Fault::KeyReused),
    }
}

/// An upload that is complete and verified, but not yet in the library.
pub struct Verified {
    sealed: Sealed,
    draft: Draft,
    key: Option<Key>,
    _place: OwnedSemaphorePermit,
}

/// Checks the bytes of an upload that is full.
///
/// # Errors
/// [`Fault::Md5Mismatch`], which drops them; of the disk, which keeps them for a resume.
pub async fn verify(upload: Upload) -> Result<Verified, Fault> {
    let Upload {
        incoming,
        draft,
        key,
        _place,
    } = upload;
    Ok(Verified {
        sealed: incoming.finish().await?,
        draft,
        key,
        _place,
    })
}

/// Puts verified bytes into the vault and their title into the library: in this order, so that no
/// title is ever without its bytes.
///
/// # Errors
/// Content that is sold here, put on the shelf; of the disk or the database.
pub async fn store(app: &App, verified: Verified) -> Result<TitleId, Fault> {
    let Verified {
        sealed,
        draft,
        key,
        _place,
    } = verified;
    let (digest, md5, size) = (*sealed.digest(), Md5(sealed.md5()), sealed.size());
    // Asked while the bytes are still a part: with the database down they stay for a resume.
    let kind = draft.kind;
    app.db.read(move |tx| unsold(tx, kind, digest)).await?;
    sealed.store().await?;
    let now = app.clock.now();
    for _ in 0..TRIES {
        let (draft, key) = (draft.clone(), key.clone());
        let work = move |tx: &mut Tx<'_>| {
            once(tx, key.as_ref(), now, |tx| {
                enter(tx, &draft, digest, md5, size, now).map(Outcome::Stored)
            })
        };
        match app.db.write(work).await {
            Err(Fault::Raced) => {}
            Err(fault) => return Err(fault),
            Ok(Err(refusal)) => return Err(refusal),
            Ok(Ok(Outcome::Stored(id))) => return Ok(id),
            Ok(Ok(Outcome::Receipt(_))) => return Err(Fault::KeyReused),
        }
    }
    Err(Fault::Busy("too many uploads of the same content"))
}

/// What is sold here cannot be put on the shelf.
fn unsold(tx: &mut Tx<'_>, kind: Kind, digest: Digest) -> Result<(), Fault> {
    match Content::of(tx, *digest.as_bytes())? {
        Some(content) if kind == Kind::Shared && Content::is_sold(tx, content.id)? => Err(
            Fault::NotAllowed("this content is sold here: it cannot be put on the shelf"),
        ),
        _ => Ok(()),
    }
}

fn enter(
    tx: &mut Tx<'_>,
    draft: &Draft,
    digest: Digest,
    md5: Md5,
    size: u64,
    now: Time,
) -> Result<TitleId, Fault> {
    let sha256 = *digest.as_bytes();
    let content = match Content::of(tx, sha256)? {
        Some(content) => content.id,
        None => Content {
            id: 0,
            sha256,
            md5,
            size,
            stored_at: now,
        }
        .insert(tx)?,
    };
    let name = draft.name.clone();
    let title = Title {
        id: TitleId(0),
        folded: terms::fold(&name).chars().take(200).collect(),
        name,
        description: String::new(),
        author: draft.author,
        kind: draft.kind,
        price: draft.price,
        member_price: draft.member_price,
        content,
        size,
        fetched: 0,
        created_at: now,
        listed: true,
    };
    let id = TitleId(title.insert(tx)?);
    index(tx, id, &terms::of_title(&title.name))?;
    Ok(id)
}

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
    account: AccountId,
    title: TitleId,
    how: &'static str,
}

/// How a title is had, or why not.
enum Access {
    Granted(&'static str),
    Ad(Turn),
}

/// Whether a title may be fetched, and the bytes if so.
///
/// # Errors
/// No such title, to be paid first, a range outside the file, damaged bytes.
pub async fn fetch(
    app: &App,
    user: &User,
    id: TitleId,
    offset: u64,
    length: Option<u64>,
) -> Result<Dispatch, Fault> {
    let (who, now) = (user.clone(), app.clock.now());
    let (card, access) = app
        .db
        .read(move |tx| {
            let card =
                card(tx, who.id, id)?.filter(|c| c.title.listed || c.owned || who.is_admin());
            let card = card.ok_or(NO_TITLE)?;
            let access = access(tx, &who, &card, now)?;
            Ok::<_, Fault>((card, access))
        })
        .await?;
    let how = match access {
        Access::Granted(how) => how,
        Access::Ad(turn) => match begun(app, user, id, turn).await? {
            Turn::Wait(seconds) => {
                return Ok(Dispatch::Wait {
                    seconds,
                    ad: app.config.ads.text.clone(),
                });
            }
            Turn::Granted | Turn::Begin => "ad",
        },
    };
    let size = card.title.size;
    if offset > size || length == Some(0) {
        return Err(Fault::BadRange { size });
    }
    let stored = app.vault.stored(&Digest::from(card.sha256), size).await?;
    let range = stored.range(offset, length.unwrap_or(size));
    let length = range.length();
    let (account, title, md5) = (user.id, id, card.md5);
    Ok(Dispatch::Send(Box::new(Delivery {
        range,
        offset,
        length,
        size,
        md5,
        account,
        title,
        how,
    })))
}

fn access(
    tx: &mut Tx<'_>,
    user: &User,
    card: &sql::catalogue::Card,
    now: Time,
) -> Result<Access, Fault> {
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
    let standing = super::account::Standing::of(&account, now);
    if card.title.kind == Kind::Paid {
        return Err(Fault::NeedPay {
            price: price_for(&card.title, standing, user),
        });
    }
    if standing.is_member() {
        return Ok(Access::Granted("member"));
    }
    Ok(Access::Ad(pass::look(tx, &account, card.title.id, now)?))
}

/// Begins the wait where none runs.
async fn begun(app: &App, user: &User, title: TitleId, turn: Turn) -> Result<Turn, Fault> {
    if turn != Turn::Begin {
        return Ok(turn);
    }
    for _ in 0..TRIES {
        let (id, now, ads) = (user.id, app.clock.now(), app.config.ads.clone());
        match app
            .db
            .write(move |tx| pass::begin(tx, &ads, id, title, now))
            .await
        {
            Err(Fault::Raced) => {}
            other => return other,
        }
    }
    Err(Fault::Busy("too many at once on this account"))
}

/// Notes what of a delivery has arrived.
pub async fn delivered(app: &App, delivery: &Delivery) {
    let bytes = delivery.length - delivery.range.length();
    let (account, title, how) = (delivery.account, delivery.title, delivery.how);
    // Nothing arrived, and there was something: no download.
    if bytes == 0 && delivery.size > 0 {
        return;
    }
    let (at, size, offset) = (app.clock.now(), delivery.size, delivery.offset);
    app.recorder
        .note(Arrived {
            account,
            title,
            how,
            at,
            size,
            offset,
            bytes,
        })
        .await;
}
