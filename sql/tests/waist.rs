//! What a transaction promises, on both engines.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};

use common::{Account, Entry, Job, add, count, names, single, together};
use sql::{Engine, Error, FromRow, Tx, Value, params};
use tokio::task::JoinSet;

/// A refusal of the club's own, as rules have.
#[derive(Debug, PartialEq)]
enum Refusal {
    Poor,
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Database(error)
    }
}

both! {
    /// Ok stays, Err goes; the ids count on.
    async fn commit_and_rollback(place) {
        let db = place.open().await;
        assert_eq!(db.engine(), place.engine);
        let ann = db.write(|tx| add(tx, "ann")).await.unwrap();
        let refused: Result<(), Refusal> = db
            .write(|tx| {
                add(tx, "bob")?;
                Err(Refusal::Poor)
            })
            .await;
        assert_eq!(refused, Err(Refusal::Poor));
        assert_eq!(names(&db).await, ["ann"]);
        let cid = db.write(|tx| add(tx, "cid")).await.unwrap();
        assert!(cid > ann);

        db.clone().close().await;
        let closed: Result<i64, Error> = db.write(|tx| add(tx, "dan")).await;
        assert!(matches!(closed, Err(Error::Down(_))), "{closed:?}");
        assert_eq!(names(&place.open().await).await, ["ann", "cid"]);
    }
}

both! {
    /// A panic reaches its caller alone; what it wrote is gone, what others wrote beside it stays.
    async fn panic_in_a_closure(place) {
        let db = place.open().await;
        let mut jobs = JoinSet::new();
        for i in 0..60 {
            let db = db.clone();
            jobs.spawn(async move {
                let work = move |tx: &mut Tx<'_>| {
                    add(tx, &format!("{i}"))?;
                    if i % 3 == 0 {
                        std::panic::resume_unwind(Box::new("a rule that panics"));
                    }
                    Ok::<_, Error>(())
                };
                db.write(work).await.unwrap();
            });
        }
        let mut panics = 0;
        while let Some(ended) = jobs.join_next().await {
            match ended {
                Ok(()) => {}
                Err(e) => {
                    assert_eq!(*e.into_panic().downcast::<&str>().unwrap(), "a rule that panics");
                    panics += 1;
                }
            }
        }
        assert_eq!(panics, 20);
        assert_eq!(names(&db).await.len(), 40);

        let reader = tokio::spawn({
            let db = db.clone();
            async move { db.read(|_| -> Result<(), Error> { std::panic::resume_unwind(Box::new(1)) }).await }
        });
        assert!(reader.await.unwrap_err().is_panic());
        assert_eq!(names(&db).await.len(), 40);
    }
}

both! {
    /// More than is kept in memory to undo it is done, and undone.
    async fn a_large_job(place) {
        let db = place.open().await;
        let insert = |tx: &mut Tx<'_>, of: usize| {
            for batch in 0..20 {
                let row = |n: usize| format!("('{of} {:>180}', 0)", batch * 400 + n);
                let rows: Vec<String> = (0..400).map(row).collect();
                tx.execute(&format!("INSERT INTO account (name, balance) VALUES {}", rows.join(", ")), ())?;
            }
            tx.execute("UPDATE account SET balance = balance + 1 WHERE id > 1", ())
        };
        db.write(move |tx| insert(tx, 1)).await.unwrap();
        let refused: Result<(), Refusal> = db
            .write(move |tx| {
                insert(tx, 2)?;
                Err(Refusal::Poor)
            })
            .await;
        assert_eq!(refused, Err(Refusal::Poor));
        db.write(move |tx| insert(tx, 3)).await.unwrap();
        let sql = "SELECT COUNT(*) FROM account WHERE balance = 2";
        let twice: Result<Option<i64>, Error> = db.read(move |tx| tx.one(sql, ())).await;
        assert_eq!((count(&db, "account").await, twice.unwrap()), (16_001, Some(8_000)));
    }
}

