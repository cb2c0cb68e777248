//! One upload: offers a file, sends what is asked for or proves that it is here, and goes on after a broken
//! connection.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use protocol::command::{Command, Stor};
use protocol::value::YesNo;

use super::meter::Meter;
use super::{Patience, prove};
use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::link::{Link, Reply};
use crate::locale::Text;
use crate::session::Note;
use crate::shell::Shell;

/// How much goes out between two looks at what the server says, and at most before the bar moves.
const PIECE: u64 = 512 * 1024;

/// A file on its way.
#[derive(Debug)]
pub struct Upload {
    /// The file.
    pub file: File,
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it had when it was hashed.
    pub size: u64,
    /// What is said about it.
    pub stor: Stor,
    /// What stops it.
    pub cancel: Cancel,
    /// A proof was given for the bytes.
    pub proved: bool,
}

/// How often a first try that finds the file busy is made again.
const BUSY: u32 = 2;

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
    /// Tries until it is stored, as long as it gets any further.
    ///
    /// # Errors
    /// A refusal, or no connection after several tries.
    pub fn run(&mut self, shell: &mut Shell) -> Result<Reply, Fault> {
        let mut patience = Patience::default();
        let mut furthest = 0;
        let mut broke = false;
        let mut busy = 0;
        loop {
            let mut reached = 0;
            let fault = match self.attempt(shell, &mut reached) {
                Ok(reply) => match reply.accepted() {
                    Ok(reply) => return Ok(reply),
                    // The server has not noticed yet that the old connection is dead: ours, or that of a shell
                    // that was killed a moment ago.
                    Err(fault) if fault.is("BUSY") && (broke || busy < BUSY) => {
                        busy += 1;
                        fault
                    }
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
            broke |= !fault.is("BUSY");
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
