//! Clients that cost as little as can be: what they take of the two cores the server does not have.

mod bare;
mod ftp;
pub mod hold;
mod http;
pub mod line;
pub mod tls;
mod wire;

use std::sync::Barrier;
use std::time::{Duration, Instant};

pub use self::bare::Bare;
pub use self::ftp::Ftp;
pub use self::http::Http;
pub use self::line::Line;
use crate::Result;
use crate::content::Source;

/// A way into a server.
pub trait Door: Send + Sync {
    /// A connection that is logged in.
    ///
    /// # Errors
    /// If the server does not let us in.
    fn session(&self) -> Result<Box<dyn Session>>;

    /// A connection that is logged in with what a log-in costs: password and all. Where sessions can be
    /// joined with a token that is another thing than [`session`](Self::session).
    ///
    /// # Errors
    /// If the server does not let us in.
    fn login(&self) -> Result<Box<dyn Session>> {
        self.session()
    }

    /// What `bench hold` needs to open sessions here: the protocol, and the token or the user.
    fn key(&self) -> (&'static str, String) {
        ("none", String::new())
    }
}

/// One connection to a server. What a protocol has not got is an error.
pub trait Session: Send {
    /// Fetches a file and throws it away.
    ///
    /// # Errors
    /// If it is refused, or breaks off.
    fn fetch(&mut self, _name: &str) -> Result<()> {
        Err("cannot fetch".into())
    }

    /// Fetches files with all requests sent before the first answer is read.
    ///
    /// # Errors
    /// If one is refused, or breaks off.
    fn fetch_together(&mut self, _names: &[&str]) -> Result<()> {
        Err("cannot pipeline".into())
    }

    /// Uploads a file; done when the server says so. Gives what Reel calls it.
    ///
    /// # Errors
    /// If it is refused, or breaks off.
    fn store(&mut self, _source: &Source, _name: &str) -> Result<String> {
        Err("cannot store".into())
    }

    /// So many commands that do nothing, sent together; then their answers.
    ///
    /// # Errors
    /// If the server does not answer as it should.
    fn noop(&mut self, _deep: usize) -> Result<()> {
        Err("has no NOOP".into())
    }

    /// A list: when its first byte came, and the last.
    ///
    /// # Errors
    /// If it is refused.
    fn list(&mut self) -> Result<(Duration, Duration)> {
        Err("cannot list".into())
    }

    /// A command that is answered with success, in a protocol that has lines.
    ///
    /// # Errors
    /// If it is refused.
    fn command(&mut self, _line: &str) -> Result<String> {
        Err("has no commands".into())
    }

    /// Says good bye and waits for the answer.
    ///
    /// # Errors
    /// If none comes.
    fn quit(&mut self) -> Result<()> {
        Ok(())
    }
}

/// So many threads do something again and again until the time is over; how often a second all of them did.
///
/// `prepare` is not counted in; `work` says how much it has done, 0 when there is nothing left to do.
///
/// # Errors
/// The first of the threads.
pub fn rate<S, P, W>(threads: usize, window: Duration, prepare: P, work: W) -> Result<f64>
where
    P: Fn(usize) -> Result<S> + Sync,
    W: Fn(&mut S, usize) -> Result<u64> + Sync,
{
    let barrier = Barrier::new(threads);
    let one = |number: usize| -> Result<(u64, Instant, Instant)> {
        let prepared = prepare(number);
        barrier.wait();
        let mut state = prepared?;
        let began = Instant::now();
        let mut done = 0;
        // At least once, so that a window of no length is one piece of work for each.
        loop {
            match work(&mut state, number)? {
                0 => break,
                some => done += some,
            }
            if began.elapsed() >= window {
                break;
            }
        }
        Ok((done, began, Instant::now()))
    };
    let mut all = Vec::new();
    std::thread::scope(|scope| {
        let one = &one;
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || one(number))).collect();
        for thread in running {
            all.push(thread.join().unwrap_or_else(|_| Err("a client panicked".into())));
        }
    });
    let all = all.into_iter().collect::<Result<Vec<_>>>()?;
    let done: u64 = all.iter().map(|(done, ..)| done).sum();
    let began = all.iter().map(|(_, began, _)| *began).min().ok_or("nobody worked")?;
    let ended = all.iter().map(|(.., ended)| *ended).max().ok_or("nobody worked")?;
    Ok(done as f64 / (ended - began).as_secs_f64())
}
