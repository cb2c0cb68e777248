//! The order of system calls behind `226 STORED`. A kill does not lose what the kernel holds, so only this shows what
//! a power cut would leave.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tests::{Club, Engine, admin, bytes, on_both_engines, stor};

on_both_engines! { stored_is_said_last }

const CALLS: &str = "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,recvfrom,read,fsync,fdatasync,rename,renameat,\
                     renameat2,mkdir,mkdirat";

/// A finished system call: the lines of the trace where it began and ended, and what it was.
#[derive(Debug)]
struct Call {
    from: usize,
    to: usize,
    text: String,
}

fn stored_is_said_last(engine: Engine) {
    if let Some(why) = forbidden() {
        println!("NOT RUN: this machine forbids ptrace, so the system calls cannot be seen: {why}");
        return;
    }
    let trace =
        ["strace", "-D", "-f", "-y", "-s", "100", "-e", CALLS, "-e", "signal=none", "-o", "{folder}/trace"];
    let mut club = Club::inside(engine, "", &trace);
    let mut boss = admin(&club);
    // The first has threads of its own and goes past the page cache but for its end; the second does not. Each comes into
    // folders that this daemon has not seen.
    for size in [(64 << 20) + 5, 5] {
        stor(&mut boss, "A film", "FREE", &bytes(size), "");
    }
    club.stop();
    let calls = calls(&club);
    let said: Vec<&Call> = calls
        .iter()
        .filter(|call| is(call, &["write", "sendto"]) && call.text.contains("\"226 STORED"))
        .collect();
    assert_eq!(said.len(), 2, "both answers are seen");
    let past = |call: &Call| is(call, &["pwritev"]) && call.text.contains("/v1/incoming/");
    assert!(
        calls.iter().any(past) || !takes_direct(club.folder()),
        "a large upload goes past the page cache"
    );
    let mut after = 0;
    for said in said {
        in_order(engine, &calls, after, said);
        after = said.to;
    }
}

/// Whether the file system here knows O_DIRECT, open(2).
fn takes_direct(folder: &Path) -> bool {
    let mut copy = Command::new("dd");
    copy.args(["if=/dev/zero", "bs=4096", "count=1", "oflag=direct", "status=none"]);
    copy.arg(format!("of={}", folder.join("direct").display())).status().unwrap().success()
}

/// Each of these ends before the next begins.
fn in_order(engine: Engine, calls: &[Call], after: usize, said: &Call) {
    let before: Vec<&Call> = calls.iter().filter(|call| call.from > after && call.to < said.from).collect();
    let find = |what: &str, names: &[&str], place: &str, after: usize| -> &Call {
        let found =
            before.iter().find(|call| call.from > after && is(call, names) && call.text.contains(place));
        found.unwrap_or_else(|| panic!("no {what} at its place before {:?}", said.text))
    };
    let sync = ["fsync", "fdatasync"];
    let written = before
        .iter()
        .rfind(|call| is(call, &["pwrite64", "pwritev", "write"]) && call.text.contains("/v1/incoming/"));
    let written = written.expect("the bytes are written");
    let part = find("fsync of the bytes", &sync, "/v1/incoming/", written.to);
    let moved = find("rename", &["rename"], "/v1/stored/", part.to);
    let content = moved.text.split('"').nth(3).expect("where it is moved to");
    let folder = content.rsplit_once('/').unwrap().0;
    let synced = find("fsync of the folder", &sync, &format!("{folder}>"), moved.to);
    // The folders above are made before, each synced in the one that holds it.
    let above = folder.rsplit_once('/').unwrap().0;
    let made = find("mkdir", &["mkdir"], &format!("\"{folder}\""), after);
    let kept = find("fsync of the folder above", &sync, &format!("{above}>"), made.to);
    assert!(kept.to < moved.from, "the folder is on disk before anything is in it");
    match engine {
        Engine::Sqlite => {
            let log = "reel.db-wal>";
            let last =
                before.iter().rfind(|call| is(call, &["pwrite64", "write"]) && call.text.contains(log));
            let last = last.expect("the row is written");
            assert!(last.from > synced.to, "the row is written after the file is on disk");
            find("fsync of the database's log", &sync, log, last.to);
        }
        Engine::MariaDb => {
            let commit = find("COMMIT", &["write", "sendto", "sendmsg"], "COMMIT", synced.to);
            let socket = commit.text.split(['(', ',']).nth(1).expect("its socket");
            find("answer to COMMIT", &["read", "recvfrom"], socket, commit.to);
        }
    }
}

fn is(call: &Call, names: &[&str]) -> bool {
    let name = call.text.split('(').next().unwrap_or_default();
    names.iter().any(|wanted| name.starts_with(wanted))
}

/// The calls that came to an end without an error, in the order of their beginnings.
fn calls(club: &Club) -> Vec<Call> {
    let (mut calls, mut begun): (Vec<Call>, HashMap<String, (usize, String)>) = (vec![], HashMap::new());
    for (number, line) in trace(club).lines().enumerate() {
        let Some((thread, text)) = line.trim().split_once(' ') else { continue };
        let text = text.trim();
        if let Some(text) = text.strip_suffix("<unfinished ...>") {
            begun.insert(thread.to_owned(), (number, text.to_owned()));
            continue;
        }
        let (from, text) = match text.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            Some((_, rest)) => {
                let (from, start) = begun.remove(thread).expect("what is resumed has begun");
                (from, start + rest)
            }
            None => (number, text.to_owned()),
        };
        // `fsync(9</a/file>)   = 0`
        let result = text.rsplit_once(" = ").filter(|(call, _)| call.trim_end().ends_with(')'));
        if result.is_some_and(|(_, result)| !result.starts_with(['-', '?'])) {
            calls.push(Call { from, to: number, text });
        }
    }
    calls.sort_by_key(|call| call.from);
    calls
}

/// What strace wrote, once it has seen the end of the daemon.
fn trace(club: &Club) -> String {
    let (since, end) = (Instant::now(), format!("{} +++ exited", club.pid()));
    loop {
        let text = String::from_utf8_lossy(&fs::read(club.folder().join("trace")).unwrap()).into_owned();
        if text.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(&end)) {
            return text;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "strace does not come to its end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Why nothing may be traced here, if so. That strace is missing is no reason: tests/run installs it.
fn forbidden() -> Option<String> {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    let tried = tried.expect("strace: tests/run installs it");
    let why = String::from_utf8_lossy(&tried.stderr).into_owned();
    (!tried.status.success() && why.contains("not permitted")).then_some(why)
}
