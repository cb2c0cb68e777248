//! Tickets: events with a fixed number of seats, never oversold, never charged without seats.

use protocol::value::{AccountId, BookingId, EventId, Money, Time};
use sql::Tx;
pub use sql::ticket::{Booked, Booking, Event};
use sql::wallet::{MOST, Movement, Note, balance, post};

use super::once::{Key, Outcome, once};
use super::wallet::{agreed, spend};
use super::{Admin, Fault, Page, Paging, User, audit};
use crate::app::App;

/// Most seats of an event: who calls it off pays everybody back in one transaction.
const MOST_SEATS: u32 = 100_000;

const NO_EVENT: Fault = Fault::NotFound("no event of that number");
const NO_BOOKING: Fault = Fault::NotFound("you have no booking of that number");

/// An event to be put on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is called.
    pub name: String,
    /// How many seats there are.
    pub seats: u32,
    /// Of one seat.
    pub price: Money,
    /// When it starts, if that is known.
    pub starts: Option<Time>,
    /// How many seats one account may book.
    pub each: Option<u32>,
}

/// What a booking, or its cancelling, came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seats {
    /// The booking.
    pub booking: BookingId,
    /// Seats that are left.
    pub left: u32,
    /// What is in the wallet now.
    pub balance: Money,
    /// What was taken.
    pub paid: Money,
}

/// Puts an event on.
///
/// # Errors
/// Too many seats, a start that has passed.
pub async fn stage(app: &App, admin: Admin<'_>, plan: Plan, key: Option<&str>) -> Result<EventId, Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    if plan.seats > MOST_SEATS {
        return Err(Fault::Limit { max: MOST_SEATS.to_string(), what: "the seats of an event" });
    }
    let key = key.map(|key| Key::new(admin.id, "STAGE", key, &format!("{plan:?}")));
    let outcome = once(app, key, now, move |tx| {
        if plan.starts.is_some_and(|starts| starts <= now) {
            return Err(Fault::BadValue { option: Some("starts"), expected: "a time to come" });
        }
        let Plan { name, seats, price, starts, each } = plan.clone();
        let (starts_at, most) = (starts, each.unwrap_or(0));
        let event = Event {
            id: EventId(0),
            name,
            seats,
            free: seats,
            price,
            most,
            starts_at,
            called_off: false,
            author: admin.id,
            created_at: now,
        };
        let id = EventId(event.insert(tx)?);
        audit::note(tx, &admin, "stage", id.to_string(), now)?;
        Ok(Outcome::Staged(id))
    });
    match outcome.await? {
        Outcome::Staged(id) => Ok(id),
        _ => Err(Fault::KeyReused),
    }
}

/// Books seats: all of them or none.
///
/// # Errors
/// No such event, called off, started, not the price that was named, too few seats, more than one
/// account may book, not enough money.
pub async fn book(
    app: &App, user: &User, id: EventId, seats: u32, price: Option<Money>, key: Option<&str>,
) -> Result<Seats, Fault> {
    let (booker, now) = (user.clone(), app.clock.now());
    let named = price.map_or_else(String::new, |price| price.to_string());
    let key = key.map(|key| Key::new(user.id, "BOOK", key, &format!("{id} {seats} {named}")));
    seated(once(app, key, now, move |tx| book_in(tx, &booker, id, seats, price, now)).await?)
}

fn book_in(
    tx: &mut Tx<'_>, user: &User, id: EventId, seats: u32, named: Option<Money>, now: Time,
) -> Result<Outcome, Fault> {
    // Taken first: what is looked at below is held and stays so. A refusal gives back, since with a key it is kept.
    let (taken, event) = Event::take(tx, id, seats, now)?;
    if !taken {
        return Err(untaken(event, seats, named.filter(|_| !user.is_admin()), now));
    }
    let event = event.ok_or(NO_EVENT)?;
    let booked = pay_and_note(tx, user, &event, seats, named, now);
    if booked.is_err() {
        Event::give_back(tx, id, seats)?;
    }
    booked
}

