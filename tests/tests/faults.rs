//! The database goes away under a running club, and comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::time::{Duration, Instant};

use tests::{Club, Line, Reply, Server, admin, bytes, md5hex, rows, stor, user};

/// The daemon gives up on a silent database after a second.
const QUICK: &str = "[limits]\ndatabase_seconds = 1\n";

/// Longer than any refusal may take: the second, and what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(8);

/// Asks until the database is there again.
fn heals(line: &mut Line, command: &str) -> Reply {
    let since = Instant::now();
    loop {
        let reply = line.ask(command);
        if reply.code / 100 != 4 {
            return reply;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "it does not heal: {}", reply.line);
    }
}

fn is_down(line: &mut Line, command: &str) {
    let since = Instant::now();
    line.want(command, "450 DATABASE_DOWN");
    assert!(since.elapsed() < AT_ONCE, "{command} was answered after {:?}", since.elapsed());
}

#[test]
fn a_killed_database_is_told_and_comes_back() {
    let mut server = Server::start();
    let club = Club::on(&server, QUICK);
    let film = bytes(300_000);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Before", "PAID", &film, "price=1.00");
    anna.want("TOPUP 5.00 key=first", "250 OK");

    server.kill9();
    for command in ["WHOAMI", "TOPUP 1.00 key=second", "LIST", "RETR 1", "BUY 1 key=b", "STATEMENT"] {
        is_down(&mut anna, command);
    }
    is_down(&mut club.line(), "RESUME 00112233445566778899");
    // What needs no database goes on.
    anna.want("NOOP", "250 OK");

    server.restart();
    for _ in 0..2 {
        heals(&mut anna, "TOPUP 1.00 key=second").is("250 OK");
        anna.want(&format!("BUY {id} key=b"), "250 OK");
        anna.want("TOPUP 5.00 key=first", "250 OK");
    }
    assert_eq!(anna.balance(), 500);
    let sum: i64 = rows(&mut anna, "STATEMENT").iter().map(|row| row.money("amount")).sum();
    assert_eq!(sum, 500);
}

#[test]
fn an_upload_waits_for_the_database() {
    let mut server = Server::start();
    let club = Club::on(&server, QUICK);
    let mut boss = admin(&club);
    let film = bytes(300_000);
    let ask = format!("STOR {} {} title=Film kind=FREE resume=yes", film.len(), md5hex(&film));
    boss.want(&ask, "150 SEND");
    server.kill9();
    boss.send(&film);
    let refused = boss.reply();
    assert_eq!(refused.status(), "450 DATABASE_DOWN");
    server.restart();
    heals(&mut boss, "WHOAMI").is("250 OK");
    // Not a byte is to be sent again.
    let reply = boss.want(&ask, "150 SEND");
    assert_eq!((reply.number("offset"), reply.number("length")), (300_000, 0));
    boss.reply().is("226 STORED");
    assert_eq!(rows(&mut boss, "LIST").len(), 1);
}

#[test]
fn a_frozen_database_holds_nobody_for_long() {
    let server = Server::start();
    let club = Club::on(&server, QUICK);
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 5.00", "250 OK");
    server.signal("STOP");
    is_down(&mut anna, "WHOAMI");
    is_down(&mut anna, "LIST");
    anna.want("NOOP", "250 OK");
    server.signal("CONT");
    heals(&mut anna, "WHOAMI").is("250 OK");
    assert_eq!(anna.balance(), 500);
}
