//! `reeld purge`: the bytes of deleted titles go for good, and nobody else's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::{Club, Engine, Over, Person, admin, bytes, md5hex, on_both_engines, prove, rows, stor, user};

on_both_engines! {
    the_bytes_go_and_the_title_stays
    bytes_of_another_title_stay
    what_was_bought_is_purged_only_if_meant
    only_what_was_deleted_long_ago
    all_or_none_of_those_named
    a_purge_cut_off_is_ended_by_a_check
    purged_bytes_can_be_uploaded_again
    uploads_of_the_same_bytes_meanwhile_lose_nothing
}

/// Exit status and output of a purge.
fn purge(club: &Club, words: &[&str]) -> (i32, String) {
    let out = club.operator(&[&["purge"], words].concat());
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap())
}

#[track_caller]
fn purged(club: &Club, words: &[&str], last: &str) -> String {
    let (code, text) = purge(club, words);
    assert_eq!((code, text.lines().last()), (0, Some(last)), "{text}");
    text
}

/// Nothing was done, for a reason with these words.
#[track_caller]
fn refused(club: &Club, words: &[&str], why: &str) {
    let (code, text) = purge(club, words);
    assert_eq!((code, text.lines().last()), (1, Some("nothing was purged")), "{text}");
    assert!(text.contains(why), "{text}");
}

