//! One connection to the server and the transaction on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::judge::{bind, judge, row, slow};
use crate::db::{Fate, Fault, Inner, Mode, Tx};
use crate::{Error, Row, Value};

/// A new connection, on which the shared SQL means what it means on SQLite.
pub(super) async fn connect(opts: Opts, patience: Duration) -> Result<Conn, Fault> {
    // Ends before a statement's time does, so that a lock is told from a server that hangs.
    let lock_wait = (patience.as_secs() / 2).clamp(1, 2);
    // What would make the same text mean something else than on SQLite is switched off: backslashes in literals, `||`
    // as OR, `"` around literals, cutting silently what does not fit.
    let setup = format!(
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin; \
         SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,\
         ANSI_QUOTES,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO', \
         time_zone = '+00:00', autocommit = 1, innodb_lock_wait_timeout = {lock_wait}; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    );
    let connected = async {
        let mut conn = Conn::new(opts).await?;
        conn.query_drop(setup).await?;
        Ok(conn)
    };
    connected.await.map_err(|e| judge(e, Mode::Write))
}

/// How one run of a job ended.
pub(super) enum End<T> {
    Done(T),
    Panic(Box<dyn std::any::Any + Send>),
    Fault(T, Fate),
}

/// A connection, driven from a blocking thread.
pub(in crate::db) struct Session {
    pub(super) conn: Conn,
    handle: Handle,
    pub(super) patience: Duration,
    pub(super) mode: Mode,
    // Whether it is for the set afterwards.
    pub(super) keep: bool,
}

/// What a step answers that is taken again after a start that was cut off: ER_DUP_FIELDNAME, ER_DUP_KEYNAME.
const DUPLICATE_COLUMN: u16 = 1060;
const DUPLICATE_KEY: u16 = 1061;

impl Session {
    pub(super) fn new(conn: Conn, patience: Duration) -> Session {
        Session { conn, handle: Handle::current(), patience, mode: Mode::Write, keep: true }
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

    fn undo(&mut self, over: Option<&Fault>) {
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
            _ => Err(Fault { error: Error::OutcomeUnknown, fate: Fate::Over }),
        }
    }

    pub(in crate::db) fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<(u64, i64), Fault> {
        self.ask(async |conn| {
            conn.exec_drop(sql, bind(params)).await?;
            let id = conn.last_insert_id().unwrap_or(0);
            // Our columns are signed, so no number is above.
            Ok((conn.affected_rows(), i64::try_from(id).unwrap_or(i64::MAX)))
        })
    }

    pub(in crate::db) fn rows(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Fault> {
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
        let (conn, patience) = (&mut self.conn, self.patience);
        let answer = self.handle.block_on(async { timeout(patience, call(conn)).await });
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(judge(error, self.mode)),
            Err(_) => Err(slow()),
        }
    }

    pub(super) fn reconnect(&mut self, opts: &Opts) -> Result<(), Fault> {
        let fresh = connect(opts.clone(), self.patience);
        let fresh = self.handle.block_on(async { timeout(self.patience, fresh).await });
        self.conn = fresh.unwrap_or_else(|_| Err(slow()))?;
        self.keep = true;
        Ok(())
    }
}
