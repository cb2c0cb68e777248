//! A piece of work on its way to a thread that runs it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use super::Tx;
use crate::Error;

/// A piece of work whose result types the threads need not know.
pub(super) trait Job: Send {
    /// Has its caller waited too long for it to begin?
    fn late(&self) -> bool;
    /// Runs it; says whether what it wrote shall stay.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Sends what came out of it, or what came between.
    fn answer(self: Box<Self>, ended: Result<(), Error>);
}

type Outcome<T, E> = thread::Result<Result<T, E>>;

pub(super) struct Work<T, E, F> {
    work: F,
    until: Instant,
    outcome: Option<Outcome<T, E>>,
    reply: oneshot::Sender<Outcome<T, E>>,
}

impl<T, E, F> Work<T, E, F> {
    pub(super) fn new(work: F, until: Instant, reply: oneshot::Sender<Outcome<T, E>>) -> Self {
        Work { work, until, outcome: None, reply }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn late(&self) -> bool {
        self.until < Instant::now()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        // Whatever a panic left half done inside `work` is seen by nobody: the panic goes to its caller.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, ended: Result<(), Error>) {
        let outcome = match (self.outcome, ended) {
            (Some(Err(panic)), _) => Err(panic),
            (Some(outcome), Ok(())) => outcome,
            (_, Err(error)) => Ok(Err(error.into())),
            (None, Ok(())) => Ok(Err(Error::internal("a job was not run").into())),
        };
        // The caller may have gone; the work is done all the same.
        let _ = self.reply.send(outcome);
    }
}
