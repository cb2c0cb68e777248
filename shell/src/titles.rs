//! The titles that completion offers: looked up in the background, on a connection of their own,
//! and kept for a little while. A key that is pressed never waits for the network.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::grammar::find;

use crate::fault::Fault;
use crate::session::Pass;

/// How long what was looked up is good.
const FRESH: Duration = Duration::from_secs(20);

/// Most titles that are kept: nobody picks from more.
const MOST: usize = 5_000;

/// A title as completion shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Its number.
    pub id: String,
    /// Its name, as it was written.
    pub name: String,
    /// Free, paid or shared.
    pub kind: String,
}

/// What is known of the library.
#[derive(Debug, Default)]
pub struct Titles(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: Arc<Vec<Title>>,
    asked: Option<Instant>,
    busy: bool,
    /// Whose they are: another account may see others.
    of: Option<Pass>,
}

impl Titles {
    /// What is known now.
    pub fn known(&self) -> Arc<Vec<Title>> {
        Arc::clone(&self.state().known)
    }

    /// Somebody is at the prompt: what somebody else could see is forgotten.
    pub fn follow(self: &Arc<Self>, pass: Pass) {
        let mut state = self.state();
        if state.of.as_ref() == Some(&pass) {
            return;
        }
        state.known = Arc::default();
        state.asked = None;
        state.of = Some(pass.clone());
        drop(state);
        self.refresh(pass);
    }

    /// Looks them up in the background, unless that was done a moment ago.
    pub fn refresh(self: &Arc<Self>, pass: Pass) {
        let mut state = self.state();
        let fresh = state.asked.is_some_and(|at| at.elapsed() < FRESH);
        if state.busy || fresh || !pass.is_somebody() {
            return;
        }
        state.busy = true;
        drop(state);
        let this = Arc::clone(self);
        std::thread::spawn(move || {
            let looked_up = look_up(&pass);
            let mut state = this.state();
            let still = state.of.as_ref().is_none_or(|of| *of == pass);
            if let (Ok(titles), true) = (looked_up, still) {
                state.known = Arc::new(titles);
            }
            state.asked = Some(Instant::now());
            state.busy = false;
        });
    }

    /// Takes these for known. For tests.
    #[cfg(test)]
    pub fn set(&self, titles: Vec<Title>) {
        self.state().known = Arc::new(titles);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look_up(pass: &Pass) -> Result<Vec<Title>, Fault> {
    let mut link = pass.open()?;
    let mut titles = Vec::new();
    let mut line = "LIST limit=1000".to_owned();
    loop {
        let reply = link.ask(&line)?.accepted()?;
        let cell = |row, key| find(row, key).unwrap_or_default().to_owned();
        titles.extend(reply.rows.iter().map(|row| Title {
            id: cell(row, "id"),
            name: cell(row, "title"),
            kind: cell(row, "kind"),
        }));
        let Some(next) = reply.status.get("next").filter(|_| titles.len() < MOST) else {
            break;
        };
        line = "LIST limit=1000 after=".to_owned();
        protocol::grammar::write_word(&mut line, next);
    }
    let _ = link.ask("QUIT");
    Ok(titles)
}
