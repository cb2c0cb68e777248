//! Uploads: who may, and what becomes of the bytes.

use protocol::value::{AccountId, Kind, Md5, Money, Role, Time, TitleId};
use sql::catalogue::{Content, Title, index};
use sql::{Tx, stats};
use vault::{Claim, Digest, Incoming, Sealed};

use super::places::Place;
use crate::app::App;
use crate::service::catalogue::care::tally;
use crate::service::once::{Key, Outcome, once, recall};
use crate::service::{Fault, User, terms};

/// The name of a title that was given none.
const UNTITLED: &str = "untitled";

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
    /// What the title is about.
    pub description: Option<String>,
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
    _place: Place,
}

/// A title to be.
#[derive(Clone, Debug)]
struct Draft {
    name: String,
    description: String,
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
    // Whoever asks again with the same key is told what was said, whatever has been changed since.
    let key = order.key.as_ref().map(|key| Key::new(user.id, "STOR", key, &arguments(&order)));
    if let Some(id) = stored_before(app, key.clone()).await? {
        return Ok(Reception::Stored(id));
    }
    let draft = draft(app, user, &order)?;
    let most = app.config.limits.upload_bytes;
    if order.size > most {
        return Err(Fault::Limit { max: most.to_string(), what: "the bytes of an upload" });
    }
    let place = app.uploads.take(user.id)?;
    let claim = Claim { owner: user.id.0.unsigned_abs(), size: order.size, md5: order.md5.0 };
    let incoming = app.vault.receive(claim, order.resume).await?;
    Ok(Reception::Open(Box::new(Upload { incoming, draft, key, _place: place })))
}

fn draft(app: &App, user: &User, order: &Order) -> Result<Draft, Fault> {
    let kind = order.kind.unwrap_or(match user.role {
        Role::Admin => Kind::Free,
        Role::User => Kind::Shared,
    });
    if kind != Kind::Shared {
        user.admin().map_err(|_| Fault::NotAllowed("users upload kind=SHARED only"))?;
    }
    let priced = |price: Option<Money>, option, default| match (kind, price) {
        (Kind::Paid, price) => Ok(price.unwrap_or(default)),
        (_, None | Some(Money::ZERO)) => Ok(Money::ZERO),
        _ => Err(Fault::BadValue { option: Some(option), expected: "a price only with kind=PAID" }),
    };
    let defaults = &app.config.prices;
    let price = priced(order.price, "price", defaults.paid.0)?;
    // A member never pays more than others unless an admin says so.
    let member_price = priced(order.member_price, "member-price", defaults.member.0.min(price))?;
    let name = order.name.clone().unwrap_or_else(|| UNTITLED.to_owned());
    let description = order.description.clone().unwrap_or_default();
    Ok(Draft { name, description, author: user.id, kind, price, member_price })
}

/// What the command said besides key and resume, in one form.
fn arguments(order: &Order) -> String {
    let Order { size, md5, name, kind, price, member_price, description, .. } = order;
    format!("{size} {md5} {name:?} {kind:?} {price:?} {member_price:?} {description:?}")
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
    _place: Place,
}

/// Checks the bytes of an upload that is full.
///
/// # Errors
/// [`Fault::Md5Mismatch`], which drops them; of the disk, which keeps them for a resume.
pub async fn verify(upload: Upload) -> Result<Verified, Fault> {
    let Upload { incoming, draft, key, _place } = upload;
    Ok(Verified { sealed: incoming.finish().await?, draft, key, _place })
}

/// Puts verified bytes into the vault and their title into the library: in this order, so that no
/// title is ever without its bytes.
///
/// # Errors
/// Content that is sold here, put on the shelf; of the disk or the database.
pub async fn store(app: &App, verified: Verified) -> Result<TitleId, Fault> {
    let Verified { sealed, draft, key, _place } = verified;
    let (digest, md5, size) = (*sealed.digest(), Md5(sealed.md5()), sealed.size());
    // Asked while the bytes are still a part: with the database down they stay for a resume.
    let kind = draft.kind;
    app.db.read(move |tx| unsold(tx, kind, digest)).await?;
    sealed.store().await?;
    let now = app.clock.now();
    let rule = move |tx: &mut Tx<'_>| enter(tx, &draft, digest, md5, size, now).map(Outcome::Stored);
    match once(app, key, now, rule).await? {
        Outcome::Stored(id) => Ok(id),
        _ => Err(Fault::KeyReused),
    }
}

/// What is sold here cannot be put on the shelf.
fn unsold(tx: &mut Tx<'_>, kind: Kind, digest: Digest) -> Result<(), Fault> {
    match Content::of(tx, *digest.as_bytes())? {
        Some(content) if kind == Kind::Shared && Title::is_sold(tx, content.id)? => {
            Err(Fault::NotAllowed("this content is sold here: it cannot be put on the shelf"))
        }
        _ => Ok(()),
    }
}

fn enter(
    tx: &mut Tx<'_>, draft: &Draft, digest: Digest, md5: Md5, size: u64, now: Time,
) -> Result<TitleId, Fault> {
    let sha256 = *digest.as_bytes();
    // Held, so that of two titles of one content the second sees the first.
    Content::hold(tx, sha256)?;
    unsold(tx, draft.kind, digest)?;
    let content = match Content::of(tx, sha256)? {
        Some(content) => content.id,
        None => {
            stats::count(tx, "bytes", i64::try_from(size).unwrap_or(i64::MAX), now)?;
            Content { id: 0, sha256, md5, size, stored_at: now }.insert(tx)?
        }
    };
    let name = draft.name.clone();
    let title = Title {
        id: TitleId(0),
        folded: terms::for_sorting(&name),
        name,
        description: draft.description.clone(),
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
    // Counted first: who waits here for another does not meet it in the index.
    stats::count(tx, tally(draft.kind), 1, now)?;
    index(tx, id, &terms::of_title(&title.name))?;
    Ok(id)
}
