//! The shelf's quota holds when uploads run side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use tests::{Club, Engine, admin, at_once, bytes, md5hex, on_both_engines, prove, rows, stor, user};

on_both_engines! {
    a_quota_holds_under_uploads_side_by_side
    a_quota_holds_for_what_is_proven
}

fn a_quota_holds_under_uploads_side_by_side(engine: Engine) {
    let club = Club::with(engine, "[shelf]\nbytes = 100000\ntitles = 5\n");
    let anna = user(&club, "anna");
    let announce = |film: &[u8]| format!("STOR {} {}", film.len(), md5hex(film));
    let answers = at_once(&club, &anna, 12, |_, line| {
        let film = bytes(30_000);
        let answer = line.ask(&announce(&film));
        if answer.status() != "150 SEND" {
            return answer.status();
        }
        line.send(&film);
        line.reply().status()
    });
    assert_eq!(answers.iter().filter(|answer| *answer == "226 STORED").count(), 3, "{answers:?}");
    assert!(answers.iter().all(|answer| answer == "226 STORED" || answer == "552 QUOTA"), "{answers:?}");
    // Room that was kept for an upload that broke off is free again.
    let mut line = club.resume(&anna.token);
    line.want(&announce(&bytes(10_000)), "150 SEND");
    drop(line);
    let mut line = club.resume(&anna.token);
    let film = bytes(10_000);
    let mut answer = line.ask(&announce(&film));
    while answer.status() == "552 QUOTA" {
        // Until the daemon has noticed that the other connection is gone.
        answer = line.ask(&announce(&film));
    }
    line.send(&film);
    line.reply().is("226 STORED");
    let quota = line.want("QUOTA", "250 OK");
    assert_eq!((quota.number("used-bytes"), quota.number("used-titles")), (100_000, 4));
}

fn a_quota_holds_for_what_is_proven(engine: Engine) {
    let club = Club::with(engine, "[shelf]\nbytes = 100000\ntitles = 2\n");
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(1000);
    stor(&mut boss, "Here", "FREE", &film, "");
    let offer = format!("STOR 1000 {}", md5hex(&film));
    let asked = anna.want(&offer, "350 PROVE");
    for _ in 0..2 {
        let mut other = club.resume(&anna.token);
        let asked = other.want(&offer, "350 PROVE");
        prove(&mut other, &asked, &film).is("226 STORED");
    }
    prove(&mut anna, &asked, &film).is("552 QUOTA");
    anna.want(&offer, "552 QUOTA");
    assert_eq!(rows(&mut anna, "LIST SHARED").len(), 2);
}
