//! What happens when the database is not there, is slow, is somebody else's at the moment, or says no.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use common::{Job, Place, SCHEMA, add, ask, count, names, single, together};
use sql::{Db, Error, Options, Tx};
use tests::Server;
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(2);

fn impatient() -> Options {
    Options { connections: 4, patience: PATIENCE }
}

async fn opened(url: &str) -> Result<Db, Error> {
    Db::open_with(url, impatient(), SCHEMA).await
}

/// Two lock the same rows crosswise. The server undoes one; its closure swallows the error and goes on, and is run
/// again all the same: nothing of the first run is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlock() {
    let place = Place::server().await;
    let db = place.open().await;
    db.write(|tx| add(tx, "ann")).await.unwrap();
    let meet = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let mut jobs = JoinSet::new();
    for (first, second) in [(1, 2), (2, 1)] {
        let (db, meet, runs) = (db.clone(), meet.clone(), runs.clone());
        jobs.spawn(async move {
            let mut met = false;
            db.write(move |tx| {
                runs.fetch_add(1, Ordering::Relaxed);
                let sql = "UPDATE account SET balance = balance + 1 WHERE id = ?";
                tx.execute(sql, (first,))?;
                if !met {
                    met = true;
                    meet.wait();
                }
                let swallowed = tx.execute(sql, (second,));
                let after = tx.execute("INSERT INTO ledger (account, amount) VALUES (?, 1)", (first,));
                assert_eq!(swallowed.is_ok(), after.is_ok());
                Ok::<_, Error>(())
            })
            .await
        });
    }
    assert_eq!(jobs.join_all().await, [Ok(()), Ok(())]);
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    let balances: Result<Vec<i64>, Error> =
        db.read(|tx| tx.rows("SELECT balance FROM account ORDER BY id", ())).await;
    assert_eq!(balances, Ok(vec![302, 2]));
    assert_eq!(count(&db, "ledger").await, 2);
}

/// A row that another keeps locked is waited for, not for ever, and the closure's own error is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_kept_locked() {
    let place = Place::server().await;
    let (one, two) = (place.open().await, opened(&place.url).await.unwrap());
    let (locked, locks) = tokio::sync::oneshot::channel();
    let (go, gone) = std::sync::mpsc::channel();
    let mut locked = Some(locked);
    let keeper = tokio::spawn(async move {
        let work = move |tx: &mut Tx<'_>| {
            tx.execute("UPDATE account SET balance = 1 WHERE id = 1", ())?;
            locked.take().unwrap().send(()).unwrap();
            gone.recv().unwrap();
            Ok::<_, Error>(())
        };
        one.write(work).await
    });
    locks.await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let (ran, since) = (runs.clone(), Instant::now());
    let taken: Result<u64, Error> = two
        .write(move |tx| {
            ran.fetch_add(1, Ordering::Relaxed);
            tx.execute("UPDATE account SET balance = 2 WHERE id = 1", ())
        })
        .await;
    assert!(matches!(taken, Err(Error::Busy(_))), "{taken:?}");
    // A second each, as long as the patience lasts.
    assert!((2..=3).contains(&runs.load(Ordering::Relaxed)), "{runs:?}");
    assert!(since.elapsed() < PATIENCE * 2, "{:?}", since.elapsed());
    go.send(()).unwrap();
    keeper.await.unwrap().unwrap();
    assert!(two.write(|tx| add(tx, "ann")).await.is_ok());
}

/// In READ COMMITTED the row that made a duplicate can be read, though it came after the transaction began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_duplicate_of_another() {
    let place = Place::server().await;
    let db = place.open().await;
    let (began, begins) = tokio::sync::oneshot::channel();
    let (go, gone) = std::sync::mpsc::channel();
    let mut began = Some(began);
    let late = db.clone();
    let late = tokio::spawn(async move {
        late.write(move |tx| {
            let sql = "SELECT id FROM account WHERE name = 'ann'";
            assert_eq!(tx.one::<i64>(sql, ())?, None);
            began.take().unwrap().send(()).unwrap();
            gone.recv().unwrap();
            assert_eq!(add(tx, "ann"), Err(Error::Duplicate));
            tx.one::<i64>(sql, ())
        })
        .await
    });
    begins.await.unwrap();
    let id = db.write(|tx| add(tx, "ann")).await.unwrap();
    go.send(()).unwrap();
    assert_eq!(late.await.unwrap(), Ok(Some(id)));
}

