//! What a connection has become: a guest or a user, and what a line of theirs means.

mod account;
mod answer;
mod catalogue;
mod dispatch;
mod help;
mod lounge;
mod notice;
mod shelf;
mod stats;
mod ticket;
mod transfer;
mod wallet;
mod word;

use std::net::SocketAddr;
use std::sync::Arc;

use protocol::code::Code;
use protocol::command::{Command, TABLE, find};
use protocol::grammar::words;
use protocol::near::closest;
use protocol::reply::{Event, Status};
use protocol::table::{Gate, Spec};
use protocol::value::{Count, Opaque};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

pub use answer::{Answer, Delivery, Proof, Then, Upload, refusal};

use crate::app::App;
use crate::guard::planted;
use crate::live::{Fate, Presence};
use crate::service::account::LoggedIn;
use crate::service::lounge::{Happening, Seat};
use crate::service::notice::News;
use crate::service::{Fault, Paging, User};

/// One connection's side of the conversation.
pub struct Session {
    app: App,
    address: String,
    /// Nobody on the way hears what is said: TLS, or this machine itself.
    private: bool,
    who: Who,
    /// What has been asked for in place of the bytes of an upload.
    proof: Option<Box<Proof>>,
    /// What the client watches, if it watches anything.
    news: Option<Receiver<News>>,
    /// The connection's place in the chat rooms, once it has joined one.
    seat: Option<Seat>,
}

/// What comes without having been asked for.
pub enum Heard {
    /// The connection ends with these words.
    Ended(Status),
    /// Something that is watched.
    Event(Event),
    /// The client is a guest now, and is told with its next command.
    Nothing,
}

enum Who {
    Guest,
    User(User, Presence),
}

/// What the greeting and CAPS say this server can do.
pub const CAPS: &str =
    "ranges,resume,prove,keys,search,ads,membership,notices,vouchers,watch,tickets,shelf,words,lounge";

impl Session {
    /// A connection that nobody has logged in on.
    pub fn new(app: App, peer: SocketAddr, encrypted: bool) -> Self {
        let private = encrypted || peer.ip().to_canonical().is_loopback();
        let address = peer.ip().to_string();
        Self { app, address, private, who: Who::Guest, proof: None, news: None, seat: None }
    }

    /// The first line that a client hears.
    pub fn greeting() -> Status {
        Status::new(Code::Reel)
            .with("proto", protocol::PROTO)
            .with("caps", CAPS)
            .with("max-line", protocol::MAX_LINE)
            .say("welcome to Reel; HELP lists the commands")
    }

    /// Understands one line and does what it says. It runs to its end even if the client goes away.
    pub async fn line(&mut self, line: &[u8]) -> Answer {
        match self.fate() {
            Fate::Open => {}
            // Whoever was logged out elsewhere is a guest from now on.
            Fate::LoggedOut => self.leave(),
            fate => return Answer::then(last_word(fate), Then::Bye),
        }
        let answer = self.run(line).await.unwrap_or_else(Answer::from);
        // The bytes of a file may follow, whatever the answer: they must not become commands.
        Answer { alone: is_stor(line), ..answer }
    }

    async fn run(&mut self, line: &[u8]) -> Result<Answer, Status> {
        let words = words(line)?;
        let Some(verb) = words.plain.first() else {
            return match words.options.first() {
                None => Ok(Answer::nothing()),
                Some(_) => Err(protocol::grammar::SyntaxError::at(1, "a command before its options").into()),
            };
        };
        if !verb.text.eq_ignore_ascii_case("PROVE") {
            self.proof = None;
        }
        let spec = find(&verb.text).ok_or_else(|| unknown(&verb.text))?;
        self.admit(spec)?;
        self.keep_secret(spec)?;
        let command = Command::read(spec, &words)?;
        planted(spec.verb, &String::from_utf8_lossy(line));
        Ok(self.dispatch(command).await?)
    }

    /// What has become of the session that this connection is part of.
    fn fate(&self) -> Fate {
        match &self.who {
            Who::User(user, _) if user.until <= self.app.clock.now() => Fate::LoggedOut,
            Who::User(_, presence) => presence.fate(),
            Who::Guest => Fate::Open,
        }
    }

    fn admit(&self, spec: &'static Spec) -> Result<(), Status> {
        match (spec.gate, &self.who) {
            (Gate::Guest, _) => {}
            (_, Who::Guest) => return Err(Fault::LoginRequired.into()),
            (Gate::User, Who::User(..)) => {}
            (Gate::Admin, Who::User(user, _)) => {
                user.admin()?;
            }
        }
        if let Who::User(_, presence) = &self.who {
            presence.does(TABLE.iter().position(|row| std::ptr::eq(row, spec)));
        }
        Ok(())
    }

    /// Passwords, and tokens, which are as good, are not taken where anybody may listen, unless the operator
    /// says so. It is too late for this one, but not for the next.
    fn keep_secret(&self, spec: &Spec) -> Result<(), Status> {
        let config = self.app.config();
        if self.private || config.accounts.plain_passwords || !spec.carries_secret() {
            return Ok(());
        }
        let status = Status::new(Code::TlsRequired);
        Err(match config.tls_listen.0 {
            Some(tls) => {
                let port = tls.port();
                let say = format!("passwords travel over TLS only here: connect to port {port} with TLS");
                status.with("port", u32::from(port)).say(say)
            }
            None => status.say("passwords travel over TLS only, and the operator has not set that up yet"),
        })
    }

