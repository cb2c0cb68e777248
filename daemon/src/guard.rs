//! Where panics end. One in a session ends that session; one in a task that all share is not its end.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use crate::trace;

/// Does some work, whatever becomes of it.
///
/// # Errors
/// The trace number of the panic that it ended with.
pub fn caught<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, String>> {
    let mut work = Box::pin(work);
    // What the panic left half done is dropped, or belongs to a caller who knows.
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(trace::of_panic(&*panic))),
    })
}

/// A panic for tests, at the places that `REEL_PANIC` names with commas between them; `with` is what its message
/// gives away. There is no such thing in what is released.
#[cfg(debug_assertions)]
#[track_caller]
#[allow(clippy::panic, reason = "that is what it is for")]
pub fn planted(place: &str, with: &dyn std::fmt::Display) {
    let places = std::env::var("REEL_PANIC").unwrap_or_default();
    if places.split(',').any(|named| named == place) {
        panic!("planted at {place}: {with}");
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub fn planted(_: &str, _: &dyn std::fmt::Display) {}
