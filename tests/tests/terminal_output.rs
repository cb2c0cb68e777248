//! What stands on the screen: tables in a narrow window, the pager, colours, the wire, and the local shell.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use tests::{Club, Engine, Person, Terminal, admin, pass, quote, stor, user};

/// An astronaut: a woman, a joiner, a rocket. Terminals draw two columns, or four.
const ASTRONAUT: &str = "👩\u{200d}🚀";

const PROMPT: &str = "anna@127.0.0.1> ";

/// A club with an admin and anna, and a folder that is anna's home.
fn club() -> (Club, tempfile::TempDir, Person) {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    let boss = admin(&club);
    user(&club, "anna");
    (club, dir, boss)
}

#[test]
fn a_table_fits_a_narrow_window_and_grows_with_it() {
    let (club, dir, mut boss) = club();
    stor(&mut boss, "绿茶的故事 and the long way that it came", "PAID", b"one", "price=99.00");
    stor(&mut boss, "A story of green tea, told by those who know it", "FREE", &[b'x'; 123_456], "");
    boss.want("STAGE \"A very long evening with a great many films\" seats=40 price=8.00", "250 OK");
    let mut shell = Terminal::of_sized(&club, dir.path(), "anna", &[], &[], 40, 40);
    let said = shell.give("ls");
    for whole in [" 1  PAID  99.00", "3 B", "120.5 KiB", "绿茶", "…"] {
        assert!(said.contains(whole), "{whole}:\n{said}");
    }
    // A line that did not fit would go on below.
    let rows = |screen: &str| screen.lines().filter(|line| line.starts_with([' ', '2'])).count();
    shell.wait_screen("two rows", |screen| rows(screen) == 2);
    for line in ["ls", "events", "sessions", "prices", "history", "whoami", "help", "info 1", "help get"] {
        let said = shell.give(line);
        // A digest is there to be copied.
        for line in said.lines().filter(|line| !line.starts_with("md5 ")) {
            let width: usize = line.chars().map(|c| if c > '\u{2e80}' { 2 } else { 1 }).sum();
            assert!(width <= 40, "{width}: {line}");
        }
    }
    // What cannot be so narrow is a card; no number and no time is cut.
    let said = shell.give("sessions");
    assert!(said.lines().any(|line| line.starts_with("since    20") && line.len() == 25), "{said}");
    assert!(said.contains("user     anna\n") && !said.contains('…'), "{said}");
    shell.resize(40, 140);
    let said = shell.give("ls");
    assert!(said.contains("A story of green tea, told by those who know it\n"), "{said}");
    let said = shell.give("sessions");
    assert!(said.starts_with("session  user"), "{said}");
}

#[test]
fn columns_stand_under_each_other_whatever_the_script() {
    let (club, dir, mut boss) = club();
    let names = [
        "Tea".to_owned(),
        "绿茶".to_owned(),
        format!("{ASTRONAUT} up"),
        "🇨🇳 ❤\u{fe0f}".to_owned(),
        "e\u{301}te\u{301}".to_owned(),
    ];
    for name in &names {
        boss.want(&format!("STAGE {} seats=77 price=8.00", quote(name)), "250 OK");
    }
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.give("events");
    // Cells, not characters: where the number begins on the screen.
    let columns: Vec<u16> =
        (0..names.len()).map(|at| shell.column_of(&format!(" {}  ", at + 1), "77")).collect();
    assert!(columns.iter().all(|column| *column == columns[0]), "{columns:?}\n{}", shell.screen());
}

