//! Who is logged in, and the connection that is kept for it: lost ones are made anew with the token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::command::Command;
use protocol::grammar::StatusLine;
use protocol::table::Gate;
use protocol::value::Secret;

use crate::cancel::Cancel;
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::link::{Event, Link, Overheard, Reply};

/// Who one is to the server.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name, as the server writes it.
    pub name: String,
    /// What it may do.
    pub gate: Gate,
    /// What opens further connections.
    pub token: Secret,
    /// The session began here: nobody else holds the token.
    ours: bool,
}

/// What opens further connections of a session, on any thread.
#[derive(Clone, Debug)]
pub struct Pass {
    endpoint: Endpoint,
    token: Option<Secret>,
}

impl Pass {
    /// Opens a connection and joins the session.
    ///
    /// # Errors
    /// No connection, or the session is over.
    pub fn open(&self) -> Result<Link, Fault> {
        let mut link = self.endpoint.open()?;
        if let Some(token) = &self.token {
            link.ask(&format!("RESUME {}", token.reveal()))?.accepted()?;
        }
        Ok(link)
    }

    /// The same, whose connections `cancel` shuts.
    pub fn under(&self, cancel: Cancel) -> Self {
        Self { endpoint: self.endpoint.under(cancel), token: self.token.clone() }
    }

    /// What shuts its connections.
    pub fn cancel(&self) -> &Cancel {
        &self.endpoint.cancel
    }

    /// The same session, for one who has less patience with a silent server.
    pub fn bearing(&self, patience: Duration) -> Self {
        Self { endpoint: self.endpoint.bearing(patience), token: self.token.clone() }
    }

    /// Whether somebody is logged in.
    pub fn is_somebody(&self) -> bool {
        self.token.is_some()
    }
}

impl PartialEq for Pass {
    /// Of the same session with the same server, or of none.
    fn eq(&self, other: &Self) -> bool {
        self.token == other.token && self.endpoint.host == other.endpoint.host
    }
}

/// What happened beside the answer to a command.
#[derive(Debug)]
pub enum Note {
    /// An event that was watched.
    Event(Event),
    /// The server ended the connection and said why.
    Ended(StatusLine),
    /// The connection is gone without a word.
    Gone,
    /// A new connection joined the old session.
    Resumed,
    /// The session cannot be joined any more: one is a guest again.
    LoggedOut,
}

/// The connection, shared with whoever listens while it is idle.
pub type SharedLink = Arc<Mutex<Option<Link>>>;

/// A session with a server.
#[derive(Debug)]
pub struct Session {
    endpoint: Endpoint,
    link: SharedLink,
    account: Option<Account>,
    notes: Vec<Note>,
    lost: bool,
    /// The last WATCH: a new connection watches nothing by itself.
    watch: Option<String>,
}

