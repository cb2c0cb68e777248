//! Uploads: who may, and what becomes of the bytes.

use std::collections::HashSet;
use std::sync::Arc;

use protocol::value::{AccountId, Kind, Md5, Money, Role, Sha256, Time, TitleId};
use sql::catalogue::{Content, Title, index};
use sql::{Tx, check, removal, stats};
use vault::{Claim, Digest, Incoming, Keep, Sealed, Storing};

use super::pace::{Pace, Way};
use super::places::{Bounds, Place};
use super::proof::{self, Proof};
use crate::app::App;
use crate::config::Shelf;
use crate::guard::planted;
use crate::service::catalogue::care::{clear_shelf, tally};
use crate::service::once::{Key, Outcome, once, recall};
use crate::service::shelf::{self, Room, Share};
use crate::service::{Fault, User, terms};

/// The name of a title that was given none.
const UNTITLED: &str = "untitled";

/// Contents that are asked for in one statement.
const AT_ONCE: usize = 100;

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
    /// What the client says is the SHA-256.
    pub sha256: Option<Sha256>,
    /// Whether a proof may be asked for in place of the bytes.
    pub prove: bool,
    /// Go on where it broke off.
    pub resume: bool,
    /// So that asking again has no second effect.
    pub key: Option<String>,
}

/// What STOR comes to.
pub enum Reception {
    /// The bytes are awaited.
    Open(Box<Upload>),
    /// The content is known here: a proof is awaited.
    Known(Box<Proof>),
    /// It was stored before, with the same key.
    Stored(TitleId),
}

/// An upload under way. The door fills `incoming` and hands it back.
pub struct Upload {
    /// Where the bytes go.
    pub incoming: Incoming,
    /// How fast they may come.
    pub pace: Pace,
    sha256: Option<Sha256>,
    draft: Draft,
    key: Option<Key>,
    _place: Place,
}

/// A title to be.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    name: String,
    description: String,
    author: AccountId,
    kind: Kind,
    price: Money,
    member_price: Money,
    /// The club's rule, for who has no more than a share of the shelf.
    ration: Option<Shelf>,
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
    let most = app.config().limits.upload_bytes;
    if order.size > most {
        return Err(Fault::Limit { max: most.to_string(), what: "the bytes of an upload" });
    }
    let room = shelf_room(app, &draft).await?;
    if let Some(room) = &room {
        room.takes(order.size, app.uploads.shelved(user.id))?;
    }
    if let Some(proof) = proof::offer(app, user, &order, &draft, key.clone()).await? {
        return Ok(Reception::Known(Box::new(proof)));
    }
    let bounds = Bounds::uploads(&app.config().limits);
    let place = match room {
        Some(room) => app.uploads.take_on_shelf(user.id, bounds, order.size, &room)?,
        None => app.uploads.take(user.id, bounds)?,
    };
    let claim = Claim { owner: user.id.0.unsigned_abs(), size: order.size, md5: order.md5.0 };
    let limits = &app.config().limits;
    let keep = Keep { bytes: limits.disk_free_bytes, percent: limits.disk_free_percent };
    let incoming = app.vault.receive(claim, order.resume, keep).await?;
    let pace = app.paces.of(app, user.id, Way::Up);
    Ok(Reception::Open(Box::new(Upload { incoming, pace, sha256: order.sha256, draft, key, _place: place })))
}

/// How much of the shelf is left to the author, where that is bounded.
async fn shelf_room(app: &App, draft: &Draft) -> Result<Option<Room>, Fault> {
    let Some(club) = draft.ration.clone() else { return Ok(None) };
    let author = draft.author;
    app.db.read(move |tx| shelf::room(tx, &club, author)).await.map(Some)
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
    let config = app.config();
    let defaults = &config.prices;
    let price = priced(order.price, "price", defaults.paid.0)?;
    // A member never pays more than others unless an admin says so.
    let member_price = priced(order.member_price, "member-price", defaults.member.0.min(price))?;
    let name = order.name.clone().unwrap_or_else(|| UNTITLED.to_owned());
    let description = order.description.clone().unwrap_or_default();
    shelf::shown(kind, &name)?;
    let ration = (kind == Kind::Shared && !user.is_admin()).then(|| app.config().shelf.clone());
    Ok(Draft { name, description, author: user.id, kind, price, member_price, ration })
}

