//! LIST, SEARCH, INFO, and what admins do with titles.

use protocol::code::Code;
use protocol::command::{Dele, Edit, Info, List, Search, Undele};
use protocol::reply::{Facts, Row, Status};
use protocol::value::{Kind, Listing, Sort};

use super::{Answer, Session};
use crate::service::catalogue::Card;
use crate::service::catalogue::care::{self, Changes};
use crate::service::{Fault, Page, catalogue};

impl Session {
    pub(super) async fn list(&mut self, c: List) -> Result<Answer, Fault> {
        let (which, sort) = (c.which.unwrap_or(Listing::All), c.sort.unwrap_or(Sort::Id));
        let paging = self.paging(c.after, c.limit);
        let page = catalogue::list(&self.app, self.user()?, which, sort, paging).await?;
        Ok(Answer::page(page, |card| Row(listed(&card))))
    }

    pub(super) async fn search(&mut self, c: Search) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit);
        let page = catalogue::search(&self.app, self.user()?, &c.text.0, paging).await?;
        Ok(Answer::page(page, |card| Row(listed(&card))))
    }

    pub(super) async fn info(&mut self, c: Info) -> Result<Answer, Fault> {
        let (card, granted) = catalogue::info(&self.app, self.user()?, c.id).await?;
        let owned = card.owned;
        let page = Page { rows: vec![card], next: None };
        Ok(Answer::page(page, |card| {
            let facts = facts(&card).with("fetched", card.title.fetched);
            let facts = if card.title.listed { facts } else { facts.with("deleted", true) };
            let facts = if card.purged { facts.with("purged", true) } else { facts };
            let facts = facts.text("description", card.title.description);
            Row(facts.with("granted", granted).with("owned", owned))
        }))
    }

    pub(super) async fn edit(&mut self, c: Edit) -> Result<Answer, Fault> {
        let changes = Changes {
            name: c.title.map(|name| name.to_string()),
            kind: c.kind,
            price: c.price.map(|price| price.0),
            member_price: c.member_price.map(|price| price.0),
            description: c.description.map(|text| text.to_string()),
        };
        care::edit(&self.app, self.user()?.admin()?, c.id, changes).await?;
        log::info!("{} edited title={}", self.label(), c.id);
        Ok(Status::new(Code::Ok).say("changed").into())
    }

    pub(super) async fn dele(&mut self, c: Dele) -> Result<Answer, Fault> {
        care::remove(&self.app, self.user()?, c.id).await?;
        log::info!("{} deleted title={}", self.label(), c.id);
        Ok(Status::new(Code::Ok).say("deleted").into())
    }

    pub(super) async fn undele(&mut self, c: Undele) -> Result<Answer, Fault> {
        care::restore(&self.app, self.user()?.admin()?, c.id).await?;
        log::info!("{} brought back title={}", self.label(), c.id);
        Ok(Status::new(Code::Ok).say("it is back").into())
    }
}

fn listed(card: &Card) -> Facts {
    let facts = facts(card);
    let facts = if card.owned { facts.with("owned", true) } else { facts };
    if card.purged { facts.with("purged", true) } else { facts }
}

fn facts(card: &Card) -> Facts {
    let title = &card.title;
    let facts = Facts::new().with("id", title.id).with("kind", title.kind);
    let facts = match title.kind {
        Kind::Paid => facts.with("price", title.price).with("member-price", title.member_price),
        Kind::Free | Kind::Shared => {
            let nothing = protocol::value::Money::ZERO;
            facts.with("price", nothing).with("member-price", nothing)
        }
    };
    facts
        .with("size", title.size)
        .with("md5", card.md5)
        .with("author", card.author.clone())
        .with("at", title.created_at)
        .text("title", title.name.clone())
}
