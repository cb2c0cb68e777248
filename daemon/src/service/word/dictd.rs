//! A database of dictd: an index of headwords, and a file of what they mean that it points into, which may
//! be compressed with dictzip (that is gzip with marks for jumping, which are not needed here).

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::read::{Entry, Item, Lines, MOST_TEXT, clean};

/// Lines that are looked back at for one that names the same entry: an index is sorted.
const LOOK_BACK: usize = 64;

/// The entries of a database.
pub struct Dictd {
    lines: Lines,
    texts: Arc<File>,
    recent: VecDeque<(String, u64)>,
    /// What the database calls itself, once that was read.
    pub title: Option<String>,
}

impl Dictd {
    /// The entries of an index, from its beginning, with their texts.
    pub fn new(index: File, texts: Arc<File>) -> Self {
        Dictd { lines: Lines::new(index), texts, recent: VecDeque::new(), title: None }
    }

    /// How many bytes of the index have been read.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// What the next line of the index names.
    ///
    /// # Errors
    /// Of the disk.
    pub fn read(&mut self) -> io::Result<Option<Item>> {
        let line = match self.lines.read()? {
            None => return Ok(None),
            Some(line) => line.and_then(Named::of),
        };
        let number = self.lines.number;
        let named = match line {
            Ok(named) => named,
            Err(why) => return Ok(Some(Item::Senseless(number, why))),
        };
        let text = match self.text(&named)? {
            Ok(text) => text,
            Err(why) => return Ok(Some(Item::Senseless(number, why))),
        };
        if named.is_about_itself() {
            self.note(&named, &text);
            return Ok(Some(Item::Nothing));
        }
        Ok(Some(match Entry::new(&named.word, &text) {
            Ok(entry) if self.is_double(&entry, named.offset) => Item::Nothing,
            Ok(entry) => Item::Entry(entry),
            Err(why) => Item::Senseless(number, why),
        }))
    }

    fn text(&self, named: &Named) -> io::Result<Result<String, &'static str>> {
        let length = match usize::try_from(named.length) {
            Ok(length) if length <= MOST_TEXT => length,
            _ => return Ok(Err("an explanation of more than 256 KiB")),
        };
        let mut bytes = vec![0; length];
        match self.texts.read_exact_at(&mut bytes, named.offset) {
            Ok(()) => Ok(String::from_utf8(bytes).map_err(|_| "an explanation that is not UTF-8")),
            Err(error) if is_beyond(&error) => Ok(Err("it points beyond the end of the database")),
            Err(error) => Err(error),
        }
    }

    /// The short name stands under a headword of its own, which is often repeated before it.
    fn note(&mut self, named: &Named, text: &str) {
        if matches!(named.word.as_str(), "00-database-short" | "00databaseshort") {
            let title = text.lines().map(str::trim).rfind(|line| !line.is_empty());
            self.title = title.map(clean);
        }
    }

    /// Whether this word was led to the same text just before, in another case or twice.
    fn is_double(&mut self, entry: &Entry, offset: u64) -> bool {
        if self.recent.iter().any(|(folded, at)| *at == offset && *folded == entry.folded) {
            return true;
        }
        if self.recent.len() == LOOK_BACK {
            self.recent.pop_front();
        }
        self.recent.push_back((entry.folded.clone(), offset));
        false
    }
}

fn is_beyond(error: &io::Error) -> bool {
    // An offset that no file can have is refused by the system.
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput)
}

/// A line of an index: headword, offset, length, and in newer ones the headword as it is to be shown.
struct Named {
    word: String,
    offset: u64,
    length: u64,
}

impl Named {
    fn of(line: &str) -> Result<Named, &'static str> {
        let mut fields = line.split('\t');
        let word = fields.next().unwrap_or_default();
        let mut number = || fields.next().and_then(number).ok_or("no line of an index");
        let (offset, length) = (number()?, number()?);
        let word = fields.next().filter(|shown| !shown.trim().is_empty()).unwrap_or(word);
        Ok(Named { word: word.to_owned(), offset, length })
    }

    fn is_about_itself(&self) -> bool {
        self.word.starts_with("00-") || self.word.starts_with("00database")
    }
}

/// A number in the digits of base 64, the highest first.
fn number(word: &str) -> Option<u64> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte: u8| DIGITS.iter().position(|&digit| digit == byte);
    if word.is_empty() {
        return None;
    }
    word.bytes().try_fold(0_u64, |sum, byte| sum.checked_mul(64)?.checked_add(digit(byte)? as u64))
}

/// Bytes that a compressed file may unpack to: a few kilobytes can be made to unpack to all the disk.
const MOST_UNPACKED: u64 = 4 << 30;

/// Unpacks a compressed file into one that has no name and is gone with its last handle: an entry can then
/// be read wherever it lies.
///
/// # Errors
/// Of the disk; it is not compressed so, or unpacks to more than 4 GiB.
pub fn unpack(packed: File) -> io::Result<File> {
    let mut plain = tempfile::tempfile()?;
    let unpacked = MultiGzDecoder::new(BufReader::new(packed));
    if io::copy(&mut unpacked.take(MOST_UNPACKED + 1), &mut plain)? > MOST_UNPACKED {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it unpacks to more than 4 GiB"));
    }
    plain.flush()?;
    plain.rewind()?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_64_digits() {
        assert_eq!(
            (number("A"), number("/"), number("BA"), number("Bed")),
            (Some(0), Some(63), Some(64), Some(6045))
        );
        for wrong in ["", "-", "A=", "é", "////////////"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_fourth_field_is_the_headword_as_it_is_shown() {
        let named = Named::of("muenchen\tB\tC\tMünchen").unwrap();
        assert_eq!((named.word.as_str(), named.offset, named.length), ("München", 1, 2));
        assert_eq!(Named::of("tea\tB\tC").unwrap().word, "tea");
        for wrong in ["", "tea", "tea\tB", "tea\tB\t?", "tea B C"] {
            assert!(Named::of(wrong).is_err(), "{wrong}");
        }
    }
}
