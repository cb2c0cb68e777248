//! What is shipped beside the program, from the same definitions: the manual page and the completions.

use std::io::{self, Write as _};
use std::path::Path;
use std::str::FromStr;

use clap_complete::{Shell, generate};

use crate::cli;
use crate::fault::Fault;
use crate::locale::Tongue;

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The manual page, for `man1/reel.1`.
    Man,
    /// Completions.
    Completions(Shell),
}

impl FromStr for Form {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "man" => Ok(Form::Man),
            "bash" => Ok(Form::Completions(Shell::Bash)),
            "zsh" => Ok(Form::Completions(Shell::Zsh)),
            "fish" => Ok(Form::Completions(Shell::Fish)),
            _ => Err("expected man, bash, zsh or fish"),
        }
    }
}

/// Writes one of them to standard output.
///
/// # Errors
/// Nobody takes it.
pub fn write(form: Form, tongue: Tongue) -> Result<(), Fault> {
    let mut out = Vec::new();
    match form {
        Form::Man => {}
        Form::Completions(shell) => generate(shell, &mut cli::command(tongue), "reel", &mut out),
    }
    io::stdout().write_all(&out).map_err(|error| Fault::file(Path::new("-"), error))
}
