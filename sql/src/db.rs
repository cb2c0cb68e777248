//! The narrow waist: what the rest of the house sees of a database. It hands each call to the engine behind it, and
//! those two, `mysql` and `sqlite`, are the only ones that name a driver.

mod job;
mod mysql;
mod plan;
mod sqlite;
mod tx;

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{block_in_place, spawn_blocking};

pub use self::plan::Plan;
pub use self::tx::Tx;
use self::tx::{Fate, Fault, Inner};
use crate::{Error, MIGRATIONS, Migration};

/// How a database is used.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many connections: the pool's bound on MySQL, the readers beside the one writer on SQLite.
    pub connections: usize,
    /// The longest wait for a connection, for a lock, and on MySQL for any one statement.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { connections: 8, patience: Duration::from_secs(10) }
    }
}

/// Which engine it is. For the log and for tests: no rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded SQLite.
    Sqlite,
    /// A MySQL or MariaDB server.
    Mysql,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Engine::Sqlite => "SQLite",
            Engine::Mysql => "MySQL",
        })
    }
}

/// What there is where a database is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or an empty one.
    Nothing,
    /// One that a restore has not come to the end of.
    Unfinished,
    /// One whose schema has this version.
    Schema(i64),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
}

// A migration may rewrite a large table, and a second daemon waits for it: more than a caller's patience.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(600);

/// An open database. Cheap to clone; the clones share the connections.
#[derive(Clone)]
pub struct Db(Arc<Backend>);

enum Backend {
    Sqlite(sqlite::File),
    Mysql(Arc<mysql::Server>),
}

impl Db {
    /// Opens `sqlite:PATH`, a bare path, or `mysql://user:password@host:port/database` (`mariadb://` is the same), and
    /// brings the schema up to date.
    pub async fn open(url: &str, options: Options) -> Result<Db, Error> {
        Db::open_with(url, options, MIGRATIONS).await
    }

    /// What there is to open, of which nothing is made or changed: what only looks at a club shall not make one.
    pub async fn found(url: &str, options: Options) -> Result<Found, Error> {
        if let Place::File(path) = Place::of(url)?
            && !path.exists()
        {
            return Ok(Found::Nothing);
        }
        match Db::open_with(url, options, &[]).await {
            Ok(db) => {
                db.close().await;
                Ok(Found::Nothing)
            }
            Err(Error::Newer { found, .. }) => Ok(Found::Schema(found)),
            Err(Error::Unfinished) => Ok(Found::Unfinished),
            Err(error) => Err(error),
        }
    }

    /// Whether it is a file, and not a server's.
    pub fn is_file(url: &str) -> Result<bool, Error> {
        Ok(matches!(Place::of(url)?, Place::File(_)))
    }

    /// Removes the file with its log, if it is a file and is there.
    pub(crate) fn remove_file(url: &str) -> Result<(), Error> {
        let Place::File(path) = Place::of(url)? else {
            return Ok(());
        };
        // The file first: without it the log is nothing, and without the log the file may be what it was long ago.
        for end in ["", "-shm", "-wal"] {
            let mut name = path.clone().into_os_string();
            name.push(end);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::Down(format!("{}: {error}", name.display())));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The same with a schema of one's own, for tests of old and new schemas.
    pub async fn open_with(url: &str, options: Options, schema: &'static [Migration]) -> Result<Db, Error> {
        let backend = match Place::of(url)? {
            Place::File(path) => Backend::Sqlite(sqlite::File::open(path, options, schema).await?),
            Place::Server(url) => Backend::Mysql(mysql::Server::open(&url, options, schema).await?),
        };
        Ok(Db(Arc::new(backend)))
    }

    /// Runs `work` in one read-write transaction, which is committed if it returns `Ok` and undone if it returns `Err`
    /// or panics (the panic goes on in the caller). An `Ok` is durable when this returns.
    ///
    /// `work` may be run several times, each time on a clean transaction. It runs to its end even if the returned
    /// future is dropped. It does nothing slow but SQL: on SQLite all other writers wait for it.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(file) => file.write(work).await,
            Backend::Mysql(server) => server.write(work).await,
        }
    }

    /// The same for work of a few statements. It may share a transaction with others of its kind: each is undone by itself
    /// where it refuses or panics, none is answered before all of it is durable, and what it locks stays locked until then.
    pub async fn write_short<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &*self.0 {
            // The one writer shares whatever it writes.
            Backend::Sqlite(file) => file.write(work).await,
            Backend::Mysql(server) => server.run_short(work).await,
        }
    }

    /// Runs `work` on a snapshot that sees every commit before and none during it. Writing fails.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.read_then(work, Ok).await
    }

    /// The same, and then `then` outside of the snapshot on the same thread, which may wait for the disk: what is
    /// looked for with what was read costs no second way to another thread and back.
    pub async fn read_then<T, U, E, F, G>(&self, work: F, then: G) -> Result<U, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        G: FnOnce(T) -> Result<U, E> + Send + 'static,
        U: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(file) => file.read(work, then).await,
            Backend::Mysql(server) => server.read(work, then).await,
        }
    }

    /// Lets the work under way finish, then closes every connection. Calls on other clones get [`Error::Down`] from now on.
    pub async fn close(self) {
        match &*self.0 {
            Backend::Sqlite(file) => file.close().await,
            Backend::Mysql(server) => server.close().await,
        }
    }

    /// Which engine it is, for the log.
    pub fn engine(&self) -> Engine {
        match &*self.0 {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Mysql(_) => Engine::Mysql,
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL is not shown: it may hold a password.
        write!(f, "Db({})", self.engine())
    }
}

/// Runs what may wait for a disk or a server. On the daemon's reactor that is done in place: tokio has another thread
/// go on with what this one did, which costs the caller less than waiting for a thread to be woken and to wake it
/// again. A reactor of one thread cannot do that; there it goes to a blocking thread.
async fn in_place<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        return block_in_place(work);
    }
    match spawn_blocking(work).await {
        Ok(value) => value,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is at its end, and so is the caller.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Where a URL points.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Server(String),
}

impl Place {
    fn of(url: &str) -> Result<Place, Error> {
        if let Some(rest) = url.strip_prefix("mysql://").or_else(|| url.strip_prefix("mariadb://")) {
            return Ok(Place::Server(format!("mysql://{rest}")));
        }
        let path = match url.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            // Saying nothing of the rest of it, which may be a password.
            None if url.contains("://") => {
                return Err(Error::Url(
                    "expected sqlite:PATH or mysql://user:password@host:port/name".into(),
                ));
            }
            None => url,
        };
        // Each connection to ":memory:" or "" would see a database of its own.
        if path.is_empty() || path.starts_with(':') {
            return Err(Error::Url("a SQLite database needs a file: sqlite:PATH".into()));
        }
        Ok(Place::File(path.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_url_names_a_file_or_a_server() {
        let file = |path: &str| Ok(Place::File(path.into()));
        assert_eq!(Place::of("sqlite:/var/lib/reel/db"), file("/var/lib/reel/db"));
        assert_eq!(Place::of("sqlite:///var/db"), file("/var/db"));
        assert_eq!(Place::of("reel.db"), file("reel.db"));
        let server = || Ok(Place::Server("mysql://u:p@h:3306/reel".into()));
        assert_eq!(Place::of("mysql://u:p@h:3306/reel"), server());
        assert_eq!(Place::of("mariadb://u:p@h:3306/reel"), server());
        for wrong in ["", "sqlite:", ":memory:", "sqlite::memory:", "postgres://h/d"] {
            assert!(Place::of(wrong).is_err(), "{wrong}");
        }
    }
}
