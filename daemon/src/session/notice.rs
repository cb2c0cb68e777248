//! NOTICES, NOTICE, POST, WATCH, and the ads.

use protocol::code::Code;
use protocol::command::{Ad, Ads, Adset, Notice, Notices, Post, Watch};
use protocol::reply::{Event, Facts, Row, Status};
use protocol::value::{Topic, YesNo};

use super::{Answer, Session};
use crate::service::notice::{self, Copy, Named, News};
use crate::service::{Fault, Page};

impl Session {
    pub(super) async fn notices(&mut self, c: Notices) -> Result<Answer, Fault> {
        self.user()?;
        let page = notice::page(&self.app, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |named| Row(facts("id", named))))
    }

    pub(super) async fn notice(&mut self, c: Notice) -> Result<Answer, Fault> {
        self.user()?;
        let rows = vec![notice::one(&self.app, c.id).await?];
        Ok(Answer::page(Page { rows, next: None }, |named| Row(facts("id", named))))
    }

    pub(super) async fn post(&mut self, c: Post) -> Result<Answer, Fault> {
        let (title, text) = (c.title.to_string(), c.text.to_string());
        let id = notice::post(&self.app, self.user()?.admin()?, title, text).await?;
        log::info!("{} posted notice={id}", self.label());
        Ok(Status::new(Code::Ok).with("id", id).say("posted").into())
    }

    pub(super) fn watch(&mut self, c: Watch) -> Result<Answer, Fault> {
        self.user()?;
        let topics = [c.first, c.second];
        if let Some(seat) = &self.seat {
            seat.silence(!topics.contains(&Some(Topic::Lounge)));
        }
        self.news = topics.contains(&Some(Topic::Notices)).then(|| notice::listen(&self.app));
        let told =
            if topics == [None, None] { "nothing is watched" } else { "you will be told as it happens" };
        Ok(Status::new(Code::Ok).say(told).into())
    }

    pub(super) async fn ads(&mut self, c: Ads) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit);
        let page = notice::ads(&self.app, self.user()?.admin()?, paging).await?;
        Ok(Answer::page(page, |ad| {
            Row(Facts::new()
                .with("id", ad.id)
                .text("text", ad.text)
                .text("link", ad.link)
                .with("weight", ad.weight)
                .with("on", ad.active)
                .with("shown", ad.shown))
        }))
    }

    pub(super) async fn ad(&mut self, c: Ad) -> Result<Answer, Fault> {
        let copy = Copy {
            text: None,
            link: c.link.map(|l| l.to_string()),
            weight: c.weight.map(|w| w.0),
            active: None,
        };
        let id = notice::add_ad(&self.app, self.user()?.admin()?, c.text.to_string(), copy).await?;
        log::info!("{} added ad={id}", self.label());
        Ok(Status::new(Code::Ok).with("id", id).say("it has its turn from now on").into())
    }

    pub(super) async fn adset(&mut self, c: Adset) -> Result<Answer, Fault> {
        let copy = Copy {
            text: c.text.map(|text| text.to_string()),
            link: c.link.map(|link| link.to_string()),
            weight: c.weight.map(|weight| weight.0),
            active: c.on.map(|on| on == YesNo::Yes),
        };
        notice::edit_ad(&self.app, self.user()?.admin()?, c.id, copy).await?;
        log::info!("{} changed ad={}", self.label(), c.id);
        Ok(Status::new(Code::Ok).say("changed").into())
    }

    /// The newest notice, as the row before the answer to a log-in.
    pub(super) async fn newest_notice(&self) -> Vec<Row> {
        // A log-in does not fail for want of a notice.
        let newest = notice::newest(&self.app).await.ok().flatten();
        newest.map(|named| Row(facts("notice", named))).into_iter().collect()
    }
}

fn facts(id: &'static str, (notice, author): Named) -> Facts {
    Facts::new()
        .with(id, notice.id)
        .with("at", notice.at)
        .with("author", author)
        .text("title", notice.title)
        .text("text", notice.text)
}

/// What a connection is told.
pub fn event(news: News) -> Event {
    match news {
        News::Notice { id, title } => {
            Event { name: "notice", facts: Facts::new().with("id", id).text("title", title) }
        }
    }
}
