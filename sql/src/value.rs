//! What travels between Rust and a row: values, parameters, rows. No driver is named here.

use crate::Error;

/// One value of a column. There are no floating numbers: money and times are integers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// Every integer, and booleans as 0 and 1.
    Int(i64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// A `u64` above `i64::MAX`, which neither engine can store in its integer column. It exists so that
    /// `From<u64>` stays infallible without altering a number: a statement given one is refused with [`Error::Internal`].
    Unfit(u64),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Int(_) => "an integer",
            Value::Text(_) => "text",
            Value::Blob(_) => "bytes",
            Value::Unfit(_) => "an integer above i64::MAX",
        }
    }

    // The value itself stays out of the message: it may be a secret, and messages are logged.
    fn not(&self, wanted: &str) -> Error {
        Error::Internal(format!("a column holds {} where {wanted} belongs", self.kind()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Int(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Int(number.into())
    }
}

impl From<u64> for Value {
    /// Above `i64::MAX` it becomes [`Value::Unfit`], and the statement it is given to is refused.
    fn from(number: u64) -> Value {
        i64::try_from(number).map_or(Value::Unfit(number), Value::Int)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Int(flag.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::Text(text.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        Value::Blob(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Blob(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Value {
        Value::Blob(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Value {
        Value::Blob(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// A type that one column can be read into.
pub trait FromValue: Sized {
    /// Reads it, or says that the column holds something else.
    fn from_value(value: Value) -> Result<Self, Error>;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Int(number) => Ok(number),
            other => Err(other.not("an integer")),
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Result<Self, Error> {
        u64::try_from(i64::from_value(value)?).map_err(|_| out_of_range())
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Result<Self, Error> {
        u32::try_from(i64::from_value(value)?).map_err(|_| out_of_range())
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            other => Err(other.not("a boolean")),
        }
    }
}

fn out_of_range() -> Error {
    Error::internal("a column holds a number out of its type's range")
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Text(text) => Ok(text),
            other => Err(other.not("text")),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(other.not("bytes")),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Blob(bytes) => <[u8; N]>::try_from(bytes)
                .map_err(|bytes| Error::Internal(format!("a column holds {} bytes, not {N}", bytes.len()))),
            other => Err(other.not("bytes")),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// A row, read from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Row {
        Row(values.into_iter())
    }

    /// The next column.
    pub fn take<T: FromValue>(&mut self) -> Result<T, Error> {
        match self.0.next() {
            Some(value) => T::from_value(value),
            None => Err(Error::internal("a row has fewer columns than are read")),
        }
    }

    /// All columns that are left.
    pub(crate) fn rest<T: FromValue>(&mut self) -> Result<Vec<T>, Error> {
        self.0.by_ref().map(T::from_value).collect()
    }
}

/// What one or several columns of a row are read into: a single value, a record, a tuple of those (so that
/// `(Account, i64)` reads the columns of an account and one more).
pub trait FromRow: Sized {
    /// Takes as many columns as it needs from the left.
    fn from_row(row: &mut Row) -> Result<Self, Error>;

    /// The whole row; a column left over is a mistake.
    fn from_whole(mut row: Row) -> Result<Self, Error> {
        let whole = Self::from_row(&mut row)?;
        match row.0.len() {
            0 => Ok(whole),
            more => Err(Error::Internal(format!("a row has {more} columns more than are read"))),
        }
    }
}

impl<T: FromValue> FromRow for T {
    fn from_row(row: &mut Row) -> Result<Self, Error> {
        row.take()
    }
}

/// The parameters of a statement, in the order of its `?`: what [`params!`](crate::params) makes, a tuple, a slice.
pub trait IntoParams {
    /// The values to bind.
    fn into_params(self) -> Vec<Value>;
}

impl IntoParams for Vec<Value> {
    fn into_params(self) -> Vec<Value> {
        self
    }
}

impl IntoParams for &[Value] {
    fn into_params(self) -> Vec<Value> {
        self.to_vec()
    }
}

impl IntoParams for () {
    fn into_params(self) -> Vec<Value> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: FromRow),+> FromRow for ($($name,)+) {
            fn from_row(row: &mut Row) -> Result<Self, Error> {
                Ok(($($name::from_row(row)?,)+))
            }
        }

        impl<$($name: Into<Value>),+> IntoParams for ($($name,)+) {
            fn into_params(self) -> Vec<Value> {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);

/// The parameters of a statement: `tx.execute("… WHERE id = ? AND name = ?", params![id, &name])`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Value::from($value)),*]
    };
}
