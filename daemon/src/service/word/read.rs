//! What an import reads: lines of bounded length, and entries that are fit to be kept.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use protocol::value::is_bidi_override;

use super::{LONGEST, fold, tidy};

/// Longest explanation in bytes; a longer one is no entry of a dictionary.
pub const MOST_TEXT: usize = 256 * 1024;

/// Longest line in bytes: a word and an explanation.
const MOST_LINE: usize = MOST_TEXT + 4 * LONGEST + 16;

/// A word and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the dictionary writes it.
    pub word: String,
    /// What it is found by.
    pub folded: String,
    /// What it means.
    pub text: String,
}

/// What has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An entry.
    Entry(Entry),
    /// Nothing to keep: an empty line, a word about the dictionary itself, an entry that was there already.
    Nothing,
    /// A line that makes no sense, by its number, and why.
    Senseless(u64, &'static str),
}

impl Entry {
    /// An entry, if it can be one.
    ///
    /// # Errors
    /// Why not, in the words of the operator.
    pub fn new(word: &str, text: &str) -> Result<Entry, &'static str> {
        if word.chars().any(|c| is_control(c) && !c.is_whitespace()) {
            return Err("control characters in the word");
        }
        let (word, folded) = (tidy(word), fold(word));
        if folded.is_empty() {
            return Err("no word");
        }
        if word.chars().count() > LONGEST || folded.chars().count() > LONGEST {
            return Err("a word of more than 255 characters");
        }
        let text = text.trim_end().trim_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return Err("a word without an explanation");
        }
        if text.len() > MOST_TEXT {
            return Err("an explanation of more than 256 KiB");
        }
        if text.contains('\0') {
            return Err("not text");
        }
        Ok(Entry { word, folded, text: clean(text) })
    }
}

/// Text without what commands a terminal or turns text around: no line of the protocol can hold it.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let kept = |c: char| if is_control(c) && !matches!(c, '\n' | '\t') { '\u{FFFD}' } else { c };
    text.chars().map(kept).collect()
}

/// What commands a terminal or turns text around.
pub fn is_control(c: char) -> bool {
    c.is_control() || is_bidi_override(c)
}

/// The lines of a file, one in memory at a time.
pub struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
    /// The number of the line that was read last.
    pub number: u64,
    /// How many bytes have been read.
    pub bytes: u64,
}

impl Lines {
    /// The lines of a file, from its beginning.
    pub fn new(file: File) -> Self {
        Lines { file: BufReader::with_capacity(64 * 1024, file), line: Vec::new(), number: 0, bytes: 0 }
    }

    /// The next line without its end; an error in words if it cannot be one.
    ///
    /// # Errors
    /// Of the disk.
    pub fn read(&mut self) -> io::Result<Option<Result<&str, &'static str>>> {
        self.line.clear();
        let mut fits = true;
        loop {
            let some = self.file.fill_buf()?;
            let (end, found) = match some.iter().position(|&b| b == b'\n') {
                Some(at) => (at + 1, true),
                None => (some.len(), false),
            };
            let over = end == 0;
            fits &= self.line.len() + end <= MOST_LINE;
            if fits {
                self.line.extend_from_slice(some.get(..end).unwrap_or_default());
            }
            self.file.consume(end);
            self.bytes += end as u64;
            if found || over {
                if over && fits && self.line.is_empty() {
                    return Ok(None);
                }
                break;
            }
        }
        self.number += 1;
        if !fits {
            return Ok(Some(Err("a line that is too long")));
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if self.number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        Ok(Some(std::str::from_utf8(line).map_err(|_| "not UTF-8")))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Result<String, &'static str>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let mut lines = Lines::new(file);
        std::iter::from_fn(|| lines.read().unwrap().map(|line| line.map(str::to_owned))).collect()
    }

    #[test]
    fn lines_end_in_every_way() {
        let said = lines(b"\xEF\xBB\xBFa\r\nb\n\n\xFF\nlast");
        assert_eq!(
            said,
            [Ok("a".into()), Ok("b".into()), Ok("".into()), Err("not UTF-8"), Ok("last".into())]
        );
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory_without_end() {
        let mut long = vec![b'x'; 3 * MOST_LINE];
        assert_eq!(lines(&long), [Err("a line that is too long")]);
        long.extend(b"\nnext");
        assert_eq!(lines(&long), [Err("a line that is too long"), Ok("next".into())]);
    }

    #[test]
    fn what_can_be_no_entry_says_why() {
        for (word, text) in [(" ", "x"), ("x", " \n"), ("a\u{1b}", "x"), ("x", "a\0"), ("\u{202e}a", "x")] {
            assert!(Entry::new(word, text).is_err(), "{word:?} {text:?}");
        }
        assert!(Entry::new(&"x".repeat(LONGEST + 1), "x").is_err());
        assert!(Entry::new("x", &"x".repeat(MOST_TEXT + 1)).is_err());
        let entry = Entry::new(" Green  TEA ", "\n  a \u{1b}[2J drink\r\n\thot\n\n").unwrap();
        assert_eq!((entry.word.as_str(), entry.folded.as_str()), ("Green TEA", "green tea"));
        assert_eq!(entry.text, "  a \u{FFFD}[2J drink\n\thot");
    }
}
