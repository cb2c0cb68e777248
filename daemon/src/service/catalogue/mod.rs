//! The library: lists, searches, single titles.

pub mod care;

use protocol::value::{Kind, Listing, Sort, TitleId};
use sql::Value;
pub use sql::catalogue::Card;
use sql::catalogue::{Place, card, list as list_page, search as search_page};
use sql::transfer::Pass;

use super::wallet::NO_TITLE;
use super::{Fault, Page, Paging, User, terms};
use crate::app::App;

/// Most terms that one search may have: each is one more table in the join of its blocks.
const MOST_TERMS: usize = 16;

/// A page of titles.
///
/// # Errors
/// An `after` of another list.
pub async fn list(
    app: &App, user: &User, which: Listing, sort: Sort, paging: Paging,
) -> Result<Page<Card>, Fault> {
    if which == Listing::Deleted {
        user.admin()?;
    }
    let after = paging.after.as_deref().map(|after| place(sort, after)).transpose()?;
    let (account, limit) = (user.id, paging.limit);
    let rows = app.db.read(move |tx| list_page(tx, account, which, sort, after.as_ref(), limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |card| next(sort, card)))
}

/// A page of the titles whose names have all the words.
///
/// # Errors
/// No word at all, or too many.
pub async fn search(app: &App, user: &User, text: &str, paging: Paging) -> Result<Page<Card>, Fault> {
    let terms = terms::of_question(text);
    if terms.is_empty() {
        return Err(Fault::BadValue { option: None, expected: "a word with letters or digits" });
    }
    if terms.len() > MOST_TERMS {
        return Err(Fault::Limit {
            max: MOST_TERMS.to_string(),
            what: "the words (or Chinese characters) searched for",
        });
    }
    let (account, limit, after) = (user.id, paging.limit, paging.number(0)?);
    let rows = app.db.read(move |tx| search_page(tx, account, &terms, after, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |card| card.title.id.to_string()))
}

/// One title, and whether who asks may fetch it without waiting or paying.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn info(app: &App, user: &User, id: TitleId) -> Result<(Card, bool), Fault> {
    let (user, now) = (user.clone(), app.clock.now());
    app.db
        .read(move |tx| {
            let card = card(tx, user.id, id)?.filter(|card| is_there(card, &user));
            let card = card.ok_or(NO_TITLE)?;
            let granted = match card.title.kind {
                _ if card.purged => false,
                _ if card.owned || user.is_admin() => true,
                Kind::Shared => true,
                Kind::Paid => false,
                Kind::Free => {
                    let member = super::wallet::standing(tx, user.id, now)?.is_member();
                    let pass = Pass::of(tx, user.id, id)?;
                    member || pass.is_some_and(|p| p.starts_at <= now && now < p.ends_at)
                }
            };
            Ok((card, granted))
        })
        .await
}

/// Whether a title is there for who asks: to users what is listed, and what they bought and can still be had.
pub fn is_there(card: &Card, user: &User) -> bool {
    card.title.listed || (card.owned && !card.purged) || user.is_admin()
}

/// The bytes of a title were removed for good: nobody can fetch it or bring it back.
pub const PURGED: Fault = Fault::NotFound("its bytes were removed for good; upload it anew");

/// What the next page begins behind, in one word.
fn next(sort: Sort, card: &Card) -> String {
    let title = &card.title;
    match sort {
        Sort::Id | Sort::New => title.id.to_string(),
        Sort::Name => format!("{}:{}", title.id, title.folded),
        Sort::Size => format!("{}:{}", title.id, title.size),
        Sort::Popular => format!("{}:{}", title.id, title.fetched),
    }
}

fn place(sort: Sort, after: &str) -> Result<Place, Fault> {
    let (id, value) = match after.split_once(':') {
        Some((id, value)) => (id, Some(value)),
        None => (after, None),
    };
    let id = id.parse().map_err(|_| Fault::BadAfter)?;
    let value = match (sort, value) {
        (Sort::Id | Sort::New, None) => None,
        (Sort::Name, Some(text)) => Some(Value::from(text)),
        (Sort::Size | Sort::Popular, Some(text)) => {
            Some(Value::Int(text.parse().map_err(|_| Fault::BadAfter)?))
        }
        _ => return Err(Fault::BadAfter),
    };
    Ok(Place { value, id })
}
