//! The file shelf: how much of it one may fill.

use protocol::value::{Kind, UserName};
use sql::Tx;
use sql::shelf::{self, Quota};

use super::account::care::called;
use super::{Admin, Fault, User, audit};
use crate::app::App;
use crate::config::Shelf;

/// A share of the shelf: titles and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Titles.
    pub titles: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// How much of the shelf somebody fills, and may fill.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// What is there.
    pub used: Share,
    /// What may be.
    pub most: Share,
}

impl Room {
    /// Whether one more title of `bytes` fits beside what is under way.
    ///
    /// # Errors
    /// [`Fault::Quota`].
    pub fn takes(&self, bytes: u64, under_way: Share) -> Result<(), Fault> {
        let titles = self.used.titles + under_way.titles + 1;
        let bytes = self.used.bytes.saturating_add(under_way.bytes).saturating_add(bytes);
        match (titles > self.most.titles, bytes > self.most.bytes) {
            (true, _) => Err(Fault::Quota { what: "titles", max: self.most.titles, used: self.used.titles }),
            (_, true) => Err(Fault::Quota { what: "bytes", max: self.most.bytes, used: self.used.bytes }),
            _ => Ok(()),
        }
    }
}

/// How much of the shelf an account fills, and may fill, inside a transaction.
///
/// # Errors
/// Of the database.
pub fn room(tx: &mut Tx<'_>, club: &Shelf, account: protocol::value::AccountId) -> Result<Room, Fault> {
    let own = Quota::of(tx, account)?;
    let of = |own: Option<i64>, club| own.and_then(|most| u64::try_from(most).ok()).unwrap_or(club);
    let most = Share {
        titles: of(own.as_ref().map(|own| own.titles), club.titles),
        bytes: of(own.as_ref().map(|own| own.bytes), club.bytes),
    };
    let (titles, bytes) = shelf::used(tx, account)?;
    Ok(Room { used: Share { titles, bytes }, most })
}

/// A dot, and what only looks like another one: of small form, of full width, one of a leader.
const DOTS: [char; 4] = ['.', '\u{FE52}', '\u{FF0E}', '\u{2024}'];

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a title may stand on the shelf under this name.
///
/// # Errors
/// [`Fault::BadValue`] for a hidden one.
pub fn shown(kind: Kind, name: &str) -> Result<(), Fault> {
    if kind == Kind::Shared && name.trim_start_matches(is_blank).starts_with(DOTS) {
        return Err(Fault::BadValue {
            option: Some("title"),
            expected: "a name that does not begin with a dot",
        });
    }
    Ok(())
}

/// How much of the shelf an account fills, and may fill: one's own, or for admins anybody's.
///
/// # Errors
/// [`Fault::NotFound`], [`Fault::NotAllowed`].
pub async fn quota(app: &App, user: &User, name: Option<UserName>) -> Result<(String, Room), Fault> {
    if name.is_some() {
        user.admin()?;
    }
    let (user, club) = (user.clone(), app.config().shelf.clone());
    app.db
        .read(move |tx| {
            let (id, name) = match &name {
                None => (user.id, user.name.clone()),
                Some(name) => called(tx, name).map(|account| (account.id, account.name))?,
            };
            Ok((name, room(tx, &club, id)?))
        })
        .await
}

/// Gives an account a quota of its own; what is not named stays as it was.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn set_quota(
    app: &App, admin: Admin<'_>, name: UserName, bytes: Option<u64>, titles: Option<u64>,
) -> Result<(String, Room), Fault> {
    let (admin, now, club) = (admin.0.clone(), app.clock.now(), app.config().shelf.clone());
    app.db
        .write(move |tx| {
            let account = called(tx, &name)?;
            shelf::hold(tx, account.id)?;
            let old = Quota::of(tx, account.id)?;
            let of = |new: Option<u64>, old: Option<i64>| match new {
                Some(new) => i64::try_from(new).unwrap_or(i64::MAX),
                None => old.unwrap_or(-1),
            };
            let bytes = of(bytes, old.as_ref().map(|old| old.bytes));
            let titles = of(titles, old.as_ref().map(|old| old.titles));
            Quota { account: account.id, bytes, titles }.put(tx)?;
            audit::note(tx, &admin, "quota", account.name.clone(), now)?;
            Ok((account.name, room(tx, &club, account.id)?))
        })
        .await
}
