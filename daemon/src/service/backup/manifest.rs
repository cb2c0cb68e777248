//! What a backup says of itself: the last thing that is written of it, and the first that is read.

use std::path::Path;

use protocol::value::Time;
use serde::{Deserialize, Serialize};
use sql::Engine;
use sql::copy::Size;

use super::{Failed, disk};

/// The form of backups that this program makes and reads.
const FORMAT: u32 = 1;

const NAME: &str = "manifest.toml";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// The program that made it.
    pub made_by: String,
    /// The moment that it is of.
    pub at: String,
    /// What the club ran on.
    pub engine: String,
    /// The name of its database.
    pub database: String,
    /// How many bytes that has.
    pub database_bytes: u64,
    /// SHA-256 of that.
    pub database_sha256: String,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many titles, deleted ones too.
    pub titles: u64,
    /// How many bytes the contents have.
    pub bytes: u64,
    /// How many contents are missing, as they could not be read.
    pub missing: u64,
}

impl Manifest {
    pub(super) fn new(
        at: Time, engine: Engine, size: Size, missing: u64, bytes: u64, sha256: String,
    ) -> Self {
        Self {
            format: FORMAT,
            made_by: format!("reeld {}", env!("CARGO_PKG_VERSION")),
            at: at.to_string(),
            engine: engine.to_string(),
            database: format!("reel-{}.db", &sha256[..16]),
            database_bytes: bytes,
            database_sha256: sha256,
            accounts: size.accounts,
            titles: size.titles,
            bytes: size.bytes,
            missing,
        }
    }

    /// The manifest of the backup in a folder.
    pub(super) fn read(dir: &Path) -> Result<Self, Failed> {
        let path = dir.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Failed::NoBackup(dir.to_owned()));
            }
            Err(error) => return Err(Failed::Disk(path, error)),
        };
        let wrong = |why: String| Failed::Manifest(path.clone(), why);
        let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match table.get("format").and_then(toml::Value::as_integer) {
            Some(format) if format == i64::from(FORMAT) => {}
            Some(format) => return Err(wrong(format!("format {format}; this program knows {FORMAT}"))),
            None => return Err(wrong("it has no format".into())),
        }
        let manifest: Self = table.try_into().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        // A name, not a path to somewhere else.
        if manifest.database.contains('/') {
            return Err(wrong("database is no name of a file".into()));
        }
        Ok(manifest)
    }

    /// From now on it is this backup that counts.
    pub(super) fn write(&self, dir: &Path) -> Result<(), Failed> {
        let path = dir.join(NAME);
        let text =
            toml::to_string(self).map_err(|error| Failed::Manifest(path.clone(), error.to_string()))?;
        disk::write(&path, text.as_bytes())
    }
}
