//! Tickets under concurrency: never oversold, never charged without seats, and time ends it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tests::{Club, Engine, Person, admin, at_once, on_both_engines, pass, rows, statement, user};

on_both_engines! {
    five_hundred_connections_race_for_a_hundred_seats
    bookings_and_cancellings_lose_no_seat
    a_limit_a_person_holds_at_once
    an_event_that_has_started_is_over
    calling_off_among_bookings_pays_everybody_back
    who_leaves_the_club_gives_up_the_seats
    bookings_survive_a_kill
}

fn seats_left(boss: &mut Person, event: &str) -> i64 {
    boss.want(&format!("EVENT {event}"), "210 END").rows[0].number("left") as i64
}

fn five_hundred_connections_race_for_a_hundred_seats(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let event = boss.want("STAGE \"Wanted\" seats=100 price=2.00", "250 OK").get("id").to_owned();
    let mut people: Vec<Person> = (0..25).map(|n| user(&club, &format!("person{n}"))).collect();
    for person in &mut people {
        person.want("TOPUP 30.00", "250 OK");
    }
    // 25 accounts with 20 connections each; some want several seats at once.
    let booked: i64 = thread::scope(|scope| {
        let (club, event) = (&club, &event);
        let buyers: Vec<_> = people
            .iter()
            .map(|person| {
                scope.spawn(move || {
                    let got = at_once(club, person, 20, |number, line| {
                        let seats = 1 + number % 3;
                        let answer = line.ask(&format!("BOOK {event} {seats} price=2.00 key=seats-{number}"));
                        match answer.status().as_str() {
                            "250 OK" => seats as i64,
                            "552 SOLD_OUT" | "552 NEED_FUNDS" => 0,
                            _ => panic!("{}", answer.line),
                        }
                    });
                    got.into_iter().sum::<i64>()
                })
            })
            .collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).sum()
    });
    assert_eq!((booked, seats_left(&mut boss, &event)), (100, 0));
    let sold = rows(&mut boss, &format!("ATTENDEES {event}"));
    assert_eq!(sold.iter().map(|row| row.number("seats")).sum::<u64>(), 100);
    let paid: i64 = sold.iter().map(|row| row.money("paid")).sum();
    assert_eq!(paid, 100 * 200);
    let spent: i64 = people.iter_mut().map(|person| 3000 - person.balance()).sum();
    assert_eq!(spent, paid);
    for person in &mut people {
        statement(person);
    }
}

fn bookings_and_cancellings_lose_no_seat(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let event = boss.want("STAGE \"Busy\" seats=3 price=1.00", "250 OK").get("id").to_owned();
    let mut people: Vec<Person> = (0..4).map(|n| user(&club, &format!("person{n}"))).collect();
    for person in &mut people {
        person.want("TOPUP 10.00", "250 OK");
    }
    thread::scope(|scope| {
        let (club, event) = (&club, &event);
        for person in &people {
            scope.spawn(move || {
                at_once(club, person, 3, |_, line| {
                    for _ in 0..8 {
                        let answer = line.ask(&format!("BOOK {event} 1"));
                        if answer.status() == "250 OK" {
                            line.want(&format!("CANCEL {}", answer.get("booking")), "250 OK");
                        } else {
                            assert_eq!(answer.status(), "552 SOLD_OUT");
                        }
                    }
                });
            });
        }
    });
    assert_eq!(seats_left(&mut boss, &event), 3);
    for person in &mut people {
        assert_eq!(person.balance(), 1000);
        statement(person);
    }
}

fn a_limit_a_person_holds_at_once(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let event = boss.want("STAGE \"Few\" seats=50 each=4", "250 OK").get("id").to_owned();
    let anna = user(&club, "anna");
    let answers = at_once(&club, &anna, 20, |_, line| line.ask(&format!("BOOK {event} 1")).status());
    assert_eq!(answers.iter().filter(|answer| *answer == "250 OK").count(), 4, "{answers:?}");
    assert!(answers.iter().all(|answer| answer == "250 OK" || answer == "552 LIMIT"), "{answers:?}");
}

/// A time `seconds` from now, as it is written far from UTC.
fn in_seconds(seconds: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(seconds);
    let there = chrono::DateTime::from_timestamp(now.as_secs() as i64, 0).unwrap();
    there.with_timezone(&chrono::FixedOffset::east_opt(8 * 3600).unwrap()).to_rfc3339()
}

fn an_event_that_has_started_is_over(engine: Engine) {
    let mut club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let stage = format!("STAGE \"Soon\" seats=5 price=1.00 starts={}", in_seconds(600));
    let event = boss.want(&stage, "250 OK").get("id").to_owned();
    anna.want("TOPUP 5.00", "250 OK");
    let booking = anna.want(&format!("BOOK {event} 2"), "250 OK").get("booking").to_owned();
    club.advance(700);
    anna.want(&format!("BOOK {event} 1"), "553 STARTED");
    anna.want(&format!("CANCEL {booking}"), "553 STARTED");
    boss.want(&format!("CALLOFF {event}"), "553 STARTED");
    assert_eq!((anna.balance(), seats_left(&mut boss, &event)), (300, 3));
}

fn calling_off_among_bookings_pays_everybody_back(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let event = boss.want("STAGE \"Doomed\" seats=1000 price=1.00", "250 OK").get("id").to_owned();
    let mut people: Vec<Person> = (0..4).map(|n| user(&club, &format!("person{n}"))).collect();
    for person in &mut people {
        person.want("TOPUP 100.00", "250 OK");
    }
    thread::scope(|scope| {
        let (club, event) = (&club, &event);
        for person in &people {
            scope.spawn(move || {
                at_once(club, person, 3, |_, line| {
                    for _ in 0..10 {
                        let answer = line.ask(&format!("BOOK {event} 1"));
                        if answer.status() == "553 CALLED_OFF" {
                            break;
                        }
                        answer.is("250 OK");
                    }
                });
            });
        }
        boss.want(&format!("CALLOFF {event}"), "250 OK");
    });
    for person in &mut people {
        assert_eq!(person.balance(), 10_000, "{}", person.name);
        assert_eq!(statement(person).iter().sum::<i64>(), 10_000);
    }
}

fn who_leaves_the_club_gives_up_the_seats(engine: Engine) {
    let club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let event = boss.want("STAGE \"Without anna\" seats=5", "250 OK").get("id").to_owned();
    anna.want(&format!("BOOK {event} 2"), "250 OK");
    assert_eq!(seats_left(&mut boss, &event), 3);
    anna.want(&format!("UNREGISTER {}", pass("anna")), "250 OK");
    assert_eq!(seats_left(&mut boss, &event), 5);
}

fn bookings_survive_a_kill(engine: Engine) {
    let mut club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let event = boss.want("STAGE \"Kept\" seats=5 price=1.00", "250 OK").get("id").to_owned();
    anna.want("TOPUP 5.00", "250 OK");
    let first = anna.want(&format!("BOOK {event} 2 key=mine"), "250 OK").line;
    club.kill9();
    club.restart();
    anna.line = club.resume(&anna.token);
    assert_eq!(anna.want(&format!("BOOK {event} 2 key=mine"), "250 OK").line, first);
    assert_eq!((anna.balance(), rows(&mut anna, "BOOKINGS").len()), (300, 1));
}
