//! EVENTS to CANCEL, and what admins do with events.

use protocol::code::Code;
use protocol::command::{Attendees, Book, Bookings, Calloff, Cancel, Event, Events, Stage};
use protocol::reply::{Facts, Row, Status};
use protocol::value::Money;

use super::wallet::text;
use super::{Answer, Session};
use crate::service::ticket::{self, Plan, Seats};
use crate::service::{Fault, Page};

impl Session {
    pub(super) async fn events(&mut self, c: Events) -> Result<Answer, Fault> {
        self.user()?;
        let page = ticket::events(&self.app, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, row))
    }

    pub(super) async fn event(&mut self, c: Event) -> Result<Answer, Fault> {
        self.user()?;
        let rows = vec![ticket::event(&self.app, c.id).await?];
        Ok(Answer::page(Page { rows, next: None }, row))
    }

    pub(super) async fn book(&mut self, c: Book) -> Result<Answer, Fault> {
        let (price, key) = (c.price.map(|price| price.0), text(c.key.as_ref()));
        let seats = ticket::book(&self.app, self.user()?, c.id, c.seats.0, price, key).await?;
        log::info!("{} booked event={} booking={} paid={}", self.label(), c.id, seats.booking, seats.paid);
        Ok(seated(seats).say("the seats are yours").into())
    }

    pub(super) async fn bookings(&mut self, c: Bookings) -> Result<Answer, Fault> {
        let page = ticket::bookings(&self.app, self.user()?, self.paging(c.after, c.limit)).await?;
        Ok(Answer::page(page, |(booking, name, starts, called_off)| {
            let facts = Facts::new()
                .with("booking", booking.id)
                .with("event", booking.event)
                .text("name", name)
                .with("seats", booking.seats)
                .with("paid", booking.paid)
                .with("at", booking.at)
                .with("starts", starts);
            Row(if called_off { facts.with("called-off", true) } else { facts })
        }))
    }

    pub(super) async fn cancel(&mut self, c: Cancel) -> Result<Answer, Fault> {
        let seats = ticket::cancel(&self.app, self.user()?, c.booking, text(c.key.as_ref())).await?;
        log::info!("{} cancelled booking={}", self.label(), seats.booking);
        Ok(seated(seats).say("the seats are given back, and the money is").into())
    }

    pub(super) async fn stage(&mut self, c: Stage) -> Result<Answer, Fault> {
        let seats =
            c.seats.ok_or(Fault::BadValue { option: Some("seats"), expected: "how many seats there are" })?;
        let plan = Plan {
            name: c.name.to_string(),
            seats: seats.0,
            price: c.price.map_or(Money::ZERO, |price| price.0),
            starts: c.starts,
            each: c.each.map(|each| each.0),
        };
        let id = ticket::stage(&self.app, self.user()?.admin()?, plan, text(c.key.as_ref())).await?;
        log::info!("{} staged event={id}", self.label());
        Ok(Status::new(Code::Ok).with("id", id).say("it can be booked from now on").into())
    }

    pub(super) async fn attendees(&mut self, c: Attendees) -> Result<Answer, Fault> {
        let paging = self.paging(c.after, c.limit);
        let page = ticket::attendees(&self.app, self.user()?.admin()?, c.id, paging).await?;
        Ok(Answer::page(page, |(booking, name)| {
            Row(Facts::new()
                .with("booking", booking.id)
                .with("user", name)
                .with("seats", booking.seats)
                .with("paid", booking.paid)
                .with("at", booking.at))
        }))
    }

    pub(super) async fn calloff(&mut self, c: Calloff) -> Result<Answer, Fault> {
        let why = c.why.map(|why| why.to_string());
        let refunded = ticket::call_off(&self.app, self.user()?.admin()?, c.id, why).await?;
        log::info!("{} called off event={} refunded={refunded}", self.label(), c.id);
        Ok(Status::new(Code::Ok)
            .with("refunded", refunded)
            .say("nobody can book it; all is paid back")
            .into())
    }
}

fn row(event: ticket::Event) -> Row {
    let facts = Facts::new()
        .with("id", event.id)
        .text("name", event.name)
        .with("seats", event.seats)
        .with("left", event.free)
        .with("price", event.price)
        .with("starts", event.starts_at);
    let facts = if event.most > 0 { facts.with("each", event.most) } else { facts };
    Row(if event.called_off { facts.with("called-off", true) } else { facts })
}

fn seated(seats: Seats) -> Status {
    Status::new(Code::Ok)
        .with("booking", seats.booking)
        .with("left", seats.left)
        .with("balance", seats.balance)
        .with("paid", seats.paid)
}
