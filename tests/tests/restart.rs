//! The daemon ends and starts again: cleanly, or in the middle of everything.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::process::Command;
use std::thread;
use std::time::Duration;

use tests::{Club, Engine, Line, admin, bytes, md5hex, on_both_engines, pass, program, rows, stor, user};

on_both_engines! {
    sigterm_ends_it_cleanly
    what_was_said_is_still_so
    a_crash_loses_nothing_that_was_said
    a_crash_in_the_middle_of_everything
    a_code_beside_the_running_daemon
    nobody_connected_is_left_without_an_end
    mistakes_are_named_and_nothing_starts
    folder_and_database_belong_together
}

fn sigterm_ends_it_cleanly(engine: Engine) {
    let mut club = Club::start(engine);
    assert!(club.stop().success(), "nobody there");
    club.restart();
    let _anna = user(&club, "anna");
    let _guest = club.line();
    assert!(club.stop().success(), "somebody there");
    club.restart();
    club.signal("INT");
    let status = club.ended().expect("it ends after SIGINT");
    assert!(status.success(), "{status:?}");
}

fn what_was_said_is_still_so(engine: Engine) {
    let mut club = Club::start(engine);
    survive(&mut club, |club| {
        club.restart();
    });
}

fn a_crash_loses_nothing_that_was_said(engine: Engine) {
    let mut club = Club::start(engine);
    survive(&mut club, |club| {
        club.kill9();
        club.restart();
    });
}

fn survive(club: &mut Club, end: impl Fn(&mut Club)) {
    let film = bytes(200_000);
    let (mut boss, mut anna) = (admin(club), user(club, "安娜"));
    let id = stor(&mut boss, "绿茶", "PAID", &film, "price=4.00");
    anna.want("TOPUP 50.00", "250 OK");
    anna.want(&format!("BUY {id}"), "250 OK");
    anna.want("MEMBER", "250 OK");
    anna.want(&format!("RETR {id}"), "150 DATA");
    anna.body(film.len());
    anna.reply().is("226 DONE");
    let mut before = Vec::new();
    for command in ["WHOAMI", "LIST", "LIST OWNED", "SEARCH 绿茶", "STATEMENT", "HISTORY"] {
        before.push((command, anna.ask(command)));
    }
    for _ in 0..2 {
        end(club);
        anna.line = club.resume(&anna.token);
        for (command, said) in &before {
            assert_eq!(&anna.ask(command), said, "{command}");
        }
        anna.want(&format!("RETR {id}"), "150 DATA");
        assert!(anna.body(film.len()) == film);
        anna.reply().is("226 DONE");
        before.retain(|(command, _)| *command != "HISTORY"); // it has grown
        let mut line = club.line();
        line.want(&format!("LOGIN 安娜 {}", pass("安娜")), "230 OK");
        line.want(&format!("LOGIN 安娜 {}", pass("x")), "530 BAD_CREDENTIALS");
    }
}

fn a_crash_in_the_middle_of_everything(engine: Engine) {
    let mut club = Club::start(engine);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let (mut stored, mut topped) = (Vec::new(), 0);
    for round in 0..5 {
        let (mut uploader, mut payer) = (club.resume(&boss.token), club.resume(&anna.token));
        let (ids, answered) = thread::scope(|scope| {
            let uploads = scope.spawn(move || until_the_crash(|number| upload(&mut uploader, number)));
            let topups = scope.spawn(move || {
                until_the_crash(|number| {
                    payer.raw(format!("TOPUP 1.00 key={round}-{number}\r\n").as_bytes()).ok()?;
                    Some(payer.try_reply().ok()??.is("250 OK"))
                })
            });
            thread::sleep(Duration::from_millis(u64::from(rand::random::<u8>()) + 50));
            club.kill9();
            (uploads.join().unwrap(), topups.join().unwrap().len())
        });
        club.restart();
        (boss.line, anna.line) = (club.resume(&boss.token), club.resume(&anna.token));
        stored.extend(ids);
        // Nobody knows what became of the last one: the key makes it safe to ask again.
        anna.want(&format!("TOPUP 1.00 key={round}-{answered}"), "250 OK");
        topped += answered + 1;
        assert_eq!(anna.balance(), 100 * topped as i64);
        assert_eq!(
            rows(&mut anna, "STATEMENT").iter().map(|row| row.money("amount")).sum::<i64>(),
            anna.balance()
        );
        // What was stored is there, and nothing is there by halves.
        let listed = rows(&mut boss, "LIST");
        for id in &stored {
            assert!(listed.iter().any(|row| row.get("id") == id), "title {id} was said to be stored");
        }
        for row in listed {
            let data = boss.want(&format!("RETR {}", row.get("id")), "150 DATA");
            let body = boss.body(data.number("length") as usize);
            boss.reply().is("226 DONE");
            assert_eq!(md5hex(&body), row.get("md5"));
        }
    }
}

