//! Transfers on a terminal: the bar, Ctrl-C, and the queue behind the prompt.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;

use tests::{Club, Engine, Terminal, admin, bytes, md5hex, retr, soon, stor, user};

const PROMPT: &str = "anna@127.0.0.1> ";

/// A club that sends slowly, with a shared title of so many bytes.
fn slow(size: usize) -> (Club, String, Vec<u8>, tempfile::TempDir) {
    let club = Club::with(Engine::Sqlite, "[limits]\ndownload_rate = 300000\n");
    let mut boss = admin(&club);
    user(&club, "anna");
    let film = bytes(size);
    let id = stor(&mut boss, "绿茶 Film", "SHARED", &film, "");
    (club, id, film, tempfile::tempdir().unwrap())
}

/// The last row of the screen that is not empty.
fn last(screen: &str) -> String {
    screen.lines().rfind(|row| !row.trim().is_empty()).unwrap_or_default().to_owned()
}

#[test]
fn control_c_ends_a_get_and_keeps_what_has_arrived() {
    let (club, id, film, dir) = slow(900_000);
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.type_(&format!("get {id}\r"));
    shell.wait_screen("a bar", |screen| screen.contains("Receiving ━") && screen.contains("KiB/s"));
    shell.type_("\x03");
    shell.wait("are kept in 绿茶 Film.");
    shell.wait("Stopped.");
    shell.wait(PROMPT);
    // Nothing of the bar is left on the screen.
    assert!(!shell.screen().contains('━'), "{}", shell.screen());
    shell.type_(&format!("get {id}\r"));
    shell.wait("Going on: ");
    shell.wait("MD5 verified");
    assert!(fs::read(dir.path().join("绿茶 Film")).unwrap() == film);
    shell.leave();
}

#[test]
fn the_end_of_a_job_does_not_disturb_the_line_that_is_typed() {
    let (club, id, film, dir) = slow(450_000);
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.type_(&format!("get {id} -o film &\r"));
    shell.wait("[1] In the background: get");
    shell.wait(PROMPT);
    shell.type_("who");
    shell.wait("who");
    shell.wait("[1] Done: get");
    shell.wait_screen("what was typed, below it", |screen| last(screen) == format!("{PROMPT}who"));
    assert!(shell.screen().contains("Saved film (439.4 KiB), MD5 verified."), "{}", shell.screen());
    assert!(fs::read(dir.path().join("film")).unwrap() == film);
    shell.type_("ami\r");
    shell.wait("member-until");
    shell.leave();
}

#[test]
fn jobs_are_listed_waited_for_and_cancelled() {
    let (club, id, _, dir) = slow(6_000_000);
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    for number in 1..=4 {
        shell.type_(&format!("get {id} -o film{number} &\r"));
        shell.wait(&format!(
            "[{number}] {}",
            if number < 4 { "In the background" } else { "Waits for its turn" }
        ));
        shell.wait(PROMPT);
    }
    shell.type_("wait 1\r");
    shell.wait_screen("a bar of the first", |screen| {
        last(screen).starts_with("[1] ━") && last(screen).contains("/5.72 MiB")
    });
    // Ctrl-C ends the waiting, not the job.
    shell.type_("\x03");
    shell.wait("It goes on in the background.");
    shell.wait(PROMPT);
    shell.type_("jobs\r");
    shell.wait(" %  ");
    shell.wait("B/s");
    shell.wait("queued");
    shell.wait(PROMPT);
    for number in [4, 2] {
        shell.type_(&format!("cancel {number}\r"));
        shell.wait(&format!("[{number}] Stopped: get"));
        shell.wait(PROMPT);
    }
    // Of what was stopped it says how far it came.
    let listed = shell.give("jobs");
    let stopped = listed.lines().find(|row| row.trim_start().starts_with("2  stopped")).unwrap_or_default();
    assert!(stopped.contains(" %") && !stopped.contains("100 %"), "{listed}");
    let parts = || {
        fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().contains("reel-part"))
            .count()
    };
    assert_eq!(parts(), 3);
    shell.type_("quit\r");
    shell.wait("Transfers in the background that are stopped: 2.");
    shell.end(0);
    assert_eq!(parts(), 3);
}

