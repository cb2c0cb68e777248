//! What the shell does by itself: the real binary against a server that follows a script.
#![allow(clippy::unwrap_used)] // A failed expectation is the message.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

use rustix::net::{SendFlags, send};

/// What the server does on a connection, in order. Ending, it closes.
enum Step {
    /// A line has to begin so.
    Hear(&'static str),
    /// Says this, and ends the line.
    Say(String),
    /// Sends bytes.
    Send(&'static [u8]),
    /// Takes so many bytes.
    Take(usize),
}
use Step::{Hear, Send, Take};

fn say(text: &str) -> Step {
    Step::Say(text.to_owned())
}

/// Follows the scripts, a connection each, and gives what it heard.
fn server(scripts: Vec<Vec<Step>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for script in scripts {
            let (stream, _) = listener.accept().unwrap();
            follow(stream, script, &mut heard);
        }
        heard
    });
    (host, thread)
}

fn follow(mut stream: TcpStream, script: Vec<Step>, heard: &mut Vec<String>) {
    stream.write_all(b"220 REEL proto=1 caps= max-line=8192 : welcome\r\n").unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let last = script.len();
    for (place, step) in script.into_iter().enumerate() {
        match step {
            Hear(prefix) => {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                assert!(line.starts_with(prefix), "heard {line:?} for {prefix:?}");
                heard.push(line.trim_end().to_owned());
            }
            // What is said last goes out together with the end: whoever reads it finds the connection closed.
            Step::Say(line) if place + 1 == last => {
                send(&stream, format!("{line}\r\n").as_bytes(), SendFlags::MORE).unwrap();
            }
            Step::Say(line) => stream.write_all(format!("{line}\r\n").as_bytes()).unwrap(),
            Send(bytes) => stream.write_all(bytes).unwrap(),
            Take(count) => {
                let mut bytes = vec![0; count];
                reader.read_exact(&mut bytes).unwrap();
                heard.push(String::from_utf8(bytes).unwrap());
            }
        }
    }
}

/// A connection on which anna logs in first.
fn anna(steps: Vec<Step>) -> Vec<Step> {
    let login = [
        Hear("LOGIN anna 5ebe2294ecd0e0f08eab7690d2a6ee69"),
        say("230 OK user=anna role=user balance=20.00 member-until=- token=TOKEN : hi"),
    ];
    login.into_iter().chain(steps).collect()
}

/// Another connection of her session.
fn resumed(steps: Vec<Step>) -> Vec<Step> {
    let resume =
        [Hear("RESUME TOKEN"), say("230 OK user=anna role=user balance=20.00 member-until=- token=TOKEN")];
    resume.into_iter().chain(steps).collect()
}

