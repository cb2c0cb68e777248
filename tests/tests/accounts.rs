//! Accounts and sessions: who may come in, and when it is over.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tests::{Club, Engine, Line, Person, md5hex, on_both_engines, pass, rows, user};

on_both_engines! {
    one_name_is_taken_once
    a_kicked_session_runs_nothing_more
    who_kicks_himself_is_out
    a_logout_ends_every_connection_of_the_session
    a_new_password_ends_the_other_sessions
    a_session_expires
    nobody_ends_the_sessions_of_another
    a_flood_of_logins_hurts_nobody
}

fn login(club: &Club, name: &str) -> Line {
    let mut line = club.line();
    line.want(&format!("LOGIN {name} {}", pass(name)), "230 OK");
    line
}

/// The number of the session of this connection: the newest.
fn newest_session(line: &mut Line) -> String {
    let sessions = rows(line, "SESSIONS");
    sessions.iter().map(|row| row.number("session")).max().unwrap().to_string()
}

/// Money comes in for nobody on this connection, however it is refused.
#[track_caller]
fn is_out(line: &mut Line) {
    let _ = line.raw(b"TOPUP 7.00\r\n");
    while let Ok(Some(reply)) = line.try_reply() {
        assert!(reply.code >= 400, "it is over, but {}", reply.line);
        if reply.code == 530 {
            return;
        }
    }
}

fn one_name_is_taken_once(engine: Engine) {
    let club = Club::start(engine);
    let spellings = ["anna", "Anna", "ANNA", "ＡＮＮＡ", "anna", "aNNa"];
    let ready = Barrier::new(spellings.len());
    let (club, ready) = (&club, &ready);
    let mut made: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = spellings
            .iter()
            .map(|name| {
                scope.spawn(move || {
                    let mut line = club.line();
                    ready.wait();
                    line.ask(&format!("REGISTER {name} {}", pass("anna"))).status()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    made.sort();
    assert_eq!(
        made,
        ["230 OK", "553 NAME_TAKEN", "553 NAME_TAKEN", "553 NAME_TAKEN", "553 NAME_TAKEN", "553 NAME_TAKEN"]
    );
}

fn a_kicked_session_runs_nothing_more(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    for _ in 0..20 {
        let mut other = login(&club, "anna");
        let session = newest_session(&mut other);
        anna.want(&format!("KICK {session}"), "250 OK");
        is_out(&mut other);
        anna.want(&format!("KICK {session}"), "550 NOT_FOUND");
    }
    assert_eq!(anna.balance(), 0);
}

fn who_kicks_himself_is_out(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    for _ in 0..10 {
        let mut other = login(&club, "anna");
        let session = newest_session(&mut other);
        other.send(format!("KICK {session}\r\nTOPUP 7.00\r\nTOPUP 7.00\r\n").as_bytes());
        other.reply().is("250 OK");
        is_out(&mut other);
    }
    assert_eq!(anna.balance(), 0, "what comes after KICK of the own session is not run");
}

fn a_logout_ends_every_connection_of_the_session(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    for _ in 0..10 {
        let mut other = club.line();
        let token = other.want(&format!("LOGIN anna {}", pass("anna")), "230 OK").get("token").to_owned();
        let mut segments: Vec<Line> = (0..3).map(|_| club.resume(&token)).collect();
        other.send(b"LOGOUT\r\nTOPUP 7.00\r\n");
        other.reply().is("250 OK");
        other.reply().is("530 LOGIN_REQUIRED");
        for segment in &mut segments {
            segment.want("TOPUP 7.00", "530 LOGIN_REQUIRED");
        }
        other.want(&format!("RESUME {token}"), "530 BAD_CREDENTIALS");
    }
    assert_eq!(anna.balance(), 0);
}

fn a_new_password_ends_the_other_sessions(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let (mut old, new) = (pass("anna"), md5hex(b"another"));
    for password in [&new, &pass("anna"), &new] {
        let mut other = club.line();
        let token = other.want(&format!("LOGIN anna {old}"), "230 OK").get("token").to_owned();
        anna.want(&format!("PASSWD {old} {password}"), "250 OK");
        is_out(&mut other);
        let mut guest = club.line();
        guest.want(&format!("RESUME {token}"), "530 BAD_CREDENTIALS");
        guest.want(&format!("LOGIN anna {old}"), "530 BAD_CREDENTIALS");
        old.clone_from(password);
    }
    assert_eq!(anna.balance(), 0);
    assert_eq!(rows(&mut anna, "SESSIONS").len(), 1, "the own one stays");
}

fn a_session_expires(engine: Engine) {
    let mut club = Club::with(engine, "[accounts]\nsession_days = 2\n");
    let anna = user(&club, "anna");
    club.advance(86_400);
    drop(club.resume(&anna.token));
    club.advance(2 * 86_400);
    club.line().want(&format!("RESUME {}", anna.token), "530 BAD_CREDENTIALS");
    login(&club, "anna").want("WHOAMI", "250 OK");
}

fn nobody_ends_the_sessions_of_another(engine: Engine) {
    let club = Club::start(engine);
    let (mut anna, mut berta) = (user(&club, "anna"), user(&club, "berta"));
    let session = newest_session(&mut anna);
    assert!(rows(&mut berta, "SESSIONS").iter().all(|row| row.get("user") == "berta"));
    let answer = berta.ask(&format!("KICK {session}"));
    assert!((500..600).contains(&answer.code), "{}", answer.line);
    anna.want("WHOAMI", "250 OK");
}

fn a_flood_of_logins_hurts_nobody(engine: Engine) {
    let club = Club::start(engine);
    let mut anna: Person = user(&club, "anna");
    let before = club.rss_kib();
    let mut flood: Vec<Line> = (0..100).map(|_| club.line()).collect();
    for (number, line) in flood.iter_mut().enumerate() {
        line.say(&format!("LOGIN somebody{number} {}", pass("x")));
    }
    for _ in 0..5 {
        let start = Instant::now();
        anna.want("WHOAMI", "250 OK");
        assert!(start.elapsed() < Duration::from_secs(2), "a session waits for the log-ins of others");
    }
    let cores = thread::available_parallelism().unwrap().get() as u64;
    let grown = club.rss_kib().saturating_sub(before);
    assert!(grown < cores * 19 * 1024 + 48 * 1024, "100 log-ins at once take {grown} KiB");
    for line in &mut flood {
        let answer = line.reply();
        assert!(matches!(answer.code, 530 | 429 | 450), "{}", answer.line);
    }
}
