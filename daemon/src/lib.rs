//! `reeld`: the daemon of the club, over a library so that its parts can be tested alone.
//!
//! `door` hears and speaks, `session` understands, `service` decides.

pub mod address;
pub mod app;
pub mod belonging;
pub mod clock;
pub mod config;
pub mod door;
pub mod guard;
pub mod live;
pub mod service;
pub mod session;
pub mod trace;