fn reel(host: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reel"))
        .args(["--host", host])
        .args(arguments)
        .current_dir(folder)
        .env("REEL_PASSWORD", "secret")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn run(scripts: Vec<Vec<Step>>, folder: &Path, arguments: &[&str]) -> (Output, Vec<String>) {
    let (host, server) = server(scripts);
    let output = reel(&host, folder, arguments);
    let shown = format!("{output:?}");
    (output, server.join().unwrap_or_else(|_| panic!("{shown}")))
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The row of the one title there is.
const INFO: &str = "- id=7 kind=FREE price=0.00 member-price=0.00 size=5 \
                    md5=5d41402abc4b2a76b9719d911017c592 author=bo at=2026-11-21T03:00:00Z title=\"hello\"";
const DATA: &str = "150 DATA offset=0 length=5 size=5 md5=5d41402abc4b2a76b9719d911017c592";

fn info() -> Vec<Step> {
    vec![Hear("INFO 7"), say(INFO), say("210 END rows=1")]
}

fn steps(groups: Vec<Vec<Step>>) -> Vec<Step> {
    groups.into_iter().flatten().collect()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_script_stops_at_its_first_failure_with_its_code() {
    let dir = folder();
    let script = vec![Hear("WHOAMI"), say("250 OK user=anna"), Hear("INFO 9"), say("550 NOT_FOUND : no")];
    let arguments = ["--user", "anna", "-c", "whoami", "-c", "# no", "-c", "info 9", "-c", "whoami"];
    let (output, _) = run(vec![anna(script)], dir.path(), &arguments);
    assert_eq!((code(&output), out(&output).as_str()), (4, "user  anna\n"));
    assert!(err(&output).contains("No. (550 NOT_FOUND)"), "{output:?}");
}

#[test]
fn what_the_shell_can_tell_itself_is_never_sent() {
    let dir = folder();
    for (line, text) in [
        ("ls PIAD", "     ^ expected"),
        ("serach tea", "Did you mean search?"),
        ("info \"7", "closing quote"),
        ("stor 5 5d41402abc4b2a76b9719d911017c592", "put"),
    ] {
        // Nobody is there who could hear it.
        let output = reel("127.0.0.1:1", dir.path(), &["-c", line]);
        assert_eq!(code(&output), 2, "{line}");
        assert!(err(&output).contains(text), "{output:?}");
    }
}

#[test]
fn nobody_there_and_another_protocol_have_codes_too() {
    let dir = folder();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(code(&reel(&closed.to_string(), dir.path(), &["-c", "noop"])), 3);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        listener.accept().unwrap().0.write_all(b"SSH-2.0-x\r\n").unwrap();
    });
    assert_eq!(code(&reel(&host, dir.path(), &["-c", "noop"])), 3);
    other.join().unwrap();
}

#[test]
fn one_json_document_a_command() {
    let dir = folder();
    let row = "- id=1 price=10.00 title=\"\\\"绿茶\\\"\" owned=yes";
    let script = vec![
        Hear("LIST FREE limit=1"),
        say("* notice id=3 title=\"x\""),
        say(row),
        say("210 END rows=1 next=1"),
        Hear("INFO 9"),
        say("550 NOT_FOUND : no"),
    ];
    let arguments = ["--json", "--user", "anna", "-c", "ls free limit=1", "-c", "info 9"];
    let (output, _) = run(vec![anna(script)], dir.path(), &arguments);
    let text = out(&output);
    let documents: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["ok"], true);
    assert_eq!(documents[0]["next"], "1");
    assert_eq!(documents[0]["rows"][0]["title"], "\"绿茶\"");
    assert_eq!(documents[0]["rows"][0]["id"], 1);
    assert_eq!((&documents[1]["ok"], &documents[1]["code"]), (&false.into(), &550.into()));
    assert!(err(&output).contains("* notice id=3 title=x"), "{output:?}");
}

#[test]
fn what_is_said_goes_to_the_room_that_was_joined_last() {
    let dir = folder();
    let at = "at=2026-11-21T03:00:00Z";
    let first = vec![
        Hear("JOIN tea"),
        say(&format!("- id=1 room=Tea who=bo role=user {at} text=\"\\nhi \u{202a}\"")),
        say(&format!("- id=2 room=Tea who=eve role=admin {at} text=\"We close.\"")),
        say("250 OK room=Tea members=2 : in"),
        Hear("SAY Tea \"don't \\\"x a=b\""),
        say("250 OK : said\r\n* said id=3 room=Tea who=anna role=user at=- text=\"y\""),
        Hear("WHO Tea"),
        say("- who=anna role=user since=-\r\n210 END rows=1"),
    ];
    // On a new connection one is in no room: it is entered again.
    let second = vec![
        Hear("SAY Tea again"),
        say("550 NOT_ALLOWED : JOIN the room first"),
        Hear("JOIN Tea"),
        say("250 OK room=Tea members=1 : in"),
        Hear("SAY Tea again"),
        say("250 OK : said"),
        Hear("JOIN Tea"),
        say("250 OK room=Tea members=1 : in"),
        Hear("LEAVE Tea"),
        say("250 OK : left"),
        Hear("SAY lounge x"),
        say("550 MUTED until=- : no"),
    ];
    let arguments = ["--user", "anna", "-c", "join tea", "-c", "say don't \"x a=b", "-c", "who"];
    let more = ["-c", "say again", "-c", "leave", "-c", "say x"];
    let arguments: Vec<&str> = arguments.into_iter().chain(more).collect();
    let (output, _) = run(vec![anna(first), resumed(second)], dir.path(), &arguments);
    let text = out(&output);
    assert!(text.contains("[Tea] <bo> \\nhi \\u{202a}\n"), "{output:?}");
    assert!(text.contains("[Tea] Management: We close.\n"), "{output:?}");
    assert!(err(&output).contains("* said id=3 room=Tea who=anna"), "{output:?}");
    assert!(err(&output).contains("550 MUTED"), "{output:?}");
}