both! {
    /// Insert, catch the duplicate, update: in one transaction.
    async fn duplicate_then_go_on(place) {
        let db = place.open().await;
        let deposit = |name: &'static str| {
            db.write(move |tx| {
                let before = tx.rows::<i64>("SELECT id FROM account", ())?.len();
                add(tx, &format!("friend of {name}, {before}"))?;
                match add(tx, name) {
                    Err(Error::Duplicate) => {
                        tx.execute("UPDATE account SET balance = balance + 1 WHERE name = ?", (name,))
                    }
                    other => other.map(|_| 0),
                }
            })
        };
        assert_eq!(deposit("ann").await, Ok(0));
        assert_eq!(deposit("ann").await, Ok(1));
        assert_eq!(names(&db).await, ["friend of ann, 1", "ann", "friend of ann, 3"]);
        // A second row with the same primary key, too; and a foreign key to nothing is not one.
        let twice: Result<u64, Error> =
            db.write(|tx| tx.execute("INSERT INTO account (id, name, balance) VALUES (1, 'x', 1)", ())).await;
        assert_eq!(twice, Err(Error::Duplicate));
        let orphan = Entry { account: 999, amount: 1 };
        let orphan = db.write(move |tx| orphan.insert(tx)).await;
        assert!(matches!(orphan, Err(Error::Internal(_))), "{orphan:?}");
    }
}

both! {
    /// A row found and left as it was counts, as does one that was changed.
    async fn found_rows(place) {
        let db = place.open().await;
        let update = |id: i64| db.write(move |tx| tx.execute("UPDATE account SET balance = 300 WHERE id = ?", (id,)));
        assert_eq!(update(1).await, Ok::<_, Error>(1));
        assert_eq!(update(2).await, Ok(0));
        let gone = |id: i64| db.write(move |tx| tx.execute("DELETE FROM account WHERE id = ?", (id,)));
        assert_eq!(gone(2).await, Ok::<_, Error>(0));
        assert_eq!(gone(1).await, Ok(1));
    }
}

both! {
    /// 200 want 3 each of 300: 100 get them.
    async fn money_never_below_zero(place) {
        let db = place.open().await;
        let mut jobs = JoinSet::new();
        for _ in 0..200 {
            let db = db.clone();
            jobs.spawn(async move {
                db.write(|tx| {
                    let sql = "UPDATE account SET balance = balance - ? WHERE id = ? AND balance >= ?";
                    match tx.execute(sql, (3, 1, 3))? {
                        0 => Err(Refusal::Poor),
                        _ => Ok(Entry { account: 1, amount: -3 }.insert(tx)?),
                    }
                })
                .await
            });
        }
        let ended = jobs.join_all().await;
        assert_eq!(ended.iter().filter(|end| **end == Ok(())).count(), 100);
        assert_eq!(ended.iter().filter(|end| **end == Err(Refusal::Poor)).count(), 100);
        let sum = "SELECT a.balance, SUM(l.amount), COUNT(*) FROM account a JOIN ledger l ON l.account = a.id GROUP BY a.balance";
        let sum: Result<Option<(i64, i64, u32)>, Error> = db.read(move |tx| tx.one(sum, ())).await;
        assert_eq!(sum, Ok(Some((0, -300, 100))));
    }
}

both! {
    /// A read sees one state, however much is committed meanwhile; and cannot write.
    async fn read_is_a_snapshot(place) {
        let db = place.open().await;
        let (began, begins) = tokio::sync::oneshot::channel();
        let (go, gone) = mpsc::channel();
        let mut began = Some(began);
        let reader = db.clone();
        let reader = tokio::spawn(async move {
            reader
                .read(move |tx| {
                    let before: Option<i64> = tx.one("SELECT COUNT(*) FROM account", ())?;
                    began.take().unwrap().send(()).unwrap();
                    gone.recv().unwrap();
                    Ok::<_, Error>((before, tx.one::<i64>("SELECT COUNT(*) FROM account", ())?))
                })
                .await
        });
        begins.await.unwrap();
        db.write(|tx| add(tx, "ann")).await.unwrap();
        assert_eq!(count(&db, "account").await, 2);
        go.send(()).unwrap();
        assert_eq!(reader.await.unwrap(), Ok((Some(1), Some(1))));

        let wrote = db.read(|tx| add(tx, "bob")).await;
        assert!(matches!(wrote, Err(Error::Internal(_))), "{wrote:?}");
        assert_eq!(names(&db).await, ["ann"]);
    }
}

