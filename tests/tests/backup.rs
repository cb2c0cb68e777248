//! `reeld backup` and `reeld restore`: what comes back is the club as it was at one moment, with every byte, on either
//! database; what breaks off leaves what was there before.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::{
    Club, Engine, Line, Over, Person, Site, admin, bytes, on_both_engines, pass, retr, rows, statement, stor,
    user,
};

on_both_engines! {
    a_club_at_work_is_backed_up
    everything_comes_back_on_either_engine
    only_what_is_new_is_copied
    killed_in_the_middle_it_leaves_the_earlier_one
    too_little_room_is_told_before_anything_is_copied
    what_is_damaged_or_missing_is_named_and_left_out
    a_purge_waits_for_the_backup
    nothing_is_restored_over_a_club
    a_damaged_backup_is_named
    a_restore_that_broke_off_goes_on
}

fn other(engine: Engine) -> Engine {
    match engine {
        Engine::Sqlite => Engine::MariaDb,
        Engine::MariaDb => Engine::Sqlite,
    }
}

/// Exit status, output, and what was complained of.
fn told(out: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[track_caller]
fn backup(club: &Club, dir: &Path, options: &[&str]) -> String {
    let (code, out, err) = told(club.operator(&[&["backup", dir.to_str().unwrap()], options].concat()));
    assert_eq!(code, 0, "{out}{err}");
    out
}

#[track_caller]
fn restored(dir: &Path, engine: Engine) -> Club {
    let site = Site::new(engine);
    let (code, out, err) = told(restore(&site, dir, &[]));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("restored the backup of "), "{out}");
    assert!(!site.data().join("restore.db").exists());
    let club = site.start();
    clean(&club);
    club
}

fn restore(site: &Site, dir: &Path, options: &[&str]) -> Output {
    site.command(&[&["restore", dir.to_str().unwrap()], options].concat()).output().unwrap()
}

#[track_caller]
fn clean(club: &Club) {
    let (code, out, err) = told(club.operator(&["check", "--deep"]));
    assert_eq!(code, 0, "{out}{err}");
}

fn login(club: &Club, name: &str) -> Line {
    let mut line = club.line();
    line.want(&format!("LOGIN {name} {}", pass(name)), "230 OK");
    line
}

/// All titles that an admin sees, each with its bytes.
fn fetch_all(line: &mut Line) -> Vec<(String, usize)> {
    let titles = rows(line, "LIST");
    let fetch = |title: tests::Fields| {
        let body = retr(line, title.get("id"));
        assert_eq!(body.len() as u64, title.number("size"));
        (title.get("title").to_owned(), body.len())
    };
    titles.into_iter().map(fetch).collect()
}

fn balances(line: &mut Line) -> Vec<(String, String)> {
    let users = rows(line, "USERS");
    users.iter().map(|row| (row.get("user").to_owned(), row.get("balance").to_owned())).collect()
}

fn content_of(dir: &Path, length: usize) -> PathBuf {
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = below(dir.join("vault/v1/stored")).flat_map(below).flat_map(below);
    let mut files = files.filter(|file| file.metadata().unwrap().len() == length as u64);
    let file = files.next().expect("such a file");
    assert!(files.next().is_none());
    file
}

fn has_content(dir: &Path, length: usize) -> bool {
    let below =
        |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files = below(dir.join("vault/v1/stored")).flat_map(below).flat_map(below);
    files.any(|file| file.metadata().is_ok_and(|file| file.len() == length as u64))
}

