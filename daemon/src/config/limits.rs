//! The limits of the house, each with its reason.

use serde::{Deserialize, Serialize};

use crate::service::lounge::{Bounds, Pace};

/// What a stranger can make grow, and how far.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once. Each holds a file descriptor; keep below `ulimit -n`.
    pub connections: usize,
    /// Those of one address (of IPv6: one /64), so that nobody takes all the places.
    pub address_connections: usize,
    /// Seconds that a TLS handshake may take: until then a connection is nobody's.
    pub handshake_seconds: u32,
    /// Seconds until the first command has come: what only connects is no client.
    pub first_seconds: u32,
    /// Seconds from the first byte of a command to its end: a line that drips holds a place and its buffer.
    pub line_seconds: u32,
    /// Seconds that a guest has to log in, whatever else it says: a place is for those who come in.
    pub login_seconds: u32,
    /// Seconds of silence after which the connection of a user is closed: half-open ones have to go.
    pub idle_seconds: u32,
    /// The same inside a body: a transfer that does not move holds buffers, threads and a place.
    pub body_seconds: u32,
    /// Seconds that running transfers have left after SIGTERM.
    pub grace_seconds: u32,
    /// Wrong passwords and codes for one name from one address that delay nothing: people mistype.
    pub login_free: u32,
    /// The same from one address for whatever names: a school may share one.
    pub login_address_free: u32,
    /// Seconds that the next try is delayed at most. The delays are 1, 2, 4, … up to this.
    pub login_delay_seconds: u32,
    /// Seconds after which failures are forgotten if there were no more. A guesser who waits this long for
    /// the free ones shall have gained nothing over one who bears the delays.
    pub login_forget_seconds: u32,
    /// The last so many failures are remembered, those of one name or address in one row: a flood of guesses
    /// fills no disk.
    pub login_rows: u32,
    /// Rows in a page at most, and by default.
    pub rows: u32,
    /// Password hashes at once; each takes 19 MiB and one core. 0: as many as there are cores.
    pub hashes: usize,
    /// Log-ins that wait for their hash; further ones are told `450 BUSY`. It bounds how long a flood makes
    /// the last of them wait.
    pub hash_queue: usize,
    /// Downloads at once. Each holds a file and, while its reader keeps up, a thread.
    pub downloads: usize,
    /// Downloads at once of one account, segments of one file included.
    pub account_downloads: usize,
    /// Bytes a second of all downloads together, for a line that others use too. 0: no bound.
    pub download_rate: u64,
    /// The same for one account, however many connections it has. Admins too.
    pub account_download_rate: u64,
    /// Bytes a second of all uploads together. 0: no bound.
    pub upload_rate: u64,
    /// The same for one account. Admins too.
    pub account_upload_rate: u64,
    /// Bytes of the disk that uploads leave free: the database, which has to grow, is there too.
    pub disk_free_bytes: u64,
    /// The same in hundredths of the disk; the larger of the two counts.
    pub disk_free_percent: u32,
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
            ("limits.address_connections", self.address_connections as u64),
            ("limits.first_seconds", self.first_seconds.into()),
            ("limits.line_seconds", self.line_seconds.into()),
            ("limits.handshake_seconds", self.handshake_seconds.into()),
            ("limits.login_seconds", self.login_seconds.into()),
            ("limits.idle_seconds", self.idle_seconds.into()),
            ("limits.body_seconds", self.body_seconds.into()),
            ("limits.login_delay_seconds", self.login_delay_seconds.into()),
            ("limits.login_forget_seconds", self.login_forget_seconds.into()),
            ("limits.login_rows", self.login_rows.into()),
            ("limits.hash_queue", self.hash_queue as u64),
            ("limits.downloads", self.downloads as u64),
            ("limits.account_downloads", self.account_downloads as u64),
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

    /// How many hashes there are at once, on this machine.
    pub fn hashes_at_once(&self) -> usize {
        match self.hashes {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            some => some,
        }
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
            address_connections: 1024,
            first_seconds: 120,
            line_seconds: 30,
            handshake_seconds: 10,
            login_seconds: 300,
            idle_seconds: 1800,
            body_seconds: 120,
            grace_seconds: 30,
            rows: 100,
            login_free: 10,
            login_address_free: 100,
            login_delay_seconds: 900,
            login_forget_seconds: 6 * 3600,
            login_rows: 100_000,
            hashes: 0,
            hash_queue: 1024,
            downloads: 2048,
            account_downloads: 128,
            download_rate: 0,
            account_download_rate: 0,
            upload_rate: 0,
            account_upload_rate: 0,
            disk_free_bytes: 0,
            disk_free_percent: 1,
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
