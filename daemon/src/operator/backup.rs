//! `reeld backup` and `reeld restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use daemon::clock::Clock;
use daemon::config::{Config, hidden};
use daemon::service::backup::{self, Failed, Place};

use super::{amount, clear_progress, many, open, patient, progress};
use crate::Failure;

/// What `reeld backup` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder of the backup: a new or an empty one, or one with an earlier backup, which is brought up to date
    dir: PathBuf,
    /// Read also what is in the backup already, and copy anew what is damaged there
    #[arg(long)]
    verify: bool,
}

/// What `reeld restore` takes.
#[derive(Args)]
pub(crate) struct Restore {
    /// The folder of the backup
    dir: PathBuf,
    /// Restore the rest where contents are missing or damaged: their titles cannot be fetched
    #[arg(long)]
    incomplete: bool,
}

/// Makes a backup and says what it came to.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode, Failure> {
    let club = open(config).await?;
    let now = Clock::from_environment().now();
    let mut tell = told;
    let done = backup::backup(&club, &options.dir, options.verify, now, progress("copied"), &mut tell).await;
    clear_progress();
    club.db.close().await;
    let done = done?;
    let (accounts, titles) = (many(done.size.accounts, "account"), many(done.size.titles, "title"));
    println!(
        "backup of {now} in {}: {accounts}, {titles}, {}",
        options.dir.display(),
        amount(done.size.bytes)
    );
    let ((copied, bytes), here) = (done.copied, done.here);
    println!(
        "{} copied ({}), {here} there before, {} removed",
        many(copied, "file"),
        amount(bytes),
        done.pruned
    );
    if done.missing == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} missing in it: see `reeld check --deep`", many(done.missing, "file"));
    Ok(ExitCode::FAILURE)
}

/// Makes a club of a backup and says what it came to.
pub(crate) async fn restore(config: &Config, options: &Restore) -> Result<ExitCode, Failure> {
    let url = config.database_url();
    let shown = hidden(&url).into_owned();
    let place = Place { data: config.data.clone(), url, shown: shown.clone(), options: patient(config) };
    let mut tell = told;
    let done =
        backup::restore(&options.dir, &place, options.incomplete, progress("restored"), &mut tell).await;
    clear_progress();
    let done = done.map_err(|error: Failed| Failure::from(error))?;
    let (accounts, titles) = (many(done.size.accounts, "account"), many(done.size.titles, "title"));
    println!(
        "restored the backup of {}: {accounts}, {titles}, {} in {} and {shown}",
        done.manifest.at,
        amount(done.size.bytes),
        config.data.display()
    );
    if done.missing == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} not restored: see `reeld check`", many(done.missing, "file"));
    Ok(ExitCode::FAILURE)
}

fn told(what: String) {
    clear_progress();
    println!("FOUND {what}");
}
