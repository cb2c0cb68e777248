//! No secret is told: not in a log of any level, an error, a panic, the list of processes, or the shell's history.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tests::{
    Club, Engine, Reply, Terminal, admin, bytes, md5hex, on_both_engines, pass, program, retr, stor, user,
};

on_both_engines! {
    nothing_secret_is_told
    every_log_in_hashes_once
}

/// Everything that nobody else may know, by what it is.
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is no secret: {secret}");
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    /// A password, which the wire knows as its digest.
    fn password(&mut self, what: &str, password: &str) -> String {
        let digest = md5hex(password.as_bytes());
        self.add(what, password);
        self.add(&format!("digest of {what}"), &digest);
        digest
    }

    #[track_caller]
    fn are_not_in(&self, place: &str, text: &str) {
        let folded = text.to_lowercase();
        for (what, secret) in &self.0 {
            let plain = secret.replace('-', "").to_lowercase();
            let found = folded.contains(&secret.to_lowercase()) || folded.contains(&plain);
            assert!(!found, "{place} tells the {what} {secret}");
        }
    }
}

fn code(reply: &Reply) -> String {
    reply.rows.first().map_or_else(|| reply.get("code"), |row| row.get("code")).to_owned()
}

fn nothing_secret_is_told(engine: Engine) {
    let mut club = Club::start(engine);
    club.set("RUST_LOG", "trace");
    club.restart();
    let mut secrets = Secrets(vec![]);
    let mut boss = admin(&club);
    secrets.add("token of the admin", &boss.token);
    secrets.add("digest of the admin", &pass(&boss.name));
    let mut invite = || {
        let code = club.invite(false);
        secrets.add("invite", &code);
        code
    };
    let (first, second) = (invite(), invite());
    let (old, new) =
        (secrets.password("password", "correct horse"), secrets.password("new password", "battery staple"));
    let mut vouchers = boss.want("VOUCHER 5.00 count=2", "210 END").rows;
    let mut anna = club.line();
    let token = anna.want(&format!("REGISTER anna {old} invite={first}"), "230 OK").get("token").to_owned();
    secrets.add("token", &token);
    let more = code(&boss.want("INVITE", "250 OK"));
    secrets.add("invite of an admin", &more);
    let reset = code(&boss.want("RESET anna", "250 OK"));
    secrets.add("code of a reset", &reset);
    for row in &vouchers {
        secrets.add("voucher", row.get("code"));
    }
    let voucher = vouchers.remove(0).get("code").to_owned();

    // Right, wrong and senseless, on one connection and another.
    for command in [
        format!("PASSWD {old} {new}"),
        format!("PASSWD {old} {new}"),
        format!("REDEEM {voucher} key=once"),
        format!("REDEEM {voucher}"),
        format!("REDEEM {more}"),
        format!("RESUME {token}"),
        format!("LOGIN anna {new}"),
        format!("LOGIN anna {old}"),
        format!("LOGIN anna {new} {old}"),
        format!("LOGIN {new} anna"),
        format!("LOGN anna {new}"),
        format!("PASSWD {new}"),
        new.clone(),
        format!("REGISTER anna {new} invite={first}"),
        format!("REGISTER berta {new} invite={first}"),
        format!("RECOVER boss {reset} {new}"),
        format!("UNREGISTER {old}"),
        format!("\"LOGIN anna {new}"),
        format!("LOGIN anna {new}\u{1b}"),
    ] {
        anna.ask(&command);
        club.line().ask(&command);
    }
    let mut ben = user(&club, "ben");
    secrets.add("token of ben", &ben.token);
    let film = bytes(1000);
    let id = stor(&mut boss, "Film", "FREE", &film, "");
    assert_eq!(retr(&mut boss, &id), film);
    ben.want("LOGOUT", "250 OK");

    let typed = secrets.password("typed password", "Tr0ub4dor and 3");
    let fresh = secrets.password("fresh password", "zebra crossing 7");
    secrets.password("wrong password", "wrong zebra crossing 7");
    let home = tempfile::tempdir().unwrap();
    let remaining = vouchers.remove(0).get("code").to_owned();
    let shell = Shell {
        password: "Tr0ub4dor and 3",
        fresh: "zebra crossing 7",
        invite: &second,
        reset: &reset,
        vouchers: [&remaining, "AAAAAA-BBBBBB-CCCCCC-DDDDDD"],
    };
    let seen = shell.typed(&club, home.path());
    assert!(seen.cmdline.contains("--host") && seen.environ.contains("RUST_LOG=trace"), "it is the shell");
    secrets.are_not_in("the shell's command line", &seen.cmdline);
    secrets.are_not_in("the shell's environment", &seen.environ);
    let history = fs::read_to_string(home.path().join(".local/state/reel/history")).unwrap();
    assert!(history.contains("whoami"), "{history}");
    secrets.are_not_in("the shell's history", &history);
    // What was typed where everybody sees it stood there; nothing else did.
    for unseen in ["Tr0ub4dor", "zebra", &typed, &fresh, &boss.token] {
        assert!(!seen.terminal.contains(unseen), "the terminal shows {unseen}:\n{}", seen.terminal);
    }

    let proc = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", club.pid())).unwrap();
    secrets.are_not_in("the daemon's command line", &proc("cmdline"));
    secrets.are_not_in("the daemon's environment", &proc("environ"));
    let traced = club.said();
    assert!(traced.contains("DEBUG") && traced.contains("a password is hashed"), "it was told everything");
    secrets.are_not_in("the log", &traced);

    // Also where the line that holds them is what a panic is about.
    club.set("REEL_PANIC", "LOGIN,PASSWD,RECOVER,REDEEM,hash");
    club.kill9();
    club.restart();
    let mut line = club.resume(&boss.token);
    line.want(&format!("PASSWD {} {new}", pass(&boss.name)), "500 INTERNAL");
    for command in
        [format!("LOGIN anna {new}"), format!("RECOVER anna {reset} {new}"), format!("REGISTER dora {new}")]
    {
        let reply = club.line().ask(&command);
        secrets.are_not_in("the reply", &reply.is("500 INTERNAL").line);
    }
    assert!(club.stop().success());
    assert!(club.said().contains("panic at"));
    secrets.are_not_in("the log of panics", &club.said());
}

