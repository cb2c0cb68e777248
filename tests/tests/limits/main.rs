//! Every limit at its edge: so much works, and one more is refused with the words of the protocol. What the operator
//! changes holds without a restart, and the daemon ends and starts again without anybody being refused.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

mod activation;
mod connections;
mod reload;
mod stop;
mod throttle;
mod transfers;

use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use tests::{
    Club, Engine, Line, Over, admin, at_once, bytes, from, md5hex, on_both_engines, pass, program, retr,
    soon, stor, user,
};

/// An address that is not the one of all other connections here.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Fails unless the daemon soon says so in its log.
#[track_caller]
fn logged(club: &Club, text: &str) {
    soon(text, || club.said().contains(text));
}
