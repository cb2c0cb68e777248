//! Events and the bookings of their seats.

use protocol::value::{AccountId, BookingId, EventId, Money, Time};

use crate::{Error, Tx, join, params, record};

record! {
    /// Something to go to, with a fixed number of seats.
    pub struct Event in "event" {
        id: EventId,
        name: String,
        seats: u32,
        /// Seats that nobody has booked.
        free: u32,
        /// Of one seat.
        price: Money,
        /// How many seats one account may book; 0: as many as there are.
        most: u32,
        starts_at: Option<Time>,
        called_off: bool,
        author: AccountId,
        created_at: Time,
    }
}

impl Event {
    /// The events after number `after`, by number.
    pub fn page(tx: &mut Tx<'_>, after: i64, limit: u32) -> Result<Vec<Event>, Error> {
        tx.rows(join!(Event::SELECT, " WHERE id > ? ORDER BY id LIMIT ?"), params![after, limit])
    }

    /// The event as it is now, and stays for everybody else until the transaction ends.
    pub fn held(tx: &mut Tx<'_>, id: EventId) -> Result<Option<Event>, Error> {
        tx.execute("UPDATE event SET free = free WHERE id = ?", params![id])?;
        Event::get(tx, id)
    }

    /// Takes seats, if there are so many and it can still be booked at `now`: whether it did, and the event as it is
    /// then. Where it did, the event is held until the transaction ends.
    pub fn take(tx: &mut Tx<'_>, id: EventId, seats: u32, now: Time) -> Result<(bool, Option<Event>), Error> {
        let (found, event) = tx.execute_then_one(
            "UPDATE event SET free = free - ? WHERE id = ? AND free >= ? AND called_off = 0 \
             AND (starts_at IS NULL OR starts_at > ?)",
            &[seats.into(), id.0, seats.into(), now.0],
            join!(Event::SELECT, " WHERE id = ?"),
            id.0,
        )?;
        Ok((found > 0, event))
    }

    /// Gives seats back.
    pub fn give_back(tx: &mut Tx<'_>, id: EventId, seats: u32) -> Result<u64, Error> {
        tx.execute("UPDATE event SET free = free + ? WHERE id = ?", params![seats, id])
    }

    /// Notes that it will not be.
    pub fn call_off(tx: &mut Tx<'_>, id: EventId) -> Result<u64, Error> {
        tx.execute("UPDATE event SET called_off = 1 WHERE id = ? AND called_off = 0", params![id])
    }
}

record! {
    /// Seats that somebody has booked.
    pub struct Booking in "booking" {
        id: BookingId,
        account: AccountId,
        event: EventId,
        seats: u32,
        /// What was paid and has not been paid back.
        paid: Money,
        at: Time,
    }
}

const COLUMNS: &str = "SELECT b.id, b.account, b.event, b.seats, b.paid, b.at, ";

/// A booking and what it is for.
pub type Booked = (Booking, String, Option<Time>, bool);

impl Booking {
    /// The bookings of an account before number `before`, the newest first, each with its event's name and
    /// start, and whether that was called off.
    pub fn of_account(
        tx: &mut Tx<'_>, account: AccountId, before: i64, limit: u32,
    ) -> Result<Vec<Booked>, Error> {
        tx.rows(
            join!(
                COLUMNS,
                "e.name, e.starts_at, e.called_off FROM booking b JOIN event e ON e.id = b.event \
                 WHERE b.account = ? AND b.id < ? ORDER BY b.id DESC LIMIT ?"
            ),
            params![account, before, limit],
        )
    }

    /// The bookings of an event after number `after`, each with the name of who made it.
    pub fn of_event(
        tx: &mut Tx<'_>, event: EventId, after: i64, limit: u32,
    ) -> Result<Vec<(Booking, String)>, Error> {
        tx.rows(
            join!(
                COLUMNS,
                "a.name FROM booking b JOIN account a ON a.id = b.account \
                 WHERE b.event = ? AND b.id > ? ORDER BY b.id LIMIT ?"
            ),
            params![event, after, limit],
        )
    }

    /// How many seats of an event an account has.
    pub fn seats_of(tx: &mut Tx<'_>, event: EventId, account: AccountId) -> Result<i64, Error> {
        let sql = "SELECT CAST(SUM(seats) AS SIGNED) FROM booking WHERE event = ? AND account = ?";
        let found: Option<Option<i64>> = tx.one(sql, params![event, account])?;
        Ok(found.flatten().unwrap_or(0))
    }

    /// Gives up the seats of a booking, whose money stays where it is.
    pub fn release(tx: &mut Tx<'_>, id: BookingId) -> Result<u64, Error> {
        tx.execute("UPDATE booking SET seats = 0 WHERE id = ?", params![id])
    }

    /// Forgets a booking; 0 if there is none.
    pub fn remove(tx: &mut Tx<'_>, id: BookingId) -> Result<u64, Error> {
        tx.execute("DELETE FROM booking WHERE id = ?", params![id])
    }

    /// Notes that what was paid has been paid back; 0 if it was before.
    pub fn pay_back(tx: &mut Tx<'_>, id: BookingId, paid: Money) -> Result<u64, Error> {
        tx.execute("UPDATE booking SET paid = 0 WHERE id = ? AND paid = ?", params![id, paid])
    }
}
