//! What `reel` says to people and to programs, away from a terminal.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tests::{Club, Engine, Person, admin, quote, reel, soon, stor, user};

/// A club with an admin and anna, and a folder to be in.
fn club() -> (Club, tempfile::TempDir, Person, Person) {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let (boss, anna) = (admin(&club), user(&club, "anna"));
    (club, dir, boss, anna)
}

#[track_caller]
fn ended(output: Output, code: i32) -> (String, String) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[track_caller]
fn run(club: &Club, folder: &Path, name: &str, code: i32, arguments: &[&str]) -> (String, String) {
    let all = [&["--user", name], arguments].concat();
    ended(reel(club, folder, name, &[], &all), code)
}

/// A title with what the server lets in and nobody should see: marks of direction, and what is not seen at all.
const UNSEEN: &str = "Gr\u{200b}een\u{200e} t\u{ad}ea \u{2028}\u{61c}x\u{feff}";

#[test]
fn every_command_has_one_document_its_failure_too() {
    let (club, dir, mut boss, _) = club();
    let id = stor(&mut boss, "One", "SHARED", b"one", "");
    club.import("tea", "tea\ta drink\n");
    fs::write(dir.path().join("mine"), "mine").unwrap();
    let get = format!("get {id}");
    // Of the table and of the shell, done, refused, and not understood; the last two begin and end a loop.
    let commands = [
        ("whoami", true),
        ("ls", true),
        ("top", true),
        ("new 1 shared", true),
        ("new sideways", false),
        (&get, true),
        (&get, true),
        ("put mine kind=SHARED", true),
        ("put nowhere", false),
        ("info 999", false),
        ("users", false),
        ("frobnicate", false),
        ("ls sideways", false),
        ("help", true),
        ("help get", true),
        ("join", true),
        ("say Hello", true),
        ("leave", true),
        ("chat lounge", true),
        ("one line", true),
        ("/leave", true),
        ("raw NOOP", true),
        ("raw NOPE", false),
        ("raw RETR 1", false),
        ("!echo aloud", true),
        ("!exit 3", false),
        ("export -o x.json", true),
        ("export -o -", false),
        ("define tea", true),
        ("define teaa", false),
        ("words", true),
        ("tea", true),
        ("teaa", false),
    ];
    let mut arguments = vec!["--json", "--keep-going"];
    commands.iter().for_each(|(line, _)| arguments.extend(["-c", line]));
    let (out, err) = run(&club, dir.path(), "anna", 2, &arguments);
    let documents: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), commands.len(), "{out}\n{err}");
    for ((line, ok), document) in commands.iter().zip(&documents) {
        assert_eq!(document["ok"], *ok, "{line}: {document}");
        assert!(document["word"].is_string(), "{line}: {document}");
    }
    assert!(err.contains("aloud"), "{err}");
    assert!(!out.contains("\"token\""), "{out}");
    // So it is when it does not get so far.
    let (out, _) =
        ended(reel(&club, dir.path(), "another", &[], &["--json", "--user", "anna", "-c", "ls"]), 1);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["word"], "BAD_CREDENTIALS");
}

#[test]
fn a_command_is_one_table_of_comma_separated_values() {
    let (club, dir, mut boss, _) = club();
    stor(&mut boss, "a, \"b\"", "FREE", b"one", "description=x");
    stor(&mut boss, "=1+1", "PAID", b"two", "price=2.50");
    let head = "id,kind,price,member-price,size,md5,author,at,title,owned\r\n";
    let (out, _) = run(&club, dir.path(), "anna", 0, &["--csv", "-c", "ls"]);
    assert!(out.starts_with(head), "{out}");
    assert!(out.contains(",\"a, \"\"b\"\"\",\r\n"), "{out}");
    // Data is as it is, machines know sizes and times.
    assert!(out.contains("2,PAID,2.50,2.50,3,") && out.contains("Z,=1+1,\r\n"), "{out}");
    // An empty list has the same columns, and so has a list by another name.
    for line in ["search nothing", "top 1 owned"] {
        assert_eq!(run(&club, dir.path(), "anna", 0, &["--csv", "-c", line]).0, head);
    }
    let (out, err) = run(&club, dir.path(), "anna", 4, &["--csv", "-k", "-c", "info 999", "-c", "noop"]);
    assert!(out.is_empty() && err.contains("NOT_FOUND"), "{out}{err}");
    let (out, _) = run(&club, dir.path(), "anna", 0, &["--csv", "-c", "whoami", "-c", "prices"]);
    let head = "user,role,balance,member-until\r\nanna,user,0.00,-\r\n\r\nperiods,days,price\r\n";
    assert!(out.starts_with(head), "{out}");
    // Lines inside a cell stay.
    boss.want("POST News \"one\\ntwo\"", "250 OK");
    let (out, _) = run(&club, dir.path(), "anna", 0, &["--csv", "-c", "notice 1"]);
    assert!(out.ends_with(",News,\"one\ntwo\"\r\n"), "{out}");
    run(&club, dir.path(), "anna", 2, &["--csv", "--json", "-c", "ls"]);
}

