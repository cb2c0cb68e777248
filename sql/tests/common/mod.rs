//! Fresh databases for the tests: a SQLite file in a folder of its own, or a database of its own on a real server.

// Each test file is a program of its own and uses its part of this.
#![allow(dead_code)]

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use sql::{Db, Engine, Error, Migration, Options, Tx, params};
use tempfile::TempDir;

/// A schema with what the tests need.
pub const SCHEMA: &[Migration] = &[
    Migration {
        number: 1,
        sqlite: "CREATE TABLE account (
                     id INTEGER PRIMARY KEY AUTOINCREMENT,
                     name TEXT NOT NULL UNIQUE,
                     balance INTEGER NOT NULL,
                     secret BLOB
                 ) STRICT;
                 CREATE TABLE ledger (
                     account INTEGER NOT NULL REFERENCES account (id),
                     amount INTEGER NOT NULL
                 ) STRICT;",
        mysql: "CREATE TABLE account (
                    id BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
                    name VARCHAR(200) NOT NULL UNIQUE,
                    balance BIGINT NOT NULL,
                    secret VARBINARY(300)
                ) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
                CREATE TABLE ledger (
                    account BIGINT NOT NULL,
                    amount BIGINT NOT NULL,
                    FOREIGN KEY (account) REFERENCES account (id)
                ) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
    },
    Migration {
        number: 2,
        sqlite: "INSERT INTO account (name, balance) VALUES ('the house', 300);",
        mysql: "INSERT INTO account (name, balance) VALUES ('the house', 300);",
    },
];

sql::record! {
    /// A row of the tests' own table.
    pub struct Account in "account" {
        id: i64,
        name: String,
        balance: i64,
        secret: Option<Vec<u8>>,
    }
}

sql::record! {
    /// A table without a number of its own.
    pub struct Entry in "ledger" {
        account: i64,
        amount: i64,
    }
}

/// A test body on both engines: `both! { async fn name(place) { … } }`.
#[macro_export]
macro_rules! both {
    ($(#[doc = $doc:literal])* async fn $name:ident($place:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[doc = $doc])*
            async fn body($place: &$crate::common::Place) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(&$crate::common::Place::file()).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mysql() {
                body(&$crate::common::Place::server().await).await
            }
        }
    };
}

/// Where a fresh database is; dropping this drops it.
pub struct Place {
    pub url: String,
    pub engine: Engine,
    folder: Option<TempDir>,
    database: Option<(String, String)>,
}

impl Place {
    pub fn file() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        Place {
            url: format!("sqlite:{}", folder.path().join("reel.db").display()),
            engine: Engine::Sqlite,
            folder: Some(folder),
            database: None,
        }
    }

    pub async fn server() -> Place {
        let server = std::env::var("REEL_TEST_MYSQL")
            .expect("REEL_TEST_MYSQL names no server: run the tests with tests/run, which starts one");
        Place::on(server.trim_end_matches('/')).await
    }

    pub async fn on(server: &str) -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("reel_t_{}_{count}_{}", std::process::id(), random());
        ask(server, &format!("CREATE DATABASE {name}")).await;
        Place {
            url: format!("{server}/{name}"),
            engine: Engine::Mysql,
            folder: None,
            database: Some((server.to_owned(), name)),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.url.strip_prefix("sqlite:").expect("a file").into()
    }

    pub async fn open(&self) -> Db {
        self.open_as(SCHEMA).await.expect("opens")
    }

    pub async fn open_as(&self, schema: &'static [Migration]) -> Result<Db, Error> {
        Db::open_with(&self.url, options(), schema).await
    }

    /// Has the server cut all connections to this database.
    pub async fn kill_connections(&self) -> usize {
        let (server, name) = self.database.as_ref().expect("a server");
        let mut admin = admin(server).await.expect("connects");
        let sql = format!("SELECT id FROM information_schema.processlist WHERE db = '{name}'");
        let ids: Vec<u64> = admin.query(sql).await.expect("lists");
        for id in &ids {
            // It may have gone by itself.
            let _ = admin.query_drop(format!("KILL {id}")).await;
        }
        admin.disconnect().await.expect("says goodbye");
        ids.len()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((server, name)) = self.database.take() else {
            return;
        };
        // A runtime of its own: this may be dropped inside the test's, and must not block it.
        let dropped = std::thread::spawn(move || {
            block_on(async {
                let gone = async {
                    let mut admin = admin(&server).await?;
                    admin.query_drop(format!("DROP DATABASE {name}")).await
                };
                tokio::time::timeout(Duration::from_secs(10), gone).await
            })
        });
        // A server that the test itself stopped has nothing to drop, and one that it froze does not answer.
        let _ = dropped.join();
    }
}

pub fn options() -> Options {
    Options { connections: 8, patience: Duration::from_secs(20) }
}

fn random() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as u32
}

pub async fn admin(server: &str) -> mysql_async::Result<Conn> {
    Conn::new(Opts::from_url(&format!("{server}/?prefer_socket=false"))?).await
}

pub async fn ask(server: &str, sql: &str) {
    let mut admin = admin(server).await.expect("the server answers");
    admin.query_drop(sql).await.expect(sql);
    admin.disconnect().await.expect("says goodbye");
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

pub fn add(tx: &mut Tx<'_>, name: &str) -> Result<i64, Error> {
    let sql = "INSERT INTO account (name, balance) VALUES (?, 0)";
    tx.insert(sql, params![name])
}

pub async fn names(db: &Db) -> Vec<String> {
    let names = db.read(|tx| tx.rows("SELECT name FROM account WHERE id > 1 ORDER BY id", ()));
    names.await.expect("reads")
}

pub async fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let count: Result<_, Error> = db.read(move |tx| tx.one(&sql, ())).await;
    count.expect("reads").expect("a row")
}

pub type Job<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs writes that all wait while the only connection is taken, so that they share a transaction where writes do.
pub async fn together<T: Send + 'static>(db: &Db, jobs: Vec<Job<T>>) -> Vec<std::thread::Result<T>> {
    let (began, begins) = tokio::sync::oneshot::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let (mut began, keeper) = (Some(began), db.clone());
    let keeper = tokio::spawn(async move {
        let work = move |_: &mut Tx<'_>| {
            if let Some(began) = began.take() {
                began.send(()).expect("is awaited");
            }
            gone.recv().expect("is told to go");
            Ok::<_, Error>(())
        };
        keeper.write(work).await
    });
    begins.await.expect("begins");
    let mut waiting = Vec::new();
    for mut job in jobs {
        // Asked once, it stands in the queue.
        assert!(job.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        waiting.push(tokio::spawn(job));
    }
    go.send(()).expect("goes");
    keeper.await.expect("does not panic").expect("writes");
    let mut ended = Vec::new();
    for job in waiting {
        ended.push(job.await.map_err(|panic| panic.into_panic()));
    }
    ended
}

/// With one connection.
pub async fn single(url: &str) -> Db {
    let options = Options { connections: 1, patience: Duration::from_secs(10) };
    Db::open_with(url, options, SCHEMA).await.expect("opens")
}
