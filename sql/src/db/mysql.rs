//! MySQL and MariaDB: a bounded set of connections. A job that has one reads with it in its own thread, and writes on
//! one of tokio's blocking pool.
//!
//! The set is ours and not the driver's pool, because that one resets a connection on its way back, which throws its
//! prepared statements away, and hands it back by way of another task. Here a connection comes back only when its
//! transaction ended well; in any doubt it is dropped.

mod judge;
mod session;
mod short;
mod wire;

use std::hash::{BuildHasher, RandomState};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use self::session::End;
pub(super) use self::session::Session;
use self::short::Queue;
use self::wire::Wire;
use super::{Fate, MIGRATION_PATIENCE, Mode, Options, Tx, in_place};
use crate::{Error, Migration, migrate};

// How often a job is run again after deadlocks, as long as its patience lasts.
const TRIES: u32 = 5;
// More than there are statements in the house, so that each is prepared once a connection. A server keeps 16,382.
const STATEMENTS: usize = 256;

/// A server and our connections to it.
pub(super) struct Server {
    opts: Opts,
    idle: Mutex<Vec<Wire>>,
    permits: Arc<Semaphore>,
    short: Mutex<Queue>,
    options: Options,
}

impl Server {
    pub(super) async fn open(
        url: &str, options: Options, schema: &'static [Migration],
    ) -> Result<Arc<Server>, Error> {
        let opts = Opts::from_url(url).map_err(|e| Error::Internal(format!("the URL: {e}")))?;
        if opts.db_name().is_none() {
            return Err(Error::Url("the URL names no database: mysql://user:password@host:port/name".into()));
        }
        let opts = OptsBuilder::from_opts(opts)
            .client_found_rows(true)
            .stmt_cache_size(STATEMENTS)
            // The driver asks a server on this host for its socket's path and goes there, which is another server when
            // the port was forwarded from a container.
            .prefer_socket(false)
            .tcp_nodelay(true);
        let server = Arc::new(Server {
            opts: opts.into(),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(options.connections.max(1))),
            short: Mutex::default(),
            options,
        });
        server.migrate(schema).await?;
        server.look_at_durability().await?;
        Ok(server)
    }

    /// What a transaction promises here, the server has to keep.
    async fn look_at_durability(self: &Arc<Self>) -> Result<(), Error> {
        let sql = "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit";
        let flush: Option<i64> = self.read(move |tx: &mut Tx<'_>| tx.one(sql, ()), Ok).await?;
        if let Some(flush @ (0 | 2..)) = flush {
            log::warn!(
                "the server's innodb_flush_log_at_trx_commit is {flush}, not 1: a power cut may undo what was answered \
                 with success"
            );
        }
        Ok(())
    }

    /// On a connection of its own, because losing it lets the lock on the schema go.
    async fn migrate(self: &Arc<Self>, schema: &'static [Migration]) -> Result<(), Error> {
        let mut lease = self.lease().await?;
        lease.session.patience = MIGRATION_PATIENCE;
        lease.session.keep = false;
        lease.write(move |tx: &mut Tx<'_>| migrate(tx, schema)).await
    }

    pub(super) async fn write<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.lease().await?.write(work).await
    }

    pub(super) async fn read<T, U, E, F, G>(self: &Arc<Self>, work: F, then: G) -> Result<U, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> Result<U, E> + Send + 'static,
        U: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.lease().await?.read(work, then).await
    }

    /// A connection, before a thread is taken: so that no more threads wait than there are connections.
    async fn lease(self: &Arc<Self>) -> Result<Lease, Error> {
        let until = Instant::now() + self.options.patience;
        let permit = match timeout_at(until, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(Error::Down("the database is closed".into())),
            Err(_) => return Err(Error::Busy("no connection came free in time".into())),
        };
        let used = self.idle().pop();
        let reused = used.is_some();
        let wire = match used {
            Some(wire) => wire,
            None => self.connect(until).await?,
        };
        let session = Session::new(wire, self.options.patience);
        Ok(Lease { session, reused, server: self.clone(), _permit: permit })
    }

    async fn connect(&self, until: Instant) -> Result<Wire, Error> {
        let (opts, left) = (self.opts.clone(), until.saturating_duration_since(Instant::now()));
        match tokio::task::spawn_blocking(move || Wire::open(opts, left)).await {
            Ok(opened) => opened.map_err(|fault| fault.error),
            Err(stopped) => Err(Error::Down(stopped.to_string())),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Wire>> {
        // Nothing that could panic runs under this lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        // All permits mean that nobody works. A job that hangs is bounded by its patience, and so is this.
        let all = u32::try_from(self.options.connections.max(1)).unwrap_or(u32::MAX);
        let _ = timeout(self.options.patience, self.permits.acquire_many(all)).await;
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        let patience = self.options.patience;
        let goodbye = move || idle.into_iter().for_each(|wire| wire.close(patience));
        let _ = tokio::task::spawn_blocking(goodbye).await;
    }
}

/// A connection for one job. It goes back to the set at the end, if it is sound.
struct Lease {
    session: Session,
    reused: bool,
    server: Arc<Server>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    async fn write<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match tokio::task::spawn_blocking(move || self.work(Mode::Write, work)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            // Only a runtime that shuts down refuses a task.
            Err(stopped) => Err(Error::Down(stopped.to_string()).into()),
        }
    }

    async fn read<T, U, E, F, G>(self, work: F, then: G) -> Result<U, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> Result<U, E> + Send + 'static,
        U: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        in_place(move || match self.work(Mode::Read, work) {
            Ok(outcome) => then(outcome?),
            Err(panic) => resume_unwind(panic),
        })
        .await
    }

    fn work<T, E, F>(mut self, mode: Mode, mut work: F) -> thread::Result<Result<T, E>>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E>,
        E: From<Error>,
    {
        self.session.mode = mode;
        let outcome = self.tried(&mut work);
        self.give_back();
        outcome
    }

    /// Runs it, and again where that is allowed.
    fn tried<T, E>(
        &mut self, work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> thread::Result<Result<T, E>>
    where
        E: From<Error>,
    {
        let until = Instant::now() + self.session.patience;
        let mut tries = 0;
        loop {
            match self.session.attempt(work) {
                End::Done(outcome) => return Ok(outcome),
                End::Panic(panic) => return Err(panic),
                End::Fault(outcome, Fate::Again) => {
                    if tries == TRIES || Instant::now() > until {
                        return Ok(outcome);
                    }
                    tries += 1;
                    log::debug!("a transaction met others' locks and is run again, {tries}");
                    thread::sleep(pause(tries));
                }
                End::Fault(outcome, fate) => {
                    self.session.keep = false;
                    // What broke this one, a restart or a fail-over, broke those too.
                    self.server.idle().clear();
                    if fate != Fate::Lost || !self.reused {
                        return Ok(outcome);
                    }
                    // It may have been dead in the set for long, so this says nothing of the server. As COMMIT was not
                    // sent, nothing of the work has happened.
                    log::info!("a connection to the database was lost; trying a new one");
                    if let Err(fault) = self.renew() {
                        return Ok(Err(fault.into()));
                    }
                }
            }
        }
    }

    fn renew(&mut self) -> Result<(), Error> {
        self.reused = false;
        self.session.reconnect(&self.server.opts).map_err(|fault| fault.error)
    }

    fn give_back(self) {
        if self.session.keep && !self.session.wire.is_cut() && !self.server.permits.is_closed() {
            self.server.idle().push(self.session.wire);
        }
    }
}

// Doubles, and differs from caller to caller, so that two who met do not meet again.
fn pause(tries: u32) -> Duration {
    let longest = 4_000 << tries;
    let random = RandomState::new().hash_one(tries);
    Duration::from_micros(longest / 2 + random % (longest / 2))
}
