//! A client in another language, written from the specification alone, gets through a whole day.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::process::Command;

use tests::{Club, Engine, on_both_engines};

on_both_engines! { a_stranger_gets_along }

fn a_stranger_gets_along(engine: Engine) {
    let club = Club::with(engine, "[ads]\nseconds = 1\n");
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/client.py");
    for _ in 0..2 {
        let out = Command::new("python3")
            .arg(client)
            .arg(club.address().to_string())
            .arg(club.invite(true))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "client.py deviates:\n{said}{}", String::from_utf8_lossy(&out.stderr));
    }
}
