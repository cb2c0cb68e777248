//! All rows of a database into another one of either engine, and what is half filled.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Place, options};
use sql::copy::Unfinished;
use sql::{Db, Error, Found, Row, Value, params};

/// Tables whose keys have one, two and three parts, with more rows than a page under one part and under several, and
/// every kind of value.
async fn fill(db: &Db) {
    let filled: Result<(), Error> = db
        .write(|tx| {
            for n in 1..=300i64 {
                let name = format!("账户 {n} \u{1F375} \\ ' \" %");
                tx.execute(
                    "INSERT INTO account (id, name, folded, role, password, balance, member_until, created_at, seen_at) \
                     VALUES (?, ?, ?, 'user', '', ?, ?, 0, 0)",
                    params![n * 2, name, format!("f{n}"), n, (n % 2 == 0).then_some(n)],
                )?;
            }
            for n in 0..700i64 {
                tx.execute(
                    "INSERT INTO once (account, verb, mark, arguments, answer, at, effect) VALUES (?, ?, ?, ?, ?, ?, 1)",
                    params![2 + n / 300 * 2, format!("V{}", n / 150), [(n % 256) as u8, (n / 256) as u8], [0u8; 0], "", n],
                )?;
                tx.execute(
                    "INSERT INTO posting (term, block, members) VALUES (?, ?, ?)",
                    params![format!("t{}", n % 3), n / 3, "00".repeat(n as usize)],
                )?;
            }
            tx.execute("INSERT INTO session (id, account, token, address, created_at, expires_at) VALUES (77, 2, ?, '', 0, 0)", ([7u8; 32],))?;
            tx.execute("DELETE FROM account WHERE id = 600", ()).map(|_| ())
        })
        .await;
    filled.unwrap();
}

struct Line(String);

impl sql::FromRow for Line {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        let mut line = vec![];
        while let Ok(value) = row.take::<Value>() {
            line.push(format!("{value:?}"));
        }
        Ok(Line(line.join(" ")))
    }
}

/// All rows of all tables that hold any, in the order of their keys.
async fn all(db: &Db) -> Vec<String> {
    let read: Result<Vec<Line>, Error> = db
        .read(|tx| {
            let mut all = vec![];
            for (table, columns, key) in [
                ("account", "id, name, folded, role, password, balance, member_until, wait_until, created_at, seen_at", "id"),
                ("once", "account, verb, mark, arguments, answer, at, effect", "account, verb, mark"),
                ("posting", "term, block, members", "term, block"),
                ("meta", "name, value", "name"),
                ("session", "id, account, token", "id"),
            ] {
                let rows = tx.rows::<Line>(&format!("SELECT {columns} FROM {table} ORDER BY {key}"), ())?;
                assert!(!rows.is_empty() || table == "session");
                all.extend(rows);
            }
            Ok(all)
        })
        .await;
    read.unwrap().into_iter().map(|line| line.0).collect()
}

/// The indexes of a file.
async fn indexes(db: &Db) -> Vec<(String, Option<String>)> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name";
    let read: Result<_, Error> = db.read(move |tx| tx.rows(sql, ())).await;
    read.unwrap()
}

async fn copied(from: &Db, to: &Place, without: &'static [&'static str]) -> Db {
    let begun = Unfinished::begin(&to.url, options()).await.unwrap();
    begun.fill(from, without).await.unwrap();
    begun.finish().await.unwrap()
}

