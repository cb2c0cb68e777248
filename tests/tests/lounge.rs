//! The chat rooms: one order for all, every end of a connection seen, nobody delayed by a slow reader.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tests::{
    Club, Engine, Fields, Line, Person, Server, Terminal, admin, on_both_engines, pass, quote, rows, user,
};

on_both_engines! {
    all_hear_the_same_in_the_same_order
    every_end_of_a_connection_is_seen
    the_name_stays_until_the_last_connection_has_gone
    the_last_fifty_survive_a_crash
    a_slow_reader_loses_the_room_and_delays_nobody
    who_pipelines_hears_all_the_same
    a_flood_is_held_back
    hostile_text_breaks_no_line
    rooms_are_bounded
    a_deleted_account_leaves_no_name_behind
    silent_rooms_are_forgotten
}

/// No one is too fast for this club.
const FAST: &str = "[limits]\nlounge_burst = 1000000\n";

/// Enters a room and gives the messages that were shown.
#[track_caller]
fn join(line: &mut Line, room: &str) -> Vec<Fields> {
    line.want(&format!("JOIN {room}"), "250 OK").rows
}

#[track_caller]
fn say(line: &mut Line, room: &str, text: &str) {
    line.want(&format!("SAY {room} {}", quote(text)), "250 OK");
}

/// Fails unless the next event is this one, and gives it.
#[track_caller]
fn event(line: &mut Line, name: &str, who: &str) -> Fields {
    let event = line.event();
    assert_eq!((event.get("*"), event.find("who").unwrap_or(who)), (name, who), "{event:?}");
    event
}

