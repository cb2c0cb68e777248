//! What people and machines see. Data goes to standard output, talk to standard error; nothing
//! here knows of connections.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::grammar::{StatusLine, SyntaxError, find};
use protocol::table::Spec;

use crate::fault::{Exit, Fault};
use crate::jobs::Work;
use crate::link::{Event, Facts, Reply};
use crate::locale::{Text, Tongue};
use crate::meant;
use crate::session::Note;
use crate::trust::{Untrusted, Why};

pub mod chat;
mod csv;
pub mod json;
mod meaning;
pub mod notice;
pub mod pager;
pub mod plain;
pub mod plot;
pub mod refusal;
pub mod style;
pub mod table;

use pager::Pager;
use style::Style;
use table::Room;

/// How an answer is laid out for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Rows under each other.
    Table,
    /// One thing, a fact a line.
    Card,
    /// Words and what they mean.
    List,
    /// A notice.
    Notice,
    /// The numbers of the club, drawn.
    Numbers,
    /// What words mean, entry after entry.
    Meanings,
    /// What was said, a message a line.
    Chat,
    /// Nothing but what has been said already: for machines only.
    Silent,
    /// As it came, and shown already.
    Raw,
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
    /// One table of comma-separated values a command.
    pub csv: bool,
    /// Where long output goes, while somebody is there to read it.
    pub pager: Option<Pager>,
    /// The language of talk.
    pub tongue: Tongue,
    /// Whether progress may be drawn.
    pub draws: bool,
    /// What the chat rooms look like.
    pub chat: chat::Chat,
    /// What the server says is shown as it is.
    pub raw: Arc<AtomicBool>,
    /// Something was printed already.
    printed: Arc<AtomicBool>,
    /// What runs in the background says nothing here, but notes how far it is.
    pub work: Option<Arc<Work>>,
}

