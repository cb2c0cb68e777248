//! Scripts: commands from arguments, a file or standard input, until one fails.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::Path;

use protocol::grammar::SyntaxError;

use crate::cli::Cli;
use crate::fault::{Exit, Fault};
use crate::link::Reply;
use crate::locale::Text;
use crate::shell::{After, Shell};
use crate::show::plain::harmless;

/// Longest line of a script, in bytes: a good deal more than the server takes, so that it can say so.
const LONGEST: usize = 64 * 1024;

/// What some editors put before the first line.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Runs what the command line names. Gives the exit code.
pub fn run(shell: &mut Shell, cli: &Cli) -> Exit {
    let mut script = Script { shell, goes_on: cli.keep_going, failed: None, at: None };
    let _ = script.all(cli);
    let failed = script.failed;
    // What it has begun in the background is its work, too.
    crate::jobs::waiting::finish(shell);
    let exit = failed.or_else(|| shell.jobs.first_failure()).unwrap_or(Exit::Done);
    shell.session.leave();
    exit
}

/// A script on its way.
struct Script<'a> {
    shell: &'a mut Shell,
    /// Also after a failure.
    goes_on: bool,
    /// What went wrong first.
    failed: Option<Exit>,
    /// The file that is read, and the number of its line.
    at: Option<(String, usize)>,
}

impl Script<'_> {
    /// The commands of the command line, then the file; standard input where neither is named, or where the last
    /// command begins a loop that wants lines.
    fn all(&mut self, cli: &Cli) -> ControlFlow<()> {
        for line in &cli.command {
            self.line(line)?;
        }
        match cli.file.as_deref() {
            Some(path) if path != Path::new("-") => match File::open(path) {
                Ok(file) => self.lines(&path.display().to_string(), &mut BufReader::new(file)),
                Err(error) => self.unread(&path.display().to_string(), &error),
            },
            None if !cli.command.is_empty() && !self.shell.is_in_a_loop() => Continue(()),
            _ => self.lines("-", &mut io::stdin().lock()),
        }
    }

    fn lines(&mut self, name: &str, from: &mut dyn BufRead) -> ControlFlow<()> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            self.at = Some((name.to_owned(), number));
            match from.take(LONGEST as u64).read_until(b'\n', &mut line) {
                Ok(0) => return Continue(()),
                Ok(_) => {}
                Err(error) => return self.unread(name, &error),
            }
            if line.len() == LONGEST && !line.ends_with(b"\n") {
                // Its end is no command of its own.
                if let Err(error) = skip_line(from) {
                    return self.unread(name, &error);
                }
                self.fault(&Fault::Usage(
                    self.shell.screen.tongue.fill(Text::LineTooLong, &[&LONGEST.to_string()]),
                ))?;
                continue;
            }
            let bytes = line.strip_prefix(MARK).filter(|_| number == 1).unwrap_or(&line);
            match std::str::from_utf8(bytes) {
                Ok(text) => self.line(text)?,
                Err(error) => self.fault(&not_text(bytes, error.valid_up_to()))?,
            }
        }
        Continue(())
    }

    /// Runs one line; what goes wrong is shown.
    fn line(&mut self, line: &str) -> ControlFlow<()> {
        match self.shell.run(line) {
            Ok(After::Go) => Continue(()),
            Ok(After::Leave) => Break(()),
            Err(fault) => self.fault(&fault),
        }
    }

    fn fault(&mut self, fault: &Fault) -> ControlFlow<()> {
        if let Some((name, number)) = &self.at {
            self.shell.screen.say(Text::AtLine, &[&harmless(name), &number.to_string()]);
        }
        self.shell.screen.fault(fault);
        self.fails(fault.exit())
    }

    fn unread(&mut self, name: &str, error: &io::Error) -> ControlFlow<()> {
        self.shell.screen.say(Text::CannotRead, &[name, &error.to_string()]);
        self.failed.get_or_insert(Exit::File);
        Break(())
    }

    fn fails(&mut self, exit: Exit) -> ControlFlow<()> {
        self.failed.get_or_insert(exit);
        if self.goes_on && exit != Exit::Interrupted { Continue(()) } else { Break(()) }
    }
}

/// Reads up to the end of a line.
fn skip_line(from: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let there = from.fill_buf()?;
        let end = there.iter().position(|byte| *byte == b'\n');
        let read = end.map_or(there.len(), |end| end + 1);
        let over = end.is_some() || read == 0;
        from.consume(read);
        if over {
            return Ok(());
        }
    }
}

/// A line that is no UTF-8 from this byte on.
fn not_text(bytes: &[u8], from: usize) -> Fault {
    let line = String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']).to_owned();
    let column = String::from_utf8_lossy(bytes.get(..from).unwrap_or_default()).chars().count() + 1;
    Fault::Syntax { line, error: SyntaxError::at(column, "UTF-8") }
}

/// Logs in at the start, without a document for `--json`: nobody gave a command.
///
/// # Errors
/// No password, no connection, or a refusal.
pub fn log_in(shell: &mut Shell, name: &str) -> Result<Reply, Fault> {
    let given = crate::input::Given { words: vec![name.to_owned()], ..Default::default() };
    let result = crate::account::login(shell, &given).map(|answer| answer.reply);
    shell.tell_notes();
    result
}
