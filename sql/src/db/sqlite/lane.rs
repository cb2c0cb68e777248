//! A queue of jobs and the threads that serve it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::session::down;
use crate::Error;
use crate::db::job::Job;

/// A queue and the threads that serve it. They end when the queue is gone and empty.
pub(super) struct Lane {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Lane {
    pub(super) fn start(
        name: &str, loops: impl IntoIterator<Item = impl FnMut() + Send + 'static>,
        queue: mpsc::Sender<Box<dyn Job>>,
    ) -> Result<Lane, Error> {
        let mut threads = Vec::new();
        for mut body in loops {
            let thread = thread::Builder::new().name(format!("{name}-{}", threads.len()));
            // What a rule does is caught where it runs. Should the loop itself panic, whose work it had in hand is
            // refused, and it goes on.
            let lasting = move || while catch_unwind(AssertUnwindSafe(&mut body)).is_err() {};
            threads.push(thread.spawn(lasting).map_err(down)?);
        }
        Ok(Lane { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) })
    }

    pub(super) async fn put(&self, job: Box<dyn Job>, patience: Duration) -> Result<(), Error> {
        let queue = lock(&self.queue).clone();
        let closed = || Error::Down("the database is closed".into());
        let place = queue.ok_or_else(closed)?;
        match tokio::time::timeout(patience, place.send(job)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(Error::Busy("the queue is full".into())),
        }
    }

    /// Lets the queue run empty and the threads end.
    pub(super) async fn close(&self) {
        lock(&self.queue).take();
        let threads = std::mem::take(&mut *lock(&self.threads));
        let joined =
            tokio::task::spawn_blocking(|| threads.into_iter().try_for_each(thread::JoinHandle::join));
        if !matches!(joined.await, Ok(Ok(()))) {
            log::error!("a database thread ended with a panic");
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
