//! Nothing in the daemon's memory grows with the size of a file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use md5::{Digest, Md5};
use tests::{Club, Engine, Line, admin, on_both_engines};

on_both_engines! { ten_large_files_at_once_up_and_down }

const MIB: usize = 1 << 20;
/// One file: with ten of them, much more passes through than may stay.
const FILE: usize = 48 * MIB;
/// What the daemon may grow by.
const BOUND_KIB: u64 = 64 * 1024;

/// The `n`th MiB of file number `file`.
fn piece(file: usize, n: usize) -> Vec<u8> {
    let mut piece = vec![(n * 31 + file) as u8; MIB];
    piece[..16].copy_from_slice(&((file as u128) << 64 | n as u128).to_le_bytes());
    piece
}

fn upload(line: &mut Line, file: usize) -> (usize, String) {
    let mut digest = Md5::new();
    (0..FILE / MIB).for_each(|n| digest.update(piece(file, n)));
    let digest: String = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
    line.want(&format!("STOR {FILE} {digest} kind=FREE title=Large"), "150 SEND");
    (0..FILE / MIB).for_each(|n| line.send(&piece(file, n)));
    (file, line.reply().is("226 STORED").get("id").to_owned())
}

fn download(line: &mut Line, file: usize, id: &str) {
    line.want(&format!("RETR {id}"), "150 DATA");
    for n in 0..FILE / MIB {
        assert!(line.body(MIB) == piece(file, n), "MiB {n} of file {file}");
    }
    line.reply().is("226 DONE");
}

/// The highest RSS while `work` runs.
fn peak(club: &Club, work: impl FnOnce()) -> u64 {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(club.rss_kib());
                thread::park_timeout(Duration::from_millis(5));
            }
            peak
        });
        work();
        done.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    })
}

fn ten_large_files_at_once_up_and_down(engine: Engine) {
    let club = Club::start(engine);
    let boss = admin(&club);
    let idle = club.rss_kib();
    let line = || club.resume(&boss.token);
    let mut stored = vec![];
    let up = peak(&club, || {
        stored = thread::scope(|scope| {
            let jobs: Vec<_> = (0..10).map(|file| scope.spawn(move || upload(&mut line(), file))).collect();
            jobs.into_iter().map(|job| job.join().unwrap()).collect()
        });
    });
    let down = peak(&club, || {
        thread::scope(|scope| {
            for (file, id) in &stored {
                scope.spawn(move || download(&mut line(), *file, id));
            }
        });
    });
    for (what, peak) in [("uploads", up), ("downloads", down)] {
        assert!(peak <= idle + BOUND_KIB, "ten {what}: {peak} KiB, {idle} KiB when idle");
    }
}
