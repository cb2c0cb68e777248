//! `get`: waits, pays, fetches, verifies, and only then gives the file its name.

use std::path::Path;
use std::sync::Mutex;

use super::digest::{self, Along};
use super::many::Tally;
use super::meter::{Count, Meter};
use super::part::{Part, Range};
use super::pick::Picks;
use super::place::{self, Place, Title};
use super::{Patience, local, name, pay, segment, stream, wait};
use crate::fault::Fault;
use crate::input::Given;
use crate::jobs::start::start;
use crate::link::Reply;
use crate::locale::Text;
use crate::session::{Note, Pass};
use crate::shell::Shell;
use crate::show::{Answer, plain};

/// Most connections of one download: servers bound those of an account.
const MOST_JOBS: u64 = 16;

/// `get ID… [-o PATH] [-j N] [--force] [-y] [&]`; the path `-` is standard output.
///
/// # Errors
/// It could not be fetched. What has arrived stays in the part.
pub fn get(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let picks = Picks::read(shell, &given.words)?;
    jobs(shell, given)?;
    check_target(shell, given, &picks)?;
    let yes = shell.asker.yes;
    shell.asker.yes |= given.has("-y");
    let result = if given.has("&") { behind(shell, given, &picks) } else { now(shell, given, &picks) };
    shell.asker.yes = yes;
    result
}

/// Several titles want a folder.
fn check_target(shell: &Shell, given: &Given, picks: &Picks) -> Result<(), Fault> {
    match given.get("-o") {
        Some("-") if picks.is_many() || given.has("&") => Err(shell.usage(Text::OneToStdout)),
        Some("-") | None => Ok(()),
        Some(path) if !picks.is_many() || path.ends_with('/') || local(path).is_dir() => Ok(()),
        Some(path) => {
            let shown = plain::harmless(path);
            Err(Fault::Usage(shell.screen.tongue.fill(Text::NeedFolder, &[&shown])))
        }
    }
}

/// Asks all there is to ask, and fetches in the background.
fn behind(shell: &mut Shell, given: &Given, picks: &Picks) -> Result<Answer, Fault> {
    let mut given = given.clone();
    picks.survey(shell)?;
    let mut have = None;
    picks.each(shell, |shell, _, title| {
        let title = match title {
            Ok(title) => title,
            // One that is alone is told at once, one among others when it is its turn.
            Err(fault) if !picks.is_many() => return Err(fault),
            Err(_) => return Ok(()),
        };
        if !picks.is_many() && given.get("-o").is_some() {
            match place::find(shell, &title, &given)? {
                Place::Have(path) => have = Some((title.clone(), path)),
                Place::Free(_, true) => given.named.push(("--force".to_owned(), String::new())),
                Place::Free(..) => {}
            }
        }
        match pay::ahead(shell, &title) {
            Err(fault) if picks.is_many() && !matches!(fault, Fault::Cancelled) => {
                shell.screen.complain(&fault);
                Ok(())
            }
            other => other,
        }
    })?;
    if let Some((title, path)) = have {
        return Ok(there(shell, &title, &path));
    }
    Ok(start(shell, "get", given, |shell, given| {
        let picks = Picks::read(shell, &given.words)?;
        now(shell, given, &picks)
    }))
}

fn now(shell: &mut Shell, given: &Given, picks: &Picks) -> Result<Answer, Fault> {
    if picks.is_many() {
        return each(shell, given, picks);
    }
    let mut result = None;
    picks.each(shell, |shell, _, title| {
        result = Some(one(shell, given, &title?));
        Ok(())
    })?;
    result.unwrap_or(Err(Fault::Cancelled))
}

fn one(shell: &mut Shell, given: &Given, title: &Title) -> Result<Answer, Fault> {
    match given.get("-o") {
        Some("-") => stream::to_stdout(shell, title),
        _ => download(shell, given, title, jobs(shell, given)?),
    }
}

