//! The bytes of a file never become commands, and half a file is none.

use super::*;

on_both_engines! {
    a_body_is_never_run_as_commands
    bytes_after_the_body_are_never_run
    no_refusal_runs_what_was_sent_behind_it
    who_is_ended_inside_a_body_has_the_rest_of_it_run_nowhere
    an_upload_that_stops_early_leaves_nothing
}

fn a_body_is_never_run_as_commands(engine: Engine) {
    let mut scene = Scene::new(engine);
    // Sent along with STOR, before its reply: it may be commands, a body, or both.
    for early in ["TOPUP 7.00\r\n", "TOPUP 7.00\r\nTOPUP 7.00\r\n", "hello", "\r\n", "x"] {
        let mut line = scene.victim();
        line.send(format!("STOR 5 {} title=early kind=FREE\r\n{early}", md5hex(b"hello")).as_bytes());
        let answers = replies(&mut line);
        let last = answers.last().expect("an answer").status();
        assert_eq!(last, "503 BAD_SEQUENCE", "{early:?} was answered {answers:?}");
        let before = answers.len() - 1;
        assert!(
            before == 0 || (before == 1 && answers[0].status() == "150 SEND"),
            "{early:?} was answered {answers:?}"
        );
    }
    // The same where STOR is refused anyway.
    for stor in ["STOR 5 nonsense title=x", "STOR 99999999999999999999 nonsense"] {
        let mut line = scene.victim();
        line.send(format!("{stor}\r\nTOPUP 7.00\r\n").as_bytes());
        let answers = replies(&mut line);
        assert!(answers.iter().all(|answer| answer.code >= 500), "{stor} was answered {answers:?}");
    }
    scene.unharmed();

    // A body full of commands is a body. One that is refused is read out or hung up on, never run.
    let commands = b"TOPUP 7.00\r\n".repeat(5000);
    let mut line = scene.victim();
    line.want(
        &format!("STOR {} {} title=commands kind=FREE", commands.len(), md5hex(b"other bytes")),
        "150 SEND",
    );
    line.send(&commands);
    line.reply().is("551 MD5_MISMATCH");
    scene.unharmed();
}

fn bytes_after_the_body_are_never_run(engine: Engine) {
    let mut scene = Scene::new(engine);
    for (more, stored) in
        [("TOPUP 7.00\r\n", "hello"), ("NOOP\r\nTOPUP 7.00\r\n", "hallo"), ("x", "hullo"), ("\r\n", "hella")]
    {
        let mut line = scene.victim();
        line.want(&format!("STOR 5 {} title=more kind=SHARED", md5hex(stored.as_bytes())), "150 SEND");
        line.send(format!("{stored}{more}").as_bytes());
        let answers = replies(&mut line);
        assert_eq!(
            answers.last().expect("an answer").status(),
            "503 BAD_SEQUENCE",
            "{more:?} was answered {answers:?}"
        );
        // Whether it was stored is the server's to say; what it says is true.
        let listed: Vec<Fields> = rows(&mut scene.bystander, "LIST");
        let new = listed.iter().find(|row| row.get("title") == "more");
        let said = answers.iter().find(|answer| answer.status() == "226 STORED");
        if let Some(said) = said {
            assert_eq!(Some(said.get("id")), new.map(|row| row.get("id")), "{answers:?}");
        }
        assert!(answers.len() <= 2, "{answers:?}");
        assert_eq!(scene.boss.balance(), 0);
        if new.is_some() {
            return; // the library is not as it was, as it was told
        }
    }
    scene.unharmed();
}

fn an_upload_that_stops_early_leaves_nothing(engine: Engine) {
    let mut scene = Scene::new(engine);
    let film = bytes(200_000);
    let stor = format!("STOR {} {} title=cut kind=SHARED", film.len(), md5hex(&film));
    for (sent, half_close) in
        [(0, true), (1, false), (100_000, true), (100_000, false), (199_999, true), (199_999, false)]
    {
        let mut line = scene.victim();
        let start = Instant::now();
        loop {
            // The one before may still be about to be noticed.
            let answer = line.ask(&stor);
            if answer.status() == "150 SEND" {
                assert_eq!(answer.number("offset"), 0, "without resume=yes it begins anew");
                break;
            }
            assert_eq!(answer.status(), "450 BUSY", "{}", answer.line);
            assert!(start.elapsed() < Duration::from_secs(15), "busy for ever");
            thread::sleep(Duration::from_millis(50));
        }
        line.send(&film[..sent]);
        if half_close {
            line.half_close();
            let answers = replies(&mut line);
            assert!(answers.iter().all(|answer| answer.code >= 400), "{answers:?}");
        }
        drop(line);
        scene.unharmed();
    }
}

/// What a body would do if it were run.
const COMMANDS: &str =
    "TOPUP 7.00\r\nSTOR 5 5d41402abc4b2a76b9719d911017c592 title=smuggled\r\nhello\r\nLOGOUT\r\n";