/// What the command said besides key and resume, in one form.
fn arguments(order: &Order) -> String {
    let Order { size, md5, name, kind, price, member_price, description, .. } = order;
    let mut all = format!("{size} {md5} {name:?} {kind:?} {price:?} {member_price:?} {description:?}");
    // Of two files with one MD5 the other was not stored by this key.
    if let Some(sha256) = &order.sha256 {
        all.push_str(&format!(" {sha256}"));
    }
    all
}

async fn stored_before(app: &App, key: Option<Key>) -> Result<Option<TitleId>, Fault> {
    let Some(key) = key else { return Ok(None) };
    match app.db.read(move |tx| recall(tx, &key)).await? {
        None => Ok(None),
        Some(Ok(Outcome::Stored(id))) => Ok(Some(id)),
        Some(_) => Err(Fault::KeyReused),
    }
}

/// Bytes that are complete and verified, but whose title is not yet in the library.
pub struct Verified {
    pub(super) source: Source,
    pub(super) draft: Draft,
    pub(super) key: Option<Key>,
    pub(super) _place: Place,
}

/// Where verified bytes are.
pub(super) enum Source {
    /// They were sent, and lie beside the vault.
    Sent(Sealed),
    /// They are in the vault, and were proven.
    Known(Content),
}

/// Checks the bytes of an upload that is full.
///
/// # Errors
/// [`Fault::Md5Mismatch`], [`Fault::Sha256Mismatch`], which drop them; of the disk, which keeps them for a resume.
pub async fn verify(upload: Upload) -> Result<Verified, Fault> {
    let Upload { incoming, sha256, draft, key, _place, .. } = upload;
    let sealed = incoming.finish().await?;
    if sha256.is_some_and(|named| named.0 != *sealed.digest().as_bytes()) {
        sealed.discard().await?;
        return Err(Fault::Sha256Mismatch);
    }
    Ok(Verified { source: Source::Sent(sealed), draft, key, _place })
}

/// Puts verified bytes into the vault and their title into the library: in this order, so that no
/// title is ever without its bytes.
///
/// # Errors
/// Content that is sold here, put on the shelf; of the disk or the database.
pub async fn store(app: &App, user: &User, verified: Verified) -> Result<TitleId, Fault> {
    let Verified { source, draft, key, _place } = verified;
    let now = app.clock.now();
    let ((content, storing), proven) = match source {
        Source::Sent(sealed) => (keep(app, draft.kind, sealed).await?, false),
        Source::Known(content) => (reuse(app, content).await?, true),
    };
    let user = user.clone();
    let storing = Arc::new(storing);
    let held = storing.clone();
    let rule = move |tx: &mut Tx<'_>| {
        // Held by the rule itself, which runs to its end even if its caller has gone: until the database
        // knows of the bytes, no operator's purge or repair may take them away.
        let _storing = &held;
        planted("store", &draft.name);
        // Held, so that of two titles of one content the second sees the first.
        Content::hold(tx, content.sha256)?;
        if proven && !proof::may_have(tx, &user, content.id)? {
            return Err(proof::GONE);
        }
        let title = enter(tx, &draft, &content, now)?;
        if draft.kind == Kind::Paid {
            clear_shelf(tx, &user, title.content, now)?;
        }
        Ok(Outcome::Stored(title.id))
    };
    match once(app, key, now, rule).await {
        Ok(outcome) => {
            if let Err(error) = storing.known() {
                log::warn!("the note of an upload stays: {error:?}");
            }
            match outcome {
                Outcome::Stored(id) => Ok(id),
                _ => Err(Fault::KeyReused),
            }
        }
        Err(fault) => {
            app.cut_off.notify_one();
            Err(fault)
        }
    }
}

