//! Lines: too long, illegible, no commands, without an end.

use super::*;

on_both_engines! {
    lines_that_are_too_long
    an_endless_line_is_not_kept
    characters_that_no_line_may_hold
    lines_that_are_no_commands
    a_last_line_without_its_end_is_never_run
    what_is_owed_comes_after_the_end_of_the_commands
}

fn lines_that_are_too_long(engine: Engine) {
    let mut scene = Scene::new(engine);
    for end in ["\n", "\r\n"] {
        let mut line = scene.victim();
        line.send(format!("SEARCH {}{end}", "a".repeat(8192 - 7)).as_bytes());
        let answer = line.reply();
        assert_ne!(answer.word, "LINE_TOO_LONG", "8192 bytes are not too long: {}", answer.line);
        line.want("WHOAMI", "250 OK");

        for excess in [1, 2, 1000, 50_000] {
            let mut line = scene.victim();
            line.send(format!("SEARCH {}{end}", "a".repeat(8192 - 7 + excess)).as_bytes());
            line.reply().is("500 LINE_TOO_LONG");
            assert!(line.rest().is_empty(), "nothing after it");
        }
    }
    // What follows a line that is too long is not run, and what came before it is answered.
    let mut line = scene.victim();
    line.send(format!("NOOP\r\n{}\r\nTOPUP 7.00\r\n", "x".repeat(9000)).as_bytes());
    line.reply().is("250 OK");
    line.reply().is("500 LINE_TOO_LONG");
    assert!(line.rest().is_empty(), "nothing after it");
    scene.unharmed();
}

fn an_endless_line_is_not_kept(engine: Engine) {
    let mut scene = Scene::new(engine);
    let before = scene.club.rss_kib();
    let mut line = scene.club.line();
    let mebibyte = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        if line.raw(&mebibyte).is_err() {
            break; // it has hung up: as well
        }
    }
    let after = scene.club.rss_kib();
    assert!(after < before + 32 * 1024, "the daemon grew from {before} to {after} KiB");
    drop(line);
    scene.unharmed();
}

fn characters_that_no_line_may_hold(engine: Engine) {
    let mut scene = Scene::new(engine);
    let mut line = scene.victim();
    let bad: &[&[u8]] = &[
        b"\0",
        b"\r",
        b"\x01",
        b"\x08",
        b"\x0b",
        b"\x1b[2J",
        b"\x7f",
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe4\xb8",
        "\u{9b}".as_bytes(),
        "\u{85}".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{202a}".as_bytes(),
        "\u{2066}".as_bytes(),
    ];
    for bad in bad {
        for (before, after) in
            [("SEARCH a", "b"), ("SEARCH \"a", "b\""), ("", "WHOAMI"), ("WHO", "AMI"), ("WHOAMI ", "")]
        {
            let whole = [before.as_bytes(), bad, after.as_bytes(), b"\r\n"].concat();
            line.send(&whole);
            let answer = line.reply();
            assert_eq!(
                answer.status(),
                "501 SYNTAX",
                "{:?} was answered {}",
                String::from_utf8_lossy(&whole),
                answer.line
            );
        }
        line.want("NOOP", "250 OK");
    }
    // Two carriage returns are one too many; the second command of "two" in one line is never run.
    line.send(b"NOOP\r\r\n");
    line.reply().is("501 SYNTAX");
    line.send(b"NOOP\rTOPUP 7.00\r\n");
    line.reply().is("501 SYNTAX");
    // What is not forbidden goes through: joiners, right-to-left letters, accents.
    for good in ["a\u{200d}b", "שלום", "é", "a\tb"] {
        line.want(&format!("SEARCH {good}"), "210 END");
    }
    scene.unharmed();
}

