//! Everything that can go wrong in the shell, and the exit code of each.

use std::io;

use protocol::grammar::{StatusLine, SyntaxError};

use crate::link::{Facts, Reply};
use crate::trust::Untrusted;

/// The exit codes of a script; `--help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The server said no.
    Refused = 1,
    /// Not a command, or wrong arguments.
    Usage = 2,
    /// No connection, or it was lost.
    Connection = 3,
    /// There is no such thing.
    NotFound = 4,
    /// To be paid first.
    Pay = 5,
    /// The bytes are not those that were promised.
    Integrity = 6,
    /// Try again later.
    Later = 7,
    /// A file of this computer could not be read or written.
    File = 8,
    /// A command of this computer (`!`) failed.
    Local = 9,
    /// Stopped with Ctrl-C: 128 and SIGINT, as shells have it.
    Interrupted = 130,
}

impl Exit {
    /// Every exit code there is.
    #[cfg(test)]
    pub const ALL: &[Exit] = &[
        Exit::Done,
        Exit::Refused,
        Exit::Usage,
        Exit::Connection,
        Exit::NotFound,
        Exit::Pay,
        Exit::Integrity,
        Exit::Later,
        Exit::File,
        Exit::Local,
        Exit::Interrupted,
    ];

    /// The exit code that a status of the server means.
    pub fn of(status: &StatusLine) -> Exit {
        match (status.code, status.word.as_str()) {
            (..300, _) => Exit::Done,
            (300..=499, _) => Exit::Later,
            (_, "NOT_FOUND") => Exit::NotFound,
            (_, "NEED_PAY" | "NEED_FUNDS") => Exit::Pay,
            (_, "MD5_MISMATCH" | "DAMAGED" | "PROOF_FAILED") => Exit::Integrity,
            (_, "UNKNOWN_COMMAND" | "LINE_TOO_LONG") | (501 | 503, _) => Exit::Usage,
            _ => Exit::Refused,
        }
    }
}

/// Why a command of the shell did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server answered with a refusal; the reply has what came with it.
    #[error("{} {}", .0.status.code, .0.status.word)]
    Refused(Box<Reply>),
    /// A refusal that has been shown already, as it came.
    #[error("{} {}", .0.status.code, .0.status.word)]
    Shown(Box<Reply>),
    /// A command of this computer failed, with this exit code.
    #[error("exit code {0}")]
    Local(i32),
    /// A line that is no command, and where it goes wrong.
    #[error("{error}")]
    Syntax {
        /// The line as it was typed.
        line: String,
        /// What is wrong with it.
        error: SyntaxError,
    },
    /// Something else that the person at the keyboard can mend.
    #[error("{0}")]
    Usage(String),
    /// The server cannot be reached.
    #[error("{host}: {error}")]
    Connect {
        /// The server that was tried.
        host: String,
        /// What came of it.
        error: io::Error,
    },
    /// The server shows a certificate that is not trusted.
    #[error(transparent)]
    Untrusted(Box<Untrusted>),
    /// The server is on another machine, and TLS is not spoken.
    #[error("{host} is another machine, and without TLS whoever listens on the way sees everything")]
    InTheClear {
        /// The server.
        host: String,
    },
    /// The connection was lost.
    #[error("{0}")]
    Lost(#[source] io::Error),
    /// The server said something that `reel/1` does not have.
    #[error("{0}")]
    Garbled(String),
    /// Stopped with Ctrl-C.
    #[error("stopped")]
    Cancelled,
    /// The bytes are not those that were promised.
    #[error("{0}")]
    Integrity(String),
    /// Somebody else is at it.
    #[error("{0}")]
    Later(String),
    /// There is no such thing, as the shell itself found.
    #[error("{0}")]
    NotFound(String),
    /// Of several things some were not done.
    #[error("{} of {} were done", .0.done, .0.of)]
    Several(Box<Several>),
    /// A local file.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
}