#[test]
fn what_is_fetched_most_and_what_is_new_come_first() {
    let (club, dir, mut boss, mut anna) = club();
    let ids: Vec<String> = ["One", "Two", "Three"]
        .iter()
        .map(|title| stor(&mut boss, title, "SHARED", title.as_bytes(), ""))
        .collect();
    let fetch = |who: &mut Person, id: &str, length| {
        who.want(&format!("RETR {id}"), "150 DATA");
        who.body(length);
        who.reply().is("226 DONE");
    };
    fetch(&mut anna, &ids[1], 3);
    fetch(&mut boss, &ids[1], 3);
    fetch(&mut boss, &ids[0], 3);
    let listed = |line: &str| -> Vec<String> {
        let (out, _) = run(&club, dir.path(), "anna", 0, &["--csv", "-c", line]);
        out.lines().skip(1).map(|row| row.split(',').next().unwrap().to_owned()).collect()
    };
    // Downloads are counted a moment later.
    soon("the count", || listed("top") == [&*ids[1], &*ids[0], &*ids[2]]);
    assert_eq!(listed("top 1"), [&*ids[1]]);
    assert_eq!(listed("top shared 2"), [&*ids[1], &*ids[0]]);
    assert_eq!(listed("new 2 SHARED"), [&*ids[2], &*ids[1]]);
    assert!(listed("top free").is_empty());
    let (_, err) = run(&club, dir.path(), "anna", 2, &["-c", "top of the pops"]);
    assert!(err.contains('^'), "{err}");
    let (_, err) = run(&club, dir.path(), "anna", 2, &["-c", "top ten"]);
    assert!(err.contains("FREE"), "{err}");
    // The page that follows is named in words that can be given.
    let (_, err) = run(&club, dir.path(), "anna", 0, &["-c", "top 1"]);
    let more = err.lines().find_map(|line| line.strip_prefix("… more: ")).unwrap();
    assert_eq!(listed(more), [&*ids[0]]);
}

#[test]
fn help_is_in_groups_and_says_what_may_be_done() {
    let (club, dir, boss, _) = club();
    let (out, _) = run(&club, dir.path(), "anna", 0, &["-c", "help"]);
    let headings: Vec<&str> = out.split("\n\n").map(|group| group.lines().next().unwrap()).collect();
    assert_eq!(headings.first(), Some(&"Find, fetch, share"));
    assert!(!headings.contains(&"For admins") && headings.contains(&"The shell"), "{headings:?}");
    assert!(out.lines().nth(1).unwrap().starts_with("ls, list "), "{out}");
    let (out, _) = run(&club, dir.path(), &boss.name, 0, &["-c", "help"]);
    let (_, admins) = out.split_once("\nFor admins\n").unwrap();
    assert!(admins.lines().any(|line| line.starts_with("voucher ")), "{out}");
    for (verb, example) in
        [("ls", "ls PAID sort=new"), ("top", "top free 10"), ("!", "! ls -l"), ("?", "? get")]
    {
        let (out, _) = run(&club, dir.path(), "anna", 0, &["-c", &format!("help {verb}")]);
        let is =
            |line: &str| line.strip_prefix("example").is_some_and(|rest| rest.trim().starts_with(example));
        assert!(out.lines().any(is), "{out}");
    }
    for (line, meant) in [
        ("serach tea", "Did you mean search?"),
        ("help tpo", "Did you mean top?"),
        ("ls PIAD", "Did you mean PAID?"),
        ("ls srot=new", "Did you mean sort?"),
        ("ls sort=polular", "Did you mean popular?"),
        ("get 7 --froce", "Did you mean --force?"),
    ] {
        let (_, err) = run(&club, dir.path(), "anna", 2, &["-c", line]);
        assert!(err.contains(meant), "{line}: {err}");
    }
}

