//! Chat rooms. One task owns them all ([`keeper`]); a connection that has joined one holds a [`Seat`], and
//! hears what happens there through its own bounded [`ear`]. So there is one order of messages for
//! everybody, and nobody waits for a slow reader.

mod book;
mod bucket;
pub mod care;
mod ear;
mod keeper;
mod room;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use protocol::value::{AccountId, MessageId, Role, RoomName, Speech, Time};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

pub use bucket::Pace;
use ear::Ear;
use keeper::{Keeper, Request};

use super::{Fault, Page, Paging, User, terms};
use crate::app::App;
use crate::clock::Clock;
use crate::guard::caught;

/// Messages of a room that are kept and shown on entering.
pub const KEPT: u32 = 50;

/// Requests that wait for the keeper at most. It answers each in microseconds and waits for nothing; who
/// finds the queue full waits for a place.
const REQUESTS: usize = 1024;

/// What bounds the rooms.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Rooms with members at once.
    pub rooms: usize,
    /// Connections in one room.
    pub members: usize,
    /// Rooms that one connection is in.
    pub rooms_each: usize,
    /// Events that wait for one connection.
    pub queue: usize,
    /// How fast an account may speak.
    pub pace: Pace,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number; a later one has a higher.
    pub id: MessageId,
    /// Where.
    pub room: Arc<str>,
    /// Whose account.
    pub account: AccountId,
    /// Who.
    pub who: Arc<str>,
    /// What the account was then.
    pub role: Role,
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
}

/// What those in a room are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Somebody has come.
    Joined {
        /// Where.
        room: Arc<str>,
        /// Who.
        who: Arc<str>,
    },
    /// Somebody has gone.
    Left {
        /// Where.
        room: Arc<str>,
        /// Who.
        who: Arc<str>,
    },
    /// Something was said.
    Said(Arc<Message>),
    /// This connection read too slowly and is out of the room.
    Lost {
        /// Where.
        room: Arc<str>,
        /// How many messages it has missed.
        missed: u64,
    },
}

impl Happening {
    /// In which room.
    pub fn room(&self) -> &str {
        match self {
            Happening::Joined { room, .. } | Happening::Left { room, .. } | Happening::Lost { room, .. } => {
                room
            }
            Happening::Said(message) => &message.room,
        }
    }
}

/// Somebody in a room, as WHO shows it.
#[derive(Clone, Debug)]
pub struct Present {
    /// The name.
    pub who: Arc<str>,
    /// What the account may do.
    pub role: Role,
    /// Since when it is there.
    pub since: Time,
}

/// A room in which somebody is, as ROOMS shows it.
#[derive(Clone, Debug)]
pub struct Inhabited {
    /// The name, as it was first written.
    pub room: Arc<str>,
    /// How many accounts are in it.
    pub members: usize,
}

/// What JOIN gives.
#[derive(Debug)]
pub struct Entrance {
    /// The room's name, as it was first written.
    pub room: Arc<str>,
    /// How many accounts are in it.
    pub members: usize,
    /// What was said last, the oldest first.
    pub last: Vec<Arc<Message>>,
}

/// The way to the rooms. Cheap to clone.
#[derive(Clone)]
pub struct Lounge {
    requests: mpsc::Sender<Request>,
    /// Seats that are given up. Without a bound, since it must never wait; each connection sends few.
    departures: mpsc::UnboundedSender<u64>,
    seats: Arc<AtomicU64>,
    queue: Arc<AtomicUsize>,
}

impl Lounge {
    /// Starts the task that owns the rooms; it ends with the last handle.
    pub fn start(db: sql::Db, clock: Clock, bounds: Bounds) -> Self {
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let (departures, gone) = mpsc::unbounded_channel();
        tokio::spawn(keep(Keeper::new(db, clock, bounds), inbox, gone));
        Self { requests, departures, seats: Arc::default(), queue: Arc::new(AtomicUsize::new(bounds.queue)) }
    }

    /// Bounds the rooms anew; who is in one stays there.
    pub async fn set(&self, bounds: Bounds) {
        self.queue.store(bounds.queue, Ordering::Relaxed);
        if self.requests.send(Request::Bounds(bounds)).await.is_err() {
            log::error!("the keeper of the chat rooms is gone");
        }
    }

    /// A place for a connection, in no room yet. It leaves its rooms when `over` is, whatever the connection
    /// is doing then: one that sends a long file notices the end of its session late.
    pub fn sit<T: Send + 'static>(&self, over: impl Future<Output = T> + Send + 'static) -> Seat {
        let id = self.seats.fetch_add(1, Ordering::Relaxed);
        let departures = self.departures.clone();
        let watch = tokio::spawn(async move {
            over.await;
            let _ = departures.send(id);
        });
        let queue = self.queue.load(Ordering::Relaxed);
        Seat { id, ear: Arc::new(Ear::new(queue)), lounge: self.clone(), watch: watch.abort_handle() }
    }

    /// Asks the keeper.
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Fault> {
        let (answer, wait) = oneshot::channel();
        let asked = self.requests.send(request(answer)).await;
        let gone = || Fault::internal(&"the keeper of the chat rooms gave no answer");
        asked.map_err(|_| gone())?;
        wait.await.map_err(|_| gone())
    }

    /// Takes the name from what an account has said, when the account is deleted.
    pub async fn forget(&self, account: AccountId, name: String) {
        // A keeper that is gone holds no names.
        let _ = self.requests.send(Request::Forget { account, name: name.into() }).await;
    }
}

