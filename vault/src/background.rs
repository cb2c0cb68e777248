//! Threads that only compute. They give way to those that somebody waits for at this moment: where nothing else is to
//! be done they get a whole core all the same.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use rustix::process::nice;
use tokio::sync::oneshot;

/// By how much they are nicer than the rest.
const NICER: i32 = 19;

/// Starts a thread of its own for work that keeps a core busy. It ends with the work: a thread that became nicer may
/// not take that back, so none that others share is made so.
///
/// # Errors
/// If the system gives no more threads.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(name.into()).spawn(|| {
        // On Linux it is the thread that becomes nicer, not the process. Without it the work is done just the same.
        let _ = nice(NICER);
        work();
    });
    thread.map(drop)
}

/// The same for a task that waits for the outcome. Dropped, it leaves the work to go on to its end. A panic goes on in
/// the caller.
///
/// # Errors
/// If the system gives no more threads.
pub async fn compute<T: Send + 'static>(
    name: &str, work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (tell, outcome) = oneshot::channel();
    spawn(name, move || {
        // What the work owned is gone with it; nothing else has seen it half done.
        let _ = tell.send(catch_unwind(AssertUnwindSafe(work)));
    })?;
    match outcome.await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(io::Error::other("a thread ended without a word")),
    }
}
