//! One connection to the server and the transaction on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};

use super::judge::{bind, judge, row, slow};
use super::wire::Wire;
use crate::db::job::Job;
use crate::db::{Fate, Fault, Inner, Mode, Tx};
use crate::{Error, Row, Value};

/// How one run of a job ended.
pub(super) enum End<T> {
    Done(T),
    Panic(Box<dyn std::any::Any + Send>),
    Fault(T, Fate),
}

/// A connection, driven from a blocking thread.
pub(in crate::db) struct Session {
    pub(super) wire: Wire,
    pub(super) patience: Duration,
    pub(super) mode: Mode,
    // Whether it is for the set afterwards.
    pub(super) keep: bool,
    // What is to be said before the next statement, and can go with it.
    ahead: Option<&'static str>,
}

/// What a step answers that is taken again after a start that was cut off: ER_DUP_FIELDNAME, ER_DUP_KEYNAME.
const DUPLICATE_COLUMN: u16 = 1060;
const DUPLICATE_KEY: u16 = 1061;

impl Session {
    pub(super) fn new(wire: Wire, patience: Duration) -> Session {
        Session { wire, patience, mode: Mode::Write, keep: true, ahead: None }
    }

    /// Runs `work` once, between BEGIN and COMMIT or ROLLBACK.
    pub(super) fn attempt<T, E>(
        &mut self, work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> End<Result<T, E>>
    where
        E: From<Error>,
    {
        if let Err(fault) = self.batch(match self.mode {
            Mode::Read => {
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                 START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
            }
            Mode::Write => "START TRANSACTION READ WRITE",
        }) {
            return End::Fault(Err(fault.error.into()), fault.fate);
        }
        let mut tx = Tx::on(Inner::Mysql(self));
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut tx)));
        let over = tx.over.take();
        match (outcome, over) {
            (Err(panic), over) => {
                self.undo(over.as_ref());
                End::Panic(panic)
            }
            (Ok(outcome), Some(fault)) => {
                // Even if the closure made something else of the error, or nothing at all.
                self.undo(Some(&fault));
                End::Fault(outcome.and_then(|_| Err(fault.error.into())), fault.fate)
            }
            (Ok(Err(refusal)), None) => {
                self.undo(None);
                End::Done(Err(refusal))
            }
            (Ok(Ok(value)), None) => match self.commit() {
                Ok(()) => End::Done(Ok(value)),
                Err(fault) => End::Fault(Err(fault.error.into()), fault.fate),
            },
        }
    }

    /// Runs jobs one after the other in one transaction, each in a savepoint, so that what one of them refuses undoes
    /// that one alone. [`Error::OutcomeUnknown`] of COMMIT aside, after an error nothing of any of them has happened.
    pub(super) fn together(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
        self.mode = Mode::Write;
        self.ahead = Some("START TRANSACTION READ WRITE; SAVEPOINT job");
        for job in jobs {
            if let Err(fault) = self.inside_savepoint(&mut **job) {
                self.undo(Some(&fault));
                return Err(fault.error);
            }
            // Takes the place of the one before.
            self.ahead.get_or_insert("SAVEPOINT job");
        }
        self.ahead = None;
        self.commit().map_err(|fault| fault.error)
    }

    fn inside_savepoint(&mut self, job: &mut dyn Job) -> Result<(), Fault> {
        let mut tx = Tx::on(Inner::Mysql(self));
        let keep = job.run(&mut tx);
        match tx.over.take() {
            Some(fault) => Err(fault),
            // Nothing was said, so nothing was done.
            None if keep || self.ahead.is_some() => Ok(()),
            None => self.batch("ROLLBACK TO SAVEPOINT job"),
        }
    }

    fn undo(&mut self, over: Option<&Fault>) {
        self.ahead = None;
        let usable = over.is_none_or(|fault| matches!(fault.fate, Fate::Sound | Fate::Again));
        if !usable || self.batch("ROLLBACK").is_err() {
            self.keep = false;
        }
    }

    fn commit(&mut self) -> Result<(), Fault> {
        let Err(fault) = self.batch("COMMIT") else {
            return Ok(());
        };
        match (self.mode, fault.fate) {
            // What was read stays true; only the connection is gone.
            (Mode::Read, _) => {
                self.keep = false;
                Ok(())
            }
            // The server said no and has undone it: a cluster finds its conflicts here, a fail-over its new role.
            (Mode::Write, Fate::Again | Fate::Refused) => {
                self.undo(Some(&fault));
                Err(fault)
            }
            _ => {
                self.keep = false;
                Err(Fault { error: Error::OutcomeUnknown, fate: Fate::Over })
            }
        }
    }

    /// Runs an UPDATE and then a SELECT, in one message: an answer of the server costs more than most statements. The
    /// parameters of both are numbers, which stand in the text.
    pub(in crate::db) fn execute_then_rows(
        &mut self, update: &str, numbers: &[i64], select: &str, key: i64,
    ) -> Result<(u64, Vec<Row>), Fault> {
        let first = self.ahead.take().map_or_else(String::new, |ahead| format!("{ahead}; "));
        let before = first.matches(';').count();
        let text = first + &filled(update, numbers) + "; " + &filled(select, &[key]);
        let (found, rows) = self.ask(async |conn| {
            let mut answers = conn.query_iter(text).await?;
            for _ in 0..before {
                answers.collect::<mysql_async::Row>().await?;
            }
            let found = answers.affected_rows();
            answers.collect::<mysql_async::Row>().await?;
            let rows = answers.collect_and_drop::<mysql_async::Row>().await?;
            Ok((found, rows))
        })?;
        let rows = rows.into_iter().map(row).collect::<Result<_, _>>();
        rows.map(|rows| (found, rows)).map_err(|error| Fault { error, fate: Fate::Sound })
    }

    fn say_ahead(&mut self) -> Result<(), Fault> {
        self.ahead.take().map_or(Ok(()), |ahead| self.batch(ahead))
    }

    pub(in crate::db) fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<(u64, i64), Fault> {
        self.say_ahead()?;
        self.ask(async |conn| {
            conn.exec_drop(sql, bind(params)).await?;
            let id = conn.last_insert_id().unwrap_or(0);
            // Our columns are signed, so no number is above.
            Ok((conn.affected_rows(), i64::try_from(id).unwrap_or(i64::MAX)))
        })
    }

    pub(in crate::db) fn rows(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Fault> {
        self.say_ahead()?;
        let rows: Vec<mysql_async::Row> = self.ask(async |conn| conn.exec(sql, bind(params)).await)?;
        let rows = rows.into_iter().map(row).collect::<Result<_, _>>();
        rows.map_err(|error| Fault { error, fate: Fate::Sound })
    }

    pub(in crate::db) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.ask(async |conn| match conn.query_drop(sql).await {
            // A step is begun again where a start was cut off in it: its columns and indexes may be there.
            Err(mysql_async::Error::Server(error))
                if matches!(error.code, DUPLICATE_COLUMN | DUPLICATE_KEY) =>
            {
                Ok(())
            }
            other => other,
        })
    }

    fn ask<T>(&mut self, call: impl AsyncFnOnce(&mut Conn) -> mysql_async::Result<T>) -> Result<T, Fault> {
        match self.wire.ask(self.patience, call) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(judge(error, self.mode)),
            None => Err(slow()),
        }
    }

    pub(super) fn reconnect(&mut self, opts: &Opts) -> Result<(), Fault> {
        self.wire = Wire::open(opts.clone(), self.patience)?;
        self.keep = true;
        Ok(())
    }
}

/// The text with numbers in the place of its marks.
fn filled(sql: &str, numbers: &[i64]) -> String {
    let mut numbers = numbers.iter();
    let mut text = String::with_capacity(sql.len() + 64);
    for part in sql.split_inclusive('?') {
        match (part.strip_suffix('?'), numbers.next()) {
            (Some(part), Some(number)) => text += &format!("{part}{number}"),
            // A mark too many is the server's to refuse.
            _ => text += part,
        }
    }
    text
}
