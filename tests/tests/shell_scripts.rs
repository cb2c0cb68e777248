//! `reel` as a script runs it: where its lines come from, when it stops, what it ends with, and that it never waits
//! for anybody.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tests::{Club, Engine, admin, bytes, program, stor, user};

/// A club, and a folder to be in.
fn club() -> (Club, tempfile::TempDir) {
    (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap())
}

/// `reel` in a session of its own, without any terminal, as anna.
fn reel(club: &Club, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(program("reel")).args(["--host", &club.address().to_string()]);
    command.args(["--user", "anna"]).args(arguments).current_dir(folder);
    command.env("REEL_PASSWORD", "the password of anna").env("HOME", folder).env("LC_ALL", "C.UTF-8");
    command.env_remove("XDG_STATE_HOME").env("SHELL", "/bin/sh").stdin(Stdio::null());
    command
}

/// Runs it with these bytes on standard input.
fn fed(mut command: Command, input: &[u8]) -> Output {
    let mut child = piped(&mut command).stdin(Stdio::piped()).spawn().unwrap();
    // One that does not read to the end is not to be blamed for it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn piped(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::piped()).stderr(Stdio::piped())
}

#[track_caller]
fn ended(output: Output, code: i32) -> (String, String) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[track_caller]
fn run(club: &Club, folder: &Path, code: i32, arguments: &[&str]) -> (String, String) {
    ended(reel(club, folder, arguments).output().unwrap(), code)
}

/// What a script on standard input says and ends with.
#[track_caller]
fn script(club: &Club, folder: &Path, code: i32, arguments: &[&str], lines: &[u8]) -> (String, String) {
    ended(fed(reel(club, folder, arguments), lines), code)
}

#[test]
fn every_exit_code_is_the_one_that_the_help_names() {
    let (club, dir) = club();
    let mut boss = admin(&club);
    user(&club, "anna");
    let free = stor(&mut boss, "Free", "FREE", &bytes(50_000), "");
    let paid = stor(&mut boss, "Paid", "PAID", b"paid", "price=2.00");
    let run = |code, line: &str| run(&club, dir.path(), code, &["-c", line]);
    run(0, "whoami");
    run(1, "users");
    run(2, "frobnicate");
    run(2, "ls sideways");
    run(2, "get");
    run(4, "info 999");
    run(4, "get 999");
    run(5, &format!("get {paid}"));
    run(5, &format!("buy {paid}"));
    run(7, &format!("RETR {free}"));
    run(8, "put nowhere.webm");
    run(9, "!exit 3");
    let nobody =
        Command::new(program("reel")).args(["--host", "127.0.0.1:1", "-c", "noop"]).output().unwrap();
    ended(nobody, 3);
    // Bytes that are no longer what they were.
    damage(&club.data(), b"paid");
    boss.want("CREDIT anna 5.00", "250 OK");
    // No yes, no money: a script names the price, or says --yes.
    run(5, &format!("buy {paid}"));
    run(5, "member");
    run(0, &format!("buy {paid} price=2.00"));
    run(6, &format!("get {paid}"));
    // Ctrl-C, while it waits for the ad.
    let mut waits = piped(&mut reel(&club, dir.path(), &["-c", &format!("get {free}")])).spawn().unwrap();
    let mut said = BufReader::new(waits.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("s left") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "no wait");
    }
    interrupt(&waits);
    assert_eq!(waits.wait().unwrap().code(), Some(130));
}

/// Changes the stored file that holds exactly this.
fn damage(folder: &Path, content: &[u8]) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            damage(&path, content);
        } else if fs::read(&path).is_ok_and(|there| there == content) {
            let mut mode = fs::metadata(&path).unwrap().permissions();
            #[allow(clippy::permissions_set_readonly_false, reason = "it is gone in a moment")]
            mode.set_readonly(false);
            fs::set_permissions(&path, mode).unwrap();
            fs::write(&path, vec![b'x'; content.len()]).unwrap();
        }
    }
}

