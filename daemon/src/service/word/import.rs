//! Importing, listing and removing dictionaries: what the operator does, beside a running daemon.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::value::Time;
use sql::word::{Dictionary, Word};
use sql::{Db, Tx};

use super::dictd::{Dictd, unpack};
use super::plain::Plain;
use super::read::{Entry, Item, is_control};

/// Longest name of a dictionary, in characters.
const LONGEST_NAME: usize = 64;

/// Most dictionaries that are listed.
const MOST: u32 = 10_000;

/// Longest piece of a text, in bytes: a row on the wire.
const PIECE: usize = 8 * 1024;

/// Rows and bytes that go into one statement.
const BATCH: (usize, usize) = (200, 512 * 1024);

/// Entries between two words on how far it is.
const STEP: u64 = 500;

/// Senseless lines that are named one by one.
const NAMED: usize = 20;

/// Why nothing was imported; the dictionary of that name is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, io::Error),
    /// Half of a dictd database.
    #[error("{path}: there is no {1} beside it", path = .0.display())]
    Half(PathBuf, &'static str),
    /// There is no entry in it.
    #[error("nothing in it makes sense: no dictionary was imported")]
    Nothing(Summary),
    /// The name cannot be one.
    #[error("{0:?} is no name for a dictionary: 1 to 64 characters without white space (--name)")]
    Name(String),
    /// No dictionary has this name.
    #[error("there is no dictionary called {0}")]
    Unknown(String),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sql::Error),
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that have been read.
    pub bytes: u64,
    /// Bytes that there are.
    pub of: u64,
    /// Entries that were written.
    pub entries: u64,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries that were imported.
    pub entries: u64,
    /// Whether a dictionary of that name was replaced.
    pub replaced: bool,
    /// Lines that made no sense.
    pub senseless: u64,
    /// The first of them by number, and why.
    pub first: Vec<(u64, &'static str)>,
}

/// A dictionary in files.
#[derive(Clone)]
pub struct Source {
    /// What an import calls it unless told otherwise: the file's name without what tells its kind.
    pub name: String,
    lines: PathBuf,
    /// What the index of a dictd database points into; a word list has none.
    texts: Option<Arc<File>>,
}

enum Reader {
    Plain(Plain),
    Dictd(Dictd),
}

impl Source {
    /// Finds out what a file is by its name: either half of a dictd database stands for both.
    /// A compressed half is unpacked into a temporary file.
    ///
    /// # Errors
    /// A file that cannot be read, or the other half is missing.
    pub fn open(file: &Path) -> Result<Source, ImportError> {
        let given = file.to_string_lossy();
        let ending = [".index", ".dict.dz", ".dict"].into_iter().find(|end| given.ends_with(end));
        let Some(ending) = ending else {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // Not opened here: what comes through a pipe comes once.
            return Ok(Source { name, lines: file.to_owned(), texts: None });
        };
        let beside = |end: &str| sibling(file, ending, end);
        let (index, plain, packed) = (beside(".index"), beside(".dict"), beside(".dict.dz"));
        if !index.exists() {
            return Err(ImportError::Half(file.to_owned(), ".index"));
        }
        let texts = match (plain.exists(), packed.exists()) {
            (true, _) if ending != ".dict.dz" => open(&plain)?,
            (_, true) => unpack(open(&packed)?).map_err(|e| ImportError::File(packed, e))?,
            _ => return Err(ImportError::Half(file.to_owned(), ".dict or .dict.dz")),
        };
        open(&index)?;
        let name = beside("").file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Source { name, lines: index, texts: Some(Arc::new(texts)) })
    }

    fn reader(&self) -> Result<(Reader, u64), ImportError> {
        let file = open(&self.lines)?;
        let bytes = file.metadata().map_err(|e| self.failed(e))?.len();
        let reader = match &self.texts {
            None => Reader::Plain(Plain::new(file)),
            Some(texts) => Reader::Dictd(Dictd::new(file, Arc::clone(texts))),
        };
        Ok((reader, bytes))
    }

    fn failed(&self, error: io::Error) -> ImportError {
        ImportError::File(self.lines.clone(), error)
    }
}

impl Reader {
    fn read(&mut self) -> io::Result<Option<Item>> {
        match self {
            Reader::Plain(plain) => plain.read(),
            Reader::Dictd(dictd) => dictd.read(),
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Reader::Plain(plain) => plain.bytes(),
            Reader::Dictd(dictd) => dictd.bytes(),
        }
    }

    fn title(&self) -> Option<&str> {
        match self {
            Reader::Plain(_) => None,
            Reader::Dictd(dictd) => dictd.title.as_deref(),
        }
    }
}

fn open(path: &Path) -> Result<File, ImportError> {
    let failed = |error| ImportError::File(path.to_owned(), error);
    let file = File::open(path).map_err(failed)?;
    match file.metadata().map_err(failed)?.is_dir() {
        true => Err(failed(io::ErrorKind::IsADirectory.into())),
        false => Ok(file),
    }
}

/// The file beside this one whose name ends otherwise.
fn sibling(file: &Path, ending: &str, other: &str) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{}{other}", name.strip_suffix(ending).unwrap_or(&name)))
}

/// Imports a dictionary in one transaction: all of it takes the place of what had that name, or nothing does.
/// `progress` is told from time to time how far it is; it begins anew where the database asks for that.
///
/// # Errors
/// As [`ImportError`] says; nothing has changed then.
pub async fn import(
    db: &Db, now: Time, source: Source, name: &str, progress: impl Fn(Progress) + Send + 'static,
) -> Result<Summary, ImportError> {
    let name = check(name)?;
    db.write(move |tx| Import::run(tx, now, &source, &name, &progress)).await
}

