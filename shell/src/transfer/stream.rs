//! `get -o -`: a title to standard output, for scripts; waits, pays and verifies as into a file.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

use super::digest::Along;
use super::meter::Meter;
use super::place::Title;
use super::{Patience, pay, segment, wait};
use crate::fault::Fault;
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::Answer;

/// Writes a title to standard output, in order, over one connection at a time.
///
/// # Errors
/// Standard output is a terminal or taken, the title could not be fetched, or its bytes are not those
/// that were promised: they are out by then, and the exit code says it.
pub fn to_stdout(shell: &mut Shell, title: &Title) -> Result<Answer, Fault> {
    if shell.screen.is_for_machines() || io::stdout().is_terminal() {
        return Err(shell.usage(Text::StdoutTaken));
    }
    // The file behind it: nothing is buffered, so nothing is lost when a write fails.
    let out = io::stdout().as_fd().try_clone_to_owned().map_err(gone)?;
    let meter = Meter::new(&shell.screen, Text::Receiving, title.size, 0);
    let mut stream = Stream { out: out.into(), at: 0, along: Along::default(), meter };
    let mut patience = Patience::default();
    loop {
        let before = stream.at;
        match stream.attempt(shell, title) {
            Ok(reply) if reply.status.code < 300 => break,
            Ok(reply) => stream.settle(shell, title, reply)?,
            Err(fault) if fault.is_lost() => {
                if stream.at > before {
                    patience = Patience::default();
                }
                stream.meter.aside(|| shell.screen.say(Text::Retrying, &[&fault.to_string()]));
                patience.wait(&shell.session.endpoint().cancel, fault)?;
            }
            Err(fault) => return Err(fault),
        }
    }
    let md5 = stream.along.finish(title.size);
    if md5 != Some(title.md5) {
        let found = md5.map_or_else(|| "-".to_owned(), |md5| md5.to_string());
        return Err(Fault::Integrity(shell.screen.tongue.fill(Text::OtherBytesOut, &[&found])));
    }
    Ok(Answer::own(226, "DONE", &[]))
}

struct Stream {
    out: File,
    at: u64,
    along: Along,
    meter: Meter,
}

impl Stream {
    /// Fetches what is missing.
    fn attempt(&mut self, shell: &mut Shell, title: &Title) -> Result<Reply, Fault> {
        let range = (self.at, title.size);
        shell.session.with(|link| {
            segment::fetch(link, title, range, |at, bytes| {
                self.out.write_all(&bytes).map_err(gone)?;
                self.along.take(at, &bytes);
                self.at = at + bytes.len() as u64;
                self.meter.add(bytes.len() as u64);
                Ok(())
            })
        })
    }

    /// Waits or pays, as it was told.
    fn settle(&self, shell: &mut Shell, title: &Title, reply: Reply) -> Result<(), Fault> {
        match (reply.status.code, reply.status.word.as_str()) {
            (350, "WAIT") => wait::sit_out(shell, &reply),
            (552, "NEED_PAY") => pay::pay(shell, title.id, &title.name, reply),
            _ => Err(Fault::Refused(Box::new(reply))),
        }
    }
}

fn gone(error: io::Error) -> Fault {
    Fault::file(Path::new("standard output"), error)
}
