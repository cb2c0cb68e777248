//! Statements on one connection, and SQLite's words in ours.

use rusqlite::ffi::{self, ErrorCode};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::db::{Fate, Fault, Mode};
use crate::{Error, Row, Value};

/// A connection inside a transaction.
#[derive(Clone, Copy)]
pub(in crate::db) struct Session<'c> {
    pub(super) connection: &'c Connection,
    pub(super) mode: Mode,
}

impl Session<'_> {
    pub(in crate::db) fn execute(&self, sql: &str, params: Vec<Value>) -> Result<(u64, i64), Fault> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let found = statement.execute(params_from_iter(params.iter().map(Bound)))?;
            Ok((found as u64, self.connection.last_insert_rowid()))
        };
        run().map_err(|e| self.fault(e))
    }

    pub(in crate::db) fn rows(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Fault> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let width = statement.column_count();
            let mut rows = statement.query(params_from_iter(params.iter().map(Bound)))?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..width).map(|i| value(row, i));
                all.push(Row::new(values.collect::<Result<_, _>>()?));
            }
            Ok(all)
        };
        run().map_err(|e| self.fault(e))
    }

    pub(in crate::db) fn execute_then_rows(
        &self, update: &str, numbers: &[i64], select: &str, key: i64,
    ) -> Result<(u64, Vec<Row>), Fault> {
        let numbers = numbers.iter().copied().map(Value::Int).collect();
        let (found, _) = self.execute(update, numbers)?;
        Ok((found, self.rows(select, vec![Value::Int(key)])?))
    }

    pub(in crate::db) fn batch(&self, sql: &str) -> Result<(), Fault> {
        let done = self.connection.execute_batch(sql);
        done.map_err(|e| self.fault(e))
    }

    fn fault(&self, error: rusqlite::Error) -> Fault {
        let read_only = error.sqlite_error_code() == Some(ErrorCode::ReadOnly);
        let error = match plain(error) {
            // Not the file's state but a statement that writes inside `read`.
            Error::Down(text) if read_only && self.mode == Mode::Read => Error::Internal(text),
            error => error,
        };
        // SQLite itself undoes the whole transaction after some errors, and is in autocommit then.
        let fate = match &error {
            Error::Duplicate | Error::Internal(_) if !self.connection.is_autocommit() => Fate::Sound,
            _ => Fate::Over,
        };
        Fault { error, fate }
    }
}

fn value(row: &rusqlite::Row<'_>, i: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(i)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(_) => Value::Text(row.get(i)?),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        // An integer that overflowed becomes one silently.
        ValueRef::Real(_) => row.get(i).map(Value::Int)?,
    })
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            // The second never comes here: the waist refuses it.
            Value::Null | Value::Unfit(_) => ValueRef::Null,
        }))
    }
}

pub(super) fn down(error: impl std::fmt::Display) -> Error {
    Error::Down(error.to_string())
}

/// SQLite's error in the words of the waist.
pub(super) fn plain(error: rusqlite::Error) -> Error {
    match (error.sqlite_error_code(), error.sqlite_extended_error_code()) {
        (
            _,
            Some(
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID,
            ),
        ) => Error::Duplicate,
        (Some(ErrorCode::DiskFull), _) => Error::Full,
        (
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed),
            _,
        ) => Error::Busy(error.to_string()),
        (
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly,
            ),
            _,
        ) => down(error),
        _ => Error::internal(error),
    }
}
