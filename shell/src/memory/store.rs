//! The file of what is remembered: `secrets.toml` in the state folder, for its owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use protocol::value::Secret;
use rustix::fs::{FlockOperation, flock};
use rustix::process::getuid;

use super::keyring;
use crate::fault::Fault;
use crate::history::state_folder;

/// The name of the file.
const FILE: &str = "secrets.toml";

/// Most log-ins that are remembered: the oldest makes room.
const MOST: usize = 200;

/// Longest file that is read: what is written never comes near it.
const LONGEST: u64 = 1 << 20;

/// What the file begins with.
const HEAD: &str = "# What reel remembers of log-ins: as good as passwords. `logout` forgets one of them.\n";

/// What is kept of one log-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The server, as [`crate::endpoint::Endpoint::key`] names it.
    pub server: String,
    /// The name, as the server writes it.
    pub user: String,
    /// Another one each time that this is written.
    pub mark: String,
    /// What goes on with the session.
    pub token: Option<Secret>,
    /// The MD5 of the password.
    pub password: Option<Secret>,
    /// The secrets are in the desktop's keyring, not in the file.
    pub keyring: bool,
}

impl Kept {
    fn is_of(&self, server: &str, user: &str) -> bool {
        self.server == server && self.user.to_lowercase() == user.to_lowercase()
    }
}

/// Where log-ins are kept.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// Whether the desktop's keyring may be used.
    pub keyring: bool,
}

impl Store {
    /// What is kept of `user`, or else of whoever logged in last, with its secrets.
    ///
    /// # Errors
    /// The file cannot be read, or others can read it.
    pub fn find(&self, server: &str, user: Option<&str>, present: bool) -> Result<Option<Kept>, Fault> {
        let file = path()?;
        let mut all = read(&file)?.into_iter().rev();
        let found = all.find(|kept| match user {
            Some(user) => kept.is_of(server, user),
            None => kept.server == server,
        });
        Ok(found.map(|kept| self.with_secrets(kept, present)))
    }

    /// Replaces what is kept of `user` by what `change` makes of it, alone among all shells; gives that back.
    ///
    /// # Errors
    /// The file cannot be read or written, or others can read it.
    pub fn change(
        &self, server: &str, user: &str, change: impl FnOnce(Option<Kept>) -> Option<Kept>,
    ) -> Result<Option<Kept>, Fault> {
        let file = path()?;
        let wrong = |error| Fault::file(&file, error);
        let lock = lock(&file).map_err(wrong)?;
        let mut all = read(&file)?;
        let at = all.iter().position(|kept| kept.is_of(server, user));
        let old = at.map(|at| all.remove(at));
        let whole = old.clone().map(|kept| self.with_secrets(kept, false));
        let new = change(whole.clone());
        if new == whole {
            return Ok(new);
        }
        match &new {
            Some(kept) => all.push(self.hidden(kept)),
            None if old.is_some_and(|kept| kept.keyring) => keyring::remove(server, user),
            None => {}
        }
        let surplus = all.len().saturating_sub(MOST);
        write(&file, all.get(surplus..).unwrap_or_default()).map_err(wrong)?;
        drop(lock);
        Ok(new)
    }

    fn with_secrets(&self, kept: Kept, present: bool) -> Kept {
        if !kept.keyring {
            return kept;
        }
        let held = keyring::load(&kept.server, &kept.user, present).unwrap_or_default();
        let mut words = held.lines().map(|word| Some(word).filter(|w| !w.is_empty()));
        let mut next = || words.next().flatten().map(|word| Secret::new(word.to_owned()));
        Kept { token: next(), password: next(), ..kept }
    }

    /// The same without its secrets, if the keyring has taken them.
    fn hidden(&self, kept: &Kept) -> Kept {
        let word = |secret: &Option<Secret>| secret.as_ref().map_or(String::new(), |s| s.reveal().to_owned());
        let secret = format!("{}\n{}\n", word(&kept.token), word(&kept.password));
        if self.keyring && keyring::save(&kept.server, &kept.user, &secret) {
            return Kept { token: None, password: None, keyring: true, ..kept.clone() };
        }
        Kept { keyring: false, ..kept.clone() }
    }
}

fn path() -> Result<PathBuf, Fault> {
    let folder = state_folder().map_err(|error| Fault::file(Path::new(FILE), error))?;
    Ok(folder.join(FILE))
}

/// Held until it is dropped: no other shell writes meanwhile.
fn lock(path: &Path) -> io::Result<File> {
    let lock = path.with_extension("lock");
    let file = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(lock)?;
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

fn read(path: &Path) -> Result<Vec<Kept>, Fault> {
    let wrong = |error| Fault::file(path, error);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(wrong)?,
    };
    let about = file.metadata().map_err(wrong)?;
    if about.mode() & 0o077 != 0 || about.uid() != getuid().as_raw() {
        return Err(Fault::OpenToOthers { path: path.display().to_string() });
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(wrong)?;
    entries(&text).ok_or_else(|| wrong(io::Error::new(ErrorKind::InvalidData, "not what reel writes")))
}

fn entries(text: &str) -> Option<Vec<Kept>> {
    let table: toml::Table = text.parse().ok()?;
    let Some(all) = table.get("kept") else { return Some(Vec::new()) };
    all.as_array()?.iter().map(|one| entry(one.as_table()?)).collect()
}

fn entry(table: &toml::Table) -> Option<Kept> {
    let word = |key: &str| table.get(key)?.as_str().map(str::to_owned);
    Some(Kept {
        server: word("server")?,
        user: word("user")?,
        mark: word("mark")?,
        token: word("token").map(Secret::new),
        password: word("password").map(Secret::new),
        keyring: table.get("keyring").and_then(toml::Value::as_bool).unwrap_or(false),
    })
}

/// Written aside and renamed: who reads sees the old or the new one.
fn write(path: &Path, all: &[Kept]) -> io::Result<()> {
    let aside = path.with_extension("new");
    match std::fs::remove_file(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&aside)?;
    file.write_all(text(all).as_bytes())?;
    std::fs::rename(aside, path)
}

fn text(all: &[Kept]) -> String {
    let word = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut out = HEAD.to_owned();
    for kept in all {
        let secret = |key, value: &Option<Secret>| {
            value.as_ref().map(|value| format!("{key} = {}\n", word(value.reveal()))).unwrap_or_default()
        };
        let (token, password) = (secret("token", &kept.token), secret("password", &kept.password));
        let keyring = if kept.keyring { "keyring = true\n" } else { "" };
        let (server, user, mark) = (word(&kept.server), word(&kept.user), word(&kept.mark));
        out.push_str(&format!(
            "\n[[kept]]\nserver = {server}\nuser = {user}\nmark = {mark}\n{token}{password}{keyring}"
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let secret = |word: &str| Some(Secret::new(word.to_owned()));
        let kept = |user: &str, token, keyring| Kept {
            server: "[::1]:2121".into(),
            user: user.into(),
            mark: "m".into(),
            token,
            password: None,
            keyring,
        };
        let all = [kept("an\"na\\", secret("t"), false), kept("安娜", None, true)];
        assert_eq!(entries(&text(&all)).unwrap(), all);
        assert_eq!(entries(HEAD).unwrap(), []);
        assert!(entries("kept = 1").is_none() && entries("[[kept]]\nuser = 'a'").is_none());
    }

    #[test]
    fn others_must_not_be_able_to_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert!(read(&path).unwrap().is_empty());
        write(&path, &[]).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert!(read(&path).unwrap().is_empty());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(Fault::OpenToOthers { .. })));
    }
}
