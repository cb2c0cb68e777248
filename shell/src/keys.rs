//! Which keys edit a line: those of emacs or of vi, as `--keys`, REEL_KEYS or readline's own settings say; and
//! the keys that take what is shown ahead.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use rustyline::{
    Cmd, ConditionalEventHandler, EditMode, Editor, Event, EventContext, EventHandler, Helper, KeyCode,
    KeyEvent, Modifiers, RepeatCount, history::History,
};

/// Whose keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keys {
    /// Those of emacs, as most shells have them.
    Emacs,
    /// Those of vi.
    Vi,
}

impl Keys {
    /// Those of readline's settings: `set editing-mode` in `$INPUTRC`, or `~/.inputrc`, or `/etc/inputrc`.
    /// Emacs where none are.
    pub fn of_readline() -> Self {
        let named = std::env::var_os("INPUTRC").filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".inputrc"));
        let files = match named {
            Some(file) => vec![file],
            None => home.into_iter().chain([PathBuf::from("/etc/inputrc")]).collect(),
        };
        let text = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
        text.and_then(|text| Self::set_in(&text)).unwrap_or(Keys::Emacs)
    }

    /// The last that is set, outside of what is meant for another program or terminal.
    fn set_in(text: &str) -> Option<Self> {
        let (mut keys, mut branches) = (None, Vec::new());
        for line in text.lines() {
            let line = line.trim().to_ascii_lowercase();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["$if", what @ ..] => branches.push(*what == ["reel"]),
                ["$else"] => branches.iter_mut().last().into_iter().for_each(|meant| *meant = !*meant),
                ["$endif"] => drop(branches.pop()),
                ["set", "editing-mode", mode] if branches.iter().all(|meant| *meant) => {
                    keys = Self::from_str(mode, true).ok().or(keys);
                }
                _ => {}
            }
        }
        keys
    }

    /// What the line editor calls it.
    pub fn mode(self) -> EditMode {
        match self {
            Keys::Emacs => EditMode::Emacs,
            Keys::Vi => EditMode::Vi,
        }
    }
}

/// Whether what is ahead is shown behind the cursor: only what is seen is taken.
#[derive(Clone, Debug, Default)]
pub struct Hinted(Arc<AtomicBool>);

impl Hinted {
    /// It is, or is not.
    pub fn set(&self, hinted: bool) {
        self.0.store(hinted, Ordering::Relaxed);
    }

    /// It is, or is not; gives whether it was.
    pub fn replace(&self, hinted: bool) -> bool {
        self.0.swap(hinted, Ordering::Relaxed)
    }
}

/// Whether Ctrl-C has ended the line.
#[derive(Clone, Debug, Default)]
pub struct Dropped(Arc<AtomicBool>);

impl Dropped {
    /// Whether it has, since this was last asked.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Binds the keys that take what is ahead, whole or a word of it, and the one that drops the line.
pub fn bind<H: Helper, I: History>(editor: &mut Editor<H, I>, hinted: &Hinted) -> Dropped {
    let plain = |code| KeyEvent(code, Modifiers::NONE);
    for key in [plain(KeyCode::Right), plain(KeyCode::End), KeyEvent::ctrl('E'), KeyEvent::ctrl('F')] {
        editor.bind_sequence(
            key,
            EventHandler::Conditional(Box::new(Take { hinted: hinted.clone(), word: false })),
        );
    }
    for key in [KeyEvent::alt('f'), KeyEvent(KeyCode::Right, Modifiers::CTRL)] {
        editor.bind_sequence(
            key,
            EventHandler::Conditional(Box::new(Take { hinted: hinted.clone(), word: true })),
        );
    }
    let dropped = Dropped::default();
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(Drops(dropped.clone()))));
    dropped
}

/// Takes what is ahead; away from the end of the line the key is what it always is.
struct Take {
    hinted: Hinted,
    word: bool,
}

impl ConditionalEventHandler for Take {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        if !context.has_hint() || context.pos() < context.line().len() {
            return None;
        }
        if !self.hinted.0.load(Ordering::Relaxed) {
            return Some(Cmd::Repaint);
        }
        let text = context.hint_text();
        match text.filter(|_| self.word) {
            None => Some(text.map_or(Cmd::Noop, |_| Cmd::CompleteHint)),
            Some(text) => Some(Cmd::Insert(1, first_word(text).to_owned())),
        }
    }
}

/// The first word of a text, with the blanks before it.
fn first_word(text: &str) -> &str {
    let blanks = text.len() - text.trim_start().len();
    let rest = text.get(blanks..).unwrap_or_default();
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    text.get(..blanks + end).unwrap_or(text)
}

/// Ends the line as Enter does, without what is ahead; who reads it is told that it is not meant.
struct Drops(Dropped);

impl ConditionalEventHandler for Drops {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        self.0.0.store(true, Ordering::Relaxed);
        Some(Cmd::AcceptLine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_readline_are_read() {
        assert_eq!(Keys::set_in("set editing-mode vi\n"), Some(Keys::Vi));
        assert_eq!(Keys::set_in("# vi\n  Set Editing-Mode   VI \nset bell-style none"), Some(Keys::Vi));
        assert_eq!(Keys::set_in("set editing-mode vi\nset editing-mode emacs"), Some(Keys::Emacs));
        assert_eq!(Keys::set_in("set editing-mode kakoune\n#set editing-mode vi"), None);
        assert_eq!(Keys::set_in("$if Bash\nset editing-mode vi\n$endif"), None);
        assert_eq!(Keys::set_in("$if Reel\nset editing-mode vi\n$endif"), Some(Keys::Vi));
        assert_eq!(Keys::set_in("$if Bash\n$else\nset editing-mode vi\n$endif"), Some(Keys::Vi));
    }

    #[test]
    fn a_word_is_taken_with_the_blanks_before_it() {
        assert_eq!(first_word(" 7 -o x"), " 7");
        assert_eq!(first_word("t 7"), "t");
        assert_eq!(first_word("绿茶"), "绿茶");
    }
}
