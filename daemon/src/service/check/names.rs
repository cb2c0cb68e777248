//! What USERS finds an account by, against its name.

use std::collections::HashMap;

use protocol::value::AccountId;
use sql::Tx;
use sql::check::{self, Group, names};

use super::titles::Terms;
use super::{Check, PAGE, Stopped, shown};
use crate::service::terms;

impl Check<'_, '_, '_> {
    pub(super) async fn names(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number) = (AccountId(0), 0);
        while let Some(group) = self.read(move |tx| Group::after(tx, after)).await? {
            let (from, to) = group.bounds();
            // What accounts are found by, and their names, are of one moment.
            let (count, wrong) = self.read(move |tx| look(tx, &group, (from, to))).await?;
            number += count;
            after = to;
            for (id, name) in wrong {
                let made = self.mend(move |tx| check::reindex_account(tx, id, terms::of_name)).await?;
                let name = shown(&name);
                self.report.found_or_mended(
                    format!(
                        "account {id} {name}: USERS does not find it by its name, or by another one; \
                         --repair makes it anew"
                    ),
                    made.map(|()| "made anew".to_owned()),
                );
            }
        }
        self.report.checked("names", format!("{number}"));
        Ok(())
    }
}

/// Goes through the accounts of a group; how many there are, and those that are wrong.
fn look(
    tx: &mut Tx<'_>, group: &Group, (from, to): (AccountId, AccountId),
) -> Result<(usize, Vec<(AccountId, String)>), sql::Error> {
    let mut found: HashMap<AccountId, Terms> = HashMap::new();
    group.each(tx, |term, id| found.entry(id).or_default().add(term))?;
    let (mut after, mut number, mut wrong) = (from, 0, vec![]);
    loop {
        let page: Vec<_> = names(tx, after, PAGE)?.into_iter().take_while(|(id, ..)| *id <= to).collect();
        let Some((last, ..)) = page.last() else { return Ok((number, wrong)) };
        after = *last;
        number += page.len();
        for (id, name, folded, left) in page {
            let mut due = Terms::default();
            if !left {
                terms::of_name(&folded).iter().for_each(|term| due.add(term));
            }
            if found.remove(&id).unwrap_or_default() != due {
                wrong.push((id, name));
            }
        }
    }
}