fn no_refusal_runs_what_was_sent_behind_it(engine: Engine) {
    let club = Club::with(engine, "[limits]\nupload_bytes = 100000\n[shelf]\nbytes = 50000\ntitles = 3\n");
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let [known, kept, sold] = [1, 2, 3].map(|n| bytes(1000 + n));
    stor(&mut boss, "Known", "SHARED", &known, "");
    stor(&mut boss, "Sold", "PAID", &sold, "");
    stor(&mut anna, "Kept", "SHARED", &kept, "key=k");
    let fresh = md5hex(b"fresh");
    let mut busy = club.resume(&anna.token);
    busy.want(&format!("STOR 10 {} title=busy", md5hex(b"0123456789")), "150 SEND");
    let one = |film: &[u8]| format!("{} {}", film.len(), md5hex(film));
    for stor in [
        "STOR".to_owned(),
        format!("STOR 5 {fresh} colour=red"),
        format!("STOR x {fresh}"),
        format!("STOR 5 {fresh} title=\"\""),
        format!("STOR 5 {fresh} kind=FREE"),
        format!("STOR 5 {fresh} price=1.00"),
        format!("STOR 200000 {fresh}"),
        format!("STOR 60000 {fresh}"),
        format!("STOR 5 {fresh} title=.hidden"),
        format!("STOR 10 {} title=busy", md5hex(b"0123456789")),
        format!("STOR {} title=Kept kind=SHARED key=k", one(&kept)),
        format!("STOR {} title=Other kind=SHARED key=k", one(&kept)),
        format!("STOR {} title=Known", one(&known)),
        format!("STOR {} title=\u{1b}", one(&known)),
        format!("stor\t{}", one(&sold)),
        format!("STOR 0 {}", md5hex(b"")),
        format!("STOR 5 {fresh} title=\"never closed"),
    ] {
        // With an account and without one; in one piece, or the line first.
        for guest in [false, true] {
            for pieces in
                [vec![format!("{stor}\r\n{COMMANDS}")], vec![format!("{stor}\r"), format!("\n{COMMANDS}")]]
            {
                let mut line = if guest { club.line() } else { club.resume(&anna.token) };
                for piece in pieces {
                    let _ = line.raw(piece.as_bytes());
                }
                let answers = replies(&mut line);
                let all: Vec<String> = answers.iter().map(Reply::status).collect();
                assert_eq!(all, ["503 BAD_SEQUENCE"], "{stor}");
            }
        }
    }
    // A proof that comes along with STOR was asked for by nobody.
    let mut line = club.resume(&anna.token);
    let _ = line.raw(format!("STOR {} title=Known\r\nPROVE {fresh}\r\n{COMMANDS}", one(&known)).as_bytes());
    assert_eq!(replies(&mut line).last().unwrap().status(), "503 BAD_SEQUENCE");
    // Behind a body that is refused, or is not the one that was announced.
    for announced in [md5hex(b"hello"), fresh] {
        for sha256 in ["", &format!(" sha256={}", tests::sha256hex(b"x"))] {
            let mut line = club.resume(&anna.token);
            line.want(&format!("STOR 5 {announced} title=x prove=no{sha256}"), "150 SEND");
            line.send(format!("hallo{COMMANDS}").as_bytes());
            let answers = replies(&mut line);
            let last = answers.last().unwrap().status();
            assert!(last == "503 BAD_SEQUENCE" && answers.len() <= 2, "{answers:?}");
        }
    }
    assert_eq!(anna.balance(), 0);
    let titles: Vec<String> = rows(&mut boss, "LIST").iter().map(|row| row.get("title").to_owned()).collect();
    assert_eq!(titles, ["Known", "Sold", "Kept"]);
    anna.want("NOOP", "250 OK");
}

fn who_is_ended_inside_a_body_has_the_rest_of_it_run_nowhere(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let body = COMMANDS.repeat(2000);
    for (round, (command, ends)) in
        [("KICK", true), ("LOCK", true), ("LOGOUT", false), ("PASSWD", false)].into_iter().enumerate()
    {
        let mut anna = user(&club, &format!("anna{round}"));
        let mut line = club.resume(&anna.token);
        let session = rows(&mut anna, "SESSIONS")[0].get("session").to_owned();
        line.want(&format!("STOR {} {} title=x{round}", body.len(), md5hex(b"another")), "150 SEND");
        line.send(&body.as_bytes()[..body.len() / 2]);
        match command {
            "KICK" => boss.want(&format!("KICK {session}"), "250 OK"),
            "LOCK" => boss.want(&format!("LOCK {}", anna.name), "250 OK"),
            "LOGOUT" => club.resume(&anna.token).want("LOGOUT", "250 OK"),
            _ => {
                // Another session of the account ends this one.
                let mut other = club.line();
                other.want(&format!("LOGIN {} {}", anna.name, pass(&anna.name)), "230 OK");
                other.want(&format!("PASSWD {} {}", pass(&anna.name), pass("new")), "250 OK")
            }
        };
        let _ = line.raw(&body.as_bytes()[body.len() / 2..]);
        let answers: Vec<String> = if ends {
            replies(&mut line).iter().map(Reply::status).collect()
        } else {
            // The body goes on, as a download does; what comes after it is a guest's.
            let refused = line.reply().status();
            vec![refused, line.ask("TOPUP 7.00").status()]
        };
        let expected: &[&str] = match command {
            "KICK" => &["421 KICKED"],
            "LOCK" => &["530 LOCKED"],
            _ => &["551 MD5_MISMATCH", "530 LOGIN_REQUIRED"],
        };
        assert_eq!(answers, expected, "{command}");
        let wallet = rows(&mut boss, &format!("USERS {}", anna.name));
        assert_eq!(wallet[0].get("balance"), "0.00", "{command}");
    }
    assert!(rows(&mut boss, "LIST").is_empty());
}
