//! A line that is still being typed: which place of which command the cursor is at.

use protocol::table::{Arg, Spec};

use crate::friendly::Own;

/// The line up to the cursor: the words that are finished, and the one that is not.
pub struct Typed {
    /// The words before it, the verb first.
    pub before: Vec<String>,
    /// What there is of it, without quotes.
    pub word: String,
    /// Where it begins, its quote included.
    pub start: usize,
    /// Whether it is in quotes.
    pub quoted: bool,
}

/// What stands at the cursor.
pub enum Place<'a> {
    /// A word at its place.
    Word(&'a Arg),
    /// The value of an option, and what there is of it.
    Value(&'a Arg, String),
    /// A path behind a flag.
    Path,
    /// Something else behind a flag.
    Count,
    /// Options: the words are all there.
    Options,
}

impl Typed {
    /// Takes a line apart that need not be right yet.
    pub fn read(line: &str) -> Self {
        let mut typed = Typed { before: Vec::new(), word: String::new(), start: 0, quoted: false };
        let (mut inside, mut escaped, mut begun) = (false, false, false);
        for (at, c) in line.char_indices() {
            match c {
                _ if escaped => {
                    typed.word.push(c);
                    escaped = false;
                }
                '\\' if inside => escaped = true,
                '"' => {
                    inside = !inside;
                    if !begun {
                        (begun, typed.start, typed.quoted) = (true, at, true);
                    }
                }
                ' ' | '\t' if !inside => {
                    if begun {
                        typed.before.push(std::mem::take(&mut typed.word));
                    }
                    (begun, typed.quoted) = (false, false);
                }
                c => {
                    if !begun {
                        (begun, typed.start) = (true, at);
                    }
                    typed.word.push(c);
                }
            }
        }
        if !begun {
            typed.start = line.len();
        }
        typed
    }

    /// What stands at the cursor, by the row of its verb.
    pub fn place<'a>(&self, spec: &'a Spec, own: Option<&Own>) -> Place<'a> {
        if !self.quoted
            && let Some((key, word)) = self.word.split_once('=')
        {
            return match spec.option(key) {
                Some(arg) => Place::Value(arg, word.to_owned()),
                None => Place::Options,
            };
        }
        let (mut words, mut flag) = (0, None);
        for word in self.before.iter().skip(1) {
            match own.and_then(|own| own.flag(word)) {
                _ if flag.take().is_some() => {}
                Some(found) => flag = found.word,
                None if is_pair(word, spec) => {}
                None => words += 1,
            }
        }
        match (flag, spec.args.get(words)) {
            (Some("PATH"), _) => Place::Path,
            (Some(_), _) => Place::Count,
            (None, Some(arg)) => Place::Word(arg),
            (None, None) => match spec.args.last() {
                Some(arg) if arg.rest => Place::Word(arg),
                _ => Place::Options,
            },
        }
    }
}

fn is_pair(word: &str, spec: &Spec) -> bool {
    word.split_once('=').is_some_and(|(key, _)| spec.option(key).is_some())
}
