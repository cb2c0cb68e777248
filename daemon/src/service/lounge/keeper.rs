//! The one owner of the rooms. It answers what it can at once; what needs the database goes on beside it, so
//! that nobody who comes or goes waits for a write.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use protocol::value::{AccountId, Role, Time};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::book::{self, Draft, Kept};
use super::bucket::Buckets;
use super::ear::Ear;
use super::room::Room;
use super::{Bounds, Entrance, Guest, Inhabited, Message, Named, Present};
use crate::clock::Clock;
use crate::guard::planted;
use crate::service::Fault;
use crate::trace;

/// Messages of one transaction at most: those that came while the one before was written.
const BATCH: usize = 64;

/// What connections ask for.
pub enum Request {
    /// To enter a room.
    Join { seat: u64, ear: Arc<Ear>, guest: Guest, room: Named, answer: Answer<Result<Entrance, Fault>> },
    /// To leave one; whether it was in it.
    Leave { seat: u64, room: Named, answer: Answer<bool> },
    /// To say something.
    Say { seat: Option<u64>, guest: Guest, room: Named, text: String, answer: Answer<Result<(), Fault>> },
    /// Who is there: one more than asked for, to see whether there are more.
    Who { room: Named, after: Option<String>, limit: u32, answer: Answer<Vec<Present>> },
    /// Which rooms there are: one more than asked for, to see whether there are more.
    Rooms { after: Option<String>, limit: u32, answer: Answer<Vec<Inhabited>> },
    /// To take a name from what was said.
    Forget { account: AccountId, name: Arc<str> },
    /// To be bounded by these from now on.
    Bounds(Bounds),
}

type Answer<T> = oneshot::Sender<T>;

/// Somebody at the door.
struct Knock {
    seat: u64,
    ear: Arc<Ear>,
    guest: Guest,
    answer: Answer<Result<Entrance, Fault>>,
}

/// A message on its way. A connection waits for the answer to one before it can say another, so there are
/// never more of them than connections.
struct Spoken {
    guest: Guest,
    room: Named,
    text: String,
    answer: Answer<Result<(), Fault>>,
}

/// A room of which the last messages are still being read: who waits before it, and what is said meanwhile.
#[derive(Default)]
struct Opening {
    knocks: Vec<Knock>,
    said: Vec<Arc<Message>>,
}

/// What went on beside the keeper and is done.
enum Done {
    Kept {
        drafts: Arc<Vec<Draft>>,
        answers: Vec<Answer<Result<(), Fault>>>,
        at: Time,
        kept: Result<Vec<Kept>, Fault>,
    },
    Loaded {
        folded: Arc<str>,
        loaded: Result<(Arc<str>, VecDeque<Arc<Message>>), Fault>,
    },
}

/// The owner of the rooms.
pub struct Keeper {
    db: sql::Db,
    clock: Clock,
    bounds: Bounds,
    /// By folded name, as all maps of rooms here.
    rooms: HashMap<Arc<str>, Room>,
    opening: HashMap<Arc<str>, Opening>,
    /// The rooms that each connection is in.
    seats: HashMap<u64, Vec<Arc<str>>>,
    buckets: Buckets,
    waiting: VecDeque<Spoken>,
    writing: bool,
    work: JoinSet<Done>,
}

impl Keeper {
    /// A keeper of no rooms.
    pub fn new(db: sql::Db, clock: Clock, bounds: Bounds) -> Self {
        Self {
            db,
            clock,
            bounds,
            rooms: HashMap::new(),
            opening: HashMap::new(),
            seats: HashMap::new(),
            buckets: Buckets::new(bounds.pace),
            waiting: VecDeque::new(),
            writing: false,
            work: JoinSet::new(),
        }
    }

    /// Keeps the rooms until nobody can ask any more.
    pub async fn run(
        &mut self, requests: &mut mpsc::Receiver<Request>, gone: &mut mpsc::UnboundedReceiver<u64>,
    ) {
        loop {
            tokio::select! {
                // A connection that has left is gone before the next one of the same name comes.
                biased;
                Some(seat) = gone.recv() => self.depart(seat),
                Some(done) = self.work.join_next() => self.done(done),
                request = requests.recv() => match request {
                    Some(request) => self.serve(request),
                    None => return,
                },
            }
            self.write();
        }
    }

