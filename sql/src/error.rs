//! What can go wrong between the club and its database, sorted by what the caller can do about it.

/// Why a piece of work did not happen. The texts are for the log: no user ever sees them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The URL names no database that can be used; the text says what would.
    #[error("{0}")]
    Url(String),
    /// The database cannot be reached, did not answer in time, or takes no writes at the moment. Nothing was changed;
    /// the same call may succeed later, without anything being reopened.
    #[error("the database is down: {0}")]
    Down(String),
    /// The connection was lost between COMMIT and its answer: the work may have happened or not. It is never run again
    /// by itself; the caller looks before repeating what must not happen twice.
    #[error("the connection was lost during COMMIT: the outcome is unknown")]
    OutcomeUnknown,
    /// A row with this unique key is already there. Only the statement was undone: the transaction goes on, so that
    /// "insert, catch the duplicate, update" works.
    #[error("a row with this key is already there")]
    Duplicate,
    /// Others held the locks for too long, or the queue was too long, even after retries.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The schema was written by a newer program than this one.
    #[error("the schema has version {found}, this program knows {known}")]
    Newer {
        /// The version in the database.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// A restore into this database has not come to its end: it is no club yet.
    #[error("a restore into this database did not come to its end: give `reeld restore` again, or empty it")]
    Unfinished,
    /// What shall be filled is a club already.
    #[error("there is a club already")]
    Occupied,
    /// The disk under the database is full.
    #[error("the disk under the database is full")]
    Full,
    /// A mistake of ours or a violated constraint: wrong SQL, a value that does not fit, a foreign key to nothing.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Shorthand for what should not happen.
    pub fn internal(text: impl std::fmt::Display) -> Error {
        Error::Internal(text.to_string())
    }
}