/// Why there are no seats to take.
fn untaken(event: Option<Event>, seats: u32, named: Option<Money>, now: Time) -> Fault {
    let refused = bookable(event, now).and_then(|event| agreed(named, event.price).map(|()| event.free));
    match refused {
        Err(fault) => fault,
        Ok(left) if left < seats => Fault::SoldOut { left },
        // Given back meanwhile: another try.
        Ok(_) => Fault::Raced,
    }
}

/// The rest of a booking, once its seats are taken.
fn pay_and_note(
    tx: &mut Tx<'_>, user: &User, event: &Event, seats: u32, named: Option<Money>, now: Time,
) -> Result<Outcome, Fault> {
    let id = event.id;
    if !user.is_admin() {
        agreed(named, event.price)?;
    }
    if event.most > 0 && Booking::seats_of(tx, id, user.id)? + i64::from(seats) > i64::from(event.most) {
        return Err(Fault::Limit {
            max: event.most.to_string(),
            what: "the seats that one account may book",
        });
    }
    let paid = if user.is_admin() { Some(0) } else { event.price.0.checked_mul(seats.into()) };
    let paid = Money(paid.filter(|cents| *cents <= MOST.0).unwrap_or(i64::MAX));
    let spent = spend(tx, movement(user, paid, "book"), now)?;
    let booking = Booking { id: BookingId(0), account: user.id, event: id, seats, paid, at: now };
    let booking = BookingId(booking.insert(tx)?);
    if let Some(entry) = spent.entry {
        Note { entry, note: about(event, seats) }.insert(tx)?;
    }
    Ok(Outcome::Seats(Seats { booking, left: event.free, balance: spent.balance, paid }))
}

/// The event, held, if it can still be booked and cancelled.
fn to_come(tx: &mut Tx<'_>, id: EventId, now: Time) -> Result<Event, Fault> {
    bookable(Event::held(tx, id)?, now)
}

fn bookable(event: Option<Event>, now: Time) -> Result<Event, Fault> {
    let event = event.ok_or(NO_EVENT)?;
    match (event.called_off, event.starts_at) {
        (true, _) => Err(Fault::CalledOff),
        (_, Some(starts)) if starts <= now => Err(Fault::Started),
        _ => Ok(event),
    }
}

/// What the statement says besides.
fn about(event: &Event, seats: u32) -> String {
    format!("{seats} x {}", event.name)
}

fn movement(user: &User, amount: Money, why: &'static str) -> Movement {
    Movement { account: user.id, book: "tickets", amount, why, title: None, actor: None }
}

fn seated(outcome: Outcome) -> Result<Seats, Fault> {
    match outcome {
        Outcome::Seats(seats) => Ok(seats),
        _ => Err(Fault::KeyReused),
    }
}

/// Gives the seats of a booking back, and pays back what was paid.
///
/// # Errors
/// No such booking, started, called off (then it was paid back already).
pub async fn cancel(app: &App, user: &User, id: BookingId, key: Option<&str>) -> Result<Seats, Fault> {
    let (user, now) = (user.clone(), app.clock.now());
    let key = key.map(|key| Key::new(user.id, "CANCEL", key, &id.to_string()));
    let outcome = once(app, key, now, move |tx| {
        let booking = Booking::get(tx, id)?.filter(|booking| booking.account == user.id).ok_or(NO_BOOKING)?;
        let event = to_come(tx, booking.event, now)?;
        if Booking::remove(tx, id)? == 0 {
            return Err(NO_BOOKING);
        }
        Event::give_back(tx, event.id, booking.seats)?;
        pay_back(tx, movement(&user, booking.paid, "cancel"), about(&event, booking.seats), now)?;
        let left = event.free + booking.seats;
        Ok(Outcome::Seats(Seats { booking: id, left, balance: balance(tx, user.id)?, paid: Money::ZERO }))
    });
    seated(outcome.await?)
}