    /// Forgets what a panic may have left half done. Whoever waits for an answer is refused with a trace number.
    pub fn begin_anew(&mut self) {
        let fresh = Self::new(self.db.clone(), self.clock.clone(), self.bounds);
        let old = std::mem::replace(self, fresh);
        old.rooms.into_values().for_each(Room::dissolve);
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Join { seat, ear, guest, room, answer } => {
                self.knock(room, Knock { seat, ear, guest, answer });
            }
            Request::Leave { seat, room, answer } => {
                // Whoever does not wait for the answer has left all the same; so everywhere here.
                let _ = answer.send(self.leave(seat, &room.folded));
            }
            Request::Say { seat, guest, room, text, answer } => match self.may_speak(seat, &guest, &room) {
                Ok(()) => self.waiting.push_back(Spoken { guest, room, text, answer }),
                Err(fault) => drop(answer.send(Err(fault))),
            },
            Request::Who { room, after, limit, answer } => {
                let room = self.rooms.get(&room.folded);
                let page = room.map(|room| room.page(after.as_deref(), limit as usize + 1));
                let _ = answer.send(page.unwrap_or_default());
            }
            Request::Rooms { after, limit, answer } => {
                let _ = answer.send(self.inhabited(after.as_deref(), limit as usize + 1));
            }
            Request::Forget { account, name } => {
                self.rooms.values_mut().for_each(|room| room.rename(account, &name));
            }
            Request::Bounds(bounds) => {
                self.buckets.set(bounds.pace);
                self.bounds = bounds;
            }
        }
    }

    /// The rooms after this one, by folded name. There are no more of them than connections, times a few.
    fn inhabited(&self, after: Option<&str>, most: usize) -> Vec<Inhabited> {
        let rooms = self
            .rooms
            .iter()
            .filter(|(folded, room)| after.is_none_or(|after| folded.as_ref() > after) && !room.is_empty());
        let mut rooms: Vec<_> = rooms.collect();
        rooms.sort_unstable_by_key(|(folded, _)| *folded);
        rooms.truncate(most);
        rooms.iter().map(|(_, room)| Inhabited { room: room.name.clone(), members: room.members() }).collect()
    }

    /// Lets somebody in; the first has to wait until the room is opened.
    fn knock(&mut self, room: Named, knock: Knock) {
        if self.rooms.contains_key(&room.folded) {
            return self.admit(&room.folded, knock);
        }
        if let Some(opening) = self.opening.get_mut(&room.folded) {
            return opening.knocks.push(knock);
        }
        if self.rooms.len() + self.opening.len() >= self.bounds.rooms {
            let max = self.bounds.rooms.to_string();
            return drop(
                knock.answer.send(Err(Fault::Limit { max, what: "the rooms that are open at once" })),
            );
        }
        self.opening.insert(room.folded.clone(), Opening { knocks: vec![knock], said: vec![] });
        let (db, folded) = (self.db.clone(), room.folded.clone());
        self.work.spawn(async move { Done::Loaded { folded, loaded: book::load(&db, room).await } });
    }

    fn admit(&mut self, folded: &Arc<str>, knock: Knock) {
        // Whoever has gone meanwhile has departed already and would stay in the room for ever.
        if knock.answer.is_closed() {
            return;
        }
        let Knock { seat, ear, guest, answer } = knock;
        let _ = answer.send(self.enter(folded, seat, ear, &guest));
    }

    fn enter(
        &mut self, folded: &Arc<str>, seat: u64, ear: Arc<Ear>, guest: &Guest,
    ) -> Result<Entrance, Fault> {
        let now = self.clock.now();
        let Some(room) = self.rooms.get_mut(folded) else {
            return Err(Fault::Busy("that room is being closed"));
        };
        let mine = self.seats.get(&seat).map_or(&[][..], Vec::as_slice);
        let mut lost = vec![];
        if mine.contains(folded) {
            ear.silence(false);
            room.take_back(&ear);
        } else {
            let (each, most) = (self.bounds.rooms_each, self.bounds.members);
            if mine.len() >= each {
                return Err(Fault::Limit { max: each.to_string(), what: "the rooms of one connection" });
            }
            if room.connections() >= most {
                return Err(Fault::Limit { max: most.to_string(), what: "the connections in one room" });
            }
            // Coming and going is told to all, as words are.
            if !room.has(guest) {
                self.buckets.take(guest.account, now).map_err(|retry| Fault::Throttled { retry })?;
            }
            ear.silence(false);
            room.take_back(&ear);
            lost = room.enter(seat, ear, guest, now);
            self.seats.entry(seat).or_default().push(folded.clone());
        }
        let entrance = Entrance { room: room.name.clone(), members: room.members(), last: room.last() };
        self.forget_lost(folded, lost);
        Ok(entrance)
    }

    fn may_speak(&mut self, seat: Option<u64>, guest: &Guest, room: &Named) -> Result<(), Fault> {
        planted("say", &guest.name);
        let seated = seat.and_then(|seat| self.seats.get(&seat));
        if guest.role != Role::Admin && !seated.is_some_and(|rooms| rooms.contains(&room.folded)) {
            return Err(Fault::NotAllowed("JOIN the room first, on this connection"));
        }
        let taken = self.buckets.take(guest.account, self.clock.now());
        taken.map_err(|retry| Fault::Throttled { retry })
    }

    fn leave(&mut self, seat: u64, folded: &Arc<str>) -> bool {
        let Some(rooms) = self.seats.get_mut(&seat) else { return false };
        let before = rooms.len();
        rooms.retain(|room| room != folded);
        let left = rooms.len() < before;
        if rooms.is_empty() {
            self.seats.remove(&seat);
        }
        if left {
            self.vacate(seat, folded);
        }
        left
    }

    fn depart(&mut self, seat: u64) {
        for folded in self.seats.remove(&seat).unwrap_or_default() {
            self.vacate(seat, &folded);
        }
    }

    fn vacate(&mut self, seat: u64, folded: &Arc<str>) {
        let lost = self.rooms.get_mut(folded).map(|room| room.leave(seat));
        self.forget_lost(folded, lost.unwrap_or_default());
    }

    /// Takes a room off the seats that have lost it, and closes it when nobody is left.
    fn forget_lost(&mut self, folded: &Arc<str>, lost: Vec<u64>) {
        for seat in lost {
            if let Some(rooms) = self.seats.get_mut(&seat) {
                rooms.retain(|room| room != folded);
            }
        }
        if self.rooms.get(folded).is_some_and(Room::is_empty) {
            self.rooms.remove(folded);
        }
    }

    /// Begins to write what waits, unless a write is under way.
    fn write(&mut self) {
        if self.writing || self.waiting.is_empty() {
            return;
        }
        self.writing = true;
        let (mut drafts, mut answers) = (vec![], vec![]);
        for spoken in self.waiting.drain(..self.waiting.len().min(BATCH)) {
            let Spoken { guest, room, text, answer } = spoken;
            let named = room.folded.clone();
            let mut rooms = vec![room];
            if guest.role == Role::Admin {
                let others = self.rooms.iter().filter(|(folded, _)| **folded != named);
                rooms.extend(
                    others.map(|(folded, room)| Named { shown: room.name.clone(), folded: folded.clone() }),
                );
            }
            drafts.push(Draft { account: guest.account, who: guest.name, role: guest.role, text, rooms });
            answers.push(answer);
        }
        let (db, drafts, at) = (self.db.clone(), Arc::new(drafts), self.clock.now());
        self.work.spawn(async move {
            let kept = book::keep(&db, drafts.clone(), at).await;
            Done::Kept { drafts, answers, at, kept }
        });
    }

    fn done(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done::Loaded { folded, loaded }) => self.opened(&folded, loaded),
            Ok(Done::Kept { drafts, answers, at, kept }) => {
                self.writing = false;
                match kept {
                    Ok(kept) => self.publish(&drafts, answers, at, kept),
                    Err(fault) => self.refuse(answers, &fault),
                }
            }
            // Its answers are dropped, and refused with a trace number. What the error says stays unsaid: it has the
            // message of a panic in it.
            Err(error) => {
                let trace = error.try_into_panic().map_or_else(|_| trace::number(), |p| trace::of_panic(&*p));
                log::error!("trace={trace} a write or read of the chat rooms did not finish");
                self.writing = false;
                self.opening.clear();
            }
        }
    }

    /// Tells what is kept now, in the order in which it is kept, and only then whoever said it.
    fn publish(
        &mut self, drafts: &[Draft], answers: Vec<Answer<Result<(), Fault>>>, at: Time, kept: Vec<Kept>,
    ) {
        for ((draft, answer), kept) in drafts.iter().zip(answers).zip(kept) {
            let outcome = kept.map(|ids| {
                for (room, id) in draft.rooms.iter().zip(ids) {
                    let Draft { account, who, role, text, .. } = draft.clone();
                    self.tell(
                        &room.folded,
                        Message { id, room: room.shown.clone(), account, who, role, at, text },
                    );
                }
            });
            let _ = answer.send(outcome);
        }
    }

    fn tell(&mut self, folded: &Arc<str>, message: Message) {
        if let Some(room) = self.rooms.get_mut(folded) {
            let lost = room.say(&Arc::new(Message { room: room.name.clone(), ..message }));
            self.forget_lost(folded, lost);
        } else if let Some(opening) = self.opening.get_mut(folded) {
            opening.said.push(Arc::new(message));
        }
    }

    /// What waits would wait as long, only to hear the same: a database that is down is down for all.
    fn refuse(&mut self, answers: Vec<Answer<Result<(), Fault>>>, fault: &Fault) {
        let others: Vec<_> = match fault {
            Fault::DatabaseDown => self.waiting.drain(..).map(|spoken| spoken.answer).collect(),
            _ => vec![],
        };
        for answer in answers.into_iter().chain(others) {
            let _ = answer.send(Err(fault.clone()));
        }
    }

    fn opened(&mut self, folded: &Arc<str>, loaded: Result<(Arc<str>, VecDeque<Arc<Message>>), Fault>) {
        let Opening { knocks, said } = self.opening.remove(folded).unwrap_or_default();
        match loaded {
            Err(fault) => {
                for knock in knocks {
                    let _ = knock.answer.send(Err(fault.clone()));
                }
            }
            Ok((name, last)) => {
                let mut room = Room::new(name.clone(), last);
                for message in said {
                    room.keep(&Arc::new(Message { room: name.clone(), ..(*message).clone() }));
                }
                self.rooms.insert(folded.clone(), room);
                knocks.into_iter().for_each(|knock| self.admit(folded, knock));
                self.forget_lost(folded, vec![]);
            }
        }
    }
}
