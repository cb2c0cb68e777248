//! The bytes of a file never become commands, and half a file is none.

use super::*;

on_both_engines! {
    a_body_is_never_run_as_commands
    bytes_after_the_body_are_never_run
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