/// Connections that the server cut are replaced without anybody noticing, again and again and under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections() {
    let place = Place::server().await;
    let db = place.open().await;
    for round in 0..10 {
        let mut jobs = JoinSet::new();
        for i in 0..8 {
            let db = db.clone();
            jobs.spawn(async move { db.write(move |tx| add(tx, &format!("{round} {i}"))).await });
        }
        for ended in jobs.join_all().await {
            ended.unwrap();
        }
        assert!(place.kill_connections().await > 0);
    }
    assert_eq!(names(&db).await.len(), 80);
}

/// A connection cut in the middle of a transaction: nothing has happened, so it is done again on a new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle() {
    let place = Place::server().await;
    let db = place.open().await;
    let server = std::env::var("REEL_TEST_MYSQL").unwrap();
    assert_eq!(names(&db).await.len(), 0);
    let runs = Arc::new(AtomicU32::new(0));
    let ran = runs.clone();
    let handle = tokio::runtime::Handle::current();
    let cut = move |tx: &mut Tx<'_>| {
        add(tx, "ann")?;
        if ran.fetch_add(1, Ordering::Relaxed) == 0 {
            let id: Option<i64> = tx.one("SELECT CONNECTION_ID()", ())?;
            handle.block_on(ask(&server, &format!("KILL {}", id.unwrap())));
        }
        add(tx, "bob")
    };
    db.write(cut).await.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert_eq!(names(&db).await, ["ann", "bob"]);
}

/// The server freezes, dies, comes back: a caller waits no longer than its patience, and the next call after it came
/// back works by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_goes_and_comes() {
    let mut server = Server::start();
    let place = Place::on(&server.url()).await;
    let db = opened(&place.url).await.unwrap();
    db.write(|tx| add(tx, "ann")).await.unwrap();

    let down = async |db: &Db, name: &'static str| {
        let since = Instant::now();
        let failed = db.write(move |tx| add(tx, name)).await;
        assert!(matches!(failed, Err(Error::Down(_))), "{failed:?}");
        let took = since.elapsed();
        assert!(took < PATIENCE * 2, "{took:?}");
    };
    server.signal("STOP");
    down(&db, "frozen").await;
    down(&db, "frozen, on a new connection").await;
    server.signal("CONT");
    db.write(|tx| add(tx, "bob")).await.unwrap();

    server.kill9();
    down(&db, "dead").await;
    down(&db, "still dead").await;
    assert!(matches!(opened(&place.url).await, Err(Error::Down(_))));
    server.restart();
    db.write(|tx| add(tx, "cid")).await.unwrap();
    // Dead and back between two calls: what is in the set is stale, and nobody notices.
    server.kill9();
    server.restart();
    db.write(|tx| add(tx, "dan")).await.unwrap();
    assert_eq!(names(&db).await, ["ann", "bob", "cid", "dan"]);

    settings_are_the_sessions_own(&server, &place).await;

    // It becomes a replica: no writes, but reads; and a master again.
    ask(
        &server.url(),
        "CREATE USER club; GRANT ALL ON *.* TO club; REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM club",
    )
    .await;
    let db = opened(&place.url.replace("root@", "club@")).await.unwrap();
    let connection = async |db: &Db| {
        let id: Result<Option<i64>, Error> = db.read(|tx| tx.one("SELECT CONNECTION_ID()", ())).await;
        id.unwrap()
    };
    let before = connection(&db).await;
    assert_eq!(connection(&db).await, before, "it is used again");
    ask(&server.url(), "SET GLOBAL read_only = 1").await;
    down(&db, "read only").await;
    let after = connection(&db).await;
    assert!(after > before, "the connection to what is no master any more is thrown away");
    assert_eq!(names(&db).await.len(), 4);
    down(&db, "still read only").await;
    ask(&server.url(), "SET GLOBAL read_only = 0").await;
    db.write(|tx| add(tx, "eve")).await.unwrap();
    assert!(connection(&db).await > after);
    assert_eq!(names(&db).await, ["ann", "bob", "cid", "dan", "eve"]);

    // An engine that was started to read only says it in other words.
    server.stop();
    server.restart_with(&["--innodb-read-only=1"]);
    assert_eq!(names(&db).await.len(), 5);
    down(&db, "an engine that only reads").await;
    server.stop();
    server.restart();
    db.write(|tx| add(tx, "fay")).await.unwrap();
}

