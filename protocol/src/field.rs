//! What may stand at a place of a command: how it is read from a word and written as one.

use crate::grammar::{Pair, SyntaxError, Word, Words, write_word};
use crate::table::{Arg, Offer, Shape, Spec};
use crate::value::{
    AdId, Amount, BookingId, Count, EventId, Kind, Listing, LongText, Md5, MessageId, Money, NoticeId,
    Opaque, PasswordDigest, Price, Remark, RoomName, SessionId, Sha256, Size, Sort, Speech, Ticket, Time,
    TitleId, TitleName, Topic, UserName, Wrong, YesNo,
};

/// A type that one word can hold.
pub trait Value: Sized {
    /// What it looks like.
    const SHAPE: Shape;
    /// Reads it.
    fn read(word: &str) -> Result<Self, Wrong>;
    /// Writes it so that [`Value::read`] gives it back.
    fn show(&self) -> String;
}

/// What a row may declare at a place: a value, or an `Option` of one.
pub trait Field: Sized {
    /// Whether it has to be there.
    const REQUIRED: bool;
    /// Whether it takes all the words that are left.
    const REST: bool = false;
    /// What it looks like.
    const SHAPE: Shape;
    /// Takes its word (or words) from those that are left.
    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError>;
    /// Appends it to a line.
    fn put(&self, line: &mut String);
}

impl<T: Value> Field for T {
    const REQUIRED: bool = true;
    const SHAPE: Shape = T::SHAPE;

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        let word = words.word().ok_or_else(|| SyntaxError::at(words.end(), T::SHAPE.what))?;
        read(word, None)
    }

    fn put(&self, line: &mut String) {
        line.push(' ');
        write_word(line, &self.show());
    }
}

impl<T: Value> Field for Option<T> {
    const REQUIRED: bool = false;
    const SHAPE: Shape = T::SHAPE;

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        words.word().map(|word| read(word, None)).transpose()
    }

    fn put(&self, line: &mut String) {
        if let Some(value) = self {
            value.put(line);
        }
    }
}

/// Free text at the end of a command: the words that are left, joined by one space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest(pub String);

impl Field for Option<Rest> {
    const REQUIRED: bool = false;
    const REST: bool = true;
    const SHAPE: Shape = Rest::SHAPE;

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        if words.plain.len() == 0 { Ok(None) } else { Rest::take(words).map(Some) }
    }

    fn put(&self, line: &mut String) {
        if let Some(rest) = self {
            rest.put(line);
        }
    }
}

impl Field for Rest {
    const REQUIRED: bool = true;
    const REST: bool = true;
    const SHAPE: Shape = Shape { name: "text", what: "text", offer: Offer::Nothing };

    fn take(words: &mut Cursor<'_, '_>) -> Result<Self, SyntaxError> {
        let all: Vec<&str> = std::iter::from_fn(|| words.word()).map(|w| w.text.as_ref()).collect();
        if all.iter().all(|w| w.trim().is_empty()) {
            return Err(SyntaxError::at(words.end(), Self::SHAPE.what));
        }
        Ok(Self(all.join(" ")))
    }

    fn put(&self, line: &mut String) {
        line.push(' ');
        write_word(line, &self.0);
    }
}

/// The words of a line that have not been taken yet.
pub struct Cursor<'w, 'a> {
    plain: std::slice::Iter<'w, Word<'a>>,
    options: &'w [Pair<'a>],
    end: usize,
}

impl<'w, 'a> Cursor<'w, 'a> {
    /// The words after the verb; an option that `spec` does not have is refused here.
    pub fn new(spec: &Spec, words: &'w Words<'a>) -> Result<Self, SyntaxError> {
        for pair in &words.options {
            if spec.option(pair.key).is_none() {
                let known: Vec<_> = spec.options.iter().map(Arg::key).collect();
                let expected = match known.as_slice() {
                    [] => "no option here".to_owned(),
                    known => format!("one of the options {}", known.join(", ")),
                };
                return Err(SyntaxError::option(pair.word.column, pair.key, expected));
            }
        }
        let mut plain = words.plain.iter();
        plain.next();
        let end = words.options.first().map_or(words.end, |o| o.word.column);
        Ok(Self { plain, options: &words.options, end })
    }

    /// Takes the next word.
    pub fn word(&mut self) -> Option<&'w Word<'a>> {
        self.plain.next()
    }

    /// The value of the option `name`, if it was given.
    pub fn option<T: Value>(&self, name: &'static str) -> Result<Option<T>, SyntaxError> {
        let arg = Arg { name, required: false, rest: false, shape: T::SHAPE };
        let pair = self.options.iter().find(|o| arg.is_called(o.key));
        pair.map(|pair| read(&pair.word, Some(pair.key))).transpose()
    }

    /// Nothing may be left.
    pub fn finish(mut self) -> Result<(), SyntaxError> {
        match self.word() {
            None => Ok(()),
            Some(word) => Err(SyntaxError::at(word.column, "no more words (quotes keep words together)")),
        }
    }

