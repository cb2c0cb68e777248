//! `reeld words`: the operator's dictionaries.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Subcommand;
use daemon::app::{OpenError, make_folder};
use daemon::clock::Clock;
use daemon::config::{Config, hidden};
use daemon::service::word::import::{self, ImportError, Progress, Source, Summary};
use protocol::harmless::harmless;
use sql::{Db, Found, Options};

/// What is done with dictionaries.
#[derive(Subcommand)]
pub enum Deed {
    /// Import a dictionary, in place of the one of that name if there is one.
    ///
    /// FILE is a plain list (a word or phrase a line, a TAB or else white space, what it means; UTF-8) or either
    /// half of a dictd database (.index with .dict or .dict.dz). It may run beside a running daemon.
    Import {
        /// The word list, or a file of the dictd database
        file: PathBuf,
        /// What to call it; the name of the file, unless said
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// List the dictionaries
    List,
    /// Remove a dictionary with all its words
    Remove {
        /// The dictionary
        name: String,
    },
}

/// What went wrong, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The data folder.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The dictionary.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sql::Error),
    /// Nothing to list or to remove from.
    #[error("there is no club: no database at {0}")]
    NoClub(String),
}

/// How long an import waits for another one, and a statement of it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the terminal shows how far it is.
const EVERY: Duration = Duration::from_millis(100);

/// Does it.
///
/// # Errors
/// What went wrong; nothing has changed then.
pub async fn run(config: &Config, deed: Deed) -> Result<(), Failure> {
    let (url, options) = (config.database_url(), config.database_options());
    let options = Options { patience: options.patience.max(PATIENCE), ..options };
    if Db::found(&url, options.clone()).await? == Found::Nothing {
        if !matches!(deed, Deed::Import { .. }) {
            return Err(Failure::NoClub(hidden(&url).into_owned()));
        }
        // Perhaps another folder was meant.
        eprintln!("reeld: there was no club: making a new one in {}", config.data.display());
    }
    make_folder(config)?;
    let db = Db::open(&url, options).await?;
    let done = act(&db, deed).await;
    db.close().await;
    done
}

async fn act(db: &Db, deed: Deed) -> Result<(), Failure> {
    match deed {
        Deed::Import { file, name } => bring_in(db, file, name).await?,
        Deed::List => list(db).await?,
        Deed::Remove { name } => {
            let gone = import::remove(db, &name).await?;
            println!("{}: removed, {} entries", gone.name, gone.entries);
        }
    }
    Ok(())
}

async fn bring_in(db: &Db, file: PathBuf, name: Option<String>) -> Result<(), ImportError> {
    let begun = Instant::now();
    let opened = file.clone();
    let source = tokio::task::spawn_blocking(move || Source::open(&opened)).await;
    let source = source.map_err(|e| ImportError::File(file, std::io::Error::other(e)))??;
    let name = name.unwrap_or_else(|| source.name.clone());
    let imported = import::import(db, Clock::from_environment().now(), source, &name, meter()).await;
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    match imported {
        Ok(summary) => {
            complain(&summary);
            let verb = if summary.replaced { "replaced" } else { "imported" };
            let seconds = begun.elapsed().as_secs_f64();
            println!("{name}: {verb}, {} entries, {:.1} s", summary.entries, seconds);
            Ok(())
        }
        Err(error) => {
            if let ImportError::Nothing(summary) = &error {
                complain(summary);
            }
            Err(error)
        }
    }
}

/// Shows how far it is, where somebody can see it.
fn meter() -> impl Fn(Progress) + Send + 'static {
    let (shown, sees) = (Cell::new(Instant::now()), std::io::stderr().is_terminal());
    move |progress| {
        if sees && shown.get().elapsed() >= EVERY {
            shown.set(Instant::now());
            // A pipe does not say how long it is.
            let percent =
                (progress.bytes * 100).checked_div(progress.of).map_or(0, |percent| percent.min(100));
            eprint!("\r{percent:3} %  {} entries", progress.entries);
            let _ = std::io::stderr().flush();
        }
    }
}

/// Names the lines that made no sense: the first of them one by one.
fn complain(summary: &Summary) {
    for (line, why) in &summary.first {
        eprintln!("line {line}: {why}; skipped");
    }
    let more = summary.senseless - summary.first.len() as u64;
    if more > 0 {
        eprintln!("and {more} more lines; {} skipped in all", summary.senseless);
    }
}

async fn list(db: &Db) -> Result<(), ImportError> {
    for dictionary in import::list(db).await? {
        let (name, title) = (&dictionary.name, &dictionary.title);
        let title = harmless(title);
        println!("{name}\t{} entries\t{}\t{title}", dictionary.entries, dictionary.imported_at);
    }
    Ok(())
}
