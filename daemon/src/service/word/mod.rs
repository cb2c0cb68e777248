//! The dictionaries: what a word means, which words there are, and who looked what up.

pub mod dictd;
pub mod import;
mod near;
pub mod plain;
pub mod read;

use std::time::Duration;

use sql::word::{Found, Lookup, Word};

use super::{Fault, Page, Paging, User, terms};
use crate::app::App;

/// Longest word in characters, as it is written and as it is found: the columns hold no more.
pub const LONGEST: usize = 255;

/// Characters of a meaning that a list of words shows.
const GLANCE: usize = 200;

/// How long an answer waits for its look-up to be kept: an import may hold the database for longer.
const KEEPING: Duration = Duration::from_secs(1);

/// An entry of a dictionary, or a piece of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// As the dictionary writes it.
    pub word: String,
    /// What it means.
    pub text: String,
    /// The name of the dictionary.
    pub dictionary: String,
    /// 0 for an entry in one piece; the pieces of a longer one count from 1.
    pub part: u32,
}

impl From<Found> for Meaning {
    fn from(Found { word, dictionary }: Found) -> Self {
        Meaning { word: word.word, text: word.text, dictionary, part: word.part }
    }
}

/// What makes two words the same: NFKC and case fold, no space around, one blank for any space inside.
pub fn fold(word: &str) -> String {
    tidy(&terms::fold(word))
}

/// A word without space around it, and with one blank for any space inside.
fn tidy(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The entries of a word over all dictionaries. The look-up is kept, whatever comes of it.
///
/// # Errors
/// [`Fault::NoWord`] where there is none, [`Fault::BadValue`] for what can be no word.
pub async fn define(app: &App, user: &User, word: &str, paging: Paging) -> Result<Page<Meaning>, Fault> {
    let folded = sought(word)?;
    let (place, limit, first) = (entry_place(paging.after.as_deref())?, paging.limit, paging.after.is_none());
    let found = app.db.read(move |tx| {
        let rows = Word::entries(tx, &folded, place, limit + 1)?;
        match rows.is_empty() && first {
            true => Err(Fault::NoWord { near: near::words(tx, &folded)? }),
            false => Ok(rows),
        }
    });
    // A further page is no further look-up.
    let rows = match first {
        true => tokio::join!(found, keep(app, user, tidy(word))).0?,
        false => found.await?,
    };
    let place = |found: &Found| format!("{}.{}", found.word.dictionary, found.word.id);
    Ok(meanings(Page::cut(rows, limit, place)))
}

/// The words that begin so, each once a dictionary, with the beginning of what they mean.
///
/// # Errors
/// [`Fault::NoWord`] where there is none, [`Fault::BadValue`] for what can begin no word.
pub async fn beginning(app: &App, prefix: &str, paging: Paging) -> Result<Page<Meaning>, Fault> {
    let folded = sought(prefix)?;
    let (after, limit) = (word_place(paging.after.as_deref())?, paging.limit);
    let rows = app.db.read(move |tx| {
        let mut rows = Word::beginning(tx, &folded, after.as_ref(), GLANCE as u32 + 1, limit + 1)?;
        if rows.is_empty() && after.is_none() {
            return Err(Fault::NoWord { near: near::words(tx, &folded)? });
        }
        rows.iter_mut().for_each(glance);
        Ok(rows)
    });
    let place = |found: &Found| format!("{}:{}", found.word.dictionary, found.word.folded);
    Ok(meanings(Page::cut(rows.await?, limit, place)))
}

/// What somebody looked up, the newest first.
///
/// # Errors
/// Of the database.
pub async fn lookups(app: &App, user: &User, paging: Paging) -> Result<Page<Lookup>, Fault> {
    let (account, before, limit) = (user.id, paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Lookup::page(tx, account, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |lookup| lookup.id.to_string()))
}

/// How often a look-up waits for a busy database: each time as long as the database has patience.
const TRIES: usize = 12;

/// Keeps a look-up. The answer does not wait long for it and does not fail with it.
async fn keep(app: &App, user: &User, word: String) {
    let (db, account, at) = (app.db.clone(), user.id, app.clock.now());
    let kept = tokio::spawn(async move {
        let lookup = Lookup { id: 0, account, word, at };
        for _ in 0..TRIES {
            let lookup = lookup.clone();
            match db.write(move |tx| lookup.insert(tx)).await {
                // An import has the writer to itself for a while.
                Err(sql::Error::Busy(_)) => {}
                Err(error) => return log::warn!("account={account} a look-up could not be kept: {error}"),
                Ok(_) => return,
            }
        }
        log::warn!("account={account} a look-up could not be kept: the database is busy");
    });
    // Left alone it goes on by itself.
    let _ = tokio::time::timeout(KEEPING, kept).await;
}

fn sought(word: &str) -> Result<String, Fault> {
    let folded = fold(word);
    let fits = |text: &str| (1..=LONGEST).contains(&text.chars().count());
    if fits(&folded) && fits(&tidy(word)) {
        return Ok(folded);
    }
    Err(Fault::BadValue { option: None, expected: "a word or phrase of 1 to 255 characters" })
}

/// Cuts a text to what a list shows; one character more was read.
fn glance(found: &mut Found) {
    let text = &mut found.word.text;
    if let Some((cut, _)) = text.char_indices().nth(GLANCE) {
        text.truncate(cut);
        text.push('…');
    }
    found.word.part = 0;
}

fn meanings(page: Page<Found>) -> Page<Meaning> {
    Page { rows: page.rows.into_iter().map(Meaning::from).collect(), next: page.next }
}

/// Behind which row of which dictionary a page of entries begins.
fn entry_place(after: Option<&str>) -> Result<(i64, i64), Fault> {
    let Some(after) = after else { return Ok((0, 0)) };
    let (dictionary, id) = after.split_once('.').ok_or(Fault::BadAfter)?;
    let number = |text: &str| text.parse::<i64>().map_err(|_| Fault::BadAfter);
    Ok((number(dictionary)?, number(id)?))
}

/// Behind which word of which dictionary a page of words begins.
fn word_place(after: Option<&str>) -> Result<Option<(String, i64)>, Fault> {
    let Some(after) = after else { return Ok(None) };
    let (dictionary, folded) = after.split_once(':').ok_or(Fault::BadAfter)?;
    let dictionary = dictionary.parse().map_err(|_| Fault::BadAfter)?;
    Ok(Some((folded.to_owned(), dictionary)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_form_and_space_make_no_other_word() {
        assert_eq!(fold("  Green \t TEA\n"), "green tea");
        assert_eq!(fold("Ｇｒｅｅｎ　ｔｅａ"), "green tea");
        assert_eq!(fold("É"), fold("e\u{301}"));
    }

    #[test]
    fn what_is_too_long_to_be_a_word_is_refused() {
        assert!(sought(&"x".repeat(LONGEST)).is_ok());
        // One character that folds to eighteen.
        for wrong in ["x".repeat(LONGEST + 1), "\u{FDFA}".repeat(20), " \u{3000} ".into()] {
            assert!(matches!(sought(&wrong), Err(Fault::BadValue { .. })), "{wrong}");
        }
    }
}
