//! Transfers in the background: a few at a time, each with a connection and a Ctrl-C of its own; the others wait
//! for their turn, in order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cancel::Cancel;
use crate::fault::{Exit, Fault};
use crate::link::Facts;
use crate::show::Answer;

pub mod start;
pub mod verbs;
mod work;

pub use work::{Reach, Work};

/// How many run at once: more would only share the same line.
const AT_ONCE: usize = 3;

/// How many that have ended are remembered.
const REMEMBERED: usize = 100;

/// What a job does, on a thread of its own.
pub type Task = Box<dyn FnOnce() -> Outcome + Send>;

/// What came of a job.
#[derive(Debug)]
pub struct Outcome {
    /// What came of it.
    pub result: Result<Answer, Fault>,
    /// What is told about it.
    pub line: String,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// It has ended: with which exit code, and the facts or rows of its answer.
    Over(Exit, Vec<Facts>),
}

/// A job, as others see it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number, from 1.
    pub number: u64,
    /// The command.
    pub what: String,
    /// How far it is.
    pub work: Arc<Work>,
    /// Where it stands.
    pub stage: Stage,
    cancel: Cancel,
    /// Whether somebody has waited for it.
    collected: bool,
}

impl Job {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over(..))
    }
}

/// The jobs of a shell.
#[derive(Clone, Debug, Default)]
pub struct Jobs(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// In the order of their numbers.
    jobs: Vec<Job>,
    waiting: Vec<(u64, Task)>,
    last: u64,
    told: Vec<String>,
    failed: Option<Exit>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

impl Jobs {
    /// Takes a job on; it runs as soon as it is its turn. Gives its number, and whether it has to wait.
    pub fn add(&self, what: &str, work: Arc<Work>, cancel: Cancel, task: Task) -> (u64, bool) {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        let what = what.to_owned();
        state.jobs.push(Job { number, what, work, stage: Stage::Queued, cancel, collected: false });
        state.waiting.push((number, task));
        self.pump(&mut state);
        let waits = state.waiting.iter().any(|(waiting, _)| *waiting == number);
        (number, waits)
    }

    /// All that are known.
    pub fn all(&self) -> Vec<Job> {
        self.state().jobs.clone()
    }

    /// Those that nobody has waited for yet.
    pub fn uncollected(&self) -> Vec<Job> {
        self.state().jobs.iter().filter(|job| !job.collected).cloned().collect()
    }

    /// One of them.
    pub fn job(&self, number: u64) -> Option<Job> {
        self.state().jobs.iter().find(|job| job.number == number).cloned()
    }

    /// The number of the last; 0 if there has been none.
    pub fn last(&self) -> u64 {
        self.state().last
    }

    /// Somebody has waited for it, and knows what came of it.
    pub fn collect(&self, number: u64) {
        if let Some(job) = self.state().jobs.iter_mut().find(|job| job.number == number) {
            job.collected = true;
        }
    }

    /// Stops a job. One that waits for its turn is over at once.
    pub fn cancel(&self, number: u64, line: String) {
        let mut state = self.state();
        let queued = state.waiting.iter().position(|(waiting, _)| *waiting == number);
        if let Some(at) = queued {
            drop(state.waiting.remove(at));
            over(&mut state, number, Outcome { result: Err(Fault::Cancelled), line });
            return;
        }
        let cancel = state.jobs.iter().find(|job| job.number == number).map(|job| job.cancel.clone());
        drop(state);
        if let Some(cancel) = cancel {
            cancel.cancel();
        }
    }

    /// The lines that are still to be told.
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.state().told)
    }

    /// The exit code of the first that has failed.
    pub fn first_failure(&self) -> Option<Exit> {
        self.state().failed
    }

    /// Starts what may run now.
    fn pump(&self, state: &mut State) {
        loop {
            let running = state.jobs.iter().filter(|job| job.stage == Stage::Running).count();
            if running >= AT_ONCE || state.waiting.is_empty() {
                return;
            }
            let (number, task) = state.waiting.remove(0);
            if let Some(job) = state.jobs.iter_mut().find(|job| job.number == number) {
                job.stage = Stage::Running;
            }
            let this = self.clone();
            std::thread::spawn(move || {
                let outcome = task();
                let mut state = this.state();
                over(&mut state, number, outcome);
                this.pump(&mut state);
            });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the end of a job, and forgets the oldest that have ended.
fn over(state: &mut State, number: u64, outcome: Outcome) {
    let (exit, rows) = match outcome.result {
        Ok(answer) if answer.reply.rows.is_empty() => (Exit::Done, vec![answer.reply.status.facts]),
        Ok(answer) => (Exit::Done, answer.reply.rows),
        Err(Fault::Several(several)) => (several.exit, several.rows),
        Err(fault) => (fault.exit(), vec![failure(&fault)]),
    };
    if exit != Exit::Done {
        state.failed.get_or_insert(exit);
    }
    if let Some(job) = state.jobs.iter_mut().find(|job| job.number == number) {
        job.stage = Stage::Over(exit, rows);
    }
    state.told.push(outcome.line);
    while state.jobs.iter().filter(|job| job.is_over()).count() > REMEMBERED {
        let Some(at) = state.jobs.iter().position(Job::is_over) else { return };
        state.jobs.remove(at);
    }
}

/// What a failure says in a row.
pub fn failure(fault: &Fault) -> Facts {
    let word = match fault {
        Fault::Refused(reply) => reply.status.word.clone(),
        other => other.word().to_owned(),
    };
    let exit = (fault.exit() as u8).to_string();
    [("done", "no".to_owned()), ("word", word), ("exit", exit), ("text", fault.to_string())]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn three_run_and_the_others_wait_in_order() {
        let jobs = Jobs::default();
        let (begun, order) = channel();
        let ends: Vec<_> = (1..=5)
            .map(|number: u64| {
                let (end, wait) = channel::<()>();
                let begun = begun.clone();
                let task: Task = Box::new(move || {
                    begun.send(number).unwrap();
                    let _ = wait.recv();
                    Outcome { result: Ok(Answer::own(226, "DONE", &[])), line: number.to_string() }
                });
                let (given, waits) = jobs.add("get", Arc::default(), Cancel::default(), task);
                assert_eq!((given, waits), (number, number > 3));
                end
            })
            .collect();
        let mut running: Vec<u64> = order.iter().take(3).collect();
        running.sort_unstable();
        assert_eq!(running, [1, 2, 3]);
        jobs.cancel(4, "4 stopped".to_owned());
        assert_eq!(jobs.told(), ["4 stopped"]);
        drop(ends);
        assert_eq!(order.recv().unwrap(), 5);
        while jobs.all().iter().any(|job| !job.is_over()) {
            std::thread::yield_now();
        }
        assert_eq!((jobs.first_failure(), jobs.told().len()), (Some(Exit::Interrupted), 4));
    }
}
