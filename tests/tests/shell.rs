//! The shell against a real daemon: what it shows and writes is what the club says.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tests::{
    Club, Engine, Fields, Person, Terminal, admin, bytes, on_both_engines, pass, reel, rows, stor, user,
};

on_both_engines! {
    stats_are_drawn_and_given_as_numbers
    an_export_is_what_the_club_says
    an_account_is_deleted_only_when_it_is_meant
    a_forgotten_password_is_set_anew
}

/// `reel --user NAME -c …`, which has to end with `code`.
#[track_caller]
fn run(club: &Club, folder: &Path, name: &str, code: i32, commands: &[&str]) -> Output {
    let mut arguments = vec!["--user", name];
    commands.iter().for_each(|line| arguments.extend(["-c", line]));
    ended(reel(club, folder, name, &[], &arguments), code)
}

/// The one JSON document that a command gives.
#[track_caller]
fn json(club: &Club, folder: &Path, name: &str, command: &str) -> Value {
    let output = reel(club, folder, name, &[], &["--json", "--user", name, "-c", command]);
    serde_json::from_str(&out(&ended(output, 0))).unwrap()
}

#[track_caller]
fn ended(output: Output, code: i32) -> Output {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    output
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn fetch(person: &mut Person, id: &str, more: &str, length: usize) {
    person.want(&format!("RETR {id}{more}"), "150 DATA");
    person.body(length);
    person.reply().is("226 DONE");
}

fn stats_are_drawn_and_given_as_numbers(engine: Engine) {
    let (club, dir) = (Club::start(engine), folder());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(3000);
    let id = stor(&mut boss, "绿茶 Green tea", "PAID", &film, "price=2.50");
    anna.want("TOPUP 10.00", "250 OK");
    anna.want(&format!("BUY {id}"), "250 OK");
    fetch(&mut anna, &id, "", film.len());

    let drawn = out(&run(&club, dir.path(), &boss.name, 0, &["stats days=7"]));
    for line in ["accounts 2", "revenue 2.50", "stored 2.9 KiB"] {
        let is = |l: &str| l.split_whitespace().eq(line.split_whitespace());
        assert!(drawn.lines().any(is), "{line}:\n{drawn}");
    }
    assert!(drawn.contains("downloads by day (UTC): 1 in all, at most 1\n"), "{drawn}");
    assert!(drawn.contains("revenue by day (UTC): 2.50 in all, at most 2.50\n2.50 |"), "{drawn}");
    assert!(drawn.contains(&format!("most fetched\n{id}  绿茶 Green tea  1  ####")), "{drawn}");
    // No terminal: nothing but what every file takes.
    assert!(drawn.replace("绿茶", "").bytes().all(|b| b == b'\n' || (32..127).contains(&b)), "{drawn}");
    assert!(drawn.lines().all(|line| line.len() <= 82), "{drawn}");

    let document = json(&club, dir.path(), &boss.name, "stats days=7");
    let told = rows(&mut boss, "STATS days=7");
    assert_eq!(document["rows"].as_array().unwrap().len(), told.len());
    assert_eq!(document["days"], 7);
    for (row, fields) in document["rows"].as_array().unwrap().iter().zip(&told) {
        let value = &row["value"];
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(
            (row["name"].as_str().unwrap(), value.as_str()),
            (fields.get("name"), fields.get("value"))
        );
    }
    run(&club, dir.path(), "anna", 1, &["stats"]);
    run(&club, dir.path(), &boss.name, 2, &["stats days=soon"]);
}

/// A row of the document holds what the row on the wire does.
fn same(row: &Value, fields: &Fields, keys: &[&str]) {
    for key in keys {
        let word = match &row[*key] {
            Value::String(word) => word.clone(),
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            other => other.to_string(),
        };
        assert_eq!(word, fields.get(key), "{key} in {row}");
    }
}

fn an_export_is_what_the_club_says(engine: Engine) {
    let (club, dir) = (Club::start(engine), folder());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "A \"paid\" one", "PAID", b"hello", "price=1.00");
    stor(&mut boss, "Of somebody else", "SHARED", &bytes(20), "");
    let mine = stor(&mut anna, "My own", "SHARED", &bytes(10), "");
    // More than one page of movements.
    for _ in 0..120 {
        anna.want("TOPUP 0.01", "250 OK");
    }
    anna.want(&format!("BUY {id}"), "250 OK");
    fetch(&mut anna, &id, "", 5);

    let told = run(&club, dir.path(), "anna", 0, &["export"]);
    let path = dir.path().join("reel-export-anna.json");
    assert!(err(&told).contains("Written to reel-export-anna.json"), "{told:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(!text.contains("token") && !text.contains(&pass("anna")), "{text}");
    assert_eq!(document["account"]["user"], "anna");
    assert_eq!(document["account"]["balance"], "0.20");
    let list = |key: &str| document[key].as_array().unwrap().clone();
    let statement = rows(&mut anna, "STATEMENT");
    assert_eq!((list("statement").len(), statement.len()), (121, 121));
    for (row, fields) in list("statement").iter().zip(&statement) {
        same(row, fields, &["at", "amount", "balance", "why"]);
    }
    same(
        &list("history")[0],
        &rows(&mut anna, "HISTORY")[0],
        &["at", "id", "title", "how", "bytes", "done", "size"],
    );
    same(&list("purchases")[0], &rows(&mut anna, "LIST OWNED")[0], &["id", "title", "price", "md5"]);
    assert_eq!(list("uploads").iter().map(|row| row["id"].to_string()).collect::<Vec<_>>(), [mine]);
    assert!(list("sessions").iter().all(|row| row["user"] == "anna") && !list("sessions").is_empty());

    // What is there stays there, unless somebody says that it may go.
    fs::write(&path, "mine").unwrap();
    run(&club, dir.path(), "anna", 8, &["export"]);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    run(&club, dir.path(), "anna", 0, &["export --force"]);
    assert!(fs::read_to_string(&path).unwrap().contains("reel-export/1"));
    let printed = out(&run(&club, dir.path(), "anna", 0, &["export -o -"]));
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["purchases"], document["purchases"]);
    // An admin's sessions are those of the admin, though everybody's are told.
    run(&club, dir.path(), &boss.name, 0, &["export -o boss.json"]);
    let text = fs::read_to_string(dir.path().join("boss.json")).unwrap();
    assert!(!text.contains("anna"), "{text}");
    run(&club, dir.path(), "anna", 8, &["export -o nowhere/x.json"]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
}

fn an_account_is_deleted_only_when_it_is_meant(engine: Engine) {
    let (club, dir) = (Club::start(engine), folder());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let id = stor(&mut boss, "Hello", "PAID", b"hello", "price=1.00");
    anna.want("TOPUP 10.00", "250 OK");
    anna.want(&format!("BUY {id}"), "250 OK");
    // Nobody can type the name here.
    let told = run(&club, dir.path(), "anna", 2, &["unregister"]);
    assert!(err(&told).contains("balance 9.00, bought titles 1"), "{told:?}");
    anna.want("WHOAMI", "250 OK");
    let arguments = ["--user", "anna", "-c", "unregister --yes", "-c", "noop"];
    let told = ended(reel(&club, dir.path(), "anna", &[], &arguments), 0);
    assert!(err(&told).contains("The account anna is gone."), "{told:?}");
    assert!(rows(&mut boss, "USERS anna").is_empty());
    // The last admin stays, whatever is said.
    run(&club, dir.path(), &boss.name, 1, &["unregister -y"]);
    boss.want("WHOAMI", "250 OK");
}

fn a_forgotten_password_is_set_anew(engine: Engine) {
    let (club, dir) = (Club::start(engine), folder());
    let boss = admin(&club);
    user(&club, "anna");
    let shown = run(&club, dir.path(), &boss.name, 0, &["reset anna"]);
    assert!(out(&shown).starts_with("code  ") && err(&shown).contains("recover anna"), "{shown:?}");
    let reset = json(&club, dir.path(), &boss.name, "reset anna");
    let code = reset["facts"]["code"].as_str().unwrap();
    let new = [("REEL_NEW_PASSWORD", "another")];
    let line = format!("recover anna {code}");
    // No password: nothing is sent, and the code stays good.
    ended(reel(&club, dir.path(), "anna", &[("REEL_NEW_PASSWORD", "")], &["-c", &line]), 2);
    let told = ended(reel(&club, dir.path(), "anna", &new, &["-c", &line, "-c", "whoami"]), 0);
    assert!(out(&told).starts_with("user          anna"), "{told:?}");
    ended(reel(&club, dir.path(), "anna", &new, &["-c", &line]), 1);
    run(&club, dir.path(), "anna", 1, &["whoami"]);
    let known = [("REEL_PASSWORD", "another")];
    ended(reel(&club, dir.path(), "anna", &known, &["--user", "anna", "-c", "whoami"]), 0);
}

#[test]
fn a_notice_is_read() {
    let (club, dir) = (Club::start(Engine::Sqlite), folder());
    let mut boss = admin(&club);
    let text = format!("{}\n  \\x1b[2J 周五八点。", "Friday at eight. ".repeat(8).trim());
    run(&club, dir.path(), &boss.name, 0, &[&format!("post \"Film night\" {}", tests::quote(&text))]);
    run(&club, dir.path(), &boss.name, 2, &["post \"Film night\""]);
    assert_eq!(rows(&mut boss, "NOTICES").len(), 1);
    let told = run(&club, dir.path(), &boss.name, 0, &["notice 1"]);
    // A script that logs in is not shown it unasked.
    assert_eq!(err(&told).lines().count(), 1, "{told:?}");
    let lines: Vec<String> = out(&told).lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "Notice 1: Film night");
    assert!(lines[1].starts_with(&format!("{}, ", boss.name)), "{lines:?}");
    assert_eq!(lines[2], format!("  {}Friday at", "Friday at eight. ".repeat(4)), "{lines:?}");
    assert!(lines.last().unwrap().ends_with("\\x1b[2J 周五八点。"), "{lines:?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
}

#[test]
fn a_title_goes_to_standard_output_and_the_history_says_how_far() {
    let (club, dir) = (Club::with(Engine::Sqlite, "[ads]\nseconds = 1\n"), folder());
    let (mut boss, mut anna) = (admin(&club), user(&club, "anna"));
    let film = bytes(300_000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    let told = run(&club, dir.path(), "anna", 0, &[&format!("get {id} -o -")]);
    assert!(told.stdout == film, "{} bytes", told.stdout.len());
    assert!(err(&told).contains("1 s left"), "{}", err(&told));
    let shelf = stor(&mut boss, "Shelf", "SHARED", &film, "");
    fetch(&mut anna, &shelf, " length=3072", 3072);
    let history = out(&run(&club, dir.path(), "anna", 0, &["history"]));
    assert!(history.contains("3.0 KiB / 292.9 KiB  no"), "{history}");
    let refused = reel(&club, dir.path(), "anna", &[], &["--json", "--user", "anna", "-c", "get 1 -o -"]);
    ended(refused, 2);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_is_known_here_is_proven_and_does_not_travel() {
    let (club, dir) = (Club::start(Engine::Sqlite), folder());
    let boss = admin(&club);
    let film = bytes(2 << 20);
    fs::write(dir.path().join("film.webm"), &film).unwrap();
    let first = json(&club, dir.path(), &boss.name, "put film.webm");
    assert_eq!((&first["word"], &first["saved"]), (&"STORED".into(), &Value::Null));
    let again = json(&club, dir.path(), &boss.name, "put film.webm title=Again");
    assert_eq!(again["saved"], film.len());
    let told = run(&club, dir.path(), &boss.name, 0, &["put film.webm title=Third"]);
    assert!(err(&told).contains("2.0 MiB did not have to travel"), "{told:?}");
    let sent = json(&club, dir.path(), &boss.name, "put film.webm title=Sent prove=no");
    assert_eq!((&sent["word"], &sent["saved"]), (&"STORED".into(), &Value::Null));
    let got = run(&club, dir.path(), &boss.name, 0, &[&format!("get {} -o -", again["id"])]);
    assert!(got.stdout == film);
}

#[test]
fn somebody_at_a_terminal_is_asked_and_told() {
    let (club, dir) = (Club::start(Engine::Sqlite), folder());
    let (mut boss, _anna) = (admin(&club), user(&club, "anna"));
    let code = boss.want("RESET anna", "250 OK").get("code").to_owned();
    let secret = "a fresh secret";
    let mut shell = Terminal::reel(&club, dir.path(), &[], &[]);
    shell.wait("reel> ");
    shell.type_("recover anna\r");
    shell.hidden("Code: ", &code);
    shell.hidden("New password: ", secret);
    shell.hidden("Once more: ", secret);
    shell.wait("Logged in as anna (user)");
    let said = shell.give("watch notices");
    assert!(said.contains("as it happens"), "{said}");

    // A notice appears above a line that is being typed, and the line stays.
    shell.type_("whoa");
    shell.wait("anna@127.0.0.1> whoa");
    run(&club, dir.path(), &boss.name, 0, &["post \"Film night\" \"Friday at eight.\""]);
    shell.wait("New notice 1: Film night");
    shell.wait("anna@127.0.0.1> whoa");
    shell.type_("mi\r");
    shell.wait("member-until");

    // A text that would be refused is not asked for.
    let said = shell.give("post Mine");
    assert!(said.contains("Only admins may do that."), "{said}");

    shell.type_("unregister\r");
    shell.wait("Type your name to go on: ");
    shell.type_("\x03");
    shell.wait("Stopped.");
    shell.wait("anna@127.0.0.1> ");
    shell.type_("unregister\r");
    shell.wait("Type your name to go on: ");
    shell.type_("ann\r");
    shell.wait("Nothing was deleted.");
    shell.wait("anna@127.0.0.1> ");
    shell.type_("unregister\r");
    shell.wait("Type your name to go on: ");
    shell.type_("anna\r");
    shell.hidden("Password: ", secret);
    shell.wait("The account anna is gone.");
    shell.wait("reel> ");
    shell.type_("quit\r");
    let said = shell.end(0);
    assert!(!said.contains(secret) && !said.contains(&code), "{said}");
    let history = fs::read_to_string(dir.path().join(".local/state/reel/history")).unwrap();
    assert!(history.contains("whoami") && !history.contains("recover"), "{history}");
    assert!(rows(&mut boss, "USERS anna").is_empty());
}
