//! What others leave in the way of the shell: files, links, keys that are used twice, pasted secrets.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::{Club, Engine, Terminal, admin, bytes, md5hex, program, reel, rows, soon, stor, user};

/// A club that sends slowly, its film, and a folder.
fn slow() -> (Club, String, Vec<u8>, tempfile::TempDir) {
    let club = Club::with(Engine::Sqlite, "[limits]\ndownload_rate = 300000\n");
    let mut boss = admin(&club);
    user(&club, "anna");
    let film = bytes(900_000);
    let id = stor(&mut boss, "Film", "SHARED", &film, "");
    (club, id, film, tempfile::tempdir().unwrap())
}

fn part(folder: &Path, id: &str, film: &[u8]) -> PathBuf {
    folder.join(format!("Film.{id}-{}.reel-part", md5hex(film)))
}

#[track_caller]
fn run(club: &Club, folder: &Path, code: i32, line: &str) -> String {
    let output = reel(club, folder, "anna", &[], &["--user", "anna", "-c", line]);
    assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn bytes_that_were_not_verified_never_get_the_name() {
    let (club, id, film, dir) = slow();
    let mut get = Command::new("/usr/bin/setsid");
    get.arg(program("reel")).args(["--host", &club.address().to_string(), "--user", "anna"]);
    get.args(["-c", &format!("get {id}")]).current_dir(dir.path()).env("HOME", dir.path());
    get.env("REEL_PASSWORD", "the password of anna").stdin(Stdio::null()).stderr(Stdio::null());
    let mut get = get.spawn().unwrap();
    let part = part(dir.path(), &id, &film);
    soon("bytes", || fs::metadata(&part).is_ok_and(|meta| meta.len() > 0));
    fs::remove_file(&part).unwrap();
    fs::write(&part, "of somebody else").unwrap();
    assert_eq!(get.wait().unwrap().code(), Some(8));
    assert!(!dir.path().join("Film").exists());
    assert_eq!(fs::read(&part).unwrap(), b"of somebody else");
}

#[test]
fn a_link_in_the_place_of_a_part_is_not_followed() {
    let (club, id, film, dir) = slow();
    let victim = dir.path().join("victim");
    fs::write(&victim, "").unwrap();
    symlink(&victim, part(dir.path(), &id, &film)).unwrap();
    run(&club, dir.path(), 8, &format!("get {id}"));
    assert_eq!(fs::read(&victim).unwrap(), b"");
    assert!(!dir.path().join("Film").exists());
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let (club, id, _, dir) = slow();
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    run(&club, dir.path(), 8, &format!("get {id} -o pipe --force"));
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_key_that_is_typed_twice_books_once() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    boss.want("STAGE Free seats=9 price=0.00", "250 OK");
    boss.want("STAGE Paid seats=9 price=1.00", "250 OK");
    boss.want("CREDIT anna 5.00", "250 OK");
    for _ in 0..2 {
        run(&club, dir.path(), 0, "book 1 1 key=k1");
        run(&club, dir.path(), 5, "book 2 1 key=k2");
    }
    assert_eq!(rows(&mut anna, "BOOKINGS").len(), 1);
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    for _ in 0..2 {
        shell.type_("book 2 1 key=k3\r");
        shell.wait("each? [y/N] ");
        shell.type_("y\r");
        shell.wait("booking");
        shell.prompt();
    }
    assert_eq!(rows(&mut anna, "BOOKINGS").len(), 2);
}

#[test]
fn lines_that_were_pasted_behind_a_command_are_not_remembered() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.give("whoami");
    shell.type_("\x1b[200~help whoami\rOldSecret\rNewSecret\x1b[201~\r");
    shell.wait("NewSecret");
    shell.prompt();
    shell.leave();
    let history = fs::read_to_string(dir.path().join(".local/state/reel/history")).unwrap();
    assert!(history.contains("whoami") && !history.contains("Secret"), "{history}");
}

#[test]
fn nobody_pays_for_what_could_not_be_written() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Film", "PAID", b"film", "price=1.00");
    boss.want("CREDIT anna 5.00", "250 OK");
    run(&club, dir.path(), 8, &format!("get {id} -o nowhere/film -y &"));
    run(&club, dir.path(), 8, &format!("get {id} -o nowhere/film -y"));
    assert_eq!(rows(&mut anna, "STATEMENT").len(), 1);
}
