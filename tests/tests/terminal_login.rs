//! Logging in at a terminal: what is asked there, also when the commands come from elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::fs;

use tests::{Club, Engine, Terminal, admin, user};

const ANNA: &str = "the password of anna";

#[test]
fn a_script_from_elsewhere_asks_for_the_password_on_the_terminal() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    fs::write(dir.path().join("script"), "whoami\n").unwrap();
    let host = club.address();
    let script = format!("\"$0\" --host {host} --user anna < script > out 2> err");
    let mut terminal = Terminal::sh(dir.path(), &script);
    terminal.hidden("Password: ", ANNA);
    let said = terminal.end(0);
    assert!(!said.contains(ANNA), "{said}");
    assert!(fs::read_to_string(dir.path().join("out")).unwrap().contains("anna"));

    // Ctrl-C there stops it.
    let mut terminal = Terminal::sh(dir.path(), &script);
    terminal.wait("Password: ");
    terminal.type_("\x03");
    terminal.end(130);

    // A job in the background is not asked, it would be stopped: it ends at once.
    let script = format!("set -m; \"$0\" --host {host} --user anna -c whoami & wait $!; echo \"ended $?\"");
    let mut terminal = Terminal::sh(dir.path(), &script);
    terminal.wait("REEL_PASSWORD");
    terminal.wait("ended 2");
    terminal.end(0);
}

#[test]
fn a_command_asks_about_a_certificate_on_the_terminal() {
    let (club, dir) = (Club::with_tls(Engine::Sqlite, ""), tempfile::tempdir().unwrap());
    let script = format!("exec \"$0\" --tls --host {} -c noop < /dev/null", club.tls_address());
    for yes in ["", "--yes"] {
        let mut terminal = Terminal::sh(dir.path(), &format!("{script} {yes}"));
        terminal.wait("Trust it from now on? [y/N] ");
        terminal.type_("n\r");
        terminal.end(3);
    }
    let mut terminal = Terminal::sh(dir.path(), &script);
    terminal.wait("Trust it from now on? [y/N] ");
    terminal.type_("\x03");
    terminal.end(130);
    let mut terminal = Terminal::sh(dir.path(), &script);
    terminal.wait("Trust it from now on? [y/N] ");
    terminal.type_("y\r");
    terminal.end(0);
    let said = Terminal::sh(dir.path(), &script).end(0);
    assert!(!said.contains("[y/N]"), "{said}");
}

#[test]
fn the_session_of_a_profile_is_gone_on_with() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    admin(&club).want("POST \"Film night\" \"Friday at eight.\"", "250 OK");
    let save = format!("\"$0\" --host {} --user anna --save-profile club", club.address());
    Terminal::sh(dir.path(), &save).end(0);

    let mut terminal = Terminal::sh(dir.path(), "\"$0\" @club");
    terminal.hidden("Password: ", ANNA);
    terminal.wait("no membership");
    // Who reads is shown the newest notice.
    terminal.wait("Film night");
    terminal.wait("anna@127.0.0.1> ");
    terminal.type_("quit\r");
    terminal.end(0);

    let mut terminal = Terminal::sh(dir.path(), "\"$0\" @club");
    terminal.wait("anna@127.0.0.1> ");
    terminal.type_("logout\r");
    terminal.wait("Logged out.");
    terminal.wait("reel> ");
    let said = terminal.leave();
    assert!(!said.contains("Password"), "{said}");

    let mut terminal = Terminal::sh(dir.path(), "\"$0\" @club");
    terminal.hidden("Password: ", ANNA);
    terminal.wait("anna@127.0.0.1> ");
    // The session is ended elsewhere; the next shell asks again.
    club.sql("DELETE FROM session");
    terminal.leave();
    let mut terminal = Terminal::sh(dir.path(), "\"$0\" @club -c whoami");
    terminal.hidden("Password: ", ANNA);
    terminal.end(0);
}
