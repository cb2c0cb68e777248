//! What admins do to titles: changed, deleted, brought back.

use protocol::value::{Kind, Money, Time, TitleId};
use sql::catalogue::{Content, Title, index, unindex};
use sql::removal::Removal;
use sql::{Tx, stats};

use super::PURGED;
use crate::app::App;
use crate::service::wallet::NO_TITLE;
use crate::service::{Admin, Fault, User, audit, shelf, terms};

/// What EDIT changes; nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The name.
    pub name: Option<String>,
    /// The kind.
    pub kind: Option<Kind>,
    /// The price, of a paid title.
    pub price: Option<Money>,
    /// The price for members, of a paid title.
    pub member_price: Option<Money>,
    /// The description.
    pub description: Option<String>,
}

/// Changes a title.
///
/// # Errors
/// No such title, a price for what is not sold, sold content put on the shelf.
pub async fn edit(app: &App, admin: Admin<'_>, id: TitleId, changes: Changes) -> Result<(), Fault> {
    let (admin, now, prices) = (admin.0.clone(), app.clock.now(), app.config().prices.clone());
    app.db
        .write(move |tx| {
            let old = held(tx, id)?;
            let mut new = changed(&old, changes.clone());
            if new.kind == Kind::Paid {
                // A title that comes to be sold costs what titles cost here.
                if old.kind != Kind::Paid {
                    new.price = changes.price.unwrap_or(prices.paid.0);
                    new.member_price = changes.member_price.unwrap_or(prices.member.0.min(new.price));
                }
                // A member never pays more than others unless an admin says so.
                if changes.member_price.is_none() {
                    new.member_price = new.member_price.min(new.price);
                }
            } else {
                if changes.price.or(changes.member_price).is_some_and(|price| price != Money::ZERO) {
                    return Err(Fault::BadValue {
                        option: Some("price"),
                        expected: "a price only with kind=PAID",
                    });
                }
                (new.price, new.member_price) = (Money::ZERO, Money::ZERO);
            }
            if new.kind == Kind::Shared
                && old.kind != Kind::Shared
                && Title::sold_besides(tx, new.content, id)?
            {
                return Err(Fault::NotAllowed("this content is sold here: it cannot be put on the shelf"));
            }
            shelf::shown(new.kind, &new.name)?;
            if new.listed && new.name != old.name {
                unindex(tx, id, &terms::of_title(&old.name))?;
                index(tx, id, &terms::of_title(&new.name))?;
            }
            if new.listed && new.kind != old.kind {
                stats::count(tx, tally(old.kind), -1, now)?;
                stats::count(tx, tally(new.kind), 1, now)?;
            }
            new.edit(tx)?;
            if new.listed && new.kind == Kind::Paid {
                clear_shelf(tx, &admin, new.content, now)?;
            }
            audit::note(tx, &admin, "edit", id.to_string(), now)
        })
        .await
}

fn changed(old: &Title, changes: Changes) -> Title {
    let name = changes.name.unwrap_or_else(|| old.name.clone());
    Title {
        folded: terms::for_sorting(&name),
        name,
        kind: changes.kind.unwrap_or(old.kind),
        price: changes.price.unwrap_or(old.price),
        member_price: changes.member_price.unwrap_or(old.member_price),
        description: changes.description.unwrap_or_else(|| old.description.clone()),
        ..old.clone()
    }
}

/// Under which name the titles of a kind are counted.
pub fn tally(kind: Kind) -> &'static str {
    match kind {
        Kind::Free => "free",
        Kind::Paid => "paid",
        Kind::Shared => "shared",
    }
}

/// Deletes a title, softly. Deleting again changes nothing.
///
/// # Errors
/// No such title; not an admin's, and not one's own on the shelf.
pub async fn remove(app: &App, user: &User, id: TitleId) -> Result<(), Fault> {
    let (user, now) = (user.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let title =
                Title::hold(tx, id)?.filter(|title| title.listed || user.is_admin()).ok_or(NO_TITLE)?;
            let own = title.author == user.id && title.kind == Kind::Shared;
            if !(own || user.is_admin()) {
                return Err(Fault::NotAllowed("users delete their own titles on the shelf only"));
            }
            relist(tx, &user, &title, false, now)
        })
        .await
}

/// Brings a deleted title back. Doing so again changes nothing.
///
/// # Errors
/// No such title, or its bytes are gone.
pub async fn restore(app: &App, admin: Admin<'_>, id: TitleId) -> Result<(), Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let title = held(tx, id)?;
            if title.kind == Kind::Shared && Title::sold_besides(tx, title.content, id)? {
                return Err(Fault::NotAllowed("this content is sold here: it cannot be put on the shelf"));
            }
            relist(tx, &admin, &title, true, now)?;
            if title.kind == Kind::Paid {
                clear_shelf(tx, &admin, title.content, now)?;
            }
            Ok(())
        })
        .await
}

/// A title, which stays as it is until the transaction ends, and so does what else has its content.
fn held(tx: &mut Tx<'_>, id: TitleId) -> Result<Title, Fault> {
    // In the order of an upload: the content first.
    let content = Title::get(tx, id)?.ok_or(NO_TITLE)?.content;
    Content::hold_id(tx, content)?;
    Title::hold(tx, id)?.ok_or(NO_TITLE)
}

/// What comes to be sold leaves the shelf. The caller holds the content.
///
/// # Errors
/// Of the database.
pub fn clear_shelf(tx: &mut Tx<'_>, admin: &User, content: i64, now: Time) -> Result<(), Fault> {
    Title::shelved(tx, content)?.iter().try_for_each(|title| relist(tx, admin, title, false, now))
}

fn relist(tx: &mut Tx<'_>, user: &User, title: &Title, listed: bool, now: Time) -> Result<(), Fault> {
    if Title::set_listed(tx, title.id, listed)? == 0 {
        return Ok(());
    }
    // Looked at with the row in hand, so that no purge comes in between.
    if Removal::of(tx, title.id)?.is_some_and(|removal| removal.purged_at.is_some()) {
        return Err(PURGED);
    }
    match listed {
        true => Removal::clear(tx, title.id).map(|_| ())?,
        false => Removal { title: title.id, at: now, purged_at: None }.put(tx)?,
    }
    stats::count(tx, tally(title.kind), if listed { 1 } else { -1 }, now)?;
    let terms = terms::of_title(&title.name);
    if listed {
        index(tx, title.id, &terms)?
    } else {
        unindex(tx, title.id, &terms)?
    }
    if user.is_admin() {
        audit::note(tx, user, if listed { "undelete" } else { "delete" }, title.id.to_string(), now)?;
    }
    Ok(())
}
