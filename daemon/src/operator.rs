//! `reeld check` and `reeld purge`: what an operator asks for, and what is printed.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use daemon::clock::Clock;
use daemon::config::Config;
use daemon::service::DAY;
use daemon::service::check::{self, Club, Line, Progress, Report, Scope, shown};
use daemon::service::purge::{self, Outcome, Refusal};
use protocol::value::{Time, TitleId};
use sql::removal::Doomed;
use vault::Survey;

use crate::Failure;

/// How long one statement over a whole table may take, and how long a daemon's writing is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// What `reeld check` takes.
#[derive(Args)]
pub(crate) struct Check {
    /// Read every stored file to its end and compare SHA-256 and MD5
    #[arg(long)]
    deep: bool,
    /// Mend what can be mended without guessing; never touches money
    #[arg(long)]
    repair: bool,
}

/// What `reeld purge` takes.
#[derive(Args)]
pub(crate) struct Purge {
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

/// Opens what there is and makes nothing.
async fn open(config: &Config) -> Result<Club, Failure> {
    let survey = Survey::open(&config.data).map_err(|error| match error {
        vault::Error::Missing => Failure::NoClub(format!("vault in {}", config.data.display())),
        other => check::Stopped::from(other).into(),
    })?;
    let url = config.database_url();
    if !sql::Db::is_there(&url)? {
        return Err(Failure::NoClub(format!("database at {url}")));
    }
    let options = config.database_options();
    let patience = options.patience.max(PATIENCE);
    let db = sql::Db::open(&url, sql::Options { patience, ..options }).await?;
    Ok(Club { db, survey })
}

/// Checks a club and prints what is found.
pub(crate) async fn check(config: &Config, options: &Check) -> Result<ExitCode, Failure> {
    let unchecked = |failure| Failure::Unchecked(Box::new(failure));
    let club = open(config).await.map_err(unchecked)?;
    println!("checking {}", config.data.display());
    let scope = Scope { deep: options.deep, repair: options.repair, progress: progress() };
    let mut tell = |line| print_line(&line);
    let mut report = Report::new(&mut tell);
    let ended = check::run(&club, scope, &mut report).await;
    let (findings, mended) = (report.findings, report.mended);
    club.db.close().await;
    ended.map_err(|stopped| unchecked(stopped.into()))?;
    let left = findings - mended;
    match (left, mended) {
        (0, 0) => println!("clean"),
        (left, 0) => println!("{}", many(left, "finding")),
        (0, mended) => println!("clean: {} mended", many(mended, "finding")),
        (left, mended) => println!("{} left, {mended} mended", many(left, "finding")),
    }
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_line(line: &Line) {
    clear_progress();
    match line {
        Line::Checked(what, much) => println!("{what}: {much}"),
        Line::Found(what) => println!("FOUND {what}"),
        Line::Mended(what, done) => println!("MENDED {what}: {done}"),
    }
}

/// On a terminal: how much was read, a few times a second.
fn progress() -> Progress {
    let last = Mutex::new(Instant::now());
    let terminal = std::io::stderr().is_terminal();
    Arc::new(move |done, all| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if terminal && all > 0 && last.elapsed() > Duration::from_millis(200) {
            *last = Instant::now();
            eprint!("\r{} of {} read ", amount(done), amount(all));
        }
    })
}

fn clear_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

fn many(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Bytes as a person reads them.
fn amount(bytes: u64) -> String {
    let (mut whole, mut tenths, mut unit) = (bytes, 0, "bytes");
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if whole < 1024 {
            break;
        }
        (tenths, unit) = (whole % 1024 * 10 / 1024, larger);
        whole /= 1024;
    }
    if unit == "bytes" { format!("{whole} bytes") } else { format!("{whole}.{tenths} {unit}") }
}

/// Purges what is named, after it was shown and agreed to.
pub(crate) async fn purge(config: &Config, options: &Purge) -> Result<ExitCode, Failure> {
    let club = open(config).await?;
    let job = Job { club, options, now: Clock::from_environment().now() };
    let code = job.run().await;
    job.club.db.close().await;
    code
}

struct Job<'o> {
    club: Club,
    options: &'o Purge,
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
        let mut ids = self.options.ids.clone();
        ids.sort_unstable_by_key(|id| id.0);
        ids.dedup();
        for id in ids {
            work(id, purge::title(db, id).await?).await?;
        }
        // What is deleted from now on is for the next purge: this one comes to an end.
        let before = Time(self.now.0 - i64::from(self.options.older_than.unwrap_or(0)) * DAY);
        let mut after = TitleId(0);
        while self.options.all {
            let page = purge::deleted(db, before, after).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for title in page {
                work(title.id, Some(title)).await?;
            }
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
