//! The servers whose certificates a person has trusted at first sight: one line each, in the state folder.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::history::state_folder;
use crate::trust::Fingerprint;

/// The name of the file.
const FILE: &str = "known_servers";

/// What the file says about a server.
#[derive(Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Stranger,
    /// This fingerprint was trusted.
    Same,
    /// Another one was, in the line of this number.
    Other(usize),
}

/// The file, whether it is there or not.
///
/// # Errors
/// There is no home, or the file system refuses.
pub fn file() -> io::Result<PathBuf> {
    Ok(state_folder()?.join(FILE))
}

/// What `path` says about the server `host:port`.
///
/// # Errors
/// The file is there and cannot be read: then nobody knows what it says.
pub fn look_up(path: &Path, host: &str, shown: &Fingerprint) -> io::Result<Known> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Known::Stranger),
        other => other?,
    };
    let mut known = Known::Stranger;
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        if words.next().is_some_and(|name| name.eq_ignore_ascii_case(host)) {
            match words.next().and_then(|word| word.parse::<Fingerprint>().ok()) {
                Some(trusted) if trusted == *shown => return Ok(Known::Same),
                _ => known = Known::Other(number),
            }
        }
    }
    Ok(known)
}

/// Trusts a server from now on.
///
/// # Errors
/// Of the disk.
pub fn add(path: &Path, host: &str, shown: &Fingerprint) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    // One write, so that two shells do not mix their lines.
    file.write_all(format!("{} {shown}\n", host.to_lowercase()).as_bytes())
}

/// Forgets a server; gives how many lines of the file named it. A host without a port is meant with any.
///
/// # Errors
/// Of the disk.
pub fn forget(path: &Path, host: &str) -> io::Result<usize> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let named = |line: &str| {
        line.split_whitespace().next().is_some_and(|name| {
            let bare = name.rsplit_once(':').map_or(name, |(bare, _)| bare).trim_matches(['[', ']']);
            name.eq_ignore_ascii_case(host) || bare.eq_ignore_ascii_case(host.trim_matches(['[', ']']))
        })
    };
    let kept: Vec<&str> = text.lines().filter(|line| !named(line)).collect();
    let forgotten = text.lines().count() - kept.len();
    if forgotten > 0 {
        let aside = path.with_extension("new");
        let all: String = kept.iter().map(|line| format!("{line}\n")).collect();
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(all.as_bytes())?;
        std::fs::rename(aside, path)?;
    }
    Ok(forgotten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let (one, two) = (Fingerprint::of(b"one"), Fingerprint::of(b"two"));
        let known = |host, shown| look_up(&path, host, shown).unwrap();
        assert_eq!(known("a:1", &one), Known::Stranger);
        add(&path, "A:1", &one).unwrap();
        assert_eq!(known("a:1", &one), Known::Same);
        assert_eq!(known("a:1", &two), Known::Other(1));
        assert_eq!(known("a:2", &one), Known::Stranger);
        add(&path, "a:1", &two).unwrap();
        assert_eq!(known("a:1", &two), Known::Same);
        add(&path, "b:1", &one).unwrap();
        assert_eq!((forget(&path, "A:1").unwrap(), known("a:1", &two)), (2, Known::Stranger));
        assert_eq!((forget(&path, "a:1").unwrap(), known("b:1", &one)), (0, Known::Same));
        add(&path, "[::1]:2122", &one).unwrap();
        assert_eq!((forget(&path, "::1").unwrap(), forget(&path, "b").unwrap()), (1, 1));
        std::fs::write(&path, "# a comment\na:1 nonsense\n").unwrap();
        assert_eq!(known("a:1", &one), Known::Other(2));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(look_up(&path, "a:1", &one).is_err());
    }
}