/// The secrets that somebody types into the shell at a terminal.
struct Shell<'s> {
    password: &'s str,
    fresh: &'s str,
    invite: &'s str,
    reset: &'s str,
    /// A good one and a wrong one.
    vouchers: [&'s str; 2],
}

/// What the system tells everybody of the shell, and what stood on its terminal.
struct Seen {
    cmdline: String,
    environ: String,
    terminal: String,
}

impl Shell<'_> {
    fn typed(&self, club: &Club, home: &Path) -> Seen {
        let mut shell = Terminal::reel(club, home, &[("RUST_LOG", "trace")], &[]);
        shell.wait("reel> ");
        // What is seen on the terminal because it was typed in the open stays out of the history all the same.
        shell.type_(&format!("register carla invite={}\r", self.invite));
        shell.hidden("Password: ", self.password);
        shell.hidden("Once more: ", self.password);
        shell.wait("Logged in as carla (user)");
        for (line, answer) in [
            ("whoami".to_owned(), "member-until"),
            (format!("redeem {}", self.vouchers[0]), "amount "),
            (format!("redeem {}", self.vouchers[1]), "NOT_FOUND"),
        ] {
            let said = shell.give(&line);
            assert!(said.contains(answer), "{line}: {said}");
        }
        shell.type_("passwd\r");
        shell.hidden("Old password: ", self.password);
        shell.hidden("New password: ", self.fresh);
        shell.hidden("Once more: ", self.fresh);
        shell.wait("The password is changed");
        let said = shell.give("logout");
        assert!(said.contains("Logged out."), "{said}");
        shell.type_("login carla\r");
        shell.hidden("Password: ", &format!("wrong {}", self.fresh));
        shell.wait("BAD_CREDENTIALS");
        shell.wait("reel> ");
        shell.type_(&format!("recover anna {}\r", self.reset));
        shell.hidden("New password: ", self.fresh);
        shell.hidden("Once more: ", self.fresh);
        shell.wait("Logged in as anna (user)");
        shell.wait("anna@127.0.0.1> ");
        let id = shell.process().id();
        let proc = |name: &str| {
            let told = fs::read(format!("/proc/{id}/{name}")).unwrap();
            String::from_utf8_lossy(&told).replace('\0', "\n")
        };
        let (cmdline, environ) = (proc("cmdline"), proc("environ"));
        shell.type_("quit\r");
        Seen { cmdline, environ, terminal: shell.end(0) }
    }
}

