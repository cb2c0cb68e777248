//! `play`: a player that reads and seeks, on a film that is still in the club.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tests::{Club, Engine, Terminal, admin, bytes, md5hex, program, reel, soon, stor, user};

/// The player of the tests, with these words.
fn player(words: &str) -> String {
    format!("python3 '{}/player.py' {words}", env!("CARGO_MANIFEST_DIR"))
}

fn run(club: &Club, folder: &Path, player: &str, commands: &[&str]) -> Output {
    let mut arguments = vec!["--user", "anna"];
    commands.iter().for_each(|command| arguments.extend(["-c", command]));
    reel(club, folder, "anna", &[("REEL_PLAYER", player)], &arguments)
}

#[track_caller]
fn told(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    (out, err)
}

#[test]
fn a_player_reads_and_seeks_after_the_ad_and_nothing_is_left() {
    // Three readers at once find two places: the third waits a little.
    let club = Club::with(Engine::Sqlite, "[ads]\nseconds = 1\n[limits]\naccount_downloads = 2\n");
    let dir = tempfile::tempdir().unwrap();
    let mut boss = admin(&club);
    user(&club, "anna");
    let film = bytes(3_000_000);
    let id = stor(&mut boss, "绿茶", "FREE", &film, "");
    let seeks = player(&format!("seek {} {}", film.len(), md5hex(&film)));
    let output = run(&club, dir.path(), &seeks, &[&format!("play {id}"), "history"]);
    let (out, err) = told(&output, 0);
    assert!(err.contains("1 s left") && err.contains("\nplayed\n"), "{err}");
    // What the player says is no data; the club has counted what arrived.
    assert!(!out.contains("played") && out.contains("2.8 MiB"), "{out}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let json = reel(
        &club,
        dir.path(),
        "anna",
        &[("REEL_PLAYER", &seeks)],
        &["--json", "--user", "anna", "-c", &format!("play {id}")],
    );
    let (out, _) = told(&json, 0);
    assert_eq!(out, format!("{{\"code\":250,\"id\":{id},\"ok\":true,\"word\":\"OK\"}}\n"));
}

#[test]
fn a_title_that_is_sold_is_played_when_it_is_paid() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(400_000);
    let id = stor(&mut boss, "Dear", "PAID", &film, " price=3.00");
    let seeks = player(&format!("seek {} {}", film.len(), md5hex(&film)));
    let play = format!("play {id}");
    let (_, err) = told(&run(&club, dir.path(), &seeks, &[&play]), 5);
    assert!(err.contains("with --yes it is bought") && !err.contains("Playing"), "{err}");
    boss.want("CREDIT anna 10.00", "250 OK");
    told(&run(&club, dir.path(), &seeks, &[&format!("{play} -y"), &play]), 0);
    assert_eq!(anna.balance(), 700);
    boss.want("LOCK anna", "250 OK");
    told(&run(&club, dir.path(), &seeks, &[&play]), 1);
}

#[test]
fn what_is_wrong_with_the_player_is_said() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, _) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Shelf", "SHARED", &bytes(1000), "");
    let play = format!("play {id}");
    let (_, err) = told(&run(&club, dir.path(), &player("fail"), &[&play]), 8);
    assert!(err.contains("The player python3 ended with 3"), "{err}");
    let (_, err) = told(&run(&club, dir.path(), "/nowhere/player", &[&play]), 8);
    assert!(err.contains("/nowhere/player"), "{err}");
    told(&run(&club, dir.path(), &player("fail"), &["play 999"]), 4);
    let none = [("PATH", "/nowhere"), ("REEL_PLAYER", "")];
    let output = reel(&club, dir.path(), "anna", &none, &["--user", "anna", "-c", &play]);
    let (_, err) = told(&output, 2);
    assert!(err.contains("install mpv, vlc or ffplay"), "{err}");
}

#[test]
fn the_lines_of_a_script_are_not_the_keys_of_the_player() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, _) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Shelf", "SHARED", &bytes(1000), "");
    let script = dir.path().join("script");
    fs::write(&script, format!("play {id}\nwhoami\n")).unwrap();
    let output = Command::new(program("reel"))
        .args(["--host", &club.address().to_string(), "--user", "anna"])
        .env("REEL_PASSWORD", "the password of anna")
        .env("REEL_PLAYER", "sh -c 'cat >/dev/null'")
        .env("HOME", dir.path())
        .stdin(Stdio::from(fs::File::open(&script).unwrap()))
        .output()
        .unwrap();
    let (out, _) = told(&output, 0);
    assert!(out.contains("anna"), "{out}");
}

#[test]
fn control_c_ends_the_player_and_not_the_shell() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, _) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "绿茶", "SHARED", &bytes(1_000_000), "");
    let hangs = player(&format!("hang {}", dir.path().join("begun").display()));
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[("REEL_PLAYER", &hangs)], &[]);
    shell.type_(&format!("play {id}\r"));
    shell.wait("Playing “绿茶” with python3; Ctrl-C ends it.");
    soon("it plays", || dir.path().join("begun").exists());
    shell.type_("\x03");
    shell.wait("Stopped.");
    shell.wait("anna@127.0.0.1> ");
    shell.type_("whoami\r");
    shell.wait("member-until");
    shell.leave();
}

#[test]
fn a_daemon_that_starts_again_does_not_end_the_film() {
    // The same port before and after.
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut club = Club::listening(Engine::Sqlite, "", &listen);
    let dir = tempfile::tempdir().unwrap();
    let mut boss = admin(&club);
    user(&club, "anna");
    // More than fits into the buffers on the way.
    let film = bytes(40_000_000);
    let id = stor(&mut boss, "Long", "SHARED", &film, "");
    let (begun, host) = (dir.path().join("begun"), club.address().to_string());
    let slow = player(&format!("slow {} {}", begun.display(), md5hex(&film)));
    let shell = Command::new(program("reel"))
        .args(["--host", &host, "--user", "anna", "-c", &format!("play {id}")])
        .env("REEL_PASSWORD", "the password of anna")
        .env("REEL_PLAYER", slow)
        .env("HOME", dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    soon("it plays", || begun.exists());
    club.kill9();
    club.restart();
    fs::remove_file(&begun).unwrap();
    let (_, err) = told(&shell.wait_with_output().unwrap(), 0);
    assert!(err.contains("\nplayed\n"), "{err}");
}
