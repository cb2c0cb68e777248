//! How the vocabulary of the protocol stands in columns.

use protocol::value::{
    AccountId, AdId, BookingId, EventId, Kind, Md5, MessageId, Money, NoticeId, ReportId, Role, SessionId,
    Time, TitleId,
};

use crate::{Error, FromValue, Value};

macro_rules! integers {
    ($($type:ty),+) => { $(
        impl From<$type> for Value {
            fn from(value: $type) -> Value { Value::Int(value.0) }
        }
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Error> { i64::from_value(value).map(Self) }
        }
    )+ };
}
integers!(
    AdId, BookingId, EventId, MessageId, ReportId, NoticeId, AccountId, SessionId, TitleId, Money, Time
);

macro_rules! fixed_words {
    ($($type:ty),+) => { $(
        impl From<$type> for Value {
            fn from(value: $type) -> Value { Value::Text(value.word().to_owned()) }
        }
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Error> {
                let word = String::from_value(value)?;
                word.parse().map_err(|_| Error::internal("a column holds a word that its type does not have"))
            }
        }
    )+ };
}
fixed_words!(Kind, Role);

impl From<Md5> for Value {
    fn from(md5: Md5) -> Value {
        md5.0.into()
    }
}

impl FromValue for Md5 {
    fn from_value(value: Value) -> Result<Self, Error> {
        <[u8; 16]>::from_value(value).map(Self)
    }
}