/// Hashes that the log tells of; waits until they are `expected`, and fails where they become more.
#[track_caller]
fn hashes(club: &Club, expected: usize) {
    let count = || club.said().matches("a password is hashed").count();
    let start = Instant::now();
    while count() < expected && start.elapsed() < Duration::from_secs(15) {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(count(), expected);
}

fn every_log_in_hashes_once(engine: Engine) {
    let mut club = Club::start(engine);
    let mut boss = admin(&club);
    user(&club, "anna");
    user(&club, "locked");
    user(&club, "gone").want(&format!("UNREGISTER {}", pass("gone")), "250 OK");
    boss.want("LOCK locked", "250 OK");
    club.set("RUST_LOG", "debug");
    club.kill9();
    club.restart();
    let mut line = club.line();
    // Whatever the name is and whatever becomes of it, it costs one hash.
    for (done, (name, password, status)) in [
        ("anna", "anna", "230 OK"),
        ("anna", "wrong", "530 BAD_CREDENTIALS"),
        ("nobody", "nobody", "530 BAD_CREDENTIALS"),
        ("locked", "locked", "530 LOCKED"),
        ("locked", "wrong", "530 BAD_CREDENTIALS"),
        ("gone", "gone", "530 BAD_CREDENTIALS"),
        ("ANNA", "wrong", "530 BAD_CREDENTIALS"),
    ]
    .into_iter()
    .enumerate()
    {
        line.want(&format!("LOGIN {name} {}", pass(password)), status);
        // One more that is told in full after it: had the last one cost two, they would be there by now.
        hashes(&club, done + 1);
    }
    // So does the way back to a forgotten password.
    for name in ["anna", "nobody", "locked", "gone"] {
        let before = club.said().matches("a password is hashed").count();
        club.line().want(
            &format!("RECOVER {name} AAAAAA-AAAAAA-AAAAAA-AAAAAA {}", pass("x")),
            "530 BAD_CREDENTIALS",
        );
        hashes(&club, before + 1);
    }
}

#[test]
fn a_password_on_the_command_line_is_warned_of() {
    let out = Command::new(program("reeld"))
        .args(["config", "--database", "mysql://reel:s3cret-word@db/reel"])
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let (told, shown) = (String::from_utf8(out.stderr).unwrap(), String::from_utf8(out.stdout).unwrap());
    assert!(told.contains("REEL_DATABASE") && told.contains("ps"), "{told}");
    assert!(!told.contains("s3cret-word") && !shown.contains("s3cret-word"), "{told}{shown}");
    let out = Command::new(program("reeld"))
        .arg("config")
        .env("REEL_DATABASE", "mysql://reel:s3cret-word@db/reel")
        .output()
        .unwrap();
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(!String::from_utf8(out.stdout).unwrap().contains("s3cret-word"));
}

#[test]
fn a_slip_in_the_configuration_tells_no_password() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("reel.toml");
    for text in
        ["database = mysql://reel:s3cret-word@db/reel\n", "databse = \"mysql://reel:s3cret-word@db/reel\"\n"]
    {
        fs::write(&file, text).unwrap();
        let out = Command::new(program("reeld")).arg("serve").arg("--config").arg(&file).output().unwrap();
        let told = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{told}");
        assert!(told.contains("line 1") && !told.contains("s3cret-word"), "{told}");
    }
}
