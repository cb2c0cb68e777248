//! A connection to the server and the reactor that it is driven by.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::judge::{judge, slow};
use crate::Error;
use crate::db::{Fate, Fault, Mode};

/// A connection with a reactor of its own, which runs on the thread that asks and only while it asks: on the daemon's,
/// every answer of the server would wake another thread first, which then wakes this one.
pub(super) struct Wire {
    conn: Conn,
    reactor: Reactor,
}

impl Wire {
    /// A new connection, on which the shared SQL means what it means on SQLite. Blocks, `patience` at most.
    pub(super) fn open(opts: Opts, patience: Duration) -> Result<Wire, Fault> {
        let reactor = Builder::new_current_thread().enable_all().build();
        let reactor = reactor.map_err(|e| Fault { error: Error::Down(e.to_string()), fate: Fate::Over })?;
        let conn = reactor.block_on(async { timeout(patience, connect(opts, patience)).await });
        Ok(Wire { conn: conn.unwrap_or_else(|_| Err(slow()))?, reactor: Reactor(Some(reactor)) })
    }

    /// Asks the server something, blocking; `None` if it has not answered within `patience`.
    pub(super) fn ask<T>(
        &mut self, patience: Duration, call: impl AsyncFnOnce(&mut Conn) -> mysql_async::Result<T>,
    ) -> Option<mysql_async::Result<T>> {
        let reactor = self.reactor.0.as_ref()?;
        reactor.block_on(async { timeout(patience, call(&mut self.conn)).await }).ok()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.conn.is_disconnected()
    }

    /// Says goodbye, blocking.
    pub(super) fn close(self, patience: Duration) {
        let Wire { conn, reactor } = self;
        if let Some(reactor) = &reactor.0 {
            let _ = reactor.block_on(async { timeout(patience, conn.disconnect()).await });
        }
    }
}

/// A reactor that may be dropped anywhere: by itself it would wait for its threads, which a task may not.
struct Reactor(Option<Runtime>);

impl Drop for Reactor {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

async fn connect(opts: Opts, patience: Duration) -> Result<Conn, Fault> {
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