both! {
    /// A caller that goes away leaves no half of its work behind, and nothing open.
    async fn the_caller_goes_away(place) {
        let db = place.open().await;
        let (began, begins) = tokio::sync::oneshot::channel();
        let (go, gone) = mpsc::channel::<()>();
        let mut began = Some(began);
        let caller = db.clone();
        let caller = tokio::spawn(async move {
            caller
                .write(move |tx| {
                    add(tx, "ann")?;
                    began.take().unwrap().send(()).unwrap();
                    gone.recv().unwrap();
                    add(tx, "bob")
                })
                .await
        });
        begins.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        // Close waits for what is under way.
        db.close().await;
        assert_eq!(names(&place.open().await).await, ["ann", "bob"]);
    }
}

both! {
    /// Text is bytes: neither case nor accents nor width are looked through, and all of Unicode fits.
    async fn text_is_binary(place) {
        let db = place.open().await;
        let all = ["anna", "Anna", "ANNA", "änna", "a\u{308}nna", "ａnna", "😀", "😁", "中文", "strasse", "straße", "a\\'b\"%_", "İ", "i", "x\0y"];
        db.write(move |tx| all.iter().try_for_each(|name| add(tx, name).map(|_| ()))).await.unwrap();
        assert_eq!(names(&db).await, all);
        for name in all {
            let found: Result<Vec<String>, Error> =
                db.read(move |tx| tx.rows("SELECT name FROM account WHERE name = ?", (name,))).await;
            assert_eq!(found, Ok(vec![name.to_owned()]));
        }
        let found = |sql: &'static str| db.read(move |tx| tx.rows::<String>(sql, ()));
        let sorted: Result<_, Error> = found("SELECT name FROM account WHERE name IN ('anna', 'Anna', '中文', 'i', '😀') ORDER BY name").await;
        assert_eq!(sorted.unwrap(), ["Anna", "anna", "i", "中文", "😀"]);
        assert_eq!(found("SELECT name FROM account WHERE name LIKE 'an%'").await, Ok::<_, Error>(vec!["anna".into()]));
        assert_eq!(found("SELECT name FROM account WHERE name LIKE 'a\\%' ESCAPE '!'").await, Ok(vec!["a\\'b\"%_".into()]));
        assert_eq!(found("SELECT 'a' || '\\' || name FROM account WHERE \"name\" = 'i'").await, Ok(vec!["a\\i".into()]));
    }
}