fn lines_that_are_no_commands(engine: Engine) {
    let mut scene = Scene::new(engine);
    let mut line = scene.victim();
    let syntax = [
        "SEARCH \"never closed",
        "SEARCH \"never closed\\\"",
        "SEARCH \"a\\",
        "SEARCH \"a\\x\"",
        "SEARCH a\"b",
        "SEARCH a\\b",
        "SEARCH \"a\"b",
        "SEARCH \"a\"\"b\"",
        "LIST limit=",
        "LIST =5",
        "LIST limit==5",
        "LIST limit=5=5",
        "LIST limit=5 FREE",
        "LIST FREE PAID",
        "WHOAMI me",
        "INFO",
        "BUY",
        "TOPUP",
        "PASSWD 5ebe2294ecd0e0f08eab7690d2a6ee69",
    ];
    for command in syntax {
        let answer = line.ask(command);
        assert_eq!(answer.status(), "501 SYNTAX", "{command} was answered {}", answer.line);
    }
    // Named are: an option that comes twice, one that is none, and the nearest of a verb that is none.
    for (command, names) in [
        ("LIST limit=5 limit=5", "limit"),
        ("LIST limit=5 LIMIT=6", "limit"),
        ("LIST colour=red", "colour"),
        ("WHOAMI colour=\"red\"", "colour"),
    ] {
        let answer = line.ask(command);
        assert_eq!(answer.status(), "501 SYNTAX", "{command} was answered {}", answer.line);
        assert!(answer.line.to_lowercase().contains(names), "{command} was answered {}", answer.line);
    }
    for (command, nearest) in [("LISST", "LIST"), ("whoam", "WHOAMI"), ("TOPPUP 5.00", "TOPUP")] {
        let answer = line.want(command, "500 UNKNOWN_COMMAND");
        assert!(answer.line.contains(nearest), "{command} was answered {}", answer.line);
    }
    for unknown in ["绿茶", "\"\"", "=", "a=b", "XYZZYPLUGH", "\"limit\"=5", &"Q".repeat(8000)] {
        refused(&line.ask(unknown));
    }
    // A word that begins with a quote is never an option.
    refused(&line.ask("LIST \"limit=1\""));
    refused(&line.ask("LIST \"limit\"=1"));
    refused(&line.ask("INFO \"id=1\""));
    // Empty lines are ignored, blanks do not matter, nor does the case of a verb, a keyword or an option key.
    line.send(b"\r\n\n   \r\n\t\n");
    line.want("  list\t free  LIMIT=1  ", "210 END");
    line.want("whoami", "250 OK");
    // The refusals hold nothing that the client wrote after ` : `, and break no line.
    let answer = line.ask("LIST \"x\\n250 OK y=z\"");
    refused(&answer);
    line.want("NOOP", "250 OK");
    scene.unharmed();
}

fn a_last_line_without_its_end_is_never_run(engine: Engine) {
    let mut scene = Scene::new(engine);
    for last in ["TOPUP 7.00", "TOPUP 7.00\r", "NOOP\r\nTOPUP 7.00"] {
        let mut line = scene.victim();
        line.send(last.as_bytes());
        line.half_close();
        let answers = replies(&mut line);
        assert!(
            answers.iter().all(|answer| answer.status() != "250 OK" || last.starts_with("NOOP")),
            "{answers:?}"
        );
        assert!(answers.iter().all(|answer| answer.fields.find("balance").is_none()), "{answers:?}");
    }
    scene.unharmed();
    scene.boss.want("TOPUP 7.00", "250 OK"); // with its end it would have been
}

fn what_is_owed_comes_after_the_end_of_the_commands(engine: Engine) {
    let mut scene = Scene::new(engine);
    let mut line = scene.club.line();
    let retr = format!("RETR {}\n", scene.title);
    line.send(format!("RESUME {}\r\nWHOAMI\n{retr}LIST\n{retr}WHOAMI\r\n", scene.boss.token).as_bytes());
    line.half_close();
    line.reply().is("230 OK");
    line.reply().is("250 OK");
    for after in ["210 END", "250 OK"] {
        line.reply().is("150 DATA");
        thread::sleep(Duration::from_millis(200)); // the client is slow
        assert!(line.body(scene.film.len()) == scene.film);
        line.reply().is("226 DONE");
        line.reply().is(after);
    }
    assert!(line.rest().is_empty(), "and then the end");

    // A thousand at once come back in their order.
    let mut line = scene.victim();
    let mut all = String::new();
    for number in 0..500 {
        all += &format!("SEARCH {}\nINFO {}\n", quote(&format!("word{number}")), scene.title);
    }
    line.send(all.as_bytes());
    line.half_close();
    for _ in 0..500 {
        assert_eq!(line.reply().is("210 END").number("rows"), 0);
        assert_eq!(line.reply().is("210 END").number("rows"), 1);
    }
    assert!(line.rest().is_empty());
    scene.unharmed();
}