impl Screen {
    /// The screen that the environment asks for.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            csv: false,
            pager: None,
            tongue: Tongue::of_environment(),
            draws: io::stderr().is_terminal(),
            chat: chat::Chat::of_environment(),
            raw: Arc::default(),
            printed: Arc::default(),
            work: None,
        }
    }

    /// Whether what goes to standard output is read by a program.
    pub fn is_for_machines(&self) -> bool {
        self.json || self.csv
    }

    /// Shows an answer, to the command of `spec` if it is one of the table.
    pub fn answer(&self, answer: &Answer, spec: Option<&Spec>) {
        let reply = &answer.reply;
        if self.json {
            print(&json::line(&json::reply(reply)));
            return;
        }
        if self.csv {
            self.comma_separated(reply, spec);
            return self.more(answer);
        }
        if answer.layout == Layout::Chat {
            reply.rows.iter().for_each(|row| print(&self.chat.said(row, self.tongue)));
            let fact = |key| plain::harmless(reply.status.get(key).unwrap_or("-"));
            self.say(Text::Entered, &[&fact("room"), &fact("members")]);
        } else if !reply.rows.is_empty() || reply.status.word == "END" {
            self.rows(answer);
        } else if !matches!(answer.layout, Layout::Silent | Layout::Raw) {
            self.status(&reply.status);
        }
    }

    /// One table after the other, apart by an empty line.
    fn comma_separated(&self, reply: &Reply, spec: Option<&Spec>) {
        if let Some(table) = csv::table(reply, spec, io::stdout().is_terminal()) {
            if self.printed.swap(true, Ordering::Relaxed) {
                write(b"\r\n");
            }
            write(&table);
        }
    }

    fn more(&self, answer: &Answer) {
        if let Some(more) = &answer.more {
            self.say(Text::More, &[&plain::harmless(more)]);
        }
    }

    /// Prints lines, through the pager if they are more than the screen has.
    fn lines(&self, lines: &[String]) {
        let paged = self.pager.as_ref().filter(|_| !fits(lines.len()));
        if !paged.is_some_and(|pager| pager.show(lines)) {
            lines.iter().for_each(|line| print(line));
        }
    }

    fn rows(&self, answer: &Answer) {
        let rows = &answer.reply.rows;
        let style = Style::of(&io::stdout());
        let lines = match (answer.layout, rows.as_slice()) {
            (Layout::Silent | Layout::Raw, _) => return,
            (_, []) => return self.say(Text::NoRows, &[]),
            (Layout::Meanings, rows) => meaning::lines(rows, terminal_width(), style),
            (Layout::Card, [row]) => table::card(row, terminal_width(), self.tongue),
            (Layout::List, rows) => table::list(rows, terminal_width(), style, self.tongue),
            (Layout::Notice, [row]) => notice::lines(row, terminal_width(), style, self.tongue),
            (Layout::Numbers, rows) => self.numbers(&answer.reply.status, rows),
            _ => {
                // A pager shows text, and goes nowhere.
                let jumps = style.rich && (self.pager.is_none() || fits(rows.len() + 1));
                table::table(rows, Room { columns: terminal_width(), jumps }, self.tongue)
            }
        };
        self.lines(&lines);
        self.more(answer);
    }

    fn numbers(&self, status: &StatusLine, rows: &[Facts]) -> Vec<String> {
        let days = status.get("days").and_then(|days| days.parse().ok()).unwrap_or(1);
        let width = terminal_width().unwrap_or(80);
        let canvas = plot::Canvas { width, style: Style::of(&io::stdout()) };
        plot::numbers(rows, days, chrono::Utc::now().date_naive(), canvas, self.tongue)
    }

    /// Shows a notice beside an answer.
    pub fn notice(&self, row: &Facts) {
        let room = width_of(io::stderr());
        let lines = notice::lines(row, room, Style::of(&io::stderr()), self.tongue);
        lines.iter().for_each(|line| self.talk(line));
    }

    fn status(&self, status: &StatusLine) {
        let lines = table::card(&status.facts, terminal_width(), self.tongue);
        if lines.is_empty() {
            self.talk(&plain::harmless(self.tongue.done(status)));
        }
        self.lines(&lines);
    }

    /// Tells what went wrong beside a command that is done: no document speaks of it.
    pub fn warn(&self, fault: &Fault) {
        Self { json: false, ..self.clone() }.fault(fault);
    }

    /// Shows what went wrong.
    pub fn fault(&self, fault: &Fault) {
        if self.json {
            print(&json::line(&json::fault(fault)));
        }
        self.complain(fault);
    }

    /// Says what went wrong, and gives no document.
    pub fn complain(&self, fault: &Fault) {
        match fault {
            Fault::Syntax { line, error } => self.caret(line, error),
            Fault::Refused(reply) => self.refusal(&reply.status),
            Fault::Shown(_) => {}
            Fault::Local(code) => self.say(Text::LocalFailed, &[&code.to_string()]),
            Fault::Connect { host, error } => {
                self.say(Text::CannotConnect, &[host, &self.tongue.system(error)]);
            }
            Fault::Untrusted(untrusted) => self.untrusted(untrusted),
            Fault::InTheClear { host } => self.say(Text::InTheClear, &[&plain::harmless(host)]),
            Fault::OtherDoor { host, tls } => {
                let text = if *tls { Text::SpeaksTls } else { Text::SpeaksNoTls };
                self.say(text, &[&plain::harmless(host)]);
            }
            Fault::OpenToOthers { path } => self.say(Text::OpenToOthers, &[&plain::harmless(path)]),
            Fault::Lost(error) => self.say(Text::ConnectionLost, &[&self.tongue.system(error)]),
            Fault::Garbled(what) => self.say(Text::Garbled, &[&self.tongue.said(what)]),
            Fault::Cancelled => self.say(Text::Stopped, &[]),
            Fault::Several(s) => self.say(Text::SomeDone, &[&s.done.to_string(), &s.of.to_string()]),
            Fault::File { path, error } => {
                self.talk(&plain::harmless(&format!("{path}: {}", self.tongue.system(error))));
            }
            other => self.talk(&plain::harmless(&self.tongue.said(&other.to_string()))),
        }
    }

    /// Shows who a server says that it is, where nobody vouches for that.
    pub fn stranger(&self, untrusted: &Untrusted) {
        if let Why::Stranger(why) = &untrusted.why {
            self.say(
                Text::Stranger,
                &[&plain::harmless(&untrusted.host), &plain::harmless(&self.tongue.said(why))],
            );
            self.say(Text::Fingerprint, &[&untrusted.shown.to_string()]);
        }
    }

    fn untrusted(&self, untrusted: &Untrusted) {
        let (host, shown) = (plain::harmless(&untrusted.host), untrusted.shown.to_string());
        match &untrusted.why {
            Why::Stranger(_) => {
                self.stranger(untrusted);
                self.say(Text::StrangerHint, &[]);
            }
            Why::Changed(file, line) => {
                self.say(Text::CertificateChanged, &[&host]);
                self.say(Text::Fingerprint, &[&shown]);
                self.say(Text::ChangedHint, &[&plain::harmless(file), &line.to_string(), &host]);
            }
            Why::NotThePin => {
                self.say(Text::NotThePin, &[&host]);
                self.say(Text::Fingerprint, &[&shown]);
            }
        }
    }

    fn caret(&self, line: &str, error: &SyntaxError) {
        let before: String = line.chars().take(error.column.saturating_sub(1)).collect();
        let indent = plain::width(&plain::harmless(&before.replace('\t', " ")));
        self.talk(&format!("  {}", plain::harmless(&line.replace('\t', " "))));
        let expected = self.tongue.fill(Text::Expected, &[&self.tongue.expected(&error.expected)]);
        let pointed = format!("  {}^ {expected}", " ".repeat(indent));
        match width_of(io::stderr()).filter(|room| plain::width(&pointed) > *room) {
            // Broken, a line points nowhere.
            Some(room) if indent + 3 <= room => {
                self.talk(&format!("  {}^", " ".repeat(indent)));
                self.wrapped(&expected);
            }
            Some(_) => self.wrapped(&expected),
            None => self.talk(&pointed),
        }
        if let Some(meant) = meant::meant(line, error) {
            self.say(Text::DidYouMean, &[&meant]);
        }
    }

    fn refusal(&self, status: &StatusLine) {
        if let Some(near) = status.get("near") {
            let text = if near.is_empty() { Text::NoWord } else { Text::NearWords };
            return self.say(text, &[&plain::harmless(near)]);
        }
        self.wrapped(&refusal::line(status, self.tongue));
    }

    /// Tells what happened besides.
    pub fn note(&self, note: &Note) {
        self.talk(&self.note_text(note));
    }

    /// What happened besides, as one line.
    pub fn note_text(&self, note: &Note) -> String {
        match note {
            // Scripts read the line of the protocol.
            Note::Event(event) if self.json || !self.draws || self.raw.load(Ordering::Relaxed) => {
                event_text(event)
            }
            Note::Event(event) if event.name == "notice" => {
                let fact = |key| plain::harmless(find(&event.facts, key).unwrap_or_default());
                self.tongue.fill(Text::NewNotice, &[&fact("id"), &fact("title")])
            }
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

    /// The same for what runs in the background, which notes how far it is and draws nothing.
    pub fn behind(&self, work: Arc<Work>) -> Self {
        Self { work: Some(work), draws: false, ..self.clone() }
    }

    /// Tells that the server has said nothing for so long.
    pub fn silent(&self, seconds: u64) {
        if self.draws {
            // In place of a bar, which is drawn again below.
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        self.say(Text::Silent, &[&seconds.to_string()]);
    }

    /// Says one of the texts on standard error, wrapped on a terminal.
    pub fn say(&self, text: Text, with: &[&str]) {
        self.wrapped(&self.tongue.fill(text, with));
    }

    fn wrapped(&self, line: &str) {
        if let Some(work) = &self.work {
            return work.hear(line);
        }
        match width_of(io::stderr()) {
            Some(room) => plain::wrap(line, room).iter().for_each(|line| self.talk(line)),
            None => self.talk(line),
        }
    }

    /// Says something on standard error. It has to be harmless already.
    pub fn talk(&self, line: &str) {
        if let Some(work) = &self.work {
            return work.hear(line);
        }
        // Nobody left to hear it is no reason to fail.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// Prints data. When the reader has gone (`| head`), so do we; data that cannot be kept is a failure.
pub fn print(line: &str) {
    write(format!("{line}\n").as_bytes());
}

fn write(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    let Err(error) = out.write_all(bytes).and_then(|()| out.flush()) else {
        return;
    };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(Exit::Done as i32);
    }
    let _ = writeln!(io::stderr().lock(), "{}", Fault::file(Path::new("standard output"), error));
    std::process::exit(Exit::File as i32);
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
    width_of(io::stdout())
}

/// Whether so many lines and the prompt have room on the screen.
fn fits(lines: usize) -> bool {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.map_or(true, |size| size.ws_row == 0 || lines < usize::from(size.ws_row))
}

fn width_of(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