impl Session {
    /// No connection yet; the first command makes one.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            link: SharedLink::default(),
            account: None,
            notes: Vec::new(),
            lost: false,
            watch: None,
        }
    }

    /// The server.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Who is logged in.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Which commands may be given.
    pub fn gate(&self) -> Gate {
        self.account.as_ref().map_or(Gate::Guest, |a| a.gate)
    }

    /// What opens further connections.
    pub fn pass(&self) -> Pass {
        // What goes on beside the command does not tell that it waits.
        self.entrance().under(self.endpoint.cancel.clone())
    }

    fn entrance(&self) -> Pass {
        Pass { endpoint: self.endpoint.clone(), token: self.account.as_ref().map(|a| a.token.clone()) }
    }

    /// The same session on a connection of its own, which `cancel` shuts; to leave it does not end it.
    pub fn beside(&self, cancel: Cancel) -> Self {
        let endpoint = self.endpoint.under(cancel);
        let account = self.account.clone().map(|account| Account { ours: false, ..account });
        Self { account, ..Self::new(endpoint) }
    }

    /// The connection, for one who listens while it is idle.
    pub fn shared(&self) -> SharedLink {
        Arc::clone(&self.link)
    }

    /// What happened since this was last asked.
    pub fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// Makes sure of a connection: one that was lost while idle is made anew, with the token.
    ///
    /// # Errors
    /// No connection can be had.
    pub fn connect(&mut self) -> Result<(), Fault> {
        self.listen();
        if self.slot().is_some() {
            return Ok(());
        }
        let mut link = match self.entrance().open() {
            Ok(link) => link,
            Err(Fault::Refused(reply)) if reply.status.code == 530 => {
                self.account = None;
                self.watch = None;
                self.notes.push(Note::LoggedOut);
                self.endpoint.open()?
            }
            Err(fault) => return Err(fault),
        };
        if let Some(watch) = self.watch.as_ref().filter(|_| self.account.is_some()) {
            // Should it fail, the command that wants the connection finds out.
            let _ = link.ask(watch);
        }
        let told = matches!(self.notes.last(), Some(Note::Resumed));
        if std::mem::take(&mut self.lost) && self.account.is_some() && !told {
            self.notes.push(Note::Resumed);
        }
        *self.slot() = Some(link);
        Ok(())
    }

    /// Lends the connection.
    ///
    /// # Errors
    /// No connection can be had, or what `work` says. A lost connection is let go.
    pub fn with<T>(&mut self, work: impl FnOnce(&mut Link) -> Result<T, Fault>) -> Result<T, Fault> {
        self.connect()?;
        let shared = self.shared();
        let mut slot = lock(&shared);
        let link = slot.as_mut().ok_or_else(|| Fault::lost("no connection"))?;
        let result = work(link);
        let over = matches!(&result, Err(fault) if fault.is_lost() || is_broken(fault));
        if over {
            *slot = None;
            self.lost = true;
        }
        drop(slot);
        if self.endpoint.cancel.is_cancelled() && result.is_err() {
            self.drop_link();
            return Err(Fault::Cancelled);
        }
        result
    }

    /// Sends one command and gives the reply, whatever it says; events become notes, a log-in or
    /// a lock is remembered.
    ///
    /// # Errors
    /// No connection can be had, or it is lost.
    pub fn ask(&mut self, line: &str) -> Result<Reply, Fault> {
        let mut reply = self.with(|link| link.ask(line))?;
        self.notes.extend(reply.events.drain(..).map(Note::Event));
        self.remember(&reply, line);
        Ok(reply)
    }

    /// Sends a line as it is; what comes is handed to `heard` line by line. `command` is what the line says, if
    /// it says anything: who logs in or out by it is remembered.
    ///
    /// # Errors
    /// No connection can be had, it is lost, or it cannot be used any more.
    pub fn raw(
        &mut self, line: &str, command: Option<&Command>, heard: impl FnMut(&str),
    ) -> Result<Reply, Fault> {
        let reply = self.with(|link| link.raw(line, heard))?;
        self.remember(&reply, &command.map(Command::line).unwrap_or_default());
        match command {
            Some(Command::Logout(_) | Command::Unregister(_)) if reply.status.code < 300 => self.forget(),
            _ if reply.status.code == 221 => self.drop_link(),
            _ => {}
        }
        Ok(reply)
    }

    /// Sends one command and gives the reply if it is no refusal.
    ///
    /// # Errors
    /// As [`Session::ask`], and a refusal.
    pub fn order(&mut self, line: &str) -> Result<Reply, Fault> {
        self.ask(line)?.accepted()
    }

    /// Asks what changes nothing: over a connection that breaks it is asked again, once.
    ///
    /// # Errors
    /// As [`Session::order`].
    pub fn look(&mut self, line: &str) -> Result<Reply, Fault> {
        match self.order(line) {
            Err(Fault::Lost(_)) => self.order(line),
            other => other,
        }
    }

    /// Forgets who was logged in: the session is over.
    pub fn forget(&mut self) {
        self.account = None;
    }

    /// Leaves for good. The token of a session that began here dies with us: nothing could use it
    /// any more. A connection is not made to say good bye on it.
    pub fn leave(&mut self) {
        let shared = self.shared();
        let mut slot = lock(&shared);
        if let Some(link) = slot.take() {
            let ours = self.account.take().is_some_and(|account| account.ours);
            let farewell = if ours { "LOGOUT\r\nQUIT" } else { "QUIT" };
            link.part(farewell);
        }
    }

    /// Lets the connection go; the next command makes another.
    pub fn drop_link(&mut self) {
        self.lost = false;
        if let Some(link) = self.slot().take() {
            link.close();
        }
    }

    /// Takes in what came while nobody asked.
    fn listen(&mut self) {
        let heard = match self.slot().as_mut() {
            Some(link) => link.overheard(),
            None => return,
        };
        self.take_in(heard);
    }

    /// Takes in what somebody heard on the shared connection.
    pub fn take_in(&mut self, heard: Overheard) {
        let over = heard.is_over();
        if heard.status.as_ref().is_some_and(|status| status.word == "LOCKED") {
            self.account = None;
        }
        self.notes.extend(ending(heard));
        if over {
            self.lost = true;
            *self.slot() = None;
        }
    }

    fn remember(&mut self, reply: &Reply, line: &str) {
        let status = &reply.status;
        if let (230, Some(token)) = (status.code, status.get("token")) {
            // Who logs in on this connection goes on watching nothing.
            self.watch = None;
            self.account = Some(Account {
                name: status.get("user").unwrap_or_default().to_owned(),
                gate: match status.get("role") {
                    Some("admin") => Gate::Admin,
                    _ => Gate::User,
                },
                token: Secret::new(token.to_owned()),
                ours: !line.starts_with("RESUME "),
            });
        }
        if status.code == 250 && line.starts_with("WATCH") {
            self.watch = Some(line.to_owned());
        }
        let over = match (status.code, status.word.as_str()) {
            (421, _) => true,
            // A log-in that is refused says nothing about who is logged in here.
            (530, "LOCKED") if !line.starts_with("LOGIN ") => {
                self.account = None;
                true
            }
            (530, "LOGIN_REQUIRED") if self.account.take().is_some() => {
                self.notes.push(Note::LoggedOut);
                false
            }
            _ => false,
        };
        if over {
            self.lost = true;
            *self.slot() = None;
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Link>> {
        lock(&self.link)
    }
}

/// The notes that what was overheard makes.
pub fn ending(heard: Overheard) -> Vec<Note> {
    let over = heard.is_over();
    let mut notes: Vec<Note> = heard.events.into_iter().map(Note::Event).collect();
    match heard.status {
        Some(status) => notes.push(Note::Ended(status)),
        None if over => notes.push(Note::Gone),
        None => {}
    }
    notes
}

/// Locks, whatever became of the last holder: a link has no state that a panic could tear.
pub fn lock(link: &SharedLink) -> MutexGuard<'_, Option<Link>> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// After these nobody knows where in the conversation both ends are.
fn is_broken(fault: &Fault) -> bool {
    matches!(fault, Fault::Garbled(_) | Fault::Cancelled | Fault::File { .. } | Fault::Integrity(_))
}
