//! Short jobs that share a transaction where they would else wait for a connection: a commit costs a write to the disk,
//! whatever it holds, and a row that many want is held until then.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{Lease, Server};
use crate::Error;
use crate::db::job::{Job, Work};
use crate::db::{Mode, Tx};

// As many jobs as share one commit at most: what the first of them locks, it holds until the last has run.
const GROUP: usize = 16;

/// Short jobs that wait, and who is about to take them.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<(u64, Box<dyn Job>)>,
    next: u64,
    takers: usize,
}

impl Server {
    pub(in crate::db) async fn run_short<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let until = Instant::now() + self.options.patience;
        let (reply, mut answer) = oneshot::channel();
        let number = self.put(Box::new(Work::new(work, until.into_std(), reply)));
        let answer = match timeout_at(until, &mut answer).await {
            Ok(answer) => answer,
            Err(_) if self.withdraw(number) => {
                return Err(late().into());
            }
            Err(_) => answer.await,
        };
        match answer {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            // A panic outside of any rule: whether it came before the commit or after it, nobody knows.
            Err(_) => Err(Error::OutcomeUnknown.into()),
        }
    }

    fn put(self: &Arc<Self>, job: Box<dyn Job>) -> u64 {
        let mut queue = self.queue();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push_back((number, job));
        if queue.takers < self.most_takers() {
            queue.takers += 1;
            tokio::spawn(take_all(self.clone()));
        }
        number
    }

    /// Whether it still waited.
    fn withdraw(&self, number: u64) -> bool {
        let mut queue = self.queue();
        let place = queue.waiting.iter().position(|(waiting, _)| *waiting == number);
        place.is_some_and(|place| queue.waiting.remove(place).is_some())
    }

    /// Half of the connections: fewer transactions hold more jobs each, which is quicker, and who reads has the others.
    fn most_takers(&self) -> usize {
        self.options.connections.div_ceil(2).max(1)
    }

    /// What the next transaction holds; `None` if nothing waits, and the one who asked takes no more.
    fn take(&self) -> Option<Vec<Box<dyn Job>>> {
        let mut queue = self.queue();
        let waiting = queue.waiting.len();
        if waiting == 0 {
            queue.takers -= 1;
            return None;
        }
        // Side by side is quicker than one after the other, where somebody is left to take them.
        let share = waiting.div_ceil(self.most_takers() - queue.takers + 1).min(GROUP);
        Some(queue.waiting.drain(..share).map(|(_, job)| job).collect())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing that could panic runs under this lock.
        self.short.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what waits, a transaction at a time, until nothing does.
async fn take_all(server: Arc<Server>) {
    loop {
        let lease = server.lease().await;
        // Whoever waits knows best how long.
        if matches!(lease, Err(Error::Busy(_))) && !server.queue().waiting.is_empty() {
            continue;
        }
        let Some(jobs) = server.take() else { return };
        match lease {
            // Its panics are the callers', who hear of them by the end of their channels.
            Ok(lease) => drop(tokio::task::spawn_blocking(move || lease.run_jobs(jobs)).await),
            Err(error) => jobs.into_iter().for_each(|job| job.answer(Err(error.clone()))),
        }
    }
}

/// How a job ended that knows its outcome by itself.
enum Ended {
    Refused,
    Failed(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Ended {
        Ended::Failed(error)
    }
}

impl Lease {
    fn run_jobs(mut self, mut jobs: Vec<Box<dyn Job>>) {
        let together = if jobs.len() > 1 { self.session.together(&mut jobs) } else { Err(late()) };
        match together {
            Ok(()) | Err(Error::OutcomeUnknown) => {
                jobs.into_iter().for_each(|job| job.answer(together.clone()));
            }
            // Nothing has happened, and it may be one job's doing that all were undone: each has another try for itself.
            Err(error) => {
                if !self.session.keep {
                    self.server.idle().clear();
                }
                for mut job in jobs {
                    let ended = if job.late() { Err(error.clone()) } else { self.alone(&mut *job) };
                    job.answer(ended);
                }
            }
        }
        self.give_back();
    }

    fn alone(&mut self, job: &mut dyn Job) -> Result<(), Error> {
        if !self.session.keep {
            self.renew()?;
        }
        self.session.mode = Mode::Write;
        let run = &mut |tx: &mut Tx<'_>| if job.run(tx) { Ok(()) } else { Err(Ended::Refused) };
        match self.tried(run) {
            Ok(Err(Ended::Failed(error))) => Err(error),
            // The job itself knows what it refused, or how it panicked.
            _ => Ok(()),
        }
    }
}

fn late() -> Error {
    Error::Busy("no connection came free in time".into())
}
