//! Who goes away, who speaks another language, who does not listen.

use super::*;

on_both_engines! {
    a_client_that_goes_away_is_forgotten
    other_protocols_are_shown_out
    nobody_reads_the_answers
    who_does_not_log_in_is_sent_away
    an_upload_that_stands_still_is_let_go
    a_full_house_says_so
}

/// How far a client gets before it goes away.
type Phase = fn(&mut Line, &Scene);

fn a_client_that_goes_away_is_forgotten(engine: Engine) {
    let mut scene = Scene::new(engine);
    let phases: [Phase; 11] = [
        |_, _| {},
        |line, _| drop(line.raw(b"WHO")),
        |line, _| drop(line.raw(b"WHOAMI\r\n")),
        |line, _| drop(line.raw(&b"LIST\r\n".repeat(200))),
        |line, _| line.say(&format!("STOR 100000 {} title=gone kind=SHARED", md5hex(&[0; 100_000]))),
        |line, _| {
            let answer = line.ask(&format!("STOR 100000 {} title=gone kind=SHARED", md5hex(&[1; 100_000])));
            if answer.status() == "150 SEND" {
                line.send(&[1; 50_000]);
            }
        },
        |line, _| {
            let wrong = md5hex(&bytes(20)); // every byte sent, the answer not awaited
            if line.ask(&format!("STOR 100000 {wrong} title=gone kind=SHARED")).status() == "150 SEND" {
                line.send(&[2; 100_000]);
            }
        },
        |line, scene| line.say(&format!("RETR {}", scene.title)),
        |line, scene| {
            line.want(&format!("RETR {}", scene.title), "150 DATA");
            line.body(1000);
        },
        |line, scene| {
            line.say(&format!("RETR {}", scene.title));
            line.half_close();
        },
        |line, _| line.say("QUIT"),
    ];
    let go = |scene: &mut Scene| {
        for phase in phases {
            let mut line = scene.victim();
            phase(&mut line, scene);
            drop(line);
            scene.unharmed();
        }
    };
    let before = scene.club.held();
    for _ in 0..5 {
        go(&mut scene);
    }
    scene.club.lets_go(before);
    scene.unharmed();
}

fn other_protocols_are_shown_out(engine: Engine) {
    let mut scene = Scene::new(engine);
    let register = format!("REGISTER smuggled {}", pass("smuggled"));
    let strangers: Vec<Vec<u8>> = vec![
        format!("GET / HTTP/1.1\r\nHost: club\r\n\r\n{register}\r\n").into_bytes(),
        format!("\r\n\nGET / HTTP/1.1\r\nHost: club\r\n\r\n{register}\r\n").into_bytes(),
        format!("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{register}\r\n").into_bytes(),
        format!("POST /api HTTP/1.0\r\n\r\n{register}\r\n").into_bytes(),
        [
            b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03".to_vec(),
            vec![0; 189],
            format!("\r\n{register}\r\n").into_bytes(),
        ]
        .concat(),
    ];
    for stranger in strangers {
        let mut line = Line::bare(scene.club.address());
        let _ = line.raw(&stranger);
        let answer = line.rest();
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.contains("230 OK"), "{text}");
        scene.unharmed();
    }
    let mut guest = scene.club.line();
    guest.want(&register, "230 OK"); // nobody was smuggled in
    scene.unharmed();
}

fn nobody_reads_the_answers(engine: Engine) {
    let mut scene = Scene::new(engine);
    let before = scene.club.rss_kib();
    let mut deaf: Vec<Line> = (0..4).map(|_| scene.victim()).collect();
    let retr = format!("RETR {}\r\n", scene.title).repeat(300);
    for line in &mut deaf {
        line.send(retr.as_bytes()); // 90 MB each, never read
    }
    thread::sleep(Duration::from_millis(500));
    scene.unharmed();
    let after = scene.club.rss_kib();
    assert!(after < before + 64 * 1024, "the daemon grew from {before} to {after} KiB");
    drop(deaf);
    scene.unharmed();
}

fn who_does_not_log_in_is_sent_away(engine: Engine) {
    let club = Club::with(engine, "[limits]\nlogin_seconds = 1\n");
    let mut anna = user(&club, "anna");
    let mut silent = club.line();
    let mut busy = club.line();
    thread::sleep(Duration::from_millis(500));
    busy.want("NOOP", "250 OK");
    for line in [&mut silent, &mut busy] {
        line.reply().is("421 IDLE");
        assert!(line.rest().is_empty());
    }
    anna.want("NOOP", "250 OK"); // who is logged in may think for longer
}

fn an_upload_that_stands_still_is_let_go(engine: Engine) {
    let club = Club::with(engine, "[limits]\nidle_seconds = 1\nbody_seconds = 1\n");
    let anna = user(&club, "anna");
    let film = bytes(100_000);
    let stor = format!("STOR {} {} title=still kind=SHARED resume=yes", film.len(), md5hex(&film));
    let mut line = club.resume(&anna.token);
    line.want(&stor, "150 SEND");
    line.send(&film[..50_000]);
    line.rest(); // it ends by itself
    let mut line = club.resume(&anna.token);
    let send = line.want(&stor, "150 SEND");
    assert!(send.number("offset") > 0, "what has arrived is kept: {}", send.line);
    line.send(&film[send.number("offset") as usize..]);
    line.reply().is("226 STORED");
    // Who only says nothing is told why it ends.
    line.reply().is("421 IDLE");
    assert!(line.rest().is_empty());
}

fn a_full_house_says_so(engine: Engine) {
    let club = Club::with(engine, "[limits]\nconnections = 4\n");
    let mut inside: Vec<Line> = (0..4).map(|_| club.line()).collect();
    let mut outside = Line::bare(club.address());
    outside.reply().is("421 TOO_MANY");
    assert!(outside.rest().is_empty());
    inside[0].want("NOOP", "250 OK");
    inside.pop();
    soon("there is room again", || {
        let mut line = Line::bare(club.address());
        line.reply().status() == "220 REEL"
    });
}
