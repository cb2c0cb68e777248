//! `reeld check`, `purge`, `backup`, `restore` and `cert`: what an operator asks for, and what is printed.

pub(crate) mod backup;
pub(crate) mod cert;
pub(crate) mod check;
pub(crate) mod purge;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use daemon::config::{Config, hidden};
use daemon::service::check::{Club, PATIENCE, Progress, Stopped};
use vault::Survey;

use crate::Failure;

/// Opens what there is and makes nothing.
async fn open(config: &Config) -> Result<Club, Failure> {
    let survey = Survey::open(&config.data).map_err(|error| match error {
        vault::Error::Missing => {
            Failure::NoClub(format!("vault in {} (--data names the folder)", config.data.display()))
        }
        other => Stopped::from(other).into(),
    })?;
    let url = config.database_url();
    if sql::Db::found(&url, patient(config)).await? == sql::Found::Nothing {
        return Err(Failure::NoClub(format!("database at {}", hidden(&url))));
    }
    let db = sql::Db::open(&url, patient(config)).await?;
    Ok(Club { db, survey })
}

/// How a database is opened whose tables are gone through.
fn patient(config: &Config) -> sql::Options {
    let options = config.database_options();
    let patience = options.patience.max(PATIENCE);
    sql::Options { patience, ..options }
}

/// On a terminal: how much was read, a few times a second.
fn progress(what: &'static str) -> Progress {
    let last = Mutex::new(Instant::now());
    let terminal = std::io::stderr().is_terminal();
    Arc::new(move |done, all| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if terminal && all > 0 && last.elapsed() > Duration::from_millis(200) {
            *last = Instant::now();
            eprint!("\r{} of {} {what} ", amount(done), amount(all));
        }
    })
}

fn clear_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

/// A number of things, in words.
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
