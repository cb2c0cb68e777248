//! A queue of jobs and the thread that serves it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::session::down;
use crate::Error;
use crate::db::job::Job;

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
