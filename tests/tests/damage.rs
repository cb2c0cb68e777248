//! Files of the vault are missing or damaged: the download fails before its first byte or by closing, it is logged
//! with the title, `reeld check` names it, and an upload of the right bytes heals it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use tests::{Club, Engine, Line, Person, admin, bytes, md5hex, retr, stor};

/// The file of the only content of so many bytes.
fn file_of(club: &Club, size: usize) -> PathBuf {
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = below(club.data().join("vault/v1/stored")).flat_map(below).flat_map(below);
    files.into_iter().find(|file| file.metadata().unwrap().len() == size as u64).expect("such a file")
}

/// Another byte in the middle; length and name stay.
fn flip(file: &PathBuf) {
    let (file, mut byte) = (File::options().read(true).write(true).open(file).unwrap(), [0]);
    let middle = file.metadata().unwrap().len() / 2;
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 1], middle).unwrap();
}

#[track_caller]
fn named(club: &Club, id: &str, options: &[&str], how: &str) {
    let out = club.operator(&[&["check"], options].concat());
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{text}");
    let title = format!("title {id} ");
    assert!(text.lines().any(|line| line.contains(how) && line.contains(&title)), "{text}");
    assert!(club.said().contains(&format!("title={id} content=")), "{}", club.said());
}

#[track_caller]
fn healed(club: &Club, boss: &mut Person, id: &str, film: &[u8]) {
    stor(boss, "Again", "FREE", film, "prove=no");
    assert!(retr(boss, id) == film);
    let out = club.operator(&["check", "--deep"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

/// The connection ends inside the body of a whole file, and no word says that it was all.
fn ends_early(line: &mut Line, id: &str, size: usize) {
    line.want(&format!("RETR {id}"), "150 DATA");
    let got = line.rest().len();
    assert!(got < size, "{got} bytes of {size} came, or more than those");
}

#[test]
fn a_small_file_is_read_before_it_is_sent() {
    let club = Club::start(Engine::Sqlite);
    let mut boss = admin(&club);
    let film = bytes(70_000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    assert!(retr(&mut boss, &id) == film);
    flip(&file_of(&club, film.len()));
    boss.want(&format!("RETR {id}"), "551 DAMAGED");
    boss.want(&format!("RETR {id} offset=5 length=5"), "551 DAMAGED");
    named(&club, &id, &["--deep"], "damaged");
    healed(&club, &mut boss, &id, &film);
}

#[test]
fn a_large_file_does_not_come_to_its_end() {
    let mut club = Club::start(Engine::Sqlite);
    let mut boss = admin(&club);
    let film = bytes(9_000_000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    let file = file_of(&club, film.len());
    // Nobody has seen it in this life of the daemon, but it is sound.
    drop(boss.line);
    club.restart();
    boss.line = club.resume(&boss.token);
    assert!(retr(&mut boss, &id) == film);
    flip(&file);
    ends_early(&mut boss, &id, film.len());
    boss.line = club.resume(&boss.token);
    for piece in ["", "offset=5 length=5", "offset=8999999"] {
        boss.want(&format!("RETR {id} {piece}"), "551 DAMAGED");
    }
    named(&club, &id, &["--deep"], "damaged");
    assert!(club.said().contains("stored bytes are damaged: they are not those that were stored"));
    healed(&club, &mut boss, &id, &film);
}

#[test]
fn a_file_ends_early_while_it_is_sent() {
    let club = Club::start(Engine::Sqlite);
    let mut boss = admin(&club);
    // More than the sockets hold.
    let film = bytes(40_000_000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    boss.want(&format!("RETR {id}"), "150 DATA");
    File::options().write(true).open(file_of(&club, film.len())).unwrap().set_len(38_000_000).unwrap();
    let got = boss.rest();
    assert!(film.starts_with(&got) && got.len() <= 38_000_000, "{}", got.len());
    boss.line = club.resume(&boss.token);
    boss.want(&format!("RETR {id}"), "551 DAMAGED");
    named(&club, &id, &[], "its file has 38000000 bytes");
    assert!(club.said().contains("stored bytes are damaged: they end early"));
    healed(&club, &mut boss, &id, &film);
}

#[test]
fn a_missing_file_is_refused_and_nothing_else() {
    let club = Club::start(Engine::Sqlite);
    let mut boss = admin(&club);
    let film = bytes(2000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    let other = stor(&mut boss, "Other", "FREE", &bytes(2001), "");
    let file = file_of(&club, film.len());
    fs::remove_file(&file).unwrap();
    boss.want(&format!("RETR {id}"), "551 DAMAGED");
    named(&club, &id, &[], "missing");
    // Something else has its name.
    fs::create_dir(&file).unwrap();
    boss.want(&format!("RETR {id}"), "551 DAMAGED");
    fs::remove_dir(&file).unwrap();
    retr(&mut boss, &other);
    // No proof is asked for over bytes that are not there.
    boss.want(&format!("STOR {} {} title=Film kind=FREE", film.len(), md5hex(&film)), "150 SEND");
    boss.send(&film);
    boss.reply().is("226 STORED");
    assert!(retr(&mut boss, &id) == film);
}
