//! How far a piece of work in the background is, and what it would have said.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

/// Told by the transfer, asked by `jobs` and `wait`.
#[derive(Debug, Default)]
pub struct Work(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    bar: Option<ProgressBar>,
    said: String,
}

/// How far it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Bytes that are done.
    pub done: u64,
    /// Bytes in all; 0 while nobody knows.
    pub total: u64,
    /// Bytes a second.
    pub rate: u64,
    /// Seconds that are left.
    pub eta: u64,
}

impl Work {
    /// From now on this bar counts, though nobody sees it.
    pub fn follow(&self, bar: ProgressBar) {
        self.state().bar = Some(bar);
    }

    /// Keeps the last line that was said.
    pub fn hear(&self, line: &str) {
        line.clone_into(&mut self.state().said);
    }

    /// The last line that was said.
    pub fn said(&self) -> String {
        self.state().said.clone()
    }

    /// How far it is.
    pub fn reach(&self) -> Reach {
        let state = self.state();
        let Some(bar) = state.bar.as_ref() else {
            return Reach::default();
        };
        Reach {
            done: bar.position(),
            total: bar.length().unwrap_or(0),
            rate: bar.per_sec() as u64,
            eta: bar.eta().as_secs(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
