//! The doors: they hear and speak, and hold no rules.

mod body;
mod gate;
pub mod line;
mod peer;
mod stream;
pub mod tls;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use gate::Gate;

/// Where the line protocol is spoken.
#[derive(Debug)]
pub struct Doors {
    /// As it is.
    pub plain: Option<TcpListener>,
    /// Over TLS.
    pub tls: Option<(TcpListener, Arc<tls::Certificates>)>,
    /// Who has them afterwards.
    pub heir: Heir,
}

/// Who takes what comes while a daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heir {
    /// The next process, which gets the same socket from systemd: what comes now waits for it.
    NextProcess,
    /// Nobody: what comes is told so.
    Nobody,
}

/// How a daemon ends: first nothing new, then nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// No new work; running transfers go on.
    pub drain: CancellationToken,
    /// The time for them is over.
    pub halt: CancellationToken,
}
