//! A line that is still being typed: its words, and what stands at the place of each.

use std::borrow::Cow;

use protocol::table::{Arg, Spec};

use crate::friendly::Own;

/// One word of a line that need not be right yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'l> {
    /// What it says, without quotes.
    pub text: Cow<'l, str>,
    /// Its first byte, the quote included.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Whether it begins with a quote.
    pub quoted: bool,
}

/// What stands at a place of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// A word at its place.
    Word(&'a Arg),
    /// An option: its key, `=`, and the value of which so many bytes stand before it.
    Value(&'a Arg, usize),
    /// A flag.
    Flag,
    /// A path behind a flag.
    Path,
    /// Something else behind a flag.
    Count,
    /// Options: the words are all there.
    Options,
}

/// Takes a line apart.
pub fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return words;
        }
        let start = line.len() - rest.len();
        let word = word(line, start);
        rest = line.get(word.end..).unwrap_or_default();
        words.push(word);
    }
}

/// The word that begins at a byte. Quotes keep blanks in it, wherever they stand.
fn word(line: &str, start: usize) -> Word<'_> {
    let all = line.get(start..).unwrap_or_default();
    let (mut inside, mut escaped, mut length) = (false, false, all.len());
    for (at, c) in all.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            ' ' | '\t' if !inside => {
                length = at;
                break;
            }
            _ => {}
        }
    }
    let written = all.get(..length).unwrap_or_default();
    Word { text: plain(written), start, end: start + length, quoted: written.starts_with('"') }
}

/// A word without its quotes and escapes.
fn plain(written: &str) -> Cow<'_, str> {
    if !written.contains('"') {
        return Cow::Borrowed(written);
    }
    let (mut out, mut inside, mut escaped) = (String::with_capacity(written.len()), false, false);
    for c in written.chars() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The line up to the cursor: the words that are finished, and the one that is not.
pub struct Typed<'l> {
    /// The words before it, the verb first.
    pub before: Vec<Word<'l>>,
    /// What there is of it. It is empty behind a blank.
    pub word: Word<'l>,
}

impl<'l> Typed<'l> {
    /// Takes a line apart that need not be right yet.
    pub fn read(line: &'l str) -> Self {
        let mut before = words(line);
        let end = line.len();
        let word = match before.last() {
            Some(last) if last.end == end => before.pop(),
            _ => None,
        };
        let none = Word { text: Cow::Borrowed(""), start: end, end, quoted: false };
        Typed { before, word: word.unwrap_or(none) }
    }

    /// What stands at the cursor, by the row of its verb.
    pub fn place<'a>(&self, spec: &'a Spec, own: Option<&Own>) -> Place<'a> {
        let all = self.before.iter().skip(1).chain([&self.word]);
        Places::of(spec, own).last_of(all).unwrap_or(Place::Options)
    }
}

impl Typed<'_> {
    /// The argument at the cursor, what of the word stands before its value, and what there is of that.
    pub fn argument<'a>(&self, place: Place<'a>) -> Option<(&'a Arg, &str, &str)> {
        let text = self.word.text.as_ref();
        match place {
            Place::Word(arg) => Some((arg, "", text)),
            Place::Value(arg, from) => text.split_at_checked(from).map(|(key, value)| (arg, key, value)),
            Place::Flag | Place::Path | Place::Count | Place::Options => None,
        }
    }
}

/// Says of the words behind a verb, one after the other, what each stands for.
pub struct Places<'a, 'o> {
    spec: &'a Spec,
    own: Option<&'o Own>,
    words: usize,
    flag: Option<&'static str>,
}

impl<'a, 'o> Places<'a, 'o> {
    /// At the first word behind the verb.
    pub fn of(spec: &'a Spec, own: Option<&'o Own>) -> Self {
        Self { spec, own, words: 0, flag: None }
    }

    /// The place of the next word.
    pub fn next(&mut self, word: &Word<'_>) -> Place<'a> {
        match self.flag.take() {
            Some("PATH") => return Place::Path,
            Some(_) => return Place::Count,
            None => {}
        }
        if word.quoted {
            return self.plain();
        }
        if let Some(flag) = self.own.and_then(|own| own.flag(&word.text)) {
            self.flag = flag.word;
            return Place::Flag;
        }
        match word.text.split_once('=') {
            None => self.plain(),
            Some((key, _)) => {
                let arg = self.spec.option(key);
                arg.map_or(Place::Options, |arg| Place::Value(arg, key.len() + 1))
            }
        }
    }

    fn plain(&mut self) -> Place<'a> {
        let at = self.words;
        self.words += 1;
        let last = self.spec.args.last().filter(|arg| arg.rest);
        self.spec.args.get(at).or(last).map_or(Place::Options, Place::Word)
    }

    fn last_of<'w, 'l: 'w>(mut self, words: impl Iterator<Item = &'w Word<'l>>) -> Option<Place<'a>> {
        words.map(|word| self.next(word)).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_apart_however_far_it_is_typed() {
        let line = " put \"a \\\"b\" x=\"c d\" e\"";
        let all = words(line);
        let said: Vec<&str> = all.iter().map(|word| word.text.as_ref()).collect();
        assert_eq!(said, ["put", "a \"b", "x=c d", "e"]);
        assert!(all.iter().all(|word| line.is_char_boundary(word.start) && word.start < word.end));
        assert_eq!((all[1].start, all[1].end, all[1].quoted), (5, 12, true));
        assert!(Typed::read("get ").word.text.is_empty());
        assert_eq!(Typed::read("get \"a ").word.text, "a ");
        assert_eq!(Typed::read("绿 茶").word.start, 4);
        assert!(words(" \t ").is_empty());
    }
}
