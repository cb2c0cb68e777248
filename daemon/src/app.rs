//! What all sessions share, opened in the right order and closed in the reverse one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use vault::Vault;

use crate::clock::Clock;
use crate::config::Config;
use crate::guard::caught;
use crate::live::Live;
use crate::service::lounge::Lounge;
use crate::service::notice::{self, News};
use crate::service::password::Hasher;
use crate::service::transfer::history::Recorder;
use crate::service::transfer::places::Places;

/// The handles of a running club. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of a running club.
pub struct Parts {
    /// What the operator has set.
    pub config: Config,
    /// What time it is.
    pub clock: Clock,
    /// Everything but the bytes.
    pub db: sql::Db,
    /// The bytes.
    pub vault: Vault,
    /// Who is on.
    pub live: Live,
    /// Hashes passwords.
    pub passwords: Hasher,
    /// Bounds the uploads at once.
    pub uploads: Places,
    /// What is told to whoever watches.
    pub news: broadcast::Sender<News>,
    /// The chat rooms.
    pub lounge: Lounge,
    /// Writes the download history behind the transfers.
    pub recorder: Recorder,
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why a club cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder.
    #[error("data folder {0}: {1}")]
    Folder(String, std::io::Error),
    /// The files.
    #[error("files in {0}: {1}")]
    Vault(String, vault::Error),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sql::Error),
}

impl App {
    /// Opens folder, vault and database, and brings the schema up to date.
    ///
    /// # Errors
    /// What cannot be opened, in words for the operator.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        make_folder(&config)?;
        let folder = config.data.display().to_string();
        // Before the database: two daemons on one folder are told apart here.
        let vault = Vault::open(&config.data).map_err(|e| match e {
            vault::Error::Io(cause) => OpenError::Folder(folder, cause),
            other => OpenError::Vault(folder, other),
        })?;
        let db = open_database(&config).await?;
        let hashes = match config.limits.hashes {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        let clock = Clock::from_environment();
        Ok(Self(Arc::new(Parts {
            recorder: Recorder::start(db.clone()),
            lounge: Lounge::start(db.clone(), clock.clone(), config.limits.lounge()),
            news: broadcast::channel(notice::QUEUE).0,
            passwords: Hasher::new(hashes),
            uploads: Places::new(config.limits.uploads, config.limits.account_uploads),
            live: Live::default(),
            config,
            clock,
            db,
            vault,
        })))
    }

    /// Forgets, from time to time, what has expired. Runs until it is dropped.
    pub async fn sweep(self) {
        let mut hour = tokio::time::interval(Duration::from_secs(3600));
        loop {
            hour.tick().await;
            match caught(crate::service::sweep(&self)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::warn!("the hourly sweep did not finish: {error:?}"),
                Err(trace) => {
                    log::error!("trace={trace} the hourly sweep did not finish; the next one will come")
                }
            }
        }
    }

    /// Writes what is still to be written and closes the database.
    pub async fn close(self) {
        if self.recorder.flush().await.is_err() {
            log::error!("the download history could not be written to its end");
        }
        self.db.clone().close().await;
    }
}

/// Makes the data folder, for its owner only.
///
/// # Errors
/// Of the disk.
pub fn make_folder(config: &Config) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data);
    made.map_err(|e| OpenError::Folder(config.data.display().to_string(), e))
}

/// Opens the database alone: for what runs beside a daemon.
///
/// # Errors
/// As [`sql::Db::open`].
pub async fn open_database(config: &Config) -> Result<sql::Db, sql::Error> {
    sql::Db::open(&config.database_url(), config.database_options()).await
}
