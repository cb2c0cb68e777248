//! The club's clock: every rule asks this one, so that a test can let a month pass.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::value::Time;

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    shift: Option<PathBuf>,
}

impl Clock {
    /// The system's clock; with `REEL_CLOCK_FILE` in the environment, ahead of it by the seconds
    /// that this file holds at each reading. For tests: a real club has no reason to set it.
    pub fn from_environment() -> Self {
        Self { shift: std::env::var_os("REEL_CLOCK_FILE").map(PathBuf::from) }
    }

    /// The time now.
    pub fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Time(millis.saturating_add(self.shift()))
    }

    fn shift(&self) -> i64 {
        let Some(path) = &self.shift else { return 0 };
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.trim().parse::<i64>().map_or(0, |seconds| seconds.saturating_mul(1000))
    }
}