fn flip_a_byte(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// Puts a pipe in the place of a file: whoever reads it stands still.
fn stand_still(file: &Path) {
    fs::rename(file, file.with_extension("kept")).unwrap();
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}

fn put_back(file: &Path) {
    fs::rename(file.with_extension("kept"), file).unwrap();
}

/// Runs a command until something is so, and kills it where it stands.
fn killed_when(mut command: Command, mut so: impl FnMut() -> bool) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !so() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended");
        thread::yield_now();
    }
    assert_eq!(child.try_wait().unwrap(), None, "it ended");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn a_club_at_work_is_backed_up(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = stor(&mut boss, "A film for sale", "PAID", &bytes(5000), "price=0.01");
    let buyers: Vec<Person> = (0..3).map(|n| user(&club, &format!("buyer{n}"))).collect();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("backup");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (club, over, film, token) = (&club, &over, &film, &boss.token);
        for buyer in &buyers {
            scope.spawn(move || {
                let mut line = club.resume(&buyer.token);
                while !over.load(Ordering::Relaxed) {
                    line.want("TOPUP 0.05", "250 OK");
                    let bought = line.ask(&format!("BUY {film}"));
                    assert!(["250 OK", "250 OWNED"].contains(&bought.status().as_str()), "{}", bought.line);
                }
            });
        }
        scope.spawn(move || {
            let mut line = club.resume(token);
            let mut number = 0;
            while !over.load(Ordering::Relaxed) {
                let id = stor(&mut line, &format!("Upload {number}"), "FREE", &bytes(3000 + number), "");
                if number % 3 == 0 {
                    line.want(&format!("DELE {id}"), "250 OK");
                    let (code, out, err) = told(club.operator(&["purge", &id]));
                    assert_eq!(code, 0, "{out}{err}");
                }
                // Not bought again since the last time, if the machine is busy.
                let paid = line.ask(&format!("REFUND buyer0 {film}"));
                assert!(["250 OK", "550 NOT_FOUND"].contains(&paid.status().as_str()), "{}", paid.line);
                number += 1;
            }
        });
        let _over = Over(over);
        for _ in 0..3 {
            backup(club, &dir, &[]);
        }
    });
    let name = boss.name.clone();
    let copy = restored(&dir, engine);
    let mut line = login(&copy, &name);
    assert!(!fetch_all(&mut line).is_empty());
    for buyer in buyers {
        let mut line = login(&copy, &buyer.name);
        let balance = line.want("WHOAMI", "250 OK").fields.money("balance");
        let token = line.want(&format!("LOGIN {} {}", buyer.name, pass(&buyer.name)), "230 OK");
        let token = token.get("token").to_owned();
        let amounts = statement(&mut Person { name: buyer.name, token, line });
        assert_eq!(amounts.iter().sum::<i64>(), balance);
    }
}

/// A club with something of everything, and what an admin and a user see of it.
fn busy(engine: Engine) -> (Club, Person, Person) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let film = stor(&mut boss, "绿茶 Green tea", "PAID", &bytes(300_000), "price=3.00");
    let gone = stor(&mut boss, "Gone", "FREE", &bytes(1000), "");
    stor(&mut boss, "Empty", "FREE", b"", "");
    let mut anna = user(&club, "anna");
    anna.want("TOPUP 100.00 key=first", "250 OK");
    anna.want(&format!("BUY {film}"), "250 OK");
    anna.want("MEMBER", "250 OK");
    stor(&mut anna, "Of anna", "SHARED", &bytes(10), "");
    retr(&mut anna, &film);
    anna.want("HISTORY", "210 END");
    boss.want(&format!("DELE {gone}"), "250 OK");
    boss.want("POST \"News\" \"All is well.\"", "250 OK");
    boss.want("VOUCHER 5.00", "210 END");
    let night = boss.want("STAGE \"Film night\" seats=5 price=1.00", "250 OK").get("id").to_owned();
    anna.want(&format!("BOOK {night} 2"), "250 OK");
    anna.want("JOIN hall", "250 OK");
    anna.want("SAY hall \"Is anybody here?\"", "250 OK");
    club.import("small", "tea\ta drink\ncup\twhat it is drunk from\n");
    anna.want("DEFINE tea", "210 END");
    anna.want("LOOKUPS", "210 END");
    (club, boss, anna)
}

/// What the two see, line by line, without what a log-in changes.
fn seen(boss: &mut Line, anna: &mut Line) -> Vec<String> {
    let ask = |line: &mut Line, command: &str| {
        let mut all = vec![command.to_owned()];
        let seen = rows(line, command);
        all.extend(seen.into_iter().map(|row| format!("{row:?}")));
        all
    };
    let mut all: Vec<String> =
        ["LIST", "LIST DELETED", "NOTICES", "EVENTS", "STATS", "AUDIT", "SEARCH 绿茶", "LIST sort=name"]
            .iter()
            .flat_map(|command| ask(boss, command))
            .filter(|line| !line.contains("seen"))
            .collect();
    all.extend(balances(boss).into_iter().map(|(name, balance)| format!("{name} {balance}")));
    let commands = ["LIST OWNED", "STATEMENT", "HISTORY", "BOOKINGS", "LOOKUPS", "DEFINE cup", "USERS nn"];
    all.extend(commands[..6].iter().flat_map(|command| ask(anna, command)));
    all
}

