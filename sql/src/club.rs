//! The club as a whole: what it is known by.

use crate::{Error, Tx, params};

/// What the club of this database is known by; nothing if it has not been given a name yet.
pub fn name(tx: &mut Tx<'_>) -> Result<Option<String>, Error> {
    tx.one("SELECT value FROM meta WHERE name = ?", params!["club"])
}

/// Gives it one.
///
/// # Errors
/// [`Error::Duplicate`] if it has one.
pub fn set_name(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    tx.execute("INSERT INTO meta (name, value) VALUES (?, ?)", params!["club", name]).map(|_| ())
}

/// The SHA-256 and size of what the newest titles consist of, `limit` at most: some of it is in the right vault.
pub fn newest_contents(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<([u8; 32], u64)>, Error> {
    let sql = "SELECT c.sha256, c.size FROM title t JOIN content c ON c.id = t.content WHERE t.listed = 1 \
               ORDER BY t.id DESC LIMIT ?";
    tx.rows(sql, params![limit])
}
