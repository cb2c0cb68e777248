//! `!`: the shell of this computer.

use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::ask;
use crate::cancel;
use crate::fault::Fault;
use crate::input::Given;
use crate::shell::Shell;
use crate::show::Answer;

/// `!COMMAND`, or `!` alone, which opens the shell. It has the terminal; where there is none it reads nothing, so
/// that it does not eat the rest of a script.
///
/// # Errors
/// It failed, or cannot be run.
pub fn run(shell: &Shell, given: &Given) -> Result<Answer, Fault> {
    let named = std::env::var_os("SHELL").filter(|name| !name.is_empty());
    let program = named.unwrap_or_else(|| "/bin/sh".into());
    let mut command = Command::new(&program);
    ask::keep_secret(&mut command);
    match given.word(0) {
        "" => {}
        line => drop(command.arg("-c").arg(line)),
    }
    let failed = |error| Fault::file(Path::new(&program), error);
    if !io::stdin().is_terminal() {
        command.stdin(Stdio::null());
    }
    // Standard output is for the documents then.
    if shell.screen.is_for_machines() {
        let talk = io::stderr().as_fd().try_clone_to_owned().map_err(failed)?;
        command.stdout(Stdio::from(talk));
    }
    let terminal = tcgetattr(io::stdin()).ok();
    let cancel = &shell.session.endpoint().cancel;
    let ended = cancel.aside(|| {
        let child = cancel::with_interrupts(|| command.spawn());
        child.and_then(|mut child| child.wait())
    });
    // One that was killed may have left it in any state.
    if let Some(terminal) = terminal {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &terminal);
    }
    let ended = ended.map_err(failed)?;
    // As shells have it for a program that a signal has ended.
    let code = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal)).unwrap_or(-1);
    match code {
        0 => Ok(Answer::own(250, "OK", &[("exit", "0")])),
        code => Err(Fault::Local(code)),
    }
}
