//! The plain vocabulary: types that cannot hold a wrong value, read from words and written back.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// Why a word is not a value of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It does not look like one.
    Form,
    /// It looks like one, but there is no such value.
    Value,
}

/// Declares a number that names a row: a title, a session.
macro_rules! ids {
    ($( $(#[$doc:meta])+ $name:ident; )+) => { $(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl FromStr for $name {
            type Err = Wrong;
            fn from_str(word: &str) -> Result<Self, Wrong> { whole(word).map(Self) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

        impl From<$name> for crate::reply::Fact {
            fn from(id: $name) -> Self { crate::reply::Fact::Int(id.0) }
        }
    )+ };
}

ids! {
    /// The number of a title.
    TitleId;
    /// The number of an account. Never on the wire.
    AccountId;
    /// The number of a log-in session.
    SessionId;
    /// The number of a notice.
    NoticeId;
    /// The number of an ad.
    AdId;
    /// The number of an event.
    EventId;
    /// The number of a booking.
    BookingId;
    /// The number of a message in a chat room.
    MessageId;
    /// The number of a report.
    ReportId;
}

/// Declares a set of fixed words.
macro_rules! words {
    ($( $(#[$doc:meta])+ $name:ident { $( $(#[$vdoc:meta])+ $variant:ident = $word:literal, )+ } )+) => { $(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$vdoc])+ $variant, )+ }

        impl $name {
            /// The words, as they are written out.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for this one.
            pub const fn word(self) -> &'static str { match self { $( Self::$variant => $word, )+ } }
        }

        impl FromStr for $name {
            type Err = Wrong;
            fn from_str(word: &str) -> Result<Self, Wrong> {
                $( if word.eq_ignore_ascii_case($word) { return Ok(Self::$variant); } )+
                Err(Wrong::Value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.word()) }
        }
    )+ };
}

words! {
    /// What a title costs whom.
    Kind {
        /// Free; who is no member sees an ad first.
        Free = "FREE",
        /// Sold, once and for ever.
        Paid = "PAID",
        /// On the file shelf: from users, for users, without ads.
        Shared = "SHARED",
    }
    /// Which titles to list.
    Listing {
        /// Every title that is not deleted.
        All = "ALL",
        /// The free ones.
        Free = "FREE",
        /// Those that are sold.
        Paid = "PAID",
        /// Those on the file shelf.
        Shared = "SHARED",
        /// Those one has bought.
        Owned = "OWNED",
        /// Those that are deleted; for admins.
        Deleted = "DELETED",
    }
    /// The order of a list.
    Sort {
        /// As they came.
        Id = "id",
        /// The newest first.
        New = "new",
        /// By title, in the order of code points.
        Name = "name",
        /// The largest first.
        Size = "size",
        /// The most fetched first.
        Popular = "popular",
    }
    /// What an account may do.
    Role {
        /// Lists, buys, fetches, shares.
        User = "user",
        /// Uploads and looks after the club as well.
        Admin = "admin",
    }
    /// What one can be told of as it happens.
    Topic {
        /// The chat rooms.
        Lounge = "lounge",
        /// New notices.
        Notices = "notices",
    }
    /// A yes or a no.
    YesNo {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
    }
}

/// The name of an account, as its owner writes it: 2 to 32 characters, none of them white space,
/// control or invisible.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Fewest characters.
    pub const MIN: usize = 2;
    /// Most characters.
    pub const MAX: usize = 32;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        if is_name(word, Self::MIN, Self::MAX) { Ok(Self(word.to_owned())) } else { Err(Wrong::Value) }
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a chat room: 1 to 32 characters, by the rules of user names. Unique regardless of case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomName(String);

impl RoomName {
    /// Most characters.
    pub const MAX: usize = 32;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RoomName {
    /// The room that is meant where none is named.
    fn default() -> Self {
        Self("lounge".to_owned())
    }
}

impl FromStr for RoomName {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        if is_name(word, 1, Self::MAX) { Ok(Self(word.to_owned())) } else { Err(Wrong::Value) }
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a word can be the name of somebody or of a room.
fn is_name(word: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&word.chars().count())
        && !word.starts_with(is_accent)
        && !word.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Characters that show nothing, or nothing that everybody sees: with them two names could look the same.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{E000}'..='\u{F8FF}'
        | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFF}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{10FFFF}')
}

/// The embeddings, overrides and isolates of UAX #9.
pub fn is_bidi_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Accents that stand on the character before them; a name does not begin with one.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// The name of a title: 1 to 200 characters, any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleName(String);

impl TitleName {
    /// Most characters.
    pub const MAX: usize = 200;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TitleName {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        let length = word.chars().count();
        if word.trim().is_empty() || length > Self::MAX {
            return Err(Wrong::Value);
        }
        Ok(Self(word.to_owned()))
    }
}

impl fmt::Display for TitleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text of an admin: 1 to 4,000 characters, any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongText(String);

impl LongText {
    /// Most characters.
    pub const MAX: usize = 4000;
}

impl FromStr for LongText {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        if word.trim().is_empty() || word.chars().count() > Self::MAX {
            return Err(Wrong::Value);
        }
        Ok(Self(word.to_owned()))
    }
}

impl fmt::Display for LongText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody says in a chat room: 1 to 2,000 characters, not all of them blank. So it always fits
/// into a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech(String);

impl Speech {
    /// Most characters.
    pub const MAX: usize = 2000;
}

impl FromStr for Speech {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        if word.trim().is_empty() || word.chars().count() > Self::MAX {
            return Err(Wrong::Value);
        }
        Ok(Self(word.to_owned()))
    }
}

impl fmt::Display for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A remark: at most 200 characters, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark(String);

impl FromStr for Remark {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        if word.chars().count() > TitleName::MAX { Err(Wrong::Value) } else { Ok(Self(word.to_owned())) }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount of money in the smallest unit (1.00 on the wire is 100 here). On the wire in
/// `\d{1,10}(\.\d{1,2})?`, out always with two decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
}

impl FromStr for Money {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        let (units, cents) = word.split_once('.').unwrap_or((word, "0"));
        let digits =
            |s: &str, most: usize| (1..=most).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(units, 10) || !digits(cents, 2) {
            return Err(Wrong::Form);
        }
        let units: i64 = units.parse().map_err(|_| Wrong::Form)?;
        let tenth = if cents.len() == 1 { 10 } else { 1 };
        let cents: i64 = cents.parse().map_err(|_| Wrong::Form)?;
        Ok(Money(units * 100 + cents * tenth))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

/// A price: an amount that may be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price(pub Money);

impl FromStr for Price {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        word.parse().map(Self)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount that moves: more than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(Money);

impl Amount {
    /// The amount.
    pub fn money(self) -> Money {
        self.0
    }
}

impl FromStr for Amount {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        match word.parse()? {
            Money::ZERO => Err(Wrong::Value),
            money => Ok(Self(money)),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment, in milliseconds since 1970 UTC; written as RFC 3339 with whole seconds and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub i64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        if !(0..=9999).contains(&year) {
            return f.write_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Time {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        let time = DateTime::parse_from_rfc3339(word).map_err(|_| Wrong::Form)?;
        // Four digits of a year in UTC, too, or it could not be written back.
        if !(0..=9999).contains(&time.to_utc().year()) {
            return Err(Wrong::Value);
        }
        Ok(Self(time.timestamp_millis()))
    }
}

/// An MD5 (RFC 1321): 32 hex digits of either case, written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Md5(pub [u8; 16]);

impl FromStr for Md5 {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        unhex(word).map(Self)
    }
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// A SHA-256 (FIPS 180-4): 64 hex digits of either case, written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl FromStr for Sha256 {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        unhex(word).map(Self)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// A number of bytes, 0 to 2^63 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        whole(word).map(|n| Self(n.unsigned_abs()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A count, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

impl FromStr for Count {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        match whole(word)? {
            0 => Err(Wrong::Value),
            n => Ok(Self(u32::try_from(n).unwrap_or(u32::MAX))),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Words that mean nothing to the protocol: a key, an opaque `after`, a text to search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque(pub String);

impl FromStr for Opaque {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        Ok(Self(word.to_owned()))
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that is never printed by `{:?}`: a token, a code, the digest of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret, for the wire and for hashing only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A log-in token or an invite code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket(pub Secret);

impl FromStr for Ticket {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        Ok(Self(Secret::new(word.to_owned())))
    }
}

/// The MD5 of a password: what the client sends in its place. Kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordDigest(pub Secret);

impl FromStr for PasswordDigest {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        let md5: Md5 = word.parse()?;
        Ok(Self(Secret::new(md5.to_string())))
    }
}

/// Digits only. More than any number here can be is taken for the largest: an offset beyond every
/// end, a limit above every limit.
fn whole(word: &str) -> Result<i64, Wrong> {
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Form);
    }
    Ok(word.parse().unwrap_or(i64::MAX))
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or('0');
    bytes.iter().try_for_each(|byte| {
        f.write_char(digit(byte >> 4))?;
        f.write_char(digit(byte & 15))
    })
}

fn unhex<const N: usize>(word: &str) -> Result<[u8; N], Wrong> {
    let digits = word.as_bytes();
    if digits.len() != 2 * N {
        return Err(Wrong::Form);
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().try_fold(0u8, |n, &d| {
            let digit = char::from(d).to_digit(16).ok_or(Wrong::Form)?;
            Ok(n << 4 | u8::try_from(digit).map_err(|_| Wrong::Form)?)
        })?;
    }
    Ok(out)
}
