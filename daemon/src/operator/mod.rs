//! `reeld cert`, `reeld check` and `reeld purge`: what an operator asks for, and what is printed.

pub(crate) mod cert;
pub(crate) mod check;
pub(crate) mod purge;

use std::time::Duration;

use daemon::config::Config;
use daemon::service::check::{Club, Stopped};
use vault::Survey;

use crate::Failure;

/// How long one statement over a whole table may take, and how long a daemon's writing is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// Opens what there is and makes nothing.
async fn open(config: &Config) -> Result<Club, Failure> {
    let survey = Survey::open(&config.data).map_err(|error| match error {
        vault::Error::Missing => Failure::NoClub(format!("vault in {}", config.data.display())),
        other => Stopped::from(other).into(),
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