both! {
    /// Every value comes back as it went in, or is refused.
    async fn values(place) {
        let db = place.open().await;
        for number in [i64::MIN, -1, 0, i64::MAX] {
            let stored: Result<Option<(i64, bool)>, Error> = db
                .write(move |tx| {
                    tx.execute("UPDATE account SET balance = ? WHERE id = 1", (number,))?;
                    tx.one("SELECT balance, balance = ? FROM account WHERE id = 1", (number,))
                })
                .await;
            assert_eq!(stored, Ok(Some((number, true))));
        }
        let more = db
            .write(|tx| {
                let more = tx.execute("UPDATE account SET balance = balance + 1 WHERE id = 1", ());
                assert!(matches!(more, Err(Error::Internal(_))), "{more:?}");
                let more = tx.execute("UPDATE account SET balance = ? WHERE id = 1", (u64::MAX,));
                assert!(matches!(more, Err(Error::Internal(_))), "{more:?}");
                tx.one::<u64>("SELECT balance FROM account WHERE id = 1", ())
            })
            .await;
        assert_eq!(more, Ok(Some(i64::MAX as u64)));

        let bytes: Vec<u8> = (0..=255).collect();
        let secret = bytes.clone();
        let stored: Result<_, Error> = db
            .write(move |tx| {
                tx.execute("UPDATE account SET secret = ? WHERE id = 1", (secret.clone(),))?;
                tx.one::<(Vec<u8>, [u8; 256])>("SELECT secret, secret FROM account WHERE secret = ?", (secret.clone(),))
            })
            .await;
        let (stored, array) = stored.unwrap().unwrap();
        assert_eq!((stored.as_slice(), array.as_slice()), (bytes.as_slice(), bytes.as_slice()));

        // The parts of a row: a record and more beside it, NULL, nothing.
        let sql = "SELECT a.id, a.name, a.balance, a.secret, COUNT(l.amount), SUM(l.amount) FROM account a
                   LEFT JOIN ledger l ON l.account = a.id GROUP BY a.id, a.name, a.balance, a.secret";
        let row: Result<Option<(Account, i64, Option<i64>)>, Error> = db.read(move |tx| tx.one(sql, ())).await;
        let (house, none, null) = row.unwrap().unwrap();
        assert_eq!((house.name.as_str(), none, null), ("the house", 0, None));
        assert_eq!(db.read(|tx| tx.one::<Value>("SELECT NULL", ())).await, Ok::<_, Error>(Some(Value::Null)));
        assert_eq!(db.read(|tx| tx.one::<i64>("SELECT id FROM account WHERE id = 7", ())).await, Ok::<_, Error>(None));

        wrong::<String>(&db, "SELECT balance FROM account").await;
        wrong::<i64>(&db, "SELECT name FROM account").await;
        wrong::<i64>(&db, "SELECT id, name FROM account").await;
        wrong::<(i64, i64)>(&db, "SELECT id FROM account").await;
        wrong::<[u8; 4]>(&db, "SELECT secret FROM account").await;
        wrong::<i64>(&db, "SELECT 1.5").await;
        wrong::<i64>(&db, "SELECT nonsense").await;
        wrong::<i64>(&db, "SELECT id FROM account WHERE id = ?").await;
    }
}

async fn wrong<R: FromRow + std::fmt::Debug + Send + 'static>(db: &sql::Db, sql: &'static str) {
    let read: Result<Vec<R>, Error> = db.read(move |tx| tx.rows(sql, ())).await;
    assert!(matches!(read, Err(Error::Internal(_))), "{sql}: {read:?}");
}

both! {
    /// What a record gives.
    async fn records(place) {
        let db = place.open().await;
        assert_eq!(Account::SELECT, "SELECT id, name, balance, secret FROM account");
        let mut ann = Account { id: 0, name: "ann".into(), balance: 5, secret: Some(vec![0, 255]) };
        let new = ann.clone();
        ann.id = db.write(move |tx| new.insert(tx)).await.unwrap();
        let id = ann.id;
        assert_eq!(db.read(move |tx| Account::get(tx, id)).await, Ok(Some(ann.clone())));
        ann.secret = None;
        ann.balance = 6;
        let changed = ann.clone();
        assert_eq!(db.write(move |tx| changed.update(tx)).await, Ok(1));
        assert_eq!(db.read(move |tx| Account::get(tx, id)).await, Ok(Some(ann.clone())));
        ann.id = 77;
        assert_eq!(db.write(move |tx| ann.update(tx)).await, Ok(0));
        assert_eq!(db.read(|tx| Account::get(tx, 77)).await, Ok(None));

        db.write(move |tx| Entry { account: id, amount: 9 }.insert(tx)).await.unwrap();
        let entries: Result<Vec<Entry>, Error> = db.read(|tx| tx.rows(Entry::SELECT, ())).await;
        assert_eq!(entries, Ok(vec![Entry { account: id, amount: 9 }]));

        for (table, fields) in [(Account::TABLE, Account::FIELDS), (Entry::TABLE, Entry::FIELDS)] {
            let columns = db.read(move |tx| tx.columns(table)).await.unwrap();
            assert_eq!(columns, fields, "{table}");
        }
    }
}

