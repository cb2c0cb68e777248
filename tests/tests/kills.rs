//! The daemon is killed again and again in the middle of everything. `tests/kills` runs many rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use tests::{Club, Engine, Load, on_both_engines};

on_both_engines! { killed_at_any_moment }

/// Rounds that one club goes through: what it has grows with them, and each round looks at it.
const ROUNDS_EACH: u32 = 25;

/// How many rounds, where `REEL_KILL_ROUNDS` does not say.
const ROUNDS: u32 = 6;

fn killed_at_any_moment(engine: Engine) {
    let rounds = std::env::var("REEL_KILL_ROUNDS").map_or(ROUNDS, |number| number.parse().unwrap());
    let (since, mut done, mut open, mut answered) = (Instant::now(), 0, 0, 0);
    while done < rounds {
        let mut club = Club::with(engine, "[limits]\nlogin_seconds = 600\n");
        let load = Load::new(&club);
        for _ in 0..ROUNDS_EACH.min(rounds - done) {
            open += round(&mut club, &load);
            done += 1;
        }
        load.last_audit(&club);
        clean(&club, &["check", "--deep"]);
        answered += load.answered();
    }
    println!(
        "{engine:?}: killed {rounds} times in {:.0} s; {answered} deeds were answered, {open} were under way",
        since.elapsed().as_secs_f64()
    );
}

/// One life of the daemon; how much was under way at its end.
fn round(club: &mut Club, load: &Load) -> usize {
    let never = AtomicBool::new(false);
    let before = load.answered();
    let address = club.address();
    thread::scope(|scope| {
        let busy = scope.spawn(|| load.run(club, &never));
        // It is in the middle of it: any moment from here on is as good as another.
        while load.answered() < before + 10 && !busy.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(u64::from(rand::random::<u32>() % 300_000)));
        assert_eq!(address, club.address());
        club.signal("KILL");
    });
    club.kill9();
    club.restart();
    // Before anybody asks again: nothing is there by halves.
    clean(club, &["check"]);
    let found = load.audit(club);
    clean(club, &["check"]);
    found.open
}

#[track_caller]
fn clean(club: &Club, words: &[&str]) {
    let out = club.operator(words);
    assert!(out.status.success(), "{words:?}: {}", String::from_utf8_lossy(&out.stdout));
}