/// Whatever the server is set to, on new connections and on those that replace lost ones.
async fn settings_are_the_sessions_own(server: &Server, place: &Place) {
    ask(
        &server.url(),
        "SET GLOBAL sql_mode = '', time_zone = '+08:00', tx_isolation = 'SERIALIZABLE', autocommit = 0, \
         innodb_lock_wait_timeout = 77, character_set_server = latin1, collation_server = latin1_swedish_ci, \
         character_set_client = latin1, character_set_results = latin1",
    )
    .await;
    let db = opened(&place.url).await.unwrap();
    let sql = "SELECT @@sql_mode, @@time_zone, @@tx_isolation, @@autocommit, @@innodb_lock_wait_timeout, \
               CONCAT(@@character_set_client, @@character_set_connection, @@character_set_results), \
               @@collation_connection";
    type Settings = (String, String, String, i64, i64, String, String);
    for _ in 0..3 {
        let found: Result<Option<Settings>, Error> = db.write(move |tx| tx.one(sql, ())).await;
        let (mode, zone, isolation, autocommit, wait, set, collation) = found.unwrap().unwrap();
        for part in ["STRICT_TRANS_TABLES", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT", "ANSI_QUOTES"] {
            assert!(mode.contains(part), "{mode}");
        }
        assert_eq!((zone.as_str(), isolation.as_str(), autocommit, wait), ("+00:00", "READ-COMMITTED", 1, 1));
        assert_eq!((set.as_str(), collation.as_str()), ("utf8mb4utf8mb4utf8mb4", "utf8mb4_bin"));
        // What does not fit is refused, and neither cut nor made zero.
        let long = "x".repeat(300);
        let cut = db.write(move |tx| add(tx, &long)).await;
        assert!(matches!(cut, Err(Error::Internal(_))), "{cut:?}");
        assert!(place.kill_connections().await > 0);
    }
    db.close().await;
}

