//! `reeld check`.

use std::process::ExitCode;

use clap::Args;
use daemon::config::Config;
use daemon::service::check::{self, Line, Report, Scope};

use super::{clear_progress, many, open, progress};
use crate::Failure;

/// What `reeld check` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Read every stored file to its end and compare SHA-256 and MD5
    #[arg(long)]
    deep: bool,
    /// Mend what can be mended without guessing; never touches money
    #[arg(long)]
    repair: bool,
}

/// Checks a club and prints what is found.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode, Failure> {
    let unchecked = |failure| Failure::Unchecked(Box::new(failure));
    let club = open(config).await.map_err(unchecked)?;
    println!("checking {}", config.data.display());
    let scope = Scope { deep: options.deep, repair: options.repair, progress: progress("read") };
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
