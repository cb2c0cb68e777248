//! Instant uploads: who has a file that is known here need not send it, and nobody learns what is known.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use tests::{
    Club, Engine, Line, Person, admin, bytes, md5hex, on_both_engines, prove, quote, retr, rows, sha256hex,
    stor, twins, user,
};

on_both_engines! {
    known_content_is_proven_and_not_sent
    samples_are_enough_for_who_names_the_content
    a_wrong_proof_is_refused_and_counted
    a_proof_is_answered_once_in_time_and_at_once
    users_are_asked_only_for_what_they_could_fetch
    what_is_lost_is_sent_again
    files_of_one_md5_stay_two
    a_false_sha256_stores_nothing
    a_key_stores_a_proven_title_once
    a_session_that_ends_is_not_held_by_a_proof
}

fn offer(film: &[u8], title: &str, more: &str) -> String {
    format!("STOR {} {} title={} {more}", film.len(), md5hex(film), quote(title))
}

/// The bytes that the club says it keeps.
fn kept(boss: &mut Line) -> u64 {
    rows(boss, "STATS days=1").iter().find(|row| row.get("name") == "bytes").unwrap().number("value")
}

fn known_content_is_proven_and_not_sent(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(400_000));
    stor(&mut boss, "Here", "FREE", &film, "");
    let asked = boss.want(&offer(&film, "Again", "kind=PAID price=3.00"), "350 PROVE");
    assert_eq!(asked.get("ranges"), "0-400000", "without a SHA-256 it is the whole file");
    let id = prove(&mut boss, &asked, &film).is("226 STORED").get("id").to_owned();
    assert_eq!(retr(&mut boss, &id), film);
    let info = &boss.want(&format!("INFO {id}"), "210 END").rows[0];
    assert_eq!((info.get("title"), info.get("kind"), info.get("price")), ("Again", "PAID", "3.00"));
    assert_eq!(kept(&mut boss), 400_000, "kept once");
    boss.want(&offer(&film, "Sent", "prove=no"), "150 SEND");
}

fn samples_are_enough_for_who_names_the_content(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1_000_000));
    stor(&mut boss, "Here", "FREE", &film, "");
    let named = format!("sha256={}", sha256hex(&film));
    let asked = boss.want(&offer(&film, "Again", &named), "350 PROVE");
    let ranges: Vec<(usize, usize)> = asked
        .get("ranges")
        .split(',')
        .map(|range| range.split_once('-').unwrap())
        .map(|(offset, length)| (offset.parse().unwrap(), length.parse().unwrap()))
        .collect();
    let read: usize = ranges.iter().map(|(_, length)| length).sum();
    assert!(read < film.len() && ranges.len() == 5, "{ranges:?}");
    assert_eq!(ranges[0].0, 0);
    assert!(ranges.iter().any(|(offset, length)| offset + length == film.len()), "the end: {ranges:?}");
    let id = prove(&mut boss, &asked, &film).is("226 STORED").get("id").to_owned();
    assert_eq!(retr(&mut boss, &id), film);
    // A small file is read whole, and a SHA-256 that is wrong helps nobody.
    let small = bytes(1000);
    stor(&mut boss, "Small", "FREE", &small, "");
    let named = format!("sha256={}", sha256hex(&small).to_uppercase());
    assert_eq!(boss.want(&offer(&small, "Again", &named), "350 PROVE").get("ranges"), "0-1000");
    let wrong = format!("sha256={}", sha256hex(b"something else"));
    assert_eq!(boss.want(&offer(&film, "Again", &wrong), "350 PROVE").get("ranges"), "0-1000000");
}

fn a_wrong_proof_is_refused_and_counted(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1000));
    stor(&mut boss, "Here", "FREE", &film, "");
    for _ in 0..2 {
        boss.want(&offer(&film, "Again", ""), "350 PROVE");
        // The MD5 alone, without the nonce, is what somebody knows who has seen a list.
        boss.want(&format!("PROVE {}", md5hex(&film)), "551 PROOF_FAILED");
    }
    let counted = rows(&mut boss, "STATS days=1");
    let failed = counted.iter().find(|row| row.get("name") == "proofs-failed").unwrap();
    assert_eq!(failed.number("value"), 2);
    assert_eq!(rows(&mut boss, "LIST").len(), 1);
}

fn a_proof_is_answered_once_in_time_and_at_once(engine: Engine) {
    let mut club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1000));
    boss.want("PROVE 5d41402abc4b2a76b9719d911017c592", "551 PROOF_FAILED");
    stor(&mut boss, "Here", "FREE", &film, "");
    // Once.
    let asked = boss.want(&offer(&film, "Again", ""), "350 PROVE");
    prove(&mut boss, &asked, &film).is("226 STORED");
    prove(&mut boss, &asked, &film).is("551 PROOF_FAILED");
    // A wrong one is no second try.
    let asked = boss.want(&offer(&film, "Again", ""), "350 PROVE");
    boss.want("PROVE 5d41402abc4b2a76b9719d911017c592", "551 PROOF_FAILED");
    prove(&mut boss, &asked, &film).is("551 PROOF_FAILED");
    // At once: any other command drops it, one that is unknown or refused too.
    for other in ["NOOP", "WHOAMI", "NONSENSE", "INFO 999"] {
        let asked = boss.want(&offer(&film, "Again", ""), "350 PROVE");
        boss.ask(other);
        prove(&mut boss, &asked, &film).is("551 PROOF_FAILED");
    }
    // Only on the connection that was asked.
    let asked = boss.want(&offer(&film, "Again", ""), "350 PROVE");
    prove(&mut club.resume(&boss.token), &asked, &film).is("551 PROOF_FAILED");
    // In time.
    club.advance(3601);
    prove(&mut boss, &asked, &film).is("551 PROOF_FAILED");
    assert_eq!(rows(&mut boss, "LIST").len(), 2);
}

