//! A running transaction, the same over both engines.

use super::plan::Noted;
use super::{Engine, MIGRATION_PATIENCE, mysql, sqlite};
use crate::{Error, FromRow, IntoParams, Row, Value};

/// A running transaction, lent to a closure.
///
/// After [`Error::Duplicate`], and after most [`Error::Internal`], it goes on, with that one statement undone. After any
/// other error it is over: every further call returns that same error, and nothing is committed, whatever the closure
/// returns.
pub struct Tx<'c> {
    inner: Inner<'c>,
    pub(super) over: Option<Fault>,
    /// The statements that were run, where somebody wants to know.
    pub(super) noted: Option<Noted>,
}

pub(super) enum Inner<'c> {
    Sqlite(sqlite::Session<'c>),
    Mysql(&'c mut mysql::Session),
}

/// An error of one statement, and what is left of the transaction after it.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) error: Error,
    pub(super) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Only the statement failed.
    Sound,
    /// The transaction is over, and may be run again as it is: a deadlock, a lock not got in time.
    Again,
    /// The connection is gone and the transaction with it.
    Lost,
    /// The server takes no writes now: nothing has happened, and its connection is not to be used again.
    Refused,
    /// The transaction is over, its connection not to be used again and the work not to be repeated: out of time.
    Over,
}

impl Tx<'_> {
    pub(super) fn on(inner: Inner<'_>) -> Tx<'_> {
        Tx { inner, over: None, noted: None }
    }

    /// Runs a statement; returns how many rows it found. A row that an UPDATE found and left as it was counts.
    pub fn execute(&mut self, sql: &str, params: impl IntoParams) -> Result<u64, Error> {
        self.changed(sql, params).map(|(rows, _)| rows)
    }

    /// Runs an INSERT of one row; returns the number the database gave it (0 if the table gives none).
    pub fn insert(&mut self, sql: &str, params: impl IntoParams) -> Result<i64, Error> {
        self.changed(sql, params).map(|(_, id)| id)
    }

    fn changed(&mut self, sql: &str, params: impl IntoParams) -> Result<(u64, i64), Error> {
        let params = fit(params)?;
        if let Some(noted) = &mut self.noted {
            noted.push((sql.to_owned(), params.clone()));
        }
        self.try_on(|inner| match inner {
            Inner::Sqlite(session) => session.execute(sql, params),
            Inner::Mysql(session) => session.execute(sql, params),
        })
    }

    /// All rows of a query. The query says how many at most there can be (`LIMIT`, a key): all are held in memory.
    pub fn rows<R: FromRow>(&mut self, sql: &str, params: impl IntoParams) -> Result<Vec<R>, Error> {
        let rows = self.raw(sql, params)?;
        rows.into_iter().map(R::from_whole).collect()
    }

    /// The first row of a query, if there is one.
    pub fn one<R: FromRow>(&mut self, sql: &str, params: impl IntoParams) -> Result<Option<R>, Error> {
        let rows = self.raw(sql, params)?;
        rows.into_iter().next().map(R::from_whole).transpose()
    }

    /// Runs an UPDATE, whose parameters are all numbers, and then reads the row of a number, as it is then: how many rows
    /// the UPDATE found, and the row. To a server that is one message in place of two.
    pub fn execute_then_one<R: FromRow>(
        &mut self, update: &str, numbers: &[i64], select: &str, key: i64,
    ) -> Result<(u64, Option<R>), Error> {
        if let Some(noted) = &mut self.noted {
            noted.push((update.to_owned(), numbers.iter().copied().map(Value::Int).collect()));
            noted.push((select.to_owned(), vec![Value::Int(key)]));
        }
        let (found, rows) = self.try_on(|inner| match inner {
            Inner::Sqlite(session) => session.execute_then_rows(update, numbers, select, key),
            Inner::Mysql(session) => session.execute_then_rows(update, numbers, select, key),
        })?;
        Ok((found, rows.into_iter().next().map(R::from_whole).transpose()?))
    }

    fn raw(&mut self, sql: &str, params: impl IntoParams) -> Result<Vec<Row>, Error> {
        let params = fit(params)?;
        if let Some(noted) = &mut self.noted {
            noted.push((sql.to_owned(), params.clone()));
        }
        self.try_on(|inner| match inner {
            Inner::Sqlite(session) => session.rows(sql, params),
            Inner::Mysql(session) => session.rows(sql, params),
        })
    }

    /// The columns that a table really has, in their order: for the tests that hold records and schema together.
    pub fn columns(&mut self, table: &str) -> Result<Vec<String>, Error> {
        let sql = match self.engine() {
            Engine::Sqlite => "SELECT name FROM pragma_table_info(?) ORDER BY cid",
            Engine::Mysql => {
                "SELECT column_name FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position"
            }
        };
        self.rows(sql, (table,))
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Mysql(_) => Engine::Mysql,
        }
    }

    /// Runs DDL, which is neither prepared nor kept.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.try_on(|inner| match inner {
            Inner::Sqlite(session) => session.batch(sql),
            Inner::Mysql(session) => session.batch(sql),
        })
    }

    /// Keeps other daemons from migrating. On SQLite the write transaction does that already.
    pub(crate) fn lock_schema(&mut self) -> Result<(), Error> {
        if self.engine() == Engine::Sqlite {
            return Ok(());
        }
        // Lock names are the server's, not the database's.
        let sql = "SELECT GET_LOCK(CONCAT('reel.', MD5(DATABASE())), ?)";
        let got: Option<Option<i64>> = self.one(sql, (MIGRATION_PATIENCE.as_secs() / 2,))?;
        match got.flatten() {
            Some(1) => Ok(()),
            _ => Err(Error::Busy("another daemon is migrating".into())),
        }
    }

    /// SQLite migrates with foreign keys off, so that a table can be rebuilt; what they guard is checked at the end.
    pub(crate) fn check_schema(&mut self) -> Result<(), Error> {
        if self.engine() == Engine::Mysql {
            return Ok(());
        }
        let wrong: Vec<String> = self.rows("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check", ())?;
        match wrong.as_slice() {
            [] => Ok(()),
            tables => Err(Error::internal(format!(
                "after the migration these tables have foreign keys to nothing: {tables:?}"
            ))),
        }
    }

    // Once the transaction is over, a statement would stand on its own and commit by itself: so none is let through.
    fn try_on<T>(&mut self, call: impl FnOnce(&mut Inner<'_>) -> Result<T, Fault>) -> Result<T, Error> {
        if let Some(fault) = &self.over {
            return Err(fault.error.clone());
        }
        call(&mut self.inner).map_err(|fault| {
            if fault.fate != Fate::Sound {
                self.over = Some(fault.clone());
            }
            fault.error
        })
    }
}

fn fit(params: impl IntoParams) -> Result<Vec<Value>, Error> {
    let params = params.into_params();
    match params.iter().position(|value| matches!(value, Value::Unfit(_))) {
        None => Ok(params),
        Some(at) => Err(Error::Internal(format!("parameter {} is above i64::MAX", at + 1))),
    }
}