/// Copies bytes between a client and the server until a COMMIT comes by while `cut` is set: that one is lost before it
/// arrives (`passes` is false), or arrives but its answer is lost.
fn proxy(server: &str, cut: &Arc<AtomicBool>, passes: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = server.rsplit_once('@').unwrap().1.trim_end_matches('/').to_owned();
    let (cut, passes) = (cut.clone(), passes.clone());
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&address).unwrap();
            let (mut back, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let (cut, passes) = (cut.clone(), passes.clone());
            let mute = Arc::new(AtomicBool::new(false));
            let muted = mute.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(n @ 1..) = back.read(&mut buffer) {
                    // The answer to the COMMIT has come, so it is done: now the connection breaks.
                    if muted.load(Ordering::SeqCst) || to.write_all(&buffer[..n]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || {
                let (mut from, mut server) = (client, server);
                let mut buffer = [0; 65536];
                while let Ok(n @ 1..) = from.read(&mut buffer) {
                    if buffer[..n].ends_with(b"\x03COMMIT") && cut.swap(false, Ordering::SeqCst) {
                        if !passes.load(Ordering::SeqCst) {
                            break;
                        }
                        mute.store(true, Ordering::SeqCst);
                    }
                    if server.write_all(&buffer[..n]).is_err() {
                        break;
                    }
                }
                let _ = server.shutdown(Shutdown::Both);
                let _ = from.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

fn credit(tx: &mut Tx<'_>, account: i64, by: i64) -> Result<(), Error> {
    tx.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (by, account)).map(drop)
}

/// Jobs that share a transaction lock rows crosswise with one that does not: whoever is undone is run again, and each
/// has happened once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_with_a_shared_transaction() {
    let place = Place::server().await;
    let (db, other) = (single(&place.url).await, place.open().await);
    db.write(|tx| add(tx, "ann")).await.unwrap();
    let meet = Arc::new(Barrier::new(2));
    // The barrier is passed once: later runs meet nobody.
    let crosswise = |db: &Db, first: i64, then: Option<i64>, by: i64| -> Job<Result<(), Error>> {
        let (db, meet, mut met) = (db.clone(), meet.clone(), false);
        Box::pin(async move {
            let work = move |tx: &mut Tx<'_>| {
                credit(tx, first, by)?;
                if !std::mem::replace(&mut met, true) {
                    meet.wait();
                }
                then.map_or(Ok(()), |then| credit(tx, then, by))
            };
            db.write_short(work).await
        })
    };
    let plain = |by: i64| -> Job<Result<(), Error>> {
        let db = db.clone();
        Box::pin(async move { db.write_short(move |tx| credit(tx, 1, by)).await })
    };
    let beside = tokio::spawn(crosswise(&other, 1, Some(2), 10));
    let ended = together(&db, vec![crosswise(&db, 2, None, 100), plain(1000), plain(10_000)]).await;
    assert!(ended.into_iter().all(|end| end.unwrap() == Ok(())));
    assert_eq!(beside.await.unwrap(), Ok(()));
    let balances: Result<Vec<i64>, Error> =
        db.read(|tx| tx.rows("SELECT balance FROM account ORDER BY id", ())).await;
    assert_eq!(balances, Ok(vec![300 + 10 + 1000 + 10_000, 110]));
}

/// One of several that share a transaction loses the connection: nothing has happened, so each is done by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_transaction_is_cut() {
    let place = Place::server().await;
    let db = single(&place.url).await;
    let server = std::env::var("REEL_TEST_MYSQL").unwrap();
    let handle = tokio::runtime::Handle::current();
    let mut cut = false;
    let short = |name: &'static str| -> Job<Result<i64, Error>> {
        let db = db.clone();
        Box::pin(async move { db.write_short(move |tx| add(tx, name)).await })
    };
    let killer = db.clone();
    let killer: Job<Result<i64, Error>> = Box::pin(async move {
        let work = move |tx: &mut Tx<'_>| {
            if !std::mem::replace(&mut cut, true) {
                let id: Option<i64> = tx.one("SELECT CONNECTION_ID()", ())?;
                handle.block_on(ask(&server, &format!("KILL {}", id.unwrap())));
            }
            add(tx, "bob")
        };
        killer.write_short(work).await
    });
    let ended = together(&db, vec![short("ann"), killer, short("cid")]).await;
    assert!(ended.into_iter().all(|end| end.unwrap().is_ok()));
    assert_eq!(names(&db).await, ["ann", "bob", "cid"]);
}

/// A short job waits for a connection as long as any other, and is told when none comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_job_is_not_kept_waiting() {
    let place = Place::server().await;
    let db = Db::open_with(&place.url, Options { connections: 1, patience: PATIENCE }, SCHEMA).await.unwrap();
    let (began, begins) = tokio::sync::oneshot::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let (mut began, keeper) = (Some(began), db.clone());
    let keeper = tokio::spawn(async move {
        let work = move |_: &mut Tx<'_>| {
            began.take().unwrap().send(()).unwrap();
            gone.recv().unwrap();
            Ok::<_, Error>(())
        };
        keeper.write(work).await
    });
    begins.await.unwrap();
    let late = db.write_short(|tx| add(tx, "ann")).await;
    assert!(matches!(late, Err(Error::Busy(_))), "{late:?}");
    go.send(()).unwrap();
    keeper.await.unwrap().unwrap();
    db.write_short(|tx| add(tx, "bob")).await.unwrap();
    assert_eq!(names(&db).await, ["bob"], "what was refused is not done later");
}

