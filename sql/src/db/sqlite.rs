//! SQLite: one thread writes; who reads does so on a connection of its own, in place. Nothing blocks the reactor.
//!
//! A commit costs an fsync, whatever it holds. So the writer takes all jobs that wait into one transaction, each inside
//! a savepoint, and answers them together when it is on the disk.

mod lane;
mod readers;
mod session;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::ffi::ErrorCode;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use self::lane::Lane;
use self::readers::Readers;
pub(super) use self::session::Session;
use self::session::plain;
use super::job::{Job, Work};
use super::{Inner, MIGRATION_PATIENCE, Mode, Options, Tx};
use crate::{Error, Migration, migrate};

// As many jobs as share one commit at most: what one of them waits for the others stays in milliseconds.
const GROUP: usize = 64;
// How many pages the log holds before it is folded into the file, 32 MiB. A page that many commits change is written to
// the file once for all of them, and what is folded waits for the disk once more.
const LOG_PAGES: u32 = 8192;
// Jobs that wait in a queue at most. Beyond it a caller waits for a place, which its patience bounds.
const QUEUE: usize = 1024;
// More than there are statements in the house, so that each is prepared once a connection.
const STATEMENTS: usize = 256;

/// An open file: the thread that writes, and what reads.
pub(super) struct File {
    writer: Lane,
    readers: Readers,
    patience: Duration,
}

impl File {
    pub(super) async fn open(
        path: PathBuf, options: Options, schema: &'static [Migration],
    ) -> Result<File, Error> {
        tokio::task::spawn_blocking(move || open(&path, &options, schema))
            .await
            .unwrap_or_else(|stopped| Err(Error::Down(stopped.to_string())))
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = Work::new(work, Instant::now() + self.patience, reply);
        self.writer.put(Box::new(work), self.patience).await?;
        match answer.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            // A panic outside of any rule: whether it came before the commit or after it, nobody knows.
            Err(_) => Err(Error::OutcomeUnknown.into()),
        }
    }

    pub(super) async fn read<T, U, E, F, G>(&self, work: F, then: G) -> Result<U, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> Result<U, E> + Send + 'static,
        U: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.readers.read(work, then, self.patience).await
    }

    pub(super) async fn close(&self) {
        // The writer last: the last connection to close folds the log into the file, which a reader may not.
        self.readers.close(self.patience).await;
        self.writer.close().await;
    }
}

fn open(path: &Path, options: &Options, schema: &[Migration]) -> Result<File, Error> {
    let mut writer = connect(path, Mode::Write, options.patience)?;
    prepare(&mut writer, schema, options.patience)?;
    writer.pragma_update(None, "wal_autocheckpoint", LOG_PAGES).map_err(plain)?;

    let (writes, mut queue) = mpsc::channel(QUEUE);
    let write_loop = move || write_loop(&writer, &mut queue);

    let readers = (0..options.connections.max(1)).map(|_| connect(path, Mode::Read, options.patience));
    let readers = readers.collect::<Result<Vec<_>, Error>>()?;

    Ok(File {
        writer: Lane::start("sql-write", write_loop, writes)?,
        readers: Readers::of(readers),
        patience: options.patience,
    })
}

fn connect(path: &Path, mode: Mode, patience: Duration) -> Result<Connection, Error> {
    let access = match mode {
        Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::Write => {
            // Made here and not by SQLite, so that it is nobody else's from the start. The log and its index take over
            // the file's permissions.
            let mut file = OpenOptions::new();
            let file = file.read(true).write(true).create(true).mode(0o600);
            file.open(path).map_err(|e| Error::Down(format!("{}: {e}", path.display())))?;
            OpenFlags::SQLITE_OPEN_READ_WRITE
        }
    };
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(plain)?;
    connection.busy_timeout(patience).map_err(plain)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it SQLite makes a new plan whenever a parameter has another value, which took a third of its time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(plain)?;
    connection
        .execute_batch("PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON; PRAGMA synchronous = FULL")
        .map_err(plain)?;
    Ok(connection)
}

