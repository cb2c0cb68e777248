//! Trace numbers: what a client is told in place of a fault of ours, and how the log has the rest.

use std::any::Any;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

/// A fresh number, to be found in the log.
pub fn number() -> String {
    format!("{:08x}", rand::random::<u32>())
}

/// Panics that somebody may still ask for: more than can be on their way to whoever catches them.
const RECENT: usize = 64;

/// The numbers of the last panics, each with a mark of its message. A panic travels: from a thread of the database
/// to the connection that waits for it. What travels is the message, so that is what it is known by.
static PANICS: Mutex<VecDeque<(u64, String)>> = Mutex::new(VecDeque::new());

/// Has every panic logged in one line, with a trace number and its place in the code. The message is left out at
/// every level: it may hold what a user wrote, or a secret (a slice out of bounds shows the text).
pub fn log_panics() {
    std::panic::set_hook(Box::new(logged));
}

fn logged(info: &PanicHookInfo<'_>) {
    let trace = number();
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    if panics.len() == RECENT {
        panics.pop_front();
    }
    panics.push_back((mark(info.payload_as_str()), trace.clone()));
    drop(panics);
    let place = info.location().map_or_else(|| "?".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
    log::error!("trace={trace} panic at {place}");
}

/// The number under which a panic was logged that has been caught.
pub fn of_panic(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let mark = mark(text.or_else(|| panic.downcast_ref::<&str>().copied()));
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let found = panics.iter().rposition(|(of, _)| *of == mark).and_then(|at| panics.remove(at));
    drop(panics);
    found.map_or_else(unheard, |(_, trace)| trace)
}

/// It has fallen out of the last ones, or the hook was not there.
fn unheard() -> String {
    let trace = number();
    log::error!("trace={trace} panic at ?");
    trace
}

fn mark(message: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
    hasher.finish()
}