fn everything_comes_back_on_either_engine(engine: Engine) {
    let (club, mut boss, mut anna) = busy(engine);
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let out = backup(&club, &first, &[]);
    assert!(out.contains("2 accounts, 4 titles, 293.9 KiB"), "{out}");
    let before = seen(&mut boss, &mut anna);
    // To the other engine and back, beside no daemon.
    let mut copy = restored(&first, other(engine));
    copy.stop();
    backup(&copy, &second, &[]);
    for (dir, engine) in [(&first, engine), (&second, engine)] {
        let copy = restored(dir, engine);
        let (mut boss_there, mut anna_there) = (login(&copy, &boss.name), login(&copy, "anna"));
        assert_eq!(seen(&mut boss_there, &mut anna_there), before);
        assert_eq!(fetch_all(&mut boss_there).len(), 3);
        // A key is still known, a token is not.
        anna_there.want("TOPUP 100.00 key=first", "250 OK");
        anna_there.want("TOPUP 1.00 key=first", "553 KEY_REUSED");
        copy.line().want(&format!("RESUME {}", anna.token), "530 BAD_CREDENTIALS");
        // What comes now gets numbers that were never given.
        assert_eq!(stor(&mut boss_there, "One more", "FREE", &bytes(20), ""), "5");
        clean(&copy);
    }
}

fn only_what_is_new_is_copied(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    let gone = stor(&mut boss, "Gone", "FREE", &bytes(1000), "");
    stor(&mut boss, "Stays", "FREE", &bytes(2000), "");
    assert!(backup(&club, &dir, &[]).contains("2 files copied (2.9 KiB), 0 there before, 0 removed"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("manifest.toml"))), (0o700, 0o600));
    let old = content_of(&dir, 2000);
    assert_eq!(mode(&old), 0o600);
    let written = fs::metadata(&old).unwrap().modified().unwrap();
    boss.want(&format!("DELE {gone}"), "250 OK");
    assert!(backup(&club, &dir, &[]).contains("0 files copied (0 bytes), 2 there before, 0 removed"));
    assert!(club.operator(&["purge", &gone]).status.success());
    stor(&mut boss, "New", "FREE", &bytes(3000), "");
    assert!(backup(&club, &dir, &[]).contains("1 file copied (2.9 KiB), 1 there before, 1 removed"));
    assert_eq!(fs::metadata(&old).unwrap().modified().unwrap(), written);
    let databases = || {
        let names =
            fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.contains(".db")).collect();
        names.sort();
        names
    };
    assert_eq!(databases().len(), 1, "{:?}", databases());
    // What is damaged in the backup is found where that is asked for, and copied anew.
    flip_a_byte(&old);
    assert!(backup(&club, &dir, &[]).contains("0 files copied"));
    assert!(backup(&club, &dir, &["--verify"]).contains("1 file copied (1.9 KiB), 1 there before"));
    let copy = restored(&dir, engine);
    assert_eq!(fetch_all(&mut login(&copy, &boss.name)), [("Stays".into(), 2000), ("New".into(), 3000)]);
}

fn killed_in_the_middle_it_leaves_the_earlier_one(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    stor(&mut boss, "Old", "FREE", &bytes(1000), "");
    backup(&club, &dir, &[]);
    let manifest = fs::read(dir.join("manifest.toml")).unwrap();
    stor(&mut boss, "New", "FREE", &bytes(2000), "");
    stor(&mut boss, "Newest", "FREE", &bytes(3000), "");
    let newest = content_of(&club.data(), 3000);
    stand_still(&newest);
    killed_when(club.command(&["backup", dir.to_str().unwrap()]), || has_content(&dir, 2000));
    put_back(&newest);
    assert_eq!(fs::read(dir.join("manifest.toml")).unwrap(), manifest);
    let copy = restored(&dir, engine);
    assert_eq!(fetch_all(&mut login(&copy, &boss.name)), [("Old".into(), 1000)]);
    // The next one goes on where it was.
    assert!(backup(&club, &dir, &[]).contains("1 file copied (2.9 KiB), 2 there before"));
    assert!(!dir.join("reel.db.part").exists());
    let copy = restored(&dir, engine);
    assert_eq!(fetch_all(&mut login(&copy, &boss.name)).len(), 3);
}

