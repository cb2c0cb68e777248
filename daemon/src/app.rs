//! What all sessions share, opened in the right order and closed in the reverse one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, broadcast};
use vault::Vault;

use crate::clock::Clock;
use crate::config::Config;
use crate::live::Live;
use crate::service::notice::{self, News};
use crate::service::transfer::history::Recorder;

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
    /// Bounds the password hashes at once: each takes 19 MiB.
    pub hashing: Semaphore,
    /// Bounds the uploads at once.
    pub uploads: Arc<Semaphore>,
    /// What is told to whoever watches.
    pub news: broadcast::Sender<News>,
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
    #[error(transparent)]
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
        let vault = Vault::open(&config.data).map_err(|e| OpenError::Vault(folder, e))?;
        let db = open_database(&config).await?;
        let hashes = match config.limits.hashes {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        let clock = Clock::from_environment();
        Ok(Self(Arc::new(Parts {
            recorder: Recorder::start(db.clone()),
            news: broadcast::channel(notice::QUEUE).0,
            hashing: Semaphore::new(hashes),
            uploads: Arc::new(Semaphore::new(config.limits.uploads)),
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
            if let Err(error) = crate::service::sweep(&self).await {
                log::warn!("the hourly sweep did not finish: {error:?}");
            }
        }
    }

    /// Writes what is still to be written and closes the database.
    pub async fn close(self) {
        self.recorder.flush().await;
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
