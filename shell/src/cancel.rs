//! Ctrl-C while a command runs: it ends the command, not the shell.
//!
//! A blocked read cannot be asked to stop, so its socket is shut; the shell resumes its session on
//! another connection when the next command wants one.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};

use crate::fault::Exit;

/// How long a script has to tell how far it came.
const GRACE: Duration = Duration::from_secs(1);

/// A program that Ctrl-C has ended may be gone before the signal is heard here.
const LATE: Duration = Duration::from_millis(200);

/// What Ctrl-C does, shared by all connections of the shell.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    /// So many programs of others run that hear Ctrl-C themselves.
    aside: usize,
    /// When the last of them ended.
    was_aside: Option<Instant>,
    next: u64,
    open: HashMap<u64, TcpStream>,
}

impl Cancel {
    /// From now on Ctrl-C does not kill the process but cancels what runs; with `leave` what has
    /// not ended a moment later is ended with the process. To be called before any thread is
    /// started: they inherit the mask.
    pub fn catch_interrupts(&self, leave: bool) {
        // What is let through for a moment, while a program is started, must not end the shell.
        let caught = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::default());
        let mut set = SigSet::empty();
        set.add(Signal::SIGINT);
        if caught.is_err() || set.thread_block().is_err() {
            return;
        }
        let this = self.clone();
        std::thread::spawn(move || {
            while set.wait().is_ok() {
                this.cancel();
                if leave {
                    std::thread::sleep(GRACE);
                    std::process::exit(Exit::Interrupted as i32);
                }
            }
        });
    }

    /// Stops what runs.
    pub fn cancel(&self) {
        let mut state = self.state();
        if state.aside > 0 || state.was_aside.is_some_and(|end| end.elapsed() < LATE) {
            return;
        }
        state.cancelled = true;
        for stream in state.open.values() {
            // Shut already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.0.changed.notify_all();
    }

    /// Waits for a program that hears Ctrl-C itself: meanwhile it stops nothing here.
    pub fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.state().aside += 1;
        let result = work();
        let mut state = self.state();
        state.aside -= 1;
        state.was_aside = Some(Instant::now());
        drop(state);
        result
    }

    /// Begins something new: an earlier Ctrl-C was not meant for it.
    pub fn reset(&self) {
        self.state().cancelled = false;
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Sleeps, and says whether it slept through.
    pub fn sleep(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.state();
        while !state.cancelled {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            else {
                return true;
            };
            state = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Registers a connection to be shut by Ctrl-C until the guard is dropped.
    pub fn watch(&self, stream: &TcpStream) -> Watch {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        if let Ok(stream) = stream.try_clone() {
            state.open.insert(number, stream);
        }
        Watch { cancel: self.clone(), number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `spawn` with Ctrl-C let through, so that a program which it starts hears it.
pub fn with_interrupts<T>(spawn: impl FnOnce() -> T) -> T {
    let mut set = SigSet::empty();
    set.add(Signal::SIGINT);
    let open = set.thread_unblock().is_ok();
    let result = spawn();
    if open {
        let _ = set.thread_block();
    }
    result
}

/// A connection that Ctrl-C shuts, as long as this lives.
#[derive(Debug)]
pub struct Watch {
    cancel: Cancel,
    number: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.cancel.state().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_ends_early_when_it_is_cancelled() {
        let cancel = Cancel::default();
        assert!(cancel.sleep(Duration::from_millis(1)));
        let other = cancel.clone();
        let thread = std::thread::spawn(move || other.sleep(Duration::from_secs(60)));
        cancel.cancel();
        assert!(!thread.join().unwrap());
        cancel.reset();
        assert!(!cancel.is_cancelled());
    }

    #[test]
    fn what_another_program_hears_stops_nothing_here() {
        let cancel = Cancel::default();
        cancel.aside(|| cancel.cancel());
        assert!(!cancel.is_cancelled());
        cancel.cancel();
        assert!(!cancel.is_cancelled(), "it was a moment late");
    }
}
