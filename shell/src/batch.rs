//! Scripts: commands from arguments, a file or standard input, until one fails.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use crate::cli::Cli;
use crate::fault::{Exit, Fault};
use crate::locale::Text;
use crate::shell::{After, Shell};

/// Longest line of a script: a good deal more than the server takes, so that it can say so.
const LONGEST: u64 = 64 * 1024;

/// Runs what the command line names. Gives the exit code.
pub fn run(shell: &mut Shell, cli: &Cli) -> Exit {
    let exit = commands(shell, cli);
    // What it has begun in the background is its work, too.
    crate::jobs::waiting::finish(shell);
    let exit = if exit == Exit::Done { shell.jobs.first_failure().unwrap_or(Exit::Done) } else { exit };
    shell.session.leave();
    exit
}

fn commands(shell: &mut Shell, cli: &Cli) -> Exit {
    for line in &cli.command {
        match step(shell, line) {
            Ok(After::Go) => {}
            Ok(After::Leave) => return Exit::Done,
            Err(exit) => return exit,
        }
    }
    match cli.file.as_deref() {
        Some(path) if path != Path::new("-") => match File::open(path) {
            Ok(file) => script(shell, &mut BufReader::new(file)),
            Err(error) => {
                let shown = path.display().to_string();
                shell.screen.say(Text::CannotRead, &[&shown, &error.to_string()]);
                Exit::File
            }
        },
        None if !cli.command.is_empty() => Exit::Done,
        _ => script(shell, &mut io::stdin().lock()),
    }
}

fn script(shell: &mut Shell, lines: &mut dyn BufRead) -> Exit {
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) => return Exit::Done,
            Ok(_) => {}
            Err(error) => {
                shell.screen.say(Text::CannotRead, &["-", &error.to_string()]);
                return Exit::File;
            }
        }
        match step(shell, &String::from_utf8_lossy(&line)) {
            Ok(After::Go) => {}
            Ok(After::Leave) => return Exit::Done,
            Err(exit) => return exit,
        }
    }
}

/// Runs one line; what went wrong is shown and becomes the exit code.
fn step(shell: &mut Shell, line: &str) -> Result<After, Exit> {
    shell.run(line).map_err(|fault| {
        shell.screen.fault(&fault);
        fault.exit()
    })
}

/// Logs in at the start, without a document for `--json`: nobody gave a command.
///
/// # Errors
/// No password, no connection, or a refusal.
pub fn log_in(shell: &mut Shell, name: &str) -> Result<(), Fault> {
    let given = crate::input::Given { words: vec![name.to_owned()], ..Default::default() };
    let result = crate::account::login(shell, &given).map(drop);
    shell.tell_notes();
    result
}
