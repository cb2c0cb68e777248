//! Every refusal, in the words of the club. A door turns them into statuses; none of them holds SQL,
//! a path or a backtrace: of what is nobody's business the log has the rest, under a trace number.

use protocol::value::{Money, Time};

use crate::trace;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not logged in.
    LoginRequired,
    /// The role does not allow it.
    NotAllowed(&'static str),
    /// An admin has taken the word from the account.
    Muted {
        /// Until when; nothing: until an admin gives it back.
        until: Option<Time>,
    },
    /// Too fast.
    Throttled {
        /// Seconds until it may be tried again.
        retry: u64,
    },
    /// Too many wrong passwords or codes.
    TooManyFailures {
        /// Seconds until the next try.
        retry: u64,
    },
    /// There is no such thing.
    NotFound(&'static str),
    /// There is no such word.
    NoWord {
        /// Words that may have been meant, the likeliest first.
        near: Vec<String>,
    },
    /// The operator has switched it off.
    SwitchedOff(&'static str),
    /// The account is locked.
    Locked,
    /// The last admin stays.
    LastAdmin,
    /// Wrong name or password, never saying which.
    BadCredentials,
    /// The name is taken.
    NameTaken,
    /// The code has been used.
    CodeUsed,
    /// `after=` holds what no page has said.
    BadAfter,
    /// A value that is well formed but not possible here.
    BadValue {
        /// The option, if it is one.
        option: Option<&'static str>,
        /// What would be right.
        expected: &'static str,
    },
    /// More than a limit.
    Limit {
        /// The limit, as it is written.
        max: String,
        /// Of what.
        what: &'static str,
    },
    /// More than one's share of the shelf.
    Quota {
        /// Of what.
        what: &'static str,
        /// How much it may be.
        max: u64,
        /// How much is there.
        used: u64,
    },
    /// To be bought first.
    NeedPay {
        /// What it costs who asks.
        price: Money,
    },
    /// Not enough money.
    NeedFunds {
        /// What it costs.
        price: Money,
        /// What is there.
        balance: Money,
    },
    /// The price is not the one that was named.
    PriceChanged {
        /// What it is now.
        price: Money,
    },
    /// Not so many seats.
    SoldOut {
        /// How many there are.
        left: u32,
    },
    /// The event has started.
    Started,
    /// The event will not be.
    CalledOff,
    /// It is not sold.
    NotForSale,
    /// The key was used with other arguments.
    KeyReused,
    /// Outside the file.
    BadRange {
        /// The file's size in bytes.
        size: u64,
    },
    /// The stored bytes are not what they were.
    Damaged,
    /// Other bytes came than were announced.
    Md5Mismatch,
    /// Other bytes came than were named.
    Sha256Mismatch,
    /// That does not prove it.
    ProofFailed(&'static str),
    /// Somebody else is at it.
    Busy(&'static str),
    /// No room on the disk.
    DiskFull,
    /// The database cannot be reached.
    DatabaseDown,
    /// The answer of the database was lost.
    OutcomeUnknown,
    /// Two did the same at once; the loser is run again and never sees this.
    Raced,
    /// A fault of ours.
    Internal {
        /// Finds it in the log.
        trace: String,
    },
}

impl Fault {
    /// Logs what went wrong and gives it a number to be asked for by.
    pub fn internal(what: &dyn std::fmt::Display) -> Self {
        let trace = trace::number();
        log::error!("trace={trace} {what}");
        Fault::Internal { trace }
    }
}

impl From<sql::Error> for Fault {
    fn from(error: sql::Error) -> Self {
        match error {
            sql::Error::Down(why) => {
                log::warn!("the database is down: {why}");
                Fault::DatabaseDown
            }
            sql::Error::OutcomeUnknown => {
                log::warn!("{error}");
                Fault::OutcomeUnknown
            }
            sql::Error::Busy(_) => Fault::Busy("the database is busy"),
            sql::Error::Full => {
                log::warn!("the disk under the database is full");
                Fault::DiskFull
            }
            sql::Error::Duplicate => Fault::Raced,
            other => Fault::internal(&other),
        }
    }
}

impl From<vault::Error> for Fault {
    fn from(error: vault::Error) -> Self {
        match error {
            vault::Error::Busy => Fault::Busy("this upload is under way on another connection"),
            vault::Error::Full => {
                log::warn!("the disk under the files is full");
                Fault::DiskFull
            }
            // EMFILE, ENFILE: it passes when others are done.
            vault::Error::Io(error) if matches!(error.raw_os_error(), Some(23 | 24)) => {
                log::error!("out of file descriptors: raise LimitNOFILE or lower limits.connections");
                Fault::Busy("too many files are open")
            }
            vault::Error::Mismatch { .. } => Fault::Md5Mismatch,
            vault::Error::Missing | vault::Error::Damaged { .. } | vault::Error::Altered => {
                log::error!("stored bytes: {error}");
                Fault::Damaged
            }
            other => Fault::internal(&format!("{other}: {other:?}")),
        }
    }
}
