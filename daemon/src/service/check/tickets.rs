//! Seats against bookings, and what was paid for them against the ledger.

use protocol::value::{AccountId, EventId, Money};
use sql::check;
use sql::ticket::Event;

use super::{Check, PAGE, Stopped, shown};

impl Check<'_, '_, '_> {
    pub(super) async fn events(&mut self) -> Result<(), Stopped> {
        let (mut after, mut number) = (EventId(0), 0);
        loop {
            let page = self.read(move |tx| check::events(tx, after, PAGE)).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.id;
            number += page.len();
            for (event, booked) in page {
                self.event(&event, booked).await?;
            }
        }
        self.report.checked("events", format!("{number}"));
        Ok(())
    }

    async fn event(&mut self, event: &Event, booked: i64) -> Result<(), Stopped> {
        let (id, seats, free) = (event.id, i64::from(event.seats), i64::from(event.free));
        if seats == free + booked {
            return Ok(());
        }
        let name = shown(&event.name);
        let wrong = format!(
            "event {id} {name}: of {seats} seats {booked} are booked, and {free} are said to be left"
        );
        if booked > seats {
            self.report.found(format!(
                "{wrong}. Not touched: more are sold than there are; speak with those who booked"
            ));
            return Ok(());
        }
        let done = self.mend(move |tx| check::recount_seats(tx, id)).await?;
        self.report.found_or_mended(
            format!("{wrong}; --repair counts them anew"),
            done.map(|left| format!("counted anew: {left} are left")),
        );
        Ok(())
    }

    pub(super) async fn bookings(&mut self) -> Result<(), Stopped> {
        let (mut from, mut number) = (AccountId(0), 0);
        while let Some(to) = self.read(move |tx| check::accounts_behind(tx, from, PAGE)).await? {
            let (count, wrong) = self.read(move |tx| check::bookings(tx, from, to)).await?;
            number += count;
            for (account, paid, taken) in wrong {
                self.booking(account, paid, taken);
            }
            from = to;
        }
        self.report.checked("bookings", format!("{number}"));
        Ok(())
    }

    fn booking(&mut self, account: AccountId, paid: Money, taken: Money) {
        self.report.found(format!(
            "account {account} has bookings for {paid}, the ledger took {taken} for tickets. Not touched: find out \
             which is right; an admin's CREDIT sets it straight with the account"
        ));
    }
}
