//! What follows from a title's content and name, against these.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use protocol::value::TitleId;
use sql::Tx;
use sql::catalogue::{Content, Title, index};
use sql::check::{self, Block, titles};

use super::{Check, Stopped, shown};
use crate::service::terms;

/// Titles of one page.
const TITLES: u32 = 200;

impl Check<'_, '_, '_> {
    pub(super) async fn titles(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number) = (TitleId(0), 0);
        while let Some(block) = self.read(move |tx| Block::after(tx, after)).await? {
            let (from, to) = block.bounds();
            // What a block is found by, and its titles, are of one moment.
            let (count, wrong) = self.read(move |tx| look(tx, &block, (from, to))).await?;
            number += count;
            after = to;
            for title in wrong {
                self.title(&title).await?;
            }
        }
        self.report.checked("titles", format!("{number}, deleted ones too"));
        Ok(())
    }

    async fn title(&mut self, wrong: &Wrong) -> Result<(), Stopped> {
        let id = wrong.id;
        let done = self.mend(move |tx| derive(tx, id)).await?;
        let (name, what) = (shown(&wrong.name), wrong.what.join("; "));
        self.report.found_or_mended(
            format!("title {id} {name}: {what}; --repair makes it anew"),
            done.map(|()| "made anew".to_owned()),
        );
        Ok(())
    }
}

/// A title, and what is wrong with it.
struct Wrong {
    id: TitleId,
    name: String,
    what: Vec<String>,
}

/// Goes through the titles of a block; how many there are, and those that are wrong.
fn look(
    tx: &mut Tx<'_>, block: &Block, (from, to): (TitleId, TitleId),
) -> Result<(usize, Vec<Wrong>), sql::Error> {
    // Of what a title is found by, a sum is enough: a block has 4,096 titles with some words each.
    let mut found: HashMap<TitleId, Terms> = HashMap::new();
    block.each(tx, |term, id| found.entry(id).or_default().add(term))?;
    let (mut after, mut number, mut all) = (from, 0, vec![]);
    loop {
        let page: Vec<(Title, u64)> =
            titles(tx, after, TITLES)?.into_iter().take_while(|(title, _)| title.id <= to).collect();
        let Some((last, _)) = page.last() else { return Ok((number, all)) };
        after = last.id;
        number += page.len();
        for (title, size) in page {
            let what = wrongs(&title, size, found.remove(&title.id).unwrap_or_default());
            if !what.is_empty() {
                all.push(Wrong { id: title.id, name: title.name, what });
            }
        }
    }
}

fn wrongs(title: &Title, size: u64, found: Terms) -> Vec<String> {
    let mut wrong = vec![];
    if title.size != size {
        wrong.push(format!("says it has {} bytes, its content has {size}", title.size));
    }
    let mut due = Terms::default();
    if title.listed {
        terms::of_title(&title.name).iter().for_each(|term| due.add(term));
    }
    if found != due {
        wrong.push("SEARCH does not find it by its name, or by another one".to_owned());
    }
    if title.folded != terms::for_sorting(&title.name) {
        wrong.push("LIST sorts it under another name".to_owned());
    }
    wrong
}

/// A set of terms, summed up: how many, and their hashes, in whatever order they came.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Terms {
    count: u32,
    sum: u64,
}

impl Terms {
    pub(super) fn add(&mut self, term: &str) {
        let mut hasher = DefaultHasher::new();
        term.hash(&mut hasher);
        self.count += 1;
        self.sum = self.sum.wrapping_add(hasher.finish());
    }
}

/// Makes anew what follows from content and name.
fn derive(tx: &mut Tx<'_>, id: TitleId) -> Result<(), sql::Error> {
    let Some(title) = check::held_title(tx, id)? else {
        return Ok(());
    };
    let size = Content::get(tx, title.content)?.map_or(title.size, |content| content.size);
    check::set_derived(tx, id, size, &terms::for_sorting(&title.name))?;
    check::forget_terms(tx, id)?;
    if title.listed { index(tx, id, &terms::of_title(&title.name)) } else { Ok(()) }
}
