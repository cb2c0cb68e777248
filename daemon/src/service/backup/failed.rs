//! Why there is no backup, or no club out of one, in words for the operator.

use std::path::PathBuf;

use crate::service::check::Stopped;

/// Why there is no backup, or no club out of one.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The club.
    #[error(transparent)]
    Club(#[from] Stopped),
    /// A file or folder.
    #[error("{}: {}", .0.display(), .1)]
    Disk(PathBuf, std::io::Error),
    /// The disk under a folder.
    #[error("the disk under {} is full", .0.display())]
    Full(PathBuf),
    /// Looked at before anything was copied.
    #[error("{} has {free} bytes free, and {needed} are needed", place.display())]
    NoRoom {
        /// The folder.
        place: PathBuf,
        /// What there is, in bytes.
        free: u64,
        /// What is to be copied, in bytes.
        needed: u64,
    },
    /// The folder is something else.
    #[error("{} has files in it that are no backup of Reel's: name an empty or a new folder", .0.display())]
    NoBackupFolder(PathBuf),
    /// There is nothing to restore.
    #[error("there is no backup in {}", .0.display())]
    NoBackup(PathBuf),
    /// Somebody else has the folder.
    #[error("{} is in use: another backup is being made there, or a daemon runs on it", .0.display())]
    InUse(PathBuf),
    /// What the manifest says cannot be understood.
    #[error("{}: {}", .0.display(), .1)]
    Manifest(PathBuf, String),
    /// The bytes of the database are not those that the manifest names.
    #[error("{} is damaged: its SHA-256 is not the one that manifest.toml says", .0.display())]
    Damaged(PathBuf),
    /// Nothing is restored over a club.
    #[error("there is a club already: {0}. Restore into a new folder and an empty database")]
    Occupied(String),
    /// Some contents cannot be had.
    #[error("{0} of the contents cannot be restored; with --incomplete all others are")]
    Incomplete(u64),
    /// It broke off when it had begun.
    #[error(
        "{0}\nThe restore is not complete, and no daemon starts from it: give the same command again to go on"
    )]
    Unfinished(Box<Failed>),
}

impl From<sql::Error> for Failed {
    fn from(error: sql::Error) -> Self {
        Self::Club(error.into())
    }
}

impl From<vault::Error> for Failed {
    fn from(error: vault::Error) -> Self {
        Self::Club(error.into())
    }
}