both! {
    /// To a file and back to this engine, every row and the numbers that were given.
    async fn there_and_back(place) {
        let here = Db::open(&place.url, options()).await.unwrap();
        fill(&here).await;
        let (file, again) = (Place::file(), match place.engine {
            sql::Engine::Sqlite => Place::file(),
            sql::Engine::Mysql => Place::server().await,
        });
        let there = copied(&here, &file, &[]).await;
        assert_eq!(all(&there).await, all(&here).await);
        let fresh = Place::file();
        let fresh = Db::open(&fresh.url, options()).await.unwrap();
        assert_eq!(indexes(&there).await, indexes(&fresh).await);
        let back = copied(&there, &again, &["session"]).await;
        let mut expected = all(&here).await;
        expected.retain(|line| !line.starts_with("Int(77)"));
        assert_eq!(all(&back).await, expected);
        for db in [there, back] {
            let next: Result<i64, Error> = db
                .write(|tx| {
                    tx.insert("INSERT INTO account (name, folded, role, password, created_at, seen_at) VALUES ('n', 'n', 'user', '', 0, 0)", ())
                })
                .await;
            assert_eq!(next.unwrap(), 601);
            let session: Result<i64, Error> = db
                .write(|tx| {
                    tx.insert("INSERT INTO session (account, token, address, created_at, expires_at) VALUES (2, ?, '', 0, 0)", ([8u8; 32],))
                })
                .await;
            assert_eq!(session.unwrap(), 78);
        }
    }
}

both! {
    /// What is half filled is opened by nobody, and can be begun again; a club is not begun over.
    async fn half_filled(place) {
        assert_eq!(Db::found(&place.url, options()).await, Ok(Found::Nothing));
        let file = Place::file();
        let other = Db::open(&file.url, options()).await.unwrap();
        fill(&other).await;
        let begun = Unfinished::begin(&place.url, options()).await.unwrap();
        begun.fill(&other, &[]).await.unwrap();
        begun.close().await;
        assert_eq!(Db::found(&place.url, options()).await, Ok(Found::Unfinished));
        assert_eq!(Db::open(&place.url, options()).await.map(|_| ()).unwrap_err(), Error::Unfinished);
        let full = copied(&other, place, &[]).await;
        assert_eq!(all(&full).await, all(&other).await);
        full.close().await;
        assert!(matches!(Db::found(&place.url, options()).await, Ok(Found::Schema(_))));
        assert_eq!(Unfinished::begin(&place.url, options()).await.map(|_| ()).unwrap_err(), Error::Occupied);
        Db::open(&place.url, options()).await.unwrap();
    }
}

both! {
    /// What is copied is of one moment, and writers go on: two rows that are always written together stay together.
    async fn one_moment(place) {
        let here = Db::open(&place.url, options()).await.unwrap();
        fill(&here).await;
        let over = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn({
            let (here, over) = (here.clone(), over.clone());
            async move {
                let mut count = 0i64;
                while !over.load(Ordering::Relaxed) || count < 10 {
                    count += 1;
                    let done: Result<(), Error> = here
                        .write(move |tx| {
                            tx.execute("UPDATE meta SET value = ? WHERE name = 'books'", (count.to_string(),))?;
                            tx.execute("UPDATE account SET balance = ? WHERE id = 2", (count,)).map(|_| ())
                        })
                        .await;
                    done.unwrap();
                }
            }
        });
        for _ in 0..5 {
            let file = Place::file();
            let there = copied(&here, &file, &[]).await;
            let pair: Result<_, Error> = there
                .read(|tx| {
                    let books: Option<String> = tx.one("SELECT value FROM meta WHERE name = 'books'", ())?;
                    let balance: Option<i64> = tx.one("SELECT balance FROM account WHERE id = 2", ())?;
                    Ok((books.unwrap(), balance.unwrap().to_string()))
                })
                .await;
            let (books, balance) = pair.unwrap();
            assert!(books == balance || books == "0", "{books} {balance}");
        }
        over.store(true, Ordering::Relaxed);
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_tables() {
    let mut all = vec![];
    for place in [Place::file(), Place::server().await] {
        let db = Db::open(&place.url, options()).await.unwrap();
        let sql = match db.engine() {
            sql::Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            }
            sql::Engine::Mysql => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
            }
        };
        let names: Result<Vec<String>, Error> = db.read(move |tx| tx.rows(sql, ())).await;
        let mut tables = vec![];
        for name in names.unwrap() {
            let asked = name.clone();
            tables.push((name, db.read(move |tx| tx.columns(&asked)).await.unwrap()));
        }
        all.push(tables);
    }
    assert!(all[0].len() > 30);
    assert_eq!(all[0], all[1]);
}
