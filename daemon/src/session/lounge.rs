//! JOIN, LEAVE, SAY, WHO, ROOMS: the chat rooms; MUTE, UNMUTE, REPORT, REPORTS: who looks after them.

use protocol::code::Code;
use protocol::command::{self, Join, Leave, Mute, Report, Reports, Say, Unmute};
use protocol::reply::{Event, Facts, Row, Status};

use super::{Answer, Session, Who};
use crate::service::lounge::{self, Happening, Message, care};
use crate::service::{Fault, Page};

impl Session {
    pub(super) async fn join(&mut self, c: Join) -> Result<Answer, Fault> {
        let Who::User(_, presence) = &self.who else { return Err(Fault::LoginRequired) };
        let seat = self.seat.take().unwrap_or_else(|| self.app.lounge.sit(presence.ending()));
        let entered = lounge::join(&seat, self.user()?, &c.room.unwrap_or_default()).await;
        // Kept whatever came of it: it holds the place in the rooms joined before.
        self.seat = Some(seat);
        let entrance = entered?;
        let shown = c.limit.map_or(entrance.last.len(), |count| count.0 as usize);
        let last = entrance.last.iter().skip(entrance.last.len().saturating_sub(shown));
        let rows = last.map(|message| Row(said(message))).collect();
        let status = Status::new(Code::Ok)
            .with("room", entrance.room.to_string())
            .with("members", entrance.members)
            .say("you are in");
        Ok(Answer { rows, ..Answer::from(status) })
    }

    pub(super) async fn leave_room(&mut self, c: Leave) -> Result<Answer, Fault> {
        self.user()?;
        lounge::leave(self.seat.as_ref(), &c.room.unwrap_or_default()).await?;
        Ok(Status::new(Code::Ok).say("you have left").into())
    }

    pub(super) async fn say(&mut self, c: Say) -> Result<Answer, Fault> {
        lounge::say(&self.app, self.seat.as_ref(), self.user()?, &c.room, c.text).await?;
        Ok(Status::new(Code::Ok).say("said").into())
    }

    pub(super) async fn who_is_there(&mut self, c: command::Who) -> Result<Answer, Fault> {
        self.user()?;
        let paging = self.paging(c.after, c.limit);
        let page = lounge::who(&self.app, &c.room.unwrap_or_default(), paging).await?;
        Ok(Answer::page(page, |present| {
            Row(Facts::new()
                .with("who", present.who.to_string())
                .with("role", present.role)
                .with("since", present.since))
        }))
    }

    pub(super) async fn rooms(&mut self, c: command::Rooms) -> Result<Answer, Fault> {
        self.user()?;
        let paging = self.paging(c.after, c.limit);
        let page = lounge::rooms(&self.app, paging).await?;
        Ok(Answer::page(page, |inhabited| {
            Row(Facts::new().with("room", inhabited.room.to_string()).with("members", inhabited.members))
        }))
    }

    pub(super) async fn report(&mut self, c: Report) -> Result<Answer, Fault> {
        let why = c.why.map(|why| why.to_string()).unwrap_or_default();
        care::report(&self.app, self.user()?, c.id, why).await?;
        log::info!("{} reported message={}", self.label(), c.id);
        Ok(Status::new(Code::Ok).say("the admins have it").into())
    }

    pub(super) async fn mute(&mut self, c: Mute) -> Result<Answer, Fault> {
        let (minutes, why) = (c.minutes.map(|n| n.0), c.why.map(|why| why.to_string()).unwrap_or_default());
        let until = care::mute(&self.app, self.user()?.admin()?, c.name, minutes, why).await?;
        log::info!("{} muted an account", self.label());
        Ok(Status::new(Code::Ok).with("until", until).say("it may not speak in the rooms").into())
    }

    pub(super) async fn unmute(&mut self, c: Unmute) -> Result<Answer, Fault> {
        care::unmute(&self.app, self.user()?.admin()?, c.name).await?;
        log::info!("{} unmuted an account", self.label());
        Ok(Status::new(Code::Ok).say("it may speak again").into())
    }

    pub(super) async fn reports(&mut self, c: Reports) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit);
        let page: Page<_> = care::reports(&self.app, self.user()?.admin()?, paging).await?;
        Ok(Answer::page(page, |(report, by, who)| {
            Row(Facts::new()
                .with("id", report.id)
                .with("at", report.at)
                .with("by", by)
                .with("message", report.message)
                .with("room", report.room)
                .with("who", who)
                .with("said-at", report.said_at)
                .text("text", report.text)
                .text("why", report.why))
        }))
    }
}

fn said(message: &Message) -> Facts {
    Facts::new()
        .with("id", message.id)
        .with("room", message.room.to_string())
        .with("who", message.who.to_string())
        .with("role", message.role)
        .with("at", message.at)
        .text("text", message.text.as_str())
}

/// What a connection is told.
pub fn event(happening: &Happening) -> Event {
    let came = |room: &str, who: &str| Facts::new().with("room", room.to_owned()).with("who", who.to_owned());
    match happening {
        Happening::Joined { room, who } => Event { name: "joined", facts: came(room, who) },
        Happening::Left { room, who } => Event { name: "left", facts: came(room, who) },
        Happening::Said(message) => Event { name: "said", facts: said(message) },
        Happening::Lost { room, missed } => {
            Event { name: "lost", facts: Facts::new().with("room", room.to_string()).with("missed", *missed) }
        }
    }
}
