//! Every way in which the vault refuses or fails.

use std::io;

/// Why the vault did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another handle, in this process or another one, has the vault open.
    #[error("the vault is in use by another process")]
    InUse,
    /// An upload of the same claim is open.
    #[error("the same upload is under way")]
    Busy,
    /// There is no such content.
    #[error("there is no such content")]
    Missing,
    /// The content has another length than it must have.
    #[error("content of {expected} bytes is {found} bytes long")]
    Damaged {
        /// The length it must have, in bytes.
        expected: u64,
        /// The length it has, in bytes.
        found: u64,
    },
    /// Content that is here and has other bytes than those that were stored.
    #[error("content has other bytes than were stored")]
    Altered,
    /// The disk or the quota of the operating system is used up.
    #[error("the disk is full")]
    Full,
    /// More bytes were pushed than the claim has left; none of that chunk were taken.
    #[error("more bytes came than were announced")]
    TooLong,
    /// The upload was finished before all bytes came; what came is kept for a resume.
    #[error("{missing} bytes have not come yet")]
    TooShort {
        /// How many bytes are still to come.
        missing: u64,
    },
    /// The bytes have another MD5 than the claim; they were dropped.
    #[error("the bytes do not have the MD5 that was announced")]
    Mismatch {
        /// The MD5 of the bytes that came.
        found: [u8; 16],
    },
    /// Anything else that the disk or the operating system has to say.
    #[error("input or output failed")]
    Io(#[source] io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(errno: rustix::io::Errno) -> Self {
        io::Error::from(errno).into()
    }
}
