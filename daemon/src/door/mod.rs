//! The doors: they hear and speak, and hold no rules.

mod body;
pub mod line;
mod peer;

use tokio_util::sync::CancellationToken;

/// How a daemon ends: first nothing new, then nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// No new work; running transfers go on.
    pub drain: CancellationToken,
    /// The time for them is over.
    pub halt: CancellationToken,
}
