//! What the database keeps of the rooms: written many messages a transaction, read when a room comes to life.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use protocol::value::{AccountId, MessageId, Role, Time};
use sql::lounge::{self, Mute};
use sql::{Db, Tx};

use super::{KEPT, Message, Named};
use crate::guard::planted;
use crate::service::Fault;

/// Something that is to be said.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whose account.
    pub account: AccountId,
    /// Who.
    pub who: Arc<str>,
    /// What the account is.
    pub role: Role,
    /// What.
    pub text: String,
    /// In which rooms.
    pub rooms: Vec<Named>,
}

/// What has become of a draft: the numbers it got, one a room.
pub type Kept = Result<Vec<MessageId>, Fault>;

/// Losing a race against another daemon more often than this means that something else is wrong.
const TRIES: usize = 8;

/// Keeps a batch in the order given, in one transaction. A draft may be refused for itself.
///
/// # Errors
/// Of the database, for all of them.
pub async fn keep(db: &Db, batch: Arc<Vec<Draft>>, now: Time) -> Result<Vec<Kept>, Fault> {
    for _ in 0..TRIES {
        let drafts = batch.clone();
        match db.write(move |tx| keep_all(tx, &drafts, now)).await {
            Err(Fault::Raced) => {}
            other => return other,
        }
    }
    Err(Fault::Busy("the database is busy"))
}

fn keep_all(tx: &mut Tx<'_>, batch: &[Draft], now: Time) -> Result<Vec<Kept>, Fault> {
    let mut accounts: Vec<AccountId> = batch.iter().map(|draft| draft.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let muted = Mute::of(tx, &accounts, now)?;
    let mut rooms: HashMap<Arc<str>, i64> = HashMap::new();
    let mut kept = Vec::with_capacity(batch.len());
    for draft in batch {
        planted("keep", &draft.text);
        if let Some(mute) = muted.iter().find(|mute| mute.account == draft.account) {
            kept.push(Err(Fault::Muted { until: mute.until }));
            continue;
        }
        let mut ids = Vec::with_capacity(draft.rooms.len());
        for room in &draft.rooms {
            let room = number(tx, &mut rooms, room, now)?;
            let (account, role, text) = (draft.account, draft.role, draft.text.clone());
            let message = lounge::Message { id: MessageId(0), room, account, role, at: now, text };
            ids.push(MessageId(message.insert(tx)?));
        }
        kept.push(Ok(ids));
    }
    // In one order, so that two daemons on one database do not wait for each other in a ring.
    let mut rooms: Vec<i64> = rooms.into_values().collect();
    rooms.sort_unstable();
    for room in rooms {
        lounge::Room::spoken(tx, room, now)?;
        lounge::Message::trim(tx, room, KEPT)?;
    }
    Ok(kept)
}

/// The number of a room, which it gets when the first message is said in it.
fn number(
    tx: &mut Tx<'_>, known: &mut HashMap<Arc<str>, i64>, room: &Named, now: Time,
) -> Result<i64, Fault> {
    if let Some(id) = known.get(&room.folded) {
        return Ok(*id);
    }
    let id = match lounge::Room::called(tx, &room.folded)? {
        Some(found) => found.id,
        None => {
            let (name, folded) = (room.shown.to_string(), room.folded.to_string());
            lounge::Room { id: 0, name, folded, spoken_at: now }.insert(tx)?
        }
    };
    known.insert(room.folded.clone(), id);
    Ok(id)
}

/// The name of a room as it was first written, and what was said there last, the oldest first.
///
/// # Errors
/// Of the database.
pub async fn load(db: &Db, room: Named) -> Result<(Arc<str>, VecDeque<Arc<Message>>), Fault> {
    let folded = room.folded.clone();
    let found = db
        .read(move |tx| {
            let Some(room) = lounge::Room::called(tx, &folded)? else { return Ok(None) };
            Ok::<_, sql::Error>(Some((room.name, lounge::Message::last(tx, room.id, KEPT)?)))
        })
        .await?;
    let Some((name, rows)) = found else { return Ok((room.shown, VecDeque::new())) };
    let name: Arc<str> = name.into();
    let message = |(row, who): (lounge::Message, String)| {
        let (room, who) = (name.clone(), who.into());
        let lounge::Message { id, account, role, at, text, .. } = row;
        Arc::new(Message { id, room, account, who, role, at, text })
    };
    Ok((name.clone(), rows.into_iter().rev().map(message).collect()))
}
