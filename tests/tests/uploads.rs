//! Uploads: cut and resumed, wrong, twice at once, and under every name.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::thread;
use std::time::Duration;

use tests::{
    Club, Engine, Line, Person, Reply, admin, bytes, md5hex, on_both_engines, quote, retr, rows, stor, user,
};

on_both_engines! {
    a_cut_upload_goes_on_where_it_was
    a_cut_upload_outlives_the_daemon
    a_cut_upload_belongs_to_its_account
    without_resume_it_begins_anew
    a_wrong_md5_stores_nothing
    two_with_the_same_at_once
    a_second_writer_is_told_so
    the_same_bytes_are_kept_once
    names_of_every_kind
    a_key_stores_once
    a_large_file_needs_little_memory
}

/// Asks until nobody else writes: a connection that was cut may still be about to be noticed.
#[track_caller]
fn when_free(line: &mut Line, stor: &str) -> Reply {
    for _ in 0..100 {
        let answer = line.ask(stor);
        if answer.status() != "450 BUSY" {
            return answer;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("busy for ever: {stor}")
}

fn command(film: &[u8], title: &str, more: &str) -> String {
    format!("STOR {} {} title={} kind=FREE {more}", film.len(), md5hex(film), quote(title))
}

/// Sends the bytes from `offset` on and cuts the connection after `length` of them.
fn cut(club: &Club, who: &Person, film: &[u8], offset: usize, length: usize) {
    let mut line = club.resume(&who.token);
    let send = when_free(&mut line, &command(film, "Cut", "resume=yes")).is("150 SEND");
    assert_eq!(send.number("offset") as usize, offset, "{}", send.line);
    assert_eq!(send.number("length") as usize, film.len() - offset, "{}", send.line);
    line.send(&film[offset..offset + length]);
}

/// Where the server would go on, once it has noticed the cut.
fn offset_now(line: &mut Line, film: &[u8], title: &str) -> Reply {
    when_free(line, &command(film, title, "resume=yes")).is("150 SEND")
}

fn a_cut_upload_goes_on_where_it_was(engine: Engine) {
    let club = Club::start(engine);
    let boss = admin(&club);
    let film = bytes(700_001);
    let mut arrived = 0;
    for _ in 0..8 {
        let mut line = club.resume(&boss.token);
        let send = offset_now(&mut line, &film, "Cut");
        let offset = send.number("offset") as usize;
        assert!((arrived..film.len()).contains(&offset), "it never goes back: {arrived}, then {}", send.line);
        assert_eq!(send.number("length") as usize, film.len() - offset);
        arrived = offset;
        let most = film.len() - offset;
        let length = rand::random::<u32>() as usize % most.clamp(1, 150_000);
        line.send(&film[offset..offset + length]);
        line.half_close();
        line.rest(); // what was sent has arrived when the other end has closed
    }
    assert!(arrived > 0, "something of it was kept");
    let mut line = club.resume(&boss.token);
    let offset = offset_now(&mut line, &film, "Whole at last").number("offset") as usize;
    line.send(&film[offset..]);
    let id = line.reply().is("226 STORED").get("id").to_owned();
    assert!(retr(&mut line, &id) == film);
    let info = line.want(&format!("INFO {id}"), "210 END");
    assert_eq!(info.rows[0].get("title"), "Whole at last", "title and kind are those of the last STOR");
    assert_eq!(rows(&mut line, "LIST").len(), 1);
}

fn a_cut_upload_outlives_the_daemon(engine: Engine) {
    let mut club = Club::start(engine);
    let boss = admin(&club);
    let film = bytes(500_000);
    let mut line = club.resume(&boss.token);
    line.want(&command(&film, "Cut", ""), "150 SEND");
    line.send(&film[..300_000]);
    line.half_close();
    line.rest();
    for crash in [false, true] {
        if crash {
            club.kill9();
        }
        club.restart();
        let mut line = club.resume(&boss.token);
        let offset = offset_now(&mut line, &film, "Cut").number("offset") as usize;
        assert!(offset > 0 && offset <= 300_000, "kept was {offset}");
        line.half_close();
        line.rest();
    }
    let mut line = club.resume(&boss.token);
    let id = stor(&mut line, "Whole", "FREE", &film, "resume=yes");
    assert!(retr(&mut line, &id) == film);
}

fn a_cut_upload_belongs_to_its_account(engine: Engine) {
    let club = Club::start(engine);
    let (boss, other) = (admin(&club), admin(&club));
    let film = bytes(300_000);
    cut(&club, &boss, &film, 0, 200_000);
    let mut line = club.resume(&other.token);
    assert_eq!(offset_now(&mut line, &film, "Cut").number("offset"), 0, "what another sent is not mine");
}

fn without_resume_it_begins_anew(engine: Engine) {
    let club = Club::start(engine);
    let boss = admin(&club);
    let film = bytes(300_000);
    cut(&club, &boss, &film, 0, 200_000);
    let mut line = club.resume(&boss.token);
    let send = when_free(&mut line, &command(&film, "Anew", "resume=no")).is("150 SEND");
    assert_eq!((send.number("offset"), send.number("length")), (0, 300_000));
    line.send(&film);
    let id = line.reply().is("226 STORED").get("id").to_owned();
    assert!(retr(&mut line, &id) == film);
}

fn a_wrong_md5_stores_nothing(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let (film, mut other) = (bytes(300_000), bytes(0));
    other.clone_from(&film);
    other[299_999] ^= 1;
    let empty = club.disk();
    boss.want(&command(&film, "Wrong", "resume=yes"), "150 SEND");
    boss.send(&other);
    boss.reply().is("551 MD5_MISMATCH");
    assert!(rows(&mut boss, "LIST").is_empty());
    assert!(club.disk() < empty + 200_000, "nothing of it is kept: {empty}, then {}", club.disk());
    // And nothing of it is resumed.
    let send = boss.want(&command(&film, "Right", "resume=yes"), "150 SEND");
    assert_eq!(send.number("offset"), 0);
    boss.send(&film);
    boss.reply().is("226 STORED");
}

fn two_with_the_same_at_once(engine: Engine) {
    let club = Club::start(engine);
    let mut people = [admin(&club), admin(&club)];
    let film = bytes(600_000);
    for person in &mut people {
        person.want(&command(&film, "Twice", "prove=no"), "150 SEND");
    }
    for half in [&film[..300_000], &film[300_000..]] {
        for person in &mut people {
            person.send(half);
        }
    }
    let mut ids = Vec::new();
    for person in &mut people {
        ids.push(person.reply().is("226 STORED").get("id").to_owned());
    }
    assert_ne!(ids[0], ids[1], "two titles");
    for person in &mut people {
        for id in &ids {
            assert!(retr(person, id) == film);
        }
    }
}

fn a_second_writer_is_told_so(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(200_000);
    boss.want(&command(&film, "First", ""), "150 SEND");
    boss.send(&film[..100_000]);
    let mut second = club.resume(&boss.token);
    second.want(&command(&film, "Second", "resume=yes"), "450 BUSY");
    second.want(&command(&film, "Second", ""), "450 BUSY");
    second.want("NOOP", "250 OK");
    let mut other = admin(&club);
    let own = stor(&mut other, "Of another account", "FREE", &film, "");
    boss.send(&film[100_000..]);
    let id = boss.reply().is("226 STORED").get("id").to_owned();
    for id in [own, id] {
        assert!(retr(&mut second, &id) == film);
    }
}

fn the_same_bytes_are_kept_once(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(4_000_000);
    let empty = club.disk();
    let ids: Vec<String> =
        (0..4).map(|number| stor(&mut boss, &format!("Copy {number}"), "FREE", &film, "prove=no")).collect();
    let full = club.disk();
    assert!(full - empty < 2 * film.len() as u64, "four times the same takes {} bytes", full - empty);
    for id in ids {
        assert!(retr(&mut boss, &id) == film);
    }
}

fn names_of_every_kind(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let mut anna = user(&club, "anna");
    let names = [
        "绿茶与春天",
        "a \"quoted\" name",
        "back\\slash \\n is no line",
        "two\nlines",
        "a\ttab",
        "key=value : 250 OK id=7",
        "- id=7 title=\"x\"",
        "'; DROP TABLE title; --",
        "100% _of_ it",
        "🎬 film",
        "films/../../etc/passwd",
        "<b>&amp;</b>",
        "NULL",
        "…",
    ];
    for (number, name) in names.iter().enumerate() {
        let film = format!("film number {number}");
        let id = stor(&mut boss, name, "SHARED", film.as_bytes(), "");
        let info = anna.want(&format!("INFO {id}"), "210 END");
        assert_eq!(info.rows.len(), 1);
        assert_eq!(info.rows[0].get("title"), *name);
        assert_eq!(retr(&mut anna, &id), film.as_bytes());
    }
    let listed = rows(&mut anna, "LIST limit=3");
    assert_eq!(listed.iter().map(|row| row.get("title")).collect::<Vec<_>>(), names);
    let found = anna.want("SEARCH 春天", "210 END");
    assert_eq!(found.rows.iter().map(|row| row.get("title")).collect::<Vec<_>>(), [names[0]]);
    let history = rows(&mut anna, "HISTORY");
    assert_eq!(history.iter().rev().map(|row| row.get("title")).collect::<Vec<_>>(), names);
}

fn a_key_stores_once(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(10_000);
    let id = stor(&mut boss, "Once", "FREE", &film, "key=once");
    club.kill9(); // the reply might have been lost
    club.restart();
    boss.line = club.resume(&boss.token);
    let again = boss.want(&command(&film, "Once", "key=once"), "226 STORED");
    assert_eq!(again.get("id"), id);
    boss.want(&command(&film, "Another name", "key=once"), "553 KEY_REUSED");
    assert_eq!(rows(&mut boss, "LIST").len(), 1);
    // A key whose upload broke off may be used for going on with it.
    let film = bytes(100_000);
    let mut line = club.resume(&boss.token);
    line.want(&command(&film, "Later", "key=later resume=yes"), "150 SEND");
    line.send(&film[..50_000]);
    drop(line);
    let send = when_free(&mut boss, &command(&film, "Later", "key=later resume=yes")).is("150 SEND");
    boss.send(&film[send.number("offset") as usize..]);
    let id = boss.reply().is("226 STORED").get("id").to_owned();
    let again = boss.want(&command(&film, "Later", "key=later resume=yes"), "226 STORED");
    assert_eq!(again.get("id"), id);
}

fn a_large_file_needs_little_memory(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(100 << 20);
    let before = club.rss_kib();
    let id = stor(&mut boss, "Large", "FREE", &film, "");
    assert!(retr(&mut boss, &id) == film);
    let after = club.rss_kib();
    assert!(after < before + 48 * 1024, "100 MiB made the daemon grow from {before} to {after} KiB");
}
