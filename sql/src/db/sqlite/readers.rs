//! The connections that read. Who reads takes one and works on it in its own thread: handing a query to another
//! thread and its answer back costs more than most queries do.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::lane::{closed, lock};
use super::transaction;
use crate::Error;
use crate::db::{Mode, Tx, in_place};

/// The connections that nobody reads on.
pub(super) struct Readers(Arc<Home>);

struct Home {
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
    count: u32,
}

impl Readers {
    pub(super) fn of(connections: Vec<Connection>) -> Readers {
        let count = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        let free = Semaphore::new(connections.len());
        Readers(Arc::new(Home { idle: Mutex::new(connections), free, count }))
    }

    /// Runs `work` on a snapshot, then `then` outside of it on the same thread.
    pub(super) async fn read<T, U, E, F, G>(&self, mut work: F, then: G, patience: Duration) -> Result<U, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> Result<U, E> + Send + 'static,
        U: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let reader = self.take(patience).await?;
        let home = self.0.clone();
        in_place(move || {
            let ended = transaction(&reader, Mode::Read, |tx| {
                let outcome = catch_unwind(AssertUnwindSafe(|| work(tx)));
                (matches!(outcome, Ok(Ok(_))), outcome)
            });
            // Free for others before what follows, which may take its time.
            home.give_back(reader);
            match ended? {
                Ok(outcome) => then(outcome?),
                Err(panic) => resume_unwind(panic),
            }
        })
        .await
    }

    async fn take(&self, patience: Duration) -> Result<Connection, Error> {
        match timeout(patience, self.0.free.acquire()).await {
            // It comes back with the connection.
            Ok(Ok(permit)) => permit.forget(),
            Ok(Err(_)) => return Err(closed()),
            Err(_) => return Err(Error::Busy("no reader came free in time".into())),
        }
        lock(&self.0.idle).pop().ok_or_else(|| Error::internal("a reader is missing"))
    }

    /// Lets who reads finish; nobody begins any more.
    pub(super) async fn close(&self, patience: Duration) {
        let _ = timeout(patience, self.0.free.acquire_many(self.0.count)).await;
        self.0.free.close();
        lock(&self.0.idle).clear();
    }
}

impl Home {
    fn give_back(&self, connection: Connection) {
        if !self.free.is_closed() {
            lock(&self.idle).push(connection);
            self.free.add_permits(1);
        }
    }
}