#[test]
fn a_refusal_is_a_sentence_with_what_to_do_and_its_word() {
    let (club, dir, mut boss, _) = club();
    let id = stor(&mut boss, "Paid", "PAID", b"paid", "price=10.00");
    boss.want("CREDIT anna 2.00", "250 OK");
    boss.want("STAGE Film seats=2 price=0.00", "250 OK");
    for (line, code, text) in [
        (
            format!("buy {id} price=10.00"),
            5,
            "It costs 10.00, and you have 2.00: topup AMOUNT or redeem CODE brings money. (552 NEED_FUNDS)",
        ),
        (format!("RETR {id}"), 5, "It has to be bought first: buy ID, for 10.00. (552 NEED_PAY)"),
        ("book 1 3".to_owned(), 1, "There are not so many seats; left are 2. (552 SOLD_OUT)"),
        ("users".to_owned(), 1, "help lists what you may do. (550 NOT_ALLOWED)"),
        ("info 99".to_owned(), 4, ". (550 NOT_FOUND)"),
    ] {
        let (_, err) = run(&club, dir.path(), "anna", code, &["-c", &line]);
        assert!(err.contains(text), "{line}: {err}");
    }
    let guest = ended(reel(&club, dir.path(), "anna", &[], &["-c", "ls"]), 1).1;
    assert!(
        guest.contains("Log in first: login NAME, or register NAME for an account. (530 LOGIN_REQUIRED)")
    );
    // Chinese says the same.
    let chinese = [("LC_ALL", "zh_CN.UTF-8")];
    let arguments = ["--user", "anna", "-c", &format!("buy {id} price=10.00")];
    let (_, err) = ended(reel(&club, dir.path(), "anna", &chinese, &arguments), 5);
    assert!(err.contains("价格 10.00，余额 2.00") && err.contains("(552 NEED_FUNDS)"), "{err}");
    // Too many failures say in words how long.
    let wrong = || reel(&club, dir.path(), "another", &[], &["--user", "anna", "-c", "noop"]);
    let mut err = String::new();
    for _ in 0..50 {
        let output = wrong();
        let code = output.status.code();
        err = String::from_utf8(output.stderr).unwrap();
        if code == Some(7) {
            break;
        }
    }
    assert!(err.contains("Too many failures. Try again in ") && err.contains(" (429 THROTTLED)"), "{err}");
}

#[test]
fn nothing_that_somebody_wrote_is_unseen_or_commands_a_terminal() {
    let (club, dir, mut boss, mut anna) = club();
    // A club refuses the worst of it.
    for bad in ["a\u{1b}[2J", "a\u{202e}b", "a\u{7}"] {
        boss.want(&format!("POST \"{bad}\" text"), "501 SYNTAX");
    }
    stor(&mut boss, UNSEEN, "SHARED", b"x", &format!("description={}", quote(UNSEEN)));
    boss.want(&format!("POST {0} {0}", quote(UNSEEN)), "250 OK");
    boss.want(&format!("STAGE {} seats=2 price=0.00", quote(UNSEEN)), "250 OK");
    anna.want("JOIN", "250 OK");
    anna.want(&format!("SAY lounge {}", quote(UNSEEN)), "250 OK");
    let lines =
        ["ls", "info 1", "notices", "notice 1", "events", "event 1", "join", "book 1 1", "bookings", "get 1"];
    let harmful = |text: &str| {
        text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || "\u{200b}\u{200e}\u{ad}\u{2028}\u{61c}\u{feff}\u{202e}".contains(*c)
        })
    };
    for form in [&[][..], &["--json"]] {
        for line in lines {
            let (out, err) = run(&club, dir.path(), "anna", 0, &[form, &["--yes", "-c", line]].concat());
            assert_eq!((harmful(&out), harmful(&err)), (None, None), "{form:?} {line}: {out}{err}");
        }
    }
    let (out, _) = run(&club, dir.path(), "anna", 0, &["-c", "ls"]);
    assert!(out.contains(r"Gr\u{200b}een\u{200e} t\u{ad}ea \u{2028}\u{61c}x\u{feff}"), "{out}");
    let (out, _) = run(&club, dir.path(), "anna", 0, &["--json", "-c", "info 1"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["rows"][0]["title"], UNSEEN);
    // Into a file goes what the club has.
    let (out, _) = run(&club, dir.path(), "anna", 0, &["--csv", "-c", "info 1"]);
    assert!(out.contains(UNSEEN), "{out}");
}

#[test]
fn colours_are_where_they_are_wanted() {
    let (club, dir, ..) = club();
    let coloured = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut all = vec![("TERM", "xterm"), ("NO_COLOR", ""), ("CLICOLOR_FORCE", "")];
        all.extend(environment);
        let all: Vec<_> = all;
        let (out, _) =
            ended(reel(&club, dir.path(), "anna", &all, &[arguments, &["-c", "help"]].concat()), 0);
        out.contains("\u{1b}[1m")
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&[], &["--color=always"]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1")], &["--color=never"]));
    assert!(coloured(&[("NO_COLOR", "1")], &["--color=always"]));
}