fn too_little_room_is_told_before_anything_is_copied(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    stor(&mut boss, "Old", "FREE", &bytes(1000), "");
    backup(&club, &dir, &[]);
    stor(&mut boss, "New", "FREE", &bytes(2000), "");
    stor(&mut boss, "Huge", "FREE", &bytes(3000), "");
    let free = Command::new("df").args(["--output=avail", "-B1"]).arg(folder.path()).output().unwrap();
    let free = String::from_utf8(free.stdout).unwrap();
    let huge = 2 * free.lines().last().unwrap().trim().parse::<u64>().unwrap();
    File::options().write(true).open(content_of(&club.data(), 3000)).unwrap().set_len(huge).unwrap();
    club.sql(&format!("UPDATE content SET size = {huge} WHERE size = 3000"));
    let manifest = fs::read(dir.join("manifest.toml")).unwrap();
    let (code, out, err) = told(club.operator(&["backup", dir.to_str().unwrap()]));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains(&format!("and {} are needed", huge + 2000)) && err.contains("bytes free"), "{err}");
    assert!(!has_content(&dir, 2000) && !dir.join("reel.db.part").exists());
    assert_eq!(fs::read(dir.join("manifest.toml")).unwrap(), manifest);
}

fn what_is_damaged_or_missing_is_named_and_left_out(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    stor(&mut boss, "Sound", "FREE", &bytes(1000), "");
    stor(&mut boss, "Damaged", "FREE", &bytes(2000), "");
    stor(&mut boss, "Missing", "FREE", &bytes(3000), "");
    flip_a_byte(&content_of(&club.data(), 2000));
    fs::remove_file(content_of(&club.data(), 3000)).unwrap();
    let (code, out, _) = told(club.operator(&["backup", dir.to_str().unwrap()]));
    assert_eq!(code, 1, "{out}");
    let found: Vec<&str> = out.lines().filter(|line| line.starts_with("FOUND ")).collect();
    assert_eq!(found.len(), 2, "{out}");
    assert!(found[0].contains("is damaged, the bytes of title 2 \"Damaged\""), "{out}");
    assert!(found[1].contains("is missing, the bytes of title 3 \"Missing\""), "{out}");
    assert!(out.contains("2 files missing in it"), "{out}");
    assert!(!has_content(&dir, 2000));
    let site = Site::new(engine);
    let (code, out, err) = told(restore(&site, &dir, &[]));
    assert_eq!((code, out.lines().count()), (1, 2), "{out}{err}");
    assert!(err.contains("2 of the contents cannot be restored; with --incomplete"), "{err}");
    // It is no club yet, and says so.
    for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["invite"], &["check"]] {
        let (code, _, err) = told(site.command(words).output().unwrap());
        assert!(code != 0 && err.contains("give `reeld restore` again"), "{err}");
    }
    let (code, out, err) = told(restore(&site, &dir, &["--incomplete"]));
    assert_eq!((code, out.lines().count()), (1, 4), "{out}{err}");
    let copy = site.start();
    let (code, out, _) = told(copy.operator(&["check"]));
    assert_eq!((code, out.lines().filter(|line| line.starts_with("FOUND")).count()), (1, 2), "{out}");
    let mut line = login(&copy, &boss.name);
    assert_eq!(retr(&mut line, "1").len(), 1000);
    line.want("RETR 2", "551 DAMAGED");
}

fn a_purge_waits_for_the_backup(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    stor(&mut boss, "Slow", "FREE", &bytes(1000), "");
    let gone = stor(&mut boss, "Gone", "FREE", &bytes(2000), "");
    boss.want(&format!("DELE {gone}"), "250 OK");
    let slow = content_of(&club.data(), 1000);
    stand_still(&slow);
    let mut backup = club.command(&["backup", dir.to_str().unwrap()]).stdout(Stdio::piped()).spawn().unwrap();
    // It stands at the first content as soon as its database is made.
    while !dir.join("vault/v1/stored").exists() || !dir.join("reel.db.part").exists() {
        thread::yield_now();
    }
    let mut purge = club.command(&["purge", &gone]).stderr(Stdio::piped()).spawn().unwrap();
    let waits = BufReader::new(purge.stderr.take().unwrap()).lines().next();
    assert!(waits.unwrap().unwrap().contains("waiting: a backup is being made"));
    // Uploads and a look do not wait.
    stor(&mut boss, "Meanwhile", "FREE", &bytes(4000), "");
    let stray = club.data().join(format!("vault/v1/stored/ab/cd/abcd{}", "0".repeat(60)));
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, "left behind").unwrap();
    assert!(told(club.operator(&["check"])).1.contains("left behind"));
    fs::remove_file(&stray).unwrap();
    let (code, _, err) = told(club.operator(&["backup", dir.to_str().unwrap()]));
    assert!(code == 1 && err.contains("another backup is being made there"), "{err}");
    assert_eq!(purge.try_wait().unwrap(), None);
    assert!(has_content(&club.data(), 2000));
    // The reader finds a pipe, which is no content.
    drop(File::options().write(true).open(&slow).unwrap());
    assert_eq!(backup.wait().unwrap().code(), Some(1));
    assert!(purge.wait().unwrap().success());
    assert!(!has_content(&club.data(), 2000));
    assert!(has_content(&dir, 2000));
    put_back(&slow);
    let out = told(club.operator(&["backup", dir.to_str().unwrap()]));
    assert_eq!(out.0, 0, "{out:?}");
    assert!(!has_content(&dir, 2000));
    restored(&dir, engine);
}

