//! The database goes away under a running club, and comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use tests::{
    Club, Cut, Engine, Line, Load, Over, Person, Proxy, Reply, Server, admin, bytes, md5hex, rows, soon,
    stor, user,
};

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

/// The database is killed, frozen, stopped, made read-only and started again under a mixed load: whoever asks is told
/// `450` in time, it heals by itself, and in the end all is as the answers said, each thing once.
#[test]
fn the_database_fails_in_every_way_under_load() {
    let mut server = Server::start();
    // What a server may be set to, and sessions must not be.
    server.sql("SET GLOBAL sql_mode = '', time_zone = '+08:00', tx_isolation = 'SERIALIZABLE'");
    let mut club = Club::at(server.url_of_a_user(), QUICK);
    let load = Load::new(&club);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (club, load, over) = (&club, &load, &over);
        let busy = scope.spawn(move || load.run(club, over));
        let over = Over(over);
        let works = || {
            let before = load.answered();
            soon("it heals", || load.answered() >= before + 50 || busy.is_finished());
        };
        let fails = || {
            load.refused();
            let mut refused = 0;
            let since = Instant::now();
            while refused < 5 {
                refused += load.refused().get("450 DATABASE_DOWN").copied().unwrap_or(0);
                assert!(since.elapsed() < AT_ONCE, "nobody is told that the database is down");
                thread::sleep(Duration::from_millis(5));
            }
        };
        works();
        server.kill9();
        fails();
        server.restart();
        works();
        server.signal("STOP");
        fails();
        server.signal("CONT");
        works();
        server.stop();
        fails();
        server.restart();
        works();
        server.sql("SET GLOBAL read_only = 1");
        fails();
        server.sql("SET GLOBAL read_only = 0");
        works();
        server.kill9();
        server.restart();
        works();
        drop(over);
    });
    let longest = load.longest();
    assert!(longest < AT_ONCE, "somebody waited {longest:?}");
    load.last_audit(&club);
    soon("what was cut off is taken back", || club.operator(&["check"]).status.success());
    assert!(!club.said().contains("Z ERROR"), "nothing of it was an error of ours");

    // Said at the start, of a server that may lose what it has committed.
    let warned = |club: &Club| club.said().matches("innodb_flush_log_at_trx_commit is").count();
    assert_eq!(warned(&club), 0);
    server.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    club.restart();
    assert_eq!(warned(&club), 1);
}

/// The connection dies between COMMIT and its answer, or before COMMIT arrives. Nobody knows which; asked again with
/// the same key, it has happened once.
#[test]
fn a_commit_without_an_answer() {
    let proxy = Proxy::before(&std::env::var("REEL_TEST_MYSQL").expect("REEL_TEST_MYSQL: see tests/run"));
    let club = Club::at(proxy.url(), "");
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(50_000);
    let titles = ["One", "Two"].map(|name| stor(&mut boss, name, "PAID", &film, "price=3.00 prove=no"));
    let night = boss.want("STAGE Night seats=9 price=1.00", "250 OK").get("id").to_owned();
    anna.want("TOPUP 100.00", "250 OK");
    for (cut, title) in [(Cut::Before, &titles[0]), (Cut::After, &titles[1])] {
        let unknown = |who: &mut Person, command: &str, answer: &str| -> Reply {
            let command = format!("{command} key={cut:?}");
            proxy.cut(cut);
            who.want(&command, "451 OUTCOME_UNKNOWN");
            assert!(proxy.has_cut());
            let reply = who.want(&command, answer);
            assert_eq!(who.want(&command, answer), reply);
            reply
        };
        unknown(&mut anna, "TOPUP 5.00", "250 OK");
        unknown(&mut anna, &format!("BUY {title}"), "250 OK");
        let booked = unknown(&mut anna, &format!("BOOK {night} 2"), "250 OK");
        unknown(&mut anna, &format!("CANCEL {}", booked.get("booking")), "250 OK");
        unknown(&mut anna, "MEMBER price=30.00", "250 OK");
        let codes = unknown(&mut boss, "VOUCHER 7.00", "210 END");
        unknown(&mut anna, &format!("REDEEM {}", codes.rows[0].get("code")), "250 OK");
        unknown(&mut boss, "CREDIT anna 2.00", "250 OK");
        unknown(&mut boss, &format!("REFUND anna {title}"), "250 OK");

        let more = bytes(70_000);
        let stor = format!("STOR {} {} title=\"{cut:?}\" kind=FREE key={cut:?}", more.len(), md5hex(&more));
        boss.want(&stor, "150 SEND");
        proxy.cut(cut);
        boss.send(&more);
        boss.reply().is("451 OUTCOME_UNKNOWN");
        let again = boss.ask(&stor);
        let stored = match again.status().as_str() {
            "150 SEND" => {
                boss.send(&more[again.number("offset") as usize..]);
                boss.reply().is("226 STORED")
            }
            _ => again.is("226 STORED"),
        };
        assert_eq!(boss.want(&stor, "226 STORED").get("id"), stored.get("id"));
    }
    // 100.00, and twice: 5.00 in, 3.00 out and back, 2.00 out and back, 30.00 out, 7.00 and 2.00 in.
    assert_eq!(anna.balance(), 10_000 + 2 * (500 - 3000 + 700 + 200));
    assert_eq!(rows(&mut anna, "STATEMENT").len(), 1 + 2 * 8);
    assert_eq!(rows(&mut boss, "LIST").len(), 4);
    assert!(rows(&mut boss, &format!("ATTENDEES {night}")).is_empty());
    soon("what was cut off is taken back", || club.operator(&["check"]).status.success());
}

/// A client that goes away inside a purchase leaves nothing open; a lock that a stranger keeps is waited for, not for
/// ever.
#[test]
fn a_client_goes_away_inside_a_purchase() {
    let club = Club::with(Engine::MariaDb, "[limits]\ndatabase_seconds = 3\n");
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Film", "PAID", &bytes(1000), "price=1.00");
    anna.want("TOPUP 5.00", "250 OK");
    let open = |more: &str| -> u32 {
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p \
             ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() {more}"
        );
        thread::sleep(Duration::from_millis(150)); // the server looks anew only when nobody has asked for 100 ms
        club.sql(&sql).trim().parse().unwrap()
    };
    assert_eq!(open(""), 0);
    let held = club.hold("SELECT id FROM account FOR UPDATE");
    let mut lines: Vec<Line> = (0..4).map(|_| club.resume(&anna.token)).collect();
    for line in &mut lines {
        line.say(&format!("BUY {id} key=once"));
    }
    soon("they wait for the row", || open("AND t.trx_state = 'LOCK WAIT'") > 0);
    drop(lines);
    drop(held);
    soon("nothing stays open", || open("") == 0);
    anna.want(&format!("BUY {id} key=once"), "250 OK");
    assert_eq!(anna.balance(), 400);
    assert_eq!(rows(&mut anna, "STATEMENT").len(), 2);

    let held = club.hold("SELECT id FROM account FOR UPDATE");
    let since = Instant::now();
    anna.want("TOPUP 1.00 key=late", "450 BUSY");
    let took = since.elapsed();
    assert!(took < Duration::from_secs(6), "it was waited for {took:?}");
    anna.want("STATEMENT", "210 END"); // who only reads waits for nobody
    drop(held);
    heals(&mut anna, "TOPUP 1.00 key=late").is("250 OK");
    assert_eq!(anna.balance(), 500);
}
