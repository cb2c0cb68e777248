//! What waits to be told to one connection: a bounded queue that nobody waits for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::value::MessageId;
use tokio::sync::Notify;

use super::Happening;

/// The queue of one connection. The events in it are shared with all other queues.
#[derive(Debug)]
pub struct Ear {
    most: usize,
    state: Mutex<State>,
    come: Notify,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Arc<Happening>>,
    /// Rooms that were lost and have not been told yet, with the messages missed there since.
    lost: Vec<(Arc<str>, u64)>,
    silent: bool,
}

impl Ear {
    /// An ear that keeps `most` events.
    pub fn new(most: usize) -> Self {
        Self { most, state: Mutex::default(), come: Notify::new() }
    }

    /// Adds an event; false if there is no room for it.
    pub fn push(&self, event: &Arc<Happening>) -> bool {
        let mut state = self.state();
        if state.silent {
            return true;
        }
        if state.events.len() >= self.most {
            return false;
        }
        state.events.push_back(event.clone());
        drop(state);
        self.come.notify_one();
        true
    }

    /// Notes that a room is lost, with so many messages missed. It is told after what waits.
    pub fn lose(&self, room: Arc<str>, missed: u64) {
        self.state().lost.push((room, missed));
        self.come.notify_one();
    }

    /// Counts a message of a lost room; false when the loss has been told.
    pub fn miss(&self, room: &str) -> bool {
        let mut state = self.state();
        let lost = state.lost.iter_mut().find(|(lost, _)| **lost == *room);
        lost.map(|(_, missed)| *missed += 1).is_some()
    }

    /// Takes back what need not be told since the connection gets it otherwise: that it has lost `room`,
    /// and what was said there from message `first` on.
    pub fn take_back(&self, room: &str, first: MessageId) {
        let mut state = self.state();
        state.lost.retain(|(lost, _)| **lost != *room);
        let shown = |event: &Happening| matches!(event, Happening::Said(said) if *said.room == *room && said.id >= first);
        state.events.retain(|event| !shown(event));
    }

    /// Takes back all that waits of a room: the connection has left it.
    pub fn forget(&self, room: &str) {
        let mut state = self.state();
        state.lost.retain(|(lost, _)| **lost != *room);
        state.events.retain(|event| event.room() != room);
    }

    /// Tells nothing from now on, and forgets what waits; or listens again.
    pub fn silence(&self, silent: bool) {
        let mut state = self.state();
        state.silent = silent;
        if silent {
            state.events = VecDeque::new();
            state.lost.clear();
        }
    }

    /// The next thing to be told. May be cancelled. For one listener.
    pub async fn next(&self) -> Arc<Happening> {
        loop {
            if let Some(event) = self.ready() {
                return event;
            }
            self.come.notified().await;
        }
    }

    /// The next thing to be told, if it is there.
    pub fn ready(&self) -> Option<Arc<Happening>> {
        let mut state = self.state();
        if let Some(event) = state.events.pop_front() {
            if state.events.is_empty() {
                // An idle connection holds no queue.
                state.events = VecDeque::new();
            }
            return Some(event);
        }
        let (room, missed) = if state.lost.is_empty() { return None } else { state.lost.remove(0) };
        Some(Arc::new(Happening::Lost { room, missed }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(who: &str) -> Arc<Happening> {
        Arc::new(Happening::Joined { room: "r".into(), who: who.into() })
    }

    #[test]
    fn a_full_ear_tells_what_it_has_and_then_what_is_lost() {
        let ear = Ear::new(2);
        assert!(ear.push(&came("a")) && ear.push(&came("b")));
        assert!(!ear.push(&came("c")));
        ear.lose("r".into(), 1);
        assert!(ear.miss("r") && !ear.miss("other"));
        assert_eq!(ear.ready(), Some(came("a")));
        assert_eq!(ear.ready(), Some(came("b")));
        assert_eq!(ear.ready(), Some(Arc::new(Happening::Lost { room: "r".into(), missed: 2 })));
        assert_eq!(ear.ready(), None);
        assert!(!ear.miss("r"));
    }

    #[test]
    fn of_a_room_that_is_left_nothing_more_is_told() {
        let ear = Ear::new(4);
        let other = Arc::new(Happening::Left { room: "other".into(), who: "x".into() });
        assert!(ear.push(&came("a")) && ear.push(&other));
        ear.lose("r".into(), 1);
        ear.forget("r");
        assert_eq!((ear.ready(), ear.ready()), (Some(other), None));
    }

    #[test]
    fn a_silent_ear_never_fills() {
        let ear = Ear::new(1);
        assert!(ear.push(&came("a")));
        ear.silence(true);
        assert!(ear.push(&came("b")) && ear.push(&came("c")));
        ear.silence(false);
        assert_eq!(ear.ready(), None);
        assert!(ear.push(&came("d")));
        assert_eq!(ear.ready(), Some(came("d")));
    }
}
