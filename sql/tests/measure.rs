//! How many small writes a second there are: `cargo test -p sql --release --test measure -- --ignored --nocapture`.

// What is not inside a test function is a part of one all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Instant;

use common::{Entry, Place};
use sql::Error;
use tokio::task::JoinSet;

/// One conditional update and one row of the ledger each, on accounts of their own.
async fn measure(place: Place) {
    let db = place.open().await;
    for (callers, each) in [(1, 500), (64, 100), (64, 100)] {
        let since = Instant::now();
        let mut jobs = JoinSet::new();
        for i in 0..callers {
            let db = db.clone();
            jobs.spawn(async move {
                let name = format!("{callers} {i}");
                let id = db.write(move |tx| common::add(tx, &name).or(Ok::<_, Error>(1))).await.unwrap();
                for _ in 0..each {
                    db.write(move |tx| {
                        tx.execute("UPDATE account SET balance = balance + 1 WHERE id = ? AND balance >= 0", (id,))?;
                        Entry { account: id, amount: 1 }.insert(tx)
                    })
                    .await
                    .unwrap();
                }
            });
        }
        jobs.join_all().await;
        let rate = f64::from(callers * each) / since.elapsed().as_secs_f64();
        println!(
            "{} with {callers} callers: {rate:.0} writes a second",
            place.engine
        );
    }
    let since = Instant::now();
    let mut jobs = JoinSet::new();
    for _ in 0..64 {
        let db = db.clone();
        jobs.spawn(async move {
            for _ in 0..200 {
                let read = db.read(|tx| common::Account::get(tx, 2));
                read.await.unwrap();
            }
        });
    }
    jobs.join_all().await;
    let rate = 64.0 * 200.0 / since.elapsed().as_secs_f64();
    println!("{} with 64 callers: {rate:.0} reads a second", place.engine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and proves nothing"]
async fn sqlite() {
    measure(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and proves nothing"]
async fn mysql() {
    measure(Place::server().await).await;
}
