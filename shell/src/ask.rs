//! Questions to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::Command;

use md5::{Digest as _, Md5 as Hasher};
use protocol::value::{Md5, PasswordDigest, Secret};

use crate::fault::Fault;
use crate::locale::{Text, Tongue};
use crate::tty;

/// The environment variable with the password of a script.
pub const PASSWORD: &str = "REEL_PASSWORD";

/// The environment variable with the new password of a script.
pub const NEW_PASSWORD: &str = "REEL_NEW_PASSWORD";

/// Takes the passwords out of the environment of a program that is none of ours.
pub fn keep_secret(command: &mut Command) {
    command.env_remove(PASSWORD).env_remove(NEW_PASSWORD);
}

/// How questions are answered.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// The language of the questions.
    pub tongue: Tongue,
    /// Yes to everything.
    pub yes: bool,
    /// Commands are typed, so a password is too: the one of the environment was for the start.
    pub typed: bool,
    /// What runs in the background asks nobody.
    pub mute: bool,
}

impl Asker {
    /// The digest of a password: from the environment, or from a hidden prompt on the terminal.
    ///
    /// # Errors
    /// There is no terminal, or nothing was typed.
    pub fn password(&self, question: Text, variable: &str) -> Result<PasswordDigest, Fault> {
        match std::env::var(variable) {
            Ok(password) if !self.typed => self.digest(&password),
            _ => self.digest(&self.hidden(question)?),
        }
    }

    /// The digest of a new password, typed twice.
    ///
    /// # Errors
    /// As [`Asker::password`], and the two are not the same.
    pub fn new_password(&self, question: Text, variable: &str) -> Result<PasswordDigest, Fault> {
        let first = self.password(question, variable)?;
        let given = !self.typed && std::env::var_os(variable).is_some();
        if !given && self.password(Text::PasswordAgain, variable)? != first {
            return Err(self.usage(Text::PasswordsDiffer));
        }
        Ok(first)
    }

    /// Asks whether to do something. Where nobody can be asked the answer is none.
    pub fn confirm(&self, question: &str) -> Option<bool> {
        if self.yes {
            return Some(true);
        }
        let answer = self.typed_line(&format!("{question} [y/N] "))?;
        Some(answer.is_ok_and(|answer| self.tongue.is_yes(&answer)))
    }

    /// One line, seen as it is typed. None where nobody can be asked.
    pub fn line(&self, question: Text) -> Option<Result<String, Fault>> {
        self.typed_line(self.tongue.text(question))
    }

    /// One line from the terminal of the process, whatever its standard streams are. None where there is none.
    pub fn line_from_terminal(&self, question: Text) -> Option<Result<String, Fault>> {
        self.line(question).or_else(|| {
            let typed = tty::line(self.tongue.text(question))?;
            Some(typed.map_err(|_| Fault::Cancelled))
        })
    }

    fn typed_line(&self, prompt: &str) -> Option<Result<String, Fault>> {
        if self.mute || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        // The line editor hears Ctrl-C; a plain read does not.
        if io::stdout().is_terminal()
            && let Ok(mut editor) = rustyline::DefaultEditor::new()
        {
            return Some(editor.readline(prompt).map_err(|_| Fault::Cancelled));
        }
        let mut out = io::stderr().lock();
        let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
        drop(out);
        let mut line = String::new();
        Some(match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => Err(Fault::Cancelled),
            Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        })
    }

    /// Lines up to one that is a dot, or the end of input. None after Ctrl-C.
    pub fn lines(&self) -> Option<String> {
        let mut editor = rustyline::DefaultEditor::new().ok()?;
        let mut text = String::new();
        loop {
            match editor.readline("  ") {
                Ok(line) if line == "." => return Some(text),
                // Several lines that were pasted are one.
                Ok(line) if line.ends_with("\n.") => {
                    text.push_str(line.trim_end_matches('.'));
                    return Some(text);
                }
                Ok(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                Err(rustyline::error::ReadlineError::Eof) => return Some(text),
                Err(_) => return None,
            }
        }
    }

    /// What is typed without being seen.
    ///
    /// # Errors
    /// There is no terminal, or Ctrl-C was pressed.
    pub fn hidden(&self, question: Text) -> Result<String, Fault> {
        if tty::open().is_none() {
            return Err(self.usage(Text::NoPassword));
        }
        match rpassword::prompt_password(self.tongue.text(question)) {
            Ok(password) => Ok(password),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Fault::Cancelled),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Fault::Cancelled),
            Err(_) => Err(self.usage(Text::NoPassword)),
        }
    }

    fn digest(&self, password: &str) -> Result<PasswordDigest, Fault> {
        if password.is_empty() {
            return Err(self.usage(Text::PasswordEmpty));
        }
        let digest = Md5(Hasher::digest(password.as_bytes()).into());
        Ok(PasswordDigest(Secret::new(digest.to_string())))
    }

    fn usage(&self, text: Text) -> Fault {
        Fault::Usage(self.tongue.text(text).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_md5_of_the_utf8_is_kept() {
        let asker = Asker { tongue: Tongue::En, yes: false, typed: false, mute: false };
        let digest = asker.digest("密码").unwrap();
        assert_eq!(digest.0.reveal(), "a8105204604a0b11e916f3879aae3b0b");
        assert_eq!(asker.digest("secret").unwrap().0.reveal(), "5ebe2294ecd0e0f08eab7690d2a6ee69");
        assert!(asker.digest("").is_err());
        assert!(!format!("{digest:?}").contains("a810"));
    }
}