#[test]
fn what_is_longer_than_the_screen_goes_through_the_pager() {
    let (club, dir, mut boss) = club();
    for at in 0..30 {
        stor(&mut boss, &format!("Title {at}"), "FREE", format!("{at}").as_bytes(), "");
    }
    let pager = "sed 's/^/| /'; echo END OF PAGES; read key < /dev/tty; echo read $key";
    let mut one = Terminal::of(&club, dir.path(), "anna", &[("REEL_PAGER", pager), ("PAGER", "false")], &[]);
    one.type_("ls\r");
    one.wait("| id  kind");
    one.wait("| 30  FREE");
    one.wait("END OF PAGES\r\n");
    one.type_("on\r");
    one.wait("read on");
    one.wait(PROMPT);
    // What has room on the screen goes nowhere.
    let said = one.give("ls limit=20");
    assert!(said.starts_with("id  kind") && said.lines().count() == 22, "{said}");
    // The window counts as it is now.
    one.resize(12, 80);
    one.type_("ls limit=20\r");
    one.wait("END OF PAGES\r\n");
    one.type_("\x03");
    one.wait(PROMPT);
    // Ctrl-C was for the pager: the connection is the same.
    let said = one.give("whoami");
    assert!(said.starts_with("user"), "{said}");
    one.type_("quit\r");
    assert!(!one.end(0).contains("Connected again"));
    // PAGER is the second choice; without either, and with one that is not there, it is printed.
    let mut two = Terminal::of(&club, dir.path(), "anna", &[("PAGER", "cat -n")], &[]);
    assert!(two.give("ls").starts_with("     1\tid"));
    for (more, flag) in [
        (&[("REEL_PAGER", pager)][..], &["--no-pager"][..]),
        (&[("REEL_PAGER", ""), ("PAGER", pager)], &[]),
        (&[("PAGER", "cat")], &[]),
    ] {
        let mut shell = Terminal::of(&club, dir.path(), "anna", more, flag);
        assert!(shell.give("ls").starts_with("id  kind"), "{more:?} {flag:?}");
    }
    let mut none = Terminal::of(&club, dir.path(), "anna", &[("PAGER", "/nowhere/pager")], &[]);
    let said = none.give("ls");
    assert!(said.contains("\nid  kind") && said.contains("\n30  FREE"), "{said}");
    // A script waits for no key, even on a terminal.
    let host = club.address().to_string();
    let all = [("REEL_PASSWORD", "the password of anna"), ("REEL_PAGER", pager)];
    let script = Terminal::sized(dir.path(), &all, &["--host", &host, "--user", "anna", "-c", "ls"], 24, 80);
    assert!(!script.end(0).contains("END OF PAGES"));
}

#[test]
fn colours_are_those_of_the_terminal_and_of_nobody_else() {
    let (club, dir, mut boss) = club();
    boss.want("POST \"Film\" \"Friday\"", "250 OK");
    let is_bold = |more: &[(&str, &str)], arguments: &[&str]| {
        let mut shell = Terminal::of(&club, dir.path(), "anna", more, arguments);
        shell.give("notice 1");
        shell.cell_of("Notice 1: Film", vt100::Cell::bold)
    };
    assert!(is_bold(&[], &[]));
    assert!(!is_bold(&[("NO_COLOR", "1")], &[]));
    assert!(!is_bold(&[("TERM", "dumb")], &[]));
    assert!(!is_bold(&[], &["--color=never"]));
    assert!(is_bold(&[("NO_COLOR", "1")], &["--color=always"]));
}

#[test]
fn the_wire_is_shown_until_it_is_enough_and_no_secret_is_kept() {
    let (club, dir, mut boss) = club();
    stor(&mut boss, "Green tea", "FREE", b"tea", "");
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    let said = shell.give("raw LIST limit=1");
    assert!(said.starts_with("- id=1 kind=FREE ") && said.contains("\n210 END rows=1"), "{said}");
    let mut say = |line: &str, answer: &str| {
        shell.type_(&format!("{line}\r"));
        shell.wait(answer);
        shell.wait("raw> ");
    };
    say("raw", "Lines go to the server as they are");
    say("whoami", "250 OK user=anna role=user");
    say("ls", "500 UNKNOWN_COMMAND");
    say("info 999", "550 NOT_FOUND : ");
    say("RETR 1", "use get");
    say("\"stor\" 3 x", "use put");
    say("", "");
    say("!date", "500 UNKNOWN_COMMAND");
    // What happens meanwhile is the line of the protocol, too.
    say("WATCH notices", "250 OK");
    boss.want("POST Film Friday", "250 OK");
    shell.wait("* notice id=1 title=Film");
    // Who logs in by it is known.
    shell.type_(&format!("LOGIN {} {}\r", boss.name, pass(&boss.name)));
    shell.wait("230 OK user=admin");
    shell.wait("raw> ");
    shell.type_(&format!("RESUME {}\r", boss.token));
    shell.wait("raw> ");
    shell.type_(" ##\r");
    shell.wait(&format!("{}@127.0.0.1> ", boss.name));
    shell.type_(&format!("raw RESUME {}\r", boss.token));
    shell.wait("230 OK");
    shell.wait("> ");
    shell.type_("raw\r");
    shell.wait("raw> ");
    // QUIT ends the connection, not the shell, and Ctrl-D ends it as ## does.
    shell.type_("quit\r");
    shell.wait("221 BYE");
    shell.wait("raw> ");
    shell.type_("noop\r");
    shell.wait("250 OK");
    shell.wait("raw> ");
    shell.type_("\x04");
    shell.wait("127.0.0.1> ");
    shell.leave();
    let history = fs::read_to_string(dir.path().join(".local/state/reel/history")).unwrap();
    assert!(history.contains("raw LIST limit=1"), "{history}");
    for secret in [&boss.token, &pass(&boss.name)] {
        assert!(!history.contains(secret.as_str()), "{history}");
    }
}

