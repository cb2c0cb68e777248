//! What admins do while others are in the middle of something.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::Barrier;
use std::thread;

use tests::{
    Club, Engine, Line, Person, admin, at_once, bytes, md5hex, on_both_engines, pass, retr, rows, statement,
    stor, user,
};

on_both_engines! {
    a_voucher_pays_once_whoever_races
    a_lock_stops_a_download
    a_lock_stops_an_upload
    a_lock_among_purchases_loses_nothing
    refunds_among_purchases_lose_nothing
    a_deletion_lets_a_download_finish
    deletions_among_downloads_tear_none
    the_last_admin_stays_whoever_races
}

/// Larger than what the sockets of both ends hold, so that a download stops when nobody reads.
const LARGE: usize = 48 << 20;

fn a_voucher_pays_once_whoever_races(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let code = boss.want("VOUCHER 7.00", "210 END").rows[0].get("code").to_owned();
    let mut people: Vec<Person> = (0..20).map(|n| user(&club, &format!("person{n}"))).collect();
    let redeem = |person| at_once(&club, person, 5, |_, line| line.ask(&format!("REDEEM {code}")).status());
    let answers: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = people.iter().map(|person| scope.spawn(|| redeem(person))).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| *answer == "250 OK").count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| *answer == "553 CODE_USED").count(), 99, "{answers:?}");
    assert_eq!(people.iter_mut().map(|person| person.balance()).sum::<i64>(), 700);
    assert_eq!(people.iter_mut().map(|person| statement(person).len()).sum::<usize>(), 1);
}

fn a_lock_stops_a_download(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let id = stor(&mut boss, "Large", "SHARED", &bytes(LARGE), "");
    let mut anna = user(&club, "anna");
    anna.want(&format!("RETR {id}"), "150 DATA");
    let begun = anna.body(1 << 20).len();
    boss.want("LOCK anna why=\"in the middle\"", "250 OK");
    // Inside a body nothing can be said: it ends before its end.
    assert!(begun + anna.rest().len() < LARGE);
    club.line().want(&format!("RESUME {}", anna.token), "530 BAD_CREDENTIALS");
    club.line().want(&format!("LOGIN anna {}", pass("anna")), "530 LOCKED");
    boss.want("UNLOCK anna", "250 OK");
    club.line().want(&format!("RESUME {}", anna.token), "530 BAD_CREDENTIALS");
    club.line().want(&format!("LOGIN anna {}", pass("anna")), "230 OK");
}

fn a_lock_stops_an_upload(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let (mut anna, film) = (user(&club, "anna"), bytes(1 << 20));
    anna.want(&format!("STOR {} {} title=Mine", film.len(), md5hex(&film)), "150 SEND");
    anna.send(&film[..film.len() / 2]);
    boss.want("LOCK anna", "250 OK");
    anna.reply().is("530 LOCKED");
    anna.send(&film[film.len() / 2..]);
    assert_eq!(anna.rest(), b"");
    assert!(rows(&mut boss, "LIST").is_empty());
}

fn a_lock_among_purchases_loses_nothing(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let ids: Vec<String> =
        (0..40).map(|n| stor(&mut boss, &format!("Film {n}"), "PAID", &bytes(10), "price=1.00")).collect();
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 100.00", "250 OK");
    let mut lines: Vec<Line> = (0..10).map(|_| club.resume(&anna.token)).collect();
    let bought: usize = thread::scope(|scope| {
        let buyers: Vec<_> = lines
            .iter_mut()
            .zip(ids.chunks(4))
            .map(|(line, ids)| {
                scope.spawn(move || {
                    let mut bought = 0;
                    for id in ids {
                        if line.raw(format!("BUY {id}\r\n").as_bytes()).is_err() {
                            break;
                        }
                        match line.try_reply() {
                            Ok(Some(reply)) if reply.status() == "250 OK" => bought += 1,
                            _ => break,
                        }
                    }
                    bought
                })
            })
            .collect();
        boss.want("LOCK anna", "250 OK");
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).sum()
    });
    boss.want("UNLOCK anna", "250 OK");
    anna.line = club.line();
    anna.want(&format!("LOGIN anna {}", pass("anna")), "230 OK");
    let owned = rows(&mut anna, "LIST OWNED").len();
    assert!(owned >= bought, "{bought} were answered, {owned} are there");
    assert_eq!(anna.balance(), 10_000 - 100 * owned as i64);
    assert_eq!(statement(&mut anna).len(), 1 + owned);
}

