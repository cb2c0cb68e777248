//! What an operator sees of a vault, also while a daemon has it open.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::digest::from_hex;
use crate::part::absent;
use crate::place::Place;
use crate::ring::BUFFER;
use crate::sum::Md5;
use crate::{Digest, Error, Keeping, Quiet, Still, blocking};

/// A look at a vault that takes no lock and makes nothing. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Survey(Arc<Place>);

/// What lies in one of the vault's folders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A file where content of this digest belongs.
    Content {
        /// What its name says; its bytes were not looked at.
        digest: Digest,
        /// Its length in bytes.
        size: u64,
    },
    /// Nothing that the vault put there: its path below the data folder.
    Stray(String),
}

/// What the bytes of stored content say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hashes {
    /// How many there are.
    pub size: u64,
    /// Their MD5.
    pub md5: [u8; 16],
    /// Their SHA-256.
    pub sha256: Digest,
}

impl Survey {
    /// Looks at the vault in the folder `dir`. It blocks for a moment.
    ///
    /// # Errors
    /// [`Error::Missing`] if there is no vault.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let place = Place::of(dir)?;
        match place.stored.is_dir() {
            true => Ok(Self(Arc::new(place))),
            false => Err(Error::Missing),
        }
    }

    /// The length of stored content in bytes; none if it is not here.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn size(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        let (place, digest) = (self.0.clone(), *digest);
        blocking(move || Ok(absent(fs::metadata(place.content(&digest)))?.map(|here| here.len()))).await
    }

    /// Reads stored content to its end; none if it is not here. `progress` hears how many bytes came.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn hash(
        &self, digest: &Digest, progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Option<Hashes>, Error> {
        let (place, digest) = (self.0.clone(), *digest);
        blocking(move || match absent(File::open(place.content(&digest)))? {
            Some(file) => hash(file, progress).map(Some),
            None => Ok(None),
        })
        .await
    }

    /// The folders that content lies in, 65,536 at most, and what else is among them.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn folders(&self) -> Result<(Vec<[u8; 2]>, Vec<Found>), Error> {
        let place = self.0.clone();
        blocking(move || {
            let (mut folders, mut strays) = (vec![], vec![]);
            for (first, path) in bytes_of(&place.stored, "", &mut strays)? {
                for (second, _) in bytes_of(&path, &format!("{first:02x}/"), &mut strays)? {
                    folders.push([first, second]);
                }
            }
            folders.sort_unstable();
            Ok((folders, strays))
        })
        .await
    }

    /// What lies in one folder: of a million contents about sixteen.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn files(&self, folder: [u8; 2]) -> Result<Vec<Found>, Error> {
        let place = self.0.clone();
        blocking(move || {
            let below = format!("{:02x}/{:02x}", folder[0], folder[1]);
            let mut found = vec![];
            let Some(entries) = absent(fs::read_dir(place.stored.join(&below)))? else {
                return Ok(found);
            };
            for entry in entries {
                let entry = entry?;
                // Gone since it was listed.
                let Some(here) = absent(entry.metadata())? else { continue };
                let name = entry.file_name();
                let digest = name.to_str().and_then(|name| name.parse::<Digest>().ok());
                let ours = |digest: &Digest| {
                    digest.as_bytes().starts_with(&folder) && *digest.to_string() == *name && here.is_file()
                };
                found.push(match digest.filter(ours) {
                    Some(digest) => Found::Content { digest, size: here.len() },
                    None => stray(&format!("{below}/{}", name.to_string_lossy())),
                });
            }
            Ok(found)
        })
        .await
    }

    /// A moment in which no upload is being stored, to look at what seems wrong.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn quiet(&self) -> Result<Quiet, Error> {
        let place = self.0.clone();
        blocking(move || Quiet::begin(&place)).await
    }

    /// Has all content stay that is here, for as long as it is held: for who copies it.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn keep(&self) -> Result<Keeping, Error> {
        let place = self.0.clone();
        blocking(move || Keeping::begin(&place)).await
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0
    }

    /// The right to remove content, once no upload is being stored and nobody is copying.
    ///
    /// # Errors
    /// [`Error::Io`] of the disk.
    pub async fn still(&self) -> Result<Still, Error> {
        let place = self.0.clone();
        blocking(move || Still::begin(&place)).await
    }
}

/// The folders here that are named by a byte.
fn bytes_of(folder: &Path, below: &str, strays: &mut Vec<Found>) -> Result<Vec<(u8, PathBuf)>, Error> {
    let mut all = vec![];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let byte = name.to_str().and_then(from_hex::<1>).filter(|[byte]| *format!("{byte:02x}") == *name);
        match byte {
            Some([byte]) if entry.file_type()?.is_dir() => all.push((byte, entry.path())),
            _ => strays.push(stray(&format!("{below}{}", name.to_string_lossy()))),
        }
    }
    Ok(all)
}

fn stray(below: &str) -> Found {
    Found::Stray(format!("vault/v1/stored/{below}"))
}

fn hash(mut file: File, progress: impl Fn(u64)) -> Result<Hashes, Error> {
    let (mut md5, mut sha256, mut size) = (Md5::new()?, Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        md5.update(&buffer[..read])?;
        sha256.update(&buffer[..read]);
        size += read as u64;
        progress(read as u64);
    }
    let sha256: [u8; 32] = sha256.finalize().into();
    Ok(Hashes { size, md5: md5.finish()?, sha256: sha256.into() })
}
