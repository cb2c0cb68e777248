//! How many small money movements a second a database takes, with 1 and with 64 callers:
//! `cargo run --release -p sql --example writes -- sqlite:/tmp/fresh.db` (or a mysql:// URL of an empty database).

use std::time::Instant;

use protocol::value::{AccountId, Money, Role, Time};
use sql::account::Account;
use sql::wallet::{Movement, post};
use sql::{Db, Error, Options};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("which database?")?;
    let db = Db::open(&url, Options::default()).await?;
    for (callers, each) in [(1, 500), (64, 200)] {
        let since = Instant::now();
        let mut jobs = JoinSet::new();
        for caller in 0..callers {
            jobs.spawn(movements(db.clone(), format!("{callers}-{caller}"), each));
        }
        while let Some(done) = jobs.join_next().await {
            done??;
        }
        let rate = f64::from(callers * each) / since.elapsed().as_secs_f64();
        println!("{}, {callers} callers: {rate:.0} movements a second", db.engine());
    }
    Ok(())
}

/// One conditional update and one row of the ledger each, on an account of the caller's own.
async fn movements(db: Db, name: String, count: i32) -> Result<(), Error> {
    let account = Account {
        id: AccountId(0),
        folded: name.clone(),
        name,
        role: Role::User,
        password: String::new(),
        balance: Money::ZERO,
        member_until: None,
        wait_until: Time(0),
        created_at: Time(0),
        seen_at: Time(0),
    };
    let account = AccountId(db.write(move |tx| account.insert(tx)).await?);
    for _ in 0..count {
        let movement =
            Movement { account, book: "cash", amount: Money(1), why: "topup", title: None, actor: None };
        db.write(move |tx| post(tx, movement, Time(0))).await?;
    }
    Ok(())
}