#[test]
fn what_has_to_be_asked_is_asked_before_it_goes_behind() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    boss.want("CREDIT anna 10.00", "250 OK");
    let (film, other) = (bytes(50_000), bytes(50_000));
    let id = stor(&mut boss, "Dear", "PAID", &film, " price=3.00");
    let shelf = stor(&mut boss, "Shelf", "SHARED", &other, "");
    fs::write(dir.path().join("mine"), "mine").unwrap();
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.type_(&format!("get {id} &\r"));
    shell.wait("Buy “Dear” for 3.00? [y/N] ");
    shell.type_("n\r");
    shell.wait("NEED_PAY");
    shell.wait(PROMPT);
    shell.type_(&format!("get {id} &\r"));
    shell.wait("Buy “Dear” for 3.00? [y/N] ");
    shell.type_("y\r");
    shell.wait("Bought for 3.00");
    shell.wait("[1] In the background");
    shell.wait("[1] Done");
    shell.type_(&format!("get {shelf} -o mine &\r"));
    shell.wait("mine is there with other bytes. Replace it? [y/N] ");
    shell.type_("y\r");
    shell.wait("[2] Done");
    assert!(fs::read(dir.path().join("mine")).unwrap() == other);
    assert_eq!(anna.balance(), 700);
    shell.leave();
}

#[test]
fn the_bar_fits_a_narrow_terminal() {
    let (club, id, _, dir) = slow(900_000);
    let mut shell = Terminal::of_sized(&club, dir.path(), "anna", &[], &[], 12, 40);
    shell.type_(&format!("get {id}\r"));
    shell.wait_screen("a bar of one line", |screen| {
        let row = last(screen);
        row.starts_with("Receiving ")
            && row.contains(" % ")
            && row.contains("KiB/s")
            && row.chars().count() <= 40
    });
    shell.resize(30, 100);
    shell.wait("MD5 verified");
    shell.leave();
    soon("the file is there", || dir.path().join("绿茶 Film").exists());
}

#[test]
fn control_c_ends_all_of_several() {
    let (club, id, _, dir) = slow(900_000);
    let mut boss = admin(&club);
    let more = stor(&mut boss, "Second", "SHARED", &bytes(1000), "");
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.type_(&format!("get {id} {more} -o got/\r"));
    shell.wait("1 of 2: 绿茶 Film");
    shell.wait_screen("a bar", |screen| screen.contains("Receiving ━"));
    shell.type_("\x03");
    shell.wait("Stopped.");
    shell.wait("Done: 0 of 2.");
    shell.wait(PROMPT);
    assert!(!shell.said().contains("2 of 2"), "{}", shell.said());
    shell.leave();
    assert_eq!(fs::read_dir(dir.path().join("got")).unwrap().count(), 1);
}

#[test]
fn an_upload_whose_shell_was_killed_goes_on_where_it_was() {
    let club = Club::with(Engine::Sqlite, "[limits]\nupload_rate = 3000000\n");
    let dir = tempfile::tempdir().unwrap();
    let mut anna = user(&club, "anna");
    let film = bytes(12_000_000);
    fs::write(dir.path().join("up.webm"), &film).unwrap();
    let mut first = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    first.type_("put up.webm\r");
    first.wait_screen("a good deal of the bar", |screen| screen.contains("Sending   ━━━━━━━━━━"));
    first.process().kill().unwrap();
    drop(first);
    // What was on the way arrives; then the club has some of it, and asks for the rest.
    let line = format!("STOR {} {} title=up.webm resume=yes prove=no", film.len(), md5hex(&film));
    let mut offset = 0;
    soon("what was received is let go", || {
        let asked = club.resume(&anna.token).ask(&line);
        if asked.line.starts_with("150") {
            offset = asked.number("offset");
        }
        offset > 0
    });
    assert!(offset > 500_000, "{offset}");
    let mut second = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    second.type_("put up.webm\r");
    second.wait("id");
    second.leave();
    assert!(retr(&mut anna, "1") == film);
}
