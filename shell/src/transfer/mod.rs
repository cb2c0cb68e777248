//! Bytes in and out: `get` and `put`, which go on where they were interrupted.

use std::path::PathBuf;
use std::time::Duration;

use crate::cancel::Cancel;
use crate::fault::Fault;

pub mod aside;
pub mod digest;
pub mod files;
pub mod get;
pub mod many;
pub mod meter;
pub mod name;
pub mod part;
pub mod pay;
pub mod pick;
pub mod place;
pub mod pour;
pub mod prove;
pub mod put;
pub mod raw;
pub mod segment;
pub mod stream;
pub mod wait;

/// How often in a row a transfer starts again without having moved a byte.
const TRIES: u32 = 6;

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(15);

/// Patience with a connection that keeps breaking.
#[derive(Debug)]
pub struct Patience {
    left: u32,
    pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { left: TRIES, pause: Duration::from_millis(500) }
    }
}

impl Patience {
    /// Waits before the next try, or gives the fault back when there is none.
    ///
    /// # Errors
    /// `fault` itself, or that Ctrl-C was pressed.
    pub fn wait(&mut self, cancel: &Cancel, fault: Fault) -> Result<(), Fault> {
        if self.left == 0 {
            return Err(fault);
        }
        self.left -= 1;
        let slept = cancel.sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST);
        if slept { Ok(()) } else { Err(Fault::Cancelled) }
    }
}

/// A path as a person writes it: `~/` is home.
pub fn local(path: &str) -> PathBuf {
    if path == "~" {
        return local("~/");
    }
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}
