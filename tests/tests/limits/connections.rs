//! How many may connect, and how long they may take.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[test]
fn one_address_does_not_take_all_the_places() {
    let club = Club::with(Engine::Sqlite, "[limits]\nconnections = 5\naddress_connections = 3\n");
    let mut inside: Vec<Line> = (0..3).map(|_| club.line()).collect();
    let mut fourth = Line::bare(club.address());
    fourth.reply().is("421 TOO_MANY");
    assert!(fourth.rest().is_empty());
    inside.push(from(ELSEWHERE, club.address()));
    inside.push(from(ELSEWHERE, club.address()));
    inside.iter_mut().for_each(|line| drop(line.want("NOOP", "250 OK")));
    logged(&club, "address=127.0.0.1 refused: too many connections of this address");
    inside.remove(0);
    soon("there is room again", || Line::bare(club.address()).reply().status() == "220 REEL");
}

#[test]
fn who_says_nothing_or_only_half_a_word_is_sent_away() {
    let club = Club::with(Engine::Sqlite, "[limits]\nfirst_seconds = 1\nline_seconds = 1\n");
    let mut anna = user(&club, "anna");
    let (mut silent, mut guest, mut half) = (club.line(), club.line(), club.resume(&anna.token));
    guest.want("NOOP", "250 OK");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let over = &over;
        scope.spawn(move || {
            let _over = Over(over);
            half.raw(b"NO").unwrap();
            half.reply().is("421 IDLE");
            assert!(half.rest().is_empty());
        });
        scope.spawn(|| {
            // An empty line is no command.
            silent.raw(b"\r\n\r\n").unwrap();
            silent.reply().is("421 IDLE");
            assert!(silent.rest().is_empty());
        });
        // Whole lines may come as slowly as they like, and a dripping one is not saved by its drops.
        let mut dripping = club.resume(&anna.token);
        while !over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(50));
            let _ = dripping.raw(b" ");
            guest.want("NOOP", "250 OK");
        }
        dripping.reply().is("421 IDLE");
    });
    anna.want("NOOP", "250 OK");
}

#[test]
fn a_guest_that_never_stops_talking_has_its_time_all_the_same() {
    let club = Club::with(Engine::Sqlite, "[limits]\nlogin_seconds = 1\n");
    let mut line = club.line();
    let last = loop {
        let reply = line.ask("NOOP");
        if reply.status() != "250 OK" {
            break reply;
        }
    };
    last.is("421 IDLE");
    assert!(line.rest().is_empty());
    // Also one for whom the daemon never waits.
    let mut stream = TcpStream::connect(club.address()).unwrap();
    stream.set_nonblocking(true).unwrap();
    let (noops, mut sink, mut last) = (b"NOOP\r\n".repeat(2000), vec![0; 1 << 16], vec![]);
    soon("it ends", || {
        for _ in 0..100 {
            let _ = stream.write(&noops);
            match stream.read(&mut sink) {
                Ok(0) => return true,
                Ok(read) => {
                    last.extend(&sink[..read]);
                    last.drain(..last.len().saturating_sub(100));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return true,
            }
        }
        false
    });
    assert!(String::from_utf8_lossy(&last).contains("421 IDLE"), "{last:?}");
    // Logging out begins it anew.
    let mut anna = user(&club, "anna");
    thread::sleep(Duration::from_millis(1100));
    anna.want("LOGOUT", "250 OK");
    anna.want("NOOP", "250 OK");
}

#[test]
fn commands_without_end_starve_nobody_and_take_no_memory() {
    let club = Club::start(Engine::Sqlite);
    let mut anna = user(&club, "anna");
    let (before, over) = (club.rss_kib(), AtomicBool::new(false));
    thread::scope(|scope| {
        // More of each kind than the reactor may have threads here.
        for reads in [true, false].repeat(4) {
            let (address, over) = (club.address(), &over);
            scope.spawn(move || flood(TcpStream::connect(address).unwrap(), reads, over));
        }
        let _over = Over(&over);
        for _ in 0..300 {
            anna.want("WHOAMI", "250 OK");
        }
        let grown = club.rss_kib().saturating_sub(before);
        assert!(grown < 16 * 1024, "{grown} KiB");
    });
}

/// Sends command after command, and reads the answers or not.
fn flood(mut stream: TcpStream, reads: bool, over: &AtomicBool) {
    stream.set_nonblocking(true).unwrap();
    let (noops, mut sink) = (b"NOOP\r\n".repeat(2000), vec![0; 1 << 16]);
    while !over.load(Ordering::Relaxed) {
        let sent = stream.write(&noops[..]).is_ok();
        let read = reads && stream.read(&mut sink).is_ok();
        if !sent && !read {
            thread::park_timeout(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_flood_of_log_ins_is_told_so_and_holds_up_nobody() {
    let club = Club::with(Engine::Sqlite, "[limits]\nhashes = 1\nhash_queue = 3\n");
    let mut anna = user(&club, "anna");
    let mut lines: Vec<Line> = (0..40).map(|_| club.line()).collect();
    for (n, line) in lines.iter_mut().enumerate() {
        line.say(&format!("REGISTER user{n} {}", pass("x")));
    }
    for _ in 0..20 {
        anna.want("WHOAMI", "250 OK");
    }
    let replies: Vec<String> = lines.iter_mut().map(|line| line.reply().status()).collect();
    let count = |status: &str| replies.iter().filter(|reply| *reply == status).count();
    let (done, busy) = (count("230 OK"), count("450 BUSY"));
    // The one that is hashed and the three that wait; others where these were done in time.
    assert!(done >= 4 && busy > 0 && done + busy == 40, "{replies:?}");
    user(&club, "berta"); // it passes
}
