//! What is counted as it happens, against what there is.

use protocol::value::Money;
use sql::check::{self, COUNTS, DAYS, SUMS, Uneven};
use sql::stats::midnight;

use super::{Check, Stopped};

impl Check<'_, '_, '_> {
    pub(super) async fn tallies(&mut self) -> Result<(), Stopped> {
        for (name, count) in COUNTS {
            // Both figures are of one moment.
            let (was, counted) = self.read(move |tx| check::total(tx, name, count)).await?;
            if was == counted {
                continue;
            }
            let done = self.mend(move |tx| check::recount(tx, name, count)).await?;
            self.report.found_or_mended(
                format!("STATS: {name} says {was}, there are {counted}; --repair counts anew"),
                done.map(|now| format!("counted anew: {now}")),
            );
        }
        // The days before their sums.
        for (name, count) in DAYS {
            self.days(name, count).await?;
        }
        for name in SUMS {
            self.sum(name).await?;
        }
        self.sent().await?;
        self.report.checked("tallies", format!("{}", COUNTS.len() + DAYS.len() + SUMS.len()));
        Ok(())
    }

    async fn days(&mut self, name: &'static str, count: &'static str) -> Result<(), Stopped> {
        let wrong = self.read(move |tx| check::uneven(tx, name, count)).await?;
        let Some(Uneven { day, tallied, counted }) = wrong.first().copied() else { return Ok(()) };
        let more = match wrong.len() - 1 {
            0 => String::new(),
            1 => ", and one more day is wrong".to_owned(),
            more => format!(", and {more} more days are wrong"),
        };
        let date = midnight(day).to_string();
        let (tallied, counted) = (figure(name, tallied), figure(name, counted));
        let what = format!(
            "STATS: {name} of {} says {tallied}, there were {counted}{more}; --repair counts anew",
            date.split('T').next().unwrap_or_default()
        );
        let done = self.mend(move |tx| check::recount_days(tx, name, count)).await?;
        self.report.found_or_mended(what, done.map(|_| "counted anew".to_owned()));
        Ok(())
    }

    async fn sum(&mut self, name: &'static str) -> Result<(), Stopped> {
        let (was, sum) = self.read(move |tx| check::sum(tx, name)).await?;
        if was == sum {
            return Ok(());
        }
        let (was, sum) = (figure(name, was), figure(name, sum));
        let done = self.mend(move |tx| check::resum(tx, name)).await?;
        self.report.found_or_mended(
            format!("STATS: {name} says {was}, its days add up to {sum}; --repair takes their sum"),
            done.map(|now| format!("it is {} now", figure(name, now))),
        );
        Ok(())
    }

    async fn sent(&mut self) -> Result<(), Stopped> {
        let (sent, kept) = self.read(check::sent).await?;
        if sent < kept {
            self.report.found(format!(
                "STATS: {sent} bytes were sent in all, the download history has {kept}. Not touched: how many more \
                 there were nobody knows"
            ));
        }
        Ok(())
    }
}

/// A number as STATS shows it.
fn figure(name: &str, number: i64) -> String {
    match name {
        "revenue" => Money(number).to_string(),
        _ => number.to_string(),
    }
}
