//! A panic ends the session that it is in and nothing else; it is logged under a trace number, without its message.
//!
//! The daemon panics where `REEL_PANIC` says, which only a debug build looks at.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use tests::{
    Club, Engine, Line, Person, Reply, admin, bytes, md5hex, on_both_engines, pass, retr, rows, soon, stor,
    user,
};

on_both_engines! {
    a_panic_ends_its_connection_and_no_other
    a_rule_that_panics_has_done_nothing
    a_panic_while_a_title_is_stored_gives_the_place_back
    a_message_that_panics_on_its_way_is_refused
    a_panic_of_the_history_loses_its_rows_alone
}

/// What a message of a panic gives away here, and no log may hold.
const TELLING: &str = "telltale";

/// Starts the daemon again, so that it panics there.
fn plant(club: &mut Club, place: &str) {
    club.set("REEL_PANIC", place);
    club.kill9(); // quicker than to let it end in order
    club.restart();
}

/// The connection is told that it is a fault of ours, and closed; the fault is in the log, once.
#[track_caller]
fn broken(club: &Club, line: &mut Line) -> String {
    let trace = traced(club, line.reply());
    assert!(line.rest().is_empty(), "nothing after it");
    trace
}

/// The fault that is answered is in the log, with the place in the code, and nothing of the message.
#[track_caller]
fn traced(club: &Club, reply: Reply) -> String {
    let trace = reply.is("500 INTERNAL").get("trace").to_owned();
    soon("it is in the log", || club.said().contains(&trace));
    let said = club.said();
    let logged: Vec<&str> =
        said.lines().filter(|line| line.contains(&trace) && line.contains("panic at")).collect();
    assert_eq!(logged.len(), 1, "{said}");
    assert!(logged[0].contains(".rs:") && !said.contains(TELLING) && !said.contains("planted"), "{said}");
    trace
}

fn again(club: &Club, who: &Person) -> Person {
    Person { name: who.name.clone(), token: who.token.clone(), line: club.resume(&who.token) }
}

fn a_panic_ends_its_connection_and_no_other(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nconnections = 4\n");
    let (anna, ben) = (user(&club, "anna"), user(&club, "ben"));
    plant(&mut club, "SEARCH");
    let (mut other, mut ben) = (again(&club, &anna), again(&club, &ben));
    ben.want("JOIN", "250 OK");
    let mut traces = vec![];
    for _ in 0..12 {
        let mut victim = club.resume(&anna.token);
        victim.want("JOIN", "250 OK");
        assert_eq!(ben.event().get("*"), "joined");
        // What was asked before is answered, what was asked after it is not run.
        victim.send(format!("NOOP\r\nSEARCH {TELLING}\r\nTOPUP 7.00\r\n").as_bytes());
        victim.reply().is("250 OK");
        traces.push(broken(&club, &mut victim));
        assert_eq!(ben.event().get("*"), "left", "it is out of its room");
        // Others are served, the session goes on, and there is room for the next connection.
        other.want("WHOAMI", "250 OK");
    }
    traces.sort();
    traces.dedup();
    assert_eq!(traces.len(), 12, "each has a number of its own");
    assert_eq!(other.balance(), 0);
    assert!(club.stop().success());
}

fn a_rule_that_panics_has_done_nothing(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nhashes = 1\ndatabase_connections = 2\n");
    let (boss, anna) = (admin(&club), user(&club, "anna"));
    plant(&mut club, "write,read,hash");
    for round in 0..5 {
        // More often than there are threads, connections and hashes: what was held is let go.
        for command in ["WHOAMI", "TOPUP 5.00", "TOPUP 5.00 key=k"] {
            let mut line = club.resume(&anna.token);
            line.say(command);
            broken(&club, &mut line);
        }
        let mut guest = club.line();
        guest.say(&format!("LOGIN anna {}", pass("anna")));
        broken(&club, &mut guest);
        let mut boss = club.resume(&boss.token);
        boss.want(&format!("CREDIT anna 1.00 key={round}"), "250 OK");
    }
    assert!(!club.said().contains(&pass("anna")));
    plant(&mut club, "");
    assert_eq!(again(&club, &anna).balance(), 500);
    club.resume(&anna.token).want("TOPUP 5.00 key=k", "250 OK");
}

