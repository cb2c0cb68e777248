//! The disk is full: under the vault, under the database, under the log. It is told, others go on, and what was
//! refused works when there is room again.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use tests::{Club, Engine, admin, bytes, md5hex, on_both_engines, retr, rows, statement, stor, user};

on_both_engines! { a_full_disk_is_told_and_passes }

/// A small disk of the daemon's own under its data folder.
const DISK: &str =
    "mkdir -p {folder}/data && mount -t tmpfs -o size=24m,mode=700 reel {folder}/data && exec \"$@\"";

const MIB: u64 = 1 << 20;

/// What takes the room.
struct Filler(PathBuf);

impl Filler {
    /// Fills the disk of the club up to its last byte.
    fn fill(&self) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0).unwrap();
        for size in [64 * 1024, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }

    /// Fills it but for so many bytes.
    fn leave(&self, room: u64) {
        self.fill();
        let file = File::options().write(true).open(&self.0).unwrap();
        file.set_len(file.metadata().unwrap().len() - room).unwrap();
    }

    fn remove(&self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

fn a_full_disk_is_told_and_passes(engine: Engine) {
    let Some(unshare) = mounts() else {
        println!("NOT RUN: this machine lets nobody mount a disk of their own (unshare -m)");
        return;
    };
    let wrapper = ["unshare", unshare, "sh", "-c", DISK, "sh"];
    let club = Club::inside(engine, "", &wrapper);
    let filler = Filler(club.data().join("filler"));
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(1_000_000);
    let id = stor(&mut boss, "Before", "PAID", &film, "price=1.00");
    anna.want("TOPUP 100.00", "250 OK");
    anna.want(&format!("BUY {id}"), "250 OK");

    // What does not fit is refused before a byte of it is sent; what fits goes on.
    filler.leave(4 * MIB);
    boss.want(&format!("STOR {} {} kind=FREE", 5 * MIB, md5hex(b"")), "452 DISK_FULL");
    let more = bytes(2 * MIB as usize);
    let stor = format!("STOR {} {} kind=FREE resume=yes key=more", more.len(), md5hex(&more));
    boss.want(&stor, "150 SEND");
    boss.send(&more[..MIB as usize]);
    // The rest of the room goes to somebody else.
    let written = || {
        let parts = std::fs::read_dir(club.data().join("vault/v1/incoming")).unwrap();
        parts.map(|part| part.unwrap().metadata().unwrap().len()).sum::<u64>()
    };
    while written() < 768 * 1024 {
        std::thread::yield_now();
    }
    filler.fill();
    // The connection may be at its end before all of it is sent.
    let _ = boss.raw(&more[MIB as usize..]);
    boss.reply().is("452 DISK_FULL");
    boss.line = club.resume(&boss.token);

    // Nobody else is hit: all of this only reads.
    assert!(retr(&mut anna, &id) == film);
    for (command, status) in
        [("WHOAMI", "250 OK"), ("LIST", "210 END"), ("STATEMENT", "210 END"), ("NOOP", "250 OK")]
    {
        anna.want(command, status);
    }
    let mut topped = 10_000 - 100;
    let refused = match engine {
        Engine::Sqlite => {
            // As long as the log of the database has room in itself, all goes on.
            let number = (0..3000).find(|number| {
                let reply = anna.ask(&format!("TOPUP 1.00 key={number}"));
                topped += if reply.code == 250 { 100 } else { 0 };
                reply.code != 250 && reply.is("452 DISK_FULL").code == 452
            });
            let number = number.expect("it is full at last");
            // Nothing is there by halves, nobody hangs, and those who read go on.
            anna.want("TOPUP 5.00", "452 DISK_FULL");
            boss.want("POST full \"The disk is full\"", "452 DISK_FULL");
            assert_eq!(anna.balance(), topped);
            assert!(retr(&mut anna, &id) == film);
            format!("TOPUP 1.00 key={number}")
        }
        Engine::MariaDb => "TOPUP 1.00 key=elsewhere".to_owned(), // that database has a disk of its own
    };

    filler.remove();
    anna.want(&refused, "250 OK");
    anna.want(&refused, "250 OK");
    assert_eq!(anna.balance(), topped + 100);
    statement(&mut anna);
    let reply = boss.want(&stor, "150 SEND");
    let offset = reply.number("offset") as usize;
    assert!(offset >= 768 * 1024, "what had come was kept: {offset}");
    boss.send(&more[offset..]);
    let id = boss.reply().is("226 STORED").get("id").to_owned();
    assert!(retr(&mut boss, &id) == more);
    assert_eq!(rows(&mut boss, "LIST").len(), 2);
    assert!(!club.said().contains("panicked") && !club.said().contains("Z ERROR"), "{}", club.said());
    // The operator can read why.
    assert!(club.said().contains("the disk under the files is full"), "{}", club.said());
    let database = club.said().contains("the disk under the database is full");
    assert_eq!(database, engine == Engine::Sqlite);
    let out = club.operator(&["check", "--deep"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

/// How one may mount here: as root of a namespace of one's own, or as the root that one is.
fn mounts() -> Option<&'static str> {
    let works = |how: &&str| {
        let tried = Command::new("unshare").args([how, "sh", "-c", "mount -t tmpfs reel /tmp"]).output();
        tried.expect("unshare, of util-linux").status.success()
    };
    ["-rm", "-m"].into_iter().find(works)
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let mut club = Club::inside(Engine::Sqlite, "", &["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"]);
    for _ in 0..2 {
        let mut anna = user(&club, &format!("anna{}", club.pid()));
        for _ in 0..20 {
            anna.want("TOPUP 1.00", "250 OK");
        }
        stor(&mut anna, "Film", "SHARED", &bytes(1000), "");
        anna.want("RETR 99", "550 NOT_FOUND");
        drop(anna);
        assert!(club.stop().success());
        club.restart();
    }
}

#[test]
fn nor_does_what_it_prints() {
    // The address stands in the log then.
    let mut club = Club::inside(Engine::Sqlite, "", &["sh", "-c", "exec \"$@\" >/dev/full", "sh"]);
    user(&club, "anna").want("TOPUP 1.00", "250 OK");
    assert!(club.stop().success());
}
