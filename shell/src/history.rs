//! The history: under the XDG state folder, for the owner only, shared by all shells, and without secrets.
//!
//! Every line is appended under a lock, and what other shells have appended is taken in at each prompt. When
//! the file has grown to twice what is kept, its newest half is written aside and renamed over it; who still
//! has the old file open sees that it is another one by now.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

use protocol::field::Value as _;
use protocol::table::Spec;
use protocol::value::{PasswordDigest, Ticket};

use crate::friendly;

/// Most lines that are remembered; the file holds at most twice as many.
pub const REMEMBERED: usize = 2000;

/// Most bytes of the file that are read: it may have been somebody else's.
const MOST: u64 = 8 << 20;

/// The first line, as the line editor's own files have it: `\n` and `\\` stand for what they say.
const HEAD: &str = "#V2";

/// How often a lock that somebody else has is tried, a moment apart. A prompt does not wait for longer.
const TRIES: u32 = 20;
const MOMENT: Duration = Duration::from_millis(5);

/// The folder of what the shell remembers; made if it is not there.
///
/// # Errors
/// There is no home, or the file system refuses.
pub fn state_folder() -> io::Result<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .ok_or(io::ErrorKind::NotFound)?;
    let folder = state.join("reel");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

/// The file, and how far this shell has read it.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// Which file it was, and up to which byte it is known.
    known: Option<(Identity, u64)>,
    /// Lines in it, as far as they are known.
    lines: usize,
    /// Lines of this shell that could not be written yet.
    owed: Vec<String>,
    most: usize,
}

/// Device and number of a file.
type Identity = (u64, u64);

/// What there is that this shell does not know yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// What was known is no longer so: these are all.
    pub anew: bool,
    /// The lines, the oldest first.
    pub lines: Vec<String>,
}

impl Store {
    /// The file of this account's shells; made when something is written.
    ///
    /// # Errors
    /// There is no home, or the file system refuses.
    pub fn of_home() -> io::Result<Self> {
        Ok(Self::at(state_folder()?.join("history"), REMEMBERED))
    }

    fn at(path: PathBuf, most: usize) -> Self {
        Self { path, known: None, lines: 0, owed: Vec::new(), most }
    }

    /// What has been written since this was last asked.
    ///
    /// # Errors
    /// The file system refuses, or somebody holds the lock: another time then.
    pub fn news(&mut self) -> io::Result<News> {
        let mut file = self.open()?;
        let news = self.read(&mut file)?;
        if !self.owed.is_empty() {
            self.write(&mut file)?;
        }
        Ok(news)
    }

    /// Keeps a line; gives what others have written before it.
    ///
    /// # Errors
    /// As [`Store::news`]; the line is kept with the next one.
    pub fn keep(&mut self, line: &str) -> io::Result<News> {
        self.owed.push(line.to_owned());
        self.news()
    }

