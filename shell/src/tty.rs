//! The terminal of this process, whatever its standard streams are: who sits there can be asked while a script
//! comes from a file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};

use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// The terminal, if there is one and somebody there would see a question: a job in the background is not asked,
/// it would only be stopped.
pub fn open() -> Option<File> {
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let in_front = tcgetpgrp(&tty).is_ok_and(|group| group == getpgrp());
    in_front.then_some(tty)
}

/// Asks for a line, seen as it is typed. None where there is no terminal.
///
/// # Errors
/// Nothing was typed, or the terminal is gone.
pub fn line(prompt: &str) -> Option<io::Result<String>> {
    let mut tty = open()?;
    let mut ask = || {
        tty.write_all(prompt.as_bytes())?;
        let mut line = String::new();
        match BufReader::new(&tty).read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        }
    };
    Some(ask())
}
