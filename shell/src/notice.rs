//! `post`: a notice from words, from lines that are typed, or from an editor.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use protocol::command::{Command, Post};
use protocol::field::Value;
use protocol::table::Gate;
use protocol::value::{LongText, TitleName};

use crate::ask;
use crate::cancel;
use crate::fault::Fault;
use crate::input::Given;
use crate::key;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, Layout};

/// `post [TITLE] [TEXT]`. What is missing is asked for, on a terminal.
///
/// # Errors
/// Nothing was written, a refusal, or no connection.
pub fn post(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    // Nobody writes a text that is refused afterwards.
    if given.words.len() < 2 && shell.session.gate() != Gate::Admin {
        return Err(shell.usage(Text::AdminsOnly));
    }
    let title = match given.words.first() {
        Some(title) => title.clone(),
        None => shell.asker.line(Text::AskTitle).ok_or_else(|| shell.usage(Text::NothingToPost))??,
    };
    let title = value::<TitleName>(shell, "title", title.trim())?;
    let written = match given.words.get(1) {
        Some(text) => Written { text: text.clone(), kept: None },
        None => write(shell, &title.to_string())?,
    };
    let text = value::<LongText>(shell, "text", written.text.trim_end());
    let posted = text.and_then(|text| shell.session.order(&Command::Post(Post { title, text }).line()));
    match (&written.kept, &posted) {
        (None, _) => {}
        (Some(path), Ok(_)) => drop(fs::remove_file(path)),
        (Some(path), Err(_)) => shell.screen.say(Text::DraftKept, &[&path.display().to_string()]),
    }
    Ok(Answer { reply: posted?, layout: Layout::Table, more: None })
}

fn value<T: Value>(shell: &Shell, key: &str, word: &str) -> Result<T, Fault> {
    let wrong = || {
        Fault::Usage(
            shell.screen.tongue.fill(Text::BadWord, &[key, &shell.screen.tongue.expected(T::SHAPE.what)]),
        )
    };
    T::read(word).map_err(|_| wrong())
}

/// A text, and the file in which it is kept until it is posted.
struct Written {
    text: String,
    kept: Option<PathBuf>,
}

fn write(shell: &Shell, title: &str) -> Result<Written, Fault> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(shell.usage(Text::NothingToPost));
    }
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    match ["VISUAL", "EDITOR"].iter().find_map(set) {
        Some(editor) => edit(shell, &editor, title),
        None => {
            shell.screen.say(Text::AskLines, &[]);
            let text = shell.asker.lines().ok_or(Fault::Cancelled)?;
            Ok(Written { text, kept: None })
        }
    }
}

/// Lets somebody write in an editor. A text that cannot be posted is not lost: the file stays.
fn edit(shell: &Shell, editor: &str, title: &str) -> Result<Written, Fault> {
    let path = std::env::temp_dir().join(format!("reel-{}.txt", key::fresh()?));
    let wrong = |error| Fault::file(&path, error);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let head = shell.screen.tongue.fill(Text::EditHead, &[title]);
    file.and_then(|mut file| write!(file, "\n{head}\n")).map_err(wrong)?;
    // As git has it: the variable may hold arguments, so a shell takes it apart.
    let mut process = Process::new("sh");
    ask::keep_secret(&mut process);
    process.arg("-c").arg(format!("{editor} \"$1\"")).arg("reel").arg(&path);
    let status = cancel::with_interrupts(|| process.spawn()).and_then(|mut child| child.wait());
    // A Ctrl-C was meant for the editor.
    shell.session.endpoint().cancel.reset();
    let status = status.map_err(|error| Fault::file(Path::new(editor), error))?;
    let text = fs::read_to_string(&path).map_err(wrong)?;
    let text = text.strip_suffix(&format!("{head}\n")).unwrap_or(&text).trim().to_owned();
    if !status.success() || text.is_empty() {
        let _ = fs::remove_file(&path);
        return Err(Fault::Cancelled);
    }
    Ok(Written { text, kept: Some(path) })
}
