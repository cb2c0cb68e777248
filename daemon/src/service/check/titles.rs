//! What follows from a title's content and name, against these.

use std::collections::HashMap;

use protocol::value::TitleId;
use sql::catalogue::{Content, Title, index, unindex};
use sql::{Tx, check};

use super::{Check, Stopped, shown};
use crate::service::terms;

/// Titles of one page: each brings its terms along.
const TITLES: u32 = 100;

impl Check<'_, '_, '_> {
    pub(super) async fn titles(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number) = (TitleId(0), 0);
        loop {
            let page = self.read(move |tx| page(tx, after)).await?;
            let Some((last, ..)) = page.last() else { break };
            after = last.id;
            number += page.len();
            for (title, size, terms) in page {
                self.title(&title, size, terms).await?;
            }
        }
        self.report.checked("titles", format!("{number}, deleted ones too"));
        Ok(())
    }

    async fn title(&mut self, title: &Title, size: u64, mut indexed: Vec<String>) -> Result<(), Stopped> {
        indexed.sort_unstable();
        let mut wrong = vec![];
        if title.size != size {
            wrong.push(format!("says it has {} bytes, its content has {size}", title.size));
        }
        if indexed != terms::of_title(&title.name) {
            wrong.push("SEARCH does not find it by its name, or by another one".to_owned());
        }
        if title.folded != terms::for_sorting(&title.name) {
            wrong.push("LIST sorts it under another name".to_owned());
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let id = title.id;
        let done = self.mend(move |tx| derive(tx, id)).await?;
        let (name, wrong) = (shown(&title.name), wrong.join("; "));
        self.report.found_or_mended(
            format!("title {id} {name}: {wrong}; --repair makes it anew"),
            done.map(|()| "made anew".to_owned()),
        );
        Ok(())
    }
}

/// Some titles, each with its content's size and its terms, all of one moment.
fn page(tx: &mut Tx<'_>, after: TitleId) -> Result<Vec<(Title, u64, Vec<String>)>, sql::Error> {
    let titles = check::titles(tx, after, TITLES)?;
    let Some((last, _)) = titles.last() else {
        return Ok(vec![]);
    };
    let mut terms: HashMap<i64, Vec<String>> = HashMap::new();
    for (title, term) in check::terms(tx, after, last.id)? {
        terms.entry(title.0).or_default().push(term);
    }
    Ok(titles
        .into_iter()
        .map(|(title, size)| {
            let terms = terms.remove(&title.id.0).unwrap_or_default();
            (title, size, terms)
        })
        .collect())
}

/// Makes anew what follows from content and name.
fn derive(tx: &mut Tx<'_>, id: TitleId) -> Result<(), sql::Error> {
    let Some(title) = check::held_title(tx, id)? else {
        return Ok(());
    };
    let size = Content::get(tx, title.content)?.map_or(title.size, |content| content.size);
    check::set_derived(tx, id, size, &terms::for_sorting(&title.name))?;
    unindex(tx, id)?;
    index(tx, id, &terms::of_title(&title.name))
}
