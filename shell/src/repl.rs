//! The prompt: lines that are typed, one after the other.

use std::io::{self, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, CompletionType, Config, Editor};

use crate::ear::{self, Prompting};
use crate::fault::Exit;
use crate::helper::Guide;
use crate::history;
use crate::locale::Text;
use crate::raw;
use crate::shell::{After, Shell};
use crate::show::plain::{harmless, width};

/// Most lines that are remembered.
const REMEMBERED: usize = 2000;

/// Reads lines until somebody leaves.
pub fn run(shell: &mut Shell) -> Exit {
    let before = hide_control_c();
    let exit = prompt_for_lines(shell);
    if let Some(before) = before {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
    exit
}

/// A `^C` that the terminal itself shows behind a progress bar would break the line. Gives what
/// was in force before.
fn hide_control_c() -> Option<Termios> {
    let before = tcgetattr(io::stdin()).ok()?;
    let mut now = before.clone();
    now.local_modes.remove(LocalModes::ECHOCTL);
    tcsetattr(io::stdin(), OptionalActions::Now, &now).ok()?;
    Some(before)
}

fn prompt_for_lines(shell: &mut Shell) -> Exit {
    let mut editor = match editor(shell) {
        Ok(editor) => editor,
        Err(error) => {
            shell.screen.say(Text::CannotRead, &["-", &error.to_string()]);
            return Exit::Usage;
        }
    };
    let file = history::file().ok();
    if let Some(file) = &file {
        // An unreadable history is an empty one.
        let _ = editor.load_history(file);
    }
    let prompting = Prompting::default();
    if let Ok(printer) = editor.create_external_printer() {
        let (screen, jobs) = (shell.screen.clone(), shell.jobs.clone());
        ear::listen(shell.session.shared(), prompting.clone(), screen, jobs, printer);
    }
    loop {
        guide(shell, &mut editor);
        shell.screen.chat.know(shell.session.account().map(|account| account.name.as_str()));
        prompting.set(true);
        let read = editor.readline(&prompt(shell));
        prompting.set(false);
        match read {
            Ok(line) => {
                // What is said in a room is no command to come back to.
                if shell.talk.room().is_none() && history::may_keep(&line) {
                    let _ = editor.add_history_entry(line.trim_end());
                    // Words are no commands: the next shell need not know them.
                    if let Some(file) = file.as_ref().filter(|_| !shell.words) {
                        let _ = editor.append_history(file);
                    }
                }
                if step(shell, &line) == After::Leave {
                    return Exit::Done;
                }
            }
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {
                let hinted = editor.helper().map_or((0, 0), Guide::hinted);
                wipe_hint(width(&prompt(shell)), hinted);
            }
            Err(ReadlineError::Eof) if shell.words => shell.words = false,
            Err(ReadlineError::Eof) if shell.raw => raw::set(shell, false),
            Err(ReadlineError::Eof) if shell.talk.room().is_some() => {
                shell.screen.talk("##");
                shell.talk.end();
            }
            Err(ReadlineError::Eof) => return leave(shell),
            Err(error) => {
                shell.screen.say(Text::CannotRead, &["-", &error.to_string()]);
                return Exit::Usage;
            }
        }
    }
}

/// Takes away the hint that the line editor leaves behind a line that Ctrl-C has ended. The cursor
/// is on the line below the hint.
fn wipe_hint(prompt: usize, (line, hint): (usize, usize)) {
    let columns = crate::show::terminal_width().unwrap_or(80);
    if hint == 0 {
        return;
    }
    let (from, to) = (prompt + line, prompt + line + hint);
    let up = to / columns - from / columns + 1;
    let mut out = io::stdout().lock();
    let wiped = write!(out, "\x1b[{up}A\x1b[{}G\x1b[J\r\n", from % columns + 1);
    let _ = wiped.and_then(|()| out.flush());
}

fn editor(shell: &Shell) -> rustyline::Result<Editor<Guide, FileHistory>> {
    let config = Config::builder()
        .max_history_size(REMEMBERED)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .behavior(Behavior::PreferTerm)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Guide::new(std::sync::Arc::clone(&shell.titles))));
    Ok(editor)
}

/// Lets the helper know who is logged in now.
fn guide(shell: &Shell, editor: &mut Editor<Guide, FileHistory>) {
    shell.titles.follow(shell.session.pass());
    if let Some(guide) = editor.helper_mut() {
        guide.follow(shell.session.gate(), shell.session.pass(), shell.words);
        guide.silence(shell.talk.room().is_some() || shell.raw);
    }
}

fn step(shell: &mut Shell, line: &str) -> After {
    match shell.run(line) {
        Ok(after) => after,
        Err(fault) => {
            shell.screen.fault(&fault);
            After::Go
        }
    }
}

/// Ctrl-D: as `quit`, with the line ended that it leaves open.
fn leave(shell: &mut Shell) -> Exit {
    shell.screen.say(Text::Farewell, &[]);
    let _ = shell.run("quit");
    Exit::Done
}

/// `anna@club> `, `anna@lounge> ` while every line is said there, `word> ` where words are looked up, `raw> ` where
/// lines go to the server as they are, or `reel> ` for a guest.
fn prompt(shell: &Shell) -> String {
    if shell.words {
        return "word> ".to_owned();
    }
    if shell.raw {
        return "raw> ".to_owned();
    }
    match shell.session.account() {
        Some(account) => {
            let host = shell.session.endpoint().short();
            let place = shell.talk.room().map_or(host, |room| room.as_str());
            format!("{}@{}> ", harmless(&account.name), harmless(place))
        }
        None => "reel> ".to_owned(),
    }
}
