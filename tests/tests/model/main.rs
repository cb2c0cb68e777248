//! Whole sessions against a model: several connections give random commands, valid and not, and the daemon answers
//! each as a plain model of accounts, wallets and library says.
//!
//! `REEL_MODEL_SEED` plays a run again, `REEL_MODEL_STEPS` makes it longer. A run that fails prints both and all that
//! was said.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

mod films;
mod people;
mod play;
mod purse;
mod state;

use tests::on_both_engines;

on_both_engines! {
    the_daemon_does_what_the_model_says
}

/// Commands of a run, unless more are asked for.
const STEPS: usize = 500;

fn the_daemon_does_what_the_model_says(engine: tests::Engine) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("REEL_MODEL_SEED").unwrap_or_else(|| rand::random::<u64>() >> 16);
    let steps = number("REEL_MODEL_STEPS").map_or(STEPS, |steps| steps as usize);
    println!("REEL_MODEL_SEED={seed} REEL_MODEL_STEPS={steps}");
    let mut play = play::Play::new(engine, seed);
    for _ in 0..steps {
        play.step();
    }
    play.end();
}
