//! SEARCH and USERS find what a walk over everything would find, on both engines, page by page.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;

use protocol::value::{AccountId, TitleId};
use sql::account::{self, Account, find};
use sql::catalogue::{Title, index, search, unindex};
use sql::{Db, Error, MIGRATIONS, Tx, Value, params, stats};

const WORDS: [&str; 5] = ["tea", "green", "night", "绿茶", "茶"];

/// What is in the library: the words of each title that is listed.
type Model = BTreeMap<i64, Vec<String>>;

/// The numbers of the titles, over several blocks and on their edges.
fn numbers() -> impl Iterator<Item = i64> {
    (1..=200).map(|n| n * 83).chain(4090..4100)
}

/// Which words a title has, as chance had it.
fn words(id: i64, turn: i64) -> Vec<String> {
    let dice = (id * 2_654_435_761 + turn * 40_503) >> 7;
    WORDS.iter().enumerate().filter(|(n, _)| dice >> n & 1 == 1).map(|(_, word)| (*word).to_owned()).collect()
}

both! {
    async fn search_is_what_a_walk_would_find(place) {
        let db = place.open_as(MIGRATIONS).await.unwrap();
        db.write(person).await.unwrap();
        let mut model = Model::new();
        for id in numbers() {
            let words = words(id, 0);
            model.insert(id, words.clone());
            db.write(move |tx| { title(tx, id)?; index(tx, TitleId(id), &words) }).await.unwrap();
        }
        compare(&db, &model).await;
        // Some are renamed, some taken out, some of those brought back.
        for id in numbers().filter(|id| id % 3 == 0) {
            let (old, new) = (words(id, 0), words(id, 1));
            model.insert(id, new.clone());
            db.write(move |tx| {
                unindex(tx, TitleId(id), &old)?;
                index(tx, TitleId(id), &new)
            })
            .await
            .unwrap();
        }
        for id in numbers().filter(|id| id % 4 == 0) {
            let hidden = model.remove(&id).unwrap();
            db.write({
                let hidden = hidden.clone();
                move |tx| unindex(tx, TitleId(id), &hidden)
            })
            .await
            .unwrap();
            if id % 8 == 0 {
                model.insert(id, hidden.clone());
                db.write(move |tx| index(tx, TitleId(id), &hidden)).await.unwrap();
            }
        }
        compare(&db, &model).await;
    }
}

async fn compare(db: &Db, model: &Model) {
    for mask in 1..1 << WORDS.len() {
        let asked = WORDS.iter().enumerate().filter(|(n, _)| mask >> n & 1 == 1);
        let asked: Vec<String> = asked.map(|(_, word)| (*word).to_owned()).collect();
        let has = |words: &&Vec<String>| asked.iter().all(|word| words.contains(word));
        let expected: Vec<i64> = model.iter().filter(|(_, words)| has(words)).map(|(id, _)| *id).collect();
        let mut found: Vec<i64> = vec![];
        loop {
            let (asked, after) = (asked.clone(), found.last().copied().unwrap_or(0));
            let page = db.read(move |tx| search(tx, AccountId(1), &asked, after, 9)).await.unwrap();
            found.extend(page.iter().map(|card| card.title.id.0));
            if page.len() < 9 {
                break;
            }
        }
        assert_eq!(found, expected, "{asked:?}");
    }
}

both! {
    /// Pairs of neighbours may be there and the part all the same not: then the page is filled from further on.
    async fn users_are_found_by_a_part(place) {
        let db = place.open_as(MIGRATIONS).await.unwrap();
        db.write(|tx| {
            for n in 1..=700_i64 {
                let name = if n % 100 == 0 { format!("anana{n}") } else { format!("ana-nan{n}") };
                tx.execute(
                    "INSERT INTO account (name, folded, role, password, created_at, seen_at) \
                     VALUES (?, ?, 'user', '', 0, 0)",
                    params![&name, &name],
                )?;
                account::index(tx, AccountId(n), &["an".into(), "na".into()])?;
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        let (terms, mut all, mut after) = (["an".to_owned(), "na".to_owned()], vec![], 0);
        loop {
            let asked = terms.clone();
            let page = db.read(move |tx| find(tx, &asked, "anan", after, 3)).await.unwrap();
            all.extend(page.iter().map(|(account, _)| account.id.0));
            match page.last() {
                Some((account, _)) if page.len() == 3 => after = account.id.0,
                _ => break,
            }
        }
        assert_eq!(all, [100, 200, 300, 400, 500, 600, 700]);
        db.write(|tx| account::unindex(tx, AccountId(300), &["an".into(), "na".into()])).await.unwrap();
        let found = db.read(|tx| find(tx, &["an".into(), "na".into()], "anan", 250, 1)).await.unwrap();
        assert_eq!(found[0].0.id, AccountId(400));
    }
}

both! {
    /// What was written by the schema before is found by this one.
    async fn what_was_there_is_still_found(place) {
        let old = place.open_as(&MIGRATIONS[..2]).await.unwrap();
        let mut model = Model::new();
        old.write(person).await.unwrap();
        for id in numbers() {
            let words = words(id, 0);
            let listed = id % 5 != 0;
            if listed {
                model.insert(id, words.clone());
            }
            old.write(move |tx| {
                title(tx, id)?;
                tx.execute("UPDATE title SET listed = ? WHERE id = ?", params![listed, id])?;
                for word in &words {
                    tx.execute("INSERT INTO term (term, title) VALUES (?, ?)", params![word, id])?;
                }
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        }
        old.write(|tx| {
            tx.execute("INSERT INTO account_term (term, account) VALUES ('bo', 1)", ())?;
            tx.execute("UPDATE account SET member_until = 900000000 WHERE id = 1", ())
        })
        .await
        .unwrap();
        old.close().await;

        let db = place.open_as(MIGRATIONS).await.unwrap();
        compare(&db, &model).await;
        let found = db.read(|tx| find(tx, &["bo".into()], "bo", 0, 5)).await.unwrap();
        assert_eq!(found.len(), 1);
        for (now, members) in [(0, 1), (899_999_999, 1), (900_000_000, 0), (1_000_000_000, 0)] {
            let now = protocol::value::Time(now);
            assert_eq!(db.read(move |tx| stats::members(tx, now)).await, Ok(members), "{now:?}");
        }
    }
}

fn person(tx: &mut Tx<'_>) -> Result<(), Error> {
    let row = params![1, "boss", "boss", "admin", "", 0, Value::Null, 0, 0, 0];
    tx.execute(
        &format!("INSERT INTO account ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", Account::COLUMNS),
        row,
    )?;
    let content = params![1, [0_u8; 32], [0_u8; 16], 1, 0];
    tx.execute("INSERT INTO content (id, sha256, md5, size, stored_at) VALUES (?, ?, ?, ?, ?)", content)
        .map(|_| ())
}

fn title(tx: &mut Tx<'_>, id: i64) -> Result<(), Error> {
    let row = params![id, "a", "a", "", 1, "FREE", 0, 0, 1, 1, 0, 0, true];
    let marks = vec!["?"; row.len()].join(", ");
    tx.execute(&format!("INSERT INTO title ({}) VALUES ({marks})", Title::COLUMNS), row).map(|_| ())
}
