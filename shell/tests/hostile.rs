//! A server that means ill: whatever it says, nothing of it reaches the terminal as a command, and the shell goes on.
#![allow(clippy::unwrap_used)] // A failed expectation is the message.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use protocol::grammar::is_forbidden;
use protocol::harmless::is_harmful;

/// What commands a terminal, turns text around, is never seen, or breaks a line where one is shown.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{9d}\u{85}\r\u{8}\u{7f}\u{0}\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\
                    \u{2028}\u{feff}\u{ad}\u{e0041}";

/// Facts that the shell knows, all of them with something in them that nobody should see.
const KEYS: [&str; 60] = [
    "id",
    "kind",
    "price",
    "member-price",
    "size",
    "md5",
    "author",
    "at",
    "title",
    "owned",
    "fetched",
    "deleted",
    "purged",
    "description",
    "granted",
    "name",
    "value",
    "day",
    "user",
    "role",
    "balance",
    "member-until",
    "locked",
    "seen",
    "session",
    "from",
    "since",
    "doing",
    "deed",
    "object",
    "amount",
    "why",
    "note",
    "how",
    "bytes",
    "done",
    "word",
    "text",
    "dict",
    "part",
    "room",
    "who",
    "said-at",
    "message",
    "by",
    "booking",
    "event",
    "seats",
    "paid",
    "starts",
    "left",
    "verb",
    "usage",
    "answer",
    "example",
    "code",
    "ad",
    "link",
    "periods",
    "days",
];

fn row() -> String {
    let facts: Vec<String> = KEYS.iter().map(|key| format!("{key}=\"a{EVIL}b\"")).collect();
    format!("- {}", facts.join(" "))
}

/// Answers to one command, in turn.
fn answers() -> Vec<String> {
    let facts = format!(
        "user=\"{EVIL}\" balance=\"{EVIL}\" next=\"{EVIL}\" near=\"{EVIL}\" room=\"{EVIL}\" max=\"{EVIL}\""
    );
    let event = format!("* said room=\"{EVIL}\" who=\"{EVIL}\" role=user at=\"{EVIL}\" text=\"{EVIL}\"");
    let other = format!(
        "* notice id=\"{EVIL}\" title=\"{EVIL}\"\r\n* lost room=\"{EVIL}\" missed=\"{EVIL}\"\r\n* odd a=\"{EVIL}\""
    );
    vec![
        format!("{event}\r\n{other}\r\n{0}\r\n{0}\r\n210 END rows=2 {facts} : {EVIL}", row()),
        format!("{event}\r\n{0}\r\n210 END rows=1 days=18446744073709551615 : {EVIL}", row()),
        format!("250 OK {facts} code=\"{EVIL}\" : {EVIL}"),
        format!("553 REFUSED {facts} : {EVIL}"),
        format!("550 NOT_FOUND : {EVIL}"),
        format!("550 NOT_FOUND near=\"{EVIL}\" : {EVIL}"),
        format!("530 LOCKED {facts} : {EVIL}"),
        format!("421 IDLE : {EVIL}"),
        // Names are no place for it either.
        format!("- a{EVIL}b=1\r\n210 END{EVIL} rows=1"),
        format!("250 O{EVIL}K"),
        format!("250 OK k{EVIL}=1 : x"),
        format!("* na{EVIL}me a=1\r\n250 OK"),
        format!("{EVIL}"),
        "- day=262142-12-31 name=x value=99999999999999999999 part=99999999999999999999\r\n\
         - day=0001-01-01 name=x value=18446744073709551615\r\n- day=0001-01-01 name=x value=18446744073709551615\r\n\
         210 END rows=3 days=99999999"
            .to_owned(),
    ]
}

/// Says the same to every command on every connection, after a log-in.
fn serve(listener: &TcpListener, answer: &str) {
    while let Ok((stream, _)) = listener.accept() {
        let answer = answer.to_owned();
        thread::spawn(move || talk(stream, &answer));
    }
}

fn talk(mut stream: TcpStream, answer: &str) {
    let _ = stream.write_all(format!("220 REEL proto=1 caps=ads max-line=8192 : {EVIL}\r\n").as_bytes());
    let reader = BufReader::new(stream.try_clone().unwrap());
    for line in reader.lines().map_while(Result::ok) {
        let said = match line.split(' ').next() {
            Some("QUIT") => return,
            Some("LOGIN" | "RESUME") => format!(
                "- notice=\"{EVIL}\" at=\"{EVIL}\" author=\"{EVIL}\" title=\"{EVIL}\" text=\"{EVIL}\\n{EVIL}\"\r\n\
                 230 OK user=\"a{EVIL}\" role=admin balance=\"{EVIL}\" member-until=\"{EVIL}\" token=TOKEN : {EVIL}"
            ),
            _ => answer.to_owned(),
        };
        if stream.write_all(format!("{said}\r\n").as_bytes()).is_err() {
            return;
        }
    }
}

