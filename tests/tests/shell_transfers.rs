//! Transfers in scripts: many at once, in the background, and over what breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tests::{Club, Engine, admin, bytes, md5hex, program, reel, soon, stor, user};

/// Runs commands as `name`; they have to end with this exit code. Gives standard output and standard error.
#[track_caller]
fn run(club: &Club, folder: &Path, name: &str, code: i32, commands: &[&str]) -> (String, String) {
    let mut arguments = vec!["--user", name];
    commands.iter().for_each(|command| arguments.extend(["-c", command]));
    told(reel(club, folder, name, &[], &arguments), code)
}

#[track_caller]
fn json(club: &Club, folder: &Path, name: &str, code: i32, commands: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["--json", "--user", name];
    commands.iter().for_each(|command| arguments.extend(["-c", command]));
    let (out, _) = told(reel(club, folder, name, &[], &arguments), code);
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn told(output: Output, code: i32) -> (String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    (out, err)
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// A club without ads and with four films of an admin; the third is deleted.
fn films() -> (Club, tests::Person, Vec<(String, Vec<u8>)>) {
    let club = Club::with(Engine::Sqlite, "[ads]\nseconds = 0\n");
    let mut boss = admin(&club);
    let films: Vec<_> = ["Green tea", "绿茶 [1].webm", "Gone", "green apple"]
        .iter()
        .map(|title| {
            let film = bytes(200_000);
            (stor(&mut boss, title, "FREE", &film, ""), film)
        })
        .collect();
    boss.want(&format!("DELE {}", films[2].0), "250 OK");
    (club, boss, films)
}

#[test]
fn several_titles_go_into_a_folder_that_is_made() {
    let ((club, _, films), dir) = (films(), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let range = format!("get {}-{} -o deep/er/", films[0].0, films[3].0);
    let (out, err) = run(&club, dir.path(), "anna", 0, &[&range]);
    assert_eq!(out, "");
    assert!(err.contains("3 titles, 585.9 KiB.") && err.contains("2 of 3: 绿茶 [1].webm"), "{err}");
    let folder = dir.path().join("deep/er");
    assert_eq!(names(&folder), ["Green tea", "green apple", "绿茶 [1].webm"]);
    assert_eq!(fs::read(folder.join("Green tea")).unwrap(), films[0].1);
    let like = json(&club, dir.path(), "anna", 0, &["get \"GREEN*\" -o deep/er/"]);
    let rows = like[0]["rows"].as_array().unwrap();
    assert_eq!((like.len(), rows.len()), (1, 2), "{like:?}");
    assert_eq!((&rows[0]["fetched"], &rows[0]["done"]), (&"no".into(), &true.into()), "{rows:?}");
    // A pattern for Chinese, with the classes of patterns.
    run(&club, dir.path(), "anna", 0, &["get \"绿?*[[]1]*\" -o one/"]);
    assert_eq!(names(&dir.path().join("one")), ["绿茶 [1].webm"]);
    // One title into a folder that is not there.
    run(&club, dir.path(), "anna", 0, &[&format!("get {} -o single/", films[3].0)]);
    assert_eq!(names(&dir.path().join("single")), ["green apple"]);
}

#[test]
fn one_that_cannot_be_had_does_not_keep_the_others() {
    let ((club, _, films), dir) = (films(), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let line = format!("get {} 999 {} -o got/", films[0].0, films[3].0);
    let got = json(&club, dir.path(), "anna", 4, &[&line]);
    let rows = got[0]["rows"].as_array().unwrap();
    assert_eq!((&got[0]["ok"], &got[0]["word"], rows.len()), (&false.into(), &"FAILED".into(), 3));
    assert_eq!((&rows[1]["word"], &rows[1]["exit"]), (&"NOT_FOUND".into(), &4.into()), "{rows:?}");
    assert_eq!(names(&dir.path().join("got")), ["Green tea", "green apple"]);
    for (line, code, what) in [
        ("get \"Nothing like*\"", 4, "No title matches"),
        ("get 700-800", 4, "no title from 700 to 800"),
        ("get 1-5000", 2, "at most 1000"),
        ("get 7-3", 2, "expected the number"),
        ("get tea", 2, "expected the number"),
        ("get 1 2 -o file", 2, "name a folder"),
        ("get 1 2 -o -", 2, "one title"),
    ] {
        let (_, err) = run(&club, dir.path(), "anna", code, &[line]);
        assert!(err.contains(what), "{line}: {err}");
    }
    assert_eq!(names(dir.path()), ["got"]);
}

#[test]
fn files_are_sent_by_pattern_and_folders_refused() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    fs::create_dir(dir.path().join("films")).unwrap();
    for name in ["a.webm", "b.webm", "绿 茶.webm", ".hidden.webm", "c.txt"] {
        fs::write(dir.path().join("films").join(name), name).unwrap();
    }
    let sent = json(&club, dir.path(), "anna", 0, &["put ~/films/*.webm films/c.txt"]);
    let rows = sent[0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows.iter().all(|row| row["id"].is_i64() && row["done"] == true), "{rows:?}");
    assert!(rows[2]["path"].as_str().unwrap().ends_with("films/绿 茶.webm"), "{rows:?}");
    let (_, err) = run(&club, dir.path(), "anna", 8, &["put films films/a.webm"]);
    assert!(err.contains("it is a folder; films/* names") && err.contains("1 of 2 are done"), "{err}");
    let (_, err) = run(&club, dir.path(), "anna", 4, &["put *.nothing"]);
    assert!(err.contains("No file matches *.nothing"), "{err}");
    let (_, err) = run(&club, dir.path(), "anna", 2, &["put films/* title=One"]);
    assert!(err.contains("title= names one file"), "{err}");
    // A file whose name is a pattern is just that file.
    fs::write(dir.path().join("[x].webm"), "x").unwrap();
    let one = json(&club, dir.path(), "anna", 0, &["put [x].webm"]);
    assert_eq!(one[0]["word"], "STORED");
}

#[test]
fn jobs_run_behind_a_script_and_its_end_waits_for_them() {
    let ((club, _, films), dir) = (films(), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let lines: Vec<String> =
        [0, 1, 3].iter().map(|film| format!("get {} -o {film}.bin &", films[*film].0)).collect();
    let commands: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (_, err) = run(&club, dir.path(), "anna", 0, &commands);
    assert!(err.contains("[1] In the background: get"), "{err}");
    assert!(err.contains("[3] Done: get") && err.contains("MD5 verified"), "{err}");
    assert_eq!(names(dir.path()), ["0.bin", "1.bin", "3.bin"]);
    assert_eq!(fs::read(dir.path().join("3.bin")).unwrap(), films[3].1);
    // What fails there is the exit code, also behind a quit.
    fs::write(dir.path().join("mine"), "mine").unwrap();
    fs::write(dir.path().join("up.webm"), "up").unwrap();
    fs::create_dir(dir.path().join("up")).unwrap();
    let taken = format!("get {} {} -o up/up.webm/ &", films[0].0, films[1].0);
    fs::write(dir.path().join("up/up.webm"), "a file").unwrap();
    let (_, err) = run(&club, dir.path(), "anna", 8, &["put up.webm &", &taken, "quit"]);
    assert!(err.contains("[1] Done: put up.webm. Stored up.webm as title"), "{err}");
    assert!(err.contains("[2] Failed: get"), "{err}");
    let said = json(&club, dir.path(), "anna", 8, &["put up.webm &", &taken, "wait 1", "jobs", "wait"]);
    assert_eq!((&said[0]["job"], &said[0]["state"]), (&1.into(), &"running".into()));
    let put = &said[2]["rows"][0];
    assert_eq!((&put["job"], &put["state"], put["id"].is_i64()), (&1.into(), &"done".into(), true), "{put}");
    assert_eq!(said[3]["rows"][0]["percent"], 100, "{}", said[3]);
    let rows = said[4]["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["job"] == 2 && row["exit"] == 8), "{rows:?}");
}

#[test]
fn a_job_that_must_be_paid_is_paid_before_or_not_at_all() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(50_000);
    let id = stor(&mut boss, "Dear", "PAID", &film, " price=3.00");
    let (_, err) = run(&club, dir.path(), "anna", 5, &[&format!("get {id} &")]);
    assert!(err.contains("with --yes it is bought") && !err.contains("[1]"), "{err}");
    boss.want("CREDIT anna 10.00", "250 OK");
    let (_, err) = run(&club, dir.path(), "anna", 0, &[&format!("get {id} -y &")]);
    assert!(err.contains("Bought for 3.00") && err.contains("[1] Done"), "{err}");
    assert_eq!((anna.balance(), names(dir.path())), (700, vec!["Dear".to_owned()]));
}

#[test]
fn what_is_no_job_is_a_booking() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let mut boss = admin(&club);
    user(&club, "anna");
    let event = boss.want("STAGE \"Film night\" seats=5", "250 OK").get("id").to_owned();
    fs::write(dir.path().join("up.webm"), "up").unwrap();
    let book = format!("book {event} 1");
    run(&club, dir.path(), "anna", 0, &[&book, "cancel 1"]);
    // Here it was that of a job: no seat is given back by mistake.
    let lines = [&book, "put up.webm &", "wait", "cancel 1"];
    let (_, err) = run(&club, dir.path(), "anna", 2, &lines);
    assert!(err.contains("Job 1 has ended") && err.contains("cancel booking=1"), "{err}");
    run(&club, dir.path(), "anna", 0, &["put up.webm &", "wait", "cancel booking=2"]);
    let (_, err) = run(&club, dir.path(), "anna", 4, &["cancel %7"]);
    assert!(err.contains("There is no job %7"), "{err}");
}

/// `reel` that runs while the test does something to it.
fn begin(host: &str, folder: &Path, commands: &[&str]) -> Child {
    let mut command = Command::new(program("reel"));
    command.args(["--host", host, "--user", "anna"]);
    for line in commands {
        command.args(["-c", line]);
    }
    command.current_dir(folder).env("HOME", folder).env("LC_ALL", "C.UTF-8");
    command.env("REEL_PASSWORD", "the password of anna");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How long what has arrived of a download is.
fn arrived(folder: &Path) -> u64 {
    let parts = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|e| e.path().extension() == Some("reel-part".as_ref()));
    parts.map(|entry| entry.metadata().unwrap().len()).sum()
}

/// Where a daemon can listen again after it was killed.
fn same_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A club that sends slowly, and a shared title of so many bytes.
fn slow(size: usize, more: &str) -> (Club, String, Vec<u8>) {
    let config = format!("[limits]\ndownload_rate = 300000\n{more}");
    let club = Club::listening(Engine::Sqlite, &config, &same_port());
    let mut boss = admin(&club);
    user(&club, "anna");
    let film = bytes(size);
    let id = stor(&mut boss, "Film", "SHARED", &film, " prove=no");
    (club, id, film)
}

#[test]
fn a_shell_that_was_killed_goes_on_where_it_was() {
    let ((mut club, id, film), dir) = (slow(900_000, ""), tempfile::tempdir().unwrap());
    let get = format!("get {id}");
    let mut shell = begin(&club.address().to_string(), dir.path(), &[&get]);
    soon("something arrives", || arrived(dir.path()) > 100_000);
    shell.kill().unwrap();
    shell.wait().unwrap();
    let before = arrived(dir.path());
    club.configure("");
    club.restart();
    let (_, err) = run(&club, dir.path(), "anna", 0, &[&get]);
    assert!(err.contains("Going on: ") && before >= 100_000, "{err}");
    assert_eq!(names(dir.path()), ["Film"]);
    assert_eq!(fs::read(dir.path().join("Film")).unwrap(), film);
}

#[test]
fn a_daemon_that_starts_again_does_not_end_a_get_nor_a_put() {
    let ((mut club, id, film), dir) = (slow(900_000, "upload_rate = 300000\n"), tempfile::tempdir().unwrap());
    let (up, host) = (bytes(900_000), club.address().to_string());
    fs::write(dir.path().join("up.webm"), &up).unwrap();
    let get = begin(&host, dir.path(), &[&format!("get {id} -j 2")]);
    let put = begin(&host, dir.path(), &["put up.webm"]);
    soon("something arrives", || arrived(dir.path()) > 100_000 && club.disk() > 1_000_000);
    club.kill9();
    club.configure("");
    club.restart();
    for shell in [get, put] {
        let (_, err) = told(shell.wait_with_output().unwrap(), 0);
        assert!(err.contains("Trying again"), "{err}");
    }
    assert_eq!(fs::read(dir.path().join("Film")).unwrap(), film);
    run(&club, dir.path(), "anna", 0, &["get \"up*\" -o back/"]);
    assert_eq!(fs::read(dir.path().join("back/up.webm")).unwrap(), up);
    assert_eq!(names(dir.path()), ["Film", "back", "up.webm"]);
}

#[test]
fn a_file_that_is_there_is_never_damaged() {
    let ((club, id, film), dir) = (slow(600_000, ""), tempfile::tempdir().unwrap());
    let target = dir.path().join("mine");
    let get = format!("get {id} -o mine");
    fs::write(&target, "mine").unwrap();
    let (_, err) = run(&club, dir.path(), "anna", 8, &[&get]);
    assert!(err.contains("--force replaces it"), "{err}");
    assert_eq!(names(dir.path()), ["mine"]);
    // Not with --yes either, and not if it comes to be there meanwhile.
    run(&club, dir.path(), "anna", 8, &[&format!("{get} -y")]);
    fs::remove_file(&target).unwrap();
    let shell = begin(&club.address().to_string(), dir.path(), &[&get]);
    soon("something arrives", || arrived(dir.path()) > 100_000);
    // A second one at the same time keeps away.
    let (_, err) = run(&club, dir.path(), "anna", 7, &[&get]);
    assert!(err.contains("Another download of this title"), "{err}");
    fs::write(&target, "mine").unwrap();
    told(shell.wait_with_output().unwrap(), 8);
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    // Nothing is fetched twice.
    let (_, err) = run(&club, dir.path(), "anna", 0, &[&format!("{get} --force")]);
    assert!(err.contains("Going on: 585.9 KiB of 585.9 KiB") && fs::read(&target).unwrap() == film, "{err}");
    assert_eq!(names(dir.path()), ["mine"]);
}

/// Carries connections to a club, and cuts each after so many bytes one way.
fn cutting(to: SocketAddr, most: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(to).unwrap();
            for (from, into) in [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))] {
                let (from, mut into) = (from.unwrap(), into.unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut (&from).take(most), &mut into);
                    let _ = (from.shutdown(Shutdown::Both), into.shutdown(Shutdown::Both));
                });
            }
        }
    });
    host
}