fn a_panic_while_a_title_is_stored_gives_the_place_back(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nuploads = 1\n");
    let mut anna = user(&club, "anna");
    plant(&mut club, "store");
    for n in 0..3 {
        let film = bytes(1000 + n);
        let mut line = club.resume(&anna.token);
        line.want(&format!("STOR {} {} title={TELLING}", film.len(), md5hex(&film)), "150 SEND");
        line.send(&film);
        broken(&club, &mut line);
    }
    plant(&mut club, "");
    anna.line = club.resume(&anna.token);
    assert!(rows(&mut anna, "LIST").is_empty());
    let film = bytes(1000);
    let id = stor(&mut anna, "Film", "SHARED", &film, "");
    assert_eq!(retr(&mut anna, &id), film);
    // The bytes were in the vault before the row was to be: as after a crash, nobody's.
    club.operator(&["check", "--repair"]);
    assert!(club.operator(&["check"]).status.success());
}

fn a_message_that_panics_on_its_way_is_refused(engine: Engine) {
    let mut club = Club::start(engine);
    let (anna, ben) = (user(&club, "anna"), user(&club, "ben"));
    plant(&mut club, "keep");
    let (mut anna, mut ben) = (again(&club, &anna), again(&club, &ben));
    for who in [&mut anna, &mut ben] {
        who.want("JOIN", "250 OK");
    }
    assert_eq!(anna.event().get("*"), "joined");
    for _ in 0..3 {
        anna.want(&format!("SAY lounge {TELLING}"), "500 INTERNAL");
    }
    // The room is as it was.
    assert_eq!(rows(&mut ben, "WHO").len(), 2);
    ben.want("LEAVE", "250 OK");
    assert_eq!(anna.event().get("*"), "left");
    assert!(!club.said().contains(TELLING) && club.said().contains("panic at"), "{}", club.said());
}

fn a_panic_of_the_history_loses_its_rows_alone(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    plant(&mut club, "record");
    boss.line = club.resume(&boss.token);
    for _ in 0..3 {
        assert_eq!(retr(&mut boss, &id), film);
        assert!(rows(&mut boss, "HISTORY").is_empty());
    }
    assert!(club.said().contains("1 rows of the download history are lost"), "{}", club.said());
    assert!(club.stop().success());
}

#[test]
fn a_panic_inside_a_body_closes_without_a_word() {
    let mut club = Club::start(Engine::Sqlite);
    let mut boss = admin(&club);
    let film = bytes(40 << 20);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    plant(&mut club, "send");
    for _ in 0..3 {
        let mut line = club.resume(&boss.token);
        line.want(&format!("RETR {id}"), "150 DATA");
        let sent = line.rest();
        assert!(sent.len() < film.len() && film.starts_with(&sent), "{} bytes of the file", sent.len());
    }
    club.resume(&boss.token).want("NOOP", "250 OK");
    assert!(club.stop().success());
}

#[test]
fn the_chat_rooms_begin_anew() {
    let mut club = Club::start(Engine::Sqlite);
    let (anna, ben) = (user(&club, "anna"), user(&club, "ben"));
    plant(&mut club, "say");
    let (mut anna, mut ben) = (again(&club, &anna), again(&club, &ben));
    for _ in 0..3 {
        ben.want("JOIN Tea", "250 OK");
        anna.want("JOIN Tea", "250 OK");
        assert_eq!(ben.event().get("*"), "joined");
        anna.want("SAY Tea hello", "500 INTERNAL");
        // Both are told that they are out.
        for who in [&mut anna, &mut ben] {
            let event = who.event();
            assert_eq!((event.get("*"), event.get("room"), event.get("missed")), ("lost", "Tea", "0"));
        }
        assert!(rows(&mut ben, "WHO Tea").is_empty());
    }
    assert!(club.said().contains("the chat rooms begin anew"));
    assert!(club.stop().success());
}

#[test]
fn a_sweep_that_panics_is_not_the_last() {
    let mut club = Club::start(Engine::Sqlite);
    plant(&mut club, "sweep");
    soon("the first sweep", || club.said().contains("the hourly sweep did not finish"));
    user(&club, "anna").want("TOPUP 1.00", "250 OK");
    assert!(club.stop().success());
}

#[test]
fn a_daemon_that_cannot_listen_any_more_ends() {
    let mut club = Club::start(Engine::Sqlite);
    let anna = user(&club, "anna");
    plant(&mut club, "accept");
    Line::bare(club.address()).rest();
    // In order, and not as if all were well: whoever looks after it starts it again.
    assert_eq!(club.ended().expect("it ends").code(), Some(1));
    assert!(club.said().contains("nobody listens any more"), "{}", club.said());
    plant(&mut club, "");
    club.resume(&anna.token).want("WHOAMI", "250 OK");
}
