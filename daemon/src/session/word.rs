//! DEFINE, MATCH, LOOKUPS.

use protocol::command::{Define, Lookups, Match};
use protocol::reply::{Facts, Row};
use protocol::value::Count;

use super::{Answer, Session};
use crate::service::Fault;
use crate::service::word::{self, Meaning};

/// Look-ups that are listed unless more are asked for.
const FEW: Count = Count(10);

impl Session {
    pub(super) async fn define(&mut self, c: Define) -> Result<Answer, Fault> {
        let page = word::define(&self.app, self.user()?, &c.word.0, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |meaning| Row(facts(meaning))))
    }

    pub(super) async fn matching(&mut self, c: Match) -> Result<Answer, Fault> {
        self.user()?;
        let page = word::beginning(&self.app, &c.prefix.0, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |meaning| Row(facts(meaning))))
    }

    pub(super) async fn lookups(&mut self, c: Lookups) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit.or(Some(FEW)));
        let (user, page) = (self.user()?, word::lookups(&self.app, self.user()?, paging).await?);
        Ok(Answer::page(page, |lookup| {
            let facts = Facts::new().with("user", user.name.clone());
            Row(facts.with("word", lookup.word).with("at", lookup.at))
        }))
    }
}

fn facts(meaning: Meaning) -> Facts {
    let facts = Facts::new().with("word", meaning.word).text("text", meaning.text);
    let facts = facts.with("dict", meaning.dictionary);
    if meaning.part == 0 { facts } else { facts.with("part", meaning.part) }
}