    /// The column where a missing word would have stood.
    pub fn end(&self) -> usize {
        self.end
    }
}

fn read<T: Value>(word: &Word<'_>, option: Option<&str>) -> Result<T, SyntaxError> {
    T::read(&word.text).map_err(|wrong| SyntaxError {
        column: word.column,
        expected: T::SHAPE.what.into(),
        option: option.map(str::to_owned),
        bad_value: wrong == Wrong::Value,
    })
}

/// Appends an option to a line, if it is there.
pub fn put_option<T: Value>(line: &mut String, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        line.push(' ');
        line.push_str(&name.replace('_', "-"));
        line.push('=');
        write_word(line, &value.show());
    }
}

/// Says what the types of the vocabulary look like as words.
macro_rules! values {
    ($( $type:ty: $name:literal, $what:literal, $offer:expr, |$value:ident| $show:expr; )+) => { $(
        impl Value for $type {
            const SHAPE: Shape = Shape { name: $name, what: $what, offer: $offer };
            fn read(word: &str) -> Result<Self, Wrong> { word.parse() }
            fn show(&self) -> String { let $value = self; $show }
        }
    )+
        /// Whether a word can stand where this shape is wanted. A shape that is none of the vocabulary's takes
        /// any word.
        pub fn fits(shape: &Shape, word: &str) -> bool {
            $( if *shape == <$type as Value>::SHAPE { return <$type as Value>::read(word).is_ok(); } )+
            true
        }
    };
}

values! {
    TitleId: "id", "the number of a title", Offer::Title, |v| v.to_string();
    NoticeId: "id", "the number of a notice", Offer::Notice, |v| v.to_string();
    EventId: "id", "the number of an event", Offer::Event, |v| v.to_string();
    BookingId: "booking", "the number of a booking", Offer::Booking, |v| v.to_string();
    Time: "time", "a time like 2026-12-01T20:00:00+01:00", Offer::Nothing, |v| v.to_string();
    AdId: "id", "the number of an ad", Offer::Ad, |v| v.to_string();
    MessageId: "id", "the number of a message", Offer::Nothing, |v| v.to_string();
    RoomName: "room", "a room: 1 to 32 characters without white space", Offer::Room, |v| v.to_string();
    Speech: "text", "a text of 1 to 2000 characters, in quotes", Offer::Nothing, |v| v.to_string();
    LongText: "text", "a text of 1 to 4000 characters", Offer::Nothing, |v| v.to_string();
    Remark: "remark", "a remark of at most 200 characters", Offer::Nothing, |v| v.to_string();
    Topic: "topic", "lounge or notices", Offer::Words(Topic::WORDS), |v| v.to_string();
    SessionId: "session", "the number of a session", Offer::Session, |v| v.to_string();
    UserName: "name", "a name of 2 to 32 characters without white space", Offer::User, |v| v.to_string();
    TitleName: "title", "a title of 1 to 200 characters", Offer::Nothing, |v| v.to_string();
    Money: "amount", "an amount like 10.00", Offer::Nothing, |v| v.to_string();
    Price: "price", "a price like 10.00", Offer::Nothing, |v| v.to_string();
    Amount: "amount", "an amount like 10.00, more than zero", Offer::Nothing, |v| v.to_string();
    Md5: "md5", "an MD5 of 32 hex digits", Offer::Nothing, |v| v.to_string();
    Sha256: "sha256", "a SHA-256 of 64 hex digits", Offer::Nothing, |v| v.to_string();
    PasswordDigest: "md5", "the MD5 of the password, 32 hex digits", Offer::Nothing, |v| v.0.reveal().to_owned();
    Ticket: "code", "a token or code", Offer::Nothing, |v| v.0.reveal().to_owned();
    Size: "bytes", "a number of bytes", Offer::Nothing, |v| v.to_string();
    Count: "n", "a whole number, at least 1", Offer::Nothing, |v| v.to_string();
    Opaque: "word", "a word", Offer::Nothing, |v| v.to_string();
    Verb: "verb", "a command", Offer::Verb, |v| v.0.clone();
    Kind: "kind", "FREE, PAID or SHARED", Offer::Words(Kind::WORDS), |v| v.to_string();
    Listing: "which", "ALL, FREE, PAID, SHARED, OWNED or DELETED", Offer::Words(Listing::WORDS), |v| v.to_string();
    Sort: "order", "id, new, name, size or popular", Offer::Words(Sort::WORDS), |v| v.to_string();
    YesNo: "yes or no", "yes or no", Offer::Words(YesNo::WORDS), |v| v.to_string();
    crate::value::Role: "role", "user or admin", Offer::Words(crate::value::Role::WORDS), |v| v.to_string();
}

/// The verb that help is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb(pub String);

impl std::str::FromStr for Verb {
    type Err = Wrong;
    fn from_str(word: &str) -> Result<Self, Wrong> {
        Ok(Self(word.to_ascii_uppercase()))
    }
}
