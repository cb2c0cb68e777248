//! `raw`: the wire as it is. What is typed goes to the server unread, and what it says is shown unread.

use std::sync::atomic::Ordering;

use protocol::command::Command;
use protocol::grammar;

use crate::fault::Fault;
use crate::input::Given;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, Layout, plain, print};

/// What ends it, as it ends the other loops of the shell.
const END: &str = "##";

/// `raw [COMMAND]`: sends one line, or from now on every line.
///
/// # Errors
/// A line that would move a file, a refusal, or no connection.
pub fn raw(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    match given.word(0) {
        "" => {
            shell.session.connect()?;
            set(shell, true);
            if shell.asker.typed {
                shell.screen.say(Text::RawBegins, &[END]);
            }
            Ok(Answer::own(250, "OK", &[]))
        }
        command => Ok(line(shell, command)?.unwrap_or_else(|| Answer::own(250, "OK", &[]))),
    }
}

/// A line that is typed while lines go to the server as they are.
///
/// # Errors
/// As [`raw`].
pub fn line(shell: &mut Shell, line: &str) -> Result<Option<Answer>, Fault> {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim() == END {
        set(shell, false);
        return Ok(None);
    }
    // Several lines that were pasted are several commands; an empty one has no answer.
    let mut last = None;
    for line in line.split('\n').filter(|line| !line.trim().is_empty()) {
        last = Some(send(shell, line)?);
    }
    Ok(last)
}

/// From now on lines go to the server, or are commands again.
pub fn set(shell: &mut Shell, on: bool) {
    shell.raw = on;
    shell.screen.raw.store(on, Ordering::Relaxed);
}

fn send(shell: &mut Shell, line: &str) -> Result<Answer, Fault> {
    let command = grammar::words(line.as_bytes()).ok();
    let verb = command.as_ref().and_then(|words| words.plain.first()).map(|verb| verb.text.to_uppercase());
    match verb.as_deref() {
        Some("RETR") => return Err(shell.usage(Text::RawNoRetr)),
        Some("STOR") => return Err(shell.usage(Text::RawNoStor)),
        _ => {}
    }
    let command = command.and_then(|words| Command::parse(&words).ok());
    let shows = !shell.screen.is_for_machines();
    let heard = |line: &str| {
        if shows {
            print(&plain::harmless(line));
        }
    };
    let reply = shell.session.raw(line, command.as_ref(), heard)?;
    match reply.accepted() {
        Ok(reply) => Ok(Answer { reply, layout: Layout::Raw, more: None }),
        Err(Fault::Refused(reply)) if shows => Err(Fault::Shown(reply)),
        Err(fault) => Err(fault),
    }
}