fn pay_back(tx: &mut Tx<'_>, movement: Movement, note: String, now: Time) -> Result<(), Fault> {
    if movement.amount == Money::ZERO {
        return Ok(());
    }
    let posted = post(tx, movement, now)?;
    let posted =
        posted.ok_or_else(|| Fault::Limit { max: MOST.to_string(), what: "what a wallet may hold" })?;
    Ok(Note { entry: posted.entry, note }.insert(tx)?)
}

/// How many bookings are paid back between two looks at the table.
const BATCH: u32 = 500;

/// Calls an event off and pays everybody back; how much that was. Doing so again pays nothing.
///
/// # Errors
/// No such event, or it has started.
pub async fn call_off(app: &App, admin: Admin<'_>, id: EventId, why: Option<String>) -> Result<Money, Fault> {
    let (admin, now) = (admin.0.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let event = match to_come(tx, id, now) {
                Err(Fault::CalledOff) => return Ok(Money::ZERO),
                other => other?,
            };
            Event::call_off(tx, id)?;
            let reason =
                why.clone().filter(|why| !why.is_empty()).map_or_else(String::new, |why| format!(": {why}"));
            let (mut refunded, mut after) = (0, 0);
            loop {
                let bookings = Booking::of_event(tx, id, after, BATCH)?;
                let Some((last, _)) = bookings.last() else { break };
                after = last.id.0;
                for (booking, _) in bookings {
                    let (account, amount, actor) = (booking.account, booking.paid, Some(admin.id));
                    let movement =
                        Movement { account, book: "tickets", amount, why: "calloff", title: None, actor };
                    Booking::pay_back(tx, booking.id, amount)?;
                    let note = about(&event, booking.seats) + &reason;
                    pay_back(tx, movement, note.chars().take(200).collect(), now)?;
                    refunded += amount.0;
                }
            }
            audit::note(tx, &admin, "calloff", format!("{id}{reason}"), now)?;
            Ok(Money(refunded))
        })
        .await
}

/// Gives up the seats that an account has of events to come: its owner leaves the club.
///
/// # Errors
/// Of the database.
pub fn release(tx: &mut Tx<'_>, account: AccountId, now: Time) -> Result<(), Fault> {
    let mut before = i64::MAX;
    loop {
        let bookings = Booking::of_account(tx, account, before, BATCH)?;
        let Some((last, ..)) = bookings.last() else { return Ok(()) };
        before = last.id.0;
        for (booking, ..) in bookings {
            if to_come(tx, booking.event, now).is_ok() {
                Booking::release(tx, booking.id)?;
                Event::give_back(tx, booking.event, booking.seats)?;
            }
        }
    }
}

/// The events, by number.
///
/// # Errors
/// Of the database.
pub async fn events(app: &App, paging: Paging) -> Result<Page<Event>, Fault> {
    let (after, limit) = (paging.number(0)?, paging.limit);
    let rows = app.db.read(move |tx| Event::page(tx, after, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |event| event.id.to_string()))
}

/// One event.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn event(app: &App, id: EventId) -> Result<Event, Fault> {
    app.db.read(move |tx| Event::get(tx, id)).await?.ok_or(NO_EVENT)
}

/// One's own bookings, the newest first.
///
/// # Errors
/// Of the database.
pub async fn bookings(app: &App, user: &User, paging: Paging) -> Result<Page<Booked>, Fault> {
    let (account, before, limit) = (user.id, paging.number(i64::MAX)?, paging.limit);
    let rows = app.db.read(move |tx| Booking::of_account(tx, account, before, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(booking, ..)| booking.id.to_string()))
}

/// Who has booked an event.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn attendees(
    app: &App, _: Admin<'_>, id: EventId, paging: Paging,
) -> Result<Page<(Booking, String)>, Fault> {
    let (after, limit) = (paging.number(0)?, paging.limit);
    event(app, id).await?;
    let rows = app.db.read(move |tx| Booking::of_event(tx, id, after, limit + 1)).await?;
    Ok::<_, Fault>(Page::cut(rows, limit, |(booking, _)| booking.id.to_string()))
}
