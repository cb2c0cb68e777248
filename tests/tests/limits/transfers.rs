//! How many transfers there are at once, how fast they go, and how full the disk may be.

use super::*;

/// Bytes of a file, and the rate: two seconds.
const FILE: usize = 400_000;
const RATE: usize = 200_000;

/// Fetches a range and fails where any of it came sooner than the rate allows, from a start they have in common.
fn slow(line: &mut Line, command: &str, began: Instant, shared_by: usize) -> Vec<u8> {
    let length = line.want(command, "150 DATA").number("length") as usize;
    let mut all = vec![];
    while all.len() < length {
        all.extend(line.body((length - all.len()).min(10_000)));
        let due = all.len() * shared_by * 1000 / RATE;
        let took = began.elapsed().as_millis() as usize;
        // A slice each goes at once, and slices are a twentieth of a second each.
        assert!(took + 60 + 60 * shared_by >= due, "{} bytes after {took} ms", all.len());
    }
    line.reply().is("226 DONE");
    all
}

#[test]
fn downloads_go_no_faster_than_they_may() {
    let limits = format!("[limits]\naccount_download_rate = {RATE}\n");
    let club = Club::with(Engine::Sqlite, &limits);
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(FILE);
    let id = stor(&mut boss, "Film", "SHARED", &film, "");
    let began = Instant::now();
    thread::scope(|scope| {
        // An admin too, and an account has a rate of its own.
        let whole = scope.spawn(|| slow(&mut boss.line, &format!("RETR {id}"), began, 1));
        // Two segments share the rate of their account, and go equally fast.
        let parts = at_once(&club, &anna, 2, |part, line| {
            let half = FILE / 2;
            slow(line, &format!("RETR {id} offset={} length={half}", part * half), began, 2)
        });
        assert!(parts.concat() == film);
        assert!(whole.join().unwrap() == film);
    });
    assert!(began.elapsed() >= Duration::from_millis(1800), "{:?}", began.elapsed());
    // The rate of all together, without a restart.
    club.configure(&format!("[limits]\ndownload_rate = {RATE}\n"));
    club.signal("HUP");
    logged(&club, "reloaded: limits.account_download_rate, limits.download_rate");
    let began = Instant::now();
    thread::scope(|scope| {
        let command = format!("RETR {id} length={}", FILE / 2);
        let other = scope.spawn(|| slow(&mut boss.line, &format!("RETR {id} length={}", FILE / 2), began, 2));
        slow(&mut anna.line, &command, began, 2);
        other.join().unwrap();
    });
    assert!(began.elapsed() >= Duration::from_millis(1800), "{:?}", began.elapsed());
}

#[test]
fn uploads_go_no_faster_than_they_may() {
    let limits = format!("[limits]\naccount_upload_rate = {RATE}\nupload_rate = {}\n", RATE * 3 / 2);
    let club = Club::with(Engine::Sqlite, &limits);
    let (anna, berta) = (user(&club, "anna"), user(&club, "berta"));
    let began = Instant::now();
    let send = |line: &mut Line, size: usize| {
        let (film, began) = (bytes(size), Instant::now());
        let id = stor(line, "Film", "SHARED", &film, "");
        (began.elapsed(), id, film)
    };
    thread::scope(|scope| {
        let mut third = club.resume(&berta.token);
        let other = scope.spawn(move || send(&mut third, FILE / 2));
        let mine = at_once(&club, &anna, 2, |_, line| send(line, FILE / 2));
        for (_, id, film) in mine {
            assert!(retr(&mut club.resume(&anna.token), &id) == film);
        }
        // Half of what all have at most is for the one who is alone.
        other.join().unwrap();
    });
    // 400,000 bytes of one account at 200,000 a second, 600,000 in all at 300,000.
    assert!(began.elapsed() >= Duration::from_millis(1800), "{:?}", began.elapsed());
}

#[test]
fn so_many_downloads_and_no_more() {
    let club = Club::with(Engine::Sqlite, "[limits]\ndownloads = 3\naccount_downloads = 2\n");
    let (mut boss, anna, berta) = (admin(&club), user(&club, "anna"), user(&club, "berta"));
    let film = bytes(16 << 20); // more than fits into the sockets
    let id = stor(&mut boss, "Film", "SHARED", &film, "");
    let (begin, again) = (format!("RETR {id}"), format!("RETR {id} length=1"));
    let mut under_way: Vec<Line> = (0..2).map(|_| club.resume(&anna.token)).collect();
    under_way.iter_mut().for_each(|line| drop(line.want(&begin, "150 DATA")));
    club.resume(&anna.token).want(&again, "450 BUSY");
    let mut third = club.resume(&berta.token);
    third.want(&begin, "150 DATA");
    boss.want(&again, "450 BUSY"); // the fourth of all
    assert!(third.body(film.len()) == film);
    third.reply().is("226 DONE");
    boss.want(&again, "150 DATA");
    boss.body(1);
    boss.reply().is("226 DONE");
    under_way.pop();
    let mut line = club.resume(&anna.token);
    soon("there is room again", || match line.ask(&again).status().as_str() {
        "150 DATA" => true,
        busy => {
            assert_eq!(busy, "450 BUSY");
            false
        }
    });
}

#[test]
fn uploads_leave_room_on_the_disk() {
    let club = Club::with(Engine::Sqlite, "[limits]\ndisk_free_percent = 100\n");
    let (mut boss, other) = (admin(&club), user(&club, "anna"));
    let stor =
        |size: u64, name: &str| format!("STOR {size} {} title={name} kind=SHARED", md5hex(name.as_bytes()));
    boss.want(&stor(1, "one"), "452 DISK_FULL");
    // Half of the disk may be filled: a third of it by one, and then no third by another beside it.
    let disk = rustix::fs::statvfs(club.data()).unwrap();
    let free = disk.f_bavail * disk.f_frsize;
    club.configure(&format!(
        "[limits]\ndisk_free_bytes = {}\nupload_bytes = {free}\n[shelf]\nbytes = {free}\n",
        free / 2
    ));
    club.signal("HUP");
    logged(&club, "limits.disk_free_percent");
    let mut first = club.resume(&boss.token);
    first.want(&stor(free / 3, "large"), "150 SEND");
    boss.want(&stor(free / 3, "too"), "452 DISK_FULL");
    club.resume(&other.token).want(&stor(free / 3, "too"), "452 DISK_FULL");
    club.resume(&other.token).want(&stor(1000, "small"), "150 SEND");
    drop(first);
    soon("its room is given back", || boss.ask(&stor(free / 3, "too")).status() == "150 SEND");
}
