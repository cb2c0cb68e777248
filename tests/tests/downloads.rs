//! Downloads: waits that the server counts, grants that last a day, and segments side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::thread;

use tests::{Club, Engine, Line, Person, admin, bytes, md5hex, on_both_engines, rows, soon, stor, user};

on_both_engines! {
    one_wait_at_a_time
    parallel_sessions_do_not_shorten_a_wait
    waits_and_grants_outlive_the_daemon
    the_configured_wait_is_the_wait
    segments_side_by_side
    what_is_not_owned_is_not_sent
    a_download_that_breaks_off_is_in_the_history
    small_files_that_never_went_out_are_in_no_history
    what_is_asked_behind_a_download_knows_of_it
}

/// The seconds that a title asks to wait.
#[track_caller]
fn wait(line: &mut Line, id: &str) -> u64 {
    let answer = line.want(&format!("RETR {id}"), "350 WAIT");
    assert!(answer.fields.find("ad").is_some(), "{}", answer.line);
    answer.number("seconds")
}

/// Fetches a range of a title.
#[track_caller]
fn range(line: &mut Line, id: &str, offset: usize, length: usize) -> Vec<u8> {
    let data = line.want(&format!("RETR {id} offset={offset} length={length}"), "150 DATA");
    assert_eq!(data.number("offset") as usize, offset);
    let body = line.body(data.number("length") as usize);
    line.reply().is("226 DONE");
    body
}

fn two_films(club: &Club) -> (Person, String, String) {
    let mut boss = admin(club);
    let first = stor(&mut boss, "First", "FREE", b"first film", "");
    let second = stor(&mut boss, "Second", "FREE", b"second film", "");
    (boss, first, second)
}

fn one_wait_at_a_time(engine: Engine) {
    let mut club = Club::start(engine);
    let (_, first, second) = two_films(&club);
    let mut anna = user(&club, "anna");
    assert_eq!(wait(&mut anna, &first), 30);
    club.advance(10);
    assert!((18..=20).contains(&wait(&mut anna, &first)), "asking again does not begin anew");
    assert!(
        (18..=20).contains(&wait(&mut anna, &second)),
        "the other answers with what is left of the first"
    );
    club.advance(21);
    assert_eq!(wait(&mut anna, &second), 30, "and has started nothing of its own");
    assert_eq!(
        range(&mut anna, &first, 0, 100),
        b"first film",
        "granted, though it was not asked for in time"
    );
    assert!((28..=30).contains(&wait(&mut anna, &second)), "a download does not end the wait of another");
    club.advance(31);
    assert_eq!(range(&mut anna, &second, 7, 100), b"film");
    // Another account has its own.
    let mut berta = user(&club, "berta");
    assert_eq!(wait(&mut berta, &first), 30);
}