/// The dictionaries by name.
///
/// # Errors
/// Of the database.
pub async fn list(db: &Db) -> Result<Vec<Dictionary>, ImportError> {
    db.read(|tx| Ok(Dictionary::all(tx, MOST)?)).await
}

/// Removes a dictionary with all its words; what was looked up stays known.
///
/// # Errors
/// [`ImportError::Unknown`].
pub async fn remove(db: &Db, name: &str) -> Result<Dictionary, ImportError> {
    let name = name.to_owned();
    db.write(move |tx| {
        let found = Dictionary::named(tx, &name)?;
        let dictionary = found.ok_or_else(|| ImportError::Unknown(name.clone()))?;
        dictionary.remove(tx)?;
        Ok(dictionary)
    })
    .await
}

fn check(name: &str) -> Result<String, ImportError> {
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    let wrong = |c: char| c.is_whitespace() || is_control(c);
    if fits && !name.chars().any(wrong) {
        return Ok(name.to_owned());
    }
    Err(ImportError::Name(name.to_owned()))
}

/// An import under way.
struct Import {
    dictionary: i64,
    batch: Vec<Word>,
    bytes: usize,
    summary: Summary,
}

impl Import {
    fn run(
        tx: &mut Tx<'_>, now: Time, source: &Source, name: &str, progress: &impl Fn(Progress),
    ) -> Result<Summary, ImportError> {
        let (mut reader, of) = source.reader()?;
        let (mut row, replaced) = place(tx, now, name)?;
        let summary = Summary { replaced, ..Summary::default() };
        let mut import = Import { dictionary: row.id, batch: vec![], bytes: 0, summary };
        while let Some(item) = reader.read().map_err(|e| source.failed(e))? {
            match item {
                Item::Nothing => {}
                Item::Senseless(line, why) => import.summary.note(line, why),
                Item::Entry(entry) => {
                    import.add(tx, entry)?;
                    if import.summary.entries.is_multiple_of(STEP) {
                        progress(Progress { bytes: reader.bytes(), of, entries: import.summary.entries });
                    }
                }
            }
        }
        import.flush(tx)?;
        if import.summary.entries == 0 {
            return Err(ImportError::Nothing(import.summary));
        }
        row.entries = import.summary.entries;
        row.title = reader.title().unwrap_or(name).chars().take(255).collect();
        row.update(tx)?;
        Ok(import.summary)
    }

    fn add(&mut self, tx: &mut Tx<'_>, entry: Entry) -> Result<(), sql::Error> {
        self.summary.entries += 1;
        let pieces = pieces(&entry.text);
        let whole = pieces.len() == 1;
        for (part, piece) in (1..).zip(pieces) {
            self.bytes += piece.len();
            self.batch.push(Word {
                id: 0,
                dictionary: self.dictionary,
                word: entry.word.clone(),
                folded: entry.folded.clone(),
                part: if whole { 0 } else { part },
                text: piece.to_owned(),
            });
            if self.batch.len() >= BATCH.0 || self.bytes >= BATCH.1 {
                self.flush(tx)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, tx: &mut Tx<'_>) -> Result<(), sql::Error> {
        self.bytes = 0;
        Word::insert_all(tx, std::mem::take(&mut self.batch))
    }
}

impl Summary {
    fn note(&mut self, line: u64, why: &'static str) {
        self.senseless += 1;
        if self.first.len() < NAMED {
            self.first.push((line, why));
        }
    }
}

/// The row of a dictionary, without words. It is written before anything else, so that two imports of one
/// name come one after the other.
fn place(tx: &mut Tx<'_>, now: Time, name: &str) -> Result<(Dictionary, bool), sql::Error> {
    let Some(mut old) = Dictionary::named(tx, name)? else {
        let (title, entries) = (name.to_owned(), 0);
        let mut new = Dictionary { id: 0, name: name.to_owned(), title, entries, imported_at: now };
        new.id = new.insert(tx)?;
        return Ok((new, false));
    };
    old.imported_at = now;
    old.update(tx)?;
    old.clear(tx)?;
    Ok((old, true))
}

/// A text in pieces that fit a row, cut behind a line's end where there is one; joined they are the text.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = vec![];
    while text.len() > PIECE {
        let most = text.floor_char_boundary(PIECE);
        let (head, _) = text.split_at(most);
        let cut = head.rfind('\n').map_or(most, |end| end + 1);
        let (head, rest) = text.split_at(cut);
        pieces.push(head);
        text = rest;
    }
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(text);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_joined_are_the_text() {
        for text in
            ["", "short", &"绿茶".repeat(10_000), &"a line of text\n".repeat(2_000), &"\n".repeat(20_000)]
        {
            let pieces = pieces(text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
            assert_eq!(pieces.len() == 1, text.len() <= PIECE);
        }
    }

    #[test]
    fn a_name_is_one_word() {
        assert!(check("freedict-eng-pol").is_ok() && check("词典").is_ok());
        for wrong in ["", "a b", "a\n", "\u{202e}x", &"x".repeat(65)] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn either_half_of_a_database_names_both() {
        let path = Path::new("/d/wn.3.dict.dz");
        assert_eq!(sibling(path, ".dict.dz", ".index"), Path::new("/d/wn.3.index"));
        assert_eq!(sibling(path, ".dict.dz", ""), Path::new("/d/wn.3"));
    }
}
