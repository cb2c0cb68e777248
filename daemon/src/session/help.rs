//! HELP: what the table says, for whoever asks.

use protocol::command::{Help, TABLE, find};
use protocol::reply::{Facts, Row};
use protocol::table::{Gate, Spec};

use super::{Answer, Session, Who};
use crate::service::{Fault, Page};

impl Session {
    pub(super) fn help(&self, c: Help) -> Result<Answer, Fault> {
        if let Some(verb) = c.verb {
            let spec = find(&verb.0).ok_or(Fault::NotFound("no such command; HELP alone lists them"))?;
            let page = Page { rows: vec![spec], next: None };
            return Ok(Answer::page(page, |spec| Row(explained(spec))));
        }
        let paging = self.paging(c.after, c.limit);
        let skip = usize::try_from(paging.number(0)?).map_err(|_| Fault::BadAfter)?;
        let mine = TABLE.iter().enumerate().skip(skip).filter(|(_, spec)| spec.gate <= self.gate());
        let rows = mine.take(paging.limit as usize + 1).collect();
        let page = Page::cut(rows, paging.limit, |(n, _)| (n + 1).to_string());
        Ok(Answer::page(page, |(_, spec)| {
            Row(Facts::new().with("verb", spec.verb).text("usage", spec.usage()).text("text", spec.summary()))
        }))
    }

    fn gate(&self) -> Gate {
        match &self.who {
            Who::Guest => Gate::Guest,
            Who::User(user, _) if user.is_admin() => Gate::Admin,
            Who::User(..) => Gate::User,
        }
    }
}

fn explained(spec: &Spec) -> Facts {
    let text: Vec<&str> = spec.doc.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Facts::new()
        .with("verb", spec.verb)
        .text("usage", spec.usage())
        .text("text", text.join(" "))
        .text("answer", spec.answer)
        .text("example", spec.example)
        .with("who", spec.gate.word())
}