fn parallel_sessions_do_not_shorten_a_wait(engine: Engine) {
    let mut club = Club::start(engine);
    let (_, first, second) = two_films(&club);
    let anna = user(&club, "anna");
    let waits: Vec<u64> = thread::scope(|scope| {
        let workers: Vec<_> = (0..10)
            .map(|number| {
                let mut line = if number % 2 == 0 {
                    club.resume(&anna.token)
                } else {
                    let mut line = club.line();
                    line.want(&format!("LOGIN anna {}", tests::pass("anna")), "230 OK");
                    line
                };
                let id = if number % 3 == 0 { &first } else { &second };
                scope.spawn(move || wait(&mut line, id))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(waits.iter().all(|seconds| (27..=30).contains(seconds)), "{waits:?}");
    club.advance(31);
    // One of the two was waited for, the other begins now.
    let mut line = club.resume(&anna.token);
    let answers = [&first, &second].map(|id| {
        let answer = line.ask(&format!("RETR {id}"));
        if answer.code == 150 {
            line.body(answer.number("length") as usize);
            line.reply().is("226 DONE");
        }
        answer.code
    });
    assert!(answers == [150, 350] || answers == [350, 150], "{answers:?}");
}

fn waits_and_grants_outlive_the_daemon(engine: Engine) {
    let mut club = Club::start(engine);
    let (_, first, second) = two_films(&club);
    let mut anna = user(&club, "anna");
    assert_eq!(wait(&mut anna, &first), 30);
    club.advance(10);
    club.restart();
    anna.line = club.resume(&anna.token);
    assert!((10..=20).contains(&wait(&mut anna, &second)), "the wait goes on");
    club.advance(21);
    club.kill9();
    club.restart();
    anna.line = club.resume(&anna.token);
    assert_eq!(range(&mut anna, &first, 0, 5), b"first", "a wait that has passed is a grant");
    club.advance(85_000);
    club.restart();
    anna.line = club.resume(&anna.token);
    let info = anna.want(&format!("INFO {first}"), "210 END");
    assert_eq!((info.rows[0].get("granted"), info.rows[0].get("owned")), ("yes", "no"));
    assert_eq!(range(&mut anna, &first, 6, 4), b"film", "granted for a day");
    club.advance(1_500);
    assert_eq!(anna.want(&format!("INFO {first}"), "210 END").rows[0].get("granted"), "no");
    assert_eq!(wait(&mut anna, &first), 30, "and not for longer");
}

fn the_configured_wait_is_the_wait(engine: Engine) {
    let mut club = Club::with(engine, "[ads]\nseconds = 5\n");
    let (_, first, _) = two_films(&club);
    let mut anna = user(&club, "anna");
    assert_eq!(wait(&mut anna, &first), 5);
    club.advance(6);
    assert_eq!(range(&mut anna, &first, 0, 10), b"first film");
}

fn segments_side_by_side(engine: Engine) {
    let mut club = Club::start(engine);
    let film = bytes(3_000_017);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Large", "FREE", &film, "");
    let mut anna = user(&club, "anna");
    wait(&mut anna, &id);
    club.advance(31);
    let segment = film.len().div_ceil(6);
    let parts: Vec<Vec<u8>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..6)
            .map(|number| {
                let mut line = club.resume(&anna.token);
                let id = &id;
                scope.spawn(move || range(&mut line, id, number * segment, segment))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let whole = parts.concat();
    assert_eq!(md5hex(&whole), md5hex(&film));
    // Many small ones on one connection, pipelined.
    for offset in (0..30).map(|number| number * 100_000) {
        anna.say(&format!("RETR {id} offset={offset} length=1000"));
    }
    for offset in (0..30).map(|number| number * 100_000) {
        let data = anna.reply().is("150 DATA");
        assert_eq!(data.number("offset"), offset as u64);
        assert_eq!(anna.body(1000), film[offset..offset + 1000]);
        anna.reply().is("226 DONE");
    }
}

fn what_is_not_owned_is_not_sent(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Sold", "PAID", b"sold here", "");
    let mut anna = user(&club, "anna");
    for more in ["", " offset=0", " length=1", " offset=9", " offset=8 length=1"] {
        let answer = anna.want(&format!("RETR {id}{more}"), "552 NEED_PAY");
        assert_eq!(answer.get("price"), "10.00");
    }
    assert!(rows(&mut anna, "HISTORY").is_empty());
    // Owned by one is not owned by another.
    let mut berta = user(&club, "berta");
    berta.want("TOPUP 10.00", "250 OK");
    berta.want(&format!("BUY {id}"), "250 OK");
    assert_eq!(range(&mut berta, &id, 0, 9), b"sold here");
    anna.want(&format!("RETR {id}"), "552 NEED_PAY");
}

fn a_download_that_breaks_off_is_in_the_history(engine: Engine) {
    let club = Club::start(engine);
    let film = bytes(50 << 20);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Large", "SHARED", &film, "");
    let mut anna = user(&club, "anna");
    let mut line = club.resume(&anna.token);
    line.want(&format!("RETR {id}"), "150 DATA");
    line.body(100_000);
    drop(line);
    let mut history = Vec::new();
    for _ in 0..100 {
        history = rows(&mut anna, "HISTORY");
        if history.first().is_some_and(|row| row.number("bytes") > 0) {
            break;
        }
        thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].get("id"), history[0].get("done")), (id.as_str(), "no"), "{history:?}");
    let arrived = history[0].number("bytes");
    assert!((100_000..film.len() as u64).contains(&arrived), "{arrived} of {}", film.len());
}

/// Small bodies go out together with what is said around them: who goes away had those that were sent, and no others.
fn small_files_that_never_went_out_are_in_no_history(engine: Engine) {
    const ASKED: usize = 1000;
    let club = Club::start(engine);
    let note = bytes(60_000);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Note", "SHARED", &note, "");
    let anna = user(&club, "anna");
    let mut line = club.resume(&anna.token);
    line.send(format!("RETR {id}\r\n").repeat(ASKED).as_bytes());
    for _ in 0..2 {
        line.reply().is("150 DATA");
        assert!(line.body(note.len()) == note);
        line.reply().is("226 DONE");
    }
    // The others are 60 MB, more than any socket takes in.
    drop(line);
    let mut fetched = || rows(&mut boss, &format!("INFO {id}"))[0].number("fetched") as usize;
    soon("it is noted what has gone out", || fetched() >= 2);
    let mut anna = club.resume(&anna.token);
    let newest = rows(&mut anna, "HISTORY limit=1000");
    assert!(newest.iter().all(|row| row.number("bytes") <= note.len() as u64), "{newest:?}");
    assert!((2..ASKED).contains(&newest.len()), "{}", newest.len());
}

/// Commands that are sent together are run one after the other, and each sees what those before it did.
fn what_is_asked_behind_a_download_knows_of_it(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Note", "SHARED", b"a note", "");
    boss.send(format!("RETR {id}\r\nRETR {id}\r\nHISTORY\r\n").as_bytes());
    for _ in 0..2 {
        boss.reply().is("150 DATA");
        assert_eq!(boss.body(6), b"a note");
        boss.reply().is("226 DONE");
    }
    assert_eq!(boss.reply().is("210 END").number("rows"), 2);
}
