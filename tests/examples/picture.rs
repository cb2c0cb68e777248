//! Takes the picture of the shell that the README shows: a real club, the films of the demo, typed on a terminal.
//!
//!     cargo build --workspace && cargo run -p tests --example picture      writes demo/shell.svg
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::path::Path;

use tests::{Club, Engine, Terminal, reel, user};

/// A new one; one that is drawn again has no line end before it.
const PROMPT: &str = "\n\ranna@127.0.0.1> ";

const FILMS: [&str; 5] = [
    "mandelbrot.webm title=\"A dive into the Mandelbrot set\" kind=FREE",
    "life.webm title=\"生命游戏 The Game of Life\" kind=FREE",
    "gradients.webm title=\"Five colours\" kind=PAID price=10.00 member-price=5.00",
    "cellauto.webm title=\"Rule 110\" kind=PAID price=2.00",
    "sierpinski.webm title=\"A walk over the carpet\" kind=SHARED",
];

fn main() {
    let demo = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../demo"));
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let mut anna = user(&club, "anna");
    let lines = [
        vec![format!("register boss invite={}", club.invite(true))],
        FILMS.map(|film| format!("put {film}")).to_vec(),
    ]
    .concat();
    let arguments = lines.iter().flat_map(|line| ["-c", line]).collect::<Vec<_>>();
    let told = reel(&club, demo, "boss", &[], &arguments);
    assert!(told.status.success(), "{told:?}");
    anna.want("TOPUP 20.00", "250 OK");

    let address = club.address().to_string();
    let password = [("REEL_PASSWORD", "the password of anna")];
    let mut shell = Terminal::sized(dir.path(), &password, &["--host", &address, "--user", "anna"], 30, 92);
    shell.wait(PROMPT);
    shell.type_("\x0c");
    for line in ["ls", "search 生命", "get 1 2 -o films/ &"] {
        shell.type_(&format!("{line}\r"));
        shell.wait(PROMPT);
    }
    shell.type_("get 3\r");
    shell.wait("[y/N] ");
    shell.type_("y\r");
    shell.wait(PROMPT);
    shell.type_("jobs\r");
    shell.wait(PROMPT);
    // What may follow stands behind it, dim.
    shell.type_("book ");
    shell.wait_screen("a hint", |screen| screen.contains("<seats>"));
    fs::write(demo.join("shell.svg"), shell.picture()).unwrap();
}
