//! Between the driver's words and ours: values, and what an error means for the transaction.

use mysql_async::consts::ColumnType;
use mysql_async::{DriverError, Params, Value as Theirs};

use crate::db::{Fate, Fault, Mode};
use crate::{Error, Row, Value};

// The character set number that marks a column of bytes.
const BINARY: u16 = 63;

/// Our values as the driver sends them.
pub(super) fn bind(params: Vec<Value>) -> Params {
    let bind = |value| match value {
        Value::Int(number) => Theirs::Int(number),
        Value::Text(text) => Theirs::Bytes(text.into_bytes()),
        Value::Blob(bytes) => Theirs::Bytes(bytes),
        // The second never comes here: the waist refuses it.
        Value::Null | Value::Unfit(_) => Theirs::NULL,
    };
    Params::Positional(params.into_iter().map(bind).collect())
}

/// A row as it came, in our values.
pub(super) fn row(row: mysql_async::Row) -> Result<Row, Error> {
    let columns = row.columns();
    let values = row.unwrap().into_iter().zip(columns.iter());
    let values = values.map(|(value, column)| match value {
        Theirs::NULL => Some(Value::Null),
        Theirs::Int(number) => Some(Value::Int(number)),
        Theirs::UInt(number) => i64::try_from(number).ok().map(Value::Int),
        // What SUM makes of integers, and integers where the statement was no prepared one.
        Theirs::Bytes(digits) if is_number(column.column_type()) => {
            let digits = str::from_utf8(&digits).ok()?;
            digits.parse().ok().map(Value::Int)
        }
        Theirs::Bytes(bytes) if column.character_set() == BINARY => Some(Value::Blob(bytes)),
        Theirs::Bytes(bytes) => String::from_utf8(bytes).ok().map(Value::Text),
        _ => None,
    });
    let values: Option<Vec<Value>> = values.collect();
    let unread = || Error::internal("a column holds what no value of ours can be");
    Ok(Row::new(values.ok_or_else(unread)?))
}

fn is_number(column: ColumnType) -> bool {
    use ColumnType::{
        MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_SHORT,
        MYSQL_TYPE_TINY,
    };
    matches!(
        column,
        MYSQL_TYPE_NEWDECIMAL
            | MYSQL_TYPE_LONGLONG
            | MYSQL_TYPE_LONG
            | MYSQL_TYPE_INT24
            | MYSQL_TYPE_SHORT
            | MYSQL_TYPE_TINY
    )
}

/// The driver's error in the words of the waist. The numbers are the servers' own; where MySQL and MariaDB differ,
/// both are here.
pub(super) fn judge(error: mysql_async::Error, mode: Mode) -> Fault {
    let fault = |error, fate| Fault { error, fate };
    let text = error.to_string();
    let server = match error {
        mysql_async::Error::Server(server) => server,
        // Mistakes in a statement, found before it was sent; the driver drops the connection all the same.
        mysql_async::Error::Driver(
            DriverError::StmtParamsMismatch { .. }
            | DriverError::StmtParamsNumberExceedsLimit { .. }
            | DriverError::Params(_)
            | DriverError::MixedParams
            | DriverError::FromRow { .. }
            | DriverError::FromValue { .. }
            | DriverError::PacketTooLarge,
        )
        | mysql_async::Error::Url(_) => return fault(Error::Internal(text), Fate::Over),
        _ => return fault(Error::Down(text), Fate::Lost),
    };
    match server.code {
        1022 | 1062 | 1586 => fault(Error::Duplicate, Fate::Sound),
        // Deadlock, lock not got in time, a row changed under the snapshot.
        1205 | 1213 | 1020 => fault(Error::Busy(text), Fate::Again),
        1021 | 1114 => fault(Error::Full, Fate::Refused),
        // Errors of writing a file, with the system's number for a full disk.
        3 | 1026 | 1030 if text.contains(" 28") => fault(Error::Full, Fate::Refused),
        // A statement that writes inside `read` is our mistake; else the server has become a replica.
        1792 if mode == Mode::Read => fault(Error::Internal(text), Fate::Sound),
        // 1036 and 1836 are what the two servers say whose engine was started to read only, 1881 one that is in recovery.
        1036 | 1290 | 1792 | 1836 | 1881 => fault(Error::Down(text), Fate::Refused),
        // Shutting down, killed, too long idle, a cluster's node that is not ready; a statement the server forgot.
        1047 | 1053 | 1077..=1080 | 1152..=1161 | 1243 | 1927 | 3169 | 4031 => {
            fault(Error::Down(text), Fate::Lost)
        }
        // Not let in: too many connections, a wrong password, no such database.
        1040 | 1044 | 1045 | 1049 | 1129 | 1130 | 1203 | 1226 | 1698 => fault(Error::Down(text), Fate::Over),
        // Interrupted, or out of the time that the server gives.
        1317 | 1969 | 3024 => fault(Error::Down(text), Fate::Over),
        _ => fault(Error::Internal(text), Fate::Sound),
    }
}

/// The time is up.
pub(super) fn slow() -> Fault {
    Fault { error: Error::Down("the server did not answer in time".into()), fate: Fate::Over }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: u16, mode: Mode) -> Fault {
        let (message, state) = (String::new(), String::new());
        judge(mysql_async::ServerError { code, message, state }.into(), mode)
    }

    /// Not every server can be brought to say all of these.
    #[test]
    fn who_takes_no_writes_is_not_asked_again_on_that_connection() {
        for code in [1036, 1290, 1792, 1836, 1881] {
            let fault = judged(code, Mode::Write);
            assert!(
                matches!(fault, Fault { error: Error::Down(_), fate: Fate::Refused }),
                "{code}: {fault:?}"
            );
        }
        assert_eq!(judged(1792, Mode::Read).fate, Fate::Sound, "a mistake of ours");
    }

    #[test]
    fn who_met_others_locks_is_run_again() {
        for code in [1020, 1205, 1213] {
            let fault = judged(code, Mode::Write);
            assert!(matches!(fault, Fault { error: Error::Busy(_), fate: Fate::Again }), "{code}: {fault:?}");
        }
    }
}