/// Takes uploads back that were cut off between the vault and the library, by the end of the process or of the
/// database: they are broken uploads again, of which nothing has to be sent anew.
///
/// # Errors
/// Of the disk or the database; the next time goes on.
pub async fn take_back(app: &App) -> Result<(), Fault> {
    // Nobody can store while it is done, so it is not begun on a database that is away.
    app.db.read(|_| Ok::<_, Fault>(())).await?;
    let Some(cut_off) = app.vault.cut_off().await? else { return Ok(()) };
    let digests: Vec<[u8; 32]> = cut_off.digests().iter().map(|digest| *digest.as_bytes()).collect();
    let mut known = HashSet::new();
    for some in digests.chunks(AT_ONCE) {
        let some = some.to_vec();
        let usages = app.db.read(move |tx| check::contents_of(tx, &some)).await.map_err(Fault::from)?;
        known.extend(usages.into_iter().filter(|usage| usage.kept).map(|usage| usage.sha256));
    }
    let back = cut_off.take_back(move |digest| known.contains(digest.as_bytes())).await?;
    if back > 0 {
        log::info!("took back {back} uploads that were cut off at their last step; they can be resumed");
    }
    Ok(())
}

/// Moves what was sent into the vault.
async fn keep(app: &App, kind: Kind, sealed: Sealed) -> Result<(Content, Storing), Fault> {
    let sha256 = *sealed.digest().as_bytes();
    let (md5, size, stored_at) = (Md5(sealed.md5()), sealed.size(), app.clock.now());
    // Asked while the bytes are still a part: with the database down they stay for a resume.
    app.db.read(move |tx| unsold(tx, kind, sha256)).await?;
    let (_, storing) = sealed.store().await?;
    Ok((Content { id: 0, sha256, md5, size, stored_at }, storing))
}

/// Sees to it that what was proven is in the vault, and stays there.
async fn reuse(app: &App, content: Content) -> Result<(Content, Storing), Fault> {
    match app.vault.reuse(&Digest::from(content.sha256), content.size).await {
        Ok((_, storing)) => Ok((content, storing)),
        Err(vault::Error::Missing) => Err(proof::GONE),
        Err(other) => Err(other.into()),
    }
}

/// What is sold here cannot be put on the shelf.
fn unsold(tx: &mut Tx<'_>, kind: Kind, sha256: [u8; 32]) -> Result<(), Fault> {
    match Content::of(tx, sha256)? {
        Some(content) if kind == Kind::Shared && Title::is_sold(tx, content.id)? => {
            Err(Fault::NotAllowed("this content is sold here: it cannot be put on the shelf"))
        }
        _ => Ok(()),
    }
}

fn count_bytes(tx: &mut Tx<'_>, size: u64, now: Time) -> Result<(), Fault> {
    Ok(stats::count(tx, "bytes", i64::try_from(size).unwrap_or(i64::MAX), now)?)
}

fn enter(tx: &mut Tx<'_>, draft: &Draft, content: &Content, now: Time) -> Result<Title, Fault> {
    let (sha256, size) = (content.sha256, content.size);
    unsold(tx, draft.kind, sha256)?;
    if let Some(club) = &draft.ration {
        // Looked at again where nobody else can come between: the share holds under uploads side by side.
        sql::shelf::hold(tx, draft.author)?;
        shelf::room(tx, club, draft.author)?.takes(size, Share::default())?;
    }
    let content = match Content::of(tx, sha256)? {
        Some(known) => {
            // All its titles were purged: the bytes are here anew.
            if !removal::is_kept(tx, known.id)? {
                count_bytes(tx, size, now)?;
            }
            known.id
        }
        None => {
            count_bytes(tx, size, now)?;
            content.insert(tx)?
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
    Ok(Title { id, ..title })
}