/// One after the other; one that fails does not keep the others.
fn each(shell: &mut Shell, given: &Given, picks: &Picks) -> Result<Answer, Fault> {
    let of = picks.survey(shell)?;
    let mut tally = Tally::new(shell, of);
    let ended = picks.each(shell, |shell, word, title| {
        let (name, result) = match title {
            Ok(title) => (title.name.clone(), Ok(title)),
            Err(fault) => (word.to_owned(), Err(fault)),
        };
        tally.begin(shell, &name);
        let result = result.and_then(|title| one(shell, given, &title));
        tally.note(shell, ("id", word), result)
    });
    match ended {
        // What ended it is among what was noted, unless it was the look at the library itself.
        Err(fault) if !tally.has_failed() => Err(fault),
        _ => tally.finish(shell),
    }
}

fn download(shell: &mut Shell, given: &Given, title: &Title, jobs: u64) -> Result<Answer, Fault> {
    let (target, replace) = match place::find(shell, title, given)? {
        Place::Free(path, replace) => (path, replace),
        Place::Have(path) => {
            return Ok(there(shell, title, &path));
        }
    };
    let busy = shell.screen.tongue.text(Text::PartBusy);
    let path = name::part(&target, title.id, &title.md5.to_string());
    let part = Part::open(path, title.size, busy)?;
    let had = part.have();
    if had > 0 {
        shell.screen.say(Text::Continues, &[&plain::bytes(had), &plain::bytes(title.size)]);
    }
    let download = Download { title, part: &part, jobs };
    let along = match download.run(shell) {
        Ok(along) => along,
        Err(fault) => return Err(given_up(shell, part, had, fault)),
    };
    verify(shell, title, part, along)?.finish(&target, replace)?;
    shell.screen.say(Text::Saved, &[&shown(&target), &plain::bytes(title.size)]);
    Ok(answer(title, &target, "yes"))
}

fn there(shell: &Shell, title: &Title, path: &Path) -> Answer {
    shell.screen.say(Text::AlreadyThere, &[&shown(path)]);
    answer(title, path, "no")
}

/// Says how to go on, or takes an empty part away: nothing was in it, nothing is lost.
fn given_up(shell: &Shell, part: Part, had: u64, fault: Fault) -> Fault {
    let have = part.have();
    if have > 0 {
        shell.screen.say(Text::GoOn, &[&plain::bytes(have), &shown(part.path())]);
    } else if had == 0 {
        part.discard();
    }
    fault
}

fn verify(shell: &Shell, title: &Title, part: Part, along: Along) -> Result<Part, Fault> {
    let md5 = match along.finish(title.size) {
        Some(md5) => md5,
        None => {
            let meter = Meter::new(&shell.screen, Text::Hashing, title.size, 0);
            let cancel = &shell.session.endpoint().cancel;
            digest::whole(part.file(), part.path(), &meter, cancel)?.0
        }
    };
    if md5 == title.md5 {
        return Ok(part);
    }
    let aside = part.put_aside();
    let text = shell.screen.tongue.fill(Text::OtherBytes, &[&md5.to_string(), &shown(&aside)]);
    Err(Fault::Integrity(text))
}

struct Download<'a> {
    title: &'a Title,
    part: &'a Part,
    jobs: u64,
}