#[test]
fn connections_that_are_cut_again_and_again_lose_nothing() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let mut boss = admin(&club);
    user(&club, "anna");
    let (film, up) = (bytes(1_500_000), bytes(1_500_000));
    let id = stor(&mut boss, "Film", "SHARED", &film, "");
    fs::write(dir.path().join("up.webm"), &up).unwrap();
    let host = cutting(club.address(), 400_000);
    let lines = [
        format!("get {id}"),
        format!("get {id} -o many -j 3 &"),
        "put up.webm".to_owned(),
        "wait".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (_, err) = told(begin(&host, dir.path(), &lines).wait_with_output().unwrap(), 0);
    assert!(err.matches("Trying again").count() >= 5, "{err}");
    for name in ["Film", "many"] {
        assert!(fs::read(dir.path().join(name)).unwrap() == film, "{name}");
    }
    run(&club, dir.path(), "anna", 0, &["get \"up*\" -o back/"]);
    assert!(fs::read(dir.path().join("back/up.webm")).unwrap() == up);
    assert_eq!(names(dir.path()), ["Film", "back", "many", "up.webm"]);
}

#[test]
fn a_full_disk_is_told_and_what_has_arrived_is_kept() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let mut boss = admin(&club);
    user(&club, "anna");
    let film = bytes(3_000_000);
    let id = stor(&mut boss, "Film", "SHARED", &film, "");
    let host = club.address().to_string();
    // A small disk; then room is made on it.
    let script = "mount -t tmpfs -o size=1m reel . && cd \"$PWD\" && \
                  \"$0\" --host $1 --user anna -c \"get $2\"; echo \"exit $?\"; ls; \
                  mount -o remount,size=9m . && \"$0\" --host $1 --user anna -c \"get $2\" && md5sum Film";
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script])
        .arg(program("reel"))
        .args([&host, &id])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .env("LC_ALL", "C.UTF-8")
        .env("REEL_PASSWORD", "the password of anna")
        .output();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) =
        output.map_or_else(|e| (String::new(), e.to_string()), |o| (text(&o.stdout), text(&o.stderr)));
    if err.contains("unshare: ") || err.contains("mount: ") || out.is_empty() {
        println!("NOT RUN: this machine lets nobody mount a disk of their own: {err}");
        return;
    }
    assert!(
        out.contains("exit 8") && out.contains(".reel-part") && out.contains(&md5hex(&film)),
        "{out}{err}"
    );
    assert!(err.contains("No space left") && err.contains("Going on: "), "{err}");
}

#[test]
fn where_no_bar_can_be_drawn_a_line_comes_now_and_then() {
    let ((club, id, _), dir) = (slow(2_100_000, ""), tempfile::tempdir().unwrap());
    let (_, err) = run(&club, dir.path(), "anna", 0, &[&format!("get {id}")]);
    let lines: Vec<&str> = err.lines().filter(|line| line.starts_with("Receiving: ")).collect();
    assert!(
        matches!(lines.as_slice(), [one] if one.contains(" of 2.0 MiB (") && one.ends_with(" left")),
        "{err}"
    );
}

#[test]
fn a_server_that_says_nothing_is_told_to_be_waited_for() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    club.signal("STOP");
    let mut shell = begin(&club.address().to_string(), dir.path(), &["whoami"]);
    let mut told = BufReader::new(shell.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    club.signal("CONT");
    assert_eq!(line, "The server has said nothing for 5 s; still waiting.\n");
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Logged in as anna") && !rest.contains("nothing"), "{rest}");
    assert!(shell.wait_with_output().unwrap().status.success());
}
