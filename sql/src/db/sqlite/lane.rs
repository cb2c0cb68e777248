//! A queue of jobs and the thread that serves it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::super::Tx;
use super::session::down;
use crate::Error;

/// A queue and the thread that serves it, which ends when the queue is gone and empty.
pub(super) struct Lane {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Lane {
    pub(super) fn start(
        name: &str, mut body: impl FnMut() + Send + 'static, queue: mpsc::Sender<Box<dyn Job>>,
    ) -> Result<Lane, Error> {
        // What a rule does is caught where it runs. Should the loop itself panic, whose work it had in hand is
        // refused, and it goes on.
        let lasting = move || while catch_unwind(AssertUnwindSafe(&mut body)).is_err() {};
        let thread = thread::Builder::new().name(name.into()).spawn(lasting).map_err(down)?;
        Ok(Lane { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn put(&self, job: Box<dyn Job>, patience: Duration) -> Result<(), Error> {
        let queue = lock(&self.queue).clone();
        let place = queue.ok_or_else(closed)?;
        match tokio::time::timeout(patience, place.send(job)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(Error::Busy("the queue is full".into())),
        }
    }

    /// Lets the queue run empty and the thread end.
    pub(super) async fn close(&self) {
        lock(&self.queue).take();
        let Some(thread) = lock(&self.thread).take() else { return };
        if !matches!(tokio::task::spawn_blocking(|| thread.join()).await, Ok(Ok(()))) {
            log::error!("the database thread ended with a panic");
        }
    }
}

pub(super) fn closed() -> Error {
    Error::Down("the database is closed".into())
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A piece of work whose result types the threads need not know.
pub(super) trait Job: Send {
    /// Has its caller waited too long for it to begin?
    fn late(&self) -> bool;
    /// Runs it; says whether what it wrote shall stay.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Sends what came out of it, or what came between.
    fn answer(self: Box<Self>, ended: Result<(), Error>);
}

type Outcome<T, E> = thread::Result<Result<T, E>>;

pub(super) struct Work<T, E, F> {
    work: F,
    until: Instant,
    outcome: Option<Outcome<T, E>>,
    reply: oneshot::Sender<Outcome<T, E>>,
}

impl<T, E, F> Work<T, E, F> {
    pub(super) fn new(work: F, until: Instant, reply: oneshot::Sender<Outcome<T, E>>) -> Self {
        Work { work, until, outcome: None, reply }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn late(&self) -> bool {
        self.until < Instant::now()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        // Whatever a panic left half done inside `work` is seen by nobody: the panic goes to its caller.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, ended: Result<(), Error>) {
        let outcome = match (self.outcome, ended) {
            (Some(Err(panic)), _) => Err(panic),
            (Some(outcome), Ok(())) => outcome,
            (_, Err(error)) => Ok(Err(error.into())),
            (None, Ok(())) => Ok(Err(Error::internal("a job was not run").into())),
        };
        // The caller may have gone; the work is done all the same.
        let _ = self.reply.send(outcome);
    }
}