fn all_hear_the_same_in_the_same_order(engine: Engine) {
    let club = Club::start(engine);
    let mut members: Vec<Person> = (0..5).map(|n| user(&club, &format!("member{n}"))).collect();
    for member in &mut members {
        join(member, "lounge");
    }
    let start = Barrier::new(5);
    let heard: Vec<Vec<(String, String)>> = thread::scope(|scope| {
        let (start, members) = (&start, members.iter_mut());
        let all: Vec<_> = members
            .map(|member| {
                scope.spawn(move || {
                    start.wait();
                    for n in 0..20 {
                        let text = format!("{} says {n}", member.name);
                        say(member, "lounge", &text);
                    }
                    let mut said = vec![];
                    while said.len() < 100 {
                        let event = member.event();
                        if event.get("*") == "said" {
                            said.push((event.get("id").to_owned(), event.get("text").to_owned()));
                        }
                    }
                    said
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for other in &heard[1..] {
        assert_eq!(other, &heard[0]);
    }
    let mut texts: Vec<_> = heard[0].iter().map(|(_, text)| text).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 100, "each once");
    // What each said is in the order in which it was said.
    for n in 0..5 {
        let name = format!("member{n} says ");
        let mine: Vec<_> = heard[0].iter().filter_map(|(_, text)| text.strip_prefix(&name)).collect();
        assert_eq!(mine, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    }
    // And nothing more comes.
    for member in &mut members {
        member.want("NOOP", "250 OK");
        assert!(member.events.is_empty());
    }
}

fn every_end_of_a_connection_is_seen(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let mut watcher = user(&club, "watcher");
    join(&mut watcher, "lounge");
    let mut number = 0;
    let mut end = |how: &str, ending: &mut dyn FnMut(&mut Person)| {
        number += 1;
        let name = format!("guest{number}");
        let mut guest = user(&club, &name);
        join(&mut guest, "lounge");
        event(&mut watcher, "joined", &name);
        ending(&mut guest);
        let left = watcher.event();
        assert_eq!((left.get("*"), left.get("who")), ("left", name.as_str()), "after {how}");
    };
    end("QUIT", &mut |guest| drop(guest.want("QUIT", "221 BYE")));
    end("a close", &mut |guest| guest.line = club.line());
    end("the end of input", &mut |guest| guest.half_close());
    end("a line too long", &mut |guest| drop(guest.raw(&[b'x'; 10_000])));
    end("LOGOUT", &mut |guest| drop(guest.want("LOGOUT", "250 OK")));
    end("LOGOUT elsewhere", &mut |guest| drop(club.resume(&guest.token).want("LOGOUT", "250 OK")));
    end("another log-in", &mut |guest| {
        let line = format!("LOGIN {} {}", guest.name, pass(&guest.name));
        guest.want(&line, "230 OK");
    });
    end("PASSWD elsewhere", &mut |guest| {
        let mut other = club.line();
        other.want(&format!("LOGIN {} {}", guest.name, pass(&guest.name)), "230 OK");
        other.want(&format!("PASSWD {} {}", pass(&guest.name), pass("new")), "250 OK");
    });
    end("UNREGISTER", &mut |guest| {
        let line = format!("UNREGISTER {}", pass(&guest.name));
        guest.want(&line, "250 OK");
    });
    end("LOCK", &mut |guest| drop(boss.want(&format!("LOCK {}", guest.name), "250 OK")));
    end("KICK", &mut |guest| {
        let session = rows(guest, "SESSIONS")[0].get("session").to_owned();
        boss.want(&format!("KICK {session}"), "250 OK");
    });
    // And a client that is killed.
    let killed = user(&club, "killed");
    let mut client = client(&club, &killed.token);
    event(&mut watcher, "joined", "killed");
    client.kill().unwrap();
    client.wait().unwrap();
    event(&mut watcher, "left", "killed");
}

/// A process of its own that joins the lounge and stays there.
fn client(club: &Club, token: &str) -> std::process::Child {
    let script = "import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.sendall(f'RESUME {sys.argv[3]}\\r\\nJOIN lounge\\r\\n'.encode())
lines = s.makefile()
for n in range(3): print(lines.readline(), flush=True)
time.sleep(60)";
    let address = club.address();
    let mut python = Command::new("python3");
    python.args(["-c", script, &address.ip().to_string(), &address.port().to_string(), token]);
    let mut child = python.stdout(Stdio::piped()).spawn().expect("python3");
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.take(6).any(|line| line.starts_with("250 OK room=lounge")));
    child
}

fn the_name_stays_until_the_last_connection_has_gone(engine: Engine) {
    let club = Club::start(engine);
    let mut watcher = user(&club, "watcher");
    let mut anna = user(&club, "anna");
    join(&mut watcher, "lounge");
    join(&mut anna, "lounge");
    event(&mut watcher, "joined", "anna");
    let mut second = club.resume(&anna.token);
    join(&mut second, "lounge");
    anna.want("LEAVE lounge", "250 OK");
    assert_eq!(rows(&mut watcher, "WHO").len(), 2);
    say(&mut second, "lounge", "still here");
    event(&mut watcher, "said", "anna");
    second.want("QUIT", "221 BYE");
    event(&mut watcher, "left", "anna");
    assert_eq!(rows(&mut watcher, "WHO").len(), 1);
}

fn the_last_fifty_survive_a_crash(engine: Engine) {
    let mut club = Club::start(engine);
    let mut anna = user(&club, "anna");
    join(&mut anna, "lounge");
    let mut ids = vec![];
    for n in 0..60 {
        say(&mut anna, "lounge", &format!("number {n}"));
        ids.push(anna.event().get("id").to_owned());
    }
    let shown = |rows: Vec<Fields>| -> Vec<(String, String)> {
        rows.iter().map(|row| (row.get("id").to_owned(), row.get("text").to_owned())).collect()
    };
    let expected: Vec<_> = (10..60).map(|n| (ids[n].clone(), format!("number {n}"))).collect();
    assert_eq!(shown(join(&mut anna, "lounge")), expected, "a second JOIN shows them anew");
    club.kill9();
    club.restart();
    let mut anna = club.resume(&anna.token);
    assert_eq!(shown(join(&mut anna, "Lounge")), expected);
    say(&mut anna, "lounge", "after");
    assert!(anna.event().number("id") > ids[59].parse().unwrap());
    assert_eq!(join(&mut anna, "lounge").len(), 50);
}

fn a_slow_reader_loses_the_room_and_delays_nobody(engine: Engine) {
    let club = Club::with(engine, FAST);
    let mut deaf = user(&club, "deaf");
    let mut anna = user(&club, "anna");
    join(&mut deaf, "lounge");
    join(&mut anna, "lounge");
    let text = "绿".repeat(2000);
    let mut said = 0;
    let mut longest = Duration::ZERO;
    let mut others = vec![];
    while others.is_empty() {
        let since = Instant::now();
        say(&mut anna, "lounge", &text);
        longest = longest.max(since.elapsed());
        said += 1;
        assert!(said < 10_000, "nobody has lost the room");
        while let Some(event) = anna.events.pop_front() {
            if event.get("*") != "said" {
                others.push(event);
            }
        }
    }
    assert!(longest < Duration::from_secs(5), "a slow reader held up a message for {longest:?}");
    assert_eq!((others[0].get("*"), others[0].get("who")), ("left", "deaf"));
    let missed_more = 3;
    for _ in 0..missed_more {
        say(&mut anna, "lounge", "short");
    }
    assert_eq!(rows(&mut anna, "WHO").len(), 1);
    // It reads at last: what was queued, in order, and then how much it has missed.
    let (mut heard, mut before) = (0, 0);
    let lost = loop {
        let event = deaf.event();
        match event.get("*") {
            "said" => {
                assert!(event.number("id") > before);
                before = event.number("id");
                heard += 1;
            }
            "joined" => {}
            _ => break event,
        }
    };
    assert_eq!((lost.get("*"), lost.get("room")), ("lost", "lounge"));
    assert_eq!(heard + lost.number("missed"), said + missed_more);
    deaf.want("SAY lounge again", "550 NOT_ALLOWED");
    assert_eq!(join(&mut deaf, "lounge").len(), 50);
    say(&mut deaf, "lounge", "again");
    event(&mut deaf, "said", "deaf");
}

fn who_pipelines_hears_all_the_same(engine: Engine) {
    let club = Club::with(engine, FAST);
    let mut anna = user(&club, "anna");
    join(&mut anna, "lounge");
    let many = 1000;
    let lines: String = (0..many).map(|n| format!("SAY lounge n{n}\r\n")).collect();
    anna.send(lines.as_bytes());
    for _ in 0..many {
        anna.reply().is("250 OK");
    }
    let heard: Vec<String> =
        (0..many).map(|_| event(&mut anna, "said", "anna").get("text").to_owned()).collect();
    assert_eq!(heard, (0..many).map(|n| format!("n{n}")).collect::<Vec<_>>());
    // Nothing comes after the good bye.
    let mut berta = user(&club, "berta");
    join(&mut berta, "lounge");
    anna.send(b"SAY lounge last\r\nQUIT\r\n");
    anna.reply().is("250 OK");
    anna.reply().is("221 BYE");
    assert!(anna.rest().is_empty());
}

fn a_flood_is_held_back(engine: Engine) {
    let mut club = Club::with(engine, "[limits]\nlounge_burst = 10\nlounge_rate = 2\n");
    let mut anna = user(&club, "anna");
    let mut berta = user(&club, "berta");
    join(&mut anna, "lounge");
    join(&mut berta, "lounge");
    let since = Instant::now();
    for n in 0..9 {
        say(&mut anna, "lounge", &format!("{n}"));
    }
    // Coming and going counts as well, and so does another connection of the account.
    let mut other = club.resume(&anna.token);
    if since.elapsed() < Duration::from_millis(400) {
        assert_eq!(other.want("JOIN elsewhere", "429 THROTTLED").get("retry"), "1");
        assert_eq!(anna.want("SAY lounge more", "429 THROTTLED").get("retry"), "1");
    }
    say(&mut berta, "lounge", "others speak");
    club.advance(10);
    join(&mut other, "elsewhere");
    say(&mut anna, "lounge", "again");
}

fn hostile_text_breaks_no_line(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let mut berta = user(&club, "berta");
    join(&mut anna, "lounge");
    join(&mut berta, "lounge");
    for refused in ["\u{1b}[2J", "a\u{7}b", "\u{202e}evil", "\u{2066}x", "\u{9b}31m", "a\rb"] {
        anna.want(&format!("SAY lounge \"{refused}\""), "501 SYNTAX");
    }
    anna.want(&format!("SAY lounge {}", "x".repeat(2001)), "501 BAD_VALUE");
    anna.want(&format!("SAY lounge {}", "x".repeat(8192 - 11)), "501 BAD_VALUE");
    for name in ["a\u{200b}b", "\u{301}x", "a\u{e0041}", "\" \"", "\"\""] {
        anna.want(&format!("JOIN {name}"), "501 BAD_VALUE");
    }
    let kept = [
        "two\nlines\n\n250 OK : not a reply\n* left room=lounge who=anna",
        "\\\" who=boss role=admin \" \\n",
        "a\u{2028}b\u{2029}c\u{200f}d",
        "zalgo \u{301}\u{302}\u{303}",
        &"👍🏽".repeat(1000),
    ];
    for text in kept {
        say(&mut anna, "lounge", text);
        let event = event(&mut berta, "said", "anna");
        assert_eq!((event.get("text"), event.get("role")), (text, "user"));
    }
    let mut late = user(&club, "late");
    let shown: Vec<String> = join(&mut late, "lounge").iter().map(|row| row.get("text").to_owned()).collect();
    assert_eq!(shown, kept);
}

fn rooms_are_bounded(engine: Engine) {
    let club = Club::with(engine, "[limits]\nlounge_rooms = 4\nlounge_rooms_each = 3\nlounge_members = 2\n");
    let mut anna = user(&club, "anna");
    for room in ["a", "b", "c"] {
        join(&mut anna, room);
    }
    assert_eq!(anna.want("JOIN d", "552 LIMIT").get("max"), "3");
    let mut berta = user(&club, "berta");
    join(&mut berta, "d");
    assert_eq!(berta.want("JOIN e", "552 LIMIT").get("max"), "4");
    join(&mut berta, "a");
    let mut carl = user(&club, "carl");
    assert_eq!(carl.want("JOIN a", "552 LIMIT").get("max"), "2");
    // A place that is given up is free.
    anna.want("LEAVE a", "250 OK");
    join(&mut carl, "a");
    anna.want("LEAVE b", "250 OK");
    join(&mut berta, "e");
}

fn a_deleted_account_leaves_no_name_behind(engine: Engine) {
    let club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let mut berta = user(&club, "berta");
    join(&mut anna, "lounge");
    join(&mut berta, "lounge");
    say(&mut anna, "lounge", "forget me");
    anna.want(&format!("UNREGISTER {}", pass("anna")), "250 OK");
    let shown = join(&mut berta, "lounge");
    assert_eq!(shown[0].get("text"), "forget me");
    assert!(shown[0].get("who").starts_with("(deleted"), "{shown:?}");
    berta.want("LEAVE lounge", "250 OK");
    assert_eq!(join(&mut berta, "lounge"), shown, "as the database has it");
}

fn silent_rooms_are_forgotten(engine: Engine) {
    let mut club = Club::start(engine);
    let mut anna = user(&club, "anna");
    join(&mut anna, "old");
    say(&mut anna, "old", "an echo");
    club.advance(20 * 24 * 3600);
    join(&mut anna, "young");
    say(&mut anna, "young", "hello");
    club.advance(11 * 24 * 3600);
    club.restart(); // sweeps at its start
    let since = Instant::now();
    loop {
        let mut anna = club.line();
        anna.want(&format!("LOGIN anna {}", pass("anna")), "230 OK");
        assert_eq!(join(&mut anna, "young").len(), 1);
        if join(&mut anna, "old").is_empty() {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "the old room is still there");
    }
}

#[test]
fn messages_appear_above_the_prompt() {
    let club = Club::start(Engine::Sqlite);
    let mut speaker = user(&club, "speaker");
    join(&mut speaker, "lounge");
    let home = tempfile::tempdir().unwrap();
    let mut shell = Terminal::reel(&club, home.path(), &[("REEL_BELL", "1")], &[]);
    shell.wait("reel> ");
    shell.type_("register typist\r");
    shell.hidden("Password: ", "secret");
    shell.hidden("Once more: ", "secret");
    shell.wait("typist@127.0.0.1> ");
    let said = shell.give("join");
    assert!(said.contains("You are in lounge"), "{said}");
    shell.type_("say half a li");
    shell.wait("half a li");
    say(&mut speaker, "lounge", "Hello \n TYPIST\u{2028}");
    // Above the prompt, harmless, with a bell; and what was typed is there again below it.
    shell.wait("> Hello \\n TYPIST\\u{2028}\u{7}");
    shell.wait("half a li");
    shell.type_("\x15chat\r");
    shell.wait("typist@lounge> ");
    shell.type_("every line\r");
    // The line itself, and then what all hear.
    shell.wait("\n");
    shell.wait("> every line");
    assert_eq!(shell.prompt(), "typist@lounge> ");
    shell.type_("\x04");
    shell.wait("##");
    shell.wait("typist@127.0.0.1> ");
    let said = shell.leave();
    assert!(said.contains("Good bye"), "{said}");
}

/// The daemon gives up on a silent database after a second.
const QUICK: &str = "[limits]\ndatabase_seconds = 1\n";

/// What comes and goes hangs on no database that is down.
const AT_ONCE: Duration = Duration::from_secs(3);

#[test]
fn without_a_database_nothing_is_said() {
    let mut server = Server::start();
    let club = Club::on(&server, QUICK);
    let (mut anna, mut berta, mut carl) = (user(&club, "anna"), user(&club, "berta"), user(&club, "carl"));
    join(&mut anna, "lounge");
    join(&mut berta, "lounge");
    event(&mut anna, "joined", "berta");
    say(&mut anna, "lounge", "before");
    event(&mut anna, "said", "anna");
    event(&mut berta, "said", "anna");

    server.signal("STOP");
    anna.say("SAY lounge frozen");
    // Meanwhile others come and go as ever.
    let since = Instant::now();
    assert_eq!(join(&mut carl, "lounge").len(), 1);
    event(&mut berta, "joined", "carl");
    carl.want("LEAVE lounge", "250 OK");
    event(&mut berta, "left", "carl");
    assert!(since.elapsed() < AT_ONCE, "coming and going took {:?}", since.elapsed());
    anna.reply().is("450 DATABASE_DOWN");
    assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
    server.signal("CONT");
    server.kill9();
    anna.want("SAY lounge dead", "450 DATABASE_DOWN");
    carl.want("JOIN another", "450 DATABASE_DOWN");

    server.restart();
    let since = Instant::now();
    while anna.ask("SAY lounge after").code == 450 {
        assert!(since.elapsed() < Duration::from_secs(30), "it does not heal");
    }
    // Nothing of what was refused was heard, nor is it kept.
    assert_eq!(event(&mut berta, "said", "anna").get("text"), "after");
    let shown = join(&mut carl, "lounge");
    assert_eq!(shown.iter().map(|row| row.get("text")).collect::<Vec<_>>(), ["before", "after"]);
}
