//! Who is slow, deaf or many: they are let go in time, and nobody else waits for them.

use super::*;

on_both_engines! {
    a_download_that_nobody_reads_is_let_go
    slow_ones_hold_nobody_up
}

/// Answered at once by people's measure, also on a busy machine.
#[track_caller]
fn prompt(who: &mut Line, command: &str, status: &str) {
    let start = Instant::now();
    who.want(command, status);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(3), "{command} took {took:?}");
}

fn a_download_that_nobody_reads_is_let_go(engine: Engine) {
    let club = Club::with(engine, "[limits]\nbody_seconds = 1\n");
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Large", "SHARED", &bytes(16 << 20), "");
    let mut deaf: Vec<Line> = (0..8).map(|_| club.resume(&anna.token)).collect();
    for line in &mut deaf {
        line.say(&format!("RETR {id}"));
    }
    soon("they are being sent something", || club.holds("/stored/") == 8);
    prompt(&mut anna, "WHOAMI", "250 OK");
    soon("they are let go", || club.holds("/stored/") == 0);
    // What was taken is in the history; nothing was said inside a body.
    let history = rows(&mut anna, "HISTORY");
    assert_eq!((history[0].get("done"), history[0].get("id")), ("no", id.as_str()));
    for mut line in deaf {
        line.reply().is("150 DATA");
        assert!(line.rest().len() < 16 << 20);
    }
}

#[test]
fn answers_that_nobody_reads_are_let_go() {
    let club = Club::with(Engine::Sqlite, "[limits]\nidle_seconds = 1\nlogin_seconds = 1\n");
    let anna = user(&club, "anna");
    let before = club.holds("socket:");
    let mut deaf: Vec<Line> = (0..4).map(|_| club.resume(&anna.token)).collect();
    deaf.extend((0..4).map(|_| club.line()));
    let flood = "HELP\r\n".repeat(20_000);
    thread::scope(|scope| {
        for line in &mut deaf {
            // It is not all taken: who does not read is not read either.
            scope.spawn(|| line.raw(flood.as_bytes()));
        }
        soon("they are let go", || club.holds("socket:") <= before);
    });
    user(&club, "ben").want("NOOP", "250 OK");
}

#[test]
fn a_line_that_never_ends_is_not_waited_for() {
    let club = Club::with(Engine::Sqlite, "[limits]\nline_seconds = 1\n");
    let anna = user(&club, "anna");
    for mut line in [club.line(), club.resume(&anna.token)] {
        // A byte now and then is no command: it does not keep a connection.
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) && line.raw(b"N").is_ok() {
            thread::sleep(Duration::from_millis(200));
            if !line.is_silent() {
                break;
            }
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        line.reply().is("421 IDLE");
    }
}

fn slow_ones_hold_nobody_up(engine: Engine) {
    let club = Club::with(engine, "[limits]\nuploads = 64\naccount_uploads = 40\n");
    let (mut boss, anna, mut ben) = (admin(&club), user(&club, "anna"), user(&club, "ben"));
    let film = bytes(16 << 20);
    let id = stor(&mut boss, "Large", "SHARED", &film, "");
    // Readers that read nothing, uploads that stand still, lines without an end: as many of each as a pool has threads.
    let mut slow: Vec<Line> = (0..96).map(|_| club.resume(&anna.token)).collect();
    for (number, line) in slow.iter_mut().enumerate() {
        match number % 3 {
            0 => line.say(&format!("RETR {id}")),
            1 => {
                line.want(&format!("STOR 1000000 {} prove=no", md5hex(&[number as u8])), "150 SEND");
                line.send(&[0; 1000]);
            }
            _ => line.send(b"WHOA"),
        }
    }
    let start = Instant::now();
    assert!(tests::retr(&mut ben, &id) == film);
    let mine = bytes(1 << 20);
    stor(&mut ben, "Mine", "SHARED", &mine, "");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(15), "a download and an upload took {took:?}");
    for command in ["WHOAMI", "TOPUP 1.00"] {
        prompt(&mut ben, command, "250 OK");
    }
    let mut fresh = club.line();
    prompt(&mut fresh, &format!("LOGIN ben {}", pass("ben")), "230 OK");
    // The slow ones are still served when they come.
    slow[2].send(b"MI\r\n");
    slow[2].reply().is("250 OK");
    slow[0].reply().is("150 DATA");
    assert!(slow[0].body(film.len()) == film);
}

#[test]
fn a_flood_passes() {
    let mut scene = Scene::new(Engine::Sqlite);
    let before = scene.club.held();
    let address = scene.club.address();
    thread::scope(|scope| {
        for worker in 0..6 {
            scope.spawn(move || {
                for n in 0..80 {
                    let mut line = Line::bare(address);
                    let _ = match (worker + n) % 4 {
                        0 => line.raw(&bytes(3000)),
                        1 => line.raw(b"LIST\r\nSTOR 5 x\r\nhello\r\nNOOP\r\n"),
                        2 => line.raw(&b"\r\n".repeat(2000)),
                        _ => Ok(()),
                    };
                }
            });
        }
        for _ in 0..40 {
            prompt(&mut scene.bystander, "WHOAMI", "250 OK");
        }
    });
    scene.club.lets_go(before);
    scene.unharmed();
}
