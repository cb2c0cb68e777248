//! Every status that Reel gives: a number for the class, a word for the case.

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $number:literal $word:literal; )+) => {
        /// A status: number and word are the contract, the rest of the line is for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $( $(#[doc = $doc])+ $name, )+ }

        impl Code {
            /// Every status there is, in the order of `protocol.md`.
            pub const ALL: &'static [Code] = &[$( Code::$name, )+];

            /// The three digits.
            pub const fn number(self) -> u16 { match self { $( Code::$name => $number, )+ } }

            /// The word after them.
            pub const fn word(self) -> &'static str { match self { $( Code::$name => $word, )+ } }

            /// What it means, in one line.
            pub const fn meaning(self) -> &'static str {
                match self { $( Code::$name => concat!($($doc),+).trim_ascii(), )+ }
            }
        }
    };
}

codes! {
    /// The body follows: exactly `length` bytes.
    Data = 150 "DATA";
    /// Send exactly `length` bytes, the first being number `offset` of the file.
    Send = 150 "SEND";
    /// End of the rows; `next` goes into `after=` for the following page.
    End = 210 "END";
    /// The greeting.
    Reel = 220 "REEL";
    /// Good bye; the connection closes.
    Bye = 221 "BYE";
    /// The body has been sent whole.
    Done = 226 "DONE";
    /// The upload is verified, on disk and in the library.
    Stored = 226 "STORED";
    /// Logged in.
    LoggedIn = 230 "OK";
    /// Done.
    Ok = 250 "OK";
    /// It is yours already; nothing was taken.
    Owned = 250 "OWNED";
    /// The content is known here: show with PROVE that you have it, and no byte has to be sent.
    Prove = 350 "PROVE";
    /// Ask again when `seconds` have passed.
    Wait = 350 "WAIT";
    /// The connection is closed for a restart; connect again.
    Draining = 421 "DRAINING";
    /// Nothing was said, or nobody logged in, for too long.
    Idle = 421 "IDLE";
    /// The session was ended from elsewhere.
    Kicked = 421 "KICKED";
    /// Too many connections, in all or from this address.
    TooMany = 421 "TOO_MANY";
    /// Too fast, or too many failures; try again after `retry` seconds.
    Throttled = 429 "THROTTLED";
    /// Somebody else is at it; try again.
    Busy = 450 "BUSY";
    /// The database cannot be reached; try again.
    DatabaseDown = 450 "DATABASE_DOWN";
    /// The answer of the database was lost; ask again with the same key.
    OutcomeUnknown = 451 "OUTCOME_UNKNOWN";
    /// No room on the disk.
    DiskFull = 452 "DISK_FULL";
    /// The line is longer than 8192 bytes; the connection closes.
    LineTooLong = 500 "LINE_TOO_LONG";
    /// No such command; `nearest` names the one that may have been meant.
    UnknownCommand = 500 "UNKNOWN_COMMAND";
    /// A fault of the server; the log has more under `trace`.
    Internal = 500 "INTERNAL";
    /// Not a well-formed command; `column` says where.
    Syntax = 501 "SYNTAX";
    /// Well formed, but not a possible value.
    BadValue = 501 "BAD_VALUE";
    /// Something was sent where nothing may be; the connection closes.
    BadSequence = 503 "BAD_SEQUENCE";
    /// Wrong name, password, token or code.
    BadCredentials = 530 "BAD_CREDENTIALS";
    /// The account is locked.
    Locked = 530 "LOCKED";
    /// Log in first.
    LoginRequired = 530 "LOGIN_REQUIRED";
    /// An admin has taken the word from you, until `until`.
    Muted = 550 "MUTED";
    /// Your role does not allow it.
    NotAllowed = 550 "NOT_ALLOWED";
    /// There is no such thing.
    NotFound = 550 "NOT_FOUND";
    /// The operator has switched it off.
    SwitchedOff = 550 "SWITCHED_OFF";
    /// Passwords and tokens are taken over TLS only; `port` says where that is.
    TlsRequired = 550 "TLS_REQUIRED";
    /// The offset or length is outside the file of `size` bytes.
    BadRange = 551 "BAD_RANGE";
    /// The stored bytes are damaged; the operator has been told.
    Damaged = 551 "DAMAGED";
    /// The bytes received have another MD5; they were dropped.
    Md5Mismatch = 551 "MD5_MISMATCH";
    /// That does not prove it, or no proof is awaited; STOR again.
    ProofFailed = 551 "PROOF_FAILED";
    /// More than the limit `max`.
    Limit = 552 "LIMIT";
    /// Not enough money: it costs `price`, you have `balance`.
    NeedFunds = 552 "NEED_FUNDS";
    /// To be bought first, for `price`.
    NeedPay = 552 "NEED_PAY";
    /// Your quota is used up.
    Quota = 552 "QUOTA";
    /// Not so many seats: `left` are.
    SoldOut = 552 "SOLD_OUT";
    /// The event was called off.
    CalledOff = 553 "CALLED_OFF";
    /// That code has been used.
    CodeUsed = 553 "CODE_USED";
    /// The key was used with other arguments.
    KeyReused = 553 "KEY_REUSED";
    /// The last admin stays.
    LastAdmin = 553 "LAST_ADMIN";
    /// The name is taken.
    NameTaken = 553 "NAME_TAKEN";
    /// It is not sold.
    NotForSale = 553 "NOT_FOR_SALE";
    /// The price is `price` now; nothing was taken.
    PriceChanged = 553 "PRICE_CHANGED";
    /// The event has started.
    Started = 553 "STARTED";
}