fn users_are_asked_only_for_what_they_could_fetch(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let [free, paid, gone, shared] = [1, 2, 3, 4].map(|n| bytes(1000 + n));
    stor(&mut boss, "Free", "FREE", &free, "");
    let sold = stor(&mut boss, "Paid", "PAID", &paid, "price=1.00");
    let deleted = stor(&mut boss, "Gone", "FREE", &gone, "");
    stor(&mut boss, "Shared", "SHARED", &shared, "");
    boss.want(&format!("DELE {deleted}"), "250 OK");
    for (film, status) in [(&free, "350 PROVE"), (&shared, "350 PROVE"), (&bytes(1005), "150 SEND")] {
        club.resume(&anna.token).want(&offer(film, "Mine", ""), status);
    }
    // What is sold and not hers, or deleted, is answered as if nobody had it.
    for film in [&paid, &gone] {
        let mut line = club.resume(&anna.token);
        line.want(&offer(film, "Mine", &format!("sha256={}", sha256hex(film))), "150 SEND");
        boss.want(&offer(film, "Mine", ""), "350 PROVE");
    }
    anna.want("TOPUP 1.00", "250 OK");
    anna.want(&format!("BUY {sold}"), "250 OK");
    // Hers now; it is sold all the same.
    let asked = anna.want(&offer(&paid, "Mine", ""), "350 PROVE");
    prove(&mut anna, &asked, &paid).is("550 NOT_ALLOWED");
    // Taken away between the question and the answer.
    let asked = anna.want(&offer(&free, "Mine", ""), "350 PROVE");
    boss.want("DELE 1", "250 OK");
    prove(&mut anna, &asked, &free).is("551 PROOF_FAILED");
    assert_eq!(rows(&mut anna, "LIST").len(), 2);
}

/// The files of the vault.
fn files(club: &Club) -> Vec<std::path::PathBuf> {
    fn walk(dir: &std::path::Path, all: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, all) } else { all.push(path) }
        }
    }
    let mut all = vec![];
    walk(&club.data().join("vault/v1/stored"), &mut all);
    all
}

fn what_is_lost_is_sent_again(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1000));
    let first = stor(&mut boss, "Here", "FREE", &film, "");
    std::fs::remove_file(&files(&club)[0]).unwrap();
    boss.want(&format!("RETR {first}"), "551 DAMAGED");
    boss.want(&offer(&film, "Again", ""), "150 SEND");
    boss.send(&film);
    boss.reply().is("226 STORED");
    assert_eq!(retr(&mut boss, &first), film, "both are whole again");
}

fn files_of_one_md5_stay_two(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let [one, two] = twins();
    assert_eq!(md5hex(&one), md5hex(&two));
    assert_ne!(one, two);
    let first = stor(&mut boss, "One", "FREE", &one, "");
    // Who has the one cannot prove to have the other.
    let asked = boss.want(&offer(&two, "Two", ""), "350 PROVE");
    prove(&mut boss, &asked, &two).is("551 PROOF_FAILED");
    let second = stor(&mut boss, "Two", "FREE", &two, "prove=no");
    assert_eq!((retr(&mut boss, &first), retr(&mut boss, &second)), (one.clone(), two.clone()));
    // With both known, the proof tells which it is.
    for (film, title) in [(&one, "One again"), (&two, "Two again")] {
        for named in [String::new(), format!("sha256={}", sha256hex(film))] {
            let asked = boss.want(&offer(film, title, &named), "350 PROVE");
            let id = prove(&mut boss, &asked, film).is("226 STORED").get("id").to_owned();
            assert_eq!(&retr(&mut boss, &id), film);
        }
    }
}

fn a_false_sha256_stores_nothing(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1000));
    for times in 0..2 {
        let named = format!("resume=yes sha256={}", sha256hex(b"something else"));
        let send = boss.want(&offer(&film, "New", &named), "150 SEND");
        assert_eq!(send.number("offset"), 0, "try {times}: nothing is kept for a resume");
        boss.send(&film);
        boss.reply().is("551 MD5_MISMATCH");
    }
    assert!(rows(&mut boss, "LIST").is_empty() && files(&club).is_empty());
    let id = stor(&mut boss, "New", "FREE", &film, &format!("sha256={}", sha256hex(&film)));
    assert_eq!(retr(&mut boss, &id), film);
}

fn a_key_stores_a_proven_title_once(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1000));
    stor(&mut boss, "Here", "FREE", &film, "");
    let command = offer(&film, "Again", "key=once");
    let asked = boss.want(&command, "350 PROVE");
    let id = prove(&mut boss, &asked, &film).is("226 STORED").get("id").to_owned();
    assert_eq!(boss.want(&command, "226 STORED").get("id"), id);
    assert_eq!(rows(&mut boss, "LIST").len(), 2);
}

fn a_session_that_ends_is_not_held_by_a_proof(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(1000));
    stor(&mut boss, "Here", "FREE", &film, "");
    let mut anna: Person = user(&club, "anna");
    let asked = anna.want(&offer(&film, "Mine", ""), "350 PROVE");
    // On another connection of the session.
    club.resume(&anna.token).want("LOGOUT", "250 OK");
    prove(&mut anna, &asked, &film).is("530 LOGIN_REQUIRED");
    let mut line: Line = club.line();
    line.want("PROVE 5d41402abc4b2a76b9719d911017c592", "530 LOGIN_REQUIRED");
    assert_eq!(rows(&mut boss, "LIST").len(), 1);
}
