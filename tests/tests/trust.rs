//! How the shell comes to trust a server, and what it does over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tests::{Club, Engine, Terminal, admin, bytes, md5hex, program, reel, reel_tls, user};

/// The SHA-256 of a certificate, as the operator sees it.
fn fingerprint(certificate: &Path) -> String {
    let out = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(certificate)
        .output()
        .expect("openssl: tests/run installs it");
    String::from_utf8(out.stdout).unwrap().trim().rsplit('=').next().unwrap().to_owned()
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn a_script_never_asks() {
    let (club, dir) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let anna = user(&club, "anna");
    let right = fingerprint(&club.certificate());
    let wrong = right.replace(|c: char| c != ':', "0");
    let run = |more: &[(&str, &str)], arguments: &[&str]| {
        let arguments = [arguments, &["--user", &anna.name, "-c", "whoami"]].concat();
        reel_tls(&club, dir.path(), &anna.name, more, &arguments)
    };
    let out = run(&[], &["--yes"]);
    assert_eq!(out.status.code(), Some(3), "{out:?}");
    assert!(said(&out).contains("no authority") && said(&out).contains(&right), "{}", said(&out));
    let out = run(&[], &["--json"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("UNTRUSTED"), "{out:?}");
    let out = run(&[], &["--tls-pin", &wrong]);
    assert_eq!(out.status.code(), Some(3));
    assert!(said(&out).contains("DANGER") && said(&out).contains(&right), "{}", said(&out));
    assert_eq!(run(&[], &["--tls-pin", &right]).status.code(), Some(0));
    assert_eq!(run(&[("REEL_TLS_PIN", &right.replace(':', "").to_lowercase())], &[]).status.code(), Some(0));
    assert!(!dir.path().join(".local/state/reel/known_servers").exists(), "a pin is nobody's to remember");

    // One that the system vouches for needs no pin; but the name has to be the right one.
    let system = ("SSL_CERT_FILE", club.certificate());
    let system = [(system.0, system.1.to_str().unwrap())];
    assert_eq!(run(&system, &[]).status.code(), Some(0));
    let other = club.tls_address().to_string().replace("127.0.0.1", "127.0.0.2");
    let out = Command::new(program("reel"))
        .args(["--tls", "--host", &other, "-c", "noop"])
        .env("HOME", dir.path())
        .env("LC_ALL", "C.UTF-8")
        .envs(system)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(3), "{out:?}");

    // A server that was trusted with another certificate.
    let state = dir.path().join(".local/state/reel");
    fs::create_dir_all(&state).unwrap();
    let known = state.join("known_servers");
    fs::write(&known, format!("{} {wrong}\n", club.tls_address())).unwrap();
    let out = run(&[], &[]);
    assert_eq!(out.status.code(), Some(3));
    assert!(said(&out).contains("DANGER") && said(&out).contains("line 1 of"), "{}", said(&out));
    fs::write(&known, format!("{} {right}\n", club.tls_address())).unwrap();
    assert_eq!(run(&[], &[]).status.code(), Some(0));
}

#[test]
fn plain_and_tls_are_told_apart() {
    let (club, dir) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let run = |host: String| {
        Command::new(program("reel"))
            .args(["--tls", "--host", &host, "-c", "noop"])
            .env("HOME", dir.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap()
    };
    let out = run(club.address().to_string());
    assert_eq!(out.status.code(), Some(3));
    assert!(said(&out).contains("TLS is not spoken there"), "{}", said(&out));
}

#[test]
fn files_go_up_and_down_over_many_connections() {
    let (club, dir) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let boss = admin(&club);
    let pin = fingerprint(&club.certificate());
    let film = bytes(9_000_001);
    fs::write(dir.path().join("film.webm"), &film).unwrap();
    let run = |commands: &[&str]| {
        let mut arguments = vec!["--tls-pin", &pin, "--user", &boss.name];
        commands.iter().for_each(|command| arguments.extend(["-c", command]));
        let out = reel_tls(&club, dir.path(), &boss.name, &[], &arguments);
        assert!(out.status.success(), "{}", said(&out));
        out.stdout
    };
    run(&["put film.webm kind=FREE"]);
    run(&["get 1 -o many.webm -j 4", "get 1 -o one.webm", "ls", "search film"]);
    for name in ["many.webm", "one.webm"] {
        assert_eq!(md5hex(&fs::read(dir.path().join(name)).unwrap()), md5hex(&film), "{name}");
    }
    assert!(run(&["get 1 -o -"]) == film);
    // What was begun is finished.
    fs::write(dir.path().join("sent.webm"), [&film[..], b"more"].concat()).unwrap();
    run(&["put sent.webm prove=no", "RETR 2 offset=9000001"]);
}

#[test]
fn somebody_at_a_terminal_decides_whom_to_trust() {
    let (club, dir) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let boss = admin(&club);
    let (host, print) = (club.tls_address().to_string(), fingerprint(&club.certificate()));
    let known = dir.path().join(".local/state/reel/known_servers");
    let start = |more: &[(&str, &str)], arguments: &[&str]| {
        let arguments = [&["--tls", "--host", &host], arguments].concat();
        Terminal::sized(dir.path(), more, &arguments, 24, 80)
    };

    // Who says no, or yes to everything else, has trusted nobody.
    for arguments in [&[][..], &["--yes"]] {
        let mut shell = start(&[], arguments);
        shell.wait("Trust it from now on? [y/N] ");
        shell.type_("n\r");
        let said = squeezed(&shell.end(3));
        assert!(said.contains(&print) && said.contains("noauthorityofthissystem"), "{said}");
        assert!(!known.exists());
    }

    // The same in Chinese, and Ctrl-C.
    let mut shell = start(&[("LC_ALL", "zh_CN.UTF-8")], &[]);
    shell.wait("从现在起信任它？[y/N] ");
    shell.type_("\x03");
    let said = squeezed(&shell.end(3));
    assert!(said.contains(&print), "{said}");

    // Who says yes is asked once.
    let mut shell = start(&[], &[]);
    shell.wait("[y/N] ");
    shell.type_("y\r");
    shell.wait("reel> ");
    shell.give("noop");
    shell.type_("quit\r");
    shell.end(0);
    assert_eq!(fs::metadata(&known).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(&known).unwrap(), format!("{host} {print}\n"));

    let mut shell = start(&[], &[]);
    shell.wait("reel> ");
    assert!(!shell.said().contains("[y/N]"), "{}", shell.said());
    shell.type_(&format!("login {}\r", boss.name));
    shell.hidden("Password: ", &format!("the password of {}", boss.name));
    shell.wait(&format!("{}@127.0.0.1> ", boss.name));
    let said = shell.give("watch notices");
    assert!(said.contains("as it happens"), "{said}");
    // A notice appears above a line that is being typed, and the line stays.
    shell.type_("whoa");
    shell.wait("> whoa");
    let post = ["--user", &boss.name, "-c", "post \"Film night\" \"Friday at eight.\""];
    let posted = reel(&club, dir.path(), &boss.name, &[], &post);
    assert!(posted.status.success(), "{posted:?}");
    shell.wait("New notice 1: Film night");
    shell.wait("> whoa");
    shell.type_("mi\r");
    shell.wait("member-until");
    shell.type_("quit\r");
    shell.end(0);

    // Another certificate than the trusted one is never a question.
    fs::write(&known, format!("# mine\n{host} {}00\n", "00:".repeat(31))).unwrap();
    let said = squeezed(&start(&[], &[]).end(3));
    assert!(said.contains("DANGER") && !said.contains("[y/N]") && said.contains(&print), "{said}");
    assert!(said.contains("line2of") && said.contains("known_servers"), "{said}");
}

/// Without white space, however its lines were broken.
fn squeezed(said: &str) -> String {
    said.split_whitespace().collect()
}
