//! A title into a file: waits, pays, fetches, verifies, and only then gives the file its name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::digest::{self, Along};
use super::meter::{Count, Meter};
use super::part::{Part, Range};
use super::place::{self, Place, Title};
use super::{Patience, name, pay, segment, wait};
use crate::fault::Fault;
use crate::input::Given;
use crate::link::Reply;
use crate::locale::Text;
use crate::session::{Note, Pass};
use crate::shell::Shell;
use crate::show::{Answer, plain};

/// Fetches a title into a file, over so many connections.
///
/// # Errors
/// It could not be fetched. What has arrived stays in the part.
pub fn download(shell: &mut Shell, given: &Given, title: &Title, jobs: u64) -> Result<Answer, Fault> {
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
    let part = verify(shell, title, part, along)?;
    let target = match land(shell, title, given, &part, (target, replace))? {
        Place::Free(path, _) => path,
        Place::Have(path) => {
            part.discard();
            return Ok(there(shell, title, &path));
        }
    };
    shell.screen.say(Text::Saved, &[&shown(&target), &plain::bytes(title.size)]);
    Ok(answer(title, &target, "yes"))
}

/// Gives the part its name, or another one: somebody may have taken it meanwhile.
fn land(
    shell: &Shell, title: &Title, given: &Given, part: &Part, (mut target, mut replace): (PathBuf, bool),
) -> Result<Place, Fault> {
    loop {
        match part.finish(&target, replace) {
            Err(Fault::File { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|()| Place::Free(target, replace)),
        }
        match place::find(shell, title, given)? {
            Place::Free(path, may) => (target, replace) = (path, may),
            have => return Ok(have),
        }
    }
}

/// Says that a title is there already.
pub fn there(shell: &Shell, title: &Title, path: &Path) -> Answer {
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
