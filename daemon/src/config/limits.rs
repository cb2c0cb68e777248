//! The limits of the house, each with its reason.

use serde::{Deserialize, Serialize};

use crate::service::lounge::{Bounds, Pace};

/// What a stranger can make grow, and how far.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once. Each holds a file descriptor; keep below `ulimit -n`.
    pub connections: usize,
    /// Seconds that a TLS handshake may take: until then a connection is nobody's.
    pub handshake_seconds: u32,
    /// Seconds of silence after which a guest is sent away.
    pub login_seconds: u32,
    /// Seconds of silence after which a connection is closed.
    pub idle_seconds: u32,
    /// The same inside a body: a transfer that does not move holds buffers, threads and a place.
    pub body_seconds: u32,
    /// Seconds that running transfers have left after SIGTERM.
    pub grace_seconds: u32,
    /// Rows in a page at most, and by default.
    pub rows: u32,
    /// Password hashes at once; each takes 19 MiB and one core. 0: as many as there are cores.
    pub hashes: usize,
    /// Uploads at once. Each takes up to 1.5 MiB of buffers and three threads.
    pub uploads: usize,
    /// Uploads at once of one account, so that nobody takes all the places.
    pub account_uploads: usize,
    /// Bytes of one upload.
    pub upload_bytes: u64,
    /// Hours after which a broken upload is forgotten.
    pub upload_hours: u32,
    /// Chat rooms with members at once. Each holds up to 50 messages of up to 8 KB in memory.
    pub lounge_rooms: usize,
    /// Connections in one chat room: each is told of every message.
    pub lounge_members: usize,
    /// Chat rooms that one connection is in.
    pub lounge_rooms_each: usize,
    /// Events of chat rooms that wait for one connection; a slower reader loses the room.
    pub lounge_queue: usize,
    /// Messages and entrances of one account in chat rooms at once.
    pub lounge_burst: u32,
    /// The same in a second after that.
    pub lounge_rate: u32,
    /// Connections to the database at once (readers, on SQLite).
    pub database_connections: usize,
    /// Seconds until a database that does not answer counts as down.
    pub database_seconds: u32,
}

impl Limits {
    /// Those that cannot be 0, by their keys.
    pub(super) fn positive(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("limits.connections", self.connections as u64),
            ("limits.handshake_seconds", self.handshake_seconds.into()),
            ("limits.login_seconds", self.login_seconds.into()),
            ("limits.idle_seconds", self.idle_seconds.into()),
            ("limits.body_seconds", self.body_seconds.into()),
            ("limits.account_uploads", self.account_uploads as u64),
            ("limits.rows", self.rows.into()),
            ("limits.uploads", self.uploads as u64),
            ("limits.lounge_rooms", self.lounge_rooms as u64),
            ("limits.lounge_members", self.lounge_members as u64),
            ("limits.lounge_rooms_each", self.lounge_rooms_each as u64),
            ("limits.lounge_queue", self.lounge_queue as u64),
            ("limits.lounge_burst", self.lounge_burst.into()),
            ("limits.lounge_rate", self.lounge_rate.into()),
            ("limits.database_connections", self.database_connections as u64),
            ("limits.database_seconds", self.database_seconds.into()),
        ]
    }

    /// What bounds the chat rooms.
    pub fn lounge(&self) -> Bounds {
        Bounds {
            rooms: self.lounge_rooms,
            members: self.lounge_members,
            rooms_each: self.lounge_rooms_each,
            queue: self.lounge_queue,
            pace: Pace { burst: self.lounge_burst, each_second: self.lounge_rate },
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake_seconds: 10,
            login_seconds: 120,
            idle_seconds: 1800,
            body_seconds: 120,
            grace_seconds: 30,
            rows: 100,
            hashes: 0,
            uploads: 64,
            account_uploads: 16,
            upload_bytes: 1 << 40,
            upload_hours: 48,
            lounge_rooms: 1000,
            lounge_members: 4096,
            lounge_rooms_each: 16,
            lounge_queue: 256,
            lounge_burst: 120,
            lounge_rate: 5,
            database_connections: 8,
            database_seconds: 5,
        }
    }
}
