//! `reeld purge`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;
use daemon::clock::Clock;
use daemon::config::Config;
use daemon::service::DAY;
use daemon::service::check::{Club, shown};
use daemon::service::purge::{self, Outcome, Refusal};
use protocol::value::{Time, TitleId};
use sql::removal::Doomed;

use super::{amount, many, open};
use crate::Failure;

/// What `reeld purge` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The numbers of deleted titles
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all", value_parser = id)]
    ids: Vec<TitleId>,
    /// All deleted titles that nobody has bought
    #[arg(long)]
    all: bool,
    /// With --all: only those that were deleted so many days ago
    #[arg(long, value_name = "DAYS", requires = "all", conflicts_with = "ids")]
    older_than: Option<u32>,
    /// Also titles that people have bought, who can fetch them no more
    #[arg(long)]
    even_bought: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

fn id(text: &str) -> Result<TitleId, &'static str> {
    text.parse().map_err(|_| "expected the number of a title")
}

/// Purges what is named, after it was shown and agreed to.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode, Failure> {
    let club = open(config).await?;
    let job = Job { club, options, now: Clock::from_environment().now() };
    let code = job.run().await;
    job.club.db.close().await;
    code
}

struct Job<'o> {
    club: Club,
    options: &'o Options,
    now: Time,
}

/// What was said or done so far.
#[derive(Default)]
struct Sum {
    titles: u64,
    bytes: u64,
    refused: u64,
}

impl Job<'_> {
    async fn run(&self) -> Result<ExitCode, Failure> {
        let mut plan = Sum::default();
        self.each(async |id, title| {
            match purge::may(title.as_ref(), self.options.even_bought) {
                Ok(()) => plan.add(title.as_ref()),
                Err(refusal) => plan.refuse(id, refusal),
            }
            Ok(())
        })
        .await?;
        // Of titles that were named one by one, all or none.
        if plan.refused > 0 && !self.options.all {
            println!("nothing was purged");
            return Ok(ExitCode::FAILURE);
        }
        if plan.titles == 0 {
            println!("there is nothing to purge");
            return Ok(ExitCode::SUCCESS);
        }
        if !self.agreed(&plan)? {
            println!("nothing was purged");
            return Ok(ExitCode::FAILURE);
        }
        let mut done = Sum::default();
        self.each(async |id, title| {
            if purge::may(title.as_ref(), self.options.even_bought).is_err() && self.options.all {
                return Ok(());
            }
            done.count(id, purge::purge(&self.club, id, self.options.even_bought, self.now).await?);
            Ok(())
        })
        .await?;
        println!("purged {}, {} freed", many(done.titles, "title"), amount(done.bytes));
        Ok(if done.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Goes through what is named, a page at a time.
    async fn each(
        &self, mut work: impl AsyncFnMut(TitleId, Option<Doomed>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let db = &self.club.db;
        if !self.options.all {
            return self.each_named(work).await;
        }
        // What is deleted from now on is for the next purge: this one comes to an end.
        let before = Time(self.now.0 - i64::from(self.options.older_than.unwrap_or(0)) * DAY);
        let mut after = TitleId(0);
        loop {
            let page = purge::deleted(db, before, after).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for title in page {
                work(title.id, Some(title)).await?;
            }
        }
        Ok(())
    }

    async fn each_named(
        &self, mut work: impl AsyncFnMut(TitleId, Option<Doomed>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut ids = self.options.ids.clone();
        ids.sort_unstable_by_key(|id| id.0);
        ids.dedup();
        for id in ids {
            work(id, purge::title(&self.club.db, id).await?).await?;
        }
        Ok(())
    }

    fn agreed(&self, plan: &Sum) -> Result<bool, Failure> {
        if self.options.yes || !std::io::stdin().is_terminal() {
            return Ok(true);
        }
        print!("Purge {}, {} at most, for good? [y/N] ", many(plan.titles, "title"), amount(plan.bytes));
        std::io::stdout().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

impl Sum {
    fn add(&mut self, title: Option<&Doomed>) {
        let Some(title) = title else { return };
        let bought = match title.buyers {
            0 => String::new(),
            buyers => format!(", bought by {buyers}, who can fetch it no more"),
        };
        println!("title {} {}, {}{bought}", title.id, shown(&title.name), amount(title.size));
        self.titles += 1;
        self.bytes += title.size;
    }

    fn refuse(&mut self, id: TitleId, refusal: Refusal) {
        self.refused += 1;
        println!("title {id} stays: {}", because(refusal));
    }

    fn count(&mut self, id: TitleId, outcome: Outcome) {
        match outcome {
            Outcome::Refused(refusal) => return self.refuse(id, refusal),
            Outcome::Freed(bytes) => self.bytes += bytes,
            Outcome::Shared => println!("title {id}: another title has the same bytes, they stay"),
        }
        self.titles += 1;
    }
}

fn because(refusal: Refusal) -> String {
    match refusal {
        Refusal::Unknown => "there is no such title".into(),
        Refusal::NotDeleted => "it is not deleted (DELE)".into(),
        Refusal::Purged => "it was purged before".into(),
        Refusal::Bought(buyers) => {
            format!("bought by {buyers}, who may fetch it still (--even-bought takes it from them)")
        }
    }
}
