//! What people and machines see. Data goes to standard output, talk to standard error; nothing
//! here knows of connections.

use std::io::{self, IsTerminal as _, Write as _};

use protocol::grammar::{StatusLine, SyntaxError};

use crate::fault::Fault;
use crate::link::{Event, Reply};
use crate::locale::{Text, Tongue};
use crate::session::Note;

pub mod chat;
pub mod json;
pub mod plain;
pub mod table;

/// How an answer is laid out for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Rows under each other.
    Table,
    /// One thing, a fact a line.
    Card,
    /// What was said, a message a line.
    Chat,
    /// Nothing but what has been said already: for machines only.
    Silent,
}

/// The answer to a command.
#[derive(Debug)]
pub struct Answer {
    /// Status and rows.
    pub reply: Reply,
    /// How people see it.
    pub layout: Layout,
    /// The command that gives the following page, if there is one.
    pub more: Option<String>,
}

impl Answer {
    /// An answer that the shell itself gives.
    pub fn own(code: u16, word: &str, facts: &[(&str, &str)]) -> Self {
        let status = StatusLine {
            code,
            word: word.to_owned(),
            facts: facts.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            text: String::new(),
        };
        let reply = Reply { status, ..Reply::default() };
        Self { reply, layout: Layout::Silent, more: None }
    }
}

/// Both outputs, and how they want things.
#[derive(Clone, Debug)]
pub struct Screen {
    /// One JSON document a command instead of tables.
    pub json: bool,
    /// The language of talk.
    pub tongue: Tongue,
    /// Whether progress may be drawn.
    pub draws: bool,
    /// What the chat rooms look like.
    pub chat: chat::Chat,
}

impl Screen {
    /// The screen that the environment asks for.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            tongue: Tongue::of_environment(),
            draws: io::stderr().is_terminal(),
            chat: chat::Chat::of_environment(),
        }
    }

    /// Shows an answer.
    pub fn answer(&self, answer: &Answer) {
        let reply = &answer.reply;
        if self.json {
            print(&json::reply(reply).to_string());
            return;
        }
        if answer.layout == Layout::Chat {
            reply.rows.iter().for_each(|row| print(&self.chat.said(row, self.tongue)));
            let fact = |key| plain::harmless(reply.status.get(key).unwrap_or("-"));
            self.say(Text::Entered, &[&fact("room"), &fact("members")]);
        } else if !reply.rows.is_empty() || reply.status.word == "END" {
            self.rows(answer);
        } else if answer.layout != Layout::Silent {
            self.status(&reply.status);
        }
    }

    fn rows(&self, answer: &Answer) {
        let rows = &answer.reply.rows;
        let lines = match (answer.layout, rows.as_slice()) {
            (Layout::Silent, _) => return,
            (_, []) => return self.say(Text::NoRows, &[]),
            (Layout::Card, [row]) => table::card(row, self.tongue),
            _ => table::table(rows, terminal_width(), self.tongue),
        };
        lines.iter().for_each(|line| print(line));
        if let Some(more) = &answer.more {
            self.say(Text::More, &[more]);
        }
    }

    fn status(&self, status: &StatusLine) {
        let lines = table::card(&status.facts, self.tongue);
        if lines.is_empty() {
            self.talk(&plain::harmless(&status.text));
        }
        lines.iter().for_each(|line| print(line));
    }

    /// Shows what went wrong.
    pub fn fault(&self, fault: &Fault) {
        if self.json {
            print(&json::fault(fault).to_string());
        }
        match fault {
            Fault::Syntax { line, error } => self.caret(line, error),
            Fault::Refused(reply) => self.refusal(&reply.status),
            Fault::Connect { host, error } => {
                self.say(Text::CannotConnect, &[host, &error.to_string()]);
            }
            Fault::Lost(error) => self.say(Text::ConnectionLost, &[&error.to_string()]),
            Fault::Garbled(what) => self.say(Text::Garbled, &[what]),
            Fault::Cancelled => self.say(Text::Stopped, &[]),
            other => self.talk(&plain::harmless(&other.to_string())),
        }
    }

    fn caret(&self, line: &str, error: &SyntaxError) {
        let before: String = line.chars().take(error.column.saturating_sub(1)).collect();
        let indent = plain::width(&before.replace('\t', " "));
        self.talk(&format!("  {}", plain::harmless(&line.replace('\t', " "))));
        let expected = self.tongue.fill(Text::Expected, &[&error.expected]);
        self.talk(&format!("  {}^ {expected}", " ".repeat(indent)));
    }

    fn refusal(&self, status: &StatusLine) {
        let text = match self.tongue.refusal(status) {
            Some(text) => text,
            None if status.text.is_empty() => status.word.clone(),
            None => status.text.clone(),
        };
        let mut line = format!("{text} ({} {}", status.code, status.word);
        for (key, value) in status.facts.iter().filter(|(key, _)| key != "token") {
            line.push_str(&format!(" {key}={value}"));
        }
        line.push(')');
        self.talk(&plain::harmless(&line));
    }

    /// Tells what happened besides.
    pub fn note(&self, note: &Note) {
        self.talk(&self.note_text(note));
    }

    /// What happened besides, as one line.
    pub fn note_text(&self, note: &Note) -> String {
        match note {
            // Scripts read the line of the protocol.
            Note::Event(event) if self.json || !self.draws => event_text(event),
            Note::Event(event) => self.chat.event(event, self.tongue).unwrap_or_else(|| event_text(event)),
            Note::Ended(status) => {
                let why = self.tongue.refusal(status).unwrap_or_else(|| status.text.trim().to_owned());
                let word = format!("{} {}", status.code, status.word);
                self.tongue.fill(Text::ServerEnded, &[&plain::harmless(&why), &plain::harmless(&word)])
            }
            Note::Gone => self.tongue.fill(Text::ServerGone, &[]),
            Note::Resumed => self.tongue.fill(Text::Resumed, &[]),
            Note::LoggedOut => self.tongue.fill(Text::SessionOver, &[]),
        }
    }

    /// Says one of the texts on standard error.
    pub fn say(&self, text: Text, with: &[&str]) {
        self.talk(&self.tongue.fill(text, with));
    }

    /// Says something on standard error. It has to be harmless already.
    pub fn talk(&self, line: &str) {
        // Nobody left to hear it is no reason to fail.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// Prints data. When the reader has gone (`| head`), so do we.
pub fn print(line: &str) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(crate::fault::Exit::Done as i32);
    }
}

fn event_text(event: &Event) -> String {
    let mut out = format!("* {}", plain::harmless(&event.name));
    for (key, word) in &event.facts {
        out.push_str(&format!(" {}={}", plain::harmless(key), plain::harmless(word)));
    }
    out
}

/// How wide the terminal is on which data appears, if it is one.
pub fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