fn reel(host: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut reel = Command::new(env!("CARGO_BIN_EXE_reel"));
    reel.args(["--host", host, "--user", "anna"]).args(arguments).current_dir(folder);
    reel.env("REEL_PASSWORD", "secret").env("LC_ALL", "C.UTF-8").env("HOME", folder).stdin(Stdio::null());
    reel
}

/// Values that are to be kept are as they are, less what no club lets anybody write.
#[track_caller]
fn is_data(output: &Output, what: &str) {
    let text = String::from_utf8(output.stdout.clone()).unwrap().replace("\r\n", "\n");
    let found = text.chars().find(|c| is_forbidden(*c) && *c != '\n');
    assert!(found.is_none(), "{what} gives {found:?}: {text:?}");
    is_harmless(&Output { stdout: Vec::new(), ..output.clone() }, what);
}

#[track_caller]
fn is_harmless(output: &Output, what: &str) {
    let ended = output.status.code();
    assert!(ended.is_some_and(|code| code < 101), "{what} ended with {ended:?}: {output:?}");
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(text.clone()).unwrap();
        let found = text.chars().find(|c| is_harmful(*c) && *c != '\n');
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(found.is_none(), "{what} shows {found:?}: {text:?}");
    }
}

#[test]
fn nothing_that_a_server_says_commands_the_terminal() {
    const COMMANDS: [&str; 40] = [
        "ls",
        "info 1",
        "search x",
        "history",
        "statement",
        "notices",
        "notice 1",
        "events",
        "event 1",
        "bookings",
        "users",
        "sessions",
        "audit",
        "reports",
        "ads",
        "stats",
        "stats days=9",
        "prices",
        "who",
        "join",
        "say x y",
        "define x",
        "match x",
        "lookups",
        "whoami",
        "buy 1",
        "topup 1",
        "redeem x",
        "help",
        "get 1",
        "quota",
        "attendees 1",
        "invite",
        "voucher 1",
        "export -o x.json",
        "watch notices",
        "top",
        "new 3",
        "raw LIST",
        "raw WHOAMI x",
    ];
    let folder = tempfile::tempdir().unwrap();
    for answer in answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        thread::spawn(move || serve(&listener, &answer));
        // Machines are shown all of it in one way, people each in its own.
        let each = COMMANDS.iter().map(|command| vec!["--yes", "-c", command]);
        let json = ["ls", "join", "stats", "export -o -", "raw LIST"]
            .map(|command| vec!["--json", "--yes", "-c", command]);
        let csv = ["ls", "whoami", "stats", "raw LIST"].map(|command| vec!["--csv", "--yes", "-c", command]);
        let all: Vec<Vec<&str>> = each.chain(json).chain(csv).collect();
        thread::scope(|scope| {
            for some in all.chunks(all.len().div_ceil(4)) {
                let (host, folder) = (&host, folder.path());
                scope.spawn(move || {
                    for arguments in some {
                        let output = reel(host, folder, arguments).output().unwrap();
                        let check = if arguments.contains(&"--csv") { is_data } else { is_harmless };
                        check(&output, &format!("{arguments:?}"));
                    }
                });
            }
        });
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    for name in left {
        let name = name.into_string().unwrap();
        assert!(!name.chars().any(|c| c.is_control()), "a file called {name:?}");
    }
}

/// A server with one title, that answers RETR so.
fn one_title(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 REEL proto=1 caps=ads max-line=8192 : x\r\n").unwrap();
        let info = format!("- id=1 title=x size=5 md5={}\r\n210 END rows=1", "0".repeat(32));
        let reader = BufReader::new(stream.try_clone().unwrap());
        for line in reader.lines().map_while(Result::ok) {
            let said = match line.split(' ').next() {
                Some("LOGIN") => "230 OK user=anna role=user balance=0.00 member-until=- token=T",
                Some("INFO") => &info,
                _ => answer,
            };
            let _ = stream.write_all(format!("{said}\r\n").as_bytes());
        }
    });
    host
}

#[test]
fn a_file_that_is_promised_and_never_comes_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let host = one_title("250 OK");
    let ended = reel(&host, folder.path(), &["-c", "get 1"]).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("without a body"), "{ended:?}");
}

#[test]
fn a_wait_without_an_end_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let host = one_title("350 WAIT seconds=18446744073709551615 ad=\"x\"");
    let mut child = reel(&host, folder.path(), &["-c", "get 1"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut byte = [0];
    let mut stderr = child.stderr.take().unwrap();
    while !said.contains("s left") && stderr.read(&mut byte).unwrap() > 0 {
        said.push(char::from(byte[0]));
    }
    assert!(said.contains("86400 s left"), "{said}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reply_without_an_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 REEL proto=1 caps=ads max-line=8192 : x\r\n").unwrap();
        let row = format!("- title=\"{}\"\r\n", "x".repeat(60_000));
        while stream.write_all(row.as_bytes()).is_ok() {}
    });
    let ended = reel(&host, folder.path(), &["-c", "noop"]).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("too many bytes"), "{ended:?}");
}