/// Switches to the write-ahead log and brings the schema up to date.
fn prepare(writer: &mut Connection, schema: &[Migration], patience: Duration) -> Result<(), Error> {
    let until = Instant::now() + patience;
    // While another process switches, SQLite answers "busy" at once, without the wait it was told to make.
    while let Err(error) = writer.execute_batch("PRAGMA journal_mode = WAL") {
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || Instant::now() > until {
            return Err(plain(error));
        }
        thread::sleep(Duration::from_millis(5));
    }
    writer.busy_timeout(MIGRATION_PATIENCE).map_err(plain)?;
    // This one is ignored inside a transaction, hence before it.
    let keys = |on| writer.execute_batch(&format!("PRAGMA foreign_keys = {on}"));
    keys("OFF").map_err(plain)?;
    let migrated = transaction(writer, Mode::Write, |tx| {
        let done = migrate(tx, schema);
        (done.is_ok(), done)
    });
    keys("ON").map_err(plain)?;
    writer.busy_timeout(patience).map_err(plain)?;
    migrated?
}

/// Runs `work` between BEGIN and COMMIT, or ROLLBACK if it returns false.
fn transaction<T>(
    connection: &Connection, mode: Mode, work: impl FnOnce(&mut Tx<'_>) -> (bool, T),
) -> Result<T, Error> {
    let session = Session { connection, mode };
    let run = |sql| match session.execute(sql, Vec::new()) {
        Ok(_) => Ok(()),
        Err(fault) => Err(fault.error),
    };
    // A panic outside of any rule may have left one open.
    if !connection.is_autocommit() {
        run("ROLLBACK")?;
    }
    run(match mode {
        Mode::Read => "BEGIN DEFERRED",
        Mode::Write => "BEGIN IMMEDIATE",
    })?;
    let mut tx = Tx::on(Inner::Sqlite(session));
    let (keep, value) = work(&mut tx);
    let ended = match tx.over {
        Some(fault) => Err(fault.error),
        None if keep => run("COMMIT"),
        None => run("ROLLBACK"),
    };
    // A full disk ends the transaction by itself; what still stands is undone here, so that the next one can begin.
    if !connection.is_autocommit() {
        run("ROLLBACK")?;
    }
    ended.map(|()| value)
}

fn write_loop(connection: &Connection, queue: &mut mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = queue.blocking_recv() {
        if first.late() {
            first.answer(Err(Error::Busy("the writer came not free in time".into())));
            continue;
        }
        let mut group = vec![first];
        let mut broken = false;
        let ended = transaction(connection, Mode::Write, |tx| {
            while let Some(job) = group.last_mut() {
                broken = !inside_savepoint(tx, &mut **job);
                if broken || group.len() == GROUP {
                    break;
                }
                // The queue is looked at after each job: who came meanwhile still shares this commit.
                match queue.try_recv() {
                    Ok(job) => group.push(job),
                    Err(_) => break,
                }
            }
            (true, ())
        });
        if broken && group.len() > 1 {
            alone(connection, group);
            continue;
        }
        for job in group {
            job.answer(ended.clone());
        }
    }
}

/// Runs a job so that it can be undone by itself; false if the whole transaction went with it.
fn inside_savepoint(tx: &mut Tx<'_>, job: &mut dyn Job) -> bool {
    if tx.execute("SAVEPOINT job", ()).is_err() {
        return false;
    }
    if !job.run(tx) && tx.execute("ROLLBACK TO job", ()).is_err() {
        return false;
    }
    tx.execute("RELEASE job", ()).is_ok()
}

/// One job of a group hit what ends a transaction, such as a full disk, and took the others' work along: each has
/// another try for itself.
fn alone(connection: &Connection, group: Vec<Box<dyn Job>>) {
    for mut job in group {
        let ended = transaction(connection, Mode::Write, |tx| (job.run(tx), ()));
        job.answer(ended);
    }
}
