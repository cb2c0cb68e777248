//! Files that are written aside and get their name when they are whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::key;

/// A file on its way, for its owner only. Dropped before it is finished it leaves nothing.
#[derive(Debug)]
pub struct Aside {
    file: BufWriter<File>,
    path: PathBuf,
    target: PathBuf,
}

impl Aside {
    /// Begins a file beside `target`.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn beside(target: &Path) -> Result<Self, Fault> {
        let unique = key::fresh()?;
        let path = target.with_file_name(format!(".reel-{unique}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        // The target is what somebody named.
        let file = file.map_err(|error| Fault::file(target, error))?;
        Ok(Self { file: BufWriter::new(file), path, target: target.to_owned() })
    }

    /// Gives it its name, durably, and says how many bytes it has. Only with `replace` may something
    /// be there already.
    ///
    /// # Errors
    /// Something is there, or the file system refuses.
    pub fn finish(mut self, replace: bool) -> Result<u64, Fault> {
        let wrong = |error| Fault::file(&self.target, error);
        self.file.flush().map_err(wrong)?;
        let file = self.file.get_ref();
        file.sync_all().map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        land(&self.path, &self.target, replace)?;
        Ok(size)
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After a finish it is not there any more.
        let _ = fs::remove_file(&self.path);
    }
}

/// Gives the file at `path` the name `target`, durably. Only with `replace` may something be there
/// already.
///
/// # Errors
/// Something is there, or the file system refuses; the file stays where it is.
pub fn land(path: &Path, target: &Path, replace: bool) -> Result<(), Fault> {
    let moved = if replace { fs::rename(path, target) } else { link(path, target) };
    moved.map_err(|error| Fault::file(target, error))?;
    // The folder is made durable where that can be done.
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty());
    let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A link fails where a rename would overwrite.
fn link(path: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(path, target) {
        Ok(()) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without links.
        Err(_) if !target.exists() => fs::rename(path, target),
        Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        drop(Aside::beside(&target).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let mut aside = Aside::beside(&target).unwrap();
        aside.write_all(b"hello").unwrap();
        assert!(!target.exists());
        assert_eq!(aside.finish(false).unwrap(), 5);
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        let again = |replace| Aside::beside(&target).unwrap().finish(replace);
        assert!(again(false).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"hello");
        assert_eq!(again(true).unwrap(), 0);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
