//! `say`, `chat`, and what JOIN and LEAVE leave behind: which room it is that one talks in.

use protocol::command::{Command, Join, Leave, Say, Who};
use protocol::grammar::find;
use protocol::value::{RoomName, Speech};

use crate::fault::Fault;
use crate::input::Given;
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, Layout};

/// Ends the talk, as it ends the other loops of the shell.
const END: &str = "##";

/// The room that was joined last, and whether every line is said there.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    room: Option<RoomName>,
    on: bool,
}

impl Talk {
    /// The room in which every line is said, if that is so.
    pub fn room(&self) -> Option<&RoomName> {
        self.room.as_ref().filter(|_| self.on)
    }

    /// The room that was joined last.
    pub fn last(&self) -> Option<&RoomName> {
        self.room.as_ref()
    }

    /// `leave` and `who` without a room mean the one that was joined last.
    pub fn aim(&self, command: &mut Command) {
        if let Command::Leave(Leave { room }) | Command::Who(Who { room, .. }) = command
            && room.is_none()
        {
            room.clone_from(&self.room);
        }
    }

    /// Every line is a command again.
    pub fn end(&mut self) {
        self.on = false;
    }
}

/// `say TEXT…`: in the room that was joined last.
///
/// # Errors
/// A text that is too long, no connection, or a refusal.
pub fn say(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let text: Speech = match given.word(0).parse() {
        Ok(text) => text,
        Err(_) => return Err(shell.usage(Text::TooLong)),
    };
    let room = shell.talk.room.clone();
    let line = Command::Say(Say { room: room.clone().unwrap_or_default(), text }).line();
    let reply = match (shell.session.order(&line), room) {
        // On a new connection one is in no room yet.
        (Err(Fault::Refused(reply)), Some(room)) if reply.status.word == "NOT_ALLOWED" => {
            shell.session.order(&Command::Join(Join { room: Some(room), limit: None }).line())?;
            shell.session.order(&line)?
        }
        (other, _) => other?,
    };
    Ok(Answer { reply, layout: Layout::Silent, more: None })
}

/// `chat [ROOM]`: joins it, and says every line that is typed from now on.
///
/// # Errors
/// No connection, or a refusal.
pub fn chat(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let room = match given.word(0) {
        "" => None,
        word => match word.parse() {
            Ok(room) => Some(room),
            Err(_) => return Err(shell.usage(Text::NoRoom)),
        },
    };
    let room = room.or_else(|| shell.talk.room.clone());
    let command = Command::Join(Join { room, limit: None });
    let reply = shell.session.order(&command.line())?;
    shell.talk.on = true;
    shell.screen.say(Text::ChatHint, &[]);
    Ok(entered(shell, &command, reply))
}

/// A line that is typed while one talks.
///
/// # Errors
/// As what it asks for.
pub fn line(shell: &mut Shell, line: &str) -> Result<Option<Answer>, Fault> {
    let line = line.trim_end_matches(['\r', '\n']).trim();
    let room = shell.talk.room.clone();
    let text = match line {
        "" => return Ok(None),
        END => {
            shell.talk.end();
            return Ok(None);
        }
        "/who" => {
            let reply = shell.session.order(&Command::Who(Who { room, after: None, limit: None }).line())?;
            return Ok(Some(Answer { reply, layout: Layout::Table, more: None }));
        }
        "/leave" => {
            let command = Command::Leave(Leave { room });
            let reply = shell.session.order(&command.line());
            left(shell, &command);
            return Ok(Some(Answer { reply: reply?, layout: Layout::Silent, more: None }));
        }
        // Who wants to say a slash says two.
        _ => match line.strip_prefix('/') {
            Some(said) if said.starts_with('/') => said,
            Some(_) => return Err(shell.usage(Text::ChatHint)),
            None => line,
        },
    };
    protocol::grammar::legible(text.as_bytes())
        .map_err(|error| Fault::Syntax { line: text.to_owned(), error })?;
    say(shell, &Given { words: vec![text.to_owned()], ..Given::default() }).map(Some)
}

/// Notes the room that JOIN has entered, and shows what was said there.
pub fn entered(shell: &mut Shell, command: &Command, reply: Reply) -> Answer {
    if let Command::Join(join) = command {
        let named = find(&reply.status.facts, "room").and_then(|room| room.parse().ok());
        shell.talk.room = named.or_else(|| join.room.clone()).or_else(|| Some(RoomName::default()));
    }
    Answer { reply, layout: Layout::Chat, more: None }
}

/// Enters the room anew after a lost connection: on another one is in none.
pub fn enter_again(shell: &mut Shell) {
    if let Some(room) = shell.talk.room.clone() {
        // Refused, it is refused once more to the next word that is said there, and told then.
        let _ = shell.session.order(&Command::Join(Join { room: Some(room), limit: None }).line());
    }
}

/// Notes that LEAVE has left a room.
pub fn left(shell: &mut Shell, command: &Command) {
    let Command::Leave(leave) = command else { return };
    let room = leave.room.clone().unwrap_or_default();
    let same = |last: &RoomName| last.as_str().to_lowercase() == room.as_str().to_lowercase();
    if shell.talk.room.as_ref().is_some_and(same) {
        shell.talk = Talk::default();
    }
}