fn refunds_among_purchases_lose_nothing(engine: Engine) {
    let club = Club::start(engine);
    let boss = admin(&club);
    let mut anna = user(&club, "anna");
    let id = stor(&mut club.resume(&boss.token), "Film", "PAID", &bytes(10), "price=1.00");
    anna.want("TOPUP 100.00", "250 OK");
    let (buy, refund) = (format!("BUY {id}"), format!("REFUND anna {id}"));
    let count = |who: &Person, command: &str, refusal: &str| {
        let answers = at_once(&club, who, 4, |_, line| {
            (0..15).map(|_| line.ask(command).status()).collect::<Vec<String>>()
        });
        let answers: Vec<String> = answers.into_iter().flatten().collect();
        assert!(answers.iter().all(|answer| answer == "250 OK" || answer == refusal), "{answers:?}");
        answers.iter().filter(|answer| *answer == "250 OK").count() as i64
    };
    let (bought, refunded) = thread::scope(|scope| {
        let refunds = scope.spawn(|| count(&boss, &refund, "550 NOT_FOUND"));
        (count(&anna, &buy, "250 OWNED"), refunds.join().unwrap())
    });
    let owned = rows(&mut anna, "LIST OWNED").len() as i64;
    assert_eq!(bought - refunded, owned);
    assert_eq!(anna.balance(), 10_000 - 100 * owned);
    assert_eq!(statement(&mut anna).len() as i64, 1 + bought + refunded);
}

fn a_deletion_lets_a_download_finish(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(LARGE));
    let id = stor(&mut boss, "Large", "SHARED", &film, "");
    let mut anna = user(&club, "anna");
    anna.want(&format!("RETR {id}"), "150 DATA");
    boss.want(&format!("DELE {id}"), "250 OK");
    assert_eq!(md5hex(&anna.body(LARGE)), md5hex(&film));
    anna.reply().is("226 DONE");
    anna.want(&format!("RETR {id}"), "550 NOT_FOUND");
}

fn deletions_among_downloads_tear_none(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, film) = (admin(&club), bytes(100_000));
    let id = stor(&mut boss, "Small", "SHARED", &film, "");
    let anna = user(&club, "anna");
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            ready.wait();
            for _ in 0..20 {
                boss.want(&format!("DELE {id}"), "250 OK");
                boss.want(&format!("UNDELE {id}"), "250 OK");
            }
        });
        ready.wait();
        at_once(&club, &anna, 4, |_, line| {
            for _ in 0..20 {
                let answer = line.ask(&format!("RETR {id}"));
                if answer.status() == "550 NOT_FOUND" {
                    continue;
                }
                assert_eq!(answer.status(), "150 DATA");
                assert!(line.body(film.len()) == film);
                line.reply().is("226 DONE");
            }
        });
    });
    assert!(retr(&mut club.resume(&anna.token), &id) == film);
}

fn the_last_admin_stays_whoever_races(engine: Engine) {
    let club = Club::start(engine);
    let (one, two) = (admin(&club), admin(&club));
    let mut lines = [club.resume(&one.token), club.resume(&two.token)];
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        for (line, whom) in lines.iter_mut().zip([&two, &one]) {
            let ready = &ready;
            scope.spawn(move || {
                ready.wait();
                // Whoever comes second may be locked out before it is said.
                let _ = line.raw(format!("LOCK {}\r\n", whom.name).as_bytes());
                let _ = line.try_reply();
            });
        }
    });
    let free = [&one, &two]
        .map(|who| club.line().ask(&format!("LOGIN {} {}", who.name, pass(&who.name))).status() == "230 OK");
    assert_eq!(free.iter().filter(|free| **free).count(), 1);
}