/// Does something again and again until it fails.
fn until_the_crash<T>(work: impl FnMut(usize) -> Option<T>) -> Vec<T> {
    (0..).map_while(work).collect()
}

/// Uploads a little film and gives its id, if the daemon lives to say it.
fn upload(line: &mut Line, number: usize) -> Option<String> {
    let film = bytes(30_000);
    let stor = format!("STOR 30000 {} title=film{number} kind=FREE\r\n", md5hex(&film));
    line.raw(stor.as_bytes()).ok()?;
    line.try_reply().ok()??.is("150 SEND");
    line.raw(&film).ok()?;
    Some(line.try_reply().ok()??.is("226 STORED").get("id").to_owned())
}

fn a_code_beside_the_running_daemon(engine: Engine) {
    let club = Club::start(engine);
    let mut guest = club.line();
    let reply = guest.want(&format!("REGISTER first {} invite={}", pass("x"), club.invite(true)), "230 OK");
    assert_eq!(reply.get("role"), "admin");
    guest.want("INVITE role=admin", "250 OK");
    let mut guest = club.line();
    let reply = guest.want(&format!("REGISTER second {} invite={}", pass("x"), club.invite(false)), "230 OK");
    assert_eq!(reply.get("role"), "user");
    let (one, two) = (club.invite(true), club.invite(true));
    assert_ne!(one, two);
    assert!(one.len() >= 17, "a code has at least 100 random bits: {one}");
    assert!(!club.said().contains(&one), "a code is never in the log");
}

fn nobody_connected_is_left_without_an_end(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    let film = bytes(1_000_000);
    let id = stor(&mut boss, "Large", "FREE", &film, "");
    let mut guest = club.line();
    let mut quick = club.resume(&boss.token);
    let mut uploader = club.resume(&boss.token);
    quick.want(&format!("RETR {id}"), "150 DATA");
    uploader.want(&format!("STOR 20 {} title=never kind=FREE", md5hex(b"x")), "150 SEND");
    club.signal("TERM");
    // What runs is finished, who idles is told.
    assert!(quick.body(film.len()) == film);
    quick.reply().is("226 DONE");
    for line in [&mut guest, &mut boss.line, &mut quick] {
        if let Ok(Some(last)) = line.try_reply() {
            assert_eq!(last.status(), "421 DRAINING");
        }
        assert!(line.rest().is_empty());
    }
    drop(uploader);
    assert!(club.ended().expect("it ends").success());
    club.restart();
    boss.line = club.resume(&boss.token);
    assert_eq!(rows(&mut boss, "LIST").len(), 1);
}

fn mistakes_are_named_and_nothing_starts(engine: Engine) {
    if engine == Engine::MariaDb {
        return; // nothing is connected to
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("reel.toml");
    for (text, named) in [
        ("[ads]\nseconds = 30\ncolour = \"red\"\n", "3"),
        ("[ads]\nseconds = \"many\"\n", "2"),
        ("[ads\n", "1"),
    ] {
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("timeout");
        command
            .arg("20")
            .arg(program("reeld"))
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(&config);
        let out = command.output().unwrap();
        assert!(!out.status.success());
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(said.contains("reel.toml") && said.contains(named), "file and line: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// Why the daemon does not start on what the club has now.
fn refusal(club: &Club) -> String {
    let mut timeout = Command::new("timeout");
    let serve = club.command(&["serve", "--listen", "127.0.0.1:0"]);
    let out = timeout.arg("20").arg(serve.get_program()).args(serve.get_args()).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    String::from_utf8(out.stderr).unwrap()
}

/// A folder and a database that are not of one club serve nobody, and nothing is begun anew beside them.
fn folder_and_database_belong_together(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    stor(&mut boss, "Tea", "FREE", &bytes(1000), "");
    drop(boss);
    club.stop();
    let (vault, away) = (club.data().join("vault"), club.folder().join("away"));
    std::fs::rename(&vault, &away).unwrap();
    assert!(refusal(&club).contains("look at --data"), "the files are elsewhere");
    std::fs::remove_dir_all(&vault).unwrap();
    std::fs::rename(&away, &vault).unwrap();
    std::fs::write(vault.join("owner"), "another\n").unwrap();
    assert!(refusal(&club).contains("another club"), "the files are another club's");
    // As a club from before there was such a note, or one that was restored.
    std::fs::remove_file(vault.join("owner")).unwrap();
    club.restart();
    club.stop();
    if engine == Engine::Sqlite {
        for name in ["reel.db", "reel.db-wal", "reel.db-shm"] {
            let _ = std::fs::rename(club.data().join(name), club.folder().join(name));
        }
        assert!(refusal(&club).contains("look at --database"), "the database is elsewhere");
    }
    std::fs::write(club.data().join("README.txt"), "This folder is a backup of a Reel club\n").unwrap();
    assert!(refusal(&club).contains("reeld restore"), "a backup is no club");
}
