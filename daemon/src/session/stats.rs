//! STATS.

use protocol::command::Stats;
use protocol::reply::{Facts, Row};
use protocol::value::Time;

use super::{Answer, Session};
use crate::service::stats::{Figure, figures};
use crate::service::{Fault, Page};

impl Session {
    pub(super) async fn stats(&mut self, c: Stats) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit);
        let skip = usize::try_from(paging.number(0)?).map_err(|_| Fault::BadAfter)?;
        let all = figures(&self.app, self.user()?.admin()?, c.days.map(|days| days.0)).await?;
        let rows = all.into_iter().enumerate().skip(skip).take(paging.limit as usize + 1).collect();
        let page = Page::cut(rows, paging.limit, |(n, _)| (n + 1).to_string());
        Ok(Answer::page(page, |(_, figure)| Row(facts(figure))))
    }
}

fn facts(figure: Figure) -> Facts {
    let named = |name: &'static str| Facts::new().with("name", name);
    match figure {
        Figure::Total(name, value) => named(name).with("value", value),
        Figure::Money(name, value) => named(name).with("value", value),
        Figure::Day(name, day, value) => named(name).with("value", value).with("day", date(day)),
        Figure::MoneyDay(name, day, value) => named(name).with("value", value).with("day", date(day)),
        Figure::Fetched(card) => named("fetched")
            .with("value", card.title.fetched)
            .with("id", card.title.id)
            .text("title", card.title.name),
    }
}

/// The day of a time, as `2026-11-21`.
fn date(at: Time) -> String {
    at.to_string().chars().take(10).collect()
}