both! {
    /// Many small writes at once are all there afterwards; on SQLite they share commits.
    async fn many_writes(place) {
        let db = place.open().await;
        let mut jobs = JoinSet::new();
        for i in 0..500 {
            let db = db.clone();
            jobs.spawn(async move { db.write(move |tx| add(tx, &format!("{i}"))).await.unwrap() });
        }
        let mut ids = jobs.join_all().await;
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 500);
        // Opened beside, as after a power cut: what was answered is there.
        let beside = place.open().await;
        assert_eq!(names(&beside).await.len(), 500);
        db.close().await;
        beside.close().await;
        assert_eq!(names(&place.open().await).await.len(), 500);
    }
}

both! {
    /// One job that is refused in the middle of others takes none of them along.
    async fn refusals_beside_writes(place) {
        let db = place.open().await;
        let runs = Arc::new(AtomicU32::new(0));
        let mut jobs = JoinSet::new();
        for i in 0..200 {
            let (db, runs) = (db.clone(), runs.clone());
            jobs.spawn(async move {
                db.write(move |tx| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    add(tx, &format!("{i}"))?;
                    match i % 2 {
                        0 => Ok(()),
                        _ => Err(Refusal::Poor),
                    }
                })
                .await
            });
        }
        let ended = jobs.join_all().await;
        assert_eq!(ended.iter().filter(|end| **end == Err(Refusal::Poor)).count(), 100);
        assert_eq!(names(&db).await.len(), 100);
        if place.engine == Engine::Sqlite {
            assert_eq!(runs.load(Ordering::Relaxed), 200);
        }
        let empty: Result<u64, Error> = db.write(|tx| tx.execute("DELETE FROM ledger", params![])).await;
        assert_eq!(empty, Ok(0));
    }
}

both! {
    /// Short jobs that wait share a transaction: who refuses, meets a duplicate or panics undoes their own work alone,
    /// and nothing of it is there before all of it is.
    async fn short_jobs_share_a_transaction(place) {
        let (db, beside) = (single(&place.url).await, place.open().await);
        let job = |work: fn(&mut Tx<'_>) -> Result<(), Refusal>| -> Job<Result<(), Refusal>> {
            let db = db.clone();
            Box::pin(async move { db.write_short(work).await })
        };
        let (handle, last) = (tokio::runtime::Handle::current(), db.clone());
        let nothing_yet = async move {
            let look = move |tx: &mut Tx<'_>| {
                assert_eq!(handle.block_on(names(&beside)), [""; 0]);
                add(tx, "eve")?;
                Ok(())
            };
            last.write_short(look).await
        };
        let ended = together(&db, vec![
            job(|tx| Ok(add(tx, "ann").map(drop)?)),
            job(|tx| add(tx, "bob").map_err(Refusal::from).and(Err(Refusal::Poor))),
            job(|tx| Ok(add(tx, "ann").map(drop)?)),
            job(|tx| {
                add(tx, "cid")?;
                panic!("planted")
            }),
            job(|tx| {
                assert_eq!(add(tx, "ann"), Err(Error::Duplicate));
                Ok(add(tx, "dan").map(drop)?)
            }),
            Box::pin(nothing_yet),
        ])
        .await;
        let ended: Vec<_> = ended.into_iter().map(Result::ok).collect();
        let duplicate = Some(Err(Refusal::Database(Error::Duplicate)));
        assert_eq!(ended, [Some(Ok(())), Some(Err(Refusal::Poor)), duplicate, None, Some(Ok(())), Some(Ok(()))]);
        assert_eq!(names(&db).await, ["ann", "dan", "eve"]);
    }
}