/// What became of several things of which not all were done. Each failure has been told when it happened.
#[derive(Debug)]
pub struct Several {
    /// A row for each thing.
    pub rows: Vec<Facts>,
    /// How many were done.
    pub done: usize,
    /// How many were asked for.
    pub of: usize,
    /// The exit code of the first that failed.
    pub exit: Exit,
}

impl Fault {
    /// A fault of a local file.
    pub fn file(path: &std::path::Path, error: io::Error) -> Self {
        Fault::File { path: path.display().to_string(), error }
    }

    /// A lost connection that nobody noticed more of.
    pub fn lost(why: &'static str) -> Self {
        Fault::Lost(io::Error::new(io::ErrorKind::ConnectionAborted, why))
    }

    /// With what a script ends.
    pub fn exit(&self) -> Exit {
        match self {
            Fault::Refused(reply) | Fault::Shown(reply) => Exit::of(&reply.status),
            Fault::Local(_) => Exit::Local,
            Fault::Syntax { .. } | Fault::Usage(_) => Exit::Usage,
            Fault::Connect { .. }
            | Fault::Untrusted(_)
            | Fault::InTheClear { .. }
            | Fault::Lost(_)
            | Fault::Garbled(_) => Exit::Connection,
            Fault::Cancelled => Exit::Interrupted,
            Fault::File { .. } => Exit::File,
            Fault::Integrity(_) => Exit::Integrity,
            Fault::Later(_) => Exit::Later,
            Fault::NotFound(_) => Exit::NotFound,
            Fault::Several(several) => several.exit,
        }
    }

    /// One word for `--json`, where the server gave none.
    pub fn word(&self) -> &'static str {
        match self {
            Fault::Refused(_) | Fault::Shown(_) => "REFUSED",
            Fault::Local(_) => "LOCAL",
            Fault::Syntax { .. } | Fault::Usage(_) => "USAGE",
            Fault::Connect { .. } => "CANNOT_CONNECT",
            Fault::Untrusted(_) => "UNTRUSTED",
            Fault::InTheClear { .. } => "IN_THE_CLEAR",
            Fault::Lost(_) => "CONNECTION_LOST",
            Fault::Garbled(_) => "GARBLED",
            Fault::Cancelled => "STOPPED",
            Fault::Integrity(_) => "INTEGRITY",
            Fault::Later(_) => "BUSY",
            Fault::File { .. } => "FILE",
            Fault::NotFound(_) => "NOT_FOUND",
            Fault::Several(_) => "FAILED",
        }
    }

    /// Whether trying again over a new connection may help.
    pub fn is_lost(&self) -> bool {
        match self {
            Fault::Lost(_) | Fault::Connect { .. } => true,
            Fault::Refused(reply) => reply.status.code == 421,
            _ => false,
        }
    }

    /// Whether it is the refusal with this word.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Fault::Refused(reply) if reply.status.word == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_exit_code_that_the_help_names() {
        let cases = [
            (250, "OK", 0),
            (221, "BYE", 0),
            (350, "WAIT", 7),
            (421, "DRAINING", 7),
            (429, "THROTTLED", 7),
            (452, "DISK_FULL", 7),
            (500, "UNKNOWN_COMMAND", 2),
            (500, "INTERNAL", 1),
            (501, "SYNTAX", 2),
            (501, "BAD_VALUE", 2),
            (503, "BAD_SEQUENCE", 2),
            (530, "BAD_CREDENTIALS", 1),
            (530, "LOGIN_REQUIRED", 1),
            (550, "NOT_FOUND", 4),
            (550, "NOT_ALLOWED", 1),
            (551, "MD5_MISMATCH", 6),
            (551, "DAMAGED", 6),
            (552, "NEED_PAY", 5),
            (552, "NEED_FUNDS", 5),
            (552, "QUOTA", 1),
            (553, "PRICE_CHANGED", 1),
        ];
        for (code, word, exit) in cases {
            let status = StatusLine { code, word: word.into(), ..StatusLine::default() };
            assert_eq!(Exit::of(&status) as u8, exit, "{code} {word}");
        }
    }
}
