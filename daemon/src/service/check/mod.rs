//! What an operator checks, beside a daemon or without one: the database against the files, the ledger against
//! the balances, what follows from other rows against those rows.
//!
//! Everything is read page by page. What other programs may be changing right now is looked at again before it is
//! called wrong. Repairs change nothing that would have to be guessed, and never money.

mod contents;
mod files;
mod money;
mod names;
mod report;
mod tallies;
mod tickets;
mod titles;

use std::sync::Arc;
use std::time::Duration;

use sql::{Db, Tx, check};
use vault::Survey;

pub(super) use contents::hit;
pub use report::{Line, Report, shown};

/// How long one statement over a whole table may take, and how long a daemon's writing is waited for.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Rows of one page.
const PAGE: u32 = 500;

/// The two halves of a club, as an operator opens them: nothing is locked, nothing made.
#[derive(Clone)]
pub struct Club {
    /// Everything but the bytes.
    pub db: Db,
    /// The bytes.
    pub survey: Survey,
}

/// Hears how many bytes were read, and how many there are.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// How much is checked.
#[derive(Clone)]
pub struct Scope {
    /// Every stored byte is read.
    pub deep: bool,
    /// What can be mended without guessing is.
    pub repair: bool,
    /// Told while bytes are read.
    pub progress: Progress,
}

/// Why a check or a purge did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sql::Error),
    /// The files.
    #[error("files: {}", disk(.0))]
    Files(#[from] vault::Error),
}

fn disk(error: &vault::Error) -> String {
    match error {
        vault::Error::Io(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// Checks all of a club; what was found is in the report.
///
/// # Errors
/// What kept it from going on. What was found before is told.
pub async fn run(club: &Club, scope: Scope, report: &mut Report<'_>) -> Result<(), Stopped> {
    let mut check = Check { club, scope, report };
    check.database().await?;
    // Contents before titles and files: what is mended there is what these are held against.
    check.contents().await?;
    check.files().await?;
    check.titles().await?;
    check.names().await?;
    check.accounts().await?;
    check.ledger().await?;
    check.purchases().await?;
    check.vouchers().await?;
    check.events().await?;
    check.bookings().await?;
    check.tallies().await
}

/// A check under way.
struct Check<'c, 'r, 'o> {
    club: &'c Club,
    scope: Scope,
    report: &'r mut Report<'o>,
}

impl Check<'_, '_, '_> {
    async fn read<T: Send + 'static>(
        &self, work: impl FnMut(&mut Tx<'_>) -> Result<T, sql::Error> + Send + 'static,
    ) -> Result<T, Stopped> {
        Ok(self.club.db.read(work).await?)
    }

    /// Runs a repair, if repairs are wanted; none if they are not.
    async fn mend<T: Send + 'static>(
        &self, work: impl FnMut(&mut Tx<'_>) -> Result<T, sql::Error> + Send + 'static,
    ) -> Result<Option<T>, Stopped> {
        match self.scope.repair {
            true => Ok(Some(self.club.db.write(work).await?)),
            false => Ok(None),
        }
    }

    async fn database(&mut self) -> Result<(), Stopped> {
        let deep = self.scope.deep;
        for said in self.read(move |tx| check::soundness(tx, deep)).await? {
            let said = shown(&said);
            self.report
                .found(format!("the database says of itself {said}: stop the daemon and restore a backup"));
        }
        let engine = self.club.db.engine();
        self.report.checked("database", engine.to_string());
        Ok(())
    }
}
