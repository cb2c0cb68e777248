//! One room: who is in it, who listens, what was said last.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use protocol::value::{AccountId, MessageId, Time};

use super::ear::Ear;
use super::{Guest, Happening, KEPT, Message, Present};

/// A room that somebody is in.
#[derive(Debug)]
pub struct Room {
    /// The name, as it was first written.
    pub name: Arc<str>,
    /// By folded name.
    members: BTreeMap<Arc<str>, Member>,
    listeners: Vec<Listener>,
    /// Connections that have lost the room and not been told yet.
    deaf: Vec<Arc<Ear>>,
    /// What was said last, the oldest first.
    last: VecDeque<Arc<Message>>,
}

/// An account that is in the room, once however many of its connections are.
#[derive(Debug)]
struct Member {
    present: Present,
    connections: usize,
}

/// A connection that is in the room.
#[derive(Clone, Debug)]
struct Listener {
    seat: u64,
    account: AccountId,
    folded: Arc<str>,
    ear: Arc<Ear>,
}

impl Room {
    /// An empty room in which this was said last.
    pub fn new(name: Arc<str>, last: VecDeque<Arc<Message>>) -> Self {
        Self { name, members: BTreeMap::new(), listeners: vec![], deaf: vec![], last }
    }

    /// Whether no connection is in it.
    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// How many connections are in it.
    pub fn connections(&self) -> usize {
        self.listeners.len()
    }

    /// How many accounts are in it.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// Whether an account is in it.
    pub fn has(&self, guest: &Guest) -> bool {
        self.members.contains_key(&guest.folded)
    }

    /// What was said last, the oldest first.
    pub fn last(&self) -> Vec<Arc<Message>> {
        self.last.iter().cloned().collect()
    }

    /// Lets a connection in that is not there yet. Gives the seats that have lost the room by it.
    pub fn enter(&mut self, seat: u64, ear: Arc<Ear>, guest: &Guest, now: Time) -> Vec<u64> {
        let fresh = || Present { who: guest.name.clone(), role: guest.role, since: now };
        let member = self.members.entry(guest.folded.clone());
        let member = member.or_insert_with(|| Member { present: fresh(), connections: 0 });
        member.connections += 1;
        let first = member.connections == 1;
        let lost = match first {
            true => self.tell(Happening::Joined { room: self.name.clone(), who: guest.name.clone() }),
            false => vec![],
        };
        self.listeners.push(Listener { seat, account: guest.account, folded: guest.folded.clone(), ear });
        lost
    }

    /// Lets a connection go. Gives the seats that have lost the room by it.
    pub fn leave(&mut self, seat: u64) -> Vec<u64> {
        let Some(at) = self.listeners.iter().position(|l| l.seat == seat) else {
            return vec![];
        };
        let gone = self.listeners.swap_remove(at);
        gone.ear.forget(&self.name);
        self.part(&gone).map_or_else(Vec::new, |left| self.tell(left))
    }

    /// Says something to all and keeps it. Gives the seats that have lost the room by it. What was there
    /// already when the room came to life has been shown to all who are in it.
    pub fn say(&mut self, message: &Arc<Message>) -> Vec<u64> {
        if !self.keep(message) {
            return vec![];
        }
        self.tell(Happening::Said(message.clone()))
    }

    /// Keeps a message among the last, in its place; false if it is there already.
    pub fn keep(&mut self, message: &Arc<Message>) -> bool {
        let at = self.last.partition_point(|kept| kept.id < message.id);
        if self.last.get(at).is_some_and(|kept| kept.id == message.id) {
            return false;
        }
        self.last.insert(at, message.clone());
        while self.last.len() > KEPT as usize {
            self.last.pop_front();
        }
        true
    }

    /// Has an ear that is about to be shown the last messages not tell them again.
    pub fn take_back(&self, ear: &Ear) {
        let first = self.last.front().map_or(MessageId(i64::MAX), |message| message.id);
        ear.take_back(&self.name, first);
    }

