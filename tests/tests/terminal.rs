//! The shell on a terminal: what is typed, what stands on the screen.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use tests::{Club, Engine, Terminal, user};

#[test]
fn a_line_is_typed_and_answered() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.type_("whoami\r");
    shell.wait("member-until");
    shell.wait("anna@127.0.0.1> ");
    shell.type_("login anna\r");
    shell.hidden("Password: ", "something else");
    shell.wait("BAD_CREDENTIALS");
    let said = shell.leave();
    assert!(!said.contains("something else"), "{said}");
}

#[test]
fn what_is_typed_while_a_command_runs_is_run_next() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let mut shell = Terminal::of(&club, dir.path(), "anna", &[], &[]);
    shell.type_("whoami\rhelp whoami\rnope\rhelp ls\r");
    shell.wait("member-until");
    shell.wait("Says who you are");
    shell.wait("no command nope");
    shell.wait("Lists titles");
    shell.leave();
}