fn nothing_is_restored_over_a_club(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    stor(&mut boss, "First", "FREE", &bytes(1000), "");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    let name = dir.to_str().unwrap();
    backup(&club, &dir, &[]);
    let refused = |club: &Club| {
        let (code, out, err) = told(club.operator(&["restore", name]));
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.contains("there is a club already"), "{err}");
        assert!(!err.contains("Unfinished") && !err.contains("again"), "{err}");
    };
    refused(&club);
    club.stop();
    refused(&club);
    club.restart();
    clean(&club);
    // Nor is a club's folder taken for a backup, or something else's.
    for wrong in [club.data(), folder.path().to_owned()] {
        fs::create_dir_all(folder.path().join("vault")).unwrap();
        let (code, _, err) = told(club.operator(&["backup", wrong.to_str().unwrap()]));
        assert!(code == 1 && err.contains("no backup of Reel's"), "{err}");
    }
    for nothing in [folder.path().join("none"), club.data()] {
        let (code, _, err) = told(restore(&Site::new(Engine::Sqlite), &nothing, &[]));
        assert!(code == 1 && err.contains("there is no backup in"), "{err}");
    }
    assert_eq!(fetch_all(&mut login(&club, &boss.name)).len(), 1);
}

fn a_damaged_backup_is_named(engine: Engine) {
    let club = Club::start(engine);
    let mut boss = admin(&club);
    stor(&mut boss, "First", "FREE", &bytes(1000), "");
    let second = bytes(2000);
    stor(&mut boss, "Second", "FREE", &second, "");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    backup(&club, &dir, &[]);
    flip_a_byte(&content_of(&dir, 2000));
    let site = Site::new(engine);
    let (code, out, err) = told(restore(&site, &dir, &[]));
    assert_eq!(code, 1);
    assert!(out.contains("is damaged, the bytes of title 2 \"Second\" cannot be restored"), "{out}");
    assert!(err.contains("1 of the contents") && err.contains("the same command again"), "{err}");
    flip_a_byte(&content_of(&dir, 2000));
    assert_eq!(told(restore(&site, &dir, &[])).0, 0);
    let copy = site.start();
    assert!(retr(&mut login(&copy, &boss.name), "2") == second);
    // Its database.
    let names = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let database = names.into_iter().find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    flip_a_byte(&database);
    let site = Site::new(engine);
    let (code, _, err) = told(restore(&site, &dir, &[]));
    assert!(code == 1 && err.contains("is damaged: its SHA-256"), "{err}");
    // What says which one it is.
    fs::write(dir.join("manifest.toml"), "format = 2\n").unwrap();
    let (code, _, err) = told(restore(&site, &dir, &[]));
    assert!(code == 1 && err.contains("format 2; this program knows 1"), "{err}");
    fs::write(dir.join("manifest.toml"), "format = 1\n").unwrap();
    assert_eq!(told(restore(&site, &dir, &[])).0, 1);
}

fn a_restore_that_broke_off_goes_on(engine: Engine) {
    let (club, mut boss, mut anna) = busy(engine);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("backup");
    backup(&club, &dir, &[]);
    let before = seen(&mut boss, &mut anna);
    let site = Site::new(engine);
    // The second content stands still: the first is copied.
    let second = content_of(&dir, 1000);
    stand_still(&second);
    let name = dir.to_str().unwrap();
    killed_when(site.command(&["restore", name]), || has_content(&site.data(), 300_000));
    put_back(&second);
    let (code, _, err) = told(site.command(&["serve", "--listen", "127.0.0.1:0"]).output().unwrap());
    assert!(code == 1 && err.contains("did not come to its end"), "{err}");
    assert_eq!(told(restore(&site, &dir, &[])).0, 0);
    let copy = site.start();
    clean(&copy);
    let (mut boss_there, mut anna_there) = (login(&copy, &boss.name), login(&copy, "anna"));
    assert_eq!(seen(&mut boss_there, &mut anna_there), before);
}
