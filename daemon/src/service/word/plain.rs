//! A plain word list: a word a line, white space, what it means.

use std::fs::File;
use std::io;

use super::read::{Entry, Item, Lines};

/// The entries of a word list.
pub struct Plain {
    lines: Lines,
}

impl Plain {
    /// The entries of a file, from its beginning.
    pub fn new(file: File) -> Self {
        Plain { lines: Lines::new(file) }
    }

    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// What the next line says.
    ///
    /// # Errors
    /// Of the disk.
    pub fn read(&mut self) -> io::Result<Option<Item>> {
        let item = match self.lines.read()? {
            None => return Ok(None),
            Some(Ok(line)) if line.trim().is_empty() => return Ok(Some(Item::Nothing)),
            Some(line) => line.and_then(entry),
        };
        Ok(Some(item.map_or_else(|why| Item::Senseless(self.lines.number, why), Item::Entry)))
    }
}

/// A TAB ends the word where there is one, so that a phrase can have blanks; else the first white space does.
fn entry(line: &str) -> Result<Entry, &'static str> {
    let line = line.trim();
    let (word, text) = match line.split_once('\t') {
        Some(parts) => parts,
        None => line.split_once(char::is_whitespace).ok_or("a word without an explanation")?,
    };
    Entry::new(word, text.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_ends_the_word_and_a_tab_ends_a_phrase() {
        let said = |line| entry(line).map(|entry| (entry.word, entry.text));
        let is = |word: &str, text: &str| Ok((word.to_owned(), text.to_owned()));
        assert_eq!(said("tea  a hot drink"), is("tea", "a hot drink"));
        assert_eq!(said("  tea\u{3000}茶"), is("tea", "茶"));
        assert_eq!(said("green tea\ta drink \t hot"), is("green tea", "a drink \t hot"));
        assert_eq!(said("tea \t  n. 茶"), is("tea", "n. 茶"));
        assert!(said("tea").is_err() && said("tea  ").is_err());
    }
}