    /// Who is logged in here.
    fn user(&self) -> Result<&User, Fault> {
        match &self.who {
            Who::User(user, _) => Ok(user),
            Who::Guest => Err(Fault::LoginRequired),
        }
    }

    fn enter(&mut self, user: User, presence: Presence) {
        // Whoever was here before has left the rooms.
        self.seat = None;
        self.who = Who::User(user, presence);
    }

    fn leave(&mut self) {
        self.who = Who::Guest;
        self.proof = None;
        self.news = None;
        self.seat = None;
    }

    /// Leaves the chat rooms: the connection is at its end.
    pub fn leave_rooms(&mut self) {
        self.seat = None;
    }

    /// Notes that nothing is done any more for the line before.
    pub fn rest(&self) {
        if let Who::User(_, presence) = &self.who {
            presence.does(None);
        }
    }

    /// Whether somebody is logged in, for the door's time limits.
    pub fn is_guest(&self) -> bool {
        matches!(self.who, Who::Guest)
    }

    /// Waits until the session is ended from outside in a way that closes the connection.
    pub async fn ended(&self) -> Status {
        match until(presence(&self.who)).await {
            Fate::LoggedOut => std::future::pending().await,
            fate => last_word(fate),
        }
    }

    /// Waits for something that the client has to hear between two replies. May be cancelled. A session
    /// that is logged out elsewhere makes the connection a guest's.
    pub async fn heard(&mut self) -> Heard {
        let event = tokio::select! {
            fate = until(presence(&self.who)) => match fate {
                Fate::LoggedOut => {
                    self.leave();
                    return Heard::Nothing;
                }
                fate => return Heard::Ended(last_word(fate)),
            },
            news = next(&mut self.news) => notice::event(news),
            happening = happening(self.seat.as_ref()) => lounge::event(&happening),
        };
        match self.fate() {
            Fate::LoggedOut => {
                self.leave();
                Heard::Nothing
            }
            _ => Heard::Event(event),
        }
    }

    /// What the client is to be told and is there already.
    pub fn ready(&mut self) -> Option<Event> {
        let seat = self.seat.as_ref().filter(|_| self.fate() == Fate::Open);
        seat.and_then(Seat::ready).map(|happening| lounge::event(&happening))
    }

    /// Who it is, for the log: nothing in it that a user could forge a line with.
    pub fn label(&self) -> String {
        match &self.who {
            Who::Guest => format!("address={}", self.address),
            Who::User(user, _) => {
                format!("session={} account={} address={}", user.session, user.id, self.address)
            }
        }
    }

    fn paging(&self, after: Option<Opaque>, limit: Option<Count>) -> Paging {
        let most = self.app.config().limits.rows;
        let limit = limit.map_or(most, |count| count.0.min(most));
        Paging { after: after.map(|after| after.0), limit }
    }

    fn logged_in(&mut self, LoggedIn { user, presence, standing, token }: LoggedIn) -> Answer {
        let status = answer::who(Code::LoggedIn, &user, standing).with("token", token.reveal().to_owned());
        self.enter(user, presence);
        log::info!("{} logged in", self.label());
        status.say("logged in").into()
    }
}

fn presence(who: &Who) -> Option<&Presence> {
    match who {
        Who::Guest => None,
        Who::User(_, presence) => Some(presence),
    }
}

async fn until(presence: Option<&Presence>) -> Fate {
    match presence {
        Some(presence) => presence.ended().await,
        None => std::future::pending().await,
    }
}

async fn happening(seat: Option<&Seat>) -> Arc<Happening> {
    match seat {
        Some(seat) => seat.next().await,
        None => std::future::pending().await,
    }
}

/// What a connection is told whose session was ended from outside.
fn last_word(fate: Fate) -> Status {
    match fate {
        Fate::Locked => Fault::Locked.into(),
        _ => Status::new(Code::Kicked),
    }
}

async fn next(news: &mut Option<Receiver<News>>) -> News {
    let Some(news) = news else { return std::future::pending().await };
    loop {
        match news.recv().await {
            Ok(news) => return news,
            // Too slow a reader: what it missed it finds with NOTICES.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

fn unknown(verb: &str) -> Status {
    let status = Status::new(Code::UnknownCommand);
    match closest(verb, TABLE.iter().map(|spec| spec.verb)) {
        Some(near) => status.with("nearest", near).say(format!("no such command; did you mean {near}?")),
        None => status.say("no such command; HELP lists them"),
    }
}

/// Whether a line is a STOR, or was meant to be one: a slip in it must not make commands of the bytes
/// of a file behind it.
fn is_stor(line: &[u8]) -> bool {
    first_word(line).eq_ignore_ascii_case(b"STOR")
}

/// Whether a line may be run before it is noted what went out of the bodies before it: no other command than the next
/// download, since it might ask for what is noted.
pub fn is_retr(line: &[u8]) -> bool {
    first_word(line).eq_ignore_ascii_case(b"RETR")
}

/// The first letters of a line, whatever stands before and behind them.
fn first_word(line: &[u8]) -> &[u8] {
    let start = line.iter().position(u8::is_ascii_alphabetic).unwrap_or(line.len());
    let word = line.get(start..).unwrap_or_default();
    let end = word.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(word.len());
    word.get(..end).unwrap_or_default()
}