#[test]
fn in_a_chat_every_line_is_said_until_its_end() {
    let dir = folder();
    let script = vec![
        Hear("JOIN"),
        say("250 OK room=lounge members=1 : in"),
        Hear("SAY lounge quit"),
        say("250 OK : said"),
        Hear("WHO lounge"),
        say("210 END rows=0"),
        Hear("SAY lounge /slash"),
        say("250 OK : said"),
        Hear("NOOP"),
        say("250 OK : nothing"),
        Hear("JOIN lounge"),
        say("250 OK room=lounge members=1 : in"),
        Hear("LEAVE lounge"),
        say("250 OK : left"),
        Hear("NOOP"),
        say("250 OK : nothing"),
    ];
    let lines = ["chat", "quit", "/who", "//slash", "##", "noop", "chat", "/leave", "noop"];
    let arguments: Vec<&str> =
        ["--user", "anna"].into_iter().chain(lines.iter().flat_map(|line| ["-c", *line])).collect();
    let (output, _) = run(vec![anna(script)], dir.path(), &arguments);
    assert_eq!(code(&output), 0, "{output:?}");
}

#[test]
fn what_others_wrote_is_harmless_and_the_next_page_is_named() {
    let dir = folder();
    let script = vec![
        Hear("SEARCH \"green tea\" limit=1"),
        say("- id=1 title=\"a\u{1b}[2Jb\u{202e}\""),
        say("210 END rows=1 next=\"1 x\""),
    ];
    let arguments = ["--user", "anna", "-c", "search green tea limit=1 after=0"];
    let script = script.into_iter().map(|step| match step {
        Hear(_) => Hear("SEARCH \"green tea\" after=0 limit=1"),
        step => step,
    });
    let (output, _) = run(vec![anna(script.collect())], dir.path(), &arguments);
    assert!(out(&output).contains("a\\u{1b}[2Jb\\u{202e}"), "{output:?}");
    assert!(err(&output).contains("more: search green tea limit=1 after=\"1 x\""), "{output:?}");
}

