//! `put`: hashes, offers, sends what is asked for, and goes on after a broken connection.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use protocol::command::{Command, Stor};
use protocol::field::Value;
use protocol::value::{Md5, Opaque, Size, TitleName, YesNo};

use super::many::Tally;
use super::meter::Meter;
use super::{Patience, digest, files, local, prove};
use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::input::Given;
use crate::jobs::start::start;
use crate::key;
use crate::link::{Link, Reply};
use crate::locale::Text;
use crate::session::Note;
use crate::shell::Shell;
use crate::show::plain::{bytes, harmless};
use crate::show::{Answer, Layout};

/// How much goes out between two looks at what the server says.
const PIECE: u64 = 4 * 1024 * 1024;

/// `put FILE… [title=…] [kind=…] [price=…] [member-price=…] [description=…] [prove=no] [&]`.
///
/// # Errors
/// It could not be stored.
pub fn put(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let many = files::is_many(&given.words);
    if many && given.get("title").is_some() {
        return Err(shell.usage(Text::OneTitle));
    }
    if !given.has("&") {
        return if many { each(shell, given) } else { one(shell, given, local(given.word(0))) };
    }
    // What is wrong with it is better known now.
    stor(shell, given, Path::new(given.word(0)))?;
    if !many {
        open(shell, &local(given.word(0)))?;
    }
    Ok(start(shell, "put", given.clone(), |shell, given| {
        let many = files::is_many(&given.words);
        if many { each(shell, given) } else { one(shell, given, local(given.word(0))) }
    }))
}

/// One after the other; one that fails does not keep the others.
fn each(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let mut of = 0;
    files::each(shell, &given.words, |_, _, _| {
        of += 1;
        Ok(())
    })?;
    let mut tally = Tally::new(shell, of);
    let ended = files::each(shell, &given.words, |shell, word, path| {
        let shown = path.as_ref().map_or_else(|_| word.to_owned(), |path| path.display().to_string());
        tally.begin(shell, &shown);
        let result = path.and_then(|path| one(shell, given, path));
        if let (Ok(answer), false) = (&result, shell.screen.json) {
            let id = answer.reply.status.get("id").unwrap_or("-");
            shell.screen.say(Text::Stored, &[&harmless(&shown), &harmless(id)]);
        }
        tally.note(shell, ("path", &shown), result)
    });
    match ended {
        Err(fault) if !tally.has_failed() => Err(fault),
        _ => tally.finish(shell),
    }
}

fn open(shell: &Shell, path: &Path) -> Result<File, Fault> {
    let wrong = |error| Fault::file(path, error);
    let meta = std::fs::metadata(path).map_err(wrong)?;
    if meta.is_dir() {
        let shown = path.display().to_string();
        let why = shell.screen.tongue.fill(Text::AFolder, &[shown.trim_end_matches('/')]);
        return Err(wrong(io::Error::other(why)));
    }
    // Opened, a pipe would wait for somebody at its other end.
    if !meta.is_file() {
        return Err(wrong(io::Error::other(shell.screen.tongue.text(Text::NotAFile))));
    }
    File::open(path).map_err(wrong)
}

fn one(shell: &mut Shell, given: &Given, path: PathBuf) -> Result<Answer, Fault> {
    let file = open(shell, &path)?;
    let shown = harmless(&path.display().to_string()).into_owned();
    let mut stor = stor(shell, given, &path)?;
    shell.session.connect()?;
    let cancel = shell.session.endpoint().cancel.clone();
    let length = file.metadata().map_or(0, |meta| meta.len());
    let meter = Meter::new(&shell.screen, Text::Hashing, length, 0);
    let (md5, sha256, size) = digest::both(&file, &path, &meter, &cancel)?;
    meter.clear();
    (stor.md5, stor.sha256, stor.size) = (md5, Some(sha256), Size(size));
    let mut upload = Upload { file, path, size, stor, cancel, proved: false };
    let mut reply = upload.run(shell)?;
    if upload.proved {
        shell.screen.say(Text::Proved, &[&bytes(size)]);
        if shell.screen.json {
            reply.status.facts.push(("saved".to_owned(), size.to_string()));
        }
    }
    if shell.screen.work.is_some() {
        let id = harmless(reply.status.get("id").unwrap_or("-")).into_owned();
        shell.screen.say(Text::Stored, &[&shown, &id]);
    }
    Ok(Answer { reply, layout: Layout::Table, more: None })
}

/// The command, size and digest still open.
fn stor(shell: &Shell, given: &Given, path: &Path) -> Result<Stor, Fault> {
    let title = match given.get("title") {
        Some(_) => option(shell, given, "title")?,
        None => title_of(path),
    };
    Ok(Stor {
        size: Size(0),
        md5: Md5([0; 16]),
        title,
        kind: option(shell, given, "kind")?,
        price: option(shell, given, "price")?,
        member_price: option(shell, given, "member-price")?,
        description: option(shell, given, "description")?,
        sha256: None,
        resume: Some(YesNo::Yes),
        prove: option(shell, given, "prove")?,
        key: Some(Opaque(key::fresh()?)),
    })
}

fn option<T: Value>(shell: &Shell, given: &Given, key: &str) -> Result<Option<T>, Fault> {
    let Some(word) = given.get(key) else {
        return Ok(None);
    };
    let what = || shell.screen.tongue.fill(Text::BadWord, &[key, T::SHAPE.what]);
    T::read(word).map(Some).map_err(|_| Fault::Usage(what()))
}

