//! The doors: they hear and speak, and hold no rules.

mod body;
pub mod line;
mod peer;
mod stream;
pub mod tls;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where the line protocol is spoken.
#[derive(Debug, Default)]
pub struct Doors {
    /// As it is.
    pub plain: Option<TcpListener>,
    /// Over TLS.
    pub tls: Option<(TcpListener, Arc<tls::Certificates>)>,
}

/// How a daemon ends: first nothing new, then nothing at all.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// No new work; running transfers go on.
    pub drain: CancellationToken,
    /// The time for them is over.
    pub halt: CancellationToken,
}