/// The answer to a COMMIT that never comes: the caller is told that nobody knows, and it is not done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_in_commit() {
    let place = Place::server().await;
    let server = std::env::var("REEL_TEST_MYSQL").unwrap();
    let (cut, passes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let port = proxy(&server, &cut, &passes);
    let direct = server.rsplit_once(':').unwrap().0;
    let name = place.url.rsplit_once('/').unwrap().1;
    let db = opened(&format!("{direct}:{port}/{name}")).await.unwrap();
    for (arrives, name) in [(false, "lost"), (true, "done")] {
        db.write(move |tx| add(tx, &format!("before {name}"))).await.unwrap();
        passes.store(arrives, Ordering::SeqCst);
        cut.store(true, Ordering::SeqCst);
        let runs = Arc::new(AtomicU32::new(0));
        let ran = runs.clone();
        let unknown = db.write(move |tx| {
            ran.fetch_add(1, Ordering::Relaxed);
            add(tx, name)
        });
        assert_eq!(unknown.await, Err(Error::OutcomeUnknown));
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }
    assert_eq!(names(&db).await, ["before lost", "before done", "done"]);

    // The same for all that share it.
    let db = single(&format!("{direct}:{port}/{name}")).await;
    for (arrives, pair) in [(false, ["x", "y"]), (true, ["all", "of it"])] {
        let (runs, cut) = (Arc::new(AtomicU32::new(0)), cut.clone());
        passes.store(arrives, Ordering::SeqCst);
        let short = |name: &'static str| -> Job<Result<i64, Error>> {
            let (db, ran, cut) = (db.clone(), runs.clone(), cut.clone());
            Box::pin(async move {
                let work = move |tx: &mut Tx<'_>| {
                    ran.fetch_add(1, Ordering::Relaxed);
                    cut.store(true, Ordering::SeqCst);
                    add(tx, name)
                };
                db.write_short(work).await
            })
        };
        let ended = together(&db, pair.map(short).into()).await;
        assert!(ended.into_iter().all(|end| end.unwrap() == Err(Error::OutcomeUnknown)));
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }
    assert_eq!(names(&db).await, ["before lost", "before done", "done", "all", "of it"]);
}

/// More callers than connections wait for their turn, and are told when it does not come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_connections_are_taken() {
    let place = Place::server().await;
    let db = opened(&place.url).await.unwrap();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let gone = Arc::new(std::sync::Mutex::new(gone));
    let (began, mut begins) = tokio::sync::mpsc::channel(4);
    let mut jobs = JoinSet::new();
    for _ in 0..4 {
        let (db, gone, began) = (db.clone(), gone.clone(), began.clone());
        jobs.spawn(async move {
            db.read(move |_| {
                began.blocking_send(()).unwrap();
                let _ = gone.lock().unwrap().recv();
                Ok::<_, Error>(())
            })
            .await
        });
    }
    for _ in 0..4 {
        begins.recv().await.unwrap();
    }
    let fifth = db.write(|tx| add(tx, "ann")).await;
    assert!(matches!(fifth, Err(Error::Busy(_))), "{fifth:?}");
    drop(go);
    assert!(jobs.join_all().await.iter().all(Result::is_ok));
    db.write(|tx| add(tx, "bob")).await.unwrap();
}