/// The name of a file, as far as a title may hold it: with its ending, so that `get` writes one that
/// players know.
fn title_of(path: &Path) -> Option<TitleName> {
    let name = path.file_name()?.to_string_lossy();
    let bad = protocol::grammar::is_forbidden;
    let name: String = name.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    let name: String = name.trim().chars().take(TitleName::MAX).collect();
    name.parse().ok()
}

struct Upload {
    file: File,
    path: PathBuf,
    size: u64,
    stor: Stor,
    cancel: Cancel,
    /// A proof was given for the bytes.
    proved: bool,
}

/// How one try ended.
struct Tried {
    reply: Reply,
    /// The server answered before it had all: what is still on the way belongs to nothing.
    early: bool,
    /// It was answered to a proof.
    proof: bool,
}

impl Tried {
    fn answered(reply: Reply) -> Self {
        Self { reply, early: false, proof: false }
    }
}

impl Upload {
    fn run(&mut self, shell: &mut Shell) -> Result<Reply, Fault> {
        let mut patience = Patience::default();
        let mut furthest = 0;
        let mut broke = false;
        loop {
            let mut reached = 0;
            let fault = match self.attempt(shell, &mut reached) {
                Ok(reply) => match reply.accepted() {
                    Ok(reply) => return Ok(reply),
                    // The server has not noticed yet that the old connection is dead.
                    Err(fault) if broke && fault.is("BUSY") => fault,
                    // Then the bytes go the long way, once.
                    Err(fault) if fault.is("PROOF_FAILED") && self.stor.prove != Some(YesNo::No) => {
                        shell.screen.say(Text::NotProved, &[]);
                        self.stor.prove = Some(YesNo::No);
                        continue;
                    }
                    Err(fault) if fault.is("OUTCOME_UNKNOWN") || fault.is_lost() => fault,
                    Err(fault) => return Err(fault),
                },
                Err(fault) if fault.is_lost() => fault,
                Err(fault) => return Err(fault),
            };
            if reached > furthest {
                furthest = reached;
                patience = Patience::default();
            }
            broke = true;
            shell.screen.say(Text::Retrying, &[&fault.to_string()]);
            patience.wait(&self.cancel, fault)?;
        }
    }

    fn attempt(&mut self, shell: &mut Shell, reached: &mut u64) -> Result<Reply, Fault> {
        let screen = shell.screen.clone();
        let meter = |label| Meter::new(&screen, label, self.size, 0);
        let line = Command::Stor(self.stor.clone()).line();
        let tried = shell.session.with(|link| {
            // Ctrl-C shuts what is open; this connection may have been opened since.
            if self.cancel.is_cancelled() {
                return Err(Fault::Cancelled);
            }
            let reply = link.ask(&line)?;
            match (reply.status.code, reply.status.word.as_str()) {
                (150, _) => self.send(link, &reply, &meter(Text::Sending), reached),
                (350, "PROVE") => {
                    let file = (&self.file, self.path.as_path());
                    let proof = prove::answer(&reply, file, &meter(Text::Proving), &self.cancel)?;
                    Ok(Tried { proof: true, ..Tried::answered(link.ask(&proof)?) })
                }
                _ => Ok(Tried::answered(reply)),
            }
        })?;
        if tried.early {
            shell.session.drop_link();
        }
        self.proved = tried.proof;
        for event in &tried.reply.events {
            shell.screen.note(&Note::Event(event.clone()));
        }
        Ok(tried.reply)
    }

    /// Sends exactly the bytes that were asked for, and hears what becomes of them.
    fn send(&self, link: &mut Link, asked: &Reply, meter: &Meter, reached: &mut u64) -> Result<Tried, Fault> {
        let (offset, length) = (asked.number("offset")?, asked.number("length")?);
        if offset.checked_add(length).is_none_or(|end| end > self.size) {
            return Err(Fault::Garbled("SEND beyond the file".to_owned()));
        }
        meter.set(offset);
        let mut left = length;
        while left > 0 {
            if link.is_spoken_to() {
                return Ok(Tried { early: true, ..Tried::answered(link.reply()?) });
            }
            let at = offset + length - left;
            let sent = match link.pour(&self.file, at, left.min(PIECE)) {
                Ok(0) => {
                    let why = "it has become shorter";
                    return Err(Fault::file(&self.path, io::Error::other(why)));
                }
                Ok(sent) => sent,
                // A server that gave up may have said why.
                Err(error) => match link.reply() {
                    Ok(reply) => return Ok(Tried { early: true, ..Tried::answered(reply) }),
                    Err(_) => return Err(Fault::Lost(error)),
                },
            };
            left -= sent;
            *reached = offset + length - left;
            meter.add(sent);
        }
        Ok(Tried::answered(link.reply()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_comes_from_the_name_of_the_file() {
        let title = |path: &str| title_of(Path::new(path)).map(|t| t.to_string());
        assert_eq!(title("/a/绿茶.webm").as_deref(), Some("绿茶.webm"));
        assert_eq!(title("Mr. Bean.mp4").as_deref(), Some("Mr. Bean.mp4"));
        assert_eq!(title("a\u{1b}b").as_deref(), Some("a_b"));
        assert_eq!(title(&"x".repeat(300)).map(|t| t.len()), Some(200));
        assert_eq!(title("/").as_deref(), None);
    }
}