    /// The members after a folded name.
    pub fn page(&self, after: Option<&str>, limit: usize) -> Vec<Present> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.members.range::<str, _>((from, Bound::Unbounded));
        range.take(limit).map(|(_, member)| member.present.clone()).collect()
    }

    /// Ends the room: everybody in it is told that it is lost.
    pub fn dissolve(self) {
        for listener in self.listeners {
            listener.ear.lose(self.name.clone(), 0);
        }
    }

    /// Gives what an account has said another name.
    pub fn rename(&mut self, account: AccountId, name: &Arc<str>) {
        for message in self.last.iter_mut().filter(|message| message.account == account) {
            *message = Arc::new(Message { who: name.clone(), ..(**message).clone() });
        }
    }

    /// Tells everybody. Who has no room for it loses the room, which the others are told in turn: that ends,
    /// as each turn has fewer to tell.
    fn tell(&mut self, event: Happening) -> Vec<u64> {
        let mut seats = vec![];
        let mut untold = VecDeque::from([Arc::new(event)]);
        while let Some(event) = untold.pop_front() {
            let message = matches!(*event, Happening::Said(_));
            let name = self.name.clone();
            self.deaf.retain(|ear| if message { ear.miss(&name) } else { Arc::strong_count(ear) > 1 });
            for lost in self.listeners.extract_if(.., |l| !l.ear.push(&event)).collect::<Vec<_>>() {
                log::info!("account={} reads too slowly and has lost a chat room", lost.account);
                lost.ear.lose(self.name.clone(), u64::from(message));
                self.deaf.push(lost.ear.clone());
                seats.push(lost.seat);
                untold.extend(self.part(&lost).map(Arc::new));
            }
        }
        seats
    }

    /// Takes a connection off its account; what the others are told if it was the last.
    fn part(&mut self, gone: &Listener) -> Option<Happening> {
        let member = self.members.get_mut(&gone.folded)?;
        member.connections -= 1;
        if member.connections > 0 {
            return None;
        }
        let member = self.members.remove(&gone.folded)?;
        Some(Happening::Left { room: self.name.clone(), who: member.present.who })
    }
}

#[cfg(test)]
mod tests {
    use protocol::value::Role;

    use super::*;

    fn message(id: i64) -> Arc<Message> {
        let (room, who, text) = ("r".into(), "anna".into(), format!("number {id}"));
        let id = MessageId(id);
        Arc::new(Message { id, room, account: AccountId(1), who, role: Role::User, at: Time(0), text })
    }

    fn guest(name: &str) -> Guest {
        let account = AccountId(name.len() as i64);
        Guest { account, name: name.into(), folded: name.into(), role: Role::User }
    }

    #[test]
    fn what_was_shown_on_entering_is_not_told_again() {
        let mut room = Room::new("r".into(), VecDeque::from([message(1)]));
        let ear = Arc::new(Ear::new(4));
        room.enter(1, ear.clone(), &guest("anna"), Time(0));
        assert!(room.say(&message(1)).is_empty() && ear.ready().is_none());
        room.say(&message(2));
        assert_eq!(ear.ready(), Some(Arc::new(Happening::Said(message(2)))));
    }

    #[test]
    fn one_loss_may_bring_another_and_all_are_named() {
        let mut room = Room::new("r".into(), VecDeque::new());
        let ears: Vec<_> = [1, 2, 8].map(|most| Arc::new(Ear::new(most))).into();
        let mut enter =
            |seat: u64, name| room.enter(seat, ears[seat as usize].clone(), &guest(name), Time(0));
        assert_eq!((enter(0, "a"), enter(1, "bb")), (vec![], vec![]));
        // `a` is full with `bb`, so the third is one too many; that it goes fills `bb`.
        assert_eq!(enter(2, "ccc"), [0]);
        assert_eq!(room.say(&message(1)), [1]);
        assert_eq!(room.members(), 1);
        room.say(&message(2));
        let came = |who: &str| Happening::Joined { room: "r".into(), who: who.into() };
        let left = |who: &str| Happening::Left { room: "r".into(), who: who.into() };
        let lost = |missed| Happening::Lost { room: "r".into(), missed };
        let said = |id| Happening::Said(message(id));
        let heard = |ear: &Ear| std::iter::from_fn(|| ear.ready().map(|e| (*e).clone())).collect::<Vec<_>>();
        assert_eq!(heard(&ears[0]), [came("bb"), lost(2)]);
        assert_eq!(heard(&ears[1]), [came("ccc"), left("a"), lost(2)]);
        assert_eq!(heard(&ears[2]), [said(1), left("bb"), said(2)]);
    }
}
