//! Money under concurrency: charged once, never below zero, and the ledger is the balance.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::Barrier;
use std::thread;

use tests::{
    Club, Engine, Person, Reply, admin, at_once, bytes, on_both_engines, rows, statement, stor, user,
};

on_both_engines! {
    one_title_is_charged_once
    a_wallet_never_goes_below_zero
    balances_are_the_sum_of_their_statements
    one_key_has_one_effect
    a_key_outlives_the_daemon
    one_code_makes_one_admin
}

fn one_title_is_charged_once(engine: Engine) {
    let club = Club::start(engine);
    let id = stor(&mut admin(&club), "Wanted", "PAID", &bytes(10), "price=3.00");
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 1000.00", "250 OK");
    let answers = at_once(&club, &anna, 20, |number, line| {
        for time in 0..10 {
            let guard = if (number + time) % 2 == 0 { " price=3.00" } else { "" };
            line.say(&format!("BUY {id}{guard} key=order-{number}-{time}"));
        }
        (0..10).map(|_| line.reply()).collect::<Vec<Reply>>()
    });
    let answers: Vec<Reply> = answers.into_iter().flatten().collect();
    let paid: Vec<&Reply> = answers.iter().filter(|answer| answer.status() == "250 OK").collect();
    let owned = answers.iter().filter(|answer| answer.status() == "250 OWNED").count();
    assert_eq!(
        (paid.len(), owned),
        (1, 199),
        "{:#?}",
        answers.iter().map(|answer| &answer.line).collect::<Vec<_>>()
    );
    assert_eq!((paid[0].get("paid"), paid[0].get("balance")), ("3.00", "997.00"));
    assert!(
        answers.iter().filter(|answer| answer.word == "OWNED").all(|answer| answer.get("paid") == "0.00")
    );
    assert_eq!(statement(&mut anna), [-300, 100_000]);
}

fn a_wallet_never_goes_below_zero(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let ids: Vec<String> = (0..20)
        .map(|number| stor(&mut boss, &format!("Film {number}"), "PAID", &bytes(10), "price=10.00"))
        .collect();
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 55.00", "250 OK");
    let answers = at_once(&club, &anna, 20, |number, line| line.ask(&format!("BUY {}", ids[number])));
    for answer in &answers {
        assert!(matches!(answer.status().as_str(), "250 OK" | "552 NEED_FUNDS"), "{}", answer.line);
    }
    assert_eq!(answers.iter().filter(|answer| answer.word == "OK").count(), 5, "five can be paid");
    assert_eq!(anna.balance(), 500);
    assert_eq!(statement(&mut anna).len(), 6);
    assert_eq!(rows(&mut anna, "LIST OWNED").len(), 5);
}

fn balances_are_the_sum_of_their_statements(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let prices = ["0.01", "0.99", "10.00", "33.33"];
    let ids = prices
        .map(|price| stor(&mut boss, price, "PAID", &bytes(10), &format!("price={price} member-price=0.01")));
    let mut people: Vec<Person> = (0..20).map(|number| user(&club, &format!("person{number}"))).collect();
    // 20 accounts with 10 commands each, over two connections an account.
    let done: Vec<(i64, i64)> = thread::scope(|scope| {
        let (club, ids) = (&club, &ids);
        let workers: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(who, person)| {
                scope.spawn(move || {
                    let spent = at_once(club, person, 2, |half, line| {
                        let (mut came, mut went) = (0, 0);
                        for step in 0..5 {
                            let command = match (who + half + step) % 5 {
                                0 | 2 => format!("TOPUP {}.{:02}", who + step, (who * 7 + step * 31) % 100),
                                4 => "MEMBER".to_owned(),
                                other => format!("BUY {}", ids[(other + step) % 4]),
                            };
                            let command =
                                if command == "TOPUP 0.00" { "TOPUP 0.01".to_owned() } else { command };
                            let answer = line.ask(&command);
                            match (answer.status().as_str(), answer.fields.find("paid")) {
                                ("250 OK", None) => {
                                    let amount = command.trim_start_matches("TOPUP ").replace('.', "");
                                    came += amount.parse::<i64>().unwrap();
                                }
                                ("250 OK", Some(_)) => went += answer.fields.money("paid"),
                                ("250 OWNED" | "552 NEED_FUNDS", _) => {}
                                _ => panic!("{command} was answered {}", answer.line),
                            }
                        }
                        (came, went)
                    });
                    spent.into_iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    for (person, (came, went)) in people.iter_mut().zip(done) {
        let amounts = statement(person);
        assert_eq!(person.balance(), came - went, "{}: what was answered is what happened", person.name);
        assert_eq!(amounts.iter().filter(|amount| **amount > 0).sum::<i64>(), came);
        assert_eq!(-amounts.iter().filter(|amount| **amount < 0).sum::<i64>(), went);
    }
}

fn one_key_has_one_effect(engine: Engine) {
    let club = Club::start(engine);
    let id = stor(&mut admin(&club), "Wanted", "PAID", &bytes(10), "");
    let mut anna = user(&club, "anna");
    for (command, balance) in [
        ("TOPUP 100.00 key=once".to_owned(), 10_000),
        (format!("BUY {id} key=once"), 9_000),
        ("MEMBER key=once".to_owned(), 6_000),
    ] {
        let mut answers = at_once(&club, &anna, 20, |_, line| {
            let mut answer = line.ask(&command);
            while answer.status() == "450 BUSY" {
                answer = line.ask(&command); // the first is still at it
            }
            answer.is("250 OK").line
        });
        answers.dedup();
        assert_eq!(answers.len(), 1, "all get the first answer: {answers:#?}");
        assert_eq!(anna.balance(), balance, "{command}");
    }
    anna.want("TOPUP 100.01 key=once", "553 KEY_REUSED");
    assert_eq!(statement(&mut anna), [-3_000, -1_000, 10_000]);
}

fn a_key_outlives_the_daemon(engine: Engine) {
    let mut club = Club::start(engine);
    let mut anna = user(&club, "anna");
    let first = anna.want("TOPUP 5.00 key=once", "250 OK").line;
    club.kill9();
    club.restart();
    anna.line = club.resume(&anna.token);
    assert_eq!(anna.want("TOPUP 5.00 key=once", "250 OK").line, first);
    assert_eq!(anna.balance(), 500);
    assert_eq!(statement(&mut anna), [500]);
}

fn one_code_makes_one_admin(engine: Engine) {
    let club = Club::start(engine);
    let code = club.invite(true);
    let ready = Barrier::new(8);
    let (club, ready, code) = (&club, &ready, &code);
    let made: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn(move || {
                    let mut line = club.line();
                    ready.wait();
                    let answer =
                        line.ask(&format!("REGISTER admin{number} {} invite={code}", tests::pass("x")));
                    usize::from(answer.code == 230)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(made, 1, "a code is good once");
}
