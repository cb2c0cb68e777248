//! Files of a backup that are not content: made for their owner only, and on disk when a function returns.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Failed, PART};

/// Bytes of one read.
const BUFFER: usize = 256 * 1024;

fn told(path: &Path) -> impl FnOnce(io::Error) -> Failed {
    let path = path.to_owned();
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Failed::Full(path.parent().unwrap_or(&path).to_owned())
        }
        _ => Failed::Disk(path, error),
    }
}

/// Makes a folder with all that lead to it.
pub(super) fn make_folder(dir: &Path) -> Result<(), Failed> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(told(dir))
}

/// Writes a file aside and renames it in.
pub(super) fn write(path: &Path, text: &[u8]) -> Result<(), Failed> {
    let part = path.with_extension("part");
    let written = || {
        let mut file = create(&part)?;
        file.write_all(text)?;
        file.sync_all()
    };
    written().map_err(told(&part))?;
    rename(&part, path)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Renames within a folder.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), Failed> {
    let renamed = || {
        fs::rename(from, to)?;
        to.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    renamed().map_err(told(to))
}

/// Removes a database with its log, if it is there.
pub(super) fn remove_database(file: &Path) -> Result<(), Failed> {
    for end in ["", "-shm", "-wal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        remove(&PathBuf::from(name))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), Failed> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(told(path)(error)),
        _ => Ok(()),
    }
}

/// Removes the databases of a backup but this one.
pub(super) fn remove_others(dir: &Path, database: &str) -> Result<(), Failed> {
    for entry in fs::read_dir(dir).map_err(told(dir))? {
        let entry = entry.map_err(told(dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let other = name.starts_with("reel-") && name.contains(".db") && !name.starts_with(database);
        if other || name.starts_with(PART) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// How many bytes a file has, and their SHA-256.
pub(super) async fn hash(path: &Path) -> Result<(u64, String), Failed> {
    let path = path.to_owned();
    blocking(move || {
        let mut file = File::open(&path).map_err(told(&path))?;
        file.sync_all().map_err(told(&path))?;
        read(&mut file, |_| Ok(())).map_err(told(&path))
    })
    .await
}

/// Copies a file for its owner only; how many bytes it has, and their SHA-256.
pub(super) async fn copy(from: &Path, to: &Path) -> Result<(u64, String), Failed> {
    let (from, to) = (from.to_owned(), to.to_owned());
    blocking(move || {
        let mut source = File::open(&from).map_err(told(&from))?;
        let mut target = create(&to).map_err(told(&to))?;
        let copied = read(&mut source, |piece| target.write_all(piece)).map_err(told(&to))?;
        target.sync_all().map_err(told(&to))?;
        Ok(copied)
    })
    .await
}

fn read(file: &mut File, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(u64, String)> {
    let (mut sha256, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; BUFFER]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                sha256.update(&buffer[..read]);
                each(&buffer[..read])?;
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let digest: [u8; 32] = sha256.finalize().into();
    Ok((bytes, vault::Digest::from(digest).to_string()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(ended) => Err(Failed::Disk(PathBuf::new(), ended.into())),
    }
}
