//! Who is on: the sessions that have connections now, so that ending one ends it everywhere at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::value::{AccountId, SessionId};
use tokio::sync::watch;

/// What has become of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Open,
    /// It was logged out: its connections are guests.
    LoggedOut,
    /// It was ended from outside: its connections close.
    Kicked,
    /// Its account was locked: its connections close.
    Locked,
}

/// The sessions that have connections now.
#[derive(Clone, Default)]
pub struct Live(Arc<Mutex<HashMap<SessionId, Entry>>>);

struct Entry {
    account: AccountId,
    fate: watch::Sender<Fate>,
    doing: Arc<AtomicUsize>,
    connections: usize,
}

/// No command runs.
const IDLE: usize = usize::MAX;

impl Live {
    /// Counts a connection of a session, until the presence is dropped.
    pub fn enter(&self, session: SessionId, account: AccountId) -> Presence {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = sessions.entry(session).or_insert_with(|| Entry {
            account,
            fate: watch::channel(Fate::Open).0,
            doing: Arc::new(AtomicUsize::new(IDLE)),
            connections: 0,
        });
        entry.connections += 1;
        let (fate, doing) = (entry.fate.subscribe(), entry.doing.clone());
        Presence { live: self.clone(), session, fate, doing }
    }

    /// Ends a session on all its connections.
    pub fn end(&self, session: SessionId, fate: Fate) {
        self.end_where(fate, |id, _| id == session);
    }

    /// Ends all sessions of an account but one.
    pub fn end_others(&self, account: AccountId, keep: SessionId, fate: Fate) {
        self.end_where(fate, |id, of| id != keep && of == account);
    }

    /// Ends all sessions of an account.
    pub fn end_all(&self, account: AccountId, fate: Fate) {
        self.end_where(fate, |_, of| of == account);
    }

    /// The sessions that are on, from the one after `after`, by number.
    pub fn after(&self, after: SessionId, limit: usize) -> Vec<SessionId> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids: Vec<SessionId> = sessions.keys().copied().filter(|id| *id > after).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        ids
    }

    fn end_where(&self, fate: Fate, which: impl Fn(SessionId, AccountId) -> bool) {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, entry) in sessions.iter() {
            if which(*id, entry.account) {
                entry.fate.send_replace(fate);
            }
        }
    }

    /// What a session does: the place of a command in the table; `None` if it has no connection.
    pub fn doing(&self, session: SessionId) -> Option<Doing> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&session).map(|entry| match entry.doing.load(Ordering::Relaxed) {
            IDLE => Doing::Idle,
            command => Doing::Command(command),
        })
    }
}

/// What a session that is on does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Nothing.
    Idle,
    /// The command at this place of the table.
    Command(usize),
}

/// One connection of a session.
pub struct Presence {
    live: Live,
    session: SessionId,
    fate: watch::Receiver<Fate>,
    doing: Arc<AtomicUsize>,
}

impl Presence {
    /// What has become of the session.
    pub fn fate(&self) -> Fate {
        *self.fate.borrow()
    }

    /// Waits until the session is ended, if it ever is. May be cancelled.
    pub async fn ended(&self) -> Fate {
        self.ending().await
    }

    /// The same, for one who waits on another task; after the presence is dropped that waits for ever.
    pub fn ending(&self) -> impl Future<Output = Fate> + Send + 'static {
        let mut fate = self.fate.clone();
        async move {
            let ended = fate.wait_for(|fate| *fate != Fate::Open).await.map(|fate| *fate);
            match ended {
                Ok(fate) => fate,
                // The registry holds the sender for as long as there is a presence.
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Notes the command that runs, or that none does.
    pub fn does(&self, command: Option<usize>) {
        self.doing.store(command.unwrap_or(IDLE), Ordering::Relaxed);
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut sessions = self.live.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = sessions.get_mut(&self.session) {
            entry.connections -= 1;
            if entry.connections == 0 {
                sessions.remove(&self.session);
            }
        }
    }
}
