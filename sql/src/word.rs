//! The dictionaries, and who looked what up in them.

use protocol::value::{AccountId, Time};

use crate::{Error, FromRow, Row, Tx, Value, join, params, record};

record! {
    /// A dictionary.
    pub struct Dictionary in "dictionary" {
        id: i64,
        /// At most 64 characters.
        name: String,
        /// What it calls itself; at most 255 characters.
        title: String,
        entries: u64,
        imported_at: Time,
    }
}

impl Dictionary {
    /// The dictionaries by name, at most `limit`: an operator keeps them by hand.
    pub fn all(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Dictionary>, Error> {
        tx.rows(join!(Dictionary::SELECT, " ORDER BY name LIMIT ?"), params![limit])
    }

    /// The dictionary of this name.
    pub fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<Dictionary>, Error> {
        tx.one(join!(Dictionary::SELECT, " WHERE name = ?"), params![name])
    }

    /// Takes a dictionary away with all its words.
    pub fn remove(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.clear(tx)?;
        tx.execute("DELETE FROM dictionary WHERE id = ?", params![self.id]).map(|_| ())
    }

    /// Takes all words out of it, some at a time: a statement has a time limit.
    pub fn clear(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let last =
            "SELECT MAX(id) FROM (SELECT id FROM word WHERE dictionary = ? ORDER BY id LIMIT 20000) some";
        while let Some(last) = tx.one::<Option<i64>>(last, params![self.id])?.flatten() {
            tx.execute("DELETE FROM word WHERE dictionary = ? AND id <= ?", params![self.id, last])?;
        }
        Ok(())
    }
}

record! {
    /// An entry, or a piece of a long one.
    pub struct Word in "word" {
        id: i64,
        dictionary: i64,
        /// As the dictionary writes it; at most 255 characters.
        word: String,
        /// What it is found by; at most 255 characters.
        folded: String,
        /// 0 for an entry in one piece; the pieces of a longer one count from 1.
        part: u32,
        /// At most 64 KiB.
        text: String,
    }
}

/// A word and the name of its dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The row; of a list of words its text is only as long as was asked for.
    pub word: Word,
    /// The name of the dictionary.
    pub dictionary: String,
}

impl FromRow for Found {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        Ok(Found { word: Word::from_row(row)?, dictionary: row.take()? })
    }
}

impl Word {
    /// Writes new rows, numbered in this order; `id` is left to the database. All in one statement, so
    /// there are only so many: a few hundred, and a few hundred KiB.
    pub fn insert_all(tx: &mut Tx<'_>, words: Vec<Word>) -> Result<(), Error> {
        if words.is_empty() {
            return Ok(());
        }
        let marks = vec!["(?, ?, ?, ?, ?)"; words.len()].join(", ");
        let sql = format!("INSERT INTO word (dictionary, word, folded, part, text) VALUES {marks}");
        let row = |w: Word| params![w.dictionary, w.word, w.folded, w.part, w.text];
        tx.execute(&sql, words.into_iter().flat_map(row).collect::<Vec<Value>>()).map(|_| ())
    }

    /// The entries of a word, by dictionary, behind a dictionary and a row.
    pub fn entries(
        tx: &mut Tx<'_>, folded: &str, (dictionary, id): (i64, i64), limit: u32,
    ) -> Result<Vec<Found>, Error> {
        // The page is cut before anything is joined to it, whatever the optimizer thinks of the join.
        let sql = join!(
            "SELECT w.id, w.dictionary, w.word, w.folded, w.part, w.text, d.name FROM (",
            Word::SELECT,
            " WHERE folded = ? AND dictionary >= ? AND (dictionary > ? OR id > ?) \
              ORDER BY dictionary, id LIMIT ?) w \
              JOIN dictionary d ON d.id = w.dictionary ORDER BY w.dictionary, w.id",
        );
        tx.rows(sql, params![folded, dictionary, dictionary, id, limit])
    }

    /// The words that begin so, behind a word of a dictionary: each once a dictionary, with the first
    /// `most` characters of its first entry.
    pub fn beginning(
        tx: &mut Tx<'_>, prefix: &str, after: Option<&(String, i64)>, most: u32, limit: u32,
    ) -> Result<Vec<Found>, Error> {
        const HEAD: &str = "SELECT w.id, w.dictionary, w.word, w.folded, w.part, SUBSTR(w.text, 1, ?), d.name FROM (\
             SELECT folded, dictionary, MIN(id) AS id FROM word WHERE folded >= ? AND folded < ?";
        const TAIL: &str = " GROUP BY folded, dictionary ORDER BY folded, dictionary LIMIT ?) p \
             JOIN word w ON w.id = p.id JOIN dictionary d ON d.id = w.dictionary \
             ORDER BY w.folded, w.dictionary";
        let end = beyond(prefix);
        let Some((folded, dictionary)) = after else {
            return tx.rows(join!(HEAD, TAIL), params![most, prefix, end, limit]);
        };
        tx.rows(
            join!(HEAD, " AND (folded > ? OR dictionary > ?)", TAIL),
            params![most, folded, end, folded, *dictionary, limit],
        )
    }

    /// Those of these folded words that there are. At most a few hundred are asked for.
    pub fn among(tx: &mut Tx<'_>, folded: &[String]) -> Result<Vec<String>, Error> {
        let marks = vec!["?"; folded.len()].join(", ");
        let sql = format!("SELECT DISTINCT folded FROM word WHERE folded IN ({marks})");
        tx.rows(&sql, folded.iter().map(Value::from).collect::<Vec<Value>>())
    }

    /// The folded words next to this one in the order of the index, before it and behind it, `limit` each.
    pub fn neighbours(tx: &mut Tx<'_>, folded: &str, limit: u32) -> Result<Vec<String>, Error> {
        let behind = "SELECT DISTINCT folded FROM word WHERE folded > ? ORDER BY folded LIMIT ?";
        let before = "SELECT DISTINCT folded FROM word WHERE folded < ? ORDER BY folded DESC LIMIT ?";
        let mut all: Vec<String> = tx.rows(behind, params![folded, limit])?;
        all.extend(tx.rows::<String>(before, params![folded, limit])?);
        Ok(all)
    }

    /// How these folded words are written, each with its folded form: in lower case where any dictionary does.
    pub fn written(tx: &mut Tx<'_>, folded: &[String]) -> Result<Vec<(String, String)>, Error> {
        if folded.is_empty() {
            return Ok(vec![]);
        }
        let marks = vec!["?"; folded.len()].join(", ");
        let sql = format!("SELECT folded, MAX(word) FROM word WHERE folded IN ({marks}) GROUP BY folded");
        tx.rows(&sql, folded.iter().map(Value::from).collect::<Vec<Value>>())
    }
}

/// What is greater than everything that begins with `prefix`: text ends before the last code point.
fn beyond(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

record! {
    /// That somebody looked a word up.
    pub struct Lookup in "lookup" {
        id: i64,
        account: AccountId,
        /// As it was asked for; at most 255 characters.
        word: String,
        at: Time,
    }
}

impl Lookup {
    /// The look-ups of an account before the one numbered `before`, the newest first.
    pub fn page(tx: &mut Tx<'_>, account: AccountId, before: i64, limit: u32) -> Result<Vec<Lookup>, Error> {
        tx.rows(
            join!(Lookup::SELECT, " WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?"),
            params![account, before, limit],
        )
    }

    /// Forgets what an account looked up.
    pub fn clear(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
        tx.execute("DELETE FROM lookup WHERE account = ?", params![account])
    }
}