    /// The file that has the name now, locked until it is closed.
    fn open(&self) -> io::Result<File> {
        for _ in 0..TRIES {
            let file =
                OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&self.path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    std::thread::sleep(MOMENT);
                    continue;
                }
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            // Another shell may have put a shorter one in its place before the lock was ours.
            if fs::metadata(&self.path)
                .is_ok_and(|now| identity(&now) == file.metadata().map_or((0, 0), |m| identity(&m)))
            {
                let meta = file.metadata()?;
                if !meta.is_file() || meta.uid() != rustix::process::geteuid().as_raw() {
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                file.set_permissions(Permissions::from_mode(0o600))?;
                return Ok(file);
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn read(&mut self, file: &mut File) -> io::Result<News> {
        let meta = file.metadata()?;
        let (this, length) = (identity(&meta), meta.len());
        let from = match self.known {
            Some((known, from)) if known == this && from <= length => from,
            _ => 0,
        };
        let anew = self.known.is_some() && from == 0;
        let text = text_from(file, from.max(length.saturating_sub(MOST)), length)?;
        let mut lines: Vec<String> =
            text.lines().filter(|line| !line.is_empty() && *line != HEAD).map(unescaped).collect();
        self.lines = lines.len() + if from == 0 { 0 } else { self.lines };
        self.known = Some((this, length));
        lines.drain(..lines.len().saturating_sub(self.most));
        Ok(News { anew, lines })
    }

    /// Appends what is owed, in one go.
    fn write(&mut self, file: &mut File) -> io::Result<()> {
        let (this, length) = self.known.unwrap_or_default();
        let mut text = String::new();
        if length == 0 {
            text.push_str(HEAD);
            text.push('\n');
        } else if !ends_line(file, length)? {
            // A shell was killed while it wrote.
            text.push('\n');
        }
        for line in &self.owed {
            escape(line, &mut text);
        }
        file.write_all(text.as_bytes())?;
        self.lines += self.owed.len();
        self.owed.clear();
        let length = length + text.len() as u64;
        self.known = Some((this, length));
        if self.lines > 2 * self.most {
            self.trim(file, length)?;
        }
        Ok(())
    }

    /// Puts the newest lines in the place of all. A shell that is killed meanwhile leaves all as it was.
    fn trim(&mut self, file: &mut File, length: u64) -> io::Result<()> {
        let text = text_from(file, length.saturating_sub(MOST), length)?;
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && *line != HEAD).collect();
        let newest = lines.get(lines.len().saturating_sub(self.most)..).unwrap_or_default();
        let shorter = format!("{HEAD}\n{}\n", newest.join("\n"));
        let aside = self.path.with_extension("new");
        let _ = fs::remove_file(&aside);
        let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        new.write_all(shorter.as_bytes())?;
        new.sync_all()?;
        fs::rename(&aside, &self.path)?;
        self.known = Some((identity(&new.metadata()?), shorter.len() as u64));
        self.lines = newest.len();
        Ok(())
    }
}

fn identity(meta: &fs::Metadata) -> Identity {
    (meta.dev(), meta.ino())
}

fn text_from(file: &mut File, from: u64, to: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn ends_line(file: &mut File, length: u64) -> io::Result<bool> {
    Ok(text_from(file, length.saturating_sub(1), length)? == "\n")
}

fn escape(line: &str, out: &mut String) {
    for c in line.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('\n');
}

fn unescaped(line: &str) -> String {
    let (mut out, mut escaped) = (String::with_capacity(line.len()), false);
    for c in line.chars() {
        match c {
            'n' if escaped => out.push('\n'),
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            c => out.push(c),
        }
        escaped = false;
    }
    out
}

/// Whether a line may be remembered: it is no log-in, nothing that may have been meant as one, and holds
/// nothing that looks like a digest, a token or a code.
pub fn may_keep(line: &str) -> bool {
    // Of several lines that were pasted, what follows a command may answer its question.
    if line.trim_end().contains(['\n', '\r']) {
        return false;
    }
    let mut words = line.split([' ', '\t', '"', '=']).filter(|word| !word.is_empty());
    let Some(verb) = words.next() else { return false };
    // Another verb may be told to give it.
    let behind = words.next().filter(|_| !verb.eq_ignore_ascii_case("HELP"));
    let near = || protocol::near::nearest(verb, secrets()).is_some();
    let secret = |word: &str| secrets().any(|secret| secret.eq_ignore_ascii_case(word));
    !secret(verb) && !behind.is_some_and(secret) && (is_verb(verb) || !near()) && !has_secret(line)
}

/// Whether a line may be written down: what is no command at all may be a password that went to the wrong
/// window.
pub fn may_store(line: &str) -> bool {
    let verb = line.split_whitespace().next().unwrap_or_default();
    may_keep(line) && (is_verb(verb) || verb.starts_with(['!', '#']))
}

fn is_verb(word: &str) -> bool {
    friendly::find(word).is_some() || friendly::table(word).is_some()
}

/// The verbs whose words are secrets: passwords, tokens and codes.
fn secrets() -> impl Iterator<Item = &'static str> {
    let own = friendly::OWN.iter().map(|own| &own.spec);
    own.chain(protocol::command::TABLE).filter(|spec| takes_secret(spec)).map(|spec| spec.verb)
}

fn takes_secret(spec: &Spec) -> bool {
    let all = spec.args.iter().chain(spec.options);
    all.map(|arg| arg.shape).any(|shape| shape == PasswordDigest::SHAPE || shape == Ticket::SHAPE)
}

/// 32 hex digits or more in a row, or the groups of a code.
fn has_secret(line: &str) -> bool {
    let digest = line.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
    let is_group = |group: &str| group.len() == 6 && group.bytes().all(|b| b.is_ascii_alphanumeric());
    let code = line
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .any(|word| word.split('-').count() >= 4 && word.split('-').all(is_group));
    digest || code
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secrets_are_not_remembered() {
        let digest = "1a79a4d60de6718e8e5b326e338ae533";
        for line in [
            format!("LOGIN anna {digest}"),
            format!("  logn anna {digest}"),
            "login anna".into(),
            "lgoin anna secret".into(),
            "Register anna invite=abc".into(),
            "\"RESUME\" 3q2fQ0Yb0bq6d1X0eK4b7w9tZ1s5v8y2".into(),
            "RESME 3q2fQ0Yb0bq6d1X0eK4b7w9tZ1s5v8y2".into(),
            "passwd".into(),
            "whoami\nOldSecret\nNewSecret".into(),
            "recover anna 7QK2ZP-XW40CN-9M3TGA-5RB8VD".into(),
            "whoami 7QK2ZP-XW40CN-9M3TGA-5RB8VD".into(),
            "raw REDEEM x".into(),
            format!("STOR 5 {digest}"),
            "raw RESUME 3q2fQ0Yb0bq6d1X0eK4b7w9tZ1s5v8y2".into(),
            " RAW  \"redeem\" 7QK2ZP".into(),
            String::new(),
        ] {
            assert!(!may_keep(&line), "{line}");
        }
        for line in [
            "ls PAID",
            "get 7 -o x",
            "frobnicate",
            "search \"green tea\"",
            "help login",
            "invite days=3",
            "raw",
            "raw LIST limit=1",
            "!ls",
        ] {
            assert!(may_keep(line), "{line}");
        }
        assert!(!may_store("my password") && may_store("get 7") && may_store("!ls"));
    }

    #[test]
    fn every_verb_that_takes_a_secret_is_known() {
        let all: Vec<&str> = secrets().collect();
        for verb in ["REGISTER", "LOGIN", "RESUME", "PASSWD", "REDEEM", "RECOVER", "UNREGISTER"] {
            assert!(all.contains(&verb), "{verb}");
        }
        let carries = protocol::command::TABLE.iter().filter(|spec| spec.carries_secret());
        assert!(carries.map(|spec| spec.verb).all(|verb| all.contains(&verb)));
    }

    fn lines(news: io::Result<News>) -> Vec<String> {
        news.unwrap().lines
    }

    #[test]
    fn two_shells_share_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history");
        let (mut one, mut two) = (Store::at(path.clone(), 10), Store::at(path.clone(), 10));
        assert_eq!(one.keep("ls").unwrap(), News::default());
        assert_eq!(lines(two.news()), ["ls"]);
        assert_eq!(lines(two.keep("get \\ 7\nx")), Vec::<String>::new());
        assert_eq!(lines(one.keep("info 7")), ["get \\ 7\nx"]);
        assert_eq!(lines(two.news()), ["info 7"]);
        assert_eq!(lines(two.news()), Vec::<String>::new());
        assert_eq!(lines(Store::at(path.clone(), 2).news()), ["get \\ 7\nx", "info 7"]);
        assert_eq!(mode(&path), 0o600);
        // A shell that was killed while it wrote spoils no line but its own.
        fs::write(&path, "#V2\nls\nhal").unwrap();
        one.keep("whoami").unwrap();
        assert_eq!(lines(Store::at(path, 10).news()), ["ls", "hal", "whoami"]);
    }

    #[test]
    fn two_shells_that_shorten_it_lose_nothing_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history");
        let write = |who: &'static str| {
            let mut store = Store::at(path.clone(), 50);
            move || {
                for n in 0..400 {
                    // What could not be written is written with the next.
                    let _ = store.keep(&format!("{who} {n}"));
                }
                while store.news().is_err() {}
            }
        };
        let threads = [write("a"), write("b")].map(std::thread::spawn);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let mut store = Store::at(path.clone(), 100);
        let kept = lines(store.news());
        assert!((50..=100).contains(&kept.len()), "{}", kept.len());
        for who in ["a", "b"] {
            let of = |line: &&String| line.starts_with(who);
            let numbers: Vec<u32> = kept.iter().filter(of).map(|l| l[2..].parse().unwrap()).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
        }
        assert!(kept.contains(&"a 399".to_owned()) || kept.contains(&"b 399".to_owned()));
        assert_eq!((mode(&path), fs::read_dir(dir.path()).unwrap().count()), (0o600, 1));
    }

    #[test]
    fn a_file_that_is_another_one_is_read_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history");
        let (mut one, mut two) = (Store::at(path.clone(), 3), Store::at(path, 3));
        two.keep("first").unwrap();
        for n in 0..6 {
            one.keep(&n.to_string()).unwrap();
        }
        assert_eq!(
            two.news().unwrap(),
            News { anew: true, lines: ["3", "4", "5"].map(str::to_owned).to_vec() }
        );
    }
}