#[test]
fn the_local_shell_has_the_terminal() {
    let (club, dir, _) = club();
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[("SHELL", "/bin/sh"), ("PS1", "local: ")], &[]);
    let said = shell.give("!echo \"a b\" | tr a-z A-Z");
    assert_eq!(said, "A B\n");
    let said = shell.give("!exit 3");
    assert_eq!(said, "The command ended with exit code 3.\n");
    // It reads what is typed, and Ctrl-C ends it alone.
    shell.type_("!echo $((40+2)); exec sed -u 's/.*/<&>/'\r");
    shell.wait("42");
    shell.type_("typed\r");
    shell.wait("<typed>");
    shell.type_("\x03");
    shell.wait("exit code 130");
    shell.wait(PROMPT);
    // Whatever state it leaves the terminal in, the next one finds it as it was.
    shell.give("!stty -echo -icanon");
    let said = shell.give("!stty -a | tr ' ' '\\n' | grep -c -e '^-echo$' -e '^-icanon$'");
    assert!(said.starts_with("0\n"), "{said}");
    // Alone it opens the shell; here one knows that it is left.
    shell.type_("!\r");
    shell.wait("local: ");
    shell.type_("echo in$((40+3))\r");
    shell.wait("in43");
    shell.type_("exit\r");
    shell.wait(PROMPT);
    shell.type_("quit\r");
    assert!(!shell.end(0).contains("Connected again"));
}

#[test]
fn what_others_say_moves_no_cursor() {
    let (club, dir, mut boss) = club();
    let odd = "be\u{200b}low\u{200e} \u{2028}\u{ad}x";
    let shown = r"be\u{200b}low\u{200e} \u{2028}\u{ad}x";
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.give("join");
    shell.give("watch lounge notices");
    boss.want("JOIN", "250 OK");
    boss.want(&format!("SAY lounge {}", quote(odd)), "250 OK");
    shell.wait(&format!("Management: {shown}"));
    boss.want(&format!("POST {0} {0}", quote(odd)), "250 OK");
    shell.wait(&format!("New notice 1: {shown}"));
    shell.wait(PROMPT);
    let said = shell.give("notice 1");
    assert!(said.contains(&format!("  {shown}\n")), "{said}");
}

/// What a club would refuse: it clears the screen, goes home, sets the title, turns text around, hides the rest.
const EVIL: &str = "a\u{1b}[2J\u{1b}[1;1H\u{1b}]0;x\u{7}\u{9b}8m\r\u{8}\u{202e}\u{2066}b";

/// How all of it is shown.
const SHOWN: &str = r"a\u{1b}[2J\u{1b}[1;1H\u{1b}]0;x\u{7}\u{9b}8m\r\u{8}\u{202e}\u{2066}b";

/// A server that means ill, to one shell and its look-ups.
fn serve(listener: &TcpListener) {
    let talk = |mut stream: TcpStream| {
        let _ = stream.write_all(b"220 REEL proto=1 caps=ads max-line=8192 : hi\r\n");
        let reader = BufReader::new(stream.try_clone().unwrap());
        for line in reader.lines().map_while(Result::ok) {
            let said = match line.split(' ').next() {
                Some("LOGIN" | "RESUME") => {
                    "230 OK user=anna role=user balance=0.00 member-until=- token=T".into()
                }
                Some("WHOAMI") => format!("250 OK user=\"{EVIL}\" balance=\"{EVIL}\""),
                Some("INFO") => format!("- id=\"{EVIL}\" title=\"{EVIL}\"\r\n210 END rows=1"),
                Some("BUY") => format!("553 NO a=\"{EVIL}\" : {EVIL}"),
                _ => format!(
                    "* said room=x who=\"{EVIL}\" text=\"{EVIL}\"\r\n- id=1 title=\"{EVIL}\"\r\n210 END rows=1"
                ),
            };
            if stream.write_all(format!("{said}\r\n").as_bytes()).is_err() {
                return;
            }
        }
    };
    while let Ok((stream, _)) = listener.accept() {
        thread::spawn(move || talk(stream));
    }
}

#[test]
fn a_server_that_means_ill_moves_no_cursor_either() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(&listener));
    let arguments = ["--host", &host, "--user", "anna"];
    let mut shell = Terminal::sized(dir.path(), &[("REEL_PASSWORD", "x")], &arguments, 50, 120);
    shell.wait(PROMPT);
    shell.give("!echo first of all");
    for line in ["ls", "raw LIST", "whoami", "info 1", "buy 1 price=1"] {
        let said = shell.give(line);
        assert!(said.contains(SHOWN), "{line}: {said:?}");
    }
    // Nothing was cleared, and nothing was written over.
    shell.wait_screen("the first line", |screen| screen.starts_with("Logged in as anna"));
    let screen = shell.screen();
    assert!(screen.contains("\nfirst of all\n") && screen.matches(PROMPT).count() == 7, "{screen}");
}
