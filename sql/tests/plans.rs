//! No list walks over a table or sorts it, on either engine: so that no later change loses an index unseen.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use protocol::value::{AccountId, Listing, Role, Sort, Time, TitleId};
use sql::account::{Account, Deed, Lock, Session, find};
use sql::catalogue::{Place, Title, card, index, list, offer, search};
use sql::notice::Notice;
use sql::removal::Removal;
use sql::throttle::Failures;
use sql::transfer::{Download, Pass};
use sql::wallet::{Entry, Purchase};
use sql::{Db, Engine, Error, MIGRATIONS, Plan, Tx, Value, params, stats, wallet};

/// Enough that an optimizer prefers an index to a walk.
const TITLES: i64 = 3000;
const ACCOUNTS: i64 = 500;
const WHO: AccountId = AccountId(2);

type Ask = fn(&mut Tx<'_>) -> Result<(), Error>;

const ASKED: &[(&str, Ask)] = &[
    ("list", |tx| lists(tx, None)),
    ("list, a later page", |tx| lists(tx, Some(1500))),
    ("search", |tx| words(tx, &["tea"])),
    ("search for two", |tx| words(tx, &["tea", "green"])),
    ("info", |tx| card(tx, WHO, TitleId(7)).map(drop)),
    ("an offer", |tx| offer(tx, WHO, TitleId(7)).map(drop)),
    ("history", |tx| Download::page(tx, WHO, 500, 20).map(drop)),
    ("the newest download", |tx| Download::newest(tx, WHO, TitleId(7)).map(drop)),
    ("a pass", |tx| Pass::of(tx, WHO, TitleId(7)).map(drop)),
    ("statement", |tx| wallet::noted(tx, WHO, 500, 20).map(drop)),
    ("topped up", |tx| wallet::topped_up(tx, WHO, Time(2900)).map(drop)),
    ("users", |tx| find(tx, &[], "", 100, 20).map(drop)),
    ("users with a part", |tx| find(tx, &["us".into(), "se".into()], "use", 100, 20).map(drop)),
    ("sessions", |tx| Session::of_account(tx, WHO, Time(0), 0, 20).map(drop)),
    ("members", |tx| stats::members(tx, Time(5)).map(drop)),
    ("by day", |tx| stats::by_day(tx, "downloads", 3).map(drop)),
    ("revenue", |tx| wallet::revenue(tx, Time(2900), Time(2950)).map(drop)),
    ("the first movement", |tx| wallet::first(tx).map(drop)),
    ("admins", |tx| Lock::admins_left(tx).map(drop)),
    ("sold", |tx| Title::is_sold(tx, 7).map(drop)),
    ("notices", |tx| Notice::page(tx, 500, 20).map(drop)),
    ("failures", |tx| Failures::of(tx, [7; 32]).map(drop)),
    ("audit", |tx| Deed::page(tx, 500, 20).map(drop)),
];

fn lists(tx: &mut Tx<'_>, after: Option<i64>) -> Result<(), Error> {
    for which in
        [Listing::All, Listing::Free, Listing::Paid, Listing::Shared, Listing::Deleted, Listing::Owned]
    {
        for sort in [Sort::Id, Sort::New, Sort::Name, Sort::Size, Sort::Popular] {
            let value = match sort {
                Sort::Id | Sort::New => None,
                // These sort what one has bought, which is no long list.
                _ if which == Listing::Owned => continue,
                Sort::Name => Some(Value::from("n")),
                Sort::Size | Sort::Popular => Some(Value::Int(3)),
            };
            let place = after.map(|id| Place { value, id });
            list(tx, WHO, which, sort, place.as_ref(), 20)?;
        }
    }
    Ok(())
}

fn words(tx: &mut Tx<'_>, words: &[&str]) -> Result<(), Error> {
    let terms: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    search(tx, WHO, &terms, 0, 20).map(drop)
}

/// The step of a plan that walks over a table, over all that has the same beginning of a key, or sorts.
fn fault(engine: Engine, plan: &Plan) -> Option<&String> {
    // A page that is not the first begins in the middle of an index.
    let within = plan.sql.contains("LIMIT ?") && (plan.sql.contains("> ?") || plan.sql.contains("< ?"));
    plan.steps
        .iter()
        .enumerate()
        .find(|(n, step)| {
            let first = *n == 0;
            match engine {
                Engine::Sqlite => {
                    let walk = step.contains("SCAN") && !step.contains("USING");
                    let ranged = step.contains("<?") || step.contains(">?");
                    walk || step.contains("TEMP B-TREE") || (first && within && !ranged)
                }
                // table type key rows extra
                Engine::Mysql => {
                    let words: Vec<&str> = step.split(' ').collect();
                    let sorts = step.contains("filesort");
                    // An index that is read in its order until a page is full, and the order of the rows of a page.
                    let page = words[1] == "index" && plan.sql.contains("LIMIT") && !sorts;
                    let walk = matches!(words[1], "ALL" | "index") && !page;
                    let few = words[2] == "PRIMARY" && words[1] == "range" && plan.sql.contains(" IN (");
                    walk || (sorts && !few) || (first && within && words[1] != "range")
                }
            }
        })
        .map(|(_, step)| step)
}

both! {
    async fn no_list_walks_or_sorts(place) {
        let db = place.open_as(MIGRATIONS).await.unwrap();
        fill(&db).await;
        let mut wrong = vec![];
        for (name, ask) in ASKED {
            let plans = db.read(move |tx| tx.plans(ask)).await.unwrap();
            assert!(!plans.is_empty(), "{name} asks nothing");
            for plan in plans {
                if let Some(step) = fault(db.engine(), &plan) {
                    wrong.push(format!("{name}: {step}\n  in {plan}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

both! {
    /// The test above sees what it is there to see.
    async fn a_walk_is_noticed(place) {
        let db = place.open_as(MIGRATIONS).await.unwrap();
        fill(&db).await;
        for sql in [
            "SELECT id FROM title WHERE description = 'x'",
            "SELECT id FROM title WHERE listed = 1 ORDER BY description LIMIT 20",
            "SELECT id FROM account WHERE seen_at = 3",
            "SELECT id FROM account WHERE seen_at = 3 LIMIT 20",
        ] {
            let plans = db.read(move |tx| tx.plans(|tx| tx.rows::<i64>(sql, ()))).await.unwrap();
            assert!(fault(db.engine(), &plans[0]).is_some(), "{}", plans[0]);
        }
    }
}

async fn fill(db: &Db) {
    db.write(|tx| {
        let people = (1..=ACCOUNTS).map(|n| {
            let name = format!("user{n}");
            let role = if n == 1 { Role::Admin } else { Role::User };
            params![n, &name, &name, role, "", 0, Value::Null, 0, 0, 0]
        });
        put(tx, Account::TABLE, Account::COLUMNS, people)?;
        let contents = (1..=TITLES).map(|n| params![n, sha(n), [0_u8; 16], n, 0]);
        put(tx, "content", "id, sha256, md5, size, stored_at", contents)?;
        let titles = (1..=TITLES).map(|n| {
            let (name, kind) = (format!("name {n}"), ["FREE", "PAID", "SHARED"][n as usize % 3]);
            params![n, &name, &name, "", 1, kind, 0, 0, n, n % 700, n % 9, n, n % 8 != 0]
        });
        put(tx, Title::TABLE, Title::COLUMNS, titles)?;
        for n in 1..=100 {
            index(tx, TitleId(n), &["tea".into(), "green".into()])?;
            sql::account::index(tx, AccountId(n), &["us".into(), "se".into()])?;
        }
        let gone = (1..=TITLES).filter(|n| n % 8 == 0).map(|n| params![n, 0, (n % 16 == 0).then_some(1)]);
        put(tx, Removal::TABLE, Removal::COLUMNS, gone)?;
        let bought = (1..=TITLES).map(|n| params![n % 7 + 2, n, 0, 0]);
        put(tx, Purchase::TABLE, Purchase::COLUMNS, bought)?;
        let downloads = (1..=TITLES).map(|n| params![n, n % 7 + 2, n, "ad", n, 0, "", true]);
        put(tx, Download::TABLE, Download::COLUMNS, downloads)?;
        let entries =
            (1..=TITLES).map(|n| params![n, n, n % 7 + 2, "sales", -1, 0, "buy", Value::Null, Value::Null]);
        put(tx, Entry::TABLE, Entry::COLUMNS, entries)?;
        let logs = (1..=TITLES).map(|n| params![n, n, 1, "a", "b"]);
        put(tx, Notice::TABLE, Notice::COLUMNS, logs)?;
        let deeds = (1..=TITLES).map(|n| params![n, n, 1, "edit", "7", ""]);
        put(tx, Deed::TABLE, Deed::COLUMNS, deeds)?;
        let days =
            (1..=400).flat_map(|day| ["downloads", "members", "sent"].map(|name| params![name, day, 1]));
        put(tx, "tally", "name, day, value", days)
    })
    .await
    .unwrap();
}

fn sha(n: i64) -> Vec<u8> {
    [n.to_be_bytes(), [0; 8], [0; 8], [0; 8]].concat()
}

fn put(
    tx: &mut Tx<'_>, table: &str, columns: &str, rows: impl Iterator<Item = Vec<Value>>,
) -> Result<(), Error> {
    let rows: Vec<Vec<Value>> = rows.collect();
    for some in rows.chunks(300) {
        let marks = format!("({})", vec!["?"; some[0].len()].join(", "));
        let marks = vec![marks.as_str(); some.len()].join(", ");
        tx.execute(&format!("INSERT INTO {table} ({columns}) VALUES {marks}"), some.concat())?;
    }
    Ok(())
}
