//! What is counted as it happens, against what there is.

use sql::check::{self, COUNTS};

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
        self.report.checked("tallies", format!("{}", COUNTS.len()));
        Ok(())
    }
}