impl Download<'_> {
    /// Fetches until nothing is missing, over and over while it gets any further.
    fn run(&self, shell: &mut Shell) -> Result<Along, Fault> {
        let mut along = Along::default();
        let mut patience = Patience::default();
        let mut meter = None;
        loop {
            let segments = segment::split(&self.part.gaps(), self.jobs);
            let Some((first, rest)) = segments.split_first() else {
                if self.title.size > 0 || meter.is_some() {
                    return Ok(along);
                }
                // Of an empty file nothing is missing, but the server has a say in it.
                meter = Some(Meter::hidden());
                self.settle(shell, (0, 0), &mut meter, &mut along, &[])?;
                return Ok(along);
            };
            if !rest.is_empty() && self.jobs > 1 {
                self.part.keep_map()?;
            }
            let rest = if self.jobs > 1 { rest } else { &[] };
            let before = self.part.have();
            match self.settle(shell, *first, &mut meter, &mut along, rest) {
                Ok(()) => {}
                Err(fault) if fault.is_lost() => {
                    if self.part.have() > before {
                        patience = Patience::default();
                    }
                    let say = || shell.screen.say(Text::Retrying, &[&fault.to_string()]);
                    meter.as_ref().map_or_else(say, |meter| meter.aside(say));
                    patience.wait(&shell.session.endpoint().cancel, fault)?;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Fetches one range over the main connection, after waiting and paying as it is told; the
    /// `rest` over others as soon as the first byte shows that it may be had.
    fn settle(
        &self, shell: &mut Shell, range: Range, meter: &mut Option<Meter>, along: &mut Along, rest: &[Range],
    ) -> Result<(), Fault> {
        loop {
            let reply = self.attempt(shell, range, meter, along, rest)?;
            match (reply.status.code, reply.status.word.as_str()) {
                (200..300, _) => return Ok(()),
                (350, _) => wait::sit_out(shell, &reply)?,
                (552, "NEED_PAY") => pay::pay(shell, self.title.id, &self.title.name, reply)?,
                _ => return Err(Fault::Refused(Box::new(reply))),
            }
        }
    }

    fn attempt(
        &self, shell: &mut Shell, range: Range, meter: &mut Option<Meter>, along: &mut Along, rest: &[Range],
    ) -> Result<Reply, Fault> {
        let pass = shell.session.pass();
        let screen = shell.screen.clone();
        let queue = Mutex::new(rest.to_vec());
        let cancel = shell.session.endpoint().cancel.clone();
        let reply = std::thread::scope(|scope| {
            let mut started = false;
            shell.session.with(|link| {
                // Ctrl-C shuts what is open; this connection may have been opened since.
                if cancel.is_cancelled() {
                    return Err(Fault::Cancelled);
                }
                segment::fetch(link, self.title, range, |at, bytes| {
                    let meter = meter.get_or_insert_with(|| {
                        Meter::new(&screen, Text::Receiving, self.title.size, self.part.have())
                    });
                    if !started {
                        started = true;
                        for _ in rest {
                            let (pass, queue, meter) = (pass.clone(), &queue, meter.count());
                            scope.spawn(move || self.help(&pass, queue, &meter));
                        }
                    }
                    self.part.write(at, &bytes)?;
                    along.take(at, &bytes);
                    meter.add(bytes.len() as u64);
                    Ok(())
                })
            })
        })?;
        for event in &reply.events {
            shell.screen.note(&Note::Event(event.clone()));
        }
        Ok(reply)
    }

    /// A helper with a connection of its own. What it cannot do the main connection finds missing.
    fn help(&self, pass: &Pass, queue: &Mutex<Vec<Range>>, meter: &Count) {
        let next = || queue.lock().ok()?.pop();
        let Ok(mut link) = pass.open() else { return };
        while let Some(range) = next().filter(|_| !pass.cancel().is_cancelled()) {
            let result = segment::fetch(&mut link, self.title, range, |at, bytes| {
                self.part.write(at, &bytes)?;
                meter.add(bytes.len() as u64);
                Ok(())
            });
            if !matches!(result, Ok(reply) if reply.status.code == 226) {
                return;
            }
        }
        let _ = link.ask("QUIT");
    }
}

fn jobs(shell: &Shell, given: &Given) -> Result<u64, Fault> {
    let Some(word) = given.get("-j") else {
        return Ok(1);
    };
    let jobs = word.parse().ok().filter(|jobs| (1..=MOST_JOBS).contains(jobs));
    jobs.ok_or_else(|| shell.usage(Text::BadCount))
}

fn shown(path: &Path) -> String {
    plain::harmless(&path.display().to_string()).into_owned()
}

fn answer(title: &Title, path: &Path, fetched: &str) -> Answer {
    let facts = [
        ("id", title.id.to_string()),
        ("path", path.display().to_string()),
        ("size", title.size.to_string()),
        ("md5", title.md5.to_string()),
        ("fetched", fetched.to_owned()),
    ];
    let facts: Vec<(&str, &str)> = facts.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Answer::own(226, "DONE", &facts)
}
