//! The statements behind the lists as they are really run, each with the plan that the engine has for it on the data
//! that is there:
//! `cargo run --release -p daemon --example plans -- sqlite:/path/reel.db` (or a mysql://
//! URL).

use std::collections::BTreeSet;

use protocol::value::{AccountId, Listing, Sort, Time, TitleId};
use sql::account::{Deed, find};
use sql::catalogue::{Place, card, list, search};
use sql::notice::Notice;
use sql::transfer::Download;
use sql::{Db, Error, Options, Tx, Value, stats, wallet};

type Ask = fn(&mut Tx<'_>) -> Result<(), Error>;

/// Who asks; any number will do.
const WHO: AccountId = AccountId(2);
const ROWS: u32 = 21;

const ASKED: &[(&str, Ask)] = &[
    ("LIST, first pages", |tx| lists(tx, false)),
    ("LIST, later pages", |tx| lists(tx, true)),
    ("SEARCH for one word", |tx| words(tx, &["harbour"])),
    ("SEARCH for two words", |tx| words(tx, &["harbour", "lantern"])),
    ("INFO", |tx| card(tx, WHO, TitleId(777)).map(drop)),
    ("HISTORY", |tx| Download::page(tx, WHO, i64::MAX, ROWS).map(drop)),
    ("STATEMENT", |tx| wallet::noted(tx, WHO, i64::MAX, ROWS).map(drop)),
    ("USERS", |tx| find(tx, &[], "", 50, ROWS).map(drop)),
    ("USERS wolf", |tx| {
        let terms = ["wo", "ol", "lf"].map(str::to_owned);
        find(tx, &terms, "wolf", 50, ROWS).map(drop)
    }),
    ("STATS", |tx| {
        stats::members(tx, Time(1_800_000_000_000))?;
        stats::by_day(tx, "downloads", 20_000)?;
        stats::total(tx, "downloads")?;
        wallet::first(tx)?;
        wallet::revenue(tx, Time(1_700_000_000_000), Time(1_700_086_400_000)).map(drop)
    }),
    ("NOTICES", |tx| Notice::page(tx, i64::MAX, ROWS).map(drop)),
    ("AUDIT", |tx| Deed::page(tx, i64::MAX, ROWS).map(drop)),
];

fn lists(tx: &mut Tx<'_>, later: bool) -> Result<(), Error> {
    for which in [Listing::All, Listing::Free, Listing::Deleted, Listing::Owned] {
        for sort in [Sort::Id, Sort::New, Sort::Name, Sort::Size, Sort::Popular] {
            let value = match sort {
                Sort::Id | Sort::New => None,
                Sort::Name => Some(Value::from("night")),
                Sort::Size | Sort::Popular => Some(Value::Int(5)),
            };
            let place = Place { value, id: 500 };
            list(tx, WHO, which, sort, later.then_some(&place), ROWS)?;
        }
    }
    Ok(())
}

fn words(tx: &mut Tx<'_>, words: &[&str]) -> Result<(), Error> {
    let terms: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    search(tx, WHO, &terms, 0, ROWS).map(drop)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("which database?")?;
    let db = Db::open(&url, Options::default()).await?;
    println!("{}\n", db.engine());
    for (name, ask) in ASKED {
        let plans = db.read(move |tx| tx.plans(ask)).await?;
        println!("== {name}");
        let mut seen = BTreeSet::new();
        for plan in plans.into_iter().filter(|plan| seen.insert(plan.sql.clone())) {
            println!("{plan}");
        }
    }
    db.close().await;
    Ok(())
}