#[track_caller]
fn clean(club: &Club) {
    let out = club.operator(&["check", "--deep"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

fn fetched(who: &mut Person, id: &str) -> Vec<u8> {
    let data = who.want(&format!("RETR {id}"), "150 DATA");
    let body = who.body(data.number("length") as usize);
    who.reply().is("226 DONE");
    body
}

/// What STATS says of the bytes stored.
fn stored(boss: &mut Person) -> String {
    let row = rows(boss, "STATS").into_iter().find(|row| row.get("name") == "bytes");
    row.unwrap().get("value").to_owned()
}

fn the_bytes_go_and_the_title_stays(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(3_000_000);
    let id = stor(&mut boss, "Gone", "FREE", &film, "");
    let other = stor(&mut boss, "Here", "FREE", b"here", "");
    refused(&club, &[&id], "it is not deleted");
    boss.want(&format!("DELE {id}"), "250 OK");
    let before = club.disk();
    purged(&club, &[&id], "purged 1 title, 2.8 MiB freed");
    assert!(before - club.disk() > 2_500_000, "{before} {}", club.disk());
    // The daemon goes on.
    for refusal in [format!("RETR {id}"), format!("UNDELE {id}"), format!("BUY {id}")] {
        boss.want(&refusal, "550 NOT_FOUND");
    }
    assert_eq!(fetched(&mut boss, &other), b"here");
    let info = boss.want(&format!("INFO {id}"), "210 END");
    let facts = ["title", "deleted", "purged", "granted"].map(|key| info.rows[0].get(key).to_owned());
    assert_eq!(facts, ["Gone", "yes", "yes", "no"]);
    let deleted = rows(&mut boss, "LIST DELETED");
    assert_eq!((deleted.len(), deleted[0].get("purged")), (1, "yes"));
    user(&club, "anna").want(&format!("INFO {id}"), "550 NOT_FOUND");
    assert_eq!(stored(&mut boss), "4");
    refused(&club, &[&id], "it was purged before");
    purged(&club, &["--all"], "there is nothing to purge");
    clean(&club);
}

fn bytes_of_another_title_stay(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let ids = ["One", "Two", "Three"].map(|name| stor(&mut boss, name, "FREE", &film, ""));
    boss.want(&format!("DELE {}", ids[0]), "250 OK");
    boss.want(&format!("DELE {}", ids[1]), "250 OK");
    let text = purged(&club, &[&ids[0]], "purged 1 title, 0 bytes freed");
    assert!(text.contains("another title has the same bytes"), "{text}");
    boss.want(&format!("UNDELE {}", ids[0]), "550 NOT_FOUND");
    boss.want(&format!("UNDELE {}", ids[1]), "250 OK");
    assert!(fetched(&mut boss, &ids[1]) == film && fetched(&mut boss, &ids[2]) == film);
    clean(&club);
    boss.want(&format!("DELE {}", ids[1]), "250 OK");
    boss.want(&format!("DELE {}", ids[2]), "250 OK");
    purged(&club, &["--all"], "purged 2 titles, 1000 bytes freed");
    assert_eq!(stored(&mut boss), "0");
    clean(&club);
}

fn what_was_bought_is_purged_only_if_meant(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let id = stor(&mut boss, "Sold", "PAID", &film, "price=1.00");
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 5.00", "250 OK");
    anna.want(&format!("BUY {id}"), "250 OK");
    boss.want(&format!("DELE {id}"), "250 OK");
    refused(&club, &[&id], "bought by 1");
    purged(&club, &["--all"], "there is nothing to purge");
    assert!(fetched(&mut anna, &id) == film, "who bought it may still fetch it");
    let text = purged(&club, &[&id, "--even-bought"], "purged 1 title, 1000 bytes freed");
    assert!(text.contains("\"Sold\"") && text.contains("bought by 1, who can fetch it no more"), "{text}");
    for refusal in [format!("RETR {id}"), format!("INFO {id}"), format!("BUY {id}")] {
        anna.want(&refusal, "550 NOT_FOUND");
    }
    assert!(rows(&mut anna, "LIST OWNED").is_empty());
    // What happened stays: the name in the history, the entry in the ledger, and the way back of the money.
    assert_eq!(rows(&mut anna, "HISTORY")[0].get("title"), "Sold");
    assert_eq!(rows(&mut anna, "STATEMENT")[0].get("id"), id);
    clean(&club);
    boss.want(&format!("REFUND anna {id}"), "250 OK");
    assert_eq!(anna.balance(), 500);
    clean(&club);
}

fn only_what_was_deleted_long_ago(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    let ids = [1, 2].map(|n| stor(&mut boss, "Film", "FREE", &bytes(100 * n), ""));
    boss.want(&format!("DELE {}", ids[0]), "250 OK");
    club.advance(5 * 86_400);
    // Brought back and deleted again: what counts is the last time.
    boss.want(&format!("DELE {}", ids[1]), "250 OK");
    boss.want(&format!("UNDELE {}", ids[0]), "250 OK");
    purged(&club, &["--all", "--older-than", "10"], "there is nothing to purge");
    boss.want(&format!("DELE {}", ids[0]), "250 OK");
    club.advance(9 * 86_400);
    purged(&club, &["--all", "--older-than", "10"], "there is nothing to purge");
    boss.want(&format!("UNDELE {}", ids[0]), "250 OK");
    boss.want(&format!("DELE {}", ids[0]), "250 OK");
    club.advance(86_400);
    purged(&club, &["--all", "--older-than", "10", "--yes"], "purged 1 title, 200 bytes freed");
    boss.want(&format!("UNDELE {}", ids[0]), "250 OK");
    clean(&club);
}

fn all_or_none_of_those_named(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    let ids = [1, 2].map(|n| stor(&mut boss, "Film", "FREE", &bytes(100 * n), ""));
    boss.want(&format!("DELE {}", ids[0]), "250 OK");
    refused(&club, &[&ids[0], "999999"], "title 999999 stays: there is no such title");
    refused(&club, &[&ids[0], &ids[1]], "it is not deleted");
    boss.want(&format!("DELE {}", ids[1]), "250 OK");
    // Without a daemon as well, and a number named twice is one title.
    club.stop();
    purged(&club, &[&ids[1], &ids[0], &ids[1]], "purged 2 titles, 300 bytes freed");
    clean(&club);
}

fn a_purge_cut_off_is_ended_by_a_check(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Film", "FREE", &bytes(1000), "");
    boss.want(&format!("DELE {id}"), "250 OK");
    // As a crash leaves it between the database and the file.
    club.sql("UPDATE removal SET purged_at = 1; UPDATE tally SET value = 0 WHERE name = 'bytes' AND day = 0");
    let out = club.operator(&["check"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("a purge did not come to remove it (1000 bytes)"), "{text}");
    assert_eq!((text.lines().last(), out.status.code()), (Some("1 finding"), Some(1)));
    let out = club.operator(&["check", "--repair"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("removed, 1000 bytes are free") && out.status.success(), "{text}");
    clean(&club);
}

fn purged_bytes_can_be_uploaded_again(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1000);
    let old = stor(&mut boss, "Old", "FREE", &film, "");
    boss.want(&format!("DELE {old}"), "250 OK");
    purged(&club, &["--all"], "purged 1 title, 1000 bytes freed");
    let new = stor(&mut boss, "New", "FREE", &film, "");
    assert!(fetched(&mut boss, &new) == film);
    boss.want(&format!("UNDELE {old}"), "550 NOT_FOUND");
    boss.want(&format!("RETR {old}"), "550 NOT_FOUND");
    assert_eq!(stored(&mut boss), "1000");
    clean(&club);
}

fn uploads_of_the_same_bytes_meanwhile_lose_nothing(engine: Engine) {
    let club = Club::start(engine);
    let film = bytes(1000);
    let mut boss = admin(&club);
    stor(&mut boss, "First", "FREE", &film, "");
    let done = AtomicBool::new(false);
    let last: Vec<String> = thread::scope(|scope| {
        let (club, done, film) = (&club, &done, &film);
        let uploaders: Vec<_> = (0..3)
            .map(|number| {
                scope.spawn(move || {
                    // Some send the bytes, some prove to have them.
                    let prove_or_send = if number == 0 { "prove=no" } else { "" };
                    let mut boss = admin(club);
                    let (size, md5) = (film.len(), md5hex(film));
                    while !done.load(Ordering::Relaxed) {
                        let asked = boss.ask(&format!("STOR {size} {md5} {prove_or_send}"));
                        let stored = if asked.status() == "350 PROVE" {
                            match prove(&mut boss, &asked, film) {
                                // Purged between the question and the answer.
                                gone if gone.status() == "551 PROOF_FAILED" => continue,
                                stored => stored,
                            }
                        } else {
                            asked.is("150 SEND");
                            boss.send(film);
                            boss.reply()
                        };
                        let stored = stored.is("226 STORED");
                        boss.want(&format!("DELE {}", stored.get("id")), "250 OK");
                    }
                    stor(&mut boss, "Last", "FREE", film, "")
                })
            })
            .collect();
        let over = Over(done);
        for _ in 0..10 {
            let (code, text) = purge(club, &["--all"]);
            assert_eq!(code, 0, "{text}");
        }
        drop(over);
        uploaders.into_iter().map(|uploader| uploader.join().unwrap()).collect()
    });
    for id in last {
        assert!(fetched(&mut boss, &id) == film);
    }
    clean(&club);
}