/// Has the rooms kept, also after a panic: they begin anew then, empty, and who was in one is told that it is lost.
async fn keep(
    mut keeper: Keeper, mut requests: mpsc::Receiver<Request>, mut gone: mpsc::UnboundedReceiver<u64>,
) {
    while let Err(trace) = caught(keeper.run(&mut requests, &mut gone)).await {
        log::error!("trace={trace} the chat rooms begin anew");
        keeper.begin_anew();
    }
}

/// A connection's place in the rooms it has joined. However the connection ends, dropping this leaves them.
pub struct Seat {
    id: u64,
    ear: Arc<Ear>,
    lounge: Lounge,
    watch: AbortHandle,
}

impl Seat {
    /// The next thing to be told. May be cancelled.
    pub async fn next(&self) -> Arc<Happening> {
        self.ear.next().await
    }

    /// The next thing to be told, if it is there already.
    pub fn ready(&self) -> Option<Arc<Happening>> {
        self.ear.ready()
    }

    /// Whether the connection is told nothing, although it stays in its rooms.
    pub fn silence(&self, silent: bool) {
        self.ear.silence(silent);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.watch.abort();
        // What waits is for nobody now.
        self.ear.silence(true);
        // Without a keeper there are no rooms to be left.
        let _ = self.lounge.departures.send(self.id);
    }
}

/// Who asks: what the keeper needs of a user.
#[derive(Clone, Debug)]
struct Guest {
    account: AccountId,
    name: Arc<str>,
    folded: Arc<str>,
    role: Role,
}

impl Guest {
    fn of(user: &User) -> Self {
        let (name, folded) = (user.name.as_str().into(), terms::fold(&user.name).into());
        Self { account: user.id, name, folded, role: user.role }
    }
}

/// A room's name, and what makes two names the same.
#[derive(Clone, Debug)]
struct Named {
    shown: Arc<str>,
    folded: Arc<str>,
}

impl Named {
    fn of(room: &RoomName) -> Self {
        Self { shown: room.as_str().into(), folded: terms::fold(room.as_str()).into() }
    }
}

/// Enters a room, or asks for its last messages anew where the connection is in it.
///
/// # Errors
/// [`Fault::Limit`] for too many rooms or members, [`Fault::Throttled`], [`Fault::DatabaseDown`] where
/// what was said in a room that was empty cannot be read.
pub async fn join(seat: &Seat, user: &User, room: &RoomName) -> Result<Entrance, Fault> {
    let (guest, room, ear) = (Guest::of(user), Named::of(room), seat.ear.clone());
    seat.lounge.ask(|answer| Request::Join { seat: seat.id, ear, guest, room, answer }).await?
}

/// Leaves a room.
///
/// # Errors
/// [`Fault::NotFound`] if the connection is not in it.
pub async fn leave(seat: Option<&Seat>, room: &RoomName) -> Result<(), Fault> {
    let out = Fault::NotFound("you are not in that room");
    let Some(seat) = seat else { return Err(out) };
    let room = Named::of(room);
    let left = seat.lounge.ask(|answer| Request::Leave { seat: seat.id, room, answer }).await?;
    if left { Ok(()) } else { Err(out) }
}

/// Says something to all in a room that the connection has joined; an admin says it in every room that has
/// members. When this returns, it is kept and on its way to everybody.
///
/// # Errors
/// [`Fault::NotAllowed`] outside, [`Fault::Muted`], [`Fault::Throttled`], and of the database: then nobody
/// has heard it, but for [`Fault::OutcomeUnknown`], after which it may turn up in the room's last messages.
pub async fn say(
    app: &App, seat: Option<&Seat>, user: &User, room: &RoomName, text: Speech,
) -> Result<(), Fault> {
    let (guest, room, text) = (Guest::of(user), Named::of(room), text.to_string());
    let seat = seat.map(|seat| seat.id);
    app.lounge.ask(|answer| Request::Say { seat, guest, room, text, answer }).await?
}

/// Who is in a room, by name.
///
/// # Errors
/// None but those of a club that ends.
pub async fn who(app: &App, room: &RoomName, paging: Paging) -> Result<Page<Present>, Fault> {
    let (room, limit) = (Named::of(room), paging.limit);
    let after = paging.after.as_deref().map(terms::fold);
    let rows = app.lounge.ask(|answer| Request::Who { room, after, limit, answer }).await?;
    Ok(Page::cut(rows, limit, |present: &Present| present.who.to_string()))
}

/// The rooms in which somebody is, by name.
///
/// # Errors
/// None but those of a club that ends.
pub async fn rooms(app: &App, paging: Paging) -> Result<Page<Inhabited>, Fault> {
    let limit = paging.limit;
    let after = paging.after.as_deref().map(terms::fold);
    let rows = app.lounge.ask(|answer| Request::Rooms { after, limit, answer }).await?;
    Ok(Page::cut(rows, limit, |inhabited: &Inhabited| inhabited.room.to_string()))
}