/// Sends SIGINT to what `setsid` has started, which is alone in its session.
fn interrupt(child: &Child) {
    let list = Command::new("ps").args(["-o", "pid=", "--ppid", &child.id().to_string()]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    // Where setsid has not forked it is the process itself.
    let pid = list.split_whitespace().next().map_or(child.id().to_string(), str::to_owned);
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
}

#[test]
fn a_script_stops_at_its_first_failure_or_goes_on_and_says_what_it_was() {
    let (club, dir) = club();
    user(&club, "anna");
    let lines = b"info 999\nfrobnicate\nwhoami\n";
    let (out, err) = script(&club, dir.path(), 4, &[], lines);
    assert!(out.is_empty() && !err.contains("frobnicate"), "{out}{err}");
    for flag in ["-k", "--keep-going"] {
        let (out, err) = script(&club, dir.path(), 4, &[flag], lines);
        assert!(out.contains("anna") && err.contains("frobnicate"), "{out}{err}");
    }
    let (out, _) = run(&club, dir.path(), 2, &["-k", "-c", "frobnicate", "-c", "whoami", "-c", "info 999"]);
    assert!(out.contains("anna"), "{out}");
    // Who leaves has left, also then.
    let (out, _) = script(&club, dir.path(), 2, &["-k"], b"frobnicate\nquit\nwhoami\n");
    assert!(out.is_empty(), "{out}");
    // Without a log-in there is nothing to go on with.
    let mut wrong = reel(&club, dir.path(), &["-k", "-c", "whoami"]);
    let (out, err) = ended(wrong.env("REEL_PASSWORD", "another").output().unwrap(), 1);
    assert!(out.is_empty() && err.contains("BAD_CREDENTIALS"), "{out}{err}");
}

#[test]
fn commands_come_first_then_the_file_and_standard_input_only_when_it_is_named() {
    let (club, dir) = club();
    user(&club, "anna");
    fs::write(dir.path().join("script"), "raw CAPS\n").unwrap();
    let order = |out: &str, err: &str| {
        let lines: Vec<&str> = out.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
        assert!(lines == ["OK", "OK"], "{out}{err}");
        assert!(out.lines().next().unwrap().contains("user=anna"), "{out}");
        assert!(out.lines().nth(1).unwrap().contains("caps="), "{out}");
    };
    let (out, err) = run(&club, dir.path(), 0, &["-f", "script", "-c", "raw WHOAMI"]);
    order(&out, &err);
    let (out, err) = script(&club, dir.path(), 0, &["-f", "-", "-c", "raw WHOAMI"], b"raw CAPS");
    order(&out, &err);
    // What is not named is left alone.
    let (out, _) = script(&club, dir.path(), 0, &["-c", "noop"], b"frobnicate\n");
    assert!(out.is_empty(), "{out}");
    let (_, err) = run(&club, dir.path(), 8, &["-f", "nowhere"]);
    assert!(err.contains("nowhere cannot be read"), "{err}");
}

#[test]
fn scripts_may_come_from_any_editor() {
    let (club, dir) = club();
    user(&club, "anna");
    let (out, err) = script(
        &club,
        dir.path(),
        0,
        &[],
        "\u{feff}# a comment\r\n\r\n  whoami\r\n\t# more\r\nraw NOOP".as_bytes(),
    );
    assert!(out.contains("anna") && out.contains("250 OK"), "{out}{err}");
    let (_, err) = script(&club, dir.path(), 2, &[], b"search \xff\xfe\nwhoami\n");
    assert!(err.contains("expected UTF-8"), "{err}");
    // The end of a line that is too long is no command of its own.
    let mut long = vec![b'#'; 65_536];
    long.extend_from_slice(b"whoami\nraw NOOP\n");
    let (out, err) = script(&club, dir.path(), 2, &["-k"], &long);
    assert!(!out.contains("anna") && out.contains("250 OK"), "{out}{err}");
}

#[test]
fn words_are_read_from_standard_input() {
    let (club, dir) = club();
    user(&club, "anna");
    assert!(club.import("tea", "tea\ta drink\ngreen\ta colour\n").status.success());
    let (out, err) = script(&club, dir.path(), 0, &["-c", "words"], b"tea\nteaa\r\ngreen");
    assert_eq!(out, "tea  [tea]\n  a drink\ngreen  [tea]\n  a colour\n");
    assert!(err.contains("Did you mean: tea"), "{err}");
    // After them commands are commands again.
    let (out, _) = script(&club, dir.path(), 0, &[], b"words\ntea\n##\nraw NOOP\n");
    assert!(out.starts_with("tea  [tea]\n  a drink\n250 OK"), "{out}");
    let (out, _) = script(&club, dir.path(), 0, &["-c", "raw"], b"NOOP\n\nwhoami");
    assert!(out.starts_with("250 OK") && out.lines().count() == 2 && out.contains("user=anna"), "{out}");
}

#[test]
fn no_question_ever_holds_a_script_up() {
    let (club, dir) = club();
    let mut boss = admin(&club);
    user(&club, "anna");
    let paid = stor(&mut boss, "Paid", "PAID", b"paid", "price=2.00");
    boss.want("CREDIT anna 5.00", "250 OK");
    let (_, err) = run(&club, dir.path(), 2, &["-c", "passwd"]);
    assert!(err.contains("PASSWORD"), "{err}");
    let (_, err) = run(&club, dir.path(), 5, &["-c", &format!("get {paid}")]);
    assert!(err.contains("--yes"), "{err}");
    let (_, err) = run(&club, dir.path(), 2, &["-c", "unregister"]);
    assert!(err.contains("--yes"), "{err}");
    let mut guest = Command::new("setsid");
    guest.arg("--wait").arg(program("reel")).args([
        "--host",
        &club.address().to_string(),
        "-c",
        "login anna",
    ]);
    guest.env_remove("REEL_PASSWORD").env("HOME", dir.path()).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    let (_, err) = ended(guest.output().unwrap(), 2);
    assert!(err.contains("set REEL_PASSWORD"), "{err}");
    // With a yes it goes on.
    run(&club, dir.path(), 0, &["--yes", "-c", &format!("get {paid} -o paid")]);
    assert_eq!(fs::read(dir.path().join("paid")).unwrap(), b"paid");
}

#[test]
fn a_reader_that_has_gone_ends_it_quietly_and_a_full_disk_does_not() {
    let (club, dir) = club();
    user(&club, "anna");
    let mut child =
        piped(&mut reel(&club, dir.path(), &["-c", "help", "-c", "help", "-c", "!sleep 0", "-c", "help"]))
            .spawn()
            .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
    assert!(!err.contains("panicked") && !err.contains("pipe"), "{err}");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output =
        reel(&club, dir.path(), &["-c", "whoami"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let (_, err) = ended(output, 8);
    assert!(err.contains("standard output: No space left"), "{err}");
}

#[test]
fn data_goes_to_standard_output_and_talk_to_standard_error() {
    let (club, dir) = club();
    let mut boss = admin(&club);
    user(&club, "anna");
    boss.want("POST \"Film night\" \"Friday\"", "250 OK");
    boss.want("CREDIT anna 9.00", "250 OK");
    let id = stor(&mut boss, "Paid", "PAID", b"paid", "price=2.00");
    fs::write(dir.path().join("mine"), "mine").unwrap();
    let data = |lines: &str| script(&club, dir.path(), 0, &["--yes"], lines.as_bytes());
    // What tells no more than that it is done, or tells of a file, is talk.
    let quiet = format!("# nothing\nget {id}\nwatch notices\njoin\nsay Hello\nleave\nexport\nlogout\n");
    let (out, err) = data(&quiet);
    assert!(out.is_empty(), "{out}");
    for text in ["Bought for 2.00", "Saved", "You are in lounge", "Written to", "Logged out"] {
        assert!(err.contains(text), "{text}: {err}");
    }
    // What is asked for is data.
    let (out, err) =
        data("whoami\nnotices\nnotice 1\nput mine kind=SHARED\nls limit=1\nstatement\n!echo here\n");
    for text in ["anna", "Friday", "id  2", "title", "-2.00", "here"] {
        assert!(out.contains(text), "{text}: {out}");
    }
    assert!(err.contains("… more: ls limit=1 after=") && !out.contains("more:"), "{out}{err}");
}

#[test]
fn a_local_command_is_part_of_the_script_and_does_not_eat_it() {
    let (club, dir) = club();
    user(&club, "anna");
    let (out, err) =
        script(&club, dir.path(), 0, &[], b"!echo \"$REEL_X one\" | tr a-z A-Z\n!cat\nraw NOOP\n");
    assert!(out.starts_with(" ONE\n250 OK"), "{out}{err}");
    let (out, err) = script(&club, dir.path(), 9, &[], b"!exit 3\nraw NOOP\n");
    assert!(out.is_empty() && err.contains("exit code 3"), "{out}{err}");
    let (out, _) = script(&club, dir.path(), 9, &["-k"], b"!kill -9 $$\nraw NOOP\n");
    assert!(out.starts_with("250 OK"), "{out}");
    let mut odd = reel(&club, dir.path(), &["-c", "!true"]);
    let (_, err) = ended(odd.env("SHELL", "/nowhere/sh").output().unwrap(), 8);
    assert!(err.contains("/nowhere/sh"), "{err}");
}