#[test]
fn a_wait_is_sat_out_and_the_bytes_are_verified() {
    let dir = folder();
    let fetch = vec![
        Hear("RETR 7"),
        say("350 WAIT seconds=1 ad=\"Tea\u{7}!\""),
        Hear("RETR 7"),
        say(DATA),
        Send(b"hello"),
        say("226 DONE"),
    ];
    let arguments = ["--user", "anna", "-c", "get 7"];
    let (output, _) = run(vec![anna(steps(vec![info(), fetch]))], dir.path(), &arguments);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(err(&output).contains("Ad: Tea\\u{7}! — 1 s left"), "{output:?}");
    assert_eq!(std::fs::read(dir.path().join("hello")).unwrap(), b"hello");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn other_bytes_are_put_aside_and_nothing_is_overwritten() {
    let dir = folder();
    std::fs::write(dir.path().join("hello"), "mine").unwrap();
    let fetch = vec![Hear("RETR 7"), say(DATA), Send(b"jello"), say("226 DONE")];
    let arguments = ["--user", "anna", "-c", "get 7 --force"];
    let (output, _) = run(vec![anna(steps(vec![info(), fetch]))], dir.path(), &arguments);
    assert_eq!(code(&output), 6, "{output:?}");
    assert_eq!(std::fs::read(dir.path().join("hello")).unwrap(), b"mine");
    let (output, _) = run(vec![anna(info())], dir.path(), &["--user", "anna", "-c", "get 7 -o hello"]);
    assert_eq!(code(&output), 8, "{output:?}");
}

#[test]
fn the_same_file_is_not_fetched_again_and_another_gets_another_name() {
    let dir = folder();
    std::fs::write(dir.path().join("hello"), "hello").unwrap();
    let (output, _) = run(vec![anna(info())], dir.path(), &["--user", "anna", "-c", "get 7"]);
    assert_eq!(code(&output), 0, "{output:?}");
    std::fs::write(dir.path().join("hello"), "other").unwrap();
    let fetch = vec![Hear("RETR 7"), say(DATA), Send(b"hello"), say("226 DONE")];
    let (output, _) =
        run(vec![anna(steps(vec![info(), fetch]))], dir.path(), &["--user", "anna", "-c", "get 7"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(std::fs::read(dir.path().join("hello (2)")).unwrap(), b"hello");
}

#[test]
fn a_broken_download_goes_on_where_it_was_over_a_new_connection() {
    let dir = folder();
    let first = vec![Hear("RETR 7"), say(DATA), Send(b"hel")];
    let rest = vec![
        Hear("RETR 7 offset=3"),
        say(&DATA.replace("offset=0 length=5", "offset=3 length=2")),
        Send(b"lo"),
        say("226 DONE"),
    ];
    let scripts = vec![anna(steps(vec![info(), first])), resumed(rest)];
    let (output, _) = run(scripts, dir.path(), &["--user", "anna", "-c", "get 7"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(std::fs::read(dir.path().join("hello")).unwrap(), b"hello");
}

#[test]
fn nothing_is_bought_without_a_yes() {
    let dir = folder();
    let ask = vec![Hear("RETR 7"), say("552 NEED_PAY price=10.00")];
    let (output, _) =
        run(vec![anna(steps(vec![info(), ask]))], dir.path(), &["--user", "anna", "-c", "get 7"]);
    assert_eq!(code(&output), 5, "{output:?}");
    assert!(err(&output).contains("--yes"), "{output:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_purchase_of_unknown_outcome_is_repeated_with_its_key() {
    let dir = folder();
    let first = vec![
        Hear("RETR 7"),
        say("552 NEED_PAY price=10.00"),
        Hear("BUY 7 price=10.00 key="),
        say("451 OUTCOME_UNKNOWN"),
        Hear("BUY 7 price=10.00 key="),
    ];
    let again = vec![
        Hear("BUY 7 price=10.00 key="),
        say("250 OK balance=10.00 paid=10.00"),
        Hear("RETR 7"),
        say(DATA),
        Send(b"hello"),
        say("226 DONE"),
    ];
    let scripts = vec![anna(steps(vec![info(), first])), resumed(again)];
    let (output, heard) = run(scripts, dir.path(), &["--yes", "--user", "anna", "-c", "get 7"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let mut buys: Vec<&String> = heard.iter().filter(|line| line.starts_with("BUY")).collect();
    assert_eq!(buys.len(), 3);
    buys.dedup();
    assert_eq!(buys.len(), 1);
}

#[test]
fn an_upload_goes_on_where_the_server_says() {
    let dir = folder();
    std::fs::write(dir.path().join("Green tea.webm"), "hello").unwrap();
    const STOR: &str = "STOR 5 5d41402abc4b2a76b9719d911017c592 title=\"Green tea.webm\" kind=FREE \
         sha256=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 resume=yes key=";
    let first = vec![Hear(STOR), say("150 SEND offset=0 length=5"), Take(5)];
    let busy = vec![
        Hear(STOR),
        say("450 BUSY"),
        Hear(STOR),
        say("150 SEND offset=3 length=2"),
        Take(2),
        say("226 STORED id=7"),
    ];
    let arguments = ["--user", "anna", "-c", "put \"Green tea.webm\" kind=free"];
    let (output, heard) = run(vec![anna(first), resumed(busy)], dir.path(), &arguments);
    assert_eq!((code(&output), out(&output).as_str()), (0, "id  7\n"), "{output:?}");
    assert!(heard.contains(&"hello".to_owned()) && heard.contains(&"lo".to_owned()));
}

#[test]
fn a_proof_is_given_instead_of_bytes() {
    let dir = folder();
    std::fs::write(dir.path().join("x"), "hello").unwrap();
    // The MD5 of "abc" + "lo" + "hello".
    let script = vec![
        Hear("STOR 5 "),
        say("350 PROVE nonce=abc ranges=3-2,0-5"),
        Hear("PROVE fb147219b859c7124cbe719a1fcea3ea"),
        say("226 STORED id=8"),
    ];
    let (output, _) = run(vec![anna(script)], dir.path(), &["--json", "--user", "anna", "-c", "put x"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(err(&output).contains("has this file already: 5 B did not have to travel"), "{output:?}");
    let document: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&document["id"], &document["saved"]), (&8.into(), &5.into()));
}

#[test]
fn bytes_are_sent_where_the_proof_fails_and_that_is_asked_for_once() {
    let dir = folder();
    std::fs::write(dir.path().join("x"), "hello").unwrap();
    let prove = "350 PROVE nonce=abc ranges=0-5";
    let script = vec![
        Hear("STOR 5 "),
        say(prove),
        Hear("PROVE "),
        say("551 PROOF_FAILED : no"),
        Hear("STOR 5 "),
        say("150 SEND offset=0 length=5"),
        Take(5),
        say("226 STORED id=8"),
    ];
    let (output, heard) = run(vec![anna(script)], dir.path(), &["--json", "--user", "anna", "-c", "put x"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(!heard[1].contains("prove=") && heard[3].contains(" prove=no"), "{heard:?}");
    assert!(!out(&output).contains("saved"), "{output:?}");
    let script = vec![Hear("STOR 5 "), say("551 PROOF_FAILED : no")];
    let (output, heard) = run(vec![anna(script)], dir.path(), &["--user", "anna", "-c", "put x prove=no"]);
    assert_eq!((code(&output), heard.len()), (6, 2), "{output:?}");
}

#[test]
fn numbers_of_several_pages_are_one_answer() {
    let dir = folder();
    let script = vec![
        Hear("STATS days=2 limit=1000"),
        say("- name=accounts value=3"),
        say("210 END rows=1 next=\"1 x\""),
        Hear("STATS days=2 limit=1000 after=\"1 x\""),
        say("- name=accounts value=3 day=2026-11-21"),
        say("210 END rows=1"),
    ];
    let arguments = ["--json", "--user", "anna", "-c", "stats days=2"];
    let (output, _) = run(vec![anna(script)], dir.path(), &arguments);
    let document: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["rows"][1]["day"], "2026-11-21", "{document}");
    assert_eq!(document["rows"].as_array().unwrap().len(), 2);
    // A page that follows itself is no page.
    let again = || say("210 END rows=0 next=1");
    let script = vec![Hear("STATS limit=1000"), again(), Hear("STATS limit=1000 after=1"), again()];
    let (output, _) = run(vec![anna(script)], dir.path(), &["--user", "anna", "-c", "stats"]);
    assert_eq!(code(&output), 3, "{output:?}");
}

#[test]
fn a_title_on_standard_output_goes_on_after_a_broken_connection_and_is_verified() {
    let dir = folder();
    let first = |bytes| vec![Hear("RETR 7"), say(DATA), Send(bytes)];
    let rest = || {
        vec![
            Hear("RETR 7 offset=3"),
            say(&DATA.replace("offset=0 length=5", "offset=3 length=2")),
            Send(b"lo"),
            say("226 DONE"),
        ]
    };
    for (bytes, exit) in [(b"hel", 0), (b"jel", 6)] {
        let scripts = vec![anna(steps(vec![info(), first(bytes)])), resumed(rest())];
        let (output, _) = run(scripts, dir.path(), &["--user", "anna", "-c", "get 7 -o -"]);
        assert_eq!(code(&output), exit, "{output:?}");
        assert_eq!(output.stdout, [&bytes[..], b"lo"].concat());
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_notice_cannot_command_a_terminal() {
    let dir = folder();
    let notice = vec![
        Hear("NOTICE 3"),
        say(
            "- notice=3 at=2026-11-21T03:00:00Z author=bo title=\"a\u{1b}[2Jb\" text=\"x\u{202e}y\\nz\u{7}\"",
        ),
        say("210 END rows=1"),
    ];
    let (output, _) = run(vec![anna(notice)], dir.path(), &["--user", "anna", "-c", "notice 3"]);
    let text = out(&output);
    assert!(text.contains("Notice 3: a\\u{1b}[2Jb\nbo, 2026-11-21 "), "{text}");
    assert!(text.ends_with("  x\\u{202e}y\n  z\\u{7}\n"), "{text}");
}

#[test]
fn what_was_watched_is_watched_over_a_new_connection_too() {
    let dir = folder();
    let first = vec![Hear("WATCH notices"), say("250 OK\r\n421 DRAINING : restarting")];
    let second = vec![Hear("WATCH notices"), say("250 OK"), Hear("WHOAMI"), say("250 OK user=anna")];
    let arguments = ["--user", "anna", "-c", "watch notices", "-c", "whoami"];
    let (output, _) = run(vec![anna(first), resumed(second)], dir.path(), &arguments);
    assert_eq!(code(&output), 0, "{output:?}");
}

#[test]
fn a_connection_that_ended_between_two_commands_is_told_and_made_anew() {
    let dir = folder();
    let first = vec![Hear("WHOAMI"), say("250 OK user=anna\r\n421 DRAINING : restarting")];
    let second = vec![Hear("WHOAMI"), say("250 OK user=anna")];
    let arguments = ["--user", "anna", "-c", "whoami", "-c", "whoami"];
    let (output, _) = run(vec![anna(first), resumed(second)], dir.path(), &arguments);
    assert_eq!((code(&output), out(&output).as_str()), (0, "user  anna\nuser  anna\n"), "{output:?}");
    assert!(err(&output).contains("421 DRAINING"), "{output:?}");
}

#[test]
fn a_locked_account_is_told_and_is_nobody_afterwards() {
    let dir = folder();
    let script = vec![Hear("WHOAMI"), say("530 LOCKED : locked")];
    let (output, _) = run(vec![anna(script)], dir.path(), &["--user", "anna", "-c", "whoami"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("530 LOCKED"), "{output:?}");
}

#[test]
fn scripts_come_from_standard_input_and_texts_in_chinese() {
    let dir = folder();
    let (host, server) =
        server(vec![vec![Hear("NOOP"), say("250 OK"), Hear("INFO 3"), say("530 LOGIN_REQUIRED : x")]]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_reel"))
        .args(["--host", &host])
        .current_dir(dir.path())
        .env("LC_ALL", "zh_CN.UTF-8")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("\n# x\nnoop\r\ninfo 3\nnoop\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    server.join().unwrap();
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("请先登录"), "{output:?}");
}

#[test]
fn words_are_looked_up_until_the_end_is_said() {
    let dir = folder();
    let script = vec![
        Hear("LOOKUPS limit=1"),
        say("210 END rows=0"),
        Hear("DEFINE \"green tea\""),
        say("- word=\"Green tea\" text=\"Green tea\\n  a drink\\n\\tof leaves\" dict=eng part=1"),
        say("- word=\"Green tea\" text=\", dried\" dict=eng part=2"),
        say("210 END rows=2 next=1.2"),
        Hear("DEFINE \"green tea\" after=1.2"),
        say("- word=\"green tea\" text=\"\u{fffd}绿茶\" dict=汉语"),
        say("210 END rows=1"),
        Hear("DEFINE tae"),
        say("550 NOT_FOUND near=\"tea, tare\" : no such word"),
        Hear("DEFINE whoami"),
        say("550 NOT_FOUND near=\"\" : no such word"),
        Hear("WHOAMI"),
        say("250 OK user=anna"),
    ];
    let arguments = [
        "--user",
        "anna",
        "-c",
        "words",
        "-c",
        " green tea ",
        "-c",
        "",
        "-c",
        "tae",
        "-c",
        "whoami",
        "-c",
        "##",
        "-c",
        "whoami",
    ];
    let (output, _) = run(vec![anna(script)], dir.path(), &arguments);
    assert_eq!(
        (code(&output), out(&output).as_str()),
        (
            0,
            "Green tea  [eng]\n    a drink\n      of leaves, dried\n\ngreen tea  [汉语]\n  \u{fffd}绿茶\nuser  anna\n"
        )
    );
    let said = err(&output);
    assert!(
        said.contains("Did you mean: tea, tare?") && said.contains("No dictionary has this word."),
        "{said}"
    );
}

#[test]
fn a_guest_looks_no_words_up() {
    let dir = folder();
    let script = vec![Hear("LOOKUPS"), say("530 LOGIN_REQUIRED : LOGIN first")];
    let (output, _) = run(vec![script], dir.path(), &["-c", "words", "-c", "tea"]);
    assert_eq!((code(&output), out(&output).as_str()), (1, ""));
}