/// Another process holds SQLite's write lock: it is waited for, but not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_writes() {
    let place = Place::file();
    let db = opened(&place.url).await.unwrap();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let since = Instant::now();
    let busy = db.write(|tx| add(tx, "ann")).await;
    assert!(matches!(busy, Err(Error::Busy(_))), "{busy:?}");
    assert!(since.elapsed() < PATIENCE * 2);
    assert_eq!(names(&db).await.len(), 0, "readers do not wait");

    let waiting = tokio::spawn({
        let db = db.clone();
        async move { db.write(|tx| add(tx, "bob")).await }
    });
    tokio::task::yield_now().await;
    other.execute_batch("INSERT INTO account (name, balance) VALUES ('cid', 0); COMMIT").unwrap();
    waiting.await.unwrap().unwrap();
    let mut all = names(&db).await;
    all.sort();
    assert_eq!(all, ["bob", "cid"]);
}

/// A job that fills the disk loses its own work alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_full() {
    let place = Place::file();
    let db = opened(&place.url).await.unwrap();
    // The writer's own bound on its file; what is beyond is SQLITE_FULL, as on a full disk.
    let bound: Result<Option<i64>, Error> = db.write(|tx| tx.one("PRAGMA max_page_count = 100", ())).await;
    assert_eq!(bound, Ok(Some(100)));
    let mut jobs = JoinSet::new();
    for i in 0..40 {
        let db = db.clone();
        jobs.spawn(async move {
            db.write(move |tx| {
                let id = add(tx, &format!("{i}"))?;
                let size = if i % 8 == 0 { 1_000_000 } else { 10 };
                tx.execute("UPDATE account SET secret = zeroblob(?) WHERE id = ?", (size, id))
            })
            .await
        });
    }
    let ended = jobs.join_all().await;
    assert_eq!(ended.iter().filter(|end| **end == Err(Error::Full)).count(), 5);
    assert_eq!(ended.iter().filter(|end| **end == Ok(1)).count(), 35);
    assert_eq!(names(&db).await.len(), 35);
}

/// The file is its owner's alone, with its log; and what is no file of ours is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file() {
    let place = Place::file();
    let db = place.open().await;
    db.write(|tx| add(tx, "ann")).await.unwrap();
    let folder = place.path().parent().unwrap().to_owned();
    let modes = || {
        let files = std::fs::read_dir(&folder).unwrap().map(Result::unwrap);
        files.map(|file| file.metadata().unwrap().permissions().mode() & 0o777).collect::<Vec<_>>()
    };
    assert_eq!(modes(), [0o600; 3]);
    let settings: Result<_, Error> = db
        .write(|tx| {
            let durable = tx.one::<(String,)>("PRAGMA journal_mode", ())?;
            Ok((durable, tx.one::<i64>("PRAGMA synchronous", ())?))
        })
        .await;
    assert_eq!(settings, Ok((Some(("wal".into(),)), Some(2))));
    db.close().await;
    assert_eq!(modes(), [0o600], "the log is folded in");

    let nowhere = opened(&format!("sqlite:{}", folder.join("no/where").display())).await;
    assert!(matches!(nowhere, Err(Error::Down(_))), "{nowhere:?}");
    std::fs::write(folder.join("text"), "not a database, but long enough to be looked at".repeat(99))
        .unwrap();
    let text = opened(&format!("sqlite:{}", folder.join("text").display())).await;
    assert!(matches!(text, Err(Error::Internal(_))), "{text:?}");
}

/// A wrong password or host says so without saying the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_let_in() {
    let place = Place::server().await;
    let wrong = place.url.replace("root@", "nobody:open-sesame@");
    for url in [wrong.as_str(), "mysql://u:open-sesame@127.0.0.1:1/reel"] {
        let refused = opened(url).await;
        assert!(matches!(refused, Err(Error::Down(_))), "{refused:?}");
        assert!(!format!("{refused:?}").contains("sesame"));
    }
    for url in [
        "mysql://u:open-sesame@h",
        "mysql://u:open-sesame@h:x/y",
        "mysql://u:open-sesame@h/d?a=b",
        "ftp://u:open-sesame@h/d",
    ] {
        let refused = opened(url).await;
        assert!(matches!(refused, Err(Error::Internal(_) | Error::Url(_))), "{refused:?}");
        assert!(!format!("{refused:?}").contains("sesame"));
    }
}
