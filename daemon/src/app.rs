//! What all sessions share, opened in the right order and closed in the reverse one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use vault::Vault;

use crate::belonging::{self, Stranger};
use crate::clock::Clock;
use crate::config::Config;
use crate::guard::caught;
use crate::live::Live;
use crate::service::backup;
use crate::service::lounge::Lounge;
use crate::service::notice::{self, News};
use crate::service::password::Hasher;
use crate::service::throttle::Throttle;
use crate::service::transfer::history::Recorder;
use crate::service::transfer::pace::Paces;
use crate::service::transfer::places::Places;
use crate::service::transfer::upload;

/// After this long uploads that were cut off are looked at again, while the database is away.
const AGAIN: Duration = Duration::from_secs(2);

/// The handles of a running club. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of a running club.
pub struct Parts {
    /// What the operator has set.
    config: watch::Sender<Arc<Config>>,
    /// What time it is.
    pub clock: Clock,
    /// Everything but the bytes.
    pub db: sql::Db,
    /// The bytes.
    pub vault: Vault,
    /// Told when an upload failed at its last step: its bytes are to be taken back.
    pub cut_off: Notify,
    /// Who is on.
    pub live: Live,
    /// Hashes passwords.
    pub passwords: Hasher,
    /// Slows guessing down.
    pub throttle: Throttle,
    /// Bounds the uploads at once.
    pub uploads: Places,
    /// Bounds the downloads at once.
    pub downloads: Places,
    /// How fast bytes may come and go.
    pub paces: Paces,
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
    /// The folder is a backup, not a club.
    #[error("{0} is a backup: make a club of it with `reeld restore {0} --data FOLDER`")]
    Backup(String),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sql::Error),
    /// Folder and database are not of one club.
    #[error(transparent)]
    Stranger(#[from] Stranger),
}

impl App {
    /// Opens folder, vault and database, and brings the schema up to date.
    ///
    /// # Errors
    /// What cannot be opened, in words for the operator.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        if backup::is_backup(&config.data) {
            return Err(OpenError::Backup(config.data.display().to_string()));
        }
        make_folder(&config)?;
        let folder = config.data.display().to_string();
        // Before the database: two daemons on one folder are told apart here.
        let vault = Vault::open(&config.data).map_err(|e| match e {
            vault::Error::Io(cause) => OpenError::Folder(folder, cause),
            other => OpenError::Vault(folder, other),
        })?;
        let db = open_database(&config).await?;
        if belonging::settle(&vault, &db).await? {
            log::info!("this is a new club in {}", config.data.display());
        }
        let clock = Clock::from_environment();
        Ok(Self(Arc::new(Parts {
            recorder: Recorder::start(db.clone()),
            lounge: Lounge::start(db.clone(), clock.clone(), config.limits.lounge()),
            news: broadcast::channel(notice::QUEUE).0,
            passwords: Hasher::new(config.limits.hashes_at_once(), config.limits.hash_queue),
            uploads: Places::default(),
            downloads: Places::default(),
            paces: Paces::default(),
            live: Live::default(),
            throttle: Throttle::default(),
            cut_off: Notify::new(),
            config: watch::Sender::new(Arc::new(config)),
            clock,
            db,
            vault,
        })))
    }

    /// The configuration as it will be at any time, for what lasts longer than a command.
    pub fn watch_config(&self) -> watch::Receiver<Arc<Config>> {
        self.config.subscribe()
    }

    /// Puts another configuration in force, but for what holds from the next start on. Connections and
    /// transfers that are there stay, however few there may be now; what they ask for next is under it.
    pub async fn reconfigure(&self, config: Config) {
        let config = config.within(&self.config());
        self.passwords.set(config.limits.hashes_at_once(), config.limits.hash_queue);
        self.lounge.set(config.limits.lounge()).await;
        self.config.send_replace(Arc::new(config));
    }

    /// The configuration in force. Whoever needs two of its values together asks once.
    pub fn config(&self) -> Arc<Config> {
        self.config.borrow().clone()
    }

    /// Forgets, from time to time, what has expired. Runs until it is dropped.
    pub async fn sweep(self) {
        let mut hour = tokio::time::interval(Duration::from_secs(3600));
        loop {
            tokio::select! {
                _ = hour.tick() => self.sweep_once().await,
                () = self.cut_off.notified() => {}
            }
            if upload::take_back(&self).await.is_err() {
                tokio::time::sleep(AGAIN).await;
                self.cut_off.notify_one();
            }
        }
    }

    async fn sweep_once(&self) {
        match caught(crate::service::sweep(self)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!("the hourly sweep did not finish: {error:?}"),
            Err(trace) => {
                log::error!("trace={trace} the hourly sweep did not finish; the next one will come")
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
