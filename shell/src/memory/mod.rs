//! What is remembered of a log-in: its session, so that the next shell goes on without a password, and the password
//! if that is wanted. In the desktop's keyring where there is one, else in a file for its owner alone.

use std::str::FromStr;

use protocol::command::{Command, Login, Resume};
use protocol::value::{PasswordDigest, Secret, Ticket, UserName};

use crate::fault::Fault;
use crate::link::Reply;
use crate::session::Session;

mod keyring;
mod store;

use store::{Kept, Store};

/// What is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remember {
    /// Nothing, and what was kept earlier is not used.
    #[default]
    Nothing,
    /// The session.
    Session,
    /// The session, and the MD5 of the password for when it is over.
    Password,
}

impl Remember {
    /// The words for all of them.
    pub const WORDS: &[&str] = &["session", "password", "nothing"];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Remember::Nothing => "nothing",
            Remember::Session => "session",
            Remember::Password => "password",
        }
    }
}

impl FromStr for Remember {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Remember::Nothing, Remember::Session, Remember::Password];
        let found = all.into_iter().find(|one| one.word() == word);
        found.ok_or("expected session, password or nothing")
    }
}

/// What this shell remembers, of which server.
#[derive(Debug)]
pub struct Memory {
    what: Remember,
    store: Store,
    server: String,
    /// The entry that was there when this shell looked, and has been written by it since. Another shell that has
    /// written meanwhile is not written over.
    mark: Option<String>,
}

/// What came of looking into the memory.
#[derive(Debug)]
pub enum Found {
    /// Somebody is logged in.
    In(Reply),
    /// Nothing that helps.
    Nothing,
    /// The password that was kept is no longer the right one.
    Stale,
}

impl Memory {
    /// A memory of `server`, as [`crate::endpoint::Endpoint::key`] names it.
    pub fn new(what: Remember, server: String, keyring: bool) -> Self {
        Self { what, server, store: Store { keyring }, mark: None }
    }

    /// Of nothing.
    pub fn none() -> Self {
        Self::new(Remember::Nothing, String::new(), false)
    }

    /// Goes on with the session of `user`, or of whoever logged in last, or logs in with the password that was kept.
    /// A keyring that is locked is opened only where somebody is `present` to do so.
    ///
    /// # Errors
    /// The file cannot be read or is open to others, there is no connection, or a refusal that says nothing about
    /// what was kept.
    pub fn recall(
        &mut self, session: &mut Session, user: Option<&str>, present: bool,
    ) -> Result<Found, Fault> {
        if self.what == Remember::Nothing {
            return Ok(Found::Nothing);
        }
        let Some(kept) = self.store.find(&self.server, user, present)? else {
            return Ok(Found::Nothing);
        };
        self.mark = Some(kept.mark.clone());
        if let Some(token) = &kept.token {
            let line = Command::Resume(Resume { token: Ticket(token.clone()) }).line();
            match session.order(&line) {
                Ok(reply) => return Ok(Found::In(reply)),
                Err(Fault::Refused(reply)) if reply.status.code == 530 => {}
                Err(fault) => return Err(fault),
            }
        }
        let (Some(password), Ok(name)) = (&kept.password, kept.user.parse::<UserName>()) else {
            return Ok(Found::Nothing);
        };
        let password = PasswordDigest(password.clone());
        match session.order(&Command::Login(Login { name, password }).line()) {
            Ok(reply) => Ok(Found::In(reply)),
            Err(fault) if fault.is("BAD_CREDENTIALS") => {
                self.store.change(&self.server, &kept.user, |found| match found {
                    Some(one) if one.mark == kept.mark => None,
                    found => found,
                })?;
                self.mark = None;
                Ok(Found::Stale)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Keeps the session that has just begun here, and the password where that is wanted. A session that is kept
    /// outlives this shell. Gives whether it is.
    ///
    /// # Errors
    /// Of the disk, or the file is open to others.
    pub fn keep(&mut self, session: &mut Session, password: Option<&PasswordDigest>) -> Result<bool, Fault> {
        let Some(account) = session.account().filter(|account| account.began_here()) else {
            return Ok(false);
        };
        if self.what == Remember::Nothing {
            return Ok(false);
        }
        let wanted = self.what == Remember::Password;
        let mut new = Kept {
            server: self.server.clone(),
            user: account.name.clone(),
            mark: crate::key::fresh()?,
            token: Some(account.token.clone()),
            password: password.filter(|_| wanted).map(|digest| digest.0.clone()),
            keyring: false,
        };
        let (mark, seen) = (new.mark.clone(), self.mark.clone());
        let wrote = self.store.change(&self.server, &account.name, |found| match found {
            // Another shell has logged in since this one looked: its session is the one to go on with.
            Some(other) if Some(&other.mark) != seen.as_ref() => Some(other),
            old => {
                if wanted && new.password.is_none() {
                    new.password = old.and_then(|old| old.password);
                }
                Some(new)
            }
        })?;
        let kept = wrote.is_some_and(|kept| kept.mark == mark);
        if kept {
            self.mark = Some(mark);
            session.hand_over();
        }
        Ok(kept)
    }

    /// A new password takes the place of the one that was kept.
    ///
    /// # Errors
    /// As [`Memory::keep`].
    pub fn renew(&mut self, user: &str, password: &PasswordDigest) -> Result<(), Fault> {
        if self.what == Remember::Nothing {
            return Ok(());
        }
        let new: &Secret = &password.0;
        self.store.change(&self.server, user, |found| {
            found.map(|kept| Kept { password: kept.password.as_ref().map(|_| new.clone()), ..kept })
        })?;
        Ok(())
    }

    /// Forgets session and password of somebody who has logged out; what another shell has kept since stays.
    ///
    /// # Errors
    /// As [`Memory::keep`].
    pub fn forget(&mut self, user: &str) -> Result<(), Fault> {
        let Some(mark) = self.mark.take() else { return Ok(()) };
        self.store.change(&self.server, user, |found| found.filter(|kept| kept.mark != mark))?;
        Ok(())
    }

    /// Forgets all of an account that is gone.
    ///
    /// # Errors
    /// As [`Memory::keep`].
    pub fn bury(&mut self, user: &str) -> Result<(), Fault> {
        if self.what == Remember::Nothing {
            return Ok(());
        }
        self.store.change(&self.server, user, |_| None)?;
        Ok(())
    }
}
