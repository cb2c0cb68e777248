//! How a database gets its schema.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{SCHEMA, count};
use sql::{Engine, Error, Migration};

static BROKEN: [Migration; 3] = [
    SCHEMA[0],
    SCHEMA[1],
    Migration {
        number: 3,
        sqlite: "CREATE TABLE half (id INTEGER) STRICT;\nnonsense;",
        mysql: "CREATE TABLE IF NOT EXISTS half (id BIGINT);\nnonsense;",
    },
];

static MENDED: [Migration; 3] = [
    SCHEMA[0],
    SCHEMA[1],
    Migration {
        number: 3,
        sqlite: "CREATE TABLE half (id INTEGER) STRICT;",
        mysql: "CREATE TABLE IF NOT EXISTS half (id BIGINT);",
    },
];

// Rebuilds a table that others point at, which SQLite allows with foreign keys off alone.
static REBUILT: [Migration; 4] = [
    MENDED[0],
    MENDED[1],
    MENDED[2],
    Migration {
        number: 4,
        sqlite: "CREATE TABLE new (
                     id INTEGER PRIMARY KEY AUTOINCREMENT,
                     name TEXT NOT NULL UNIQUE,
                     balance INTEGER NOT NULL,
                     secret BLOB,
                     note TEXT
                 ) STRICT;
                 INSERT INTO new SELECT id, name, balance, secret, NULL FROM account;
                 DROP TABLE account;
                 ALTER TABLE new RENAME TO account;",
        mysql: "ALTER TABLE account ADD COLUMN IF NOT EXISTS note TEXT;",
    },
];

both! {
    /// Daemons that start at once take each step once, and a later opening takes none.
    async fn several_opens_at_once(place) {
        let opens = (place.open(), place.open(), place.open(), place.open());
        let (a, b, c, d) = tokio::join!(opens.0, opens.1, opens.2, opens.3);
        for db in [a, b, c, d, place.open().await] {
            assert_eq!(count(&db, "schema_version").await, 2);
            assert_eq!(count(&db, "account").await, 1);
        }
    }
}

both! {
    /// The schema of a newer program is left alone.
    async fn newer(place) {
        place.open().await.close().await;
        let found = place.open_as(&SCHEMA[..1]).await.map(|_| ());
        assert_eq!(found, Err(Error::Newer { found: 2, known: 1 }));
        assert_eq!(count(&place.open().await, "schema_version").await, 2);
    }
}

both! {
    /// A step that breaks off is not marked as taken, and can be taken when it is mended.
    async fn a_step_that_breaks_off(place) {
        let broken = place.open_as(&BROKEN).await.map(|_| ());
        assert!(matches!(broken, Err(Error::Internal(_))), "{broken:?}");
        if place.engine == Engine::Sqlite {
            // All steps are one transaction there.
            place.open_as(&[]).await.unwrap();
        }
        let db = place.open_as(&MENDED).await.unwrap();
        assert_eq!(count(&db, "schema_version").await, 3);
        assert_eq!(count(&db, "half").await, 0);
    }
}

both! {
    /// A table is rebuilt under the rows that point at it.
    async fn a_table_rebuilt(place) {
        let db = place.open().await;
        let paid: Result<_, Error> =
            db.write(|tx| tx.execute("INSERT INTO ledger (account, amount) VALUES (1, 1)", ())).await;
        paid.unwrap();
        db.close().await;
        let db = place.open_as(&REBUILT).await.unwrap();
        assert_eq!(count(&db, "ledger").await, 1);
        let columns = db.read(|tx| tx.columns("account")).await;
        assert_eq!(columns.unwrap(), ["id", "name", "balance", "secret", "note"]);
        // And they are guarded again.
        let orphan: Result<_, Error> =
            db.write(|tx| tx.execute("INSERT INTO ledger (account, amount) VALUES (9, 1)", ())).await;
        assert!(matches!(orphan, Err(Error::Internal(_))), "{orphan:?}");
    }
}

both! {
    /// Titles that were deleted before it was noted when, are noted as deleted now.
    async fn deleted_titles_of_old(place) {
        let db = place.open_as(&sql::MIGRATIONS[..2]).await.unwrap();
        let written: Result<_, Error> = db
            .write(|tx| {
                tx.execute(
                    "INSERT INTO account (id, name, folded, role, password, created_at, seen_at) \
                     VALUES (1, 'a', 'a', 'admin', '', 0, 0)",
                    (),
                )?;
                tx.execute("INSERT INTO content (id, sha256, md5, size, stored_at) VALUES (1, ?, ?, 0, 0)", ([0; 32], [0; 16]))?;
                for listed in [0, 1] {
                    tx.execute(
                        "INSERT INTO title (name, folded, description, author, kind, price, member_price, content, size, \
                         created_at, listed) VALUES ('t', 't', '', 1, 'FREE', 0, 0, 1, 0, 0, ?)",
                        (listed,),
                    )?;
                }
                Ok(())
            })
            .await;
        written.unwrap();
        db.close().await;
        let db = place.open_as(sql::MIGRATIONS).await.unwrap();
        assert_eq!(count(&db, "removal").await, 1);
        let removal: Result<_, Error> = db.read(|tx| sql::removal::Removal::of(tx, protocol::value::TitleId(1))).await;
        let removal = removal.unwrap().unwrap();
        assert!(removal.at.0 > 1_700_000_000_000 && removal.purged_at.is_none(), "{removal:?}");
    }
}

both! {
    /// The real schema of the house.
    async fn the_embedded_schema(place) {
        let db = sql::Db::open(&place.url, common::options()).await.unwrap();
        assert_eq!(count(&db, "schema_version").await, sql::MIGRATIONS.len() as i64);
    }
}
