//! The prompt: lines that are typed, one after the other.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::history::{History as _, MemHistory, SearchDirection};
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor};

use crate::ear::{self, Prompting};
use crate::fault::Exit;
use crate::helper::{Guide, Mode, Teller};
use crate::history::{self, News, REMEMBERED, Store};
use crate::keys::{self, Keys};
use crate::locale::Text;
use crate::raw;
use crate::shell::{After, Shell};
use crate::show::plain::harmless;
use crate::show::style::Style;

/// Reads lines until somebody leaves.
pub fn run(shell: &mut Shell, keys: Keys) -> Exit {
    let before = hide_control_c();
    let exit = prompt_for_lines(shell, keys);
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

fn prompt_for_lines(shell: &mut Shell, keys: Keys) -> Exit {
    let mut editor = match editor(shell, keys) {
        Ok(editor) => editor,
        Err(error) => {
            shell.screen.say(Text::CannotRead, &["-", &error.to_string()]);
            return Exit::Usage;
        }
    };
    let hinted = editor.helper().map(Guide::hinted).unwrap_or_default();
    let dropped = keys::bind(&mut editor, &hinted);
    // Without a home nothing is remembered but here.
    let mut store = Store::of_home().ok();
    let prompting = Prompting::default();
    if let Ok(printer) = editor.create_external_printer() {
        let (screen, jobs) = (shell.screen.clone(), shell.jobs.clone());
        ear::listen(shell.session.shared(), prompting.clone(), screen, jobs, printer);
    }
    if let (Ok(printer), Some(guide)) = (editor.create_external_printer(), editor.helper_mut()) {
        guide.show_with(Teller::over(printer));
    }
    loop {
        guide(shell, &mut editor);
        if let Some(Ok(news)) = store.as_mut().map(Store::news) {
            take_in(&mut editor, news);
        }
        shell.screen.chat.know(shell.session.account().map(|account| account.name.as_str()));
        prompting.set(true);
        let read = editor.readline(&prompt(shell));
        prompting.set(false);
        match read {
            _ if dropped.take() => {}
            Ok(line) => {
                remember(shell, &mut editor, store.as_mut(), line.trim_end());
                if step(shell, &line) == After::Leave {
                    return Exit::Done;
                }
            }
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {}
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

/// Remembers a line, unless nobody should.
fn remember(shell: &Shell, editor: &mut Editor<Guide, MemHistory>, store: Option<&mut Store>, line: &str) {
    let history = editor.history();
    let last = history.get(history.len().saturating_sub(1), SearchDirection::Reverse).ok().flatten();
    let again = last.is_some_and(|last| last.entry == line);
    // What is said in a room is no command to come back to.
    if again || line.starts_with(' ') || shell.talk.room().is_some() || !history::may_keep(line) {
        return;
    }
    // Words are no commands: the next shell need not know them.
    if let Some(store) = store.filter(|_| !shell.words && history::may_store(line))
        && let Ok(news) = store.keep(line)
    {
        take_in(editor, news);
    }
    let _ = editor.add_history_entry(line);
}

/// Takes in what other shells have written.
fn take_in(editor: &mut Editor<Guide, MemHistory>, news: News) {
    if news.anew {
        let _ = editor.clear_history();
    }
    for line in news.lines {
        let _ = editor.add_history_entry(line);
    }
}

fn editor(shell: &Shell, keys: Keys) -> rustyline::Result<Editor<Guide, MemHistory>> {
    let config = Config::builder()
        .max_history_size(REMEMBERED)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        // Of several candidates the guide gives what they have in common, and shows them itself.
        .completion_type(CompletionType::List)
        // The guide knows where no colours are wanted; a hint is dim there too.
        .color_mode(ColorMode::Forced)
        .edit_mode(keys.mode())
        .behavior(Behavior::PreferTerm)
        .build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history)?;
    let colours = Style::of(&io::stdout()).colours && !shell.screen.json;
    editor.set_helper(Some(Guide::new(shell.screen.tongue, colours)));
    Ok(editor)
}

/// Lets the helper know who is at the prompt, and what is typed there.
fn guide(shell: &Shell, editor: &mut Editor<Guide, MemHistory>) {
    let mode = match shell.talk.room() {
        Some(_) => Mode::Talk,
        None if shell.raw => Mode::Talk,
        None if shell.words => Mode::Words,
        None => Mode::Commands,
    };
    if let Some(guide) = editor.helper_mut() {
        guide.follow(
            prompt(shell),
            shell.session.gate(),
            &shell.session.pass(),
            mode,
            shell.talk.last().cloned(),
        );
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
