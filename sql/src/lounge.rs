//! Chat rooms: the last messages of each, who may not speak, and what was reported.

use protocol::value::{AccountId, MessageId, ReportId, Role, Time};

use crate::{Error, Tx, Value, join, params, record};

record! {
    /// A room in which something was said.
    pub struct Room in "lounge_room" {
        id: i64,
        /// As it was first written.
        name: String,
        /// NFKC and case fold of the name; unique.
        folded: String,
        spoken_at: Time,
    }
}

impl Room {
    /// The room of a folded name.
    pub fn called(tx: &mut Tx<'_>, folded: &str) -> Result<Option<Room>, Error> {
        tx.one(join!(Room::SELECT, " WHERE folded = ?"), params![folded])
    }

    /// Notes that something was said in it.
    pub fn spoken(tx: &mut Tx<'_>, id: i64, at: Time) -> Result<u64, Error> {
        tx.execute("UPDATE lounge_room SET spoken_at = ? WHERE id = ?", params![at, id])
    }

    /// When the room was last spoken in that is number `place` of the kept ones, the most recent being 0.
    pub fn spoken_at_place(tx: &mut Tx<'_>, place: u32) -> Result<Option<Time>, Error> {
        tx.one("SELECT spoken_at FROM lounge_room ORDER BY spoken_at DESC LIMIT 1 OFFSET ?", params![place])
    }

    /// Forgets the rooms that have been silent since before `then`, and what was said there.
    pub fn sweep(tx: &mut Tx<'_>, then: Time) -> Result<u64, Error> {
        tx.execute(
            "DELETE FROM lounge_message WHERE room IN (SELECT id FROM lounge_room WHERE spoken_at < ?)",
            params![then],
        )?;
        tx.execute("DELETE FROM lounge_room WHERE spoken_at < ?", params![then])
    }
}

record! {
    /// Something that was said in a room.
    pub struct Message in "lounge_message" {
        id: MessageId,
        room: i64,
        account: AccountId,
        /// What the account was when it said it.
        role: Role,
        at: Time,
        text: String,
    }
}

impl Message {
    /// The last messages of a room with the names of who said them, the newest first.
    pub fn last(tx: &mut Tx<'_>, room: i64, limit: u32) -> Result<Vec<(Message, String)>, Error> {
        tx.rows(
            "SELECT m.id, m.room, m.account, m.role, m.at, m.text, a.name \
             FROM lounge_message m JOIN account a ON a.id = m.account \
             WHERE m.room = ? ORDER BY m.id DESC LIMIT ?",
            params![room, limit],
        )
    }

    /// Forgets all of a room but its last `keep` messages.
    pub fn trim(tx: &mut Tx<'_>, room: i64, keep: u32) -> Result<(), Error> {
        let first: Option<MessageId> = tx.one(
            "SELECT id FROM lounge_message WHERE room = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            params![room, keep],
        )?;
        if let Some(first) = first {
            tx.execute("DELETE FROM lounge_message WHERE room = ? AND id <= ?", params![room, first])?;
        }
        Ok(())
    }
}

record! {
    /// That an account may not speak.
    pub struct Mute in "lounge_mute" {
        account: AccountId,
        /// None: until an admin says so.
        until: Option<Time>,
        why: String,
        admin: AccountId,
        at: Time,
    }
}

impl Mute {
    /// The mutes of those of these accounts, each named once, that may not speak at `now`.
    pub fn of(tx: &mut Tx<'_>, accounts: &[AccountId], now: Time) -> Result<Vec<Mute>, Error> {
        if accounts.is_empty() {
            return Ok(vec![]);
        }
        let marks = vec!["?"; accounts.len()].join(", ");
        let sql = format!("{} WHERE account IN ({marks}) AND (until IS NULL OR until > ?)", Mute::SELECT);
        let mut params: Vec<Value> = accounts.iter().map(|id| Value::from(*id)).collect();
        params.push(now.into());
        tx.rows(&sql, params)
    }

    /// Lets an account speak again; 0 if it was not muted.
    pub fn remove(tx: &mut Tx<'_>, account: AccountId) -> Result<u64, Error> {
        tx.execute("DELETE FROM lounge_mute WHERE account = ?", params![account])
    }

    /// Forgets those that are over.
    pub fn sweep(tx: &mut Tx<'_>, now: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM lounge_mute WHERE until <= ?", params![now])
    }
}

record! {
    /// A message that somebody reported, as it was.
    pub struct Report in "lounge_report" {
        id: ReportId,
        at: Time,
        reporter: AccountId,
        message: MessageId,
        /// The name of the room.
        room: String,
        /// Who said it.
        account: AccountId,
        said_at: Time,
        text: String,
        why: String,
    }
}

/// A report with the names of who reported and of who said it.
pub type Named = (Report, String, String);

impl Report {
    /// The reports before the one numbered `before`, the newest first.
    pub fn page(tx: &mut Tx<'_>, before: i64, limit: u32) -> Result<Vec<Named>, Error> {
        tx.rows(
            "SELECT r.id, r.at, r.reporter, r.message, r.room, r.account, r.said_at, r.text, r.why, b.name, a.name \
             FROM lounge_report r JOIN account b ON b.id = r.reporter JOIN account a ON a.id = r.account \
             WHERE r.id < ? ORDER BY r.id DESC LIMIT ?",
            params![before, limit],
        )
    }

    /// How many reports of an account are kept, counted up to `most`.
    pub fn count_of(tx: &mut Tx<'_>, reporter: AccountId, most: u32) -> Result<usize, Error> {
        let ids: Vec<ReportId> =
            tx.rows("SELECT id FROM lounge_report WHERE reporter = ? LIMIT ?", params![reporter, most])?;
        Ok(ids.len())
    }

    /// Forgets those made before `then`.
    pub fn sweep(tx: &mut Tx<'_>, then: Time) -> Result<u64, Error> {
        tx.execute("DELETE FROM lounge_report WHERE at < ?", params![then])
    }
}
